"""Exploration: which results and errors lead where, and what no outcome reaches."""

from __future__ import annotations

import inspect

import pytest
from conftest import chain
from harness import asks, calls, catches, flow, invokes, payment, retries

from asl_engine import StateMachine, UsageError
from asl_engine.testing import Workflow, explore
from asl_engine.testing.exploration import tests_of
from asl_engine.testing.exploration.guesses import guesses


def ends(found):
    """Return how executions can end: (status, error, last state)."""
    return {(way.status, way.error, way.path[-1]) for way in found.ways}


def test_every_end_of_a_machine_is_found():
    """A success, the caught error, the one that is tried again until the end, and one that nothing handles."""
    found = explore(payment().machine)

    assert {
        ("SUCCEEDED", None, "Ship"),
        ("FAILED", "Cancelled", "Cancel"),
        ("FAILED", "Busy", "Charge"),
        ("FAILED", "Unexpected", "Charge"),
        ("FAILED", "Unexpected", "Ship"),
    } == ends(found)
    assert ([], []) == (found.not_reached, found.circles)


def test_a_machine_without_tasks_has_one_end():
    """One execution is enough."""
    found = explore(flow(A={"Type": "Pass"}).machine)

    assert {("SUCCEEDED", None, "A")} == ends(found)


def choosing(rule):
    """Return a machine that asks a function, and chooses by a rule."""
    task = calls("f", Next="C")
    states = {"A": task, "C": {"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"}}
    ways = {"Yes": {"Type": "Succeed"}, "No": {"Type": "Succeed"}}
    return StateMachine.from_dict({"StartAt": "A", "States": {**states, **ways}})


@pytest.mark.parametrize(
    "rule",
    [
        {"Variable": "$.n", "NumericGreaterThan": 41},
        {"Variable": "$.n", "NumericEquals": 41.5},
        {"Variable": "$.s", "StringEquals": "done"},
        {"Variable": "$.s", "StringMatches": "log-*.txt"},
        {"Variable": "$.is_ok", "BooleanEquals": False},
        {"Variable": "$.at", "TimestampLessThan": "2020-06-01T00:00:00Z"},
        {"Variable": "$.a.b.c", "StringEquals": "deep"},
        {"Variable": "$.n", "NumericLessThanPath": "$.m"},
        {"Variable": "$.s", "IsNumeric": True},
        {"And": [{"Variable": "$.n", "NumericEquals": 1}, {"Variable": "$.s", "StringEquals": "x"}]},
        {"Not": {"Variable": "$.s", "StringEquals": "x"}},
    ],
)
def test_both_ways_of_a_choice_are_found(rule):
    """Values on both sides of what the rule compares with are tried."""
    found = explore(choosing(rule))

    assert {"Yes", "No"} == {way.path[-1] for way in found.ways if way.status == "SUCCEEDED"}
    assert [] == found.not_reached


def test_both_ways_of_a_condition_are_found():
    """In JSONata as well."""
    rule = {"Condition": "{% $states.input.order.cents > 1000 %}", "Next": "Yes"}
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Next": "C"}
    states = {"A": task, "C": {"Type": "Choice", "Choices": [rule], "Default": "No"}}
    ends_ = {"Yes": {"Type": "Succeed"}, "No": {"Type": "Succeed"}}
    machine = StateMachine.from_dict({"QueryLanguage": "JSONata", "StartAt": "A", "States": {**states, **ends_}})

    assert [] == explore(machine).not_reached


def test_a_timeout_is_tried_where_there_is_a_limit():
    """And is thrown where a catcher names it without one."""
    limited = flow(A=calls("f", TimeoutSeconds=5), B={"Type": "Succeed"}).machine
    named = flow(A=calls("f", Catch=catches("B", "States.Timeout")), B={"Type": "Succeed"}).machine

    assert ("FAILED", "States.Timeout", "A") in ends(explore(limited))
    assert [] == explore(named).not_reached


def test_tokens_and_integrations_are_explored():
    """A task that waits is answered."""
    states = {"A": asks(Catch=catches("B", "Rejected")), "B": invokes("f", OutputPath="$.Payload")}

    assert [] == explore(flow(**states).machine).not_reached


def test_the_result_of_the_lambda_integration_has_a_payload():
    """Also where the machine does not read it, and so it is not guessed."""
    assert ("SUCCEEDED", None, "A") in ends(explore(flow(A=invokes("f")).machine))


def test_what_is_inside_of_maps_and_parallels_is_explored():
    """The list is guessed, so that it has an item."""
    inner = chain(I=calls("f", Retry=retries("Busy")))
    each = {"Type": "Map", "ItemsPath": "$.orders", "ItemProcessor": inner, "Catch": catches("B")}

    assert [] == explore(flow(M=each, B={"Type": "Succeed"}).machine).not_reached


def test_what_nothing_reaches_is_told():
    """A rule that can never apply stays."""
    never = {"And": [{"Variable": "$.n", "NumericGreaterThan": 9}, {"Variable": "$.n", "NumericLessThan": 5}]}
    found = explore(choosing(never))

    assert ["/States/C/Choices/0", "/States/Yes"] == [part.pointer for part in found.not_reached]
    assert "not reached: state 'Yes'" in found.text()


def test_a_circle_is_told():
    """It waits for a field of its input, which nothing changes."""
    rule = {"Variable": "$.status", "StringEquals": "ready", "Next": "E"}
    states = {
        "Ready?": {"Type": "Choice", "Choices": [rule], "Default": "W"},
        "W": {"Type": "Wait", "Seconds": 60, "Next": "Ready?"},
        "E": {"Type": "Succeed"},
    }
    found = explore(StateMachine.from_dict({"StartAt": "Ready?", "States": states}))

    [circle] = found.circles
    assert circle in ("it goes round: Ready? > W > Ready?", "it goes round: W > Ready? > W")
    assert f"does not end: {circle}" in found.text()
    assert ("SUCCEEDED", None, "E") in ends(found)


def test_many_items_are_no_circle():
    """A Map goes through the same states for each of them, and ends."""
    each = {"Type": "Map", "ItemsPath": "$.ids", "ItemProcessor": chain(I=calls("f"), J=calls("g"))}
    found = explore(flow(M=each).machine, {"ids": list(range(60))}, max_runs=10)

    assert [] == found.circles
    assert ("SUCCEEDED", None, "J") in ends(found)


def test_results_that_are_possible_can_be_said():
    """By the name of the Task, or of the function; nothing else is tried."""
    machine = choosing({"Variable": "$.n", "NumericGreaterThan": 41})

    for name in ("A", "f"):
        found = explore(machine, results={name: [{"n": 7}]})
        assert ["/States/C/Choices/0", "/States/Yes"] == [part.pointer for part in found.not_reached]
        assert [{"n": 7}] in [way.answers["A"] for way in found.ways]


def test_results_of_a_task_that_is_not_there_are_refused():
    """The error says which name."""
    with pytest.raises(UsageError, match="results for 'g': no Task has this name, and none calls such a function"):
        explore(payment().machine, results={"g": [{}]})


def test_the_input_can_be_said():
    """Then all executions have it."""
    found = explore(payment().machine, {"orderId": 7})

    assert [{"orderId": 7}] * len(found.ways) == [way.input for way in found.ways]


def test_it_stops_after_so_many_executions():
    """And says how many there were."""
    found = explore(payment().machine, max_runs=2)

    assert 2 == found.runs
    assert found.text().startswith("2 executions, ")
    assert "stopped after 2 executions (max_runs), with 8 variations not tried" in found.text()


def test_what_there_was_no_time_for_is_not_said_to_be_out_of_reach():
    """It was not tried: only an exploration that came to its end knows what nothing reaches."""
    found = explore(payment().machine, max_runs=1)

    assert [] == found.not_reached
    assert "/States/Cancel" in [part.pointer for part in found.not_tried]
    assert "not tried: state 'Cancel'" in found.text()


def test_it_stops_after_so_much_time():
    """No time is enough for nothing, which it says."""
    found = explore(payment().machine, max_seconds=0)

    assert 0 == found.runs
    assert "stopped after 0 s (max_seconds), with 2 variations not tried" in found.text()


def test_it_finds_the_same_every_time():
    """There is no chance in it."""
    first, second = (explore(payment().machine) for _ in range(2))

    assert first.text() == second.text()


def test_an_end_is_told_with_its_way():
    """And with the answers that are failures."""
    text = explore(payment().machine, {}).text()

    assert "FAILED Cancelled at 'Cancel'\n  Charge > Cancel\n  'Charge' answers TaskError(\"CardDeclined\")" in text


def test_examples_are_tests_that_pass(tmp_path, monkeypatch):
    """Each end is one."""
    monkeypatch.chdir(tmp_path)
    machine = payment().machine
    (tmp_path / "pay.asl.json").write_text(machine.definition)
    found = explore(machine)
    names = {}

    exec(compile(tests_of(found, "pay.asl.json"), "test_ends.py", "exec"), names)
    tests = [thing for name, thing in names.items() if name.startswith("test_")]
    for test in tests:
        test(Workflow)

    assert len(found.ways) == len(tests)


def test_examples_with_silence_are_tests_that_pass(tmp_path, monkeypatch):
    """What does not answer is written down as that."""
    monkeypatch.chdir(tmp_path)
    machine = flow(A=calls("f", TimeoutSeconds=5)).machine
    (tmp_path / "m.asl.json").write_text(machine.definition)
    text = tests_of(explore(machine), "m.asl.json")
    names = {}

    exec(compile(text, "test_ends.py", "exec"), names)
    for test in (thing for name, thing in names.items() if name.startswith("test_")):
        test(Workflow)

    assert 'machine.mock("A", NO_ANSWER)' in text


# --- guesses ---------------------------------------------------------------------------------------------------------


def test_a_guess_has_every_field_that_is_read():
    """Also below each part of its path, so that it fits wherever the result is put."""
    task = calls("f", Parameters={"x.$": "$.order.customer.name"}, ResultPath="$.r")

    [guess] = guesses(flow(A=task).machine.model)

    assert "text" == guess["order"]["customer"]["name"] == guess["customer"]["name"] == guess["name"]


def test_lists_numbers_and_moments_are_guessed_as_such():
    """What reads them says what they are."""
    states = {
        "M": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": chain(I={"Type": "Pass"}), "ResultPath": "$.r"},
        "W": {"Type": "Wait", "SecondsPath": "$.pause"},
        "T": {"Type": "Wait", "TimestampPath": "$.until"},
        "P": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.count, 1)"}},
    }
    guess = guesses(flow(**states).machine.model)[0]

    assert isinstance(guess["items"], list)
    assert guess["items"]
    assert (5, 3) == (guess["pause"], guess["count"])
    assert Workflow(flow(**states).machine).run(guess).succeeded


def test_items_of_a_bucket_are_read_from_a_folder(tmp_path):
    """A distributed Map is explored with the objects that its reader finds."""
    (tmp_path / "orders.json").write_text('[{"id": 1}, {"id": 2}]')
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON"},
        "Parameters": {"Bucket": "orders", "Key": "orders.json"},
    }
    work = {"Type": "Task", "Resource": "work", "End": True}
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Work",
        "States": {"Work": work},
    }
    each = {"Type": "Map", "ItemReader": reader, "ItemProcessor": processor, "End": True}
    machine = StateMachine.from_dict({"StartAt": "Each", "States": {"Each": each}})

    found = explore(machine, buckets={"orders": tmp_path})

    assert not found.not_reached
    assert {"SUCCEEDED", "FAILED"} == {way.status for way in found.ways}


def test_the_names_of_the_harness_are_what_they_say():
    """They are imported when asked for, and a module of the same name would stand in their way."""
    import asl_engine.testing

    for name in asl_engine.testing.__all__:
        assert not inspect.ismodule(getattr(asl_engine.testing, name))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        asl_engine.testing.nothing  # noqa: B018
