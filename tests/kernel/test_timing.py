"""Waits and time limits, in virtual time."""

from __future__ import annotations

import pytest
from conftest import START, chain, one_state, scripted

from asl_engine import Answer, StateMachine

DAY = 86_400
TOKEN = {"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "f"}}


@pytest.mark.parametrize(
    ("fields", "input", "seconds"),
    [
        ({"Seconds": 0}, {}, 0),
        ({"Seconds": 90}, {}, 90),
        ({"SecondsPath": "$.s"}, {"s": 7}, 7),
        ({"SecondsPath": "$.s"}, {"s": 0}, 0),
        ({"Timestamp": "2023-11-14T22:13:30Z"}, {}, 10),
        ({"Timestamp": "2023-11-14T23:13:30.5+01:00"}, {}, 10.5),
        ({"Timestamp": "2001-01-01T00:00:00Z"}, {}, 0),
        ({"TimestampPath": "$.t"}, {"t": "2023-11-15T22:13:20Z"}, DAY),
        ({"TimestampPath": "$.t"}, {"t": "2001-01-01T00:00:00Z"}, 0),
        ({"SecondsPath": "$.s"}, {"s": 24_855 * DAY}, None),
    ],
)
def test_the_four_forms_of_waiting(run, fields, input, seconds):
    """A Wait takes a number or a moment, fixed or from its input; the past costs nothing."""
    execution = run(one_state(Type="Wait", **fields), input)

    if seconds is None:  # longer than an execution lives
        assert ("TIMED_OUT", 365 * DAY) == (execution.status, execution.duration)
    else:
        assert ("SUCCEEDED", input, seconds) == (execution.status, execution.output, execution.duration)


NO_TIMESTAMP = (
    "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.v == "
)
NO_NUMBER = "The SecondsPath parameter cannot be parsed as a long value: $.v == "


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("SecondsPath", -1, "The SecondsPath parameter references a negative value: $.v == -1"),
        ("SecondsPath", 1.5, NO_NUMBER + "1.5"),
        ("SecondsPath", "soon", NO_NUMBER + "soon"),
        ("SecondsPath", 24_856 * DAY, "Wait state delay is too long."),
        ("TimestampPath", "2016-13-05T21:29:29Z", NO_TIMESTAMP + "2016-13-05T21:29:29Z"),
        ("TimestampPath", "2016-12-05T25:29:29Z", NO_TIMESTAMP + "2016-12-05T25:29:29Z"),
        ("TimestampPath", "2016-12-05 21:29:29Z", NO_TIMESTAMP + "2016-12-05 21:29:29Z"),
        ("TimestampPath", "2016-12-05T21:29:29", NO_TIMESTAMP + "2016-12-05T21:29:29"),
        ("TimestampPath", "2999-01-01T00:00:00Z", "Wait state delay is too long."),
    ],
)
def test_what_is_no_time_fails_the_wait(run, field, value, cause):
    """The cause says which field, which path and which value."""
    execution = run(one_state(Type="Wait", **{field: "$.v"}), {"v": value})

    place = "An error occurred while executing the state 'S' (entered at the event id #2). "
    assert ("FAILED", "States.Runtime", place + cause) == (execution.status, execution.error, execution.cause)


@pytest.mark.parametrize("field", ["SecondsPath", "TimestampPath"])
def test_a_wait_path_that_leads_nowhere(run, field):
    """The cause says that the path does not reference an input value."""
    execution = run(one_state(Type="Wait", **{field: "$.no"}), {})

    assert execution.cause.endswith(f"The {field} parameter does not reference an input value: $.no")


def test_waits_add_up(run):
    """Virtual time goes on from state to state, and nothing else takes any."""
    execution = run(
        chain(
            A={"Type": "Wait", "Seconds": 30 * DAY},
            B={"Type": "Task", "Resource": "f"},
            C={"Type": "Wait", "Seconds": 1},
        ),
        f=scripted(1),
    )

    assert 30 * DAY + 1 == execution.duration


@pytest.mark.parametrize(("seconds", "status"), [(4, "SUCCEEDED"), (6, "TIMED_OUT")])
def test_the_machine_has_a_time_limit(run, seconds, status):
    """TimeoutSeconds of the machine ends what is still waiting: TIMED_OUT, with neither error nor cause."""
    execution = run({**one_state(Type="Wait", Seconds=seconds), "TimeoutSeconds": 5}, {"a": 1})

    assert (status, None, None) == (execution.status, execution.error, execution.cause)
    assert min(seconds, 5) == execution.duration


def test_the_machines_limit_is_not_caught(run):
    """No Catch hears of the end of the execution itself."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "E"}]
    definition = {
        **chain(S={"Type": "Task", **TOKEN, "Catch": catch, "Next": "E"}, E={"Type": "Succeed"}),
        "TimeoutSeconds": 5,
    }

    execution = run(definition, f=lambda event, context: None)

    assert ("TIMED_OUT", ["S"]) == (execution.status, execution.path)


@pytest.mark.parametrize(("kind", "lifetime"), [("STANDARD", 365 * DAY), ("EXPRESS", 300)])
def test_executions_do_not_live_for_ever(run, kind, lifetime):
    """A Standard execution lasts a year at most, and an Express one five minutes."""
    loop = {
        "StartAt": "W",
        "States": {
            "W": {"Type": "Wait", "Seconds": lifetime // 3 + 1, "Next": "W2"},
            "W2": {"Type": "Pass", "Next": "W"},
        },
    }
    loop["States"]["W2"] = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.no", "IsPresent": True, "Next": "E"}],
        "Default": "W",
    }
    loop["States"]["E"] = {"Type": "Succeed"}

    execution = run(loop, kind=kind)

    assert ("TIMED_OUT", lifetime) == (execution.status, execution.duration)


@pytest.mark.parametrize(
    "fields",
    [{"TimeoutSeconds": 5}, {"TimeoutSecondsPath": "$.t"}, {"HeartbeatSeconds": 5}, {"HeartbeatSecondsPath": "$.t"}],
)
def test_a_task_that_is_not_answered_in_time_fails(run, fields):
    """Time limits can be fixed or come from the input."""
    execution = run(one_state(Type="Task", **TOKEN, **fields), {"t": 5}, f=lambda event, context: None)

    assert ("FAILED", "States.Timeout", None, 5.0) == (
        execution.status,
        execution.error,
        execution.cause,
        execution.duration,
    )


@pytest.mark.parametrize(
    ("answer", "status", "duration"),
    [
        (Answer("ok", after=59), "SUCCEEDED", 59),
        (Answer("ok", after=61), "FAILED", 60),
        (Answer("ok", after=59, heartbeat_every=9), "SUCCEEDED", 59),
        (Answer("ok", after=100, heartbeat_every=9), "FAILED", 60),
    ],
)
def test_an_answer_races_with_the_timeout(run, answer, status, duration):
    """Heartbeats do not put off TimeoutSeconds."""
    execution = run(one_state(Type="Task", **TOKEN, TimeoutSeconds=60), f=lambda event, context: answer)

    assert (status, duration) == (execution.status, execution.duration)


@pytest.mark.parametrize(
    ("every", "status", "duration"),
    [(9, "SUCCEEDED", 50), (11, "FAILED", 10), (None, "FAILED", 10)],
)
def test_heartbeats_keep_a_task_alive(run, every, status, duration):
    """Each heartbeat begins HeartbeatSeconds anew."""
    answer = Answer("ok", after=50, heartbeat_every=every)

    execution = run(
        one_state(Type="Task", **TOKEN, HeartbeatSeconds=10, TimeoutSeconds=60), f=lambda event, context: answer
    )

    assert (status, duration) == (execution.status, execution.duration)


@pytest.mark.parametrize("value", [0, -1, 1.5, "soon", None, 100_000_000, 2**63 - 1, 2**63, "999999999"])
@pytest.mark.parametrize("field", ["TimeoutSecondsPath", "HeartbeatSecondsPath"])
def test_what_is_no_time_limit_fails_the_task(run, field, value):
    """A limit must be a whole number from 1 to 99,999,999, and the function is not called without one."""
    work = scripted("ok")

    execution = run(one_state(Type="Task", Resource="f", **{field: "$.v"}), {"v": value}, f=work)

    assert ("FAILED", "States.Runtime", []) == (execution.status, execution.error, work.calls)


def test_a_time_limit_path_that_leads_nowhere(run):
    """It fails as any other path does."""
    execution = run(one_state(Type="Task", Resource="f", TimeoutSecondsPath="$.no"), {}, f=scripted())

    assert execution.cause.endswith("Invalid path '$.no' : No results for path: $['no']")


def test_each_attempt_has_its_own_time_limit(run):
    """A retry begins TimeoutSeconds anew."""
    answers = [Answer(error="Busy", after=50), Answer("ok", after=50)]
    machine = one_state(
        Type="Task", **TOKEN, TimeoutSeconds=60, Retry=[{"ErrorEquals": ["Busy"], "IntervalSeconds": 20}]
    )

    execution = run(machine, f=lambda event, context: answers.pop(0))

    assert ("SUCCEEDED", 120) == (execution.status, execution.duration)


def test_start_time_is_when_it_starts():
    """The clock begins where the caller says, and the context object tells."""
    machine = StateMachine.from_dict(chain(A={"Type": "Wait", "Seconds": 3}, B={"Type": "Pass", "InputPath": "$$"}))

    execution = machine.run(start_time=START)

    assert (START, 3.0) == (execution.started_at, execution.duration)
    assert "2023-11-14T22:13:20.000Z" == execution.output["Execution"]["StartTime"]
    assert "2023-11-14T22:13:23.000Z" == execution.output["State"]["EnteredTime"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (None, None)),
        ({"Error": "E"}, ("E", None)),
        ({"Error": "E", "Cause": "because"}, ("E", "because")),
        ({"ErrorPath": "$.e", "CausePath": "$.c"}, ("MyError", "my cause")),
        ({"Error": "E", "CausePath": "States.Format('{} of {}', $.e, $$.State.Name)"}, ("E", "MyError of S")),
        ({"ErrorPath": "States.ArrayGetItem($.list, 1)"}, ("second", None)),
    ],
)
def test_fail_says_what_it_is_told(run, fields, expected):
    """Error and cause are fixed, or from a path or an intrinsic, or missing."""
    execution = run(one_state(Type="Fail", **fields), {"e": "MyError", "c": "my cause", "list": ["first", "second"]})

    assert ("FAILED", expected, None) == (execution.status, (execution.error, execution.cause), execution.output)


def test_a_fail_path_that_leads_nowhere(run):
    """The cause shows the field, the path and the input."""
    execution = run(one_state(Type="Fail", Error="E", CausePath="$.no"), {"a": 1})

    cause = "The JSONPath '$.no' specified for the field 'CausePath' could not be found in the input '{\"a\":1}'"
    assert "States.Runtime" == execution.error
    assert execution.cause.endswith(cause)
