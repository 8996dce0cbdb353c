"""Variables: who assigns them, when they are seen, and where they end."""

from __future__ import annotations

import pytest
from conftest import chain, one_state, scripted

from asl_engine.values import ABSENT

SHOW = {"Type": "Pass", "Parameters": {"x.$": "$x"}}


def seen_after(run, state, input=ABSENT, **functions):
    """Return what `$x` is after a state that stands between a Pass that sets it to "old" and one that shows it."""
    execution = run(chain(A={"Type": "Pass", "Assign": {"x": "old"}}, S=state, Z=SHOW), input, **functions)
    return execution.output["x"] if execution.output else (execution.error, execution.cause)


PASSING = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"Type": "Pass", "Assign": {"x": "new"}}, "new"),
        ({"Type": "Pass", "Assign": {"x.$": "$.a"}}, 1),
        ({"Type": "Pass", "Result": {"a": 5}, "Assign": {"x.$": "$.a"}}, 5),
        ({"Type": "Pass", "Parameters": {"b.$": "$.a"}, "Assign": {"x.$": "$.b"}}, 1),
        ({"Type": "Pass", "Assign": {"x.$": "States.Format('{}!', $x)"}}, "old!"),
        ({"Type": "Pass", "Assign": {"x": {"deep.$": "$.a", "list": [1]}}}, {"deep": 1, "list": [1]}),
        ({"Type": "Pass", "Assign": {"x": None}}, None),
        ({"Type": "Wait", "Seconds": 1, "Assign": {"x.$": "$.a"}}, 1),
        ({"Type": "Task", "Resource": "f", "Assign": {"x.$": "$.r"}}, "result"),
        ({"Type": "Parallel", "Branches": [PASSING], "Assign": {"x.$": "$[0].a"}}, 1),
        ({"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": PASSING, "Assign": {"x.$": "$[1]"}}, 8),
        ({"Type": "Pass", "Assign": {"y": 1}}, "old"),
    ],
)
def test_a_state_assigns(run, state, expected):
    """`$` in an Assign is what the state made: its result, or its effective input."""
    assert expected == seen_after(run, state, {"a": 1, "items": [7, 8]}, f=scripted({"r": "result"}))


def test_all_of_an_assign_sees_the_old_values(run):
    """Two variables can be swapped in one Assign."""
    definition = chain(
        A={"Type": "Pass", "Assign": {"a": 1, "b": 2}},
        B={"Type": "Pass", "Assign": {"a.$": "$b", "b.$": "$a"}},
        Z={"Type": "Pass", "Parameters": {"a.$": "$a", "b.$": "$b"}},
    )

    assert {"a": 2, "b": 1} == run(definition).output


def test_the_output_of_an_assigning_state_sees_the_old_values(run):
    """New values are there from the next state on."""
    state = {"Type": "Task", "Resource": "f", "Assign": {"x": "new"}, "ResultSelector": {"seen.$": "$x"}}
    definition = chain(
        A={"Type": "Pass", "Assign": {"x": "old"}},
        S=state,
        Z={"Type": "Pass", "Parameters": {"s.$": "$.seen", "x.$": "$x"}},
    )

    assert {"s": "old", "x": "new"} == run(definition, f=scripted(1)).output


def test_a_choice_assigns_by_the_way_it_goes(run):
    """The rule that holds assigns, and the Assign of the state belongs to Default."""
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "Z", "Assign": {"x": "rule"}}],
        "Default": "Z",
        "Assign": {"x": "default"},
    }

    assert ["rule", "default"] == [seen_after(run, choice, {"a": a}) for a in (1, 2)]


def test_a_catcher_assigns_and_the_state_does_not(run):
    """In a catcher's Assign `$` is the error output; the state's own Assign is left alone."""
    state = {
        "Type": "Task",
        "Resource": "f",
        "Assign": {"x": "state"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z", "Assign": {"x.$": "$.Error"}, "ResultPath": None}],
    }

    assert "KeyError" == seen_after(run, state, {}, f=scripted(KeyError("k")))


def test_branches_read_outer_variables_and_keep_their_own(run):
    """What a branch assigns is gone when the branch is."""
    inner = {
        "StartAt": "I",
        "States": {
            "I": {"Type": "Pass", "Assign": {"mine.$": "$x"}, "Next": "J"},
            "J": {"Type": "Pass", "Parameters": {"mine.$": "$mine"}, "End": True},
        },
    }
    definition = chain(
        A={"Type": "Pass", "Assign": {"x": 1}},
        P={"Type": "Parallel", "Branches": [inner]},
        Z={"Type": "Pass", "Parameters": {"r.$": "$[0].mine", "gone.$": "$mine"}},
    )

    execution = run(definition)

    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)
    assert "the state 'Z'" in execution.cause
    assert "$mine" in execution.cause


def test_iterations_do_not_see_each_others_variables(run):
    """Each iteration begins with the variables of the Map, whatever the one before assigned."""
    inner = {
        "StartAt": "I",
        "States": {
            "I": {"Type": "Pass", "Assign": {"own.$": "States.MathAdd($, $x)"}, "Next": "J"},
            "J": {"Type": "Pass", "Parameters": {"own.$": "$own"}, "End": True},
        },
    }
    definition = chain(
        A={"Type": "Pass", "Assign": {"x": 10}},
        M={"Type": "Map", "ItemsPath": "$.n", "MaxConcurrency": 1, "ItemProcessor": inner},
    )

    assert [{"own": 11}, {"own": 12}] == run(definition, {"n": [1, 2]}).output


def test_a_catch_of_a_map_assigns_outside(run):
    """The catcher of a Map belongs to the scope around the Map."""
    state = {
        "Type": "Map",
        "ItemProcessor": {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}},
        "Catch": [{"ErrorEquals": ["E"], "Next": "Z", "Assign": {"x.$": "$.Error"}}],
    }

    assert "E" == seen_after(run, state, [1])


def test_variables_reach_every_dynamic_field(run):
    """Paths of all kinds can start at a variable."""
    definition = chain(
        A={"Type": "Pass", "Assign": {"v": {"items": [1, 2], "one": 1, "s": 3}}},
        W={"Type": "Wait", "SecondsPath": "$v.s"},
        T={"Type": "Task", "Resource": "f", "TimeoutSecondsPath": "$v.s", "Parameters": {"p.$": "$v.one"}},
        M={
            "Type": "Map",
            "ItemsPath": "$v.items",
            "MaxConcurrencyPath": "$v.one",
            "ItemProcessor": PASSING,
            "ResultPath": "$.m",
        },
        Z={"Type": "Pass", "InputPath": "$v.items[1]"},
    )
    work = scripted({"done": True})

    execution = run(definition, f=work)

    assert ("SUCCEEDED", 2, 3.0) == (execution.status, execution.output, execution.duration)
    assert [{"p": 1}] == work.calls


def test_an_unknown_variable_fails_the_state(run):
    """Nobody assigned it on this way."""
    execution = run(one_state(Type="Pass", Parameters={"a.$": "$nobody"}))

    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)


def test_history_tells_what_was_assigned(run):
    """The exit names the variables as JSON text, and only the exit of the state that assigned."""
    execution = run(chain(A={"Type": "Pass", "Assign": {"x": 42, "items": [1, "a"]}}, B={"Type": "Pass"}))

    exits = [event["stateExitedEventDetails"] for event in execution.history if event["type"] == "PassStateExited"]
    assert {"x": "42", "items": '[1,"a"]'} == exits[0]["assignedVariables"]
    assert {"truncated": False} == exits[0]["assignedVariablesDetails"]
    assert "assignedVariables" not in exits[1]


def test_a_retry_sees_the_same_variables(run):
    """An attempt that failed has assigned nothing."""
    work = scripted(KeyError("k"), "ok")
    state = {
        "Type": "Task",
        "Resource": "f",
        "Parameters": {"x.$": "$x"},
        "Assign": {"x": "new"},
        "Retry": [{"ErrorEquals": ["KeyError"]}],
    }

    assert "new" == seen_after(run, state, f=work)
    assert [{"x": "old"}, {"x": "old"}] == work.calls
