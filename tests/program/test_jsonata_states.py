"""States in JSONata: each field that takes an expression, what it sees, how it fails, and what history says of it."""

from __future__ import annotations

import json
import time

import pytest
from conftest import START, chain, one_state, scripted

from asl_engine import DefinitionError, Functions, StateMachine
from asl_engine.drivers.hooks import Hooks
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.history import read_events
from asl_engine.kernel import ExecutionStarted, Identity, Kernel
from asl_engine.kernel.snapshot import restore, take
from asl_engine.tasks.perform import Performer


def passing(name):
    return {"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}}


PASSING = passing("P")
NOTHING = "returned nothing (undefined)."


def j(definition):
    """Return a definition with JSONata as its language."""
    return {"QueryLanguage": "JSONata", **definition}


def one(**fields):
    return j(one_state(**fields))


def walk(**states):
    return j(chain(**states))


def failure(execution):
    """Return where a query failed and what the cause says after the place."""
    [details] = [
        event["evaluationFailedEventDetails"] for event in execution.history if event["type"] == "EvaluationFailed"
    ]
    assert "States.QueryEvaluationError" == details["error"]
    return details.get("location"), details["cause"].partition("). ")[2]


def types(execution):
    return [(event["id"], event["previousEventId"], event["type"]) for event in execution.history]


# --- every field -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type", "fields"),
    [("Pass", {}), ("Succeed", {}), ("Wait", {"Seconds": 1})],
)
def test_output_makes_the_state_output(run, type, fields):
    """At any depth; keys and what is no expression stay as they stand."""
    output = {"sum": "{% $states.input.a + 1 %}", "deep": [{"list": ["{% [1..2] %}", "text", None]}]}

    execution = run(one(Type=type, Output=output, **fields), {"a": 1})

    assert {"sum": 2, "deep": [{"list": [[1, 2], "text", None]}]} == execution.output


@pytest.mark.parametrize("output", [None, 1, "text", [], {}, False])
def test_output_may_be_any_json(run, output):
    """Also null, which is not the same as none."""
    assert output == run(one(Type="Pass", Output=output), {"a": 1}).output


def test_without_output_the_result_is_the_output(run):
    """That of a Task, Parallel or Map; the others pass their input on."""
    branch = {"Type": "Parallel", "Branches": [PASSING]}

    assert {"a": 1} == run(one(Type="Pass"), {"a": 1}).output
    assert [{"a": 1}] == run(one(**branch), {"a": 1}).output
    assert [7] == run(one(Type="Map", ItemProcessor=PASSING), [7]).output
    assert "r" == run(one(Type="Task", Resource="f"), {"a": 1}, f=scripted("r")).output


def test_arguments_are_what_a_task_sends(run):
    """The whole may be an expression, or expressions may stand in it; without Arguments the input is sent."""
    sent = scripted(1, 2, 3)
    definition = walk(
        A={"Type": "Task", "Resource": "f", "Arguments": {"x": ["{% $states.input.a %}", "a"]}, "Output": {"a": 5}},
        B={"Type": "Task", "Resource": "f", "Arguments": "{% $states.input ~> |$|{'b': 6}| %}", "Output": {"c": 1}},
        C={"Type": "Task", "Resource": "f"},
    )

    run(definition, {"a": 1}, f=sent)

    assert [{"x": [1, "a"]}, {"a": 5, "b": 6}, {"c": 1}] == sent.calls


def test_arguments_of_a_parallel_are_the_input_of_each_branch(run):
    """And its result is the list of what they give."""
    state = {"Type": "Parallel", "Branches": [PASSING, passing("Q")], "Arguments": {"x": "{% $states.input.a * 2 %}"}}

    assert [{"x": 2}, {"x": 2}] == run(one(**state), {"a": 1}).output
    assert 4 == run(one(**state, Output="{% $sum($states.result.x) %}"), {"a": 1}).output


@pytest.mark.parametrize(
    ("items", "expected"),
    [("{% $states.input.list[$ > 1] %}", [2, 3]), ([1, "{% 1 + 1 %}"], [1, 2]), ("{% [] %}", []), ([], [])],
)
def test_items_are_what_a_map_goes_over(run, items, expected):
    """An expression for all, or an array with expressions in it."""
    assert expected == run(one(Type="Map", Items=items, ItemProcessor=PASSING), {"list": [1, 2, 3]}).output


def test_item_selector_shapes_each_item(run):
    """The item is in the context object; `$states.input` is that of the Map."""
    selector = {
        "at": "{% $states.context.Map.Item.Index %}",
        "deep": [{"twice": "{% $states.context.Map.Item.Value * $states.input.factor %}"}],
    }
    state = {"Type": "Map", "Items": "{% $states.input.list %}", "ItemSelector": selector, "ItemProcessor": PASSING}

    assert [{"at": 0, "deep": [{"twice": 14}]}, {"at": 1, "deep": [{"twice": 16}]}] == run(
        one(**state), {"list": [7, 8], "factor": 2}
    ).output


def test_max_concurrency_may_be_calculated(run):
    """One at a time takes twice as long as two at once."""
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 10, "End": True}}}
    state = {"Type": "Map", "MaxConcurrency": "{% $states.input[0] %}", "ItemProcessor": waiting}

    assert [20, 10] == [run(one(**state), [limit, 0]).duration for limit in (1, 2)]


@pytest.mark.parametrize(
    ("field", "limit", "status"),
    [
        ("ToleratedFailurePercentage", 33.5, "SUCCEEDED"),
        ("ToleratedFailurePercentage", 33, "FAILED"),
        ("ToleratedFailureCount", 1, "SUCCEEDED"),
        ("ToleratedFailureCount", 0, "FAILED"),
    ],
)
def test_what_a_map_tolerates_may_be_calculated(run, field, limit, status):
    """One of three fails; a percentage may be broken."""
    failing = {
        "StartAt": "C",
        "States": {
            "C": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input = 1 %}", "Next": "F"}], "Default": "S"},
            "F": {"Type": "Fail"},
            "S": {"Type": "Succeed"},
        },
    }
    state = {"Type": "Map", "Items": [1, 2, 3], "ItemProcessor": failing, field: "{% $limit %}"}

    execution = run(walk(A={"Type": "Pass", "Assign": {"limit": limit}}, M=state))

    assert status == execution.status


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "Output": "{% $keys($states) %}"},
        {"Type": "Wait", "Seconds": 1, "Output": "{% $keys($states) %}"},
        {"Type": "Succeed", "Output": "{% $keys($states) %}"},
        {"Type": "Choice", "Choices": [{"Condition": True, "Output": "{% $keys($states) %}", "Next": "Z"}]},
        {"Type": "Choice", "Choices": [], "Default": "Z", "Output": "{% $keys($states) %}"},
    ],
)
def test_states_that_do_no_work_have_no_result(run, state):
    """Only what a Task, Parallel or Map gave is a result."""
    if state.get("Choices") == []:
        state = {**state, "Choices": [{"Condition": False, "Next": "Z"}]}
    states = {"S": state} if state["Type"] == "Succeed" else {"S": state, "Z": {"Type": "Succeed"}}

    assert ["input", "context"] == run(walk(**states)).output


@pytest.mark.parametrize(
    ("fields", "duration"),
    [
        ({"Seconds": "{% $states.input.s * 60 %}"}, 120),
        ({"Seconds": "{% 0 %}"}, 0),
        ({"Timestamp": "{% $fromMillis($millis() + 5000) %}"}, 5),
        ({"Timestamp": "2023-11-14T22:13:21Z"}, 1),
    ],
)
def test_a_wait_lasts_as_calculated(run, fields, duration):
    """Seconds from now, or until a moment."""
    assert duration == run(one(Type="Wait", **fields), {"s": 2}).duration


def test_the_timeout_of_a_task_may_be_calculated(run):
    """It ends what has no answer."""
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}
    definition = one(**state, TimeoutSeconds="{% $states.input.t %}")
    functions = {state["Resource"]: lambda event, context: None}

    execution = StateMachine.from_dict(definition).run({"t": 30}, functions, start_time=START)

    assert ("States.Timeout", 30) == (execution.error, execution.duration)


def test_error_and_cause_may_be_calculated(run):
    """Either may be fixed, or missing."""
    execution = run(
        one(Type="Fail", Error="{% 'E' & $states.input.n %}", Cause="{% $string($states.input) %}"), {"n": 7}
    )

    assert ("E7", '{"n":7}') == (execution.error, execution.cause)
    assert (None, "c") == (lambda e: (e.error, e.cause))(run(one(Type="Fail", Cause="{% 'c' %}")))


# --- Choice ----------------------------------------------------------------------------------------------------------

CHOICE = {
    "Type": "Choice",
    "Choices": [
        {
            "Condition": "{% $states.input.a = 1 %}",
            "Next": "Z",
            "Output": {"way": ["{% 'one' & $x %}"]},
            "Assign": {"x": "{% $x + 1 %}"},
        },
        {"Condition": "{% $states.input.a in [2, 3] %}", "Next": "Z"},
        {"Condition": "{% $states.input.a = 4 %}", "Next": "Z", "Output": None},
    ],
    "Default": "Z",
    "Output": "{% $states.input.a & ' of default' %}",
    "Assign": {"x": "default"},
}


@pytest.mark.parametrize(
    ("a", "output", "x"),
    [(1, {"way": ["one0"]}, 1), (2, {"a": 2}, 0), (4, None, 0), (5, "5 of default", "default")],
)
def test_a_choice_goes_the_way_of_the_first_that_is_true(run, a, output, x):
    """Each rule has its own Output and Assign, and those of the state are for Default."""
    definition = walk(
        A={"Type": "Pass", "Assign": {"x": 0}},
        C=CHOICE,
        Z={"Type": "Pass", "Output": ["{% $states.input %}", "{% $x %}"]},
    )

    assert [output, x] == run(definition, {"a": a}).output


def test_a_condition_may_be_a_boolean(run):
    """Written as such."""
    choices = [{"Condition": False, "Next": "F"}, {"Condition": True, "Next": "Z"}]
    definition = walk(C={"Type": "Choice", "Choices": choices}, F={"Type": "Fail"}, Z={"Type": "Succeed"})

    assert ["C", "Z"] == run(definition).path


def test_no_condition_and_no_default_is_a_failure(run):
    """With the words that it has in JSONPath too."""
    definition = walk(C={"Type": "Choice", "Choices": [{"Condition": False, "Next": "Z"}]}, Z={"Type": "Succeed"})

    assert "Failed to transition out of the state." in run(definition).cause


# --- catching --------------------------------------------------------------------------------------------------------


def test_a_catcher_sees_the_error_output(run):
    """In its Output and its Assign; `$states.input` is that of the state, and there is no result."""
    catcher = {
        "ErrorEquals": ["States.ALL"],
        "Output": {
            "deep": ["{% $states.errorOutput.Error %}"],
            "in": "{% $states.input %}",
            "r": "{% $exists($lookup($states, 'result')) %}",
        },
        "Assign": {"cause": "{% $parse($states.errorOutput.Cause).errorMessage %}"},
        "Next": "Z",
    }
    definition = walk(
        S={"Type": "Task", "Resource": "f", "Catch": [catcher], "Assign": {"cause": "of the state"}, "Output": 1},
        Z={"Type": "Pass", "Output": ["{% $states.input %}", "{% $cause %}"]},
    )

    execution = run(definition, {"k": 1}, f=scripted(ValueError("bad")))

    assert [{"deep": ["ValueError"], "in": {"k": 1}, "r": False}, "bad"] == execution.output


def test_without_output_a_catcher_gives_the_error_output(run):
    """It takes the place of the input."""
    catch = [{"ErrorEquals": ["E"], "Next": "Z"}]
    failing = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "c"}}}
    state = {"Type": "Parallel", "Branches": [failing], "Catch": catch}

    assert {"Error": "E", "Cause": "c"} == run(walk(S=state, Z={"Type": "Succeed"}), {"k": 1}).output


@pytest.mark.parametrize("field", ["Arguments", "Output", "Assign", "TimeoutSeconds"])
@pytest.mark.parametrize("name", ["States.QueryEvaluationError", "States.ALL"])
def test_a_query_that_fails_can_be_caught(run, field, name):
    """Whichever field of the Task it stands in; nothing is assigned."""
    value = {"Assign": {"x": "{% $no %}"}}.get(field, "{% $no %}")
    catch = [{"ErrorEquals": ["Other"], "Next": "A"}, {"ErrorEquals": [name], "Next": "Z"}]
    definition = walk(
        A={"Type": "Pass", "Assign": {"x": "old"}},
        S={"Type": "Task", "Resource": "f", field: value, "Catch": catch},
        Z={"Type": "Pass", "Output": {"x": "{% $x %}", "e": "{% $states.input.Error %}"}},
    )

    execution = run(definition, f=scripted(1))

    assert {"x": "old", "e": "States.QueryEvaluationError"} == execution.output
    assert "EvaluationFailed" in {event["type"] for event in execution.history}


def test_a_query_that_fails_can_be_retried(run):
    """It may succeed the next time: what the function gives has changed."""
    state = {
        "Type": "Task",
        "Resource": "f",
        "Output": "{% $states.result.ok %}",
        "Retry": [{"ErrorEquals": ["States.QueryEvaluationError"], "IntervalSeconds": 3}],
    }

    execution = run(one(**state), f=scripted({}, {"ok": 1}))

    assert (1, 3) == (execution.output, execution.duration)


def test_what_fails_in_a_catcher_is_named_by_its_place(run):
    """And is caught by nobody."""
    catch = [
        {"ErrorEquals": ["Other"], "Next": "Z"},
        {"ErrorEquals": ["States.ALL"], "Output": ["{% $no %}"], "Next": "Z"},
    ]
    definition = walk(S={"Type": "Task", "Resource": "f", "Catch": catch}, Z={"Type": "Succeed"})

    execution = run(definition, f=scripted(ValueError("bad")))

    assert "States.QueryEvaluationError" == execution.error
    assert "Catch[1]/Output[0]" == failure(execution)[0]


# --- failing ---------------------------------------------------------------------------------------------------------

NO = "{% $no %}"


@pytest.mark.parametrize(
    ("state", "location"),
    [
        ({"Type": "Pass", "Output": NO}, "Output"),
        ({"Type": "Pass", "Output": {"list": [NO]}}, "Output/list[0]"),
        ({"Type": "Succeed", "Output": {"a": {"b": [1, [NO]]}}}, "Output/a/b[1][0]"),
        ({"Type": "Pass", "Assign": {"x": {"y": NO}}}, "Assign/x/y"),
        ({"Type": "Task", "Resource": "f", "Arguments": {"FunctionName": NO}}, "Arguments/FunctionName"),
        ({"Type": "Task", "Resource": "f", "TimeoutSeconds": NO}, "TimeoutSeconds"),
        ({"Type": "Task", "Resource": "f", "HeartbeatSeconds": NO}, "HeartbeatSeconds"),
        ({"Type": "Wait", "Seconds": NO}, "Seconds"),
        ({"Type": "Wait", "Timestamp": NO}, "Timestamp"),
        ({"Type": "Fail", "Error": NO}, "Error"),
        ({"Type": "Fail", "Error": "E", "Cause": NO}, "Cause"),
        ({"Type": "Parallel", "Branches": [PASSING], "Arguments": [NO]}, "Arguments[0]"),
        ({"Type": "Map", "Items": NO, "ItemProcessor": PASSING}, "Items"),
        ({"Type": "Map", "Items": [1, NO], "ItemProcessor": PASSING}, "Items[1]"),
        ({"Type": "Map", "Items": [1], "ItemSelector": {"v": NO}, "ItemProcessor": PASSING}, "ItemSelector/v"),
        ({"Type": "Map", "Items": [1], "MaxConcurrency": NO, "ItemProcessor": PASSING}, "MaxConcurrency"),
    ],
)
def test_an_undefined_result_fails_the_state_and_names_the_field(run, state, location):
    """Names after a slash and indexes in brackets."""
    execution = run(one(**state), {}, f=scripted(1))

    assert ("FAILED", "States.QueryEvaluationError") == (execution.status, execution.error)
    assert (location, f"The JSONata expression '$no' specified for the field '{location}' {NOTHING}") == failure(
        execution
    )
    assert execution.cause.startswith(
        "An error occurred while executing the state 'S' (entered at the event id #2). The"
    )


@pytest.mark.parametrize(
    ("rules", "location"),
    [
        ([{"Condition": False}, {"Condition": NO}], "Choices[1]/Condition"),
        ([{"Condition": False}, {"Condition": True, "Output": {"v": NO}}], "Choices[1]/Output/v"),
        ([{"Condition": True, "Assign": {"v": NO}}], "Choices[0]/Assign/v"),
    ],
)
def test_a_rule_is_named_by_its_number(run, rules, location):
    """From 0."""
    choice = {"Type": "Choice", "Choices": [{**rule, "Next": "Z"} for rule in rules], "Default": "Z"}

    assert location == failure(run(walk(S=choice, Z={"Type": "Succeed"})))[0]


@pytest.mark.parametrize(
    ("state", "expected", "found"),
    [
        ({"Type": "Map", "Items": "{% 1 %}", "ItemProcessor": PASSING}, "array", "'number' for value: 1"),
        (
            {"Type": "Map", "Items": "{% {'a': 1} %}", "ItemProcessor": PASSING},
            "array",
            "'object' for value: {\"a\":1}",
        ),
        ({"Type": "Wait", "Seconds": "{% '1' %}"}, "number", "'string' for value: \"1\""),
        ({"Type": "Wait", "Seconds": "{% 1/0 %}"}, "number", "'string' for value: \"Infinity\""),
        ({"Type": "Wait", "Timestamp": "{% 1 %}"}, "string", "'number' for value: 1"),
        ({"Type": "Fail", "Error": "{% 1 %}"}, "string", "'number' for value: 1"),
        ({"Type": "Fail", "Cause": "{% {} %}"}, "string", "'object' for value: {}"),
        ({"Type": "Task", "Resource": "f", "TimeoutSeconds": "{% true %}"}, "number", "'boolean' for value: true"),
        (
            {"Type": "Map", "Items": [], "MaxConcurrency": "{% [] %}", "ItemProcessor": PASSING},
            "number",
            "'array' for value: []",
        ),
        ({"Type": "Choice", "Choices": [{"Condition": "{% 1 %}", "Next": "S"}]}, "boolean", "'number' for value: 1"),
        (
            {"Type": "Choice", "Choices": [{"Condition": "{% null %}", "Next": "S"}]},
            "boolean",
            "'null' for value: null",
        ),
    ],
)
def test_a_result_of_another_type_fails_the_state(run, state, expected, found):
    """The words tell what was wanted, and what came."""
    definition = one(**state)
    if state["Type"] == "Choice":
        definition["States"]["Z"] = {"Type": "Succeed"}
        definition["States"]["S"]["Default"] = "Z"

    _, told = failure(run(definition, {}, f=scripted(1)))

    assert told.endswith(f" returned an unexpected result type. Expected '{expected}', but was {found}")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"Type": "Wait", "Seconds": "{% 1.5 %}"}, "The Seconds field must be an integer of at least 0"),
        ({"Type": "Wait", "Seconds": "{% -1 %}"}, "The Seconds field must be an integer of at least 0"),
        ({"Type": "Wait", "Timestamp": "{% 'soon' %}"}, "The Timestamp field cannot be parsed as an ISO-8601 extended"),
        ({"Type": "Task", "Resource": "f", "TimeoutSeconds": "{% 0 %}"}, "The TimeoutSeconds field must be an integer"),
        (
            {"Type": "Map", "Items": [], "ItemProcessor": PASSING, "ToleratedFailurePercentage": "{% 101 %}"},
            "ToleratedFailurePercentage must be between 0 and 100.",
        ),
    ],
)
def test_a_value_out_of_range_fails_the_state(run, state, told):
    """Of the right type, and still of no use."""
    assert failure(run(one(**state), {}, f=scripted(1)))[1].startswith(told)


def test_a_map_without_items_goes_over_an_array(run):
    """Its input, which has no field to name when it is none."""
    execution = run(one(Type="Map", ItemProcessor=PASSING), {"a": 1})

    assert (None, 'Map state input must be an array but was: {"a":1}') == failure(execution)


def test_results_that_json_cannot_hold(run):
    """A function fails the state; infinity becomes a text."""
    assert failure(run(one(Type="Pass", Output={"f": "{% $sum %}"})))[1].endswith(
        "returned an unsupported result type."
    )
    assert failure(run(one(Type="Pass", Output="{% /a/ %}")))[1].endswith("returned an unsupported result type.")
    assert ["Infinity"] == run(one(Type="Pass", Output="{% [1/0] %}")).output


# --- history ---------------------------------------------------------------------------------------------------------


def test_the_event_of_a_failure_follows_the_entry_of_its_state(run):
    """Recorded on AWS, September 2026; until November 2024 it followed what the entry follows."""
    assert [
        (1, 0, "ExecutionStarted"),
        (2, 0, "PassStateEntered"),
        (3, 2, "PassStateExited"),
        (4, 3, "PassStateEntered"),
        (5, 4, "EvaluationFailed"),
        (6, 5, "ExecutionFailed"),
    ] == types(run(walk(A={"Type": "Pass"}, S={"Type": "Pass", "Output": NO})))


def test_the_event_of_a_failure_after_the_work_follows_the_work(run):
    """And the state can be left by its catcher."""
    catch = [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "Z"}]
    definition = walk(S={"Type": "Task", "Resource": "f", "Output": NO, "Catch": catch}, Z={"Type": "Succeed"})

    assert [
        (5, 4, "LambdaFunctionSucceeded"),
        (6, 5, "EvaluationFailed"),
        (7, 6, "TaskStateExited"),
        (8, 7, "SucceedStateEntered"),
    ] == types(run(definition, f=scripted(1)))[4:8]


def test_the_event_tells_state_place_error_and_cause(run):
    """Just as the failure of the execution does."""
    execution = run(one(Type="Pass", Output={"list": [NO]}))
    [event] = [event for event in execution.history if event["type"] == "EvaluationFailed"]

    assert {
        "error": execution.error,
        "cause": execution.cause,
        "state": "S",
        "location": "Output/list[0]",
    } == event["evaluationFailedEventDetails"]


# --- variables -------------------------------------------------------------------------------------------------------


def test_assign_and_output_see_what_was_there_before(run):
    """So two variables can be swapped, and the next state sees the new values."""
    definition = walk(
        A={"Type": "Pass", "Assign": {"a": 1, "b": [2]}},
        B={"Type": "Pass", "Assign": {"a": "{% $b %}", "b": "{% $a %}"}, "Output": "{% [$a, $b] %}"},
        Z={"Type": "Pass", "Output": {"before": "{% $states.input %}", "after": "{% {'a': $a, 'b': $b} %}"}},
    )

    assert {"before": [1, 2], "after": {"a": [2], "b": 1}} == run(definition).output


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Task", "Resource": "f", "Assign": {"x": "{% $states.result.r %}"}},
        {"Type": "Pass", "Assign": {"x": "{% $states.input[0].r %}"}},
        {"Type": "Wait", "Seconds": 1, "Assign": {"x": "{% $states.input[0].r %}"}},
        {"Type": "Parallel", "Branches": [PASSING], "Assign": {"x": "{% $states.result[0][0].r %}"}},
        {"Type": "Map", "ItemProcessor": PASSING, "Assign": {"x": "{% $states.result[0].r %}"}},
    ],
    ids=lambda state: state["Type"],
)
def test_every_state_assigns(run, state):
    """From its result, or its input where it has none."""
    definition = walk(S=state, Z={"Type": "Pass", "Output": "{% $x %}"})

    assert "new" == run(definition, [{"r": "new"}], f=scripted({"r": "new"})).output


def test_branches_and_iterations_read_outer_variables_and_keep_their_own(run):
    """What they assign is gone when they end."""

    def inner(name):
        first = {"Type": "Pass", "Assign": {"mine": "{% $states.input + $outer %}"}}
        return chain(**{name: first, name + "2": {"Type": "Pass", "Output": "{% $mine %}"}})

    definition = walk(
        A={"Type": "Pass", "Assign": {"outer": 10}},
        M={"Type": "Map", "Items": [1, 2], "ItemProcessor": inner("I"), "Output": {"m": "{% $states.result %}"}},
        P={
            "Type": "Parallel",
            "Branches": [inner("J")],
            "Arguments": 5,
            "Output": {"m": "{% $states.input.m %}", "p": "{% $states.result %}"},
        },
        Z={"Type": "Pass", "Output": ["{% $states.input %}", "{% $exists($mine) %}"]},
    )

    assert [{"m": [11, 12], "p": [15]}, False] == run(definition).output


def test_a_catcher_of_a_map_assigns_outside(run):
    """It belongs to the scope around the Map."""
    failing = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "{% 'E' & $states.input %}"}}}
    catch = [{"ErrorEquals": ["E1"], "Assign": {"x": "{% $states.errorOutput.Error %}"}, "Next": "Z"}]
    definition = walk(
        M={"Type": "Map", "Items": [1], "ItemProcessor": failing, "Catch": catch},
        Z={"Type": "Pass", "Output": "{% $x %}"},
    )

    assert "E1" == run(definition).output


# --- two languages ---------------------------------------------------------------------------------------------------


def test_a_machine_in_jsonpath_may_have_states_in_jsonata(run):
    """Data and variables go from one to the other."""
    definition = chain(
        A={"Type": "Pass", "Result": {"n": 2}, "ResultPath": "$.a", "Assign": {"x": [1]}},
        B={
            "Type": "Pass",
            "QueryLanguage": "JSONata",
            "Assign": {"y": "{% $append($x, $states.input.a.n) %}"},
            "Output": {"b": "{% $states.input.a.n * 2 %}"},
        },
        C={"Type": "Pass", "Parameters": {"b.$": "$.b", "y.$": "$y"}},
    )

    assert {"b": 4, "y": [1, 2]} == run(definition, {}).output


@pytest.mark.parametrize("around", ["Map", "Parallel"])
def test_states_inside_have_the_language_of_the_machine(run, around):
    """Not that of the state around them."""
    part = {"Map": {"Items": [5]}, "Parallel": {"Arguments": 5}}[around]

    def machine(state):
        inner = {"StartAt": "I", "States": {"I": {**state, "Type": "Pass", "End": True}}}
        blocks = {"ItemProcessor": inner} if around == "Map" else {"Branches": [inner]}
        return one_state(Type=around, QueryLanguage="JSONata", **part, **blocks)

    assert [{"v": 5}] == run(machine({"Parameters": {"v.$": "$"}}), {}).output
    assert [6] == run(machine({"QueryLanguage": "JSONata", "Output": "{% $states.input + 1 %}"}), {}).output
    with pytest.raises(DefinitionError, match="'Output' is a field of JSONata"):
        run(machine({"Output": 1}), {})


def test_text_in_a_state_of_jsonpath_is_text(run):
    """Delimiters mean nothing there."""
    assert {"a": "{% 1 + 1 %}"} == run(one_state(Type="Pass", Result={"a": "{% 1 + 1 %}"}), {}).output


@pytest.mark.parametrize(
    ("state", "text", "place"),
    [
        ({"Type": "Pass", "Output": "{% 1 + %}"}, "Unexpected end of expression", "/States/S/Output"),
        (
            {"Type": "Pass", "Assign": {"x": [1, "{% 'a %}"]}},
            "String literal must be terminated by a matching quote",
            "/States/S/Assign/x[1]",
        ),
        (
            {"Type": "Map", "Items": "{% /a %}", "ItemProcessor": PASSING},
            "No terminating / in regular expression",
            "/States/S/Items",
        ),
        (
            {"Type": "Task", "Resource": "f", "Catch": [{"ErrorEquals": ["E"], "Output": "{% } %}", "Next": "Z"}]},
            'The symbol "}" cannot be used as a unary operator',
            "/States/S/Catch[0]/Output",
        ),
    ],
)
def test_what_is_no_jsonata_is_refused_with_the_definition(state, text, place):
    """At its place, in JSONata's words without their code; the same in a machine and in a state of JSONata."""
    for definition in (
        walk(S=state, Z={"Type": "Succeed"}),
        chain(S={**state, "QueryLanguage": "JSONata"}, Z={"Type": "Succeed"}),
    ):
        with pytest.raises(DefinitionError) as caught:
            StateMachine.from_dict(definition)

        [found] = [found for found in caught.value.report.diagnostics if found.severity == "error"]
        assert ("INVALID_JSONATA_EXPRESSION", text, place) == (found.aws, found.aws_text, found.location)


# --- repeating -------------------------------------------------------------------------------------------------------

CHANCE = walk(
    A={"Type": "Pass", "Output": {"u": "{% $uuid() %}", "r": "{% $random() %}", "n": "{% $now() %}"}},
    B={"Type": "Wait", "Seconds": 60, "Output": ["{% $states.input %}", "{% $uuid() %}", "{% $now() %}"]},
)


def test_the_same_seed_and_start_give_the_same(run):
    """Chance and time are the execution's; two states have not the same chance."""
    machine = StateMachine.from_dict(CHANCE)
    first, again, other = (machine.run({}, seed=seed, start_time=START).output for seed in (1, 1, 2))

    assert first == again
    assert first[0]["u"] != other[0]["u"]
    assert first[0]["r"] != other[0]["r"]
    assert first[0]["u"] != first[1]
    assert ["2023-11-14T22:13:20.000Z", "2023-11-14T22:14:20.000Z"] == [first[0]["n"], first[2]]


class Amnesiac(VirtualDriver):
    """A driver whose kernel is written as JSON text and read again after every event."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.hooks = Hooks(on_commit=self.forget)

    def forget(self, event):
        self.kernel = restore(self.kernel.program, json.loads(json.dumps(take(self.kernel))))


def test_an_execution_survives_being_written_down():
    """After every event, with variables, iterations, a retry and failed queries."""
    inner = chain(
        I={"Type": "Pass", "Assign": {"mine": "{% $states.input * $factor %}"}},
        T={
            "Type": "Task",
            "Resource": "f",
            "Arguments": {"n": "{% $mine %}"},
            "Output": {"id": "{% $uuid() %}", "r": "{% $states.result %}"},
            "Retry": [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 2}],
        },
        W={"Type": "Wait", "Seconds": "{% $mine %}", "Output": "{% $merge([$states.input, {'at': $now()}]) %}"},
    )
    catch = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "Z"}]
    definition = walk(
        A={"Type": "Pass", "Assign": {"factor": 10}},
        M={
            "Type": "Map",
            "Items": "{% [1..3] %}",
            "MaxConcurrency": "{% 2 %}",
            "ItemProcessor": inner,
            "Assign": {"m": "{% $states.result %}"},
        },
        F={"Type": "Task", "Resource": "f", "Arguments": {"n": 1}, "Output": NO, "Catch": catch},
        Z={"Type": "Pass", "Output": {"e": "{% $states.input %}", "m": "{% $m %}"}},
    )
    machine, told = StateMachine.from_dict(definition), []
    for driver_class in (VirtualDriver, Amnesiac):
        kernel = Kernel(machine.program)
        driver = driver_class(kernel, Performer(Functions({"f": flaky()})))
        driver.run(ExecutionStarted(START, {}, Identity("run", "M"), 0))
        told.append((driver.kernel.output, driver.kernel.now, list(read_events(driver.kernel.records))))

    assert told[0] == told[1]
    assert ("States.QueryEvaluationError", [10, 20, 30]) == (told[0][0]["e"], [one["r"] for one in told[0][0]["m"]])


def flaky():
    """Return a function that fails once for 20, and then no more."""
    seen = []

    def function(event, context):
        seen.append(event["n"])
        if event["n"] == 20 and seen.count(20) == 1:
            raise ValueError("once")
        return event["n"]

    return function


# --- what does harm --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[1..1e9]",
        "$range(1, 1e9, 1)",
        "($f := function($n){1 + $f($n + 1)}; $f(0))",
        "($f := function($s){$f($s & $s)}; $f('ab'))",
        "$parse($pad('', 50000, '['))",
        "$parse($pad('1', 400, '0')) * 1.5",
        "$partition([1..1000], 1/0)",
        "$sort",
    ],
)
def test_an_expression_that_does_harm_fails_its_state_soon(run, text):
    """With an error that can be caught, and nothing raised."""
    catch = [{"ErrorEquals": ["States.QueryEvaluationError"], "Output": "{% $states.errorOutput.Cause %}", "Next": "Z"}]
    state = {"Type": "Task", "Resource": "f", "Arguments": f"{{% {text} %}}", "Catch": catch}
    began = time.process_time()

    execution = run(walk(S=state, Z={"Type": "Succeed"}), f=scripted(1))

    assert text in execution.output
    assert time.process_time() - began < 2


def test_a_result_that_holds_itself_twice_over_and_over_ends(run):
    doubled = "$a := [$a, [$a]];" * 40
    execution = run(one(Type="Pass", Output=f"{{% ($a := [1]; {doubled} $a) %}}"))
    assert execution.error == "States.QueryEvaluationError"
    assert execution.cause.endswith("Expression evaluation memory limit exceeded: Check for excessive memory usage")


def test_credentials_are_calculated(run):
    """The role of a task, as history tells it; one that cannot be calculated fails the state."""
    role = "arn:aws:iam::123456789012:role/"
    task = {"Type": "Task", "Resource": "f", "Credentials": {"RoleArn": "{% $states.input.role %}"}}
    execution = run(one(**task), {"role": role + "x"}, f=scripted(1))
    [scheduled] = [event for event in execution.history if event["type"] == "LambdaFunctionScheduled"]

    assert {"roleArn": role + "x"} == scheduled["lambdaFunctionScheduledEventDetails"]["taskCredentials"]
    assert (
        "Credentials/RoleArn",
        f"The JSONata expression '$states.input.role' specified for the field 'Credentials/RoleArn' {NOTHING}",
    ) == failure(run(one(**task), {}, f=scripted(1)))
