"""What an execution under test tells: its end, its path, visits, calls, retries, and its account."""

from __future__ import annotations

import pytest
from conftest import chain
from harness import asks, calls, catches, flow, invokes, payment, retries, sends

from asl_engine import StateMachine
from asl_engine.testing import Answer, TaskError, Workflow, send_success, stop
from asl_engine.testing.account import explain_path

# --- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "cause", "is_so"),
    [
        (None, None, True),
        ("Cancelled", None, True),
        ("Cancelled", "the card", True),
        (None, "card is bad", True),
        ("Other", None, False),
        ("Cancel", None, False),
        ("Cancelled", "another", False),
    ],
)
def test_a_failure_is_asked_for_by_name_and_by_a_part_of_its_cause(error, cause, is_so):
    """The name is the whole one, the cause need only hold the text."""
    execution = payment().mock("Charge", TaskError("CardDeclined")).run()

    assert is_so == execution.failed(error, cause)
    assert not execution.succeeded


def test_a_success_is_no_failure():
    """Whatever name is asked for."""
    execution = flow(A={"Type": "Pass"}).run()

    assert execution.succeeded
    assert not execution.failed()


def test_a_success_is_no_failure_where_nobody_calls():
    """`assert execution.failed` looks right beside `assert execution.succeeded`, and so it is."""
    assert not flow(A={"Type": "Pass"}).run().failed
    assert flow(A={"Type": "Fail", "Error": "E"}).run().failed


def test_a_timeout_is_a_failure():
    """The limit is the machine's own."""
    definition = {**chain(W={"Type": "Wait", "Seconds": 100}), "TimeoutSeconds": 5}

    execution = Workflow(StateMachine.from_dict(definition)).run()

    assert ("TIMED_OUT", 5) == (execution.status, execution.duration)
    assert execution.failed()


# --- the path --------------------------------------------------------------------------------------------------------


def test_the_path_is_a_list_of_names():
    """A state that is tried again is entered once."""
    execution = payment().mock("Charge", TaskError("Busy"), {}).mock("ShipGoods", {}).run()

    assert ["Charge", "Ship"] == execution.path
    assert "Charge" == execution.path[0]
    assert ["Ship"] == execution.path[-1:]


# --- visits ----------------------------------------------------------------------------------------------------------


def test_a_visit_has_what_a_state_was_given_and_gave():
    """Input, output, variables, duration, and the attempts."""
    state = calls("f", ResultPath="$.r", Retry=retries("Busy"), Assign={"is_seen": True})
    execution = flow(A=state).mock("f", TaskError("Busy", "later"), Answer("done", after=5)).run({"n": 1})

    [visit] = execution.visits("A")

    assert ({"n": 1}, {"n": 1, "r": "done"}) == (visit.input, visit.output)
    assert ("SUCCEEDED", None, 1) == (visit.status, visit.error, visit.retries)
    assert {"is_seen": True} == visit.variables
    assert 1 + 5 == visit.duration
    assert [("FAILED", "Busy", "later"), ("SUCCEEDED", None, None)] == [
        (attempt.status, attempt.error, attempt.cause) for attempt in visit.attempts
    ]


def test_a_visit_has_the_variables_that_it_assigned():
    """They are values, and not texts of them."""
    execution = flow(A={"Type": "Pass", "Assign": {"n": 1, "list": [1, 2]}}).run()

    assert {"n": 1, "list": [1, 2]} == execution.visits("A")[0].variables


def test_a_state_that_failed_has_its_error():
    """Also where a catcher took it."""
    execution = flow(A=calls("f", Catch=catches("B"), Next="B"), B={"Type": "Pass"})
    visit = execution.mock("f", TaskError("Bad", "luck")).run().visits("A")[0]

    assert ("CAUGHT", "Bad", "luck") == (visit.status, visit.error, visit.cause)
    assert {"Error": "Bad", "Cause": "luck"} == visit.output


def test_every_visit_to_a_state_is_told_in_order():
    """A Map enters the same state once for each item."""
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": calls("f", End=True)}}}
    execution = flow(M=each).mock("f", lambda item: item * 10).run([1, 2, 3])

    assert [(0, 1, 10), (1, 2, 20), (2, 3, 30)] == [
        (visit.iteration, visit.input, visit.output) for visit in execution.visits("I")
    ]
    assert {"M"} == {visit.parent.state for visit in execution.visits("I")}


def test_a_state_that_was_not_entered_has_no_visits():
    """It is no mistake to ask."""
    rule = {"Variable": "$.b", "IsPresent": True, "Next": "B"}
    end = {"Type": "Succeed"}
    machine = flow(A={"Type": "Choice", "Choices": [rule], "Default": "C"}, B=end, C=end)

    assert [] == machine.run().visits("B")


# --- calls -----------------------------------------------------------------------------------------------------------


def test_calls_are_those_to_a_function_wherever_it_is_called():
    """Both ways to call it give what the function got."""
    work = flow(A=calls("f", ResultPath="$.a"), B=invokes("f", ResultPath="$.b"))
    execution = work.mock("f", "hello", takes=2).run({"n": 1})

    first, second = execution.calls("f")

    assert ({"n": 1}, "hello", 0) == (first.payload, first.result, first.at)
    assert ({"n": 1, "a": "hello"}, "hello", 2) == (second.payload, second.result["Payload"], second.at)


def test_the_calls_of_a_state_have_what_its_resource_got():
    """For an integration that is the name of the function as well."""
    [call] = flow(A=invokes("f")).mock("f", 1).run({"n": 1}).calls("A")

    assert {"FunctionName": "f", "Payload": {"n": 1}} == call.payload


@pytest.mark.parametrize("name", ["sqs:sendMessage", "arn:aws:states:::sqs:sendMessage", "A"])
def test_calls_to_a_resource(name):
    """Its short name will do."""
    [call] = flow(A=sends()).mock("A", {"MessageId": "1"}).run().calls(name)

    assert ({"QueueUrl": "q", "MessageBody": "m"}, {"MessageId": "1"}) == (call.payload, call.result)


def test_a_call_that_failed_has_its_error():
    """Each attempt is a call."""
    first, second = payment().mock("Charge", TaskError("Busy", "later"), {}).mock("ShipGoods", {}).run().calls("Charge")

    assert ("Busy", "later", None) == (first.error, first.cause, second.error)
    assert (0, 1) == (first.at, second.at)


def test_calls_of_side_by_side_branches_are_in_the_order_of_their_moments():
    """The first branch calls again after the second one has."""
    first, second = chain(A=calls("f", Retry=retries("Busy"))), chain(B=calls("f"))
    both = {"Type": "Parallel", "Branches": [first, second]}

    execution = flow(P=both).mock("f", TaskError("Busy"), {}, {}).run()

    assert [("A", 0), ("B", 0), ("A", 1)] == [(call.state, call.at) for call in execution.calls("f")]


def test_a_function_that_was_not_called_has_no_calls():
    """Nor has one that there is not."""
    assert [] == payment().mock("Charge", TaskError("CardDeclined")).run().calls("ShipGoods")


def test_a_call_shows_itself():
    """What a failed assertion prints is of use."""
    [call] = flow(A=calls("f")).mock("f", {"ok": True}).run({"n": 1}).calls("f")

    assert "A" in repr(call)
    assert "{'n': 1}" in repr(call)


# --- retries and catchers --------------------------------------------------------------------------------------------


def test_retries_are_counted_by_state():
    """A state without any counts zero."""
    execution = payment().mock("Charge", TaskError("Busy")).run()

    assert {"Charge": 2} == execution.retries
    assert 0 == execution.retries["Ship"]


def test_whose_failure_was_caught_is_told_in_order():
    """Each time that a catcher took one."""
    states = {name: calls("f", Catch=catches(to), Next=to) for name, to in (("A", "B"), ("B", "C"))}
    execution = flow(**states, C={"Type": "Succeed"}).mock("f", TaskError("x")).run()

    assert ["A", "B"] == execution.caught


def test_nothing_was_caught_where_all_went_well():
    """Neither caught nor tried again."""
    execution = flow(A={"Type": "Pass"}).run()

    assert ([], {}) == (execution.caught, execution.retries)


# --- the account -----------------------------------------------------------------------------------------------------


def test_the_account_of_a_failure():
    """When each state was entered, how it was left, and what the one that failed was given."""
    work = payment().mock("Charge", TaskError("Busy"), {"paid": True}).mock("ShipGoods", ValueError("no address"))

    assert work.run({"orderId": 7}).account().splitlines() == [
        "FAILED after 1.000 s: ValueError, no address",
        "        0.000 s  Charge: succeeded (attempt 2)",
        "        1.000 s  Ship: failed: ValueError, no address",
        "state 'Ship':",
        '  input:   {"paid": true}',
        '  payload: {"FunctionName": "ShipGoods", "Payload": {"paid": true}}',
    ]


def test_the_account_of_a_success():
    """The last state has an output, and so has the execution."""
    assert flow(A={"Type": "Pass", "Result": 1}).run({"n": 1}).account().splitlines() == [
        "SUCCEEDED after 0.000 s",
        "        0.000 s  A: succeeded",
        "state 'A':",
        '  input:   {"n": 1}',
        "  output:  1",
        "output of the execution: 1",
    ]


def test_a_cause_that_looks_like_deep_json_is_told_as_it_is():
    """Causes are parsed for the message of a Lambda, and are whatever a service writes."""
    execution = flow(A=calls("f")).mock("f", TaskError("E", "[" * 20_000)).run()

    assert execution.account().startswith("FAILED after 0.000 s: E, [[[")


def test_the_account_tells_of_the_innermost_state_that_failed():
    """The Map around it failed because of it; the items stand inside, with their numbers."""
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": calls("f", End=True)}}}
    account = flow(M=each).mock("f", "fine", TaskError("Bad", "item")).run(["a", "b"]).account()

    assert "    [0] I: succeeded" in account
    assert "    [1] I: failed: Bad, item" in account
    assert "state 'I':" in account
    assert '  input:   "b"' in account


def test_the_account_of_a_caught_failure_tells_it():
    """What went wrong on the way stands in its line."""
    account = payment().mock("Charge", TaskError("CardDeclined", "no money")).run().account()

    assert "  Charge: caught: CardDeclined, no money" in account
    assert "  Cancel: failed: Cancelled, the card is bad" in account


def test_the_account_of_a_stopped_execution():
    """The state that it stood in was aborted."""
    account = flow(W={"Type": "Wait", "Seconds": 99}).run(at={5: stop("Enough")}).account()

    assert account.startswith("ABORTED after 5.000 s: Enough\n")
    assert "W: aborted" in account


def test_a_long_path_is_told_by_its_ends():
    """The forty lines are the first and the last twenty."""
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}}
    lines = flow(M=each).run(list(range(100))).account().splitlines()

    assert "  ... 61 more ..." in lines
    assert 1 + 41 == lines.index("state 'I':")


def test_a_long_value_is_cut_off():
    """Its length is told instead."""
    account = flow(A={"Type": "Pass"}).run({"text": "x" * 5_000}).account()

    assert max(map(len, account.splitlines())) < 400
    assert "xxx... (5,012 characters)" in account


def test_the_path_of_an_express_execution():
    """It has no history on AWS, and here it tells as much as others."""
    execution = Workflow(StateMachine.from_dict(chain(A={"Type": "Pass"}), type="EXPRESS")).run()

    assert ["A"] == execution.path
    assert "A: succeeded" in execution.account()


# --- a path that differs ---------------------------------------------------------------------------------------------


def explained(actual, expected):
    execution = flow(**{name: {"Type": "Pass"} for name in actual}).run({"n": 1})
    return explain_path(execution.path, expected, execution, execution.story)


def test_a_path_that_differs_is_shown_around_the_place():
    """What came, what was expected, and what the state before had."""
    assert explained("ABC", ["A", "X", "C"]) == [
        "the path differs at state 2: expected 'X', came 'B'",
        "  came:     A > [B] > C",
        "  expected: A > [X] > C",
        "state 'A':",
        '  input:   {"n": 1}',
        '  output:  {"n": 1}',
        "SUCCEEDED after 0.000 s",
    ]


@pytest.mark.parametrize(
    ("actual", "expected", "told"),
    [
        ("AB", "ABC", "the path differs at state 3: expected 'C', came the end"),
        ("ABC", "AB", "the path differs at state 3: expected the end, came 'C'"),
        ("A", "", "the path differs at state 1: expected the end, came 'A'"),
        ("A", "B", "the path differs at state 1: expected 'B', came 'A'"),
    ],
)
def test_a_path_that_ends_too_early_or_too_late(actual, expected, told):
    """The end is a place as well."""
    assert told == explained(actual, list(expected))[0]


def test_of_a_long_path_only_the_place_is_shown():
    """Four states before it and two after."""
    lines = explained("ABCDEFGHIJKL", list("ABCDEFxHIJKL"))

    assert "  came:     ... > C > D > E > F > [G] > H > I > ..." == lines[1]


# --- many ------------------------------------------------------------------------------------------------------------


def test_a_thousand_executions_with_mocks_and_waits_are_no_matter():
    """Ten states, five of them waits of an hour: ten thousand virtual hours."""
    states = {}
    for number in range(5):
        states[f"Call {number}"] = calls("f", ResultPath="$.r")
        states[f"Wait {number}"] = {"Type": "Wait", "Seconds": 3_600}
    work = flow(**states).mock("f", lambda event: event["n"] + 1, takes=1)

    executions = [work.run({"n": n}) for n in range(1_000)]

    assert [n + 1 for n in range(1_000)] == [execution.output["r"] for execution in executions]
    assert {5 * 3_601} == {execution.duration for execution in executions}


def test_a_workflow_that_asks_can_be_asked_again():
    """Nothing of an execution is left in the workflow."""
    work = flow(A=asks())

    assert ["first", "second"] == [work.run(at={1: send_success("A", text)}).output for text in ("first", "second")]
