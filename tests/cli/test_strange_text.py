"""What others wrote commands neither a terminal nor a log, whatever prints it; and nothing of it gets in the result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
from conftest import PATIENCE, chain, one_state

from asl_engine.strange_text import on_one_line, printable, printable_json

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file descriptors and signals as on Unix")

EVIL = "x\x1b]0;owned\x07\x1b[2J\x9b31m\r\n::error::gone\u202e\n##[error]x\u2028\x7f"
FORBIDDEN = ("\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2028", "\x7f")
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


def asl(folder, *words, **options):
    """Run the command in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "asl_engine", *words],
        cwd=folder, capture_output=True, check=False, timeout=PATIENCE, **options,
    )  # fmt: skip


def refuse_commands(*texts):
    """Fail if a text commands a terminal, or has a line that commands GitHub Actions."""
    for text in texts:
        text = text.decode("utf-8")
        assert not [character for character in FORBIDDEN if character in text], text
        lines = text.split("\n")
        assert not [line for line in lines if line.lstrip().startswith(("::", "##["))], text


@pytest.mark.parametrize("text", [chr(code) for code in (*range(9), *range(11, 32), *range(127, 160), 0x202E, 0x2066)])
def test_no_control_character_is_printed(text):
    """A control character comes out as U+FFFD in text, and as an escape in JSON, which means the same."""
    assert printable(f"a{text}b") == on_one_line(f"a{text}b") == "a\ufffdb"
    assert json.loads(printable_json(json.dumps(f"a{text}b", ensure_ascii=False))) == f"a{text}b"
    assert text not in printable_json(json.dumps(f"a{text}b", ensure_ascii=False))


@pytest.mark.parametrize("text", ["::error::x", "  ::set-env::x", "a\n\t::stop::", "a ##[error]", "###[group]"])
def test_no_line_commands_github_actions(text):
    """Lines that the runner would take for commands are such no more; all other colons stay."""
    shown = printable(text)
    assert not any(line.lstrip().startswith("::") for line in shown.split("\n"))
    assert "##[" not in shown
    assert printable("a::b: ::c") == "a::b: ::c"


@pytest.fixture
def folder(tmp_path):
    """Definitions whose names, errors and causes are evil, under a name that is evil as well."""
    state = {"Type": "Fail", "Error": f"E{EVIL}", "Cause": f"{EVIL}"}
    states = {EVIL: {"Type": "Wait", "Seconds": 1, "Next": "F"}, "F": state}
    (tmp_path / "evil.asl.json").write_text(json.dumps({"StartAt": EVIL, "States": states}), "utf-8")
    (tmp_path / "wrong\x1b[2J\n::error::.asl.json").write_text(
        json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": EVIL}}}), "utf-8"
    )
    return tmp_path


WORDS = [
    ["run", "evil.asl.json"],
    ["run", "evil.asl.json", "--quiet"],
    ["run", "wrong\x1b[2J\n::error::.asl.json"],
    ["run", "no\x1b[2J\n::error::x.json"],
    ["validate", "no\x1b[2J\n::error::x.json"],
    ["validate", "."],
    ["validate", ".", "--format", "json"],
    ["test", "explore", "evil.asl.json"],
    ["debug", "evil.asl.json"],
    ["run", "evil.asl.json", "--no\x1b[2J"],
]


@pytest.mark.parametrize("words", WORDS, ids=lambda words: ascii(" ".join(words)))
def test_commands_print_nothing_that_commands(folder, words):
    """Each command that tells of a hostile definition is harmless to the terminal and the log."""
    done = asl(folder, *words, input=b"s\ns\np path\nb \x1b[2J\n", env=os.environ | {"NO_COLOR": "1"})
    refuse_commands(done.stdout, done.stderr)
    assert b"Traceback" not in done.stderr


def test_annotations_are_one_for_each_finding(folder):
    """In the form for GitHub each line is a command of ours, and no name begins another."""
    done = asl(folder, "validate", ".", "--format", "github")
    lines = done.stdout.decode("utf-8").splitlines()
    assert lines
    assert all(line.startswith(("::error file=", "::warning file=")) for line in lines)
    assert "\x1b" not in done.stdout.decode("utf-8")


def test_results_escape_what_commands_a_terminal(tmp_path):
    """The output of an execution is the same value, and its text is harmless."""
    (tmp_path / "a.json").write_text(json.dumps(chain(A={"Type": "Pass"})), "utf-8")
    done = asl(tmp_path, "run", "a.json", "--quiet", "--input", json.dumps(EVIL))
    assert json.loads(done.stdout) == EVIL
    assert not [character for character in FORBIDDEN if character in done.stdout.decode("utf-8")]


CHATTY = """
import os, subprocess, sys
def f(event, context):
    print("by print"); os.system("echo by the shell"); os.write(1, b"by descriptor\\n")
    subprocess.run([sys.executable, "-c", "print('by a child')"], check=True)
    return "result"
"""


@pytest.mark.parametrize("clock", ["skip", "real"])
def test_what_functions_and_their_children_print_is_not_in_the_result(tmp_path, clock):
    """Standard output holds the result alone, and the rest is on standard error."""
    (tmp_path / "task.json").write_text(json.dumps(one_state(Type="Task", Resource=FUNCTION)), "utf-8")
    (tmp_path / "app.py").write_text(CHATTY, "utf-8")
    done = asl(tmp_path, "run", "task.json", "--functions", "app.py", "--clock", clock)
    assert done.stdout == b'"result"\n'
    for text in (b"by print", b"by the shell", b"by descriptor", b"by a child"):
        assert text in done.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_writes_its_history_so_far(tmp_path, number, code):
    """Whoever ends a run in real time keeps what has happened until then."""
    machine = chain(W={"Type": "Wait", "Seconds": 600})
    (tmp_path / "wait.json").write_text(json.dumps(machine), "utf-8")
    command = [sys.executable, "-m", "asl_engine", "run", "wait.json", "--clock", "real", "--history", "h.json"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert b"> W" in process.stderr.readline() + process.stderr.readline()
    process.send_signal(number)
    _, messages = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, messages
    events = json.loads((tmp_path / "h.json").read_text("utf-8"))["events"]
    assert [event["type"] for event in events][-1] == "WaitStateEntered"
    assert b"Traceback" not in messages
