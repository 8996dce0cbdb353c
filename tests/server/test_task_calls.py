"""What tasks call other than functions: AWS services, executions of this endpoint, and mocks of both."""

from __future__ import annotations

import json
import os

import pytest
from aws_stub import MACHINE, Client, aws
from conftest import chain, one_state

from asl_engine.catalogue.sdk import error_prefix
from asl_engine.errors import UsageError
from asl_engine.server.errors import ApiError
from asl_engine.tasks.mock_config import MockConfig


def task(action, parameters, **more):
    return one_state(Type="Task", Resource=f"arn:aws:states:::{action}", Parameters=parameters, **more)


# --- AWS services ----------------------------------------------------------------------------------------------------


def test_an_optimised_call_sends_json_as_text_and_tells_of_http():
    with aws((200, {"MessageId": "1", "MD5OfMessageBody": "2"})) as (url, requests):
        client = Client(url)
        client.create(task("sqs:sendMessage", {"QueueUrl": f"{url}/1/q", "MessageBody": {"a": 1}}))
        described, events = client.run()

    output = json.loads(described["output"])
    assert [("AmazonSQS.SendMessage", {"QueueUrl": f"{url}/1/q", "MessageBody": '{"a":1}'})] == requests
    assert ("1", 200) == (output["MessageId"], output["SdkHttpMetadata"]["HttpStatusCode"])
    assert {"RequestId": "the-request"} == output["SdkResponseMetadata"]
    assert ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited"] == events


def test_an_sdk_call_gives_the_answer_alone():
    with aws((200, {"Item": {"id": {"S": "1"}}})) as (url, _):
        client = Client(url)
        client.create(task("aws-sdk:dynamodb:getItem", {"TableName": "t", "Key": {"id": {"S": "1"}}}))

        assert {"Item": {"id": {"S": "1"}}} == json.loads(client.run()[0]["output"])


ERROR = (400, {"__type": "x#ResourceNotFoundException", "message": "No table"})


def test_errors_have_the_names_of_the_kind_of_integration():
    item = {"TableName": "t", "Item": {"id": {"S": "1"}}}
    told = []
    for service in ("dynamodb", "aws-sdk:dynamodb"):
        with aws(ERROR) as (url, _):
            client = Client(url)
            client.create(task(f"{service}:putItem", item))
            described, _ = client.run()
            told.append((described["error"], described["cause"]))

    details = "Status Code: 400; Error Code: ResourceNotFoundException; Request ID: the-request; Proxy: null"
    assert told == [
        ("DynamoDB.ResourceNotFoundException", f"No table (Service: AmazonDynamoDBv2; {details})"),
        (
            "DynamoDb.ResourceNotFoundException",
            "No table (Service: DynamoDb, Status Code: 400, Request ID: the-request) (SDK Attempt Count: 1)",
        ),
    ]


@pytest.mark.parametrize(
    ("action", "code", "headers", "error"),
    [
        (
            "aws-sdk:sqs:purgeQueue",
            "com.amazonaws.sqs#QueueDoesNotExist",
            {"x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender"},
            "Sqs.QueueDoesNotExistException",
        ),
        ("aws-sdk:kms:listKeys", "KMSInternalException", {}, "Kms.KmsInternalException"),
        ("aws-sdk:dax:describeClusters", "ClusterNotFoundFault", {}, "Dax.ClusterNotFoundException"),
        ("aws-sdk:dax:describeClusters", "ThrottledSomehow", {}, "Dax.DaxException"),
    ],
)
def test_errors_of_the_sdk_are_classes_of_the_sdk_for_java(action, code, headers, error):
    """Measured by several people on AWS: Fault is Exception, abbreviations are words, and of two names the class's."""
    with aws((400, {"__type": code, "message": "No"}, headers)) as (url, _):
        client = Client(url)
        client.create(task(action, {"QueueUrl": f"{url}/1/q"} if "sqs" in action else {}))

        assert error == client.run()[0]["error"]


def test_a_null_is_a_member_that_is_not_there():
    client = Client("http://127.0.0.1:9")
    client.create(task("aws-sdk:dynamodb:putItem", {"TableName": "t", "Item": None}))
    described, _ = client.run()

    assert described["error"] == "DynamoDb.DynamoDbException"
    assert "Value null at 'item' failed to satisfy constraint: Member must not be null" in described["cause"]


def test_a_parameter_that_the_service_does_not_have():
    """Those that stand in a definition are looked at before; an input that is sent as it is, when it is sent."""
    client = Client("http://127.0.0.1:9")
    client.create(one_state(Type="Task", Resource="arn:aws:states:::aws-sdk:dynamodb:getItem"))
    described, _ = client.run('{"TableName": "t", "Key": {}, "Kye": {}}')

    assert described["error"] == "States.Runtime"
    assert described["cause"].endswith("""[The field "Kye" is not supported by Step Functions. Did you mean 'Key'?]""")


def test_entries_that_were_not_taken_fail_the_task():
    answer = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "MalformedDetail"}]}
    with aws((200, answer)) as (url, _):
        client = Client(url)
        client.create(task("events:putEvents", {"Entries": [{"Detail": {"a": 1}}]}))
        described, _ = client.run()

    assert (described["error"], json.loads(described["cause"])) == ("EventBridge.FailedEntry", answer)


def test_a_model_gets_json_and_its_body_is_the_json_that_it_answers():
    with aws((200, {"completion": "hi"}, {"Content-Type": "application/json"})) as (url, requests):
        client = Client(url)
        client.create(task("bedrock:invokeModel", {"ModelId": "m", "Body": {"prompt": "say hi"}}))
        described, _ = client.run()

    assert [("/model/m/invoke", {"prompt": "say hi"})] == requests
    assert {"completion": "hi"} == json.loads(described["output"])["Body"]


def test_what_a_model_would_read_from_s3_is_refused():
    client = Client("http://127.0.0.1:9")
    client.create(task("bedrock:invokeModel", {"ModelId": "m", "Input": {"S3Uri": "s3://b/k"}}))

    assert "bedrock:invokeModel with Input is not supported by this endpoint." == client.run()[0]["cause"]


def test_a_service_that_botocore_names_otherwise_is_called():
    """`directory` is botocore's `ds`."""
    with aws((200, {"DirectoryDescriptions": []})) as (url, requests):
        client = Client(url)
        client.create(task("aws-sdk:directory:describeDirectories", {}))

        assert {"DirectoryDescriptions": []} == json.loads(client.run()[0]["output"])
    assert "DirectoryService_20150416.DescribeDirectories" == requests[0][0]


def test_a_job_is_handed_over_and_waited_for():
    done = {"JobRun": {"Id": "7", "JobRunState": "SUCCEEDED"}}
    with aws((200, {"JobRunId": "7"}), (200, done)) as (url, requests):
        client = Client(url)
        client.create(task("glue:startJobRun.sync", {"JobName": "j"}))
        described, events = client.run()

    assert json.loads(described["output"]) == done["JobRun"]
    assert requests[1] == ("AWSGlue.GetJobRun", {"JobName": "j", "RunId": "7"})
    assert events[3:5] == ["TaskSubmitted", "TaskSucceeded"]


@pytest.mark.parametrize(("id", "name"), [("SFN", "Sfn"), ("DynamoDB", "DynamoDb"), ("S3", "S3"), ("EC2", "Ec2")])
def test_names_of_the_sdk(id, name):
    assert name == error_prefix(id)


# --- executions of this endpoint -------------------------------------------------------------------------------------

CHILD = chain(A={"Type": "Pass", "Result": {"b": 2}})


def test_a_nested_execution_is_waited_for():
    client = Client()
    child = client.create(CHILD, "child")
    parameters = {"StateMachineArn": child, "Input": {"a": 1}}
    outputs = []
    for pattern in ("sync", "sync:2"):
        client.create(task(f"states:startExecution.{pattern}", parameters), pattern[-1])
        described, events = client.run(arn=MACHINE + pattern[-1])
        outputs.append(json.loads(described["output"]))
        assert events[3:5] == ["TaskSubmitted", "TaskSucceeded"]

    assert [(one["Input"], one["Output"]) for one in outputs] == [('{"a":1}', '{"b":2}'), ({"a": 1}, {"b": 2})]
    assert all(one["Status"] == "SUCCEEDED" and one["StopDate"] >= one["StartDate"] > 1e12 for one in outputs)


def test_a_nested_execution_that_fails():
    client = Client()
    child = client.create(one_state(Type="Fail", Error="E", Cause="C"), "child")
    client.create(task("states:startExecution.sync", {"StateMachineArn": child}))
    described, _ = client.run()
    cause = json.loads(described["cause"])

    assert (described["error"], cause["Status"], cause["Error"]) == ("States.TaskFailed", "FAILED", "E")


def test_a_nested_execution_stops_with_the_task_that_waits_for_it():
    client = Client()
    child = client.create(one_state(Type="Wait", Seconds=3600), "child")
    client.service.skips_time = False
    client.create(task("states:startExecution.sync", {"StateMachineArn": child, "Name": "c"}, TimeoutSeconds=1))
    described, _ = client.run()

    assert described["error"] == "States.Timeout"
    [nested] = [live for live in client.service.live.values() if live.row.name == "c"]
    parent = f"The Task state in AWS Step Functions execution [{described['executionArn']}]"
    causes = [nested.kernel.cause, *(stop.cause for stop in nested.driver.inbox)]
    assert f"{parent} which was managing this resource was aborted" in causes


def test_a_job_has_a_token_that_ends_it_before_its_time():
    """Recorded on AWS, September 2026."""
    client = Client()
    send = {"TaskToken.$": "$.token", "Output": '{"done": 1}'}
    tell = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "Parameters": send}
    child = client.create(chain(Tell=tell, Stay={"Type": "Wait", "Seconds": 1}), "child")
    client.service.skips_time = False
    parameters = {"StateMachineArn": child, "Name": "c", "Input": {"token.$": "$$.Task.Token"}}
    client.create(task("states:startExecution.sync:2", parameters))
    described, events = client.run()

    assert ("SUCCEEDED", {"done": 1}) == (described["status"], json.loads(described["output"]))
    assert events[3:5] == ["TaskSubmitted", "TaskSucceeded"]


def test_a_machine_that_is_not_there():
    client = Client()
    client.create(task("states:startExecution", {"StateMachineArn": f"{MACHINE}none"}))
    described, _ = client.run()

    assert described["error"] == "StepFunctions.StateMachineDoesNotExistException"
    assert f"State Machine Does Not Exist: '{MACHINE}none' (Service: AWSStepFunctions;" in described["cause"]


# --- mocks -----------------------------------------------------------------------------------------------------------

THROW = {"Throw": {"Error": "Busy", "Cause": "later"}}
CONFIG = {
    "StateMachines": {"m": {"TestCases": {"Retried": {"X": "third", "Y": "third"}}}},
    "MockedResponses": {"third": {"0-1": THROW, "2": {"Return": {"ok": True}}}},
}


def test_mocked_attempts_are_counted_and_the_file_is_read_again(tmp_path):
    file = tmp_path / "mocks.json"
    file.write_text(json.dumps(CONFIG), "utf-8")
    client = Client(mock_config=str(file))
    retry = [{"ErrorEquals": ["Busy"], "MaxAttempts": 2}]
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken"}
    client.create(chain(X={**state, "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}, "Retry": retry}))

    described, events = client.run(arn=f"{MACHINE}m#Retried")
    assert (json.loads(described["output"]), events.count("TaskFailed")) == ({"ok": True}, 2)
    assert events[-3:-1] == ["TaskSubmitted", "TaskSucceeded"]

    changed = CONFIG | {"StateMachines": {"m": {"TestCases": {"Other": {"X": "third"}}}}}
    file.write_text(json.dumps(changed), "utf-8")
    os.utime(file, (1, 1))
    with pytest.raises(ApiError, match="no test case 'Retried'"):
        client.run(arn=f"{MACHINE}m#Retried")


@pytest.mark.parametrize(
    ("responses", "told"),
    [
        ({"r": {"1": THROW}}, "0 is next"),
        ({"r": {"0": THROW, "2": THROW}}, "1 is next"),
        ({"r": {"first": THROW}}, "written as '0' or '0-2'"),
        ({"r": {"0": {}}}, "either Return or Throw"),
        ({"r": {"0": {"Throw": {"Error": "E"}}}}, "must have the text Cause"),
        ([], "must be a JSON object"),
    ],
)
def test_a_mock_configuration_that_is_none(responses, told):
    with pytest.raises(UsageError, match=told):
        MockConfig({"MockedResponses": responses})
