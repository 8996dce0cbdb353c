"""Many at once: nothing is lost, and nobody waits for long."""

from __future__ import annotations

import asyncio
import http.client
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import PATIENCE, chain, one_state
from test_endpoint import SIGNED, Endpoint
from test_operations import MACHINE, Client

from asl_engine.server import nested
from asl_engine.server.operations import OPERATIONS

PASS = {"Type": "Pass"}
FIVE = json.dumps(chain(A=PASS, B=PASS, C=PASS, D=PASS, E={"Type": "Succeed"}))


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    running = Endpoint(tmp_path_factory.mktemp("load"))
    yield running
    running.stop()


def test_a_thousand_executions_by_eight_clients(endpoint):
    """All end, none is lost; each client keeps its connection."""
    endpoint.client.create_state_machine(name="five", definition=FIVE, roleArn="arn:aws:iam::123456789012:role/r")
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:five"

    def client(number):
        connection = http.client.HTTPConnection("127.0.0.1", endpoint.port, timeout=PATIENCE)
        headers = {"X-Amz-Target": "AWSStepFunctions.StartExecution", **SIGNED}
        arns = []
        for at in range(125):
            request = {"stateMachineArn": machine, "name": f"e{number}-{at}", "input": "{}"}
            connection.request("POST", "/", json.dumps(request), headers)
            arns.append(json.loads(connection.getresponse().read())["executionArn"])
        connection.close()
        return arns

    with ThreadPoolExecutor(8) as pool:
        started = {arn for arns in pool.map(client, range(8)) for arn in arns}
    pages = endpoint.client.get_paginator("list_executions").paginate(
        stateMachineArn=machine, statusFilter="SUCCEEDED", PaginationConfig={"PageSize": 1000}
    )
    assert len(started) == 1_000
    assert started == {execution["executionArn"] for page in pages for execution in page["executions"]}


def test_five_hundred_open_callbacks():
    """Each token brings its own execution to its end, whatever the order."""
    tokens = {}

    def ask(event, context):
        tokens[event["n"]] = event["token"]

    client = Client({"ask": ask}, skips_time=False)
    task = one_state(
        Type="Task",
        Resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
        Parameters={"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token", "n.$": "$.n"}},
        HeartbeatSeconds=600,
    )
    client.create(definition=task)

    async def story():
        arns = [
            client("StartExecution", stateMachineArn=f"{MACHINE}m", input=json.dumps({"n": n}))["executionArn"]
            for n in range(500)
        ]
        async with asyncio.timeout(PATIENCE):
            while len(tokens) < 500:
                await asyncio.sleep(0.001)
            for n in reversed(range(500)):
                await OPERATIONS["SendTaskHeartbeat"](client.service, client.account, {"taskToken": tokens[n]})
                await client("SendTaskSuccess", taskToken=tokens[n], output=str(n))
            for arn in arns:
                await client.service.wait_for(arn)
        return [client("DescribeExecution", executionArn=arn)["output"] for arn in arns]

    assert asyncio.run(story()) == [str(n) for n in range(500)]


def test_a_machine_that_starts_itself_twice_leaves_room_for_others(monkeypatch):
    """Its executions wait for their turns, and no more run than may; another machine is started and ends meanwhile."""
    monkeypatch.setattr(nested, "MAX_RUNNING", 50)
    start = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": f"{MACHINE}twice"},
        "Catch": [{"ErrorEquals": ["StepFunctions.ExecutionLimitExceeded"], "Next": "Wait"}],
    }
    twice = chain(A=start, B=start, Wait={"Type": "Wait", "Seconds": 1})
    client = Client(skips_time=False)
    client.create("twice", definition=twice)
    client.create("five", definition=json.loads(FIVE))

    async def story():
        client("StartExecution", stateMachineArn=f"{MACHINE}twice")
        most = 0
        async with asyncio.timeout(PATIENCE):
            while client.service.running < 50:
                await asyncio.sleep(0)
            for _ in range(20):
                other = client("StartExecution", stateMachineArn=f"{MACHINE}five")["executionArn"]
                await client.service.wait_for(other)
                most = max(most, client.service.running)
        assert client("DescribeExecution", executionArn=other)["status"] == "SUCCEEDED"
        await client.service.close()
        return most

    assert asyncio.run(story()) <= 51  # what somebody asks for is started nevertheless
