"""RedriveExecution at the endpoint."""

from __future__ import annotations

import asyncio
import json

import pytest
from conftest import PATIENCE, one_state, scripted
from test_operations import MACHINE, Client

from asl_engine.server.errors import ApiError
from asl_engine.store import MemoryStore

TASK = one_state(Type="Task", Resource="arn:aws:lambda:us-east-1:123456789012:function:f")
WAIT = one_state(Type="Wait", Seconds=3600)


async def ended(client, arn):
    async with asyncio.timeout(PATIENCE):
        await client.service.wait_for(arn)
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
        listed = client("ListExecutions", stateMachineArn=f"{MACHINE}m")["executions"]
        return failed, first, running, again, refused.value, done, listed

    failed, first, running, again, refused, done, listed = asyncio.run(story())
    assert (failed["status"], failed["redriveStatus"], failed["redriveCount"]) == ("FAILED", "REDRIVABLE", 0)
    assert running["status"] in ("RUNNING", "FAILED")
    assert first == again
    assert refused.code == "ExecutionNotRedrivable"
    assert (done["status"], done["output"], done["redriveCount"]) == ("SUCCEEDED", '{"ok":true}', 1)
    assert done["redriveDate"] == first["redriveDate"]
    assert "error" not in done
    assert [one["redriveCount"] for one in listed] == [1]


def test_a_token_is_answered_as_the_first_time_and_one_that_was_refused_can_be_used_later():
    """Whatever became of the execution since (recorded)."""
    client = Client({"f": scripted(ValueError(1), ValueError(2), "done")})
    client.create(definition=TASK)

    async def story():
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m")["executionArn"]
        await ended(client, arn)
        first = client("RedriveExecution", executionArn=arn, clientToken="a")
        with pytest.raises(ApiError):
            client("RedriveExecution", executionArn=arn, clientToken="b")
        failed = await ended(client, arn)
        again = client("RedriveExecution", executionArn=arn, clientToken="a")
        still = client("DescribeExecution", executionArn=arn)
        second = client("RedriveExecution", executionArn=arn, clientToken="b")
        succeeded = await ended(client, arn)
        after = [client("RedriveExecution", executionArn=arn, clientToken=token) for token in "ab"]
        with pytest.raises(ApiError) as refused:
            client("RedriveExecution", executionArn=arn, clientToken="c")
        return first, failed, again, still, second, succeeded, after, refused.value

    first, failed, again, still, second, succeeded, after, refused = asyncio.run(story())
    assert (again, failed) == (first, still)
    assert (succeeded["status"], succeeded["redriveCount"], after) == ("SUCCEEDED", 2, [first, second])
    why = "Execution is SUCCEEDED and cannot be redriven"
    assert refused.code == "ExecutionNotRedrivable"
    assert refused.message == f"Execution {succeeded['executionArn']} invalid for redrive as: {why}"


def test_a_fail_state_fails_again_in_real_time():
    """At once, as nothing waits."""
    client = Client(skips_time=False)
    client.create(definition={**one_state(Type="Fail", Error="E"), "TimeoutSeconds": 100})

    async def story():
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m")["executionArn"]
        await ended(client, arn)
        client("RedriveExecution", executionArn=arn)
        return await ended(client, arn)

    told = asyncio.run(story())
    assert (told["status"], told["error"], told["redriveCount"]) == ("FAILED", "E", 1)


class FailingOnce(MemoryStore):
    """A store that cannot be read when an execution asks it for the first time."""

    def __init__(self):
        super().__init__()
        self.problems = []

    def activity(self, arn):
        if self.problems:
            raise self.problems.pop()
        return super().activity(arn)


def test_what_broke_the_execution_itself_is_tried_again(capsys):
    """Something of the engine failed: nobody knows how to go on, until somebody redrives it."""
    store = FailingOnce()
    client = Client(store=store)
    arn = client("CreateActivity", name="sign")["activityArn"]
    client.create(definition=one_state(Type="Task", Resource=arn))
    store.problems.append(OSError("no room"))

    async def story():
        execution = client("StartExecution", stateMachineArn=f"{MACHINE}m")["executionArn"]
        failed = await ended(client, execution)
        client("RedriveExecution", executionArn=execution)
        work = await client("GetActivityTask", activityArn=arn)
        await client("SendTaskSuccess", taskToken=work["taskToken"], output='"done"')
        return failed, await ended(client, execution)

    failed, done = asyncio.run(story())
    assert (failed["status"], failed["error"]) == ("FAILED", "States.Runtime")
    assert "OSError: no room" in capsys.readouterr().err
    assert (done["status"], done.get("output")) == ("SUCCEEDED", '"done"')


def test_an_execution_keeps_the_definition_that_it_was_started_with():
    """Its redrive too, and what is told of its state machine (recorded)."""
    client = Client({"f": scripted(ValueError(), "done")})
    client.create(definition=TASK)

    async def story():
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m")["executionArn"]
        await ended(client, arn)
        before = client("DescribeStateMachineForExecution", executionArn=arn)
        role = "arn:aws:iam::123456789012:role/other"
        client("UpdateStateMachine", stateMachineArn=f"{MACHINE}m", definition=json.dumps(WAIT), roleArn=role)
        client("RedriveExecution", executionArn=arn)
        return before, await ended(client, arn), client("DescribeStateMachineForExecution", executionArn=arn)

    before, done, after = asyncio.run(story())
    assert (done["status"], after) == ("SUCCEEDED", before)
    assert "revisionId" not in before


def test_executions_of_a_state_machine_are_not_chosen_by_redrives():
    """Only those of a Map Run are (recorded)."""
    client = Client()
    client.create()
    refused = client.refusal("ListExecutions", stateMachineArn=f"{MACHINE}m", redriveFilter="REDRIVEN")

    assert refused == (
        "ValidationException: RedriveFilter cannot be applied to ListExecutions call with StateMachine ARN"
    )


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
        async with asyncio.timeout(PATIENCE):
            while len(tokens) < count:
                await asyncio.sleep(0.001)

    async def story():
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m")["executionArn"]
        await told(1)
        await client("StopExecution", executionArn=arn)
        client("RedriveExecution", executionArn=arn)
        await told(2)
        with pytest.raises(ApiError) as refused:
            await client("SendTaskSuccess", taskToken=tokens[0], output="1")
        await client("SendTaskSuccess", taskToken=tokens[1], output="2")
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
        redriven = client("ListExecutions", mapRunArn=listed["mapRunArn"], redriveFilter="REDRIVEN")["executions"]
        return before, done, client("DescribeMapRun", mapRunArn=listed["mapRunArn"]), children, child, redriven

    before, done, after, children, child, redriven = asyncio.run(story())
    assert (before["status"], before["itemCounts"]["failed"], before["redriveCount"]) == ("FAILED", 1, 0)
    assert (done["status"], done["output"]) == ("SUCCEEDED", "[1,2,3]")
    assert (after["status"], after["itemCounts"]["succeeded"], after["redriveCount"]) == ("SUCCEEDED", 3, 1)
    assert sorted(child["redriveCount"] for child in children) == [0, 0, 1]
    assert [one["executionArn"] for one in redriven] == [child["executionArn"]]


def test_express_children_start_anew_and_count_it():
    """They can be described, though other Express executions cannot; there is no time of the redrive (recorded)."""
    client = Client({"f": scripted(ValueError(), 1)})
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}
    shows = {"Type": "Pass", "Parameters": {"execution.$": "$$.Execution"}, "End": True}
    inner = json.loads(json.dumps(TASK).replace('"S"', '"T"'))
    inner["States"]["T"] = {**inner["States"]["T"], "Next": "U"}
    del inner["States"]["T"]["End"]
    inner["States"]["U"] = shows
    client.create(definition=one_state(Type="Map", ItemProcessor={**mode, **inner}))

    async def story():
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m", input="[1]")["executionArn"]
        await ended(client, arn)
        [run] = client("ListMapRuns", executionArn=arn)["mapRuns"]
        [child] = client("ListExecutions", mapRunArn=run["mapRunArn"])["executions"]
        failed = client("DescribeExecution", executionArn=child["executionArn"])
        client("RedriveExecution", executionArn=arn)
        await ended(client, arn)
        return failed, client("DescribeExecution", executionArn=child["executionArn"])

    failed, done = asyncio.run(story())
    assert (failed["status"], failed["redriveStatus"], failed["redriveCount"]) == ("FAILED", "REDRIVABLE_BY_MAP_RUN", 0)
    assert (done["status"], done["redriveStatus"], done["redriveCount"]) == ("SUCCEEDED", "NOT_REDRIVABLE", 1)
    assert "redriveDate" not in done
    context = json.loads(done["output"])["execution"]
    assert (context["RedriveCount"], "RedriveTime" in context) == (1, False)
    assert done["name"] == f"{context['Name']}:{context['Name']}"
