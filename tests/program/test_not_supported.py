"""What this engine cannot run is refused before anything runs, with the place and the reason."""

from __future__ import annotations

import pytest

from asl_engine import NotSupported, StateMachine


def refusal_of(**state) -> str:
    """Return what is said of a machine of one state that loads, and cannot run."""
    machine = StateMachine.from_dict({"StartAt": "S", "States": {"S": {"End": True, **state}}})
    with pytest.raises(NotSupported) as refused:
        machine.run({})
    return str(refused.value)


def test_a_placeholder_for_a_number_is_refused_with_its_place():
    """Templates are checked and drawn as they are; to run, they must be filled in."""
    assert "/States/S/Seconds: '${Delay}'" in refusal_of(Type="Wait", Seconds="${Delay}")


def test_a_placeholder_in_a_retrier_is_refused_with_its_place():
    """Also deeper in the document."""
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": "${Attempts}"}]
    assert "/States/S/Retry/0/MaxAttempts: '${Attempts}'" in refusal_of(Type="Task", Resource="f", Retry=retry)


def test_a_placeholder_in_a_comparison_is_refused_with_its_place():
    """Nested rules included."""
    rule = {"Not": {"Variable": "$.n", "NumericEquals": "${Limit}"}, "Next": "S"}
    machine = {"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [rule]}, "S": {"Type": "Succeed"}}}
    with pytest.raises(NotSupported, match="/States/C/Choices/0/Not/NumericEquals"):
        StateMachine.from_dict(machine).run({"n": 1})


def test_a_function_stands_in_for_a_job_that_must_be_waited_for():
    """`.sync` needs a service that is not here; a function under the very name does for it, and nothing else."""
    resource = "arn:aws:states:::states:startExecution.sync"
    definition = {"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": resource, "End": True}}}
    machine = StateMachine.from_dict(definition)

    assert "done" == machine.run({}, {resource: lambda event, context: "done"}).output
    with pytest.raises(NotSupported, match=r"startExecution\.sync"):
        machine.run({})


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% ${Increment} + 1 %}", "End": True},
        {"Type": "Pass", "InputPath": "${Path}[", "End": True},
        {"Type": "Pass", "Parameters": {"a.$": "${Path} $"}, "End": True},
    ],
)
def test_a_placeholder_in_an_expression_is_refused_with_its_place(state):
    """It can be loaded and drawn; to run it, somebody has to fill it in."""
    machine = StateMachine.from_dict({"StartAt": "A", "States": {"A": state}})

    assert "<svg" in machine.render()
    with pytest.raises(NotSupported, match=r"(?s)/States/A: an expression cannot be read before its placeholder"):
        machine.run({})


@pytest.mark.parametrize("field", ["ItemReader", "ItemBatcher", "ResultWriter"])
def test_an_inline_map_cannot_use_what_a_distributed_one_can(field):
    """The service takes the definition, and fails when it runs (measured on AWS, 2026)."""
    fields = {
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}},
        "ItemBatcher": {"MaxItemsPerBatch": 5},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}},
    }
    processor = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    state = {"Type": "Map", "ItemProcessor": processor, "End": True, field: fields[field]}

    execution = StateMachine.from_dict({"StartAt": "S", "States": {"S": state}}).run([1])

    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)
    assert execution.cause == (
        "An error occurred while executing the state 'S' (entered at the event id #2). "
        "The ItemReader, ItemBatcher and ResultWriter fields are not supported for INLINE maps"
    )


@pytest.mark.parametrize(
    ("place", "definition"),
    [
        ("/StartAt", {"StartAt": "${S}", "States": {"A": {"Type": "Succeed"}}}),
        ("/States/A/Next", {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "${S}"}}}),
        (
            "/States/A/Default",
            {
                "StartAt": "A",
                "States": {
                    "A": {
                        "Type": "Choice",
                        "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "B"}],
                        "Default": "${S}",
                    },
                    "B": {"Type": "Succeed"},
                },
            },
        ),
    ],
)
def test_a_placeholder_names_no_state(place, definition):
    """It can be checked and drawn, and not run: found by the fuzzer of requests."""
    machine = StateMachine.from_dict(definition)

    with pytest.raises(NotSupported, match=f"{place}: '.*' names no state; fill in the placeholder"):
        machine.run({})
