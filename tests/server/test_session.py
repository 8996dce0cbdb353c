"""One day at the endpoint, once with boto3 and once with the AWS CLI: what people do with a state machine."""

from __future__ import annotations

import contextlib
import io
import json
import os
import time

import boto3
import pytest
from awscli import clidriver
from botocore.config import Config
from conftest import PATIENCE, chain, one_state
from test_endpoint import ROLE, Endpoint

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"


class Boto3:
    """Calls operations with boto3."""

    def __init__(self, endpoint):
        config = Config(inject_host_prefix=False)  # else TestState is sent to sync-127.0.0.1, which is no name
        self.client = boto3.client(
            "stepfunctions", endpoint_url=endpoint.url, region_name="us-east-1", aws_access_key_id="123456789012",
            aws_secret_access_key="x", config=config,
        )  # fmt: skip

    def __call__(self, operation, **request):
        return getattr(self.client, operation)(**request)


class Cli:
    """Calls operations with the AWS CLI, which prints answers as JSON: in this process, as to start one takes longer
    than most stories."""

    def __init__(self, endpoint):
        self.url = endpoint.url

    def __call__(self, operation, **request):
        command = ["stepfunctions", operation.replace("_", "-"), "--endpoint-url", self.url]
        command += ["--output", "json", "--cli-input-json", json.dumps(request)]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            assert clidriver.create_clidriver().main(command) == 0
        return json.loads(printed.getvalue()) if printed.getvalue().strip() else {}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("session")


@pytest.fixture(scope="module")
def endpoint(folder):
    running = Endpoint(folder)
    yield running
    running.stop()


@pytest.fixture(params=[Boto3, Cli])
def aws(request, endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "123456789012")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    return request.param(endpoint)


def until(aws, arn, status):
    """Wait for a status of an execution."""
    deadline = time.monotonic() + PATIENCE
    while (described := aws("describe_execution", executionArn=arn))["status"] != status:
        assert time.monotonic() < deadline, described
    return described


def create(aws, name, definition):
    name = f"{name}-{type(aws).__name__}"
    return aws("create_state_machine", name=name, definition=json.dumps(definition), roleArn=ROLE)["stateMachineArn"]


def test_start_wait_and_read_the_history(aws):
    machine = create(aws, "double", one_state(Type="Task", Resource=f"{FUNCTION}double"))
    arn = aws("start_execution", stateMachineArn=machine, input='{"n": 21}')["executionArn"]

    assert until(aws, arn, "SUCCEEDED")["output"] == "42"
    events = aws("get_execution_history", executionArn=arn, reverseOrder=True)["events"]
    assert [event["type"] for event in events][:2] == ["ExecutionSucceeded", "TaskStateExited"]


def test_stop_and_redrive(aws):
    """A worker is waited for when it is stopped; after the redrive there is one."""
    activity = aws("create_activity", name=f"later-{type(aws).__name__}")["activityArn"]
    machine = create(aws, "waits", chain(A={"Type": "Pass"}, T={"Type": "Task", "Resource": activity}))
    arn = aws("start_execution", stateMachineArn=machine)["executionArn"]
    aws("stop_execution", executionArn=arn, error="Enough", cause="for today")
    stopped = until(aws, arn, "ABORTED")
    aws("redrive_execution", executionArn=arn)
    task = aws("get_activity_task", activityArn=activity)
    aws("send_task_success", taskToken=task["taskToken"], output='"done"')

    assert (stopped["error"], stopped["redriveStatus"]) == ("Enough", "REDRIVABLE")
    done = until(aws, arn, "SUCCEEDED")
    assert (done["output"], done["redriveCount"]) == ('"done"', 1)


def test_a_state_is_tested(endpoint):
    """With boto3 alone: the CLI cannot be told to leave the host as it is."""
    state = {"Type": "Pass", "Parameters": {"sum.$": "States.MathAdd($.a, 1)"}, "End": True}
    tested = Boto3(endpoint)("test_state", definition=json.dumps(state), roleArn=ROLE, input='{"a": 1}')

    assert (tested["status"], json.loads(tested["output"])) == ("SUCCEEDED", {"sum": 2})


def test_a_definition_is_validated(aws):
    checked = aws("validate_state_machine_definition", definition='{"StartAt": "A", "States": {}}')

    assert checked["result"] == "FAIL"
    assert {one["severity"] for one in checked["diagnostics"]} == {"ERROR"}


def test_a_worker_does_the_work_of_an_activity(aws):
    activity = aws("create_activity", name=f"sign-{type(aws).__name__}")["activityArn"]
    machine = create(aws, "signs", one_state(Type="Task", Resource=activity, HeartbeatSeconds=60))
    arn = aws("start_execution", stateMachineArn=machine, input='"letter"')["executionArn"]
    task = aws("get_activity_task", activityArn=activity, workerName="me")
    aws("send_task_heartbeat", taskToken=task["taskToken"])
    aws("send_task_success", taskToken=task["taskToken"], output='"signed"')

    assert task["input"] == '"letter"'
    assert until(aws, arn, "SUCCEEDED")["output"] == '"signed"'


def test_a_token_is_called_back(aws, folder):
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
    }
    kept = folder / "token.txt"
    kept.unlink(missing_ok=True)
    machine = create(aws, "asks", one_state(**task))
    arn = aws("start_execution", stateMachineArn=machine)["executionArn"]
    deadline = time.monotonic() + PATIENCE
    while not (kept.exists() and len(kept.read_text()) == 64):
        assert time.monotonic() < deadline
    aws("send_task_failure", taskToken=kept.read_text(), error="Denied", cause="by me")

    failed = until(aws, arn, "FAILED")
    assert (failed["error"], failed["cause"]) == ("Denied", "by me")
