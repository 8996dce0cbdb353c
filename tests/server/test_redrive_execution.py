"""RedriveExecution at the endpoint."""

from __future__ import annotations

import asyncio
import json

import pytest
from conftest import one_state, scripted
from test_operations import MACHINE, Client

from asl_engine.server.errors import ApiError

TASK = one_state(Type="Task", Resource="arn:aws:lambda:us-east-1:123456789012:function:f")
WAIT = one_state(Type="Wait", Seconds=3600)


async def ended(client, arn):
    async with asyncio.timeout(5):
        await client.service.runs[arn].ended.wait()
    return client("DescribeExecution", executionArn=arn)


def test_a_failed_execution_goes_on():
    client = Client({"f": scripted(ValueError("no"), {"ok": True})})
    client.create(definition=TASK)

    async def story():
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m")["executionArn"]
        failed = await ended(client, arn)
        first = client("RedriveExecution", executionArn=arn, clientToken="t1")
        running = client("DescribeExecution", executionArn=arn)
        again = client("RedriveExecution", executionArn=arn, clientToken="t1")
        with pytest.raises(ApiError) as refused:
            client("RedriveExecution", executionArn=arn, clientToken="t2")
        done = await ended(client, arn)
        listed = client("ListExecutions", stateMachineArn=f"{MACHINE}m", redriveFilter="REDRIVEN")["executions"]
        others = client("ListExecutions", stateMachineArn=f"{MACHINE}m", redriveFilter="NOT_REDRIVEN")["executions"]
        return failed, first, running, again, refused.value, done, listed, others

    failed, first, running, again, refused, done, listed, others = asyncio.run(story())
    assert (failed["status"], failed["redriveStatus"], failed["redriveCount"]) == ("FAILED", "REDRIVABLE", 0)
    assert running["status"] in ("RUNNING", "FAILED")
    assert first == again
    assert refused.code == "ExecutionNotRedrivable"
    assert (done["status"], done["output"], done["redriveCount"]) == ("SUCCEEDED", '{"ok":true}', 1)
    assert done["redriveDate"] == first["redriveDate"]
    assert "error" not in done
    assert [one["redriveCount"] for one in listed] == [1]
    assert others == []


def test_a_stopped_execution_goes_on_and_its_old_token_is_worthless():
    """What waited outside is asked for again, under another token."""
    tokens = []
    client = Client({"ask": lambda event, _: tokens.append(event["t"])}, skips_time=False)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "ask", "Payload": {"t.$": "$$.Task.Token"}},
    }
    client.create(definition=one_state(**task))

    async def told(count):
        async with asyncio.timeout(5):
            while len(tokens) < count:
                await asyncio.sleep(0.001)

    async def story():
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m")["executionArn"]
        await told(1)
        await client("StopExecution", executionArn=arn)
        client("RedriveExecution", executionArn=arn)
        await told(2)
        with pytest.raises(ApiError) as refused:
            client("SendTaskSuccess", taskToken=tokens[0], output="1")
        client("SendTaskSuccess", taskToken=tokens[1], output="2")
        return refused.value.code, await ended(client, arn)

    code, done = asyncio.run(story())
    assert code == "TaskTimedOut"
    assert (done["status"], done["output"]) == ("SUCCEEDED", "2")


@pytest.mark.parametrize(
    ("definition", "reason"),
    [(one_state(Type="Pass"), "Execution is SUCCEEDED and cannot be redriven"), (WAIT, "Execution is RUNNING")],
)
def test_what_cannot_be_redriven_says_why(definition, reason):
    client = Client(skips_time=False)
    client.create(definition=definition)

    async def story():
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m")["executionArn"]
        if definition is not WAIT:
            await ended(client, arn)
        described = client("DescribeExecution", executionArn=arn)
        with pytest.raises(ApiError) as refused:
            client("RedriveExecution", executionArn=arn)
        return described, refused.value

    described, refused = asyncio.run(story())
    assert described["redriveStatus"] == "NOT_REDRIVABLE"
    assert described["redriveStatusReason"].startswith(reason)
    assert (refused.code, reason in refused.message) == ("ExecutionNotRedrivable", True)


def test_a_map_run_is_redriven_with_its_execution():
    client = Client({"f": scripted(ValueError(), 1, 2, 3)})
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    inner = json.loads(json.dumps(TASK).replace('"S"', '"T"'))
    client.create(definition=one_state(Type="Map", MaxConcurrency=1, ItemProcessor={**mode, **inner}))

    async def story():
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m", input="[1, 2, 3]")["executionArn"]
        await ended(client, arn)
        [listed] = client("ListMapRuns", executionArn=arn)["mapRuns"]
        before = client("DescribeMapRun", mapRunArn=listed["mapRunArn"])
        [child] = client("ListExecutions", mapRunArn=listed["mapRunArn"])["executions"]
        with pytest.raises(ApiError):
            client("RedriveExecution", executionArn=child["executionArn"])
        client("RedriveExecution", executionArn=arn)
        done = await ended(client, arn)
        children = client("ListExecutions", mapRunArn=listed["mapRunArn"], statusFilter="SUCCEEDED")["executions"]
        return before, done, client("DescribeMapRun", mapRunArn=listed["mapRunArn"]), children

    before, done, after, children = asyncio.run(story())
    assert (before["status"], before["itemCounts"]["failed"], before["redriveCount"]) == ("FAILED", 1, 0)
    assert (done["status"], done["output"]) == ("SUCCEEDED", "[1,2,3]")
    assert (after["status"], after["itemCounts"]["succeeded"], after["redriveCount"]) == ("SUCCEEDED", 3, 1)
    assert sorted(child["redriveCount"] for child in children) == [0, 0, 1]
