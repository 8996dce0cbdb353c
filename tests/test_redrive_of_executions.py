"""Executions that ended without success, redriven in Python."""

from __future__ import annotations

import pytest
from conftest import START, chain, one_state, scripted

from asl_engine import NotRedrivable, NotSupported, StateMachine

TASK = {"Type": "Task", "Resource": "f"}


def run(definition, input=None, kind="STANDARD", **functions):
    machine = StateMachine.from_dict(definition, type=kind)
    return machine.run({} if input is None else input, functions, start_time=START)


def test_the_failed_state_is_done_again_by_new_functions():
    first = scripted({"n": 1})
    failed = run(chain(A={**TASK, "Resource": "first"}, B=TASK), first=first, f=scripted(ValueError()))
    redriven = failed.redrive({"f": lambda event, context: event})

    assert (redriven.status, redriven.output) == ("SUCCEEDED", {"n": 1})
    assert len(first.calls) == 1
    assert redriven.path == failed.path == ["A", "B"]
    assert redriven.name == failed.name


def test_it_can_be_redriven_many_times_each_from_the_same_failure():
    """The failed execution stays as it is, with its walks, its time and its history."""
    state = one_state(Type="Map", MaxConcurrency=1, ItemProcessor=chain(T=TASK))
    failed = run(state, [1, 2, 3], f=scripted("a", ValueError()))
    before = list(failed.history)
    outcomes = [failed.redrive({"f": scripted(*answers)}) for answers in (("b", "c"), ("x", ValueError()), ("y", "z"))]

    assert [one.output for one in outcomes] == [["a", "b", "c"], None, ["a", "y", "z"]]
    assert outcomes[1].redrive({"f": scripted("w")}).output == ["a", "x", "w"]
    assert (failed.status, failed.error, list(failed.history)) == ("FAILED", "ValueError", before)


def test_time_goes_on_where_it_stood():
    """It timed out in a Wait, which waits again; the machine's limit begins anew."""
    definition = {**chain(A={"Type": "Wait", "Seconds": 5}, B={"Type": "Wait", "Seconds": 7}), "TimeoutSeconds": 8}
    timed_out = run(definition)
    redriven = timed_out.redrive()

    assert (timed_out.status, timed_out.duration) == ("TIMED_OUT", 8)
    assert (redriven.status, redriven.duration) == ("SUCCEEDED", 15)


def test_a_redrive_in_the_first_moment_of_all_has_a_time_too():
    shown = {**TASK, "Parameters": {"at.$": "$$.Execution.RedriveTime"}}
    machine = StateMachine.from_dict(chain(A=TASK, B=shown))
    failed = machine.run({}, {"f": scripted(ValueError())}, start_time=0)

    assert failed.redrive({"f": lambda event, context: event}).output == {"at": "1970-01-01T00:00:00.000Z"}


def test_branches_that_waited_go_on():
    """One fails while the other waits."""
    branches = [chain(A=TASK), chain(B={"Type": "Wait", "Seconds": 9})]
    failed = run(one_state(Type="Parallel", Branches=branches), {"n": 1}, f=scripted(ValueError()))

    assert failed.redrive({"f": scripted("a")}).output == ["a", {"n": 1}]


def test_without_history_too():
    machine = StateMachine.from_dict(one_state(**TASK))
    failed = machine.run({}, {"f": scripted(ValueError())}, history=False)

    assert failed.redrive({"f": scripted(1)}).output == 1


@pytest.mark.parametrize(
    ("kind", "state", "reason"),
    [
        ("STANDARD", {"Type": "Pass"}, "SUCCEEDED"),
        ("EXPRESS", {"Type": "Fail", "Error": "E"}, "Express"),
    ],
)
def test_what_cannot_be_redriven_says_why(kind, state, reason):
    with pytest.raises(NotRedrivable, match=reason):
        run(one_state(**state), kind=kind).redrive()


MODE = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
EACH = one_state(Type="Map", MaxConcurrency=1, ToleratedFailureCount=1, ItemProcessor={**MODE, **chain(T=TASK)})


def refusing(*numbers):
    def work(event, context):
        if event in numbers:
            raise ValueError(f"no {event}")
        return event * 10

    return work


@pytest.mark.parametrize("keep", ["all", "failed"])
def test_a_distributed_map_goes_on_with_what_did_not_succeed(keep):
    """The children that failed, and the items that had none yet; what succeeded is not done again."""
    machine = StateMachine.from_dict(EACH)
    failed = machine.run([1, 2, 3, 4], {"f": refusing(2, 3)}, start_time=START, children=keep)
    calls = []
    redriven = failed.redrive({"f": lambda event, context: calls.append(event) or event * 10})

    assert (failed.status, failed.map_runs[0].executions["failed"]) == ("FAILED", 2)
    assert (redriven.status, redriven.output, calls) == ("SUCCEEDED", [10, 20, 30, 40], [2, 3, 4])
    [run] = redriven.map_runs
    assert (run.status, run.executions["succeeded"], run.executions["failed"]) == ("SUCCEEDED", 4, 0)
    assert len(run.children) == (4 if keep == "all" else 0)
    types = [event["type"] for event in redriven.history]
    assert types[types.index("ExecutionRedriven") + 1 :][:2] == ["MapRunRedriven", "MapRunSucceeded"]


def test_a_distributed_map_is_redriven_again_and_from_the_same_failure():
    """Each redrive leaves the execution that it goes on from as it was."""
    failed = StateMachine.from_dict(EACH).run([1, 2, 3], {"f": refusing(2, 3)}, start_time=START)
    worse = failed.redrive({"f": refusing(2, 3)})

    assert (worse.status, worse.map_runs[0].executions["failed"]) == ("FAILED", 2)
    assert worse.redrive({"f": refusing()}).output == failed.redrive({"f": refusing()}).output == [10, 20, 30]
    assert (failed.status, failed.map_runs[0].executions["failed"]) == ("FAILED", 2)


def test_what_a_redrive_gives_is_in_a_file_of_its_own(tmp_path):
    failed = StateMachine.from_dict(EACH).run([1, 2, 3], {"f": refusing(1, 2)}, children=tmp_path)
    failed.redrive({"f": refusing()})

    first, second = sorted(tmp_path.iterdir(), key=lambda path: len(path.name))
    assert second.name == f"{first.stem}-redrive-1.jsonl"
    assert [len(path.read_text("utf-8").splitlines()) for path in (first, second)] == [2, 3]


def test_children_that_were_too_many_to_keep_cannot_be_redriven(monkeypatch):
    monkeypatch.setattr("asl_engine.mapruns.kept_children.MAX_FAILED", 1)
    failed = StateMachine.from_dict(EACH).run([1, 2, 3], {"f": refusing(1, 2)})

    with pytest.raises(NotSupported, match="children='all'"):
        failed.redrive({"f": refusing()})
