"""The history of an execution, event by event, as AWS writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from conftest import START, chain, one_state, scripted

from asl_engine import Answer, StateMachine

ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:work"
INVOKE = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}
TOKEN = {**INVOKE, "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"}


def links(execution):
    """Return (id, previousEventId, type) of each event, in lines as one would write them by hand."""
    return "\n".join(f"{event['id']} {event['previousEventId']} {event['type']}" for event in execution.history)


def same(expected, execution):
    """Compare the links with a table; every story's ids are consecutive and point back."""
    events = list(execution.history)
    assert "\n".join(line.strip() for line in expected.strip().splitlines()) == links(execution)
    assert [*range(1, len(events) + 1)] == [event["id"] for event in events]
    assert all(event["previousEventId"] < event["id"] for event in events)


def details(execution, number):
    """Return what the event has beside its links and its time."""
    event = execution.history[number - 1]
    return {name: value for name, value in event.items() if name not in ("id", "previousEventId", "type", "timestamp")}


def fails(event, context):
    raise ValueError("no")


def test_pass_states(run):
    """The first state points at nothing, and each event after it at the one before."""
    execution = run(chain(A={"Type": "Pass"}, B={"Type": "Pass", "Result": "ü"}), {"a": 1})

    same(
        """1 0 ExecutionStarted
        2 0 PassStateEntered
        3 2 PassStateExited
        4 3 PassStateEntered
        5 4 PassStateExited
        6 5 ExecutionSucceeded""",
        execution,
    )
    whole = {"truncated": False}
    role = "arn:aws:iam::123456789012:role/StepFunctions"
    assert {"executionStartedEventDetails": {"input": '{"a":1}', "inputDetails": whole, "roleArn": role}} == details(
        execution, 1
    )
    assert {"stateEnteredEventDetails": {"name": "A", "input": '{"a":1}', "inputDetails": whole}} == details(
        execution, 2
    )
    assert {"stateExitedEventDetails": {"name": "B", "output": '"ü"', "outputDetails": whole}} == details(execution, 5)
    assert {"executionSucceededEventDetails": {"output": '"ü"', "outputDetails": whole}} == details(execution, 6)


def test_each_type_of_state_has_its_own_events(run):
    """Choice, Wait, Succeed and Fail say who they are; a Fail is never left."""
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "IsNumeric": True, "Next": "W"}], "Default": "F"}
    states = {
        "C": choice,
        "W": {"Type": "Wait", "Seconds": 1},
        "S": {"Type": "Succeed"},
        "F": {"Type": "Fail", "Error": "E"},
    }

    same(
        """1 0 ExecutionStarted
        2 0 ChoiceStateEntered
        3 2 ChoiceStateExited
        4 3 WaitStateEntered
        5 4 WaitStateExited
        6 5 SucceedStateEntered
        7 6 SucceedStateExited
        8 7 ExecutionSucceeded""",
        run(chain(**states), 1),
    )
    failed = run(chain(**states), "x")
    same(
        """1 0 ExecutionStarted
        2 0 ChoiceStateEntered
        3 2 ChoiceStateExited
        4 3 FailStateEntered
        5 4 ExecutionFailed""",
        failed,
    )
    assert {"executionFailedEventDetails": {"error": "E"}} == details(failed, 5)


def test_a_function_by_its_arn(run):
    """A direct ARN has the events of Lambda, and its start has no details."""
    execution = StateMachine.from_dict(one_state(Type="Task", Resource=ARN, TimeoutSeconds=9)).run(
        {"a": 1}, functions={"f": scripted([2])}, start_time=START
    )

    same(
        """1 0 ExecutionStarted
        2 0 TaskStateEntered
        3 2 LambdaFunctionScheduled
        4 3 LambdaFunctionStarted
        5 4 LambdaFunctionSucceeded
        6 5 TaskStateExited
        7 6 ExecutionSucceeded""",
        execution,
    )
    scheduled = {"resource": ARN, "input": '{"a":1}', "inputDetails": {"truncated": False}, "timeoutInSeconds": 9}
    assert {"lambdaFunctionScheduledEventDetails": scheduled} == details(execution, 3)
    assert {} == details(execution, 4)
    assert {"lambdaFunctionSucceededEventDetails": {"output": "[2]", "outputDetails": {"truncated": False}}} == details(
        execution, 5
    )


def test_a_function_by_lambda_invoke(run):
    """The integration has the events of any task, with its service, its action, its region and its parameters."""
    execution = run(one_state(**INVOKE), f=scripted("ok"))

    same(
        """1 0 ExecutionStarted
        2 0 TaskStateEntered
        3 2 TaskScheduled
        4 3 TaskStarted
        5 4 TaskSucceeded
        6 5 TaskStateExited
        7 6 ExecutionSucceeded""",
        execution,
    )
    who = {"resourceType": "lambda", "resource": "invoke"}
    scheduled = {**who, "region": "us-east-1", "parameters": '{"FunctionName":"f"}'}
    assert {"taskScheduledEventDetails": scheduled} == details(execution, 3)
    assert {"taskStartedEventDetails": who} == details(execution, 4)
    assert who.items() < details(execution, 5)["taskSucceededEventDetails"].items()


@pytest.mark.parametrize(
    ("state", "event"),
    [({"Type": "Task", "Resource": ARN}, "LambdaFunctionFailed"), (INVOKE, "TaskFailed")],
)
def test_a_failing_function(run, state, event):
    """The failure has its own event, and the execution repeats its error and cause."""
    execution = run(one_state(**state), f=fails)

    assert links(execution).endswith(f"5 4 {event}\n6 5 ExecutionFailed")
    [told] = details(execution, 5).values()
    assert {"error": "ValueError", "cause": execution.cause} == {name: told[name] for name in ("error", "cause")}
    assert {"error": "ValueError", "cause": execution.cause} == details(execution, 6)["executionFailedEventDetails"]


def test_a_retry_schedules_again(run):
    """A retried task is not entered anew."""
    state = {**INVOKE, "Retry": [{"ErrorEquals": ["ValueError"]}], "ResultPath": None}

    same(
        """1 0 ExecutionStarted
        2 0 TaskStateEntered
        3 2 TaskScheduled
        4 3 TaskStarted
        5 4 TaskFailed
        6 5 TaskScheduled
        7 6 TaskStarted
        8 7 TaskSucceeded
        9 8 TaskStateExited
        10 9 ExecutionSucceeded""",
        run(one_state(**state), f=scripted(ValueError("no"), "ok")),
    )


def test_a_catch_leaves_the_state(run):
    """The caught state exits with the error output."""
    state = {**INVOKE, "Catch": [{"ErrorEquals": ["ValueError"], "Next": "Z", "ResultPath": "$.e"}]}
    execution = run(chain(S=state, Z={"Type": "Pass"}), f=fails)

    same(
        """1 0 ExecutionStarted
        2 0 TaskStateEntered
        3 2 TaskScheduled
        4 3 TaskStarted
        5 4 TaskFailed
        6 5 TaskStateExited
        7 6 PassStateEntered
        8 7 PassStateExited
        9 8 ExecutionSucceeded""",
        execution,
    )
    assert '{"e":{"Error":"ValueError","Cause":' in details(execution, 6)["stateExitedEventDetails"]["output"]


@pytest.mark.parametrize("limit", ["TimeoutSeconds", "HeartbeatSeconds"])
def test_a_task_that_times_out(run, limit):
    """Both limits show as States.Timeout without a cause."""
    execution = run(one_state(**TOKEN, **{limit: 5}), f=lambda event, context: None)

    same(
        """1 0 ExecutionStarted
        2 0 TaskStateEntered
        3 2 TaskScheduled
        4 3 TaskStarted
        5 4 TaskSubmitted
        6 5 TaskTimedOut
        7 6 ExecutionFailed""",
        execution,
    )
    told = {"resourceType": "lambda", "resource": "invoke.waitForTaskToken", "error": "States.Timeout"}
    assert {"taskTimedOutEventDetails": told} == details(execution, 6)
    assert {"executionFailedEventDetails": {"error": "States.Timeout"}} == details(execution, 7)
    name = "timeoutInSeconds" if limit == "TimeoutSeconds" else "heartbeatInSeconds"
    assert 5 == details(execution, 3)["taskScheduledEventDetails"][name]


def test_a_task_that_is_answered_later(run):
    """Handing over is TaskSubmitted; the answer is TaskSucceeded, and heartbeats leave no events."""
    answer = Answer("yes", after=60, heartbeat_every=10)
    execution = run(one_state(**TOKEN, HeartbeatSeconds=20), f=lambda event, context: answer)

    same(
        """1 0 ExecutionStarted
        2 0 TaskStateEntered
        3 2 TaskScheduled
        4 3 TaskStarted
        5 4 TaskSubmitted
        6 5 TaskSucceeded
        7 6 TaskStateExited
        8 7 ExecutionSucceeded""",
        execution,
    )
    assert '"yes"' == details(execution, 6)["taskSucceededEventDetails"]["output"]


def test_a_token_that_is_failed_without_error_and_cause(run):
    """What is missing is left out of the event."""
    state = {**TOKEN, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]}
    execution = run(chain(S=state, Z={"Type": "Pass"}), f=lambda event, context: Answer(cause="no"))

    failed = details(execution, 6)["taskFailedEventDetails"]
    assert {"resourceType": "lambda", "resource": "invoke.waitForTaskToken", "cause": "no"} == failed


def test_an_activity(run):
    """An activity has events of its own, and what comes after it counts them rightly."""
    machine = StateMachine.from_dict(
        chain(A={"Type": "Task", "Resource": ACTIVITY}, B={"Type": "Pass", "InputPath": "$.no"})
    )
    execution = machine.run({}, functions={ACTIVITY: scripted({})}, start_time=START)

    types = [event["type"] for event in execution.history]
    assert ["TaskStateEntered", "ActivityScheduled"] == types[1:3]
    assert "ActivitySucceeded" in types
    entered = types.index("PassStateEntered") + 1
    assert f"the state 'B' (entered at the event id #{entered})" in execution.cause


def test_the_end_of_the_machines_time(run):
    """One event without a predecessor, and States.Timeout in it."""
    execution = run({**one_state(Type="Wait", Seconds=60), "TimeoutSeconds": 5})

    same(
        """1 0 ExecutionStarted
        2 0 WaitStateEntered
        3 0 ExecutionTimedOut""",
        execution,
    )
    assert {"executionTimedOutEventDetails": {"error": "States.Timeout"}} == details(execution, 3)


def test_a_map_one_by_one(run):
    """The next iteration starts from the last event inside the one before; Exited repeats the link of Succeeded."""
    processor = chain(P={"Type": "Pass"})
    execution = run(one_state(Type="Map", MaxConcurrency=1, ItemProcessor=processor), [7, 8])

    same(
        """1 0 ExecutionStarted
        2 0 MapStateEntered
        3 2 MapStateStarted
        4 3 MapIterationStarted
        5 4 PassStateEntered
        6 5 PassStateExited
        7 6 MapIterationSucceeded
        8 6 MapIterationStarted
        9 8 PassStateEntered
        10 9 PassStateExited
        11 10 MapIterationSucceeded
        12 11 MapStateSucceeded
        13 11 MapStateExited
        14 13 ExecutionSucceeded""",
        execution,
    )
    assert {"mapStateStartedEventDetails": {"length": 2}} == details(execution, 3)
    assert {"mapIterationStartedEventDetails": {"name": "S", "index": 1}} == details(execution, 8)
    assert {"mapIterationSucceededEventDetails": {"name": "S", "index": 1}} == details(execution, 11)
    assert {} == details(execution, 12)


def test_a_map_side_by_side(run):
    """Every iteration starts from the start of the Map, and its events are a chain of their own."""
    processor = chain(W={"Type": "Wait", "SecondsPath": "$"})
    execution = run(one_state(Type="Map", ItemProcessor=processor), [2, 1])

    events = {event["id"]: event for event in execution.history}
    starts = [event for event in events.values() if event["type"] == "MapIterationStarted"]
    ends = [event for event in events.values() if event["type"] == "MapIterationSucceeded"]
    assert [3, 3] == [event["previousEventId"] for event in starts]
    assert [1, 0] == [event["mapIterationSucceededEventDetails"]["index"] for event in ends]
    for end in ends:
        walk = [end]
        while walk[-1]["id"] > 3:
            walk.append(events[walk[-1]["previousEventId"]])
        types = [
            "MapIterationSucceeded",
            "WaitStateExited",
            "WaitStateEntered",
            "MapIterationStarted",
            "MapStateStarted",
        ]
        assert types == [event["type"] for event in walk]


def test_a_map_without_items(run):
    """No iteration, and still a start and an end."""
    same(
        """1 0 ExecutionStarted
        2 0 MapStateEntered
        3 2 MapStateStarted
        4 3 MapStateSucceeded
        5 3 MapStateExited
        6 5 ExecutionSucceeded""",
        run(one_state(Type="Map", ItemProcessor=chain(P={"Type": "Pass"})), []),
    )


def test_a_map_that_is_retried(run):
    """A new start without a new entry, from the last event inside the iteration that failed."""
    processor = chain(F={"Type": "Fail", "Error": "E"})
    machine = one_state(Type="Map", ItemProcessor=processor, Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 1}])

    same(
        """1 0 ExecutionStarted
        2 0 MapStateEntered
        3 2 MapStateStarted
        4 3 MapIterationStarted
        5 4 FailStateEntered
        6 5 MapIterationFailed
        7 5 MapStateStarted
        8 7 MapIterationStarted
        9 8 FailStateEntered
        10 9 MapIterationFailed
        11 9 MapStateFailed
        12 11 ExecutionFailed""",
        run(machine, [1]),
    )


def test_a_parallel(run):
    """Branches start from the start of the Parallel; Exited repeats the link of Succeeded."""
    branches = [chain(A={"Type": "Pass"}), chain(B={"Type": "Pass"})]

    same(
        """1 0 ExecutionStarted
        2 0 ParallelStateEntered
        3 2 ParallelStateStarted
        4 3 PassStateEntered
        5 4 PassStateExited
        6 3 PassStateEntered
        7 6 PassStateExited
        8 7 ParallelStateSucceeded
        9 7 ParallelStateExited
        10 9 ExecutionSucceeded""",
        run(one_state(Type="Parallel", Branches=branches)),
    )


def test_a_parallel_that_is_retried(run):
    """Only the last failure is a ParallelStateFailed."""
    branches = [chain(F={"Type": "Fail", "Error": "E", "Cause": "c"})]
    machine = one_state(Type="Parallel", Branches=branches, Retry=[{"ErrorEquals": ["E"], "MaxAttempts": 1}])

    same(
        """1 0 ExecutionStarted
        2 0 ParallelStateEntered
        3 2 ParallelStateStarted
        4 3 FailStateEntered
        5 4 ParallelStateStarted
        6 5 FailStateEntered
        7 6 ParallelStateFailed
        8 7 ExecutionFailed""",
        run(machine),
    )


def test_a_token_that_fails_inside_a_parallel(run):
    """The failed task of a branch is aborted, and the Parallel's failure does not point at that."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
    machine = chain(P={"Type": "Parallel", "Branches": [chain(T=TOKEN)], "Catch": catch}, Z={"Type": "Succeed"})

    execution = run(machine, f=lambda event, context: Answer(error="E", after=1))

    assert [
        "4 3 TaskStateEntered",
        "5 4 TaskScheduled",
        "6 5 TaskStarted",
        "7 6 TaskSubmitted",
        "8 7 TaskFailed",
        "9 8 TaskStateAborted",
        "10 8 ParallelStateFailed",
        "11 10 ParallelStateExited",
        "12 11 SucceedStateEntered",
    ] == links(execution).splitlines()[3:12]


def test_timestamps_follow_the_clock(run):
    """Every event has the moment at which it happened, in UTC."""
    execution = run(chain(A={"Type": "Pass"}, W={"Type": "Wait", "Seconds": 90}, B={"Type": "Pass"}))

    begin = datetime.fromtimestamp(START, UTC)
    seconds = [(event["timestamp"] - begin) / timedelta(seconds=1) for event in execution.history]
    assert [0, 0, 0, 0, 90, 90, 90, 90] == seconds


def test_history_is_a_sequence(run):
    """It can be indexed, sliced, measured and read again."""
    history = run(one_state(Type="Pass")).history

    assert "ExecutionStarted" == history[0]["type"]
    assert ["PassStateExited", "ExecutionSucceeded"] == [event["type"] for event in history[-2:]]
    assert list(history) == list(history)
    assert 4 == len(history)


def test_events_can_be_heard_as_they_happen():
    """`on_event` gets each event once, in order, and the same ones that history has."""
    heard = []
    definition = chain(
        A={"Type": "Pass"},
        W={"Type": "Wait", "Seconds": 5},
        M={"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": chain(V={"Type": "Wait", "Seconds": 1})},
    )

    execution = StateMachine.from_dict(definition).run({"l": [1, 2]}, start_time=START, on_event=heard.append)

    assert list(execution.history) == heard


def test_each_map_run_of_a_frame_has_a_link_of_its_own(run):
    """The exit of a distributed Map follows the start of its Map Run (recorded, September 2026); that of an inline Map
    in the same walk does not follow the start of a Map Run that failed before."""
    inline = {"Type": "Map", "ItemProcessor": chain(P={"Type": "Pass"})}
    processor = chain(F={"Type": "Fail"}) | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "I"}]
    failing = {"Type": "Map", "ItemProcessor": processor, "ItemsPath": "$.items", "Catch": catch}

    execution = run(chain(D=failing, I=inline | {"ItemsPath": "$.none"}), {"items": [1], "none": []})

    assert [
        "4 3 MapRunStarted",
        "5 4 MapRunFailed",
        "6 5 MapStateFailed",
        "7 6 MapStateExited",
        "8 7 MapStateEntered",
        "9 8 MapStateStarted",
        "10 9 MapStateSucceeded",
        "11 9 MapStateExited",
    ] == links(execution).splitlines()[3:11]
