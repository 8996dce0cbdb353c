"""What is followed along the transitions: variables and the shapes of inputs. Each story is a machine that is right, or
wrong in one place."""

from __future__ import annotations

import json

import pytest
from conftest import chain

from asl_engine.rules.check import check_text
from asl_engine.rules.selection import EVERY


def found(definition, *codes):
    """Return (code, pointer) of what these rules say."""
    report = check_text(json.dumps(definition), selection=EVERY)
    return [(one.code, one.pointer) for one in report.diagnostics if one.code in codes]


def passing(**fields):
    return {"Type": "Pass", **fields}


READS = passing(Parameters={"x.$": "$total"})


def test_a_catcher_assigns_on_its_own_way():
    task = {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "Assign": {"total": 1},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Late"}],
        "Next": "Use",
    }
    definition = {"StartAt": "T", "States": {"T": task, "Use": {**READS, "End": True}, "Late": {**READS, "End": True}}}

    assert found(definition, "ASL804", "ASL805") == [("ASL804", "/States/Late/Parameters/x.$")]


def test_what_is_assigned_outside_is_seen_inside_but_not_by_children():
    """Of a Parallel and an inline Map; a distributed Map's children see nothing."""
    inner = chain(U=READS)
    machine = chain(S=passing(Assign={"total": 1}), M={"Type": "Map", "ItemProcessor": inner})
    assert found(machine, "ASL804") == []
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    machine = chain(S=passing(Assign={"total": 1}), M={"Type": "Map", "ItemProcessor": {**mode, **inner}})
    assert found(machine, "ASL804") == [("ASL804", "/States/M/ItemProcessor/States/U/Parameters/x.$")]


def test_a_loop_may_read_what_it_assigned_the_round_before():
    """On some of the ways: the first round has nothing yet."""
    states = {
        "A": passing(Parameters={"x.$": "$total"}, Next="B"),
        "B": passing(Assign={"total": 1}, Next="C"),
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "A"}], "Default": "D"},
        "D": {"Type": "Succeed"},
    }

    assert found({"StartAt": "A", "States": states}, "ASL804", "ASL805") == [("ASL805", "/States/A/Parameters/x.$")]


@pytest.mark.parametrize(
    "text", ["{% ($t := 1; $t) %}", "{% $map([1], function($total) { $total }) %}", "{% '$total' %}", "{% $sum([1]) %}"]
)
def test_names_that_an_expression_binds_itself_are_no_variables(text):
    definition = chain(A=passing(Output=text), B=passing(Assign={"total": 1, "t": 1, "sum": 1}))

    assert found({"QueryLanguage": "JSONata", **definition}, "ASL804") == []


@pytest.mark.parametrize(
    ("before", "path", "is_there"),
    [
        (passing(Result={"a": {"b": 1}}), "$.a.b", True),
        (passing(Result={"a": {"b": 1}}), "$.a.c", False),
        (passing(Result={"a": 1}, ResultPath="$.r"), "$.anything", True),
        (passing(Parameters={"a.$": "$.x", "b": {"c": 1}}), "$.a.whatever", True),
        (passing(Parameters={"a.$": "$.x", "b": {"c": 1}}), "$.b.d", False),
        (passing(Result=[1]), "$.a", False),
        (passing(Result=[1], OutputPath="$[0]"), "$.a", True),
        (passing(), "$.a", True),
        ({"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}, "$.a", True),
    ],
)
def test_a_path_into_what_the_state_before_gives(before, path, is_there):
    definition = chain(A=before, B=passing(Parameters={"x.$": path}))

    assert bool(found(definition, "ASL432")) is not is_there


def test_ways_that_meet_have_what_either_has():
    """Only what is on none of them is certainly absent."""
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "B"}], "Default": "C"}
    for name, is_there in (("b", True), ("c", True), ("d", False)):
        definition = {
            "StartAt": "A",
            "States": {
                "A": choice,
                "B": passing(Result={"b": 1}, Next="D"),
                "C": passing(Result={"c": 1}, Next="D"),
                "D": passing(InputPath=f"$.{name}", End=True),
            },
        }
        assert bool(found(definition, "ASL432")) is not is_there


def test_asking_whether_something_is_there_is_no_mistake():
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.b", "IsPresent": True, "Next": "E"}], "Default": "E"}
    definition = {
        "StartAt": "A",
        "States": {"A": passing(Result={"a": 1}, Next="C"), "C": choice, "E": {"Type": "Succeed"}},
    }

    assert found(definition, "ASL432") == []
