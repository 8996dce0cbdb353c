"""The story of a history: visits and attempts, found along previousEventId, for our events and those of AWS."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from conftest import START, chain
from harness import calls, catches, flow, invokes, retries

from asl_engine.history.details import seconds_of
from asl_engine.history.story import read_story
from asl_engine.testing import NO_ANSWER, Answer, TaskError, stop


def told(work, given=None, **options):
    """Return (state, status) of each visit of an execution."""
    return [(visit.state, visit.status) for visit in work.run({} if given is None else given, **options).story]


# --- how states are left ---------------------------------------------------------------------------------------------


def test_states_in_the_order_in_which_they_were_entered():
    """A visit has what came in and what went out, and when."""
    work = flow(A={"Type": "Wait", "Seconds": 5}, B={"Type": "Pass", "Result": 1})
    first, second = work.run({"n": 1}).story

    assert ("A", "Wait", {"n": 1}, {"n": 1}, 5) == (first.state, first.type, first.input, first.output, first.duration)
    assert ("B", "SUCCEEDED", 1) == (second.state, second.status, second.output)
    assert first.left_at == second.entered_at


def test_a_failure_fails_all_that_is_around_it():
    """The Map, the item, and the state in it; other items are aborted."""
    slow = {"Type": "Wait", "SecondsPath": "$"}
    work = flow(M={"Type": "Map", "ItemProcessor": chain(W=slow, F=calls("f"))}).mock("f", TaskError("Bad"))

    assert [("M", "FAILED"), ("W", "SUCCEEDED"), ("W", "ABORTED"), ("F", "FAILED")] == told(work, [1, 9])


def test_a_caught_failure():
    """Both the state's own, and that of what is inside a Parallel."""
    alone = flow(A=calls("f", Catch=catches("B")), B={"Type": "Succeed"}).mock("f", TaskError("Bad"))
    both = {"Type": "Parallel", "Branches": [chain(F=calls("f")), chain(W={"Type": "Wait", "Seconds": 9})]}
    inside = flow(P={**both, "Catch": catches("B")}, B={"Type": "Succeed"}).mock("f", TaskError("Bad"))

    assert [("A", "CAUGHT"), ("B", "SUCCEEDED")] == told(alone)
    assert [("P", "CAUGHT"), ("F", "FAILED"), ("W", "ABORTED"), ("B", "SUCCEEDED")] == told(inside)


def test_a_parallel_that_failed_has_the_error_of_what_failed_inside():
    """History tells it where it happened."""
    both = {"Type": "Parallel", "Branches": [chain(F=calls("f"))], "Catch": catches("B")}
    visit = flow(P=both, B={"Type": "Succeed"}).mock("f", TaskError("Bad", "luck")).run().visits("P")[0]

    assert ("Bad", "luck") == (visit.error, visit.cause)


def test_a_map_that_was_tried_again_and_succeeded():
    """It is one visit, with no error left; its inside was entered twice."""
    each = {"Type": "Map", "ItemProcessor": chain(I=calls("f")), "Retry": retries("Busy")}
    work = flow(M=each).mock("f", TaskError("Busy"), {})

    assert [("M", "SUCCEEDED"), ("I", "FAILED"), ("I", "SUCCEEDED")] == told(work, [1])


def test_a_fail_state_has_failed():
    """Its error is the execution's."""
    [visit] = flow(F={"Type": "Fail", "Error": "E", "Cause": "c"}).run().story

    assert ("FAILED", "E", "c") == (visit.status, visit.error, visit.cause)


def test_a_state_that_cannot_be_evaluated_has_failed():
    """No attempt was made."""
    [visit] = flow(A=calls("f", InputPath="$.missing")).mock("f", {}).run().story

    assert ("FAILED", "States.Runtime", []) == (visit.status, visit.error, visit.attempts)


def test_a_stopped_execution_aborts_what_it_stood_in():
    """What was done before has succeeded."""
    work = flow(A={"Type": "Pass"}, W={"Type": "Wait", "Seconds": 9})

    assert [("A", "SUCCEEDED"), ("W", "ABORTED")] == told(work, at={1: stop()})


# --- attempts --------------------------------------------------------------------------------------------------------


def test_each_attempt_has_its_time_and_its_end():
    """The third one is the answer."""
    work = flow(A=invokes("f", TimeoutSeconds=5, Retry=retries("States.ALL", MaxAttempts=3)))
    [visit] = work.mock("f", TaskError("Busy", "b"), NO_ANSWER, Answer("done", after=2)).run({"n": 1}).story

    first, second, third = visit.attempts
    assert ("lambda:invoke", {"FunctionName": "f", "Payload": {"n": 1}}) == (first.resource, first.payload)
    assert ("FAILED", "Busy", "b") == (first.status, first.error, first.cause)
    assert ("FAILED", "States.Timeout", 5) == (second.status, second.error, second.ended_at - second.began_at)
    assert ("SUCCEEDED", "done", 2) == (third.status, third.result["Payload"], third.ended_at - third.began_at)
    assert 1 == second.began_at - first.began_at


def test_an_attempt_that_lasted_when_all_ended_is_running():
    """Nobody knows what it would have given."""
    [visit] = flow(A=calls("f", TimeoutSeconds=60)).mock("f", NO_ANSWER).run(at={5: stop()}).story

    assert ("RUNNING", None) == (visit.attempts[0].status, visit.attempts[0].ended_at)
    assert "ABORTED" == visit.status


# --- branches and items ----------------------------------------------------------------------------------------------


def test_branches_that_run_side_by_side_are_told_apart():
    """The branch is known by the state that it began with."""
    slow, quick = {"Type": "Wait", "Seconds": 2}, {"Type": "Wait", "Seconds": 1}
    branches = [chain(A=slow, AA={"Type": "Pass"}), chain(B=quick, BB={"Type": "Pass"})]
    story = flow(P={"Type": "Parallel", "Branches": branches}, Z={"Type": "Pass"}).run().story

    known = {visit.state: visit.branch for visit in story}
    assert {"P": None, "A": "A", "AA": "A", "B": "B", "BB": "B", "Z": None} == known
    assert {"P": None, "A": "P", "AA": "P", "B": "P", "BB": "P", "Z": None} == {
        visit.state: visit.parent.state if visit.parent else None for visit in story
    }


def test_items_that_run_side_by_side_are_told_apart():
    """The second state of an item has its number as well."""
    inner = chain(A={"Type": "Wait", "SecondsPath": "$"}, B={"Type": "Pass"})
    story = flow(M={"Type": "Map", "ItemProcessor": inner}).run([3, 1, 2]).story

    assert [(1, 1), (2, 2), (0, 3)] == [(visit.iteration, visit.input) for visit in story if visit.state == "B"]


def test_a_map_inside_of_a_map():
    """Each visit knows the one around it."""
    inner = chain(I={"Type": "Map", "ItemProcessor": chain(X={"Type": "Pass"})})
    story = flow(O={"Type": "Map", "ItemProcessor": inner}).run([["a", "b"], ["c"]]).story

    assert [(0, 0, "a"), (0, 1, "b"), (1, 0, "c")] == sorted(
        (visit.parent.iteration, visit.iteration, visit.input) for visit in story if visit.state == "X"
    )


# --- events as AWS gives them ----------------------------------------------------------------------------------------

AWS = [
    {"timestamp": "2026-01-01T00:00:00+00:00", "type": "ExecutionStarted", "id": 1, "previousEventId": 0,
     "executionStartedEventDetails": {"input": "{}", "roleArn": "r"}},
    {"timestamp": "2026-01-01T00:00:00+00:00", "type": "TaskStateEntered", "id": 2, "previousEventId": 0,
     "stateEnteredEventDetails": {"name": "A", "input": "{\"n\": 1}"}},
    {"timestamp": "2026-01-01T00:00:00.100000+00:00", "type": "TaskScheduled", "id": 3, "previousEventId": 2,
     "taskScheduledEventDetails": {"resourceType": "sqs", "resource": "sendMessage", "parameters": "{\"q\":1}"}},
    {"timestamp": "2026-01-01T00:00:01+00:00", "type": "TaskTimedOut", "id": 4, "previousEventId": 3,
     "taskTimedOutEventDetails": {"resourceType": "sqs", "resource": "sendMessage"}},
    {"timestamp": "2026-01-01T00:00:02+00:00", "type": "ExecutionFailed", "id": 5, "previousEventId": 4,
     "executionFailedEventDetails": {"error": "States.Timeout"}},
]  # fmt: skip


def test_a_history_of_aws_is_read():
    """The AWS CLI prints its events like this."""
    [visit] = read_story(AWS)

    assert ("A", "FAILED", {"n": 1}, "States.Timeout", 2) == (
        visit.state, visit.status, visit.input, visit.error, visit.duration,
    )  # fmt: skip
    [attempt] = visit.attempts
    assert ("sqs:sendMessage", {"q": 1}, "States.Timeout") == (attempt.resource, attempt.payload, attempt.error)


def test_a_history_without_its_data_is_read_as_far_as_it_goes():
    """includeExecutionData=False leaves the inputs out."""
    bare = [{name: value for name, value in event.items() if not name.endswith("Details")} for event in AWS]
    bare[1]["stateEnteredEventDetails"] = {"name": "A"}

    [visit] = read_story(bare)

    assert ("A", None, "FAILED") == (visit.state, visit.input, visit.status)


def test_a_value_that_was_cut_off_is_a_text():
    """AWS truncates what is long."""
    events = [dict(event) for event in AWS[:2]]
    events[1]["stateEnteredEventDetails"] = {"name": "A", "input": '{"n": [1, 2'}

    [visit] = read_story(events)

    assert '{"n": [1, 2' == visit.input


def test_a_history_that_is_not_over_has_visits_that_last():
    """They have no duration."""
    [visit] = read_story(AWS[:3])

    assert ("RUNNING", None, "RUNNING") == (visit.status, visit.duration, visit.attempts[0].status)


def test_no_history_is_no_story():
    """It has no visits."""
    assert [] == read_story([])


@pytest.mark.parametrize(
    "timestamp",
    [
        START,
        datetime.fromtimestamp(START, UTC),
        "2023-11-14T22:13:20+00:00",
        "2023-11-14T22:13:20Z",
        "2023-11-14T23:13:20+01:00",
    ],
)
def test_timestamps_come_in_many_forms(timestamp):
    """boto3 gives datetimes, the AWS CLI texts or numbers."""
    assert START == seconds_of({"timestamp": timestamp})
