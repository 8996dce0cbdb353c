"""Files that Map Runs write are whole, or not there: of children, and of results that wait to be written."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys

import pytest
from conftest import PATIENCE
from map_stories import distributed, run

from asl_engine import StateMachine, UsageError
from asl_engine.mapruns.kept_children import Keeper
from asl_engine.testing.coverage.report import CoverageRun

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals as on Unix")

WRITER = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data", "Prefix": "p"}}


@pytest.fixture
def full_disk():
    """No file may grow beyond 1,000 bytes, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def names(folder):
    """Return the names in a folder."""
    return sorted(path.name for path in folder.iterdir())


def children(folder):
    """Write a file as a run before has left it, and return its place; runs of the same seed have the same names."""
    run(distributed(), [1], children=folder)
    [place] = folder.iterdir()
    place.write_text("old")
    return place


@pytest.mark.parametrize("item", ["x" * 30, "x" * 9_000])
def test_a_full_disk_leaves_the_children_of_the_run_before(tmp_path, request, item):
    """Whether the disk is full in the middle or at the last flush: a run says so, and leaves no half file."""
    place = children(tmp_path)
    request.getfixturevalue("full_disk")
    with pytest.raises(UsageError, match="cannot be written: File too large"):
        run(distributed(), [item] * 5, children=tmp_path)
    assert (names(tmp_path), place.read_text()) == ([place.name], "old")


def test_what_goes_wrong_leaves_the_children_of_the_run_before(tmp_path):
    """An execution that an exception ends has no children to show."""
    place = children(tmp_path)

    def look(run):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run(distributed(), [1, 2], children=tmp_path, on_progress=look)
    assert (names(tmp_path), place.read_text()) == ([place.name], "old")


def test_ctrl_c_keeps_the_children_so_far(tmp_path):
    """Each line is a child that has ended: whoever interrupts hours of work has them."""
    place = children(tmp_path)

    def work(item, _):
        if item == 3:
            raise KeyboardInterrupt
        return item

    with pytest.raises(KeyboardInterrupt):
        run(distributed(MaxConcurrency=1), [1, 2, 3], work, children=tmp_path)
    assert names(tmp_path) == [place.name]
    assert [json.loads(line)["Output"] for line in place.read_text().splitlines()] == ["1", "2"]


def test_a_kill_leaves_the_children_of_the_run_before(tmp_path):
    """What is killed in the middle has written beside the place, and not into it."""
    folder = tmp_path / "children"
    folder.mkdir()
    (tmp_path / "a.json").write_text(json.dumps(distributed()), "utf-8")
    (tmp_path / "app.py").write_text(
        "import time\n\ndef Work(item, _):\n    print('x' * 9000) or time.sleep(600 if item else 0)\n"
    )
    command = [sys.executable, "-m", "asl_engine", "run", "a.json", "--clock", "real", "--functions", "app.py",
               "--children", "children", "--input", "[0, 1]", "--quiet"]  # fmt: skip
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert process.stderr.readline().startswith(b"xxx")
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=PATIENCE)
    assert [name for name in names(folder) if not name.startswith(".asl-part-")] == []


def test_a_folder_that_takes_no_file_is_a_mistake(tmp_path):
    """A place that cannot be written is told before anything runs."""
    with pytest.raises(UsageError, match="not a folder"):
        Keeper(tmp_path / "nothing", keeps_history=True)


@pytest.mark.parametrize("output", ["JSON", "JSONL"])
def test_a_full_temporary_folder_fails_the_map_run(bucket, full_disk, output):
    """Results that can be held nowhere fail the Map Run in AWS's words, and no further item is worked on."""
    calls = []

    def work(item, _):
        calls.append(item)
        return "x" * 200_000

    writer = {**WRITER, "WriterConfig": {"OutputType": output, "Transformation": "COMPACT"}}
    machine = distributed(ResultWriter=writer, MaxConcurrency=1)
    execution = run(machine, list(range(60)), work, buckets={"data": bucket}, history=True)
    assert (execution.status, execution.error) == ("FAILED", "States.ResultWriterFailed")
    assert execution.cause == "The results cannot be held on disk: File too large"
    assert 20 < len(calls) < 30
    assert names(bucket) == []


def test_a_bucket_without_room_fails_the_map_run(bucket, full_disk):
    """A result file that cannot be written whole is not there."""
    execution = run(distributed(ResultWriter=WRITER), ["x" * 500] * 9, buckets={"data": bucket})
    assert (execution.status, execution.error) == ("FAILED", "States.ResultWriterFailed")
    assert "File too large" in execution.cause
    assert [path for path in bucket.rglob("*") if path.is_file()] == []


def test_a_report_of_coverage_is_whole_or_not_there(tmp_path, monkeypatch, request):
    """A report for which there is no room leaves that of the run before."""
    monkeypatch.chdir(tmp_path)
    states = {f"S{number}": {"Type": "Pass", "Next": f"S{number + 1}"} for number in range(20)}
    machine = {"StartAt": "S0", "States": {**states, "S20": {"Type": "Succeed"}}}
    (tmp_path / "a.asl.json").write_text(json.dumps(machine), "utf-8")
    StateMachine.load("a.asl.json")
    for name in ("c.json", "html/index.html", "svg/a.asl.json.svg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("old")
    request.getfixturevalue("full_disk")
    lines = CoverageRun(["a.asl.json"], ["json:c.json", "html:html", "svg:svg"]).report()
    assert len([line for line in lines if line.endswith("cannot be written: File too large")]) == 3
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "a.asl.json"]
    assert {path.read_text() for path in files} == {"old"}
    assert len(files) == 3
