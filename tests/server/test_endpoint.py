"""The endpoint as a process: the protocol as boto3 speaks it, what is no protocol at all, and its end."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config
from conftest import PATIENCE, chain, one_state

ROLE = "arn:aws:iam::123456789012:role/r"
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/states/aws4_request"}
APP = """
import asyncio, threading, time
print("loaded")
def double(event, context):
    print("called")
    return 2 * event["n"]
def chatty(event, context):
    import os, subprocess, sys
    os.system("echo by the shell"); os.write(1, b"by descriptor\\n")
    subprocess.run([sys.executable, "-c", "print('by a child')"], check=True)
    return "result"
def fails(event, context):
    raise ValueError("no")
def hangs(event, context):
    threading.Event().wait(3600)
async def blocks(event, context):
    time.sleep(3600)
def ask(event, context):
    open("token.txt", "w").write(event["token"])
"""


def calling(name):
    return json.dumps(one_state(Type="Task", Resource=f"arn:aws:lambda:us-east-1:123456789012:function:{name}"))


class Endpoint:
    """A server at a free port, and a client of it."""

    def __init__(self, folder, *options):
        (folder / "app.py").write_text(APP, "utf-8")
        command = [sys.executable, "-m", "asl_engine", "serve", "--port", "0", "--functions", "app.py", *options]
        self.errors = open(folder / "errors.txt", "w+", encoding="utf-8")  # noqa: SIM115
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:")
        self.url = line.split()[-1]
        self.port = int(self.url.rpartition(":")[2])
        self.client = boto3.client(
            "stepfunctions", endpoint_url=self.url, region_name="us-east-1", aws_access_key_id="123456789012",
            aws_secret_access_key="x", config=Config(retries={"total_max_attempts": 1}, max_pool_connections=20),
        )  # fmt: skip

    def post(self, operation, body, method="POST", headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, "/", text, {"X-Amz-Target": operation, **SIGNED, **(headers or {})})
        answer = connection.getresponse()
        status, said = answer.status, answer.read().decode()
        connection.close()
        return status, said

    def run(self, machine, /, **request):
        """Start an execution, wait for its end, and describe it."""
        machine_arn = f"arn:aws:states:us-east-1:123456789012:stateMachine:{machine}"
        arn = self.client.start_execution(stateMachineArn=machine_arn, **request)["executionArn"]
        until = time.monotonic() + PATIENCE
        while (found := self.client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            assert time.monotonic() < until
            time.sleep(0.005)
        return found

    def stop(self, number=signal.SIGTERM):
        """Return (exit code, what it said); a process that does not end is given up."""
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=PATIENCE)
        self.errors.seek(0)
        said = out + self.errors.read()
        self.errors.close()
        self.client.close()
        return self.process.returncode, said


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    server = Endpoint(tmp_path_factory.mktemp("endpoint"), "--clock", "skip")
    yield server
    code, said = server.stop()
    assert 0 == code
    assert "Traceback" not in said


def test_a_workflow_over_the_wire(endpoint):
    """Create, start, wait, describe, history in pages, the same again."""
    made = endpoint.client.create_state_machine(name="double", definition=calling("double"), roleArn=ROLE)
    again = endpoint.client.create_state_machine(name="double", definition=calling("double"), roleArn=ROLE)

    done = endpoint.run("double", name="first", input='{"n": 21}')
    pages = endpoint.client.get_paginator("get_execution_history").paginate(
        executionArn=done["executionArn"], PaginationConfig={"PageSize": 2}
    )
    events = [event for page in pages for event in page["events"]]

    assert made["stateMachineArn"] == again["stateMachineArn"]
    assert ("SUCCEEDED", "42") == (done["status"], done["output"])
    assert list(range(1, 8)) == [event["id"] for event in events]
    assert "LambdaFunctionScheduled" in [event["type"] for event in events]


def test_the_header_names_the_trace(endpoint):
    """X-Amzn-Trace-Id wins over the member of the request (recorded, September 2026)."""
    made = endpoint.client.create_state_machine(name="traced", definition=calling("double"), roleArn=ROLE)
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0"
    request = {"stateMachineArn": made["stateMachineArn"], "traceHeader": f"{trace[:-1]}1"}

    status, said = endpoint.post("AWSStepFunctions.StartExecution", request, headers={"X-Amzn-Trace-Id": trace})

    assert 200 == status
    arn = json.loads(said)["executionArn"]
    assert trace == endpoint.client.describe_execution(executionArn=arn)["traceHeader"]


def test_standard_output_says_where_it_listens_and_no_more(tmp_path):
    """What functions and processes that they start print is on standard error."""
    server = Endpoint(tmp_path)
    server.client.create_state_machine(name="m", definition=calling("chatty"), roleArn=ROLE)
    done = server.run("m")
    server.process.send_signal(signal.SIGTERM)
    out, _ = server.process.communicate(timeout=PATIENCE)
    said = (tmp_path / "errors.txt").read_text("utf-8")
    server.stop()

    assert ("SUCCEEDED", '"result"') == (done["status"], done["output"])
    assert "" == out
    for text in ("loaded", "by the shell", "by descriptor", "by a child"):
        assert text in said


def test_time_is_skipped(endpoint):
    definition = json.dumps(chain(A={"Type": "Wait", "Seconds": 86_400}))
    endpoint.client.create_state_machine(name="wait", definition=definition, roleArn=ROLE)

    done = endpoint.run("wait")

    assert (done["stopDate"] - done["startDate"]).total_seconds() >= 86_400


def test_failures_and_refusals_are_those_of_the_service(endpoint):
    endpoint.client.create_state_machine(name="fails", definition=calling("fails"), roleArn=ROLE)
    done = endpoint.run("fails")

    assert ("FAILED", "ValueError") == (done["status"], done["error"])
    assert "no" == json.loads(done["cause"])["errorMessage"]
    with pytest.raises(endpoint.client.exceptions.InvalidDefinition):
        endpoint.client.create_state_machine(name="bad", definition="{}", roleArn=ROLE)
    with pytest.raises(endpoint.client.exceptions.ExecutionDoesNotExist):
        endpoint.client.describe_execution(executionArn=done["executionArn"] + "x")


def test_a_hundred_requests_at_once(endpoint):
    endpoint.client.create_state_machine(name="many", definition=calling("double"), roleArn=ROLE)
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:many"

    def start(number):
        request = {"stateMachineArn": machine, "name": f"n{number}", "input": '{"n": 1}'}
        return endpoint.post("AWSStepFunctions.StartExecution", request)[0]

    with ThreadPoolExecutor(20) as pool:
        assert [200] * 100 == list(pool.map(start, range(100)))


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("", b"{}", "UnknownOperationException"),
        ("AWSStepFunctions", b"{}", "UnknownOperationException"),
        ("AWSStepFunctions.Nope", b"{}", "UnknownOperationException"),
        ("DynamoDB_20120810.GetItem", b"{}", "UnknownOperationException"),
        ("AWSStepFunctions.CreateStateMachine", b"", "ValidationException"),
        ("AWSStepFunctions.CreateStateMachine", b"{", "SerializationException"),
        ("AWSStepFunctions.CreateStateMachine", b"[]", "SerializationException"),
        ("AWSStepFunctions.CreateStateMachine", b"\xff", "SerializationException"),
        ("AWSStepFunctions.CreateStateMachine", b'{"name": NaN}', "SerializationException"),
        ("AWSStepFunctions.CreateStateMachine", b"[" * 100_000, "SerializationException"),
        ("AWSStepFunctions.CreateStateMachine", b'{"a":' * 500 + b"1" + b"}" * 500, "SerializationException"),
        ("AWSStepFunctions.CreateStateMachine", b"x" * 3_000_000, "RequestEntityTooLargeException"),
    ],
    ids=range(12),
)
def test_bodies_and_targets_that_are_none(endpoint, operation, body, code):
    status, said = endpoint.post(operation, body)

    assert (400, code) == (status, json.loads(said)["__type"].rpartition("#")[2])


def test_halves_of_characters_come_back_escaped(endpoint):
    status, said = endpoint.post(
        "AWSStepFunctions.CreateStateMachine", {"name": "\ud800", "definition": "{}", "roleArn": ROLE}
    )

    assert (400, "Invalid Name: '\ud800'") == (status, json.loads(said)["message"])


@pytest.mark.parametrize("data", [b"nonsense\r\n\r\n", b"\x16\x03\x01\x02\x00", b"POST / HTTP/1.1\r\n\r\n"])
def test_what_is_no_http(endpoint, data):
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=PATIENCE) as connection:
        connection.sendall(data + b"\r\n\r\n")

        assert connection.recv(100).startswith(b"HTTP/1.1 400")
    assert 405 == endpoint.post("", b"", "PUT")[0]


def test_a_port_that_is_taken(endpoint):
    command = [sys.executable, "-m", "asl_engine", "serve", "--port", str(endpoint.port)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)

    told = f"asl: cannot listen on '127.0.0.1' port {endpoint.port}: Address already in use\n"
    assert (2, "", told) == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(("function", "number"), [("hangs", signal.SIGTERM), ("blocks", signal.SIGINT)])
def test_it_stops_whatever_runs(tmp_path, function, number):
    """Also while a thread hangs, a request is half sent, or a function holds up the event loop."""
    server = Endpoint(tmp_path)
    made = server.client.create_state_machine(name="m", definition=calling(function), roleArn=ROLE)
    half = socket.create_connection(("127.0.0.1", server.port))
    half.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
    server.client.start_execution(stateMachineArn=made["stateMachineArn"])
    time.sleep(0.05)

    code, said = server.stop(number)
    half.close()

    assert 0 == code
    assert "loaded" in said
    assert "Traceback" not in said


def test_a_worker_that_goes_away_loses_no_work(endpoint):
    """Its question is given up with the connection, and the work goes to the next who asks."""
    import socket

    host, port = endpoint.url.removeprefix("http://").split(":")
    activity = endpoint.client.create_activity(name="sign")["activityArn"]
    task = {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": activity, "End": True}}}
    body = json.dumps({"activityArn": activity})
    head = f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nX-Amz-Target: AWSStepFunctions.GetActivityTask\r\n"
    with socket.create_connection((host, int(port))) as worker:
        worker.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        endpoint.client.list_activities()  # by now the question has arrived
    endpoint.client.list_activities()
    endpoint.client.create_state_machine(name="signs", definition=json.dumps(task), roleArn=ROLE)
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:signs"
    started = endpoint.client.start_execution(stateMachineArn=machine, input='{"n": 1}')["executionArn"]
    work = endpoint.client.get_activity_task(activityArn=activity)
    endpoint.client.send_task_success(taskToken=work["taskToken"], output="7")

    while (done := endpoint.client.describe_execution(executionArn=started))["status"] == "RUNNING":
        pass
    assert "7" == done["output"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Host": "evil.example"}, "AccessDeniedException"),
        ({"Host": "evil.example:8083"}, "AccessDeniedException"),
        ({"Origin": "https://evil.example"}, "AccessDeniedException"),
        ({"Host": "[::1].evil.example"}, "AccessDeniedException"),
        ({"Host": "[evil.example]"}, "AccessDeniedException"),
        ({"Host": "localhost:80@evil.example"}, "AccessDeniedException"),
        ({"Host": "localhost.evil.example"}, "AccessDeniedException"),
        ({"Host": "127.0.0.1.evil.example"}, "AccessDeniedException"),
        ({"Host": "evil.example:80:80"}, "AccessDeniedException"),
        ({"Host": "evil.example#localhost"}, "AccessDeniedException"),
        ({"Host": "localhost..:8083"}, "AccessDeniedException"),
        ({"Origin": "null"}, "AccessDeniedException"),
        ({"Origin": ""}, "AccessDeniedException"),
        ({"Origin": "http://192.168.1.7"}, "AccessDeniedException"),
        ({"Origin": "http://[2001:db8::1]"}, "AccessDeniedException"),
        ({"Origin": "http://[::1].evil.example"}, "AccessDeniedException"),
        ({"Origin": "http://router"}, "AccessDeniedException"),
        ({"Origin": "http://host.docker.internal"}, "AccessDeniedException"),
        ({"Origin": "chrome-extension://localhost"}, "AccessDeniedException"),
        ({"Origin": "moz-extension://0c2f"}, "AccessDeniedException"),
        ({"Origin": "http://localhost@evil.example"}, "AccessDeniedException"),
        ({"Origin": "http://localhost/evil.example"}, "AccessDeniedException"),
        ({"Origin": "http://localhost, http://evil.example"}, "AccessDeniedException"),
        ({"Origin": "file://"}, "AccessDeniedException"),
        ({"Content-Type": "text/plain"}, "SerializationException"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "SerializationException"),
    ],
    ids=range(26),
)
def test_a_web_page_reaches_nothing(endpoint, headers, code):
    """Neither another site's, nor one whose name was made to mean this machine."""
    status, said = endpoint.post("AWSStepFunctions.ListStateMachines", b"{}", headers=headers)

    assert (400, code) == (status, json.loads(said)["__type"].rpartition("#")[2])


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "localhost:8083"},
        {"Host": "sync-localhost"},
        {"Host": "sync-127.0.0.1:1"},
        {"Host": "[::1]:8083"},
        {"Host": "stepfunctions"},
        {"Host": "host.docker.internal:8083"},
        {"Host": "states.us-east-1.localhost"},
        {"Host": "localhost.:8083"},
        {"Host": "192.168.1.7"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "http://[::1]:3000"},
        {"Origin": "https://app.localhost"},
        {"Content-Type": "application/x-amz-json-1.0; charset=utf-8"},
    ],
    ids=range(14),
)
def test_names_of_this_machine_are_known(endpoint, headers):
    assert 200 == endpoint.post("AWSStepFunctions.ListStateMachines", b"{}", headers=headers)[0]


def test_a_request_without_a_signature_is_refused(endpoint):
    connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=PATIENCE)
    connection.request("POST", "/", b"{}", {"X-Amz-Target": "AWSStepFunctions.ListStateMachines"})
    answer = connection.getresponse()

    assert (400, "com.amazon.coral.service#MissingAuthenticationTokenException") == (
        answer.status,
        json.loads(answer.read())["__type"],
    )
    connection.close()
