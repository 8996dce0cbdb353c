"""State machines in templates: found, and checked where they stand."""

from __future__ import annotations

import json

import pytest
from conftest import one_state

from asl_engine import StateMachine, UsageError, check

GOOD = one_state(Type="Task", Resource={"Fn::GetAtt": ["F", "Arn"]})
BAD = one_state(Type="Wait", Second=5)
WRONG = '","States":{"S":{"Type":"No"}}}'
TOKEN = one_state(
    Type="Task", Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    Parameters={"QueueUrl": {"Ref": "Queue"}, "MessageBody": "b"}, TimeoutSeconds=5,
)  # fmt: skip


def template(resource="AWS::StepFunctions::StateMachine", **properties):
    return {"Resources": {"Other": {"Type": "AWS::SNS::Topic"}, "M": {"Type": resource, "Properties": properties}}}


def found(folder, value, name="template.json"):
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value, indent=2))
    return check(path)


@pytest.mark.parametrize(
    ("definition", "is_right"),
    [
        (template(Definition=GOOD), True),
        (template(Definition=BAD), False),
        (template(DefinitionString=json.dumps(BAD)), False),
        (template(DefinitionString={"Fn::Sub": json.dumps(BAD)}), False),
        (template(DefinitionString={"Fn::Sub": [json.dumps(BAD), {"X": "y"}]}), False),
        (template(DefinitionString={"Fn::Join": ["\n", json.dumps(BAD, indent=1).split("\n")]}), False),
        (template(DefinitionString={"Fn::Join": ["", ['{"StartAt":"', {"Ref": "S"}, WRONG]]}), False),
        (template("AWS::Serverless::StateMachine", Definition=BAD), False),
        (template(DefinitionString="no JSON"), False),
        (template("AWS::Serverless::StateMachine", Definition=TOKEN, Type="STANDARD"), True),
        (template("AWS::Serverless::StateMachine", Definition=TOKEN, Type="EXPRESS"), False),
        (template(DefinitionS3Location={"Bucket": "b"}), True),
    ],
)
def test_definitions_are_found(tmp_path, definition, is_right):
    report = found(tmp_path, definition)

    assert report.valid is is_right, report.text()
    assert all(one.pointer.startswith("/Resources/M/Properties/Definition") for one in report.diagnostics)
    assert all(one.line > 1 for one in report.diagnostics)


def test_places_are_those_of_the_template(tmp_path):
    """In YAML too, with short tags."""
    text = (
        "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n"
        "        StartAt: S\n        States:\n          S:\n            Type: Task\n"
        "            Resource: !GetAtt F.Arn\n            Nxt: S\n"
    )
    report = found(tmp_path, text, "template.yaml")

    assert [(one.line, one.column) for one in report.diagnostics if one.code == "ASL102"] == [(11, 13)]


def test_files_that_are_named_are_told(tmp_path):
    report = found(tmp_path, template("AWS::Serverless::StateMachine", DefinitionUri="machines/a.asl.json"))

    assert report.files == [str(tmp_path / "machines/a.asl.json")]


def test_a_template_is_no_definition(tmp_path):
    found(tmp_path, template(Definition=BAD))
    with pytest.raises(UsageError, match="is a template"):
        StateMachine.load(tmp_path / "template.json")
