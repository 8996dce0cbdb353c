"""The text with which CreateStateMachine refuses: recorded on AWS, or measured there by users."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asl_engine.rules.aws import aws_diagnostics, aws_message
from asl_engine.rules.check import check_text
from asl_engine.rules.outline import MachineType

PASS = {"Type": "Pass", "End": True}


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def refusal(value: Any, kind: MachineType = "STANDARD") -> str:
    message = aws_message(check_text(json.dumps(value), "x.json", kind))
    return message.removeprefix("Invalid State Machine Definition: '").removesuffix("'")


def schema(text: str, place: str) -> str:
    return f"SCHEMA_VALIDATION_FAILED: {text} at {place}"


def test_missing_fields() -> None:
    assert schema("These fields are required: [States]", "/") == refusal({"StartAt": "A"})
    assert schema("These fields are required: [States, StartAt]", "/") == refusal({})
    assert schema("These fields are required: [StartAt]", "/") == refusal({"States": {"A": PASS}})


def test_a_place_in_an_array_has_brackets_and_names_stand_as_they_are() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}
    retry = [{"ErrorEquals": ["States.ALL", "A"]}]
    expected = schema("States.ALL must appear alone and at end of list", "/States/Do it/Retry[0]/ErrorEquals[0]")
    assert expected == refusal(machine(**{"Do it": {**task, "Retry": retry}}))


def test_an_unsupported_field_is_told_at_its_state() -> None:
    assert schema("Field 'TimeoutSeconds' is not supported", "/States/M") == refusal(
        machine(M={**PASS, "TimeoutSeconds": 5})
    )


def test_the_other_language() -> None:
    inner = {"StartAt": "P", "States": {"P": {**PASS, "Output": 1}}}
    text = (
        "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage"
    )
    assert schema(text, "/States/M/ItemProcessor/States/P") == refusal(
        machine(M={"Type": "Map", "QueryLanguage": "JSONata", "ItemProcessor": inner, "End": True})
    )


def test_a_processor_has_no_language_of_its_own() -> None:
    inner = {"QueryLanguage": "JSONPath", "StartAt": "P", "States": {"P": PASS}}
    assert schema("Field 'QueryLanguage' is not supported", "/States/M/Iterator") == refusal(
        machine(M={"Type": "Map", "Iterator": inner, "End": True})
    )


def test_the_whole_machine_cannot_go_back() -> None:
    value = {"QueryLanguage": "JSONata", **machine(Pass={**PASS, "QueryLanguage": "JSONPath"})}
    text = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine"
    assert schema(text, "/States/Pass") == refusal(value, "EXPRESS")


def test_empty_branches() -> None:
    value = machine(StateName={"Type": "Parallel", "Branches": [], "End": True})
    assert schema("Value cannot be empty", "/States/StateName/Branches") == refusal(value)


@pytest.mark.parametrize(
    "timestamp",
    ["2016-12-05 21:29:29Z", "2016-12-05T21:29:29", "2016-13-05T21:29:29Z", "2016-12-05T25:29:29Z", "{% $now() %}"],
)
def test_timestamps(timestamp: str) -> None:
    value = machine(WaitUntil={"Type": "Wait", "Timestamp": timestamp, "End": True})
    assert schema("String does not match RFC3339 timestamp", "/States/WaitUntil/Timestamp") == refusal(value)


def test_credentials_without_a_role() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Credentials": {"x": "y"}, "End": True}
    text = "The field 'RoleArn' is required but was missing"
    assert schema(text, "/States/State0/Credentials") == refusal(machine(State0=task))


def test_an_intrinsic_that_is_none() -> None:
    value = machine(P={**PASS, "Parameters": {"parsed.$": "States.Nope($.a)"}})
    text = "The value for the field 'parsed.$' must be a valid JSONPath or a valid intrinsic function call"
    assert schema(text, "/States/P/Parameters") == refusal(value)


@pytest.mark.parametrize(
    ("resource", "text"),
    [
        ("arn:aws:states:::batch:submitJob.sync", "Express state machine does not support '.sync' service integration"),
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Express state machine does not support '.waitForTaskToken' service integration ",
        ),
        ("arn:aws:states:us-east-1:123456789012:activity:a", "Express state machine does not support Activity ARN"),
    ],
)
def test_what_express_cannot_wait_for(resource: str, text: str) -> None:
    value = machine(T={"Type": "Task", "Resource": resource, "End": True})
    assert schema(text, "/States/T/Resource") == refusal(value, "EXPRESS")
    assert "" == refusal(value)


def test_a_resource_that_is_not_there() -> None:
    value = machine(Query={"Type": "Task", "Resource": "arn:aws:states:::dynamodb:query", "End": True})
    text = (
        "The resource provided arn:aws:states:::dynamodb:query is not recognized."
        " The value is not a valid resource ARN, or the resource is not available in this region."
    )
    assert schema(text, "/States/Query/Resource") == refusal(value)


class TestTransitions:
    """In the order of AWS: targets first, then the missing end, which has no place."""

    def test_a_dangling_target_is_told_before_the_missing_end(self) -> None:
        assert refusal(machine(A={"Type": "Pass", "Next": "NOPE"})) == (
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: NOPE at /States/A/Next,"
            " MISSING_END_STATE: Workflow has no terminal state at null"
        )

    def test_a_loop_lacks_an_end_and_nothing_is_unreachable(self) -> None:
        value = machine(
            A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}, C={"Type": "Pass", "Next": "A"}
        )
        assert "MISSING_END_STATE: Workflow has no terminal state at null" == refusal(value)

    def test_a_loop_beside_an_end_leaves_the_end_unreachable(self) -> None:
        value = machine(A={"Type": "Pass", "Next": "A"}, C={"Type": "Succeed"})
        assert 'MISSING_TRANSITION_TARGET: State "C" is not reachable. at /States/C' == refusal(value)

    def test_the_word_is_next_whichever_field_is_at_fault(self) -> None:
        task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}
        catch = [{"ErrorEquals": ["States.ALL"], "Next": "X"}]
        expected = "MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/T/Catch[0]/Next"
        assert expected == refusal(machine(T={**task, "Catch": catch}))
        choice = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "E"}], "Default": "X"}
        assert "Missing 'Next' target: X at /States/C/Default" in refusal(machine(C=choice, E={"Type": "Succeed"}))


class TestTexts:
    """What is no state machine at all."""

    def test_a_text_that_is_no_json_is_told_in_the_words_of_its_reader(self) -> None:
        (told,) = aws_diagnostics(check_text("not a definition", format="json"))
        place = '[Source: (String)"not a definition"; line: 1, column: 4]'
        assert ("INVALID_JSON_DESCRIPTION", place) == (told["code"], told["location"])
        assert told["message"].endswith("token 'null', 'true' or 'false')\n at " + place)

    @pytest.mark.parametrize("text", ["", "[]", '"x"'])
    def test_what_is_no_object_has_no_place(self, text: str) -> None:
        (told,) = aws_diagnostics(check_text(text, format="json"))
        assert ("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object") == (told["code"], told["message"])
        assert "location" not in told

    def test_a_sound_definition_has_nothing_to_tell(self) -> None:
        assert [] == aws_diagnostics(check_text(json.dumps(machine(A=PASS))))


@pytest.mark.parametrize("part", ["result", "errorOutput", "foo"])
def test_a_part_of_states_that_is_not_there(part: str) -> None:
    """Recorded in September 2026 for the result of a Pass; the others are of the same kind."""
    definition = machine(A={**PASS, "Output": f"{{% $states.{part} %}}"}) | {"QueryLanguage": "JSONata"}

    [diagnostic] = aws_diagnostics(check_text(json.dumps(definition), format="json"))

    assert (diagnostic["code"], diagnostic["message"]) == (
        "UNSUPPORTED_JSONATA_EXPRESSION",
        f"Field '$states.{part}' does not exist.",
    )
