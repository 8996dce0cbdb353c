"""`asl test`: replay, from-history and explore, as somebody types them."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime

import pytest
from harness import calls, flow, payment

from asl_engine.cli import main
from asl_engine.testing import TaskError


@pytest.fixture
def asl(tmp_path, monkeypatch, capfdbinary):
    """Call the command line beside a definition and its history: gives (exit code, output, messages)."""
    monkeypatch.chdir(tmp_path)
    work = payment().mock("ChargeCard", TaskError("Busy"), {}).mock("ShipGoods", {"shipped": True})
    (tmp_path / "pay.asl.json").write_text(work.machine.definition)
    events = {"events": list(work.run({"orderId": 7}).history)}
    (tmp_path / "history.json").write_text(json.dumps(events, default=datetime.isoformat))

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["asl", "test", *arguments])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = (stream.decode() for stream in capfdbinary.readouterr())
        return end.value.code, out, err

    return call


def change(tmp_path):
    """Have the definition go another way after its first state."""
    file = tmp_path / "pay.asl.json"
    definition = json.loads(file.read_text())
    definition["States"]["Charge"]["Next"] = "Cancel"
    definition["States"]["Charge"]["Catch"][0]["Next"] = "Ship"
    file.write_text(json.dumps(definition))


# --- replay ----------------------------------------------------------------------------------------------------------


def test_a_replay_that_matches(asl):
    """One line, and exit code 0."""
    assert (0, "pay.asl.json does what history.json says\n", "") == asl("replay", "pay.asl.json", "history.json")


def test_a_replay_that_differs(asl, tmp_path):
    """The difference on standard output, the account beside it, and exit code 1."""
    change(tmp_path)

    code, out, err = asl("replay", "pay.asl.json", "history.json")

    assert (1, "the recording goes to 'Ship' where now it goes to 'Cancel'\n") == (code, out)
    assert "FAILED after 1.000 s: Cancelled" in err


def test_a_replay_of_something_that_was_not_recorded(asl, tmp_path):
    """There is no account then, as there is no execution."""
    work = flow(A=calls("f"))
    (tmp_path / "other.asl.json").write_text(work.machine.definition)

    code, out, err = asl("replay", "other.asl.json", "history.json")

    assert (1, "") == (code, err)
    assert "payload of state 'A' differs" in out
    assert "no such task" in out


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{nope", "asl: "),
        ("7", "history.json is not a history"),
        ("{}", "history.json is not a history; expected"),
        ('{"events": []}', "history.json is not a history; expected"),
        ('{"events": [{"id": 1, "type": "TaskScheduled"}]}', "does not begin with an ExecutionStarted event"),
    ],
)
@pytest.mark.parametrize("command", ["replay", "from-history"])
def test_a_file_that_is_no_history(asl, tmp_path, command, content, told):
    """It is told in one line, with exit code 2."""
    (tmp_path / "history.json").write_text(content)

    code, out, err = asl(command, "pay.asl.json", "history.json")

    assert (2, "") == (code, out)
    assert told in err


# --- from-history ----------------------------------------------------------------------------------------------------


def test_a_test_is_written_to_standard_output(asl):
    """It is a whole file."""
    code, out, err = asl("from-history", "pay.asl.json", "history.json")

    assert (0, "") == (code, err)
    compile(out, "test_history.py", "exec")
    assert "def test_history(workflow):" in out


def test_a_test_is_written_that_passes(asl, tmp_path):
    """The definition is found from where the test stands."""
    (tmp_path / "tests").mkdir()
    asl("from-history", "pay.asl.json", "history.json", "-o", "tests/test_recorded.py")
    asl("explore", "pay.asl.json", "-o", "tests/test_ends.py")

    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "tests"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert 0 == done.returncode, done.stdout
    assert "6 passed" in done.stdout
    assert '"../pay.asl.json"' in (tmp_path / "tests/test_recorded.py").read_text()


def test_a_test_that_will_fail_is_written_and_told(asl, tmp_path):
    """The definition is another one by now."""
    change(tmp_path)

    code, out, err = asl("from-history", "pay.asl.json", "history.json")

    assert 0 == code
    assert "asl: this test will fail, as pay.asl.json does not do what history.json says: the recording goes" in err
    assert "def test_history" in out


# --- explore ---------------------------------------------------------------------------------------------------------


def test_ends_are_told(asl):
    """Each with an example."""
    code, out, err = asl("explore", "pay.asl.json")

    assert (0, "") == (code, err)
    assert "5 different ends" in out
    assert "FAILED Cancelled at 'Cancel'\n  Charge > Cancel\n  'Charge' answers TaskError(\"CardDeclined\")" in out


def test_input_and_limits_can_be_said(asl):
    """One execution is tried."""
    _, out, _ = asl("explore", "pay.asl.json", "--input", '{"n": 1}', "--max-runs", "1")

    assert out.startswith("1 execution, 1 different end\n")


def test_results_can_be_said(asl, tmp_path):
    """A file has them by name."""
    (tmp_path / "results.json").write_text('{"ShipGoods": [{"only": "this"}]}')

    asl("explore", "pay.asl.json", "--results", "results.json", "-o", "test_ends.py")

    assert 'machine.mock("Ship", {"Payload": {"only": "this"}})' in (tmp_path / "test_ends.py").read_text()


@pytest.mark.parametrize(
    ("results", "told"),
    [
        ("[]", "results.json: expected an object with an array of results for each name"),
        ('{"ShipGoods": {}}', "expected an object with an array"),
        ('{"ShipGods": [{}]}', "results for 'ShipGods': no Task has this name"),
    ],
)
def test_results_that_cannot_be(asl, tmp_path, results, told):
    """The message says what was expected."""
    (tmp_path / "results.json").write_text(results)

    code, out, err = asl("explore", "pay.asl.json", "--results", "results.json")

    assert (2, "") == (code, out)
    assert told in err


@pytest.mark.parametrize("command", [("from-history", "pay.asl.json", "history.json"), ("explore", "pay.asl.json")])
def test_a_place_that_cannot_be_written_is_told_at_once(asl, command):
    """Before anything is run."""
    code, out, err = asl(*command, "-o", "nowhere/test_it.py")

    assert (2, "") == (code, out)
    assert "nowhere" in err
