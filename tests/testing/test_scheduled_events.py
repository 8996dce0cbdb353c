"""What happens to an execution from outside, and executions that do not end."""

from __future__ import annotations

import pytest
from conftest import one_state
from harness import asks, calls, catches, flow, invokes, retries

from asl_engine import Deadlock, EndlessExecution, InputError, MockError, StateMachine, UsageError
from asl_engine.testing import NO_ANSWER, Workflow, send_failure, send_heartbeat, send_success, stop

HOUR = 3_600


# --- answers ---------------------------------------------------------------------------------------------------------


def test_somebody_answers_two_hours_later():
    """A task that is answered from outside needs no mock."""
    execution = flow(A=asks()).run(at={2 * HOUR: send_success("A", {"ok": True})})

    assert ({"ok": True}, 2 * HOUR) == (execution.output, execution.duration)


def test_somebody_lets_it_fail():
    """Name and cause are just what was sent, and a catcher may take them."""
    execution = flow(A=asks(Catch=catches("B", "Rejected")), B={"Type": "Pass"}).run(
        at={5: send_failure("A", "Rejected", "by Bob")}
    )

    assert {"Error": "Rejected", "Cause": "by Bob"} == execution.output
    assert ["A"] == execution.caught


def test_heartbeats_keep_a_task_alive():
    """Without the second one it would time out at nine."""
    work = flow(A=asks(HeartbeatSeconds=5))
    beats = {4: send_heartbeat("A"), 8: send_heartbeat("A")}

    assert work.run(at={**beats, 12: send_success("A")}).succeeded
    assert work.run(at={4: send_heartbeat("A")}).duration == 4 + 5


def test_what_was_sent_is_not_changed_by_the_test_later():
    """The output is copied when the event is made."""
    sent = {"n": 1}
    event = send_success("A", sent)
    sent["n"] = 2

    assert {"n": 1} == flow(A=asks()).run(at={1: event}).output


def test_several_things_can_happen_at_one_moment():
    """They happen in the order in which they stand."""
    both = {"Type": "Parallel", "Branches": [_branch("A"), _branch("B")]}

    execution = flow(P=both).run(at={7: [send_success("B", 2), send_success("A", 1)]})

    assert ([1, 2], 7) == (execution.output, execution.duration)


def _branch(name):
    return {"StartAt": name, "States": {name: asks(End=True)}}


def test_of_several_tasks_of_a_state_the_one_that_waits_longest_is_answered():
    """The items of a Map are asked one after the other."""
    each = {"Type": "Map", "ItemProcessor": _branch("A")}
    answers = {n: send_success("A", n) for n in (1, 2, 3)}

    assert [1, 2, 3] == flow(M=each).run(["a", "b", "c"], at=answers).output


def test_a_retried_task_is_answered_under_its_new_token():
    """The first answer is a failure; the task is asked again after a second."""
    work = flow(A=asks(Retry=retries("Busy")))

    execution = work.run(at={1: send_failure("A", "Busy"), 5: send_success("A", "done")})

    assert ("done", {"A": 1}) == (execution.output, execution.retries)


def test_an_activity_is_answered_from_outside():
    """It is a worker that asks for work, and here nobody else does."""
    activity = {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:Pack"}

    assert "packed" == flow(A=activity).run(at={60: send_success("A", "packed")}).output


def test_a_mock_says_what_happens_until_somebody_answers():
    """The mock without an answer, and the answer from outside, go together."""
    work = flow(A=asks()).mock("A", NO_ANSWER)

    assert 1 == work.run(at={9: send_success("A", 1)}).output
    assert [] == work.unused_mocks()


def test_a_function_that_is_called_with_a_token_gets_it():
    """The payload of the call has what the definition puts into it."""
    task = invokes("f", Resource="arn:aws:states:::lambda:invoke.waitForTaskToken")
    task["Parameters"] = {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}}

    execution = flow(A=task).run(at={1: send_success("A", "yes")})

    assert "yes" == execution.output
    assert execution.calls("f")[0].payload["token"]


# --- answers for which nobody waits ----------------------------------------------------------------------------------


def test_an_answer_comes_too_early():
    """The error says at which moment, and who waits then."""
    work = flow(A=asks(), B=asks())

    with pytest.raises(MockError, match="send_success at 1 s: the state 'B' waits for no answer then; waiting are 'A'"):
        work.run(at={1: send_success("B"), 2: send_success("A")})


def test_an_answer_comes_while_nobody_waits():
    """A Wait is nothing that can be answered."""
    work = flow(W={"Type": "Wait", "Seconds": 10}, A=asks())

    with pytest.raises(MockError, match=r"send_heartbeat at 3 s: .* nobody waits for an answer"):
        work.run(at={3: send_heartbeat("A"), 11: send_success("A")})


def test_a_call_that_waits_for_no_token_cannot_be_answered():
    """Nobody but the function itself has its result."""
    work = flow(A=calls("f", TimeoutSeconds=10)).mock("f", NO_ANSWER)

    with pytest.raises(MockError, match="the state 'A' waits for no answer then; waiting are 'A'"):
        work.run(at={3: send_success("A")})


def test_what_would_come_after_the_end_is_known():
    """It is no error: the execution tells what was left over."""
    execution = flow(A=asks()).run(at={1: send_success("A"), 100: stop()})

    assert ("stop at 100 s",) == execution.left_over


def test_an_answer_that_never_comes_is_a_deadlock():
    """Nothing else can happen any more."""
    with pytest.raises(Deadlock, match="A"):
        flow(A=asks()).mock("A", NO_ANSWER).run()


def test_a_state_that_is_not_there_cannot_be_answered():
    """The message has what is close, whenever the answer would have come."""
    with pytest.raises(UsageError, match=r"there is no state 'Aks' in .* Did you mean 'Ask'"):
        flow(Ask=asks()).run(at={1: send_success("Ask"), 99: send_success("Aks")})


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "60", None])
def test_nothing_happens_before_the_start_or_never(seconds):
    """A moment is a number of seconds after the start."""
    with pytest.raises(UsageError, match="is not a moment: it takes seconds after the start"):
        flow(Ask=asks()).run(at={seconds: stop()})


@pytest.mark.parametrize("event", ["stop", stop, None, {"ok": True}])
def test_what_happens_is_an_outside_event(event):
    """A value alone does not say to whom."""
    with pytest.raises(UsageError, match=r"at=\{5: ...\} has .*; it takes stop\(\), send_success\(...\) and the like"):
        flow(Ask=asks()).run(at={5: event})


def test_an_answer_is_json():
    """What is none is refused where the test makes it."""
    with pytest.raises(UsageError, match="the output is of type set"):
        send_success("Ask", {1, 2})


# --- stops -----------------------------------------------------------------------------------------------------------


def test_somebody_stops_the_execution():
    """The reason is that of the stop."""
    execution = flow(W={"Type": "Wait", "Seconds": HOUR}).run(at={60: stop("Withdrawn", "by Ann")})

    assert ("ABORTED", "Withdrawn", "by Ann") == (execution.status, execution.error, execution.cause)
    assert 60 == execution.duration
    assert not execution.failed()


def test_a_stop_needs_no_reason():
    """It has neither name nor cause then."""
    execution = flow(W={"Type": "Wait", "Seconds": HOUR}).run(at={0.5: stop()})

    assert ("ABORTED", None, 0.5) == (execution.status, execution.error, execution.duration)


# --- executions that do not end --------------------------------------------------------------------------------------

READY = {"Variable": "$.r", "IsPresent": True, "Next": "E"}
CIRCLE = {
    "StartAt": "Look",
    "States": {
        "Look": {"Type": "Pass", "Next": "Is it ready?"},
        "Is it ready?": {"Type": "Choice", "Choices": [READY], "Default": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Look"},
        "E": {"Type": "Succeed"},
    },
}


def test_an_endless_execution_names_its_circle():
    """Where it goes round is what one wants to know."""
    work = Workflow(StateMachine.from_dict(CIRCLE))

    with pytest.raises(EndlessExecution) as problem:
        work.run(max_events=100)

    assert str(problem.value).startswith("the execution did not end within 100 events; it goes round: ")
    circle = str(problem.value).rpartition(": ")[2].split(" > ")
    assert circle[0] == circle[-1]
    assert {"Look", "Is it ready?", "Wait"} == set(circle)


def test_a_circle_that_takes_no_time_is_told_with_its_limit():
    """It never comes to a moment at which it could be stopped earlier."""
    states = {"C": {"Type": "Choice", "Choices": [READY], "Default": "C"}, "E": {"Type": "Succeed"}}

    with pytest.raises(EndlessExecution, match="did not end within 50 events; it goes round: C > C"):
        Workflow(StateMachine.from_dict({"StartAt": "C", "States": states})).run(max_events=50)


def test_an_endless_execution_is_stopped_by_itself():
    """Nobody has to say how many events are too many."""
    with pytest.raises(EndlessExecution, match="within 25,000 events; it goes round"):
        Workflow(StateMachine.from_dict(CIRCLE)).run()


def test_without_a_limit_it_fails_as_on_aws():
    """There it is the history that is full."""
    execution = Workflow(StateMachine.from_dict(CIRCLE)).run(max_events=None)

    assert execution.failed("States.Runtime")


def test_an_execution_that_ends_within_its_limit_is_left_alone():
    """Four events are written, and four are allowed."""
    execution = Workflow(StateMachine.from_dict(one_state(Type="Pass"))).run(max_events=4)

    assert execution.succeeded


# --- moments ---------------------------------------------------------------------------------------------------------


def test_every_execution_starts_at_the_same_moment():
    """So timestamps, UUIDs and chance are the same every time."""
    told = {"at.$": "$$.Execution.StartTime", "id.$": "States.UUID()", "n.$": "States.MathRandom(1, 1000000)"}
    work = flow(A={"Type": "Pass", "Parameters": told})

    assert work.run().output == work.run().output
    assert "2026-01-01T00:00:00.000Z" == work.run().output["at"]


def test_seed_and_start_can_be_others():
    """For all executions, or for one."""
    told = {"at.$": "$$.Execution.StartTime", "id.$": "States.UUID()"}
    machine = flow(A={"Type": "Pass", "Parameters": told}).machine
    first, second = Workflow(machine), Workflow(machine, seed=7, start_time="2030-05-05T00:00:00Z")

    assert second.run().output == first.run(seed=7, start_time="2030-05-05T00:00:00Z").output
    assert first.run().output["id"] != second.run().output["id"]
    assert "2030-05-05T00:00:00.000Z" == second.run().output["at"]


@pytest.mark.parametrize("given", [object(), {1, 2}, float("nan")])
def test_an_input_that_is_no_json_is_refused(given):
    """It is the test's mistake, and not a failed execution."""
    with pytest.raises(InputError):
        flow(A={"Type": "Pass"}).run(given)
