"""Functions that nobody registered are called at the endpoint that `--aws-endpoint-url` names."""

from __future__ import annotations

import json

import pytest
from aws_stub import Client, aws
from conftest import one_state

ARN = "arn:aws:lambda:us-east-1:123456789012:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"


def run(url, text='{"sum": 7}', **task):
    """Run a machine of one Task against an AWS; return the description of its execution."""
    client = Client(url)
    client.create(one_state(Type="Task", **task))
    return client.run(text)[0]


def test_a_function_by_its_arn_gives_what_it_returned():
    with aws((200, {"paid": True})) as (url, requests):
        described = run(url, Resource=ARN)

    assert {"paid": True} == json.loads(described["output"])
    assert ("charge/invocations", {"sum": 7}) == (requests[0][0][-len("charge/invocations") :], requests[0][1])


def test_the_integration_gives_the_whole_answer():
    with aws((200, {"paid": True}, {"X-Amz-Executed-Version": "3"})) as (url, requests):
        described = run(url, Resource=INVOKE, Parameters={"FunctionName": "charge", "Qualifier": "3", "Payload": [1]})

    output = json.loads(described["output"])
    assert [1] == requests[0][1]
    assert requests[0][0].endswith("/functions/charge/invocations?Qualifier=3")
    assert ({"paid": True}, "3", 200) == (output["Payload"], output["ExecutedVersion"], output["StatusCode"])
    assert "the-request" == output["SdkResponseMetadata"]["RequestId"]
    assert "3" == output["SdkHttpMetadata"]["HttpHeaders"]["x-amz-executed-version"]


@pytest.mark.parametrize("resource", [ARN, INVOKE])
def test_a_function_that_fails_fails_its_task_with_its_own_error(resource):
    """The type of the error is the error, and its payload the cause."""
    payload = {"errorMessage": "no money", "errorType": "Broke"}
    with aws((200, payload, {"X-Amz-Function-Error": "Unhandled"})) as (url, _):
        described = run(url, Resource=resource, Parameters={"FunctionName": "charge"})

    assert "Broke" == described["error"]
    assert payload == json.loads(described["cause"])


def test_a_function_that_is_not_there_either():
    """The refusal has the words of the integration."""
    error = {"Type": "User", "Message": "Function not found: charge"}
    with aws((404, error, {"x-amzn-ErrorType": "ResourceNotFoundException"})) as (url, _):
        described = run(url, Resource=ARN)

    details = "Status Code: 404; Error Code: ResourceNotFoundException; Request ID: the-request; Proxy: null"
    assert "Lambda.ResourceNotFoundException" == described["error"]
    assert f"Function not found: charge (Service: AWSLambda; {details})" == described["cause"]


def test_an_endpoint_that_does_not_answer_fails_the_task():
    described = run("http://127.0.0.1:9", Resource=ARN)

    assert "Lambda.SdkClientException" == described["error"]
    assert described["cause"].startswith("Unable to execute HTTP request")
