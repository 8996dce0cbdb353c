"""The command as a process: closed and full streams, pipes, encodings, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from conftest import PATIENCE, chain, one_state

ASL = f"{sys.executable} -m asl_engine"
WORDS = {"StartAt": "→ ü 🎉", "States": {"→ ü 🎉": {"Type": "Pass", "Result": "→ ü 🎉", "End": True}}}
HANGING = (
    "import sys, time\ndef f(event, context):\n    print('called', file=sys.stderr, flush=True)\n    time.sleep(60)"
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shells and signals as on Unix")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(chain(A={"Type": "Pass", "Result": "hello"})), "utf-8")
    (tmp_path / "echo.json").write_text(json.dumps(chain(A={"Type": "Pass"})), "utf-8")
    (tmp_path / "words.json").write_text(json.dumps(WORDS), "utf-8")
    task = one_state(Type="Task", Resource="arn:aws:lambda:us-east-1:123456789012:function:f")
    (tmp_path / "task.json").write_text(json.dumps(task), "utf-8")
    (tmp_path / "app.py").write_text(HANGING, "utf-8")
    return tmp_path


def shell(folder, command, **environment):
    """Run a line in which `asl` is our command; return (exit code of the first command, output, messages)."""
    line = f"{command.replace('asl ', ASL + ' ')}; exit ${{PIPESTATUS[0]}}"
    there = {"cwd": folder, "env": os.environ | environment}
    done = subprocess.run(["bash", "-c", line], **there, capture_output=True, check=False, timeout=PATIENCE)
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    return done.returncode, done.stdout, done.stderr


FULL = b"asl: standard output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("asl run a.json --quiet > /dev/full", (2, b"", FULL)),
        ("asl validate a.json > /dev/full", (2, b"", FULL)),
        ("asl render a.json > /dev/full", (2, b"", FULL)),
        ("asl run a.json 2> /dev/full", (0, b'"hello"\n', b"")),
        ("asl run a.json --quiet >&-", (0, b"", b"")),
        ("asl run a.json 2>&-", (0, b'"hello"\n', b"")),
        ("asl run nope.json 2>&-", (2, b"", b"")),
        ("asl run a.json --quiet | true", (141, b"", b"")),
        ("asl run a.json --input - <&-", (2, b"", b"asl: standard input is empty, and should be JSON\n")),
    ],
)
def test_streams_that_are_full_or_closed(folder, command, expected):
    """Nobody listening on standard error stops nothing; a full standard output is a failure; a pipe may be left."""
    assert expected == shell(folder, command)


@pytest.mark.parametrize(
    ("given", "code", "out"),
    [
        (r"[1]", 0, b"[\n  1\n]\n"),
        (r"\xef\xbb\xbf1", 0, b"1\n"),
        (r'"\xc3\xa9"', 0, b'"\\u00e9"\n'),
        (r'"\xe9"', 2, b""),
        (r"nope", 2, b""),
    ],
)
def test_standard_input_is_utf_8_whatever_the_locale(folder, given, code, out):
    found = shell(
        folder, f"asl run echo.json --quiet --input - < <(printf '{given}')", PYTHONIOENCODING="ascii", LC_ALL="C"
    )

    assert (code, out) == found[:2]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_every_encoding_will_do(folder, encoding):
    """JSON is escaped, pictures are UTF-8, messages show escapes."""
    code, out, err = shell(folder, "asl run words.json", PYTHONIOENCODING=encoding)

    assert (0, "→ ü 🎉") == (code, json.loads(out.decode(encoding)))
    assert b": done" in err
    if encoding != "utf-8":
        assert "→ ü 🎉" in shell(folder, "asl render words.json", PYTHONIOENCODING=encoding)[1].decode("utf-8")


def heed_ctrl_c():
    """What a shell starts in the background does not, and neither would what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("clock", ["skip", "real"])
def test_ctrl_c_ends_it_in_silence(folder, clock):
    """Also while a function runs that never ends; the exit code is the one that shells use."""
    command = [*ASL.split(), "run", "task.json", "--functions", "app.py", "--clock", clock, "--quiet"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, preexec_fn=heed_ctrl_c, **pipes) as process:
        assert process.stderr is not None
        assert b"called\n" == process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)

    assert (130, b"", b"") == (process.returncode, out.strip(), err.strip())


@pytest.mark.parametrize(
    ("is_terminal", "environment", "has_colours"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "0"}, False),
    ],
)
def test_colours_are_for_terminals(folder, is_terminal, environment, has_colours):
    """And for who asks for them; a file has them only then."""
    (folder / "bad.json").write_text('{"StartAt": "A"}')
    reading, writing = os.openpty() if is_terminal else os.pipe()
    command = [sys.executable, "-m", "asl_engine", "validate", "bad.json"]
    plain = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}

    subprocess.run(
        command, cwd=folder, stdout=writing, check=False, timeout=PATIENCE, env=plain | {"TERM": "xterm"} | environment
    )
    said = os.read(reading, 10_000)
    os.close(writing)
    os.close(reading)

    assert has_colours == (b"\x1b[1;31merror\x1b[0m ASL101" in said)
    assert has_colours == (b"\x1b" in said)
