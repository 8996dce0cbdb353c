"""Retry and Catch: who handles an error, after how long, and what comes of it."""

from __future__ import annotations

import pytest
from conftest import START, chain, one_state, scripted

from asl_engine import Answer, StateMachine


class ThrottledError(Exception):
    pass


class BrokenError(Exception):
    pass


def retrying(*retriers, **fields):
    return one_state(Type="Task", Resource="f", Retry=list(retriers), **fields)


def failing(count, error=ThrottledError):
    """Return a function that fails `count` times, and then gives "ok"."""
    return scripted(*[error("no")] * count, "ok")


@pytest.mark.parametrize(
    ("retrier", "waits"),
    [
        ({}, [1, 2, 4]),
        ({"IntervalSeconds": 3}, [3, 6, 12]),
        ({"IntervalSeconds": 2, "BackoffRate": 1}, [2, 2, 2]),
        ({"IntervalSeconds": 2, "BackoffRate": 1.5}, [2, 3, 4.5]),
        ({"MaxAttempts": 5, "MaxDelaySeconds": 5}, [1, 2, 4, 5, 5]),
        ({"IntervalSeconds": 10, "MaxDelaySeconds": 11, "BackoffRate": 1.0}, [10, 10, 10]),
        ({"MaxAttempts": 1}, [1]),
    ],
)
def test_retries_back_off(run, retrier, waits):
    """Each wait is IntervalSeconds * BackoffRate ^ retries, at most MaxDelaySeconds; the next failure is the last."""
    machine = retrying({"ErrorEquals": ["ThrottledError"], **retrier})

    for retries in range(len(waits) + 1):
        execution = run(machine, f=failing(retries))
        assert ("SUCCEEDED", sum(waits[:retries])) == (execution.status, execution.duration)
    spent = run(machine, f=failing(len(waits) + 1))
    assert ("FAILED", "ThrottledError", sum(waits)) == (spent.status, spent.error, spent.duration)


def test_no_attempts_means_never(run):
    """MaxAttempts 0 forbids retrying, and a later retrier is not asked instead."""
    work = failing(1)

    execution = run(
        retrying({"ErrorEquals": ["ThrottledError"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"]}), f=work
    )

    assert ("FAILED", 1) == (execution.status, len(work.calls))


def test_each_retrier_counts_for_itself(run):
    """Errors that alternate use up their own retriers."""
    script = [ThrottledError(""), BrokenError(""), ThrottledError(""), BrokenError(""), "ok"]
    retriers = [
        {"ErrorEquals": ["ThrottledError"], "MaxAttempts": 2},
        {"ErrorEquals": ["BrokenError"], "MaxAttempts": 2, "IntervalSeconds": 10},
    ]

    execution = run(retrying(*retriers), f=scripted(*script))

    assert ("SUCCEEDED", 1 + 10 + 2 + 20) == (execution.status, execution.duration)


def test_a_state_that_is_entered_anew_counts_anew(run):
    """The counts belong to one stay in the state."""
    work = scripted(ThrottledError(""), 1, ThrottledError(""), 2)
    task = {
        "Type": "Task",
        "Resource": "f",
        "Retry": [{"ErrorEquals": ["ThrottledError"], "MaxAttempts": 1}],
        "Next": "C",
    }
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericLessThan": 2, "Next": "T"}], "Default": "E"}

    execution = run({"StartAt": "T", "States": {"T": task, "C": choice, "E": {"Type": "Succeed"}}}, f=work)

    assert ("SUCCEEDED", 2, 2.0) == (execution.status, execution.output, execution.duration)


def test_jitter_stays_within_bounds_and_follows_the_seed():
    """FULL jitter waits anything up to the delay, and the same for the same seed."""
    machine = StateMachine.from_dict(
        retrying({"ErrorEquals": ["ThrottledError"], "IntervalSeconds": 10, "MaxAttempts": 1, "JitterStrategy": "FULL"})
    )

    durations = [machine.run(functions={"f": failing(1)}, seed=seed, start_time=START).duration for seed in range(40)]
    again = [machine.run(functions={"f": failing(1)}, seed=seed, start_time=START).duration for seed in range(40)]

    assert again == durations
    assert 30 < len(set(durations))
    assert all(0 <= duration <= 10 for duration in durations)
    assert min(durations) < 3
    assert max(durations) > 7


def test_the_context_object_counts_retries(run):
    """`$$.State.RetryCount` counts all retries of this stay, whichever retrier they were."""
    work = scripted(ThrottledError(""), BrokenError(""), "ok")
    machine = retrying(
        {"ErrorEquals": ["ThrottledError"]}, {"ErrorEquals": ["BrokenError"]}, Parameters={"n.$": "$$.State.RetryCount"}
    )

    run(machine, f=work)

    assert [0, 1, 2] == [event["n"] for event in work.calls]


def catching(*catchers, **fields):
    """Return a machine whose task `S` is caught to the states C0, C1 and so on."""
    handlers = [{"ErrorEquals": errors, "Next": f"C{index}", **more} for index, (errors, more) in enumerate(catchers)]
    ends = {f"C{index}": {"Type": "Succeed"} for index in range(len(catchers))}
    return {
        "StartAt": "S",
        "States": {"S": {"Type": "Task", "Resource": "f", "Catch": handlers, "End": True, **fields}, **ends},
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [(BrokenError("b"), "C0"), (ThrottledError("t"), "C1"), (KeyError("k"), "C2")],
)
def test_the_first_catcher_that_fits_wins(run, error, expected):
    """Catchers are asked in their order."""
    machine = catching((["BrokenError"], {}), (["Other", "ThrottledError"], {}), (["States.ALL"], {}))

    assert ["S", expected] == run(machine, f=scripted(error)).path


def test_the_order_counts_more_than_the_name(run):
    """States.TaskFailed stands first, so it gets what the second names exactly."""
    assert "C0" == run(catching((["States.TaskFailed"], {}), (["BrokenError"], {})), f=scripted(BrokenError())).path[-1]


@pytest.mark.parametrize(
    ("result_path", "expected"),
    [
        ({}, ["Error", "Cause"]),
        ({"ResultPath": "$.error"}, ["id", "error"]),
        ({"ResultPath": None}, ["id"]),
    ],
)
def test_error_output_goes_where_result_path_says(run, result_path, expected):
    """The error output replaces the input, or is put into it, or is dropped."""
    execution = run(catching((["States.ALL"], result_path)), {"id": 7}, f=scripted(BrokenError("down")))

    assert expected == list(execution.output)
    told = execution.output.get("error", execution.output)
    assert told.get("Error", "BrokenError") == "BrokenError"
    assert "down" in told.get("Cause", "down")


def test_a_state_retries_before_it_catches(run):
    """Catch is asked when the retries are used up."""
    machine = catching((["BrokenError"], {}), Retry=[{"ErrorEquals": ["BrokenError"], "MaxAttempts": 2}])
    work = failing(3, BrokenError)

    execution = run(machine, f=work)

    assert (["S", "C0"], 3.0, 3) == (execution.path, execution.duration, len(work.calls))


def never(event, context):
    return None  # the token is answered by nobody


TOKEN = {
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}},
}


@pytest.mark.parametrize(
    ("limit", "name", "is_caught"),
    [
        ("TimeoutSeconds", "States.Timeout", True),
        ("TimeoutSeconds", "States.ALL", True),
        ("TimeoutSeconds", "States.TaskFailed", False),
        ("TimeoutSeconds", "States.HeartbeatTimeout", False),
        ("HeartbeatSeconds", "States.HeartbeatTimeout", True),
        ("HeartbeatSeconds", "States.Timeout", True),
        ("HeartbeatSeconds", "States.ALL", True),
        ("HeartbeatSeconds", "States.TaskFailed", False),
    ],
)
def test_timeouts_are_caught_by_name(run, limit, name, is_caught):
    """A missed heartbeat is a timeout that has a second name; neither is a task's failure."""
    execution = run(catching(([name], {}), **TOKEN, **{limit: 5}), f=never)

    assert ("SUCCEEDED" if is_caught else "FAILED", 5.0) == (execution.status, execution.duration)
    if is_caught:
        assert {"Error": "States.Timeout", "Cause": ""} == execution.output
    else:
        assert ("States.Timeout", None) == (execution.error, execution.cause)


def test_a_timeout_is_retried_by_name(run):
    """A second attempt after a timeout can succeed."""
    answers = [None, Answer("late but fine", after=4)]
    machine = catching((["States.ALL"], {}), **TOKEN, TimeoutSeconds=5, Retry=[{"ErrorEquals": ["States.Timeout"]}])

    execution = run(machine, f=lambda event, context: answers.pop(0))

    assert ("late but fine", 5 + 1 + 4) == (execution.output, execution.duration)


@pytest.mark.parametrize("names", [["States.ALL"], ["States.Runtime"], ["States.TaskFailed"]])
@pytest.mark.parametrize(
    "field",
    [
        {"InputPath": "$.no"},
        {"OutputPath": "$.no"},
        {"Parameters": {"a.$": "$.no"}},
        {"ResultSelector": {"a.$": "$.no"}},
    ],
)
def test_runtime_errors_are_never_handled(run, names, field):
    """A bad path ends the execution, whatever Retry and Catch say."""
    machine = catching((names, {}), **field, Retry=[{"ErrorEquals": names}])

    execution = run(machine, {}, f=scripted({}, {}))

    assert ("FAILED", "States.Runtime", 0.0) == (execution.status, execution.error, execution.duration)


@pytest.mark.parametrize("names", [["States.ALL"], ["States.DataLimitExceeded"], ["States.TaskFailed"]])
def test_a_result_that_is_too_large_is_caught(run, names):
    """A Catch gets a result over the limit, and it is an ordinary failure to it."""
    execution = run(catching((names, {})), f=scripted("x" * 262_143))

    assert ("SUCCEEDED", "States.DataLimitExceeded") == (execution.status, execution.output["Error"])


def test_an_answer_without_error_and_cause_is_caught_as_nulls(run):
    """Whoever fails a token may leave out both, and a Catch sees null for both."""
    failed = Answer(error=None, cause="said no")

    execution = run(catching((["States.ALL"], {}), **TOKEN), f=lambda event, context: failed)

    assert {"Error": None, "Cause": "said no"} == execution.output


def test_a_failure_without_handlers_ends_the_execution(run):
    """The execution ends with the error's name and the payload of the function's error as the cause."""
    execution = run(chain(S={"Type": "Task", "Resource": "f"}, T={"Type": "Pass"}), f=scripted(BrokenError("down")))

    assert ("FAILED", "BrokenError", ["S"]) == (execution.status, execution.error, execution.path)
    assert '"errorMessage": "down"' in execution.cause


def test_a_catcher_can_lead_back(run):
    """Catch and go back to the start is a loop like any other."""
    machine = catching((["BrokenError"], {"Next": "S"}))
    del machine["States"]["C0"]

    execution = run(machine, f=scripted(BrokenError(), BrokenError(), "ok"))

    assert (["S", "S", "S"], "ok") == (execution.path, execution.output)


def test_a_catchers_bad_result_path_fails_the_execution(run):
    """What Catch does can fail as well, and nobody catches that."""
    execution = run(catching((["States.ALL"], {"ResultPath": "$.id.error"})), {"id": 7}, f=scripted(BrokenError()))

    assert ("FAILED", "States.ReferencePathConflict") == (execution.status, execution.error)
