"""Files are written whole or not at all, and folders of any shape are looked through."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from conftest import PATIENCE, chain

from asl_engine import SourceError, StateMachine
from asl_engine.cli.arguments import definition_files, refuse_no_file
from asl_engine.files import files_below, files_like, write_whole, written_whole
from asl_engine.testing.coverage.report import CoverageRun

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, devices and limits as on Unix")


def names(folder):
    """Return the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_what_is_interrupted_leaves_the_file_that_was_there(tmp_path):
    """A file is replaced in one step, so that an exception before its end changes nothing."""
    place = tmp_path / "a"
    place.write_text("old")
    writing = written_whole(place)
    writing.__enter__().write(b"half")
    with pytest.raises(KeyboardInterrupt):
        writing.gen.throw(KeyboardInterrupt())
    assert place.read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_links_and_modes_are_kept(tmp_path):
    """What a link leads to is written, with the mode that it had."""
    place, link = tmp_path / "a", tmp_path / "link"
    place.write_text("old")
    place.chmod(0o640)
    link.symlink_to(place)
    write_whole(link, "new \ud800")
    assert link.is_symlink()
    assert (place.read_text(), place.stat().st_mode & 0o777) == ("new \\ud800", 0o640)


def test_devices_are_written_as_they_are():
    """A device is not replaced by a file, and says that it is full."""
    write_whole("/dev/null", "x")
    with pytest.raises(OSError, match="No space left"):
        write_whole("/dev/full", "x" * 100_000)
    assert os.path.exists("/dev/full")
    assert not os.path.isfile("/dev/full")


COMMANDS = [
    "run a.json --quiet --history out",
    "run a.json --quiet --svg out",
    "render a.json -o out --format svg",
    "render a.json -o out --format dot",
    "test from-history a.json h.json -o out",
]


@pytest.fixture
def folder(tmp_path):
    """A definition and its history."""
    states = {f"S{number}{'x' * 40}": {"Type": "Pass", "Result": "x" * 100} for number in range(40)}
    (tmp_path / "a.json").write_text(json.dumps(chain(**states)), "utf-8")
    events = StateMachine.load(tmp_path / "a.json").run({}).history
    (tmp_path / "h.json").write_text(json.dumps({"events": list(events)}, default=lambda time: time.isoformat()))
    (tmp_path / "out").write_text("old")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_leaves_the_old_file(folder, command):
    """A command that runs out of room says so, with exit code 2, and leaves no half file."""
    before = names(folder)
    line = f"ulimit -f 1; exec {sys.executable} -B -m asl_engine {command}"
    done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, check=False, timeout=PATIENCE)
    assert (folder / "out").read_text() == "old", done.stderr
    assert names(folder) == before
    assert b"out cannot be written: File too large" in done.stderr
    assert done.returncode == 2


@pytest.mark.parametrize(
    "command",
    [
        "render a.json -o a.json",
        "render a.json -o ./../{0}/a.json",
        "render a.json -o link.json",
        "render a.json --diff out -o out",
        "run a.json --history a.json",
        "run a.json --functions app.py --history app.py",
        "run a.json --functions app.py:f --history ./app.py",
        "run a.json --svg h.svg --history h.svg",
        "test from-history a.json h.json -o h.json",
        "test explore a.json -o a.json",
    ],
)
def test_what_is_read_is_not_written_over(folder, command):
    """A command whose output is one of its inputs refuses, by whatever name the file is called."""
    (folder / "link.json").symlink_to("a.json")
    (folder / "app.py").write_text("def f(event, context):\n    return 1\n")
    kept = {path: path.read_bytes() for path in folder.iterdir()}
    words = command.format(folder.name).split()
    done = subprocess.run([sys.executable, "-m", "asl_engine", *words], cwd=folder, capture_output=True, check=False)
    assert (done.returncode, b"it is read here, and would be lost" in done.stderr) == (2, True), done.stderr
    assert {path: path.read_bytes() for path in folder.iterdir()} == kept


def test_a_name_that_no_disk_takes_is_told_before_the_run(folder):
    """A name that is too long is the user's mistake, and not one of the command."""
    words = ["run", "a.json", "--history", "x" * 300]
    done = subprocess.run([sys.executable, "-m", "asl_engine", *words], cwd=folder, capture_output=True, check=False)
    assert (done.returncode, b"cannot be written: File name too long" in done.stderr) == (2, True), done.stderr


def test_deep_folders_and_links_end(tmp_path, monkeypatch):
    """A folder 2,000 deep is looked through as far as paths go, and links in a circle are followed once."""
    (tmp_path / "top.asl.json").write_text(json.dumps(chain(A={"Type": "Pass"})))
    monkeypatch.chdir(tmp_path)
    for _ in range(2_500):
        os.mkdir("d")
        os.chdir("d")
    try:
        files, problems = files_below(tmp_path, [".asl.json"])
        named = definition_files([str(tmp_path)])
        with pytest.raises(SourceError, match="cannot be read: File name too long"):
            refuse_no_file(named[1])
        covered = CoverageRun([str(tmp_path)], [])
    finally:
        for _ in range(2_500):  # pytest itself cannot remove folders this deep
            os.chdir("..")
            os.rmdir("d")
    assert files == [str(tmp_path / "top.asl.json")]
    assert [problem.strerror for problem in problems] == ["File name too long"]
    assert len(named) == 2
    assert [len(covered.machines), len(covered.problems)] == [1, 1]
    for name in ("x", "y", "z"):
        (tmp_path / name).symlink_to(tmp_path, target_is_directory=True)
    began = time.process_time()
    assert files_like(f"{tmp_path}/**/*.asl.json")[0] == str(tmp_path / "top.asl.json")
    assert files_like(f"{tmp_path}/{'*/' * 30}**/**/nothing") == []
    assert time.process_time() - began < 2


def test_patterns_mean_what_they_mean_in_a_shell(tmp_path, monkeypatch):
    """Stars stand for names that are not hidden, two stars for any folders."""
    for name in ("a/b/one.json", "a/two.json", "three.json", ".hidden/four.json", "a/.five.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert files_like("**/*.json") == ["a/b/one.json", "a/two.json", "three.json"]
    assert files_like("*/*.json") == ["a/two.json"]
    assert files_like(".hid*/*.json") == [".hidden/four.json"]
    assert files_like("a/../[t]*.json") == ["a/../three.json"]
