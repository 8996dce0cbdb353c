"""What a catcher is handed has two members, and what no catcher takes passes by all of them."""

import json

import pytest

from asl_engine import check_text


def test_members_of_the_error_output_are_error_and_cause():
    """An expression that reads anything else of it is warned of where it stands, also by both names in one text."""
    output = {"why": "{% $states.errorOutput.Cause & $states.errorOutput.cause %}", "all": "{% $states.errorOutput %}"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"}}
    catcher = {"ErrorEquals": ["States.ALL"], "Output": output, "Next": "B"}
    definition = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {**task, "End": True, "Catch": [catcher]}, "B": {"Type": "Succeed"}}}  # fmt: skip
    [finding] = check_text(json.dumps(definition)).diagnostics
    assert (finding.code, finding.pointer) == ("ASL414", "/States/A/Catch/0/Output/why")
    assert "no 'cause'" in finding.message
    assert "'Cause'" in finding.near


@pytest.mark.parametrize(
    ("payload", "is_warned"),
    [("$.order.lines", True), ("$", False), ("$$.Execution.Id", False), ("${Payload}", False)],
)
def test_states_all_as_the_last_resort_of_a_path_that_may_lead_to_nothing(payload, is_warned):
    """A path that finds nothing is States.Runtime, which ends the execution past every catcher; `$` always finds."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    definition = {"StartAt": "A", "States": {
        "A": {**task, "Parameters": {"FunctionName": "f", "Payload.$": payload},
              "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]},
        "B": {"Type": "Succeed"}}}  # fmt: skip
    codes = [item.code for item in check_text(json.dumps(definition), select=["ASL509"]).diagnostics]
    assert ("ASL509" in codes) == is_warned
