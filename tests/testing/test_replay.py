"""Replay: a recorded execution run again, its first difference, and tests that are written of it."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from conftest import chain
from harness import asks, calls, catches, flow, invokes, machine_of, payment, retries
from hypothesis import given
from hypothesis import strategies as st

from asl_engine import StateMachine, UsageError
from asl_engine.testing import (
    NO_ANSWER,
    Answer,
    TaskError,
    Workflow,
    replay,
    send_failure,
    send_heartbeat,
    send_success,
    stop,
)
from asl_engine.testing.recording.from_history import test_from
from asl_engine.testing.recording.likeness import alike
from asl_engine.testing.recording.literal import literal
from asl_engine.testing.recording.recording import read_recording


def recorded(execution):
    """Return a history as the AWS CLI prints it."""
    text = json.dumps({"events": list(execution.history)}, default=datetime.isoformat)
    return json.loads(text)


# --- the same definition ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        ({},),
        (TaskError("Busy"), {"paid": True}),
        (TaskError("Busy"), TaskError("CardDeclined", "no")),
        (Answer({}, after=60),),
        (TaskError("Busy"), TaskError("Busy"), TaskError("Busy")),
        (ValueError("wrong"),),
    ],
)
def test_the_same_machine_does_the_same(answers):
    """What the tasks answered then, they answer again, and take as long."""
    work = payment().mock("ChargeCard", *answers).mock("ShipGoods", {"shipped": 1})
    then = work.run({"orderId": 7})

    again = replay(work.machine, recorded(then))

    assert again.matches, again.divergence
    assert (then.status, then.output, then.duration) == (
        again.execution.status, again.execution.output, again.execution.duration,
    )  # fmt: skip
    assert then.path == again.execution.path


def test_a_timeout_is_replayed_as_silence():
    """It is the state's own limit that passes."""
    work = flow(A=calls("f", TimeoutSeconds=7, Retry=retries("States.Timeout"))).mock("f", NO_ANSWER, "done")

    assert replay(work.machine, recorded(work.run())).matches


def test_a_missing_heartbeat_is_replayed():
    """It came after five seconds then, and comes now."""
    task = asks(HeartbeatSeconds=5, TimeoutSeconds=60, Catch=catches("B"))
    work = flow(A=task, B={"Type": "Pass"}).mock("A", NO_ANSWER)

    assert replay(work.machine, recorded(work.run())).matches


@pytest.mark.parametrize(
    "ends",
    [
        {8: send_success("A", {"ok": True})},
        {8: send_failure("A", "No", "by Bob"), 10: send_failure("A", "No", "once more")},
    ],
)
def test_heartbeats_that_must_have_been_are_replayed(ends):
    """No history tells of them."""
    work = flow(A=asks(HeartbeatSeconds=5, Retry=retries("States.ALL", MaxAttempts=1)))
    then = work.run(at={4: send_heartbeat("A"), **ends})

    result = replay(work.machine, recorded(then))

    assert result.matches, result.divergence
    assert then.duration == result.execution.duration


def test_a_failure_that_is_named_as_a_timeout_is_replayed():
    """It came from the task, and no limit of the state's would pass."""
    work = flow(A=calls("f", Catch=catches("B"), Next="B"), B={"Type": "Pass"}).mock("f", TaskError("States.Timeout"))

    assert replay(work.machine, recorded(work.run())).matches


@pytest.mark.parametrize("answer", [send_success("A", {"ok": True}), send_failure("A", "No", "by Bob")])
def test_what_came_from_outside_is_replayed(answer):
    """Nobody has to send it again; tokens differ, and that is no difference."""
    work = flow(A=asks(), B={"Type": "Pass"})

    assert replay(work.machine, recorded(work.run(at={99: answer}))).matches


def test_a_stop_is_replayed():
    """It happens after as many seconds."""
    work = flow(A=asks()).mock("A", NO_ANSWER)

    result = replay(work.machine, recorded(work.run(at={42: stop("Enough", "really")})))

    assert result.matches
    assert ("ABORTED", "Enough", 42) == (result.execution.status, result.execution.error, result.execution.duration)


def test_items_side_by_side_are_replayed():
    """Each item gets the answer that it got then."""
    each = {"Type": "Map", "ItemProcessor": chain(I=invokes("f", OutputPath="$.Payload"))}
    work = flow(M=each).mock("f", lambda item: Answer(item[0] * 10, after=9 - item[0]))

    result = replay(work.machine, recorded(work.run([[1], [2], [3]])))

    assert result.matches, result.divergence
    assert [10, 20, 30] == result.execution.output


def test_uuids_moments_and_names_may_differ():
    """The replay has others, as it has another seed and name."""
    told = {"id.$": "States.UUID()", "at.$": "$$.State.EnteredTime", "arn.$": "$$.Execution.Id"}
    work = Workflow(machine_of(A={"Type": "Pass", "Parameters": told}), seed=5)
    then = work.run(name="then")

    result = replay(work.machine, recorded(then))

    assert result.matches
    assert then.output != result.execution.output


TELLING = {
    "a name": {"name.$": "$$.Execution.Name"},
    "an ARN": {"id.$": "$$.Execution.Id", "url.$": "States.Format('go to {}.', $$.Execution.Id)"},
    "a text of all": {
        "all.$": "States.Format('{}/{} since {}', $$.Execution.Name, States.UUID(), $$.State.EnteredTime)"
    },
    "a start": {"at.$": "$$.Execution.StartTime"},
    "JSONata": "{% $states.context.Execution.Name & ' at ' & $now('[H01]:[m01]:[s01]') & ' is ' & $uuid() %}",
    "milliseconds": "{% {'at': $millis()} %}",
}


def telling(values):
    """Return a workflow that tells who its execution is, a second after its start."""
    shown = {"QueryLanguage": "JSONata", "Output": values} if isinstance(values, str) else {"Parameters": values}
    states = {"W": {"Type": "Wait", "Seconds": 1}, "A": {"Type": "Pass", **shown}}
    return Workflow(machine_of(**states), seed=5, start_time="2026-03-04T05:06:07.089Z")


@pytest.mark.parametrize("values", TELLING.values(), ids=TELLING)
def test_who_an_execution_was_and_when_is_replayed(values):
    """Its start is recorded, its name is found in what it told, and UUIDs differ within longer texts as well."""
    work = telling(values)
    then = work.run(name="order-17")

    result = replay(work.machine, recorded(then))

    assert result.matches, result.divergence
    assert then.started_at == result.execution.started_at
    assert "order-17" not in json.dumps(then.output) or "order-17" == result.execution.name


def test_a_machine_that_asks_for_its_name_goes_the_recorded_way():
    """It is run with the name that it had."""
    by_name = {"Variable": "$$.Execution.Name", "StringEquals": "order-17", "Next": "B"}
    work = flow(
        A={"Type": "Pass", "Parameters": {"name.$": "$$.Execution.Name"}, "ResultPath": "$.who"},
        C={"Type": "Choice", "Choices": [by_name], "Default": "Z"},
        Z={"Type": "Fail"},
        B={"Type": "Succeed"},
    )

    assert replay(work.machine, recorded(work.run(name="order-17"))).matches


def test_a_history_can_be_a_file_or_a_list(tmp_path):
    """boto3's events have datetimes."""
    work = payment().mock("ChargeCard", {}).mock("ShipGoods", {})
    execution = work.run()
    file = tmp_path / "history.json"
    file.write_text(json.dumps(recorded(execution)))

    assert replay(work.machine, file).matches
    assert replay(work.machine, str(file)).matches
    assert replay(work.machine, list(execution.history)).matches
    assert replay(work, list(reversed(list(execution.history)))).matches


# --- a changed definition --------------------------------------------------------------------------------------------


def differs(before, after, mocks, given=None):
    """Record one machine, and return where another one first does something else."""
    work = Workflow(machine_of(**before))
    for name, answer in mocks.items():
        work.mock(name, answer)
    return replay(machine_of(**after), recorded(work.run({"n": 1} if given is None else given))).divergence


def test_a_payload_that_differs():
    """The state and both values are told."""
    before, after = ({"A": invokes("f", ResultPath="$.r"), "B": calls("g", Parameters=p)} for p in ({"x": 1}, {"x": 2}))
    found = differs(before, after, {"f": {}, "g": {}})

    assert ("B", "payload", {"x": 1}, {"x": 2}) == (found.state, found.what, found.recorded, found.now)
    assert str(found).splitlines() == [
        "payload of state 'B' differs:",
        '  recorded: {"x": 1}',
        '  now:      {"x": 2}',
    ]


def test_an_input_that_differs():
    """The state before gives something else; it is that state's output."""
    found = differs({"A": {"Type": "Pass", "Result": 1}}, {"A": {"Type": "Pass", "Result": 2}}, {})

    assert ("A", "output", 1, 2) == (found.state, found.what, found.recorded, found.now)


def test_another_way():
    """Both states are told."""
    found = differs({"A": {"Type": "Pass"}, "B": {"Type": "Pass"}}, {"A": {"Type": "Pass"}, "C": {"Type": "Pass"}}, {})

    assert "the recording goes to 'B' where now it goes to 'C'" == str(found)


def test_an_end_that_comes_too_early_or_too_late():
    """The end is a place as well."""
    one, two = {"A": {"Type": "Pass"}}, {"A": {"Type": "Pass"}, "B": {"Type": "Pass"}}

    assert "the recording goes to 'B' where now it goes to 'the end'" == str(differs(two, one, {}))
    assert "the recording goes to 'the end' where now it goes to 'B'" == str(differs(one, two, {}))


def test_another_count_of_attempts():
    """The retrier is gone."""
    before = {"A": calls("f", Retry=retries("Busy", MaxAttempts=1))}
    found = differs(before, {"A": calls("f")}, {"f": TaskError("Busy")})

    assert ("A", "number of attempts", 2, 1) == (found.state, found.what, found.recorded, found.now)


def test_another_outcome():
    """What failed then is caught now."""
    after = {"A": calls("f", Catch=catches("B")), "B": {"Type": "Succeed"}}
    found = differs({"A": calls("f")}, after, {"f": TaskError("Bad")})

    assert ("A", "outcome", "FAILED", "CAUGHT") == (found.state, found.what, found.recorded, found.now)


def test_a_task_that_was_not_recorded():
    """There is no answer to it, and so no execution."""
    work = flow(A={"Type": "Pass"})
    result = replay(machine_of(A={"Type": "Pass"}, B=calls("f")), recorded(work.run({"n": 1})))

    assert result.execution is None
    assert not result.matches
    assert ("B", {"n": 1}) == (result.divergence.state, result.divergence.now)
    assert "payload of state 'B' differs" in str(result.divergence)


def test_a_retry_that_was_not_recorded():
    """A second attempt has no answer."""
    before, after = {"A": calls("f")}, {"A": calls("f", Retry=retries("Busy"))}

    assert "no such task" == differs(before, after, {"f": TaskError("Busy")}).recorded


def test_a_difference_inside_of_an_item_is_found():
    """Items are compared each with its own."""
    before, after = (
        {"M": {"Type": "Map", "ItemProcessor": chain(I={"Type": "Pass", "Parameters": {"v": v, "i.$": "$"}})}}
        for v in (1, 2)
    )
    found = differs(before, after, {}, [7, 8])

    assert ("I", {"v": 1, "i": 7}, {"v": 2, "i": 7}) == (found.state, found.recorded, found.now)


def test_a_difference_at_the_end_of_a_map_is_its_own():
    """Everything inside of it was the same."""
    before, after = (
        {"M": {"Type": "Map", "ItemProcessor": chain(I={"Type": "Pass"}), "ResultSelector": {"v": v}}} for v in (1, 2)
    )
    found = differs(before, after, {}, [7, 8])

    assert ("M", "output", {"v": 1}, {"v": 2}) == (found.state, found.what, found.recorded, found.now)


# --- what is no history ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("thing", [{}, [], {"events": []}, {"events": "x"}, [1], [{"type": "X"}], 5, None])
def test_what_is_no_history_is_refused(thing):
    """The error says what was expected."""
    with pytest.raises(UsageError, match="this is not a history; expected"):
        read_recording(thing)


def test_a_history_begins_with_its_start():
    """A part of one cannot be run again."""
    events = recorded(flow(A={"Type": "Pass"}).run())["events"]

    with pytest.raises(UsageError, match="does not begin with an ExecutionStarted event"):
        read_recording(events[1:])


def test_a_history_without_data_is_of_no_use():
    """The error says how to get it whole."""
    events = recorded(flow(A={"Type": "Pass"}).run())["events"]
    events[0]["executionStartedEventDetails"]["input"] = ""

    with pytest.raises(UsageError, match="--include-execution-data"):
        read_recording(events)


def test_a_file_that_is_no_history(tmp_path):
    """It is missing, or is no JSON."""
    (tmp_path / "h.json").write_text("{nope")

    with pytest.raises(UsageError, match=r"nothing\.json: No such file"):
        read_recording(tmp_path / "nothing.json")
    with pytest.raises(UsageError, match=r"h\.json is not JSON"):
        read_recording(tmp_path / "h.json")


# --- values that are alike -------------------------------------------------------------------------------------------

TEXTS = st.text(max_size=5) | st.sampled_from([
    "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000+01:00", "a" * 64, "b" * 70, "a" * 63,
    "12345678-1234-1234-1234-123456789012", "12345678-1234-1234-1234-12345678901a",
    "arn:aws:states:us-east-1:123456789012:execution:m:n",
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES)
def test_a_value_is_alike_to_itself(value):
    """And to a copy of it."""
    assert alike(value, json.loads(json.dumps(value)))


@given(VALUES, VALUES)
def test_to_be_alike_goes_both_ways(one, other):
    """What is alike to another has another that is alike to it."""
    assert alike(one, other) == alike(other, one)


@pytest.mark.parametrize(
    ("one", "other", "are_alike"),
    [
        (1, 1.0, True),
        (True, 1, False),
        (False, 0, False),
        (None, 0, False),
        (None, {}, False),
        ("1", 1, False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ([1], [1, 1], False),
        ({"a": [1]}, {"a": [2]}, False),
        ("12345678-1234-1234-1234-123456789012", "00000000-1234-1234-1234-123456789012", True),
        ("12345678-1234-1234-1234-123456789012", "00000000-1234-1234-1234-12345678901", False),
        ("2026-01-01T00:00:00Z", "2030-01-01T01:02:03.456Z", True),
        ("2026-01-01", "2030-01-01", False),
        ("order 1", "order 2", False),
        ("at 2026-01-01T00:00:00Z by a", "at 2026-01-01T00:00:01.020Z by a", True),
        ("at 2026-01-01T00:00:00Z by a", "at 2026-01-01T00:00:01.020Z by b", False),
        ("since 23:59:59", "since 00:00:01", True),
        ("a/12345678-1234-1234-1234-123456789012", "a/00000000-1234-1234-1234-123456789012", True),
        ("a/12345678-1234-1234-1234-123456789012", "b/00000000-1234-1234-1234-123456789012", False),
        (1_767_225_600_000, 1_767_225_600_120, True),
        (1_767_225_600_000, 1_767_312_000_000, False),
        (1_000, 1_120, False),
        (-1.5, 1_767_225_600_000.5, False),
        ("arn:aws:states:eu-west-1:1:execution:m:a", "arn:aws:states:eu-west-1:1:execution:m:b", True),
        ("a" * 64, "b" * 80, True),
        ("a" * 63, "b" * 63, False),
    ],
)
def test_values_are_alike_or_not(one, other, are_alike):
    """Only what cannot be the same may differ."""
    assert are_alike == alike(one, other)


# --- tests of a recording --------------------------------------------------------------------------------------------


@given(VALUES, st.sampled_from([0, 4, 8, 40]))
def test_a_literal_is_the_value(value, indent):
    """Python reads it as what it was, however long it is."""
    for one in (value, [value] * 9, {"name": value, "names": [value] * 5}):
        assert one == eval(literal(one, indent))


def test_a_short_literal_stands_on_one_line():
    """A long one on several, each further one indented."""
    assert '{"a": [1, None, True]}' == literal({"a": [1, None, True]})
    assert literal(["x" * 40, "y" * 40], 4).splitlines() == [
        "[",
        f'        "{"x" * 40}",',
        f'        "{"y" * 40}",',
        "    ]",
    ]


def written(work, name="recorded", **options):
    """Return the test that is written of an execution."""
    execution = work.run({"orders": [7, 8]}, **options)
    return test_from(read_recording(recorded(execution)), "machine.asl.json", name, None)


RECORDINGS = {
    "a success": (lambda: payment().mock("ChargeCard", {}).mock("ShipGoods", {"shipped": True}), {}),
    "retries": (lambda: payment().mock("ChargeCard", TaskError("Busy", "b"), {}, takes=5).mock("ShipGoods", {}), {}),
    "a failure": (lambda: payment().mock("ChargeCard", TaskError("CardDeclined", 'the "card"')), {}),
    "a timeout": (lambda: flow(A=calls("f", TimeoutSeconds=5)).mock("f", NO_ANSWER), {}),
    "a stop": (lambda: flow(A=asks()).mock("A", NO_ANSWER), {"at": {3: stop("Enough", "it is")}}),
    "heartbeats": (
        lambda: flow(A=asks(HeartbeatSeconds=5)),
        {"at": {4: send_heartbeat("A"), 8: send_success("A", {"ok": True})}},
    ),
    "heartbeats in vain": (
        lambda: flow(A=asks(HeartbeatSeconds=5)),
        {"at": {4: send_heartbeat("A"), 8: send_failure("A", "No", "by Bob")}},
    ),
    "an answer": (lambda: flow(A=asks()), {"at": {3: send_success("A", {"ok": True})}}),
    "nothing to mock": (lambda: flow(A={"Type": "Pass", "Result": ["long text " * 5] * 5}), {}),
    "items": (
        lambda: flow(M={"Type": "Map", "ItemsPath": "$.orders", "ItemProcessor": chain(I=calls("f"))}),
        {"mocks": {"f": 1}},
    ),
}


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_test_of_a_recording_passes(name, tmp_path, monkeypatch):
    """What is written runs as it stands, and asserts the path and the end."""
    monkeypatch.chdir(tmp_path)
    make, options = RECORDINGS[name]
    work = make()
    text = written(work, name, **options)
    (tmp_path / "machine.asl.json").write_text(work.machine.definition)

    names = {}
    exec(compile(text, "test_recorded.py", "exec"), names)
    [test] = [thing for key, thing in names.items() if key.startswith("test_")]
    test(Workflow)

    assert f"test_{name.replace(' ', '_')}" in names
    assert "assert execution.path == [" in text
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("values", TELLING.values(), ids=TELLING)
def test_a_test_of_what_cannot_be_the_same_passes(values, tmp_path, monkeypatch):
    """Names, UUIDs and times are compared by what they are."""
    monkeypatch.chdir(tmp_path)
    work = telling(values)
    history = recorded(work.run(name="order-17"))
    (tmp_path / "machine.asl.json").write_text(work.machine.definition)

    names = {}
    replayed = replay("machine.asl.json", history).execution
    text = test_from(read_recording(history), "machine.asl.json", "telling", replayed)
    exec(compile(text, "test_telling.py", "exec"), names)
    names["test_telling"](Workflow)

    assert ("order-17" in text) == ("order-17" in json.dumps(history["events"][-1]))


def test_a_test_of_a_recording_fails_when_the_machine_changes(tmp_path, monkeypatch):
    """That is what it is for."""
    monkeypatch.chdir(tmp_path)
    work = payment().mock("ChargeCard", {}).mock("ShipGoods", {"shipped": True})
    text = written(work)
    changed = json.loads(work.machine.definition)
    changed["States"]["Charge"]["Next"] = "Cancel"
    changed["States"]["Charge"]["Catch"][0]["Next"] = "Ship"
    (tmp_path / "machine.asl.json").write_text(json.dumps(changed))
    names = {}
    exec(compile(text, "test_recorded.py", "exec"), names)

    with pytest.raises(AssertionError):
        names["test_recorded"](Workflow)


def test_a_machine_that_is_a_file_can_be_replayed(tmp_path):
    """As a path, and as a workflow."""
    work = flow(A={"Type": "Pass"})
    file = tmp_path / "m.asl.json"
    file.write_text(work.machine.definition)

    assert replay(file, recorded(work.run())).matches
    assert replay(StateMachine.load(file), recorded(work.run())).matches
