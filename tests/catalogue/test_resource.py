"""What the text of a `Resource` names."""

from __future__ import annotations

import json

import pytest

from asl_engine import check_text
from asl_engine.catalogue.resource import (
    Activity,
    Integration,
    LambdaFunction,
    Unknown,
    invoked_function,
    parse_resource,
    service_label,
)


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-iso", "${AWS::Partition}", "<PARTITION>"])
def test_a_resource_is_the_same_in_any_partition(partition):
    integration = parse_resource(f"arn:{partition}:states:::sqs:sendMessage.waitForTaskToken")
    activity = parse_resource(f"arn:{partition}:states:eu-west-1:123456789012:activity:sign")
    function = parse_resource(f"arn:{partition}:lambda:eu-west-1:123456789012:function:f:live")

    assert isinstance(integration, Integration)
    assert ("sqs", "sendMessage", "waitForTaskToken") == (integration.service, integration.action, integration.pattern)
    assert isinstance(activity, Activity)
    assert isinstance(function, LambdaFunction)
    assert function.is_lambda


def test_a_resource_says_how_its_task_goes_on():
    """With the answer, when a job has ended, when a token has come back, or when a worker answers."""
    texts = ("sqs:sendMessage", "batch:submitJob.sync", "states:startExecution.sync:2", "sns:publish.waitForTaskToken")
    resources = [parse_resource(f"arn:aws:states:::{text}") for text in texts]

    assert [False, True, True, False] == [resource.is_sync for resource in resources]
    assert [False, False, False, True] == [resource.waits_for_token for resource in resources]
    assert parse_resource("arn:aws:states:us-east-1:1:activity:a").takes_answers


def test_an_integration_knows_the_call_that_it_makes():
    apis = {
        "aws-sdk:sfn:listExecutions": ("sfn", "ListExecutions"),
        "states:startExecution": ("sfn", "StartExecution"),
        "events:putEvents": ("eventbridge", "PutEvents"),
        "bedrock:invokeModel": ("bedrockruntime", "InvokeModel"),
        "http:invoke": None,
    }

    assert apis == {text: parse_resource(f"arn:aws:states:::{text}").api for text in apis}


@pytest.mark.parametrize(
    ("text", "problem", "message"),
    [
        ("arn:aws:lambda", "arn", "is not an ARN"),
        ("arn:aws:lambda:eu-west-1:123456789012:function:f:", "arn", "is not the ARN of a function"),
        ("arn:aws:states:::nosuch:thing", "integration", "Step Functions has no integration 'nosuch'"),
        ("arn:aws:states:::event:putEvents", "integration", "Did you mean 'events'?"),
        ("arn:aws:states:::s3:getObject", "integration", "Or use aws-sdk:s3:getObject."),
        ("arn:aws:states:::sns:publishBatch", "integration", "Did you mean 'publish'?"),
        ("arn:aws:states:::sqs", "integration", "names no action of a service"),
        ("arn:aws-cn:states:::sns:publish.wait", "pattern", "sns:publish has no .wait"),
        ("arn:aws:states:::sqs:sendMessage.waitForTaskTokens", "pattern", "Did you mean 'waitForTaskToken'?"),
        ("arn:aws:states:::glue:startJobRun.sync:3", "pattern", "glue:startJobRun has no .sync:3"),
        ("arn:aws:states:::aws-sdk:sns:publish.sync", "pattern", "sns:publish has no .sync"),
        ("arn:aws:states:::aws-sdk:S3:GetObject", "spelling", "Did you mean 's3:getObject'?"),
    ],
)
def test_what_aws_does_not_know_says_why(text, problem, message):
    """And what is near. A check refuses it, as AWS does."""
    resource = parse_resource(text)
    state = {"Type": "Task", "Resource": text, "End": True}
    report = check_text(json.dumps({"StartAt": "S", "States": {"S": state}}))

    assert isinstance(resource, Unknown)
    assert problem == resource.problem
    assert message in resource.why + resource.near
    assert ["/States/S/Resource"] == [finding.pointer for finding in report.errors]


@pytest.mark.parametrize(
    "text",
    [
        "charge",
        "${ChargeFunction.Arn}",
        "arn:aws:swf:us-east-1:123456789012:task:X",
        "arn:aws:states:::${Service}:${Action}",
        "arn:aws:states:::sqs:${Action}.waitForTaskToken",
        "arn:aws:states:::batch:submitJob.${Pattern}",
        "arn:aws:states:::aws-sdk:${Service}:List",
        "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${Name}:",
    ],
)
def test_what_is_not_known_yet_is_not_judged(text):
    """Placeholders of templates, names of one's own, and ARNs of other services."""
    assert not isinstance(parse_resource(text), Unknown)


def test_the_function_that_an_integration_invokes():
    invoke = "arn:aws-cn:states:::lambda:invoke.waitForTaskToken"

    assert "f" == invoked_function(invoke, None, {"FunctionName": "f"})
    assert invoked_function(invoke, {"FunctionName.$": "$.f"}) is None
    assert invoked_function(invoke, {"FunctionName": "{% $f %}"}) is None
    assert invoked_function("arn:aws:states:::aws-sdk:lambda:invoke", {"FunctionName": "f"}) is None


def test_what_people_call_services():
    sdk = [f"aws-sdk:{service}:x" for service in ("eventbridge", "secretsmanager", "ssm", "x")]

    assert ["EventBridge", "EventBridge", "Secrets Manager", "Systems Manager", "x"] == [
        service_label(parse_resource(f"arn:aws:states:::{text}")) for text in ["events:putEvents", *sdk]
    ]
