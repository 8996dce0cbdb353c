from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import networkx
import pytest

from asl_engine import StateMachine
from asl_engine.render.graph import END, START, join_of, state_graph
from asl_engine.render.overlay import mark
from tests.render.machines import history, machine, named, order

CHARGE, SHIP = "/States/Both/Branches/0/States/Charge", "/States/Both/Branches/1/States/Ship"
TO_PARALLEL = (
    ("ExecutionStarted", 0, ""),
    ("TaskStateEntered", 1, "Check"),
    ("LambdaFunctionFailed", 2, "Oops"),
    ("LambdaFunctionScheduled", 3, ""),
    ("LambdaFunctionSucceeded", 4, ""),
    ("TaskStateExited", 5, "Check"),
    ("ChoiceStateEntered", 6, "Stock"),
    ("ChoiceStateExited", 7, "Stock"),
    ("ParallelStateEntered", 8, "Both"),
    ("ParallelStateStarted", 9, ""),
    ("TaskStateEntered", 10, "Charge"),
    ("TaskStateEntered", 10, "Ship"),
)


def statuses(graph: networkx.DiGraph) -> dict[str, Any]:
    return {key.rpartition("/")[2]: node["status"] for key, node in graph.nodes(data=True) if node.get("visits")}


def test_running_states_and_those_not_reached() -> None:
    graph = mark(state_graph(order()), history(*TO_PARALLEL))
    assert statuses(graph) == {
        "Check": "succeeded",
        "Stock": "succeeded",
        "Both": "running",
        "Charge": "running",
        "Ship": "running",
    }
    assert graph.nodes["/States/Done"]["status"] == "not-reached"


def test_a_failed_branch_is_caught_and_the_other_one_aborted() -> None:
    events = history(
        *TO_PARALLEL,
        ("TaskFailed", 11, "Declined"),
        ("ParallelStateFailed", 13, ""),
        ("ParallelStateExited", 14, "Both"),
        ("FailStateEntered", 15, "Refund"),
        ("ExecutionFailed", 16, "NoMoney"),
    )
    graph = mark(state_graph(order()), events)
    assert statuses(graph) == {
        "Check": "succeeded",
        "Stock": "succeeded",
        "Both": "caught",
        "Charge": "failed",
        "Ship": "aborted",
        "Refund": "failed",
    }
    assert graph.nodes[CHARGE]["note"] == "Declined"
    assert graph.edges["/States/Both", "/States/Refund"]["taken"] == {True: 1}


def test_an_uncaught_failure_fails_what_is_around_it() -> None:
    events = history(
        *TO_PARALLEL, ("TaskTimedOut", 12, ""), ("ParallelStateFailed", 13, ""), ("ExecutionFailed", 14, "X")
    )
    graph = mark(state_graph(order()), events)
    assert (graph.nodes[SHIP]["status"], graph.nodes[SHIP]["note"]) == ("failed", "States.Timeout")
    assert graph.nodes["/States/Both"]["status"] == "failed"
    assert graph.nodes[CHARGE]["status"] == "aborted"


def test_an_aborted_execution() -> None:
    graph = mark(state_graph(order()), history(*TO_PARALLEL, ("ExecutionAborted", 12, "")))
    assert graph.nodes["/States/Both"]["status"] == graph.nodes[SHIP]["status"] == "aborted"


def test_success_reaches_join_and_end() -> None:
    events = history(
        *TO_PARALLEL,
        ("TaskStateExited", 11, "Charge"),
        ("TaskStateExited", 12, "Ship"),
        ("ParallelStateSucceeded", 14, ""),
        ("ParallelStateExited", 15, "Both"),
        ("SucceedStateEntered", 16, "Done"),
        ("SucceedStateExited", 17, "Done"),
        ("ExecutionSucceeded", 18, ""),
    )
    graph = mark(state_graph(order()), events)
    assert set(statuses(graph).values()) == {"succeeded"}
    assert graph.edges[CHARGE, join_of("/States/Both")]["taken"] == {False: 1}
    assert graph.edges["/States/Done", END]["taken"] == {False: 1}


def test_loops_and_retries_are_counted() -> None:
    events = history(
        *TO_PARALLEL[:8],
        ("WaitStateEntered", 8, "Wait"),
        ("WaitStateExited", 9, "Wait"),
        ("TaskStateEntered", 10, "Check"),
    )
    graph = mark(state_graph(order()), events)
    assert graph.nodes["/States/Check"]["visits"] == 2
    assert graph.nodes["/States/Check"]["note"] == "×2 · retried 1×"
    assert graph.edges["/States/Wait", "/States/Check"]["taken"] == {False: 1}
    assert graph.edges[START, "/States/Check"]["taken"] == {False: 1}


def test_map_iterations_are_counted_by_outcome() -> None:
    processor = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    graph = state_graph(machine("M", M={"Type": "Map", "ItemProcessor": processor, "End": True}))
    events = history(
        ("ExecutionStarted", 0, ""),
        ("MapStateEntered", 1, "M"),
        ("MapStateStarted", 2, ""),
        ("MapIterationStarted", 3, ""),
        ("PassStateEntered", 4, "I"),
        ("PassStateExited", 5, "I"),
        ("MapIterationSucceeded", 6, ""),
        ("MapIterationStarted", 3, ""),
        ("PassStateEntered", 8, "I"),
        ("ExecutionFailed", 9, "X"),
    )
    marked = mark(graph, events)
    assert marked.nodes["/States/M/ItemProcessor/States/I"]["note"] == "X · 1 of 2 succeeded"
    assert marked.nodes["/States/M"]["note"] == "X · 1 succeeded, 1 aborted"
    assert marked.edges["/States/M", "/States/M/ItemProcessor/States/I"]["taken"] == {False: 2}


def mapping(name: str, inside: dict[str, Any]) -> dict[str, Any]:
    return {"Type": "Map", "End": True, "ItemProcessor": {"StartAt": name, "States": {name: inside}}}


def test_iterations_of_a_map_in_a_map_are_counted_apart() -> None:
    inner = mapping("I", {"Type": "Pass", "End": True})
    hello = StateMachine.from_dict({"StartAt": "M", "States": {"M": mapping("N", inner)}})
    graph = mark(hello.graph(), list(hello.run([[1, 2, 3], [4, 5]]).history))
    assert graph.nodes["/States/M"]["note"] == "2 succeeded"
    assert graph.nodes["/States/M/ItemProcessor/States/N"]["note"] == "×2 · 5 succeeded"


def test_iterations_that_failed_or_were_aborted() -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 3, "Next": "No"}], "Default": "Wait"}
    body = {"C": choice, "No": {"Type": "Fail", "Error": "Three"}, "Wait": {"Type": "Wait", "Seconds": 5, "End": True}}
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "C", "States": body}, "MaxConcurrency": 2, "End": True}
    hello = StateMachine.from_dict({"StartAt": "M", "States": {"M": each}})
    graph = mark(hello.graph(), list(hello.run([1, 2, 4, 3]).history))
    assert graph.nodes["/States/M"]["note"] == "Three · 2 succeeded, 1 failed, 1 aborted · 5 s"
    assert graph.nodes["/States/M/ItemProcessor/States/Wait"]["note"] == "2 of 3 succeeded · 10 s in all"


def test_items_of_a_distributed_map_are_counted() -> None:
    each = mapping("I", {"Type": "Pass", "End": True})
    each["ItemProcessor"]["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    hello = StateMachine.from_dict({"StartAt": "M", "States": {"M": each}})
    svg = hello.render(execution=hello.run(list(range(1_200))))
    assert ">1,200 succeeded</text>" in svg


@pytest.mark.parametrize(
    "moments",
    [
        (1_000.0, 1_090.5),
        ("1970-01-01T00:16:40Z", "1970-01-01T00:18:10.500000+00:00"),
        (datetime.fromtimestamp(1_000, UTC), datetime.fromtimestamp(1_090.5, UTC)),
    ],
)
def test_durations_come_from_any_form_of_time(moments: tuple[Any, Any]) -> None:
    events = history(("PassStateEntered", 0, "A"), ("PassStateExited", 1, "A"))
    timed = [event | {"timestamp": moment} for event, moment in zip(events, moments, strict=True)]
    graph = mark(state_graph(named("A")), timed)
    assert graph.nodes["/States/A"]["seconds"] == 90.5
    assert graph.nodes["/States/A"]["note"] == "1 min 30 s"


def test_an_input_that_cannot_be_evaluated_fails_its_own_state() -> None:
    """The event follows the one before the state was entered, and names the state; as in recordings."""
    events = history(
        ("PassStateEntered", 0, "A"),
        ("PassStateExited", 1, "A"),
        ("PassStateEntered", 2, "B"),
        ("EvaluationFailed", 2, "States.QueryEvaluationError"),
        ("ExecutionFailed", 4, "States.QueryEvaluationError"),
    )
    events[3]["evaluationFailedEventDetails"]["state"] = "B"
    graph = mark(state_graph(named("A", "B")), events)
    assert statuses(graph) == {"A": "succeeded", "B": "failed"}
    assert graph.nodes["/States/B"]["note"] == "States.QueryEvaluationError"


def test_the_cause_of_a_failure_stands_in_the_tooltip() -> None:
    no = {"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Never", "Cause": "because <b>not</b>"}}}
    hello = StateMachine.from_dict(no)
    svg = hello.render(execution=hello.run())
    assert "\nbecause &lt;b&gt;not&lt;/b&gt;" in svg


def test_times_that_are_none_are_passed_over() -> None:
    events = history(("PassStateEntered", 0, "A"), ("PassStateExited", 1, "A"))
    graph = mark(state_graph(named("A")), [event | {"timestamp": "yesterday"} for event in events])
    assert graph.nodes["/States/A"]["seconds"] is None


def test_a_state_that_was_stopped_took_until_then() -> None:
    events = history(("TaskStateEntered", 0, "Check"), ("ExecutionAborted", 1, ""))
    timed = [event | {"timestamp": moment} for event, moment in zip(events, (5.0, 12.0), strict=True)]
    assert mark(state_graph(order()), timed).nodes["/States/Check"]["note"] == "7 s"


def test_the_graph_itself_is_left_alone() -> None:
    graph = state_graph(order())
    mark(graph, history(*TO_PARALLEL))
    assert "status" not in graph.nodes["/States/Check"]
    assert "taken" not in graph.edges[START, "/States/Check"]


def test_events_of_another_machine_are_passed_over() -> None:
    assert not statuses(mark(state_graph(named("A")), history(*TO_PARALLEL)))


@pytest.mark.parametrize("moment", [1e400, -1e308, "0001-01-01T00:00:00", "never", [], None])
def test_details_and_times_of_any_kind_are_passed_over(moment: Any) -> None:
    """A file that is no true history may hold anything; what cannot be meant is not drawn."""
    events = [
        {"type": "PassStateEntered", "stateEnteredEventDetails": {"name": ["Check"]}},
        {"type": "TaskStateEntered", "timestamp": moment, "stateEnteredEventDetails": {"name": "Check"}},
        {"type": "MapIterationStarted", "mapIteration": 5},
        {"type": "TaskStateExited", "timestamp": 1, "stateExitedEventDetails": {"name": "Check"}},
    ]
    assert mark(state_graph(order()), events).nodes["/States/Check"]["seconds"] is None


def test_a_history_that_nests_without_end_takes_no_time() -> None:
    """Each state is entered from within the one before, which no execution does, then all are left."""
    entered = [("ParallelStateEntered", number, "Both") for number in range(20_000)]
    events = history(*entered, *(("ParallelStateExited", 20_000 + number, "Both") for number in range(20_000)))
    graph = state_graph(order())
    started = time.process_time()
    assert mark(graph, events).nodes["/States/Both"]["visits"] == 20_000
    assert time.process_time() - started < 5
