"""`asl validate` and files that are none: each is told of in a line, and the others are checked still."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and devices as on Unix")

GOOD = '{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}'
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
)


def validate(folder, *files, **options):
    """Return (exit code, output, messages) of the command, run in a folder; nothing may take half a minute."""
    done = subprocess.run(
        [sys.executable, "-m", "asl_engine", "validate", *files],
        cwd=folder, capture_output=True, check=False, timeout=PATIENCE, encoding="utf-8", **options,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "good.json").write_text(GOOD)
    return tmp_path


def is_folder(path):
    path.mkdir()
    (path / "plain.json").write_text(GOOD)


def has_holes(path):
    """A hundred megabytes that need no room on the disk."""
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)


UNREADABLE = {
    "binary.json": (lambda path: path.write_bytes(b"\0\1\xff\xfe"), "not UTF-8: byte 0xff at offset 2"),
    "wide.json": (lambda path: path.write_bytes(GOOD.encode("utf-16")), "not UTF-8"),
    "latin.json": (lambda path: path.write_bytes('{"StartAt": "é"}'.encode("latin-1")), "byte 0xe9 at offset 13"),
    "large.json": (has_holes, "longer than the 1,048,576 characters of the longest definition"),
    "folder": (is_folder, "a folder without definitions: files ending with .asl.json"),
    "dangling.json": (lambda path: path.symlink_to("nowhere.json"), "this is a link to 'nowhere.json', which is not"),
    "ring.json": (lambda path: path.symlink_to("ring.json"), "cannot be read: "),
    "pipe.json": (os.mkfifo if hasattr(os, "mkfifo") else None, "this is not a file: a pipe, a socket or a device"),
    "/dev/zero": (None, "this is not a file: a pipe, a socket or a device"),
    "god.json": (None, "no such file. Did you mean 'good.json'"),
    "none/a.json": (None, "no such file, and no folder 'none'"),
    "*.yaml": (None, "no file matches this pattern"),
    "": (None, "the name of the file is empty"),
    "x" * 300: (None, "cannot be read: "),
}


def test_what_cannot_be_read_is_told_and_the_rest_is_checked(folder):
    """All of them at once, between two files that are right."""
    for name, (make, _) in UNREADABLE.items():
        if make is not None:
            make(folder / name)
    code, out, err = validate(folder, "good.json", *UNREADABLE, str(folder / "good.json"))
    lines = err.splitlines()

    assert (2, len(UNREADABLE)) == (code, len(lines)), err
    assert out == f"good.json: no problems\n{folder / 'good.json'}: no problems\n"
    for line, (name, (_, told)) in zip(lines, UNREADABLE.items(), strict=True):
        assert line.startswith(f"asl: {name}"), line
        assert told in line


UNSOUND = {
    "empty.json": ("", "the text is empty"),
    "blank.yaml": (" \n\n", "the text is empty"),
    "deep.json": ("[" * 100_000 + "]" * 100_000, "nested deeper than 400 levels"),
    "objects.json": ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested deeper than 400 levels"),
    "deep.yaml": ("\n".join(" " * depth + "a:" for depth in range(1000)), "nested "),
    "bomb.yaml": (BOMB, "more than 200,000 parts once aliases are followed"),
    "circle.yaml": ("a: &a [*a]\n", "an alias that contains itself has no JSON form"),
    "two.yaml": ("a: 1\n---\nb: 2\n", "a second document begins here"),
    "digits.json": ('{"a": ' + "9" * 6000 + "}", "a number is too long to be read"),
    "template.yaml": (f"Resources:\n  M: {{Type: 'AWS::Serverless::StateMachine'}}\n{BOMB}", "more than 200,000 parts"),
}


def test_what_is_no_definition_has_a_report(folder):
    """What is empty, or too deep or large to be read, counts as what cannot be opened; bad syntax is an error."""
    for name, (text, _) in UNSOUND.items():
        (folder / name).write_text(text)
    code, out, err = validate(folder, *UNSOUND, "good.json")

    assert (2, "") == (code, err)
    assert "good.json: no problems" in out
    assert 1 == validate(folder, "circle.yaml", "two.yaml")[0]
    for name, (_, told) in UNSOUND.items():
        [line] = [line for line in out.splitlines() if line.startswith(f"{name}:") and "ASL00" in line]
        assert told in line


def test_a_pattern_that_the_shell_has_left_is_looked_up(folder):
    (folder / "deep").mkdir()
    (folder / "deep/a.asl.json").write_text(GOOD)
    (folder / "[1].json").write_text(GOOD)

    assert (0, "deep/a.asl.json: no problems\n", "") == validate(folder, "**/*.asl.json")
    assert (0, "[1].json: no problems\n", "") == validate(folder, "[1].json")


def test_a_pipe_of_the_shell_is_read(folder):
    assert (0, "/dev/stdin: no problems\n", "") == validate(folder, "/dev/stdin", input=GOOD)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read(folder):
    for name in ("secret.json", "closed/a.asl.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(GOOD)
    (folder / "secret.json").chmod(0)
    (folder / "closed").chmod(0)
    try:
        code, out, err = validate(folder, "secret.json", "closed", "closed/a.asl.json", "good.json")
    finally:
        (folder / "closed").chmod(0o755)

    assert (2, "good.json: no problems\n") == (code, out)
    assert 3 == err.count("cannot be read: Permission denied")


def test_machines_hear_of_them_too(folder):
    """A file that cannot be read has a place in every form of the report."""
    _, out, _ = validate(folder, "--format", "json", "none.json", "good.json")
    none, good = json.loads(out)

    assert (False, "ASL001") == (none["valid"], none["diagnostics"][0]["code"])
    assert good["valid"]
    assert Path(good["file"]).name == "good.json"
