"""Map Runs at the endpoint: children have ARNs, histories and ends of their own, and limits can be changed."""

from __future__ import annotations

import asyncio
import json

import pytest
from conftest import PATIENCE, one_state
from test_operations import EXECUTION, MACHINE, Client

from asl_engine.server.errors import ApiError

WAITS = {"StartAt": "W", "States": {"W": {"Type": "Wait", "SecondsPath": "$", "End": True}}}


def mapped(processor=WAITS, kind="STANDARD", **fields):
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}}
    return one_state(Type="Map", Label="L", ItemProcessor={**mode, **processor}, **fields)


async def started(client, items):
    """Start an execution; return its ARN when its Map Run has begun."""
    arn = client("StartExecution", stateMachineArn=f"{MACHINE}m", input=json.dumps(items))["executionArn"]
    async with asyncio.timeout(PATIENCE):
        while not client("ListMapRuns", executionArn=arn)["mapRuns"]:
            await asyncio.sleep(0.001)
    return arn


def test_a_finished_run_tells_of_its_children():
    client = Client(skips_time=True)
    client.create(definition=mapped())
    done = client.run(input="[1, 2, 3]")
    [listed] = client("ListMapRuns", executionArn=done["executionArn"])["mapRuns"]
    run = client("DescribeMapRun", mapRunArn=listed["mapRunArn"])

    assert listed["stateMachineArn"] == f"{MACHINE}m/L"
    assert (run["status"], run["maxConcurrency"], run["executionArn"]) == ("SUCCEEDED", 10_000, done["executionArn"])
    assert (run["itemCounts"]["succeeded"], run["executionCounts"]["total"]) == (3, 3)
    assert run["itemCounts"]["resultsWritten"] == 3  # also where no file is written (recorded, September 2026)
    children = client("ListExecutions", mapRunArn=listed["mapRunArn"])["executions"]
    assert [child["itemCount"] for child in children] == [1, 1, 1]
    child = client("DescribeExecution", executionArn=children[0]["executionArn"])
    assert child["mapRunArn"] == listed["mapRunArn"]
    assert child["stateMachineArn"] == f"{MACHINE}m/L"
    assert child["executionArn"].startswith(f"{EXECUTION}m/L:")
    events = client("GetExecutionHistory", executionArn=child["executionArn"])["events"]
    assert [event["type"] for event in events][-1] == "ExecutionSucceeded"
    assert len(client("ListExecutions", stateMachineArn=f"{MACHINE}m")["executions"]) == 1


@pytest.mark.parametrize("label", ["L", None])
def test_the_machine_of_a_child_is_the_processor(label):
    """Without what says how it is run; its ARN and its label are the Map's (recorded, September 2026)."""
    definition = mapped()
    if label is None:
        del definition["States"]["S"]["Label"]
    client = Client(skips_time=True)
    client.create(definition=definition)
    done = client.run(input="[1]")
    [listed] = client("ListMapRuns", executionArn=done["executionArn"])["mapRuns"]
    [child] = client("ListExecutions", mapRunArn=listed["mapRunArn"])["executions"]

    described = client("DescribeStateMachineForExecution", executionArn=child["executionArn"])

    made = listed["mapRunArn"].rpartition("/")[2].partition(":")[0]
    assert WAITS == json.loads(described["definition"])
    assert {"stateMachineArn": f"{MACHINE}m/{made}", "name": "m", "label": label or made} == {
        name: described[name] for name in ("stateMachineArn", "name", "label")
    }
    assert listed["mapRunArn"] == described["mapRunArn"]
    again = client("DescribeStateMachine", stateMachineArn=f"{MACHINE}m/{made}")
    assert (described["definition"], "ACTIVE", label or made) == (again["definition"], again["status"], again["label"])
    refusal = client.refusal("DescribeStateMachine", stateMachineArn=f"{MACHINE}m/Other")
    assert refusal == f"StateMachineDoesNotExist: State Machine Does Not Exist: '{MACHINE}m/Other'"


def test_the_map_inside_a_child_has_labels_of_both():
    inner = mapped()["States"]["S"] | {"Label": "Inner"}
    client = Client(skips_time=True)
    client.create(definition=mapped(processor={"StartAt": "I", "States": {"I": inner}}))
    done = client.run(input="[[1]]")
    [outer_run] = client("ListMapRuns", executionArn=done["executionArn"])["mapRuns"]
    [outer] = client("ListExecutions", mapRunArn=outer_run["mapRunArn"])["executions"]
    [inner_run] = client("ListMapRuns", executionArn=outer["executionArn"])["mapRuns"]
    [child] = client("ListExecutions", mapRunArn=inner_run["mapRunArn"])["executions"]

    described = client("DescribeStateMachineForExecution", executionArn=child["executionArn"])

    assert (WAITS, "Inner") == (json.loads(described["definition"]), described["label"])


def test_limits_change_while_it_runs():
    """One at a time becomes three at a time; the counts are right at every moment."""
    client = Client(skips_time=False)
    client.create(definition=mapped(MaxConcurrency=1))

    async def story():
        arn = await started(client, [60] * 5)
        [listed] = client("ListMapRuns", executionArn=arn)["mapRuns"]
        before = client("DescribeMapRun", mapRunArn=listed["mapRunArn"])
        client("UpdateMapRun", mapRunArn=listed["mapRunArn"], maxConcurrency=3, toleratedFailureCount=2)
        async with asyncio.timeout(PATIENCE):
            while (after := client("DescribeMapRun", mapRunArn=listed["mapRunArn"]))["maxConcurrency"] != 3:
                await asyncio.sleep(0.001)
        await client("StopExecution", executionArn=arn)
        return before, after, client("DescribeMapRun", mapRunArn=listed["mapRunArn"])

    before, after, ended = asyncio.run(story())
    assert (before["status"], before["itemCounts"]["running"], before["itemCounts"]["pending"]) == ("RUNNING", 1, 4)
    assert (after["maxConcurrency"], after["toleratedFailureCount"], after["itemCounts"]["running"]) == (3, 2, 3)
    assert (ended["status"], ended["itemCounts"]["aborted"]) == ("ABORTED", 3)


def test_a_child_can_be_stopped():
    """It counts as aborted, and fails a run that tolerates nothing."""
    client = Client(skips_time=False)
    client.create(definition=mapped())

    async def story():
        arn = await started(client, [60, 60])
        [listed] = client("ListMapRuns", executionArn=arn)["mapRuns"]
        children = client("ListExecutions", mapRunArn=listed["mapRunArn"], statusFilter="RUNNING")["executions"]
        await client("StopExecution", executionArn=children[0]["executionArn"], error="Enough")
        child = client("DescribeExecution", executionArn=children[0]["executionArn"])
        await client("StopExecution", executionArn=arn)
        return child

    child = asyncio.run(story())
    assert (child["status"], child["error"]) == ("ABORTED", "Enough")


def test_what_is_no_map_run_is_refused():
    client = Client()
    nowhere = "arn:aws:states:us-east-1:123456789012:mapRun:m/L:x"

    for operation in ("DescribeMapRun", "UpdateMapRun"):
        with pytest.raises(ApiError) as refused:
            client(operation, mapRunArn=nowhere, **({"maxConcurrency": 1} if operation == "UpdateMapRun" else {}))
        assert refused.value.code == "ResourceNotFound"
    with pytest.raises(ApiError) as refused:
        client("ListExecutions", mapRunArn=nowhere)
    assert refused.value.code == "ResourceNotFound"
