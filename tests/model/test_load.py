"""The shape of a document: what loads, what does not, and how that is said."""

from __future__ import annotations

from typing import Any

import pytest

from asl_engine.model.load import Loaded, load_model
from asl_engine.model.states import Pass, Task

PASS = {"Type": "Pass", "End": True}


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def told(loaded: Loaded) -> list[tuple[str, str, str]]:
    return [(problem.kind, problem.finding.pointer, problem.finding.message) for problem in loaded.problems]


def only(value: Any) -> tuple[str, str, str]:
    (problem,) = told(load_model(value))
    return problem


def test_a_sound_document_loads_without_a_word() -> None:
    loaded = load_model(machine(A=PASS))
    assert loaded.machine is not None
    assert isinstance(loaded.machine.states["A"], Pass)
    assert [] == loaded.problems


@pytest.mark.parametrize("value", [None, [], "x", 5, True])
def test_what_is_no_object_has_no_model(value: Any) -> None:
    loaded = load_model(value)
    assert loaded.machine is None
    assert "Definition must be a valid JSON object" == loaded.problems[0].finding.aws_text


def test_missing_fields_of_one_object_are_one_problem_in_the_order_of_aws() -> None:
    (problem,) = load_model({}).problems
    assert "These fields are required: [States, StartAt]" == problem.finding.aws_text


def test_an_unknown_field_suggests_the_one_that_was_meant() -> None:
    (problem,) = load_model(machine(A={**PASS, "inputPath": "$"})).problems
    assert ("unknown", "/States/A/inputPath") == (problem.kind, problem.finding.pointer)
    assert " Did you mean 'InputPath'?" == problem.finding.near
    assert ("Field 'inputPath' is not supported", "/States/A") == (problem.finding.aws_text, problem.finding.aws_at)


def test_a_field_of_another_type_of_state_suggests_nothing() -> None:
    (problem,) = load_model(machine(A={**PASS, "Resource": "x"})).problems
    assert "" == problem.finding.near


def test_an_unknown_type_names_the_eight_in_the_order_of_aws() -> None:
    (problem,) = load_model(machine(A={"Type": "Tsk"})).problems
    assert "/States/A/Type" == problem.finding.pointer
    text = "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]"
    assert text == problem.finding.aws_text
    assert " Did you mean 'Task'?" == problem.finding.near


def test_a_union_reports_once_and_in_words() -> None:
    wrong = only(machine(A={"Type": "Wait", "Seconds": "5", "End": True}))
    assert wrong == (
        "type",
        "/States/A/Seconds",
        "'Seconds' must be a whole number or an expression, and is a string",
    )


def test_all_problems_are_collected() -> None:
    value = machine(
        A={"Type": "Task", "Retry": [{"ErrorEquals": "x"}, 5], "End": "yes"},
        B=7,
        C={"Type": "Parallel", "Branches": [[]], "End": True},
    )
    value["Extra"] = 1
    assert {pointer for _, pointer, _ in told(load_model(value))} == {
        "/States/A",
        "/States/A/Retry/0/ErrorEquals",
        "/States/A/Retry/1",
        "/States/A/End",
        "/States/B",
        "/States/C/Branches/0",
        "/Extra",
    }


def test_the_rest_of_a_broken_document_has_a_model() -> None:
    loaded = load_model(machine(A={"Type": "Nope", "Next": "B"}, B={**PASS, "Seconds": 1}))
    assert loaded.machine is not None
    assert {"A", "B"} == set(loaded.machine.states)
    assert {"/States/A", "/States/B/Seconds"} == loaded.unclear


def test_a_state_named_like_a_type_is_no_tag() -> None:
    value = machine(Pass={"Type": "Pass", "Pass": {"x": 1}, "End": True})
    assert ("unknown", "/States/Pass/Pass", "state 'Pass', of type Pass, has no field 'Pass'") == only(value)


def test_blocks_named_like_fields_keep_their_pointers() -> None:
    inner = {"StartAt": "States", "States": {"States": {"Type": "Wait", "Seconds": [], "End": True}}}
    value = machine(Branches={"Type": "Parallel", "Branches": [inner], "End": True})
    assert "/States/Branches/Branches/0/States/States/Seconds" == only(value)[1]


class TestTemplates:
    @pytest.mark.parametrize("stands", ["${Retry}", {"Ref": "Retry"}, {"Fn::GetAtt": ["A", "B"]}])
    def test_a_placeholder_may_stand_for_a_whole_value(self, stands: Any) -> None:
        loaded = load_model(machine(A={"Type": "Task", "Resource": "arn:x", "Retry": stands, "End": True}))
        assert [] == loaded.problems
        assert loaded.machine is not None

    def test_a_function_of_cloudformation_may_name_the_resource(self) -> None:
        value = machine(A={"Type": "Task", "Resource": {"Fn::GetAtt": ["F", "Arn"]}, "End": True})
        loaded = load_model(value)
        assert [] == loaded.problems
        assert loaded.machine is not None
        task = loaded.machine.states["A"]
        assert isinstance(task, Task)
        assert task.resource.startswith("${")

    def test_the_value_of_the_caller_is_never_changed(self) -> None:
        value = machine(A={"Type": "Task", "Resource": {"Ref": "F"}, "Bad": 1})
        load_model(value)
        assert {"Type": "Task", "Resource": {"Ref": "F"}, "Bad": 1} == value["States"]["A"]
