"""Work that somebody outside does: task tokens and activities. Executions run on the real event loop."""

from __future__ import annotations

import asyncio
import json

import pytest
from conftest import PATIENCE, one_state
from test_operations import MACHINE, Client

from asl_engine.server.errors import ApiError
from asl_engine.server.operations import OPERATIONS

ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:sign"
TOKENS: list[str] = []


def keep_token(event, context):
    """Stand for a queue: somebody else finds the token there."""
    TOKENS.append(event["token"])


ASK = one_state(
    Type="Task",
    Resource="arn:aws:states:::lambda:invoke.waitForTaskToken",
    Parameters={"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
)
SIGN = one_state(Type="Task", Resource=ACTIVITY)


@pytest.fixture
def client():
    TOKENS.clear()
    return Client({"ask": keep_token}, skips_time=False)


def story(client, definition, tell):
    """Start an execution, do what `tell` says outside, and return how the execution ended and its history."""

    async def go():
        client("CreateActivity", name="sign")
        client.create(definition=definition)
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m", input='{"n": 1}')["executionArn"]
        async with asyncio.timeout(PATIENCE):
            await tell()
            while client.service.store.execution(arn).stopped_at is None:
                await asyncio.sleep(0.001)
        return client("DescribeExecution", executionArn=arn), client("GetExecutionHistory", executionArn=arn)["events"]

    return asyncio.run(go())


async def token():
    """Wait until the function has been called with the token."""
    while not TOKENS:
        await asyncio.sleep(0.001)
    return TOKENS[-1]


async def scheduled(client):
    """Wait until the work of the activity is in its queue."""
    (live,) = client.service.live.values()
    while not live.driver.answers.handed_out:
        await asyncio.sleep(0.001)


def types(events):
    return [event["type"] for event in events]


def refused(client, operation, **request):
    with pytest.raises(ApiError) as problem:
        client(operation, **request).send(None)  # what is refused at once does not wait
    return problem.value.code


def test_a_token_brings_the_result(client):
    """Once: the second answer comes too late, as does any answer to an execution that is over."""

    async def tell():
        await client("SendTaskHeartbeat", taskToken=await token())
        await client("SendTaskSuccess", taskToken=await token(), output='{"yes": true}')
        assert "TaskTimedOut" == refused(client, "SendTaskSuccess", taskToken=await token(), output="1")

    done, events = story(client, ASK, tell)

    assert '{"yes": true}' == done["output"]
    assert ["TaskSubmitted", "TaskSucceeded"] == types(events)[4:6]
    assert "TaskTimedOut" == refused(client, "SendTaskFailure", taskToken=TOKENS[0])


def test_a_token_brings_a_failure_without_name_or_cause(client):
    async def tell():
        await client("SendTaskFailure", taskToken=await token())

    done, events = story(client, ASK, tell)

    assert ("FAILED", {}) == (done["status"], {name: done[name] for name in ("error", "cause") if name in done})
    assert {"resourceType": "lambda", "resource": "invoke.waitForTaskToken"} == events[5]["taskFailedEventDetails"]


def test_a_token_that_nobody_gave_out_and_an_output_that_is_no_json(client):
    """The token comes first, then the output, then whether it is too late (recorded, September 2026)."""

    async def tell():
        assert "InvalidToken" == refused(client, "SendTaskSuccess", taskToken="x", output="{")
        with pytest.raises(ApiError, match=r"Invalid Output: '\{' is not valid JSON\."):
            await client("SendTaskSuccess", taskToken=await token(), output="{")
        await client("SendTaskSuccess", taskToken=await token(), output="1")

    assert "1" == story(client, ASK, tell)[0]["output"]
    assert "InvalidOutput" == refused(client, "SendTaskSuccess", taskToken=TOKENS[0], output="{")


def test_the_limits_of_an_activity_count_from_when_a_worker_takes_it_up(client):
    """As long as it is in the queue, no time passes for it (recorded, September 2026)."""
    tokens = []

    def limits():
        (live,) = client.service.live.values()
        names = [op.rpartition("/")[2] for op in live.kernel.waiting]
        return [name for name in names if name in ("timeout", "heartbeat")]

    async def tell():
        await scheduled(client)
        assert [] == limits()
        request = {"activityArn": ACTIVITY}
        tokens.append((await OPERATIONS["GetActivityTask"](client.service, client.account, request))["taskToken"])
        while not limits():
            await asyncio.sleep(0.001)
        assert ["timeout", "heartbeat"] == limits()
        await client("SendTaskSuccess", taskToken=tokens[0], output="1")

    done, _ = story(client, one_state(Type="Task", Resource=ACTIVITY, TimeoutSeconds=60, HeartbeatSeconds=30), tell)

    assert "SUCCEEDED" == done["status"]
    with pytest.raises(ApiError, match=f"Task Timed Out: '{ACTIVITY}'"):
        asyncio.run(client("SendTaskHeartbeat", taskToken=tokens[0]))


def test_a_worker_asks_for_work_and_does_it(client):
    """History tells the worker's name; what the worker gets is the task's input."""

    async def tell():
        task = await OPERATIONS["GetActivityTask"](
            client.service, client.account, {"activityArn": ACTIVITY, "workerName": "Ada"}
        )
        assert {"n": 1} == json.loads(task["input"])
        await client("SendTaskSuccess", taskToken=task["taskToken"], output='"signed"')

    done, events = story(client, SIGN, tell)

    assert '"signed"' == done["output"]
    assert ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"] == types(events)[2:5]
    assert {"workerName": "Ada"} == events[3]["activityStartedEventDetails"]


def test_a_worker_that_goes_away_leaves_the_work_to_the_next(client):
    """The question was asked before there was work, and given up when the work came."""

    async def tell():
        def ask():
            return OPERATIONS["GetActivityTask"](client.service, client.account, {"activityArn": ACTIVITY})

        await scheduled(client)
        token = client.service.store.take_task(ACTIVITY)
        gone, stays = asyncio.create_task(ask()), asyncio.create_task(ask())
        await asyncio.sleep(0)
        client.service.store.add_token(token)
        client.service.workers.wake(ACTIVITY)
        gone.cancel()
        task = await stays
        await client("SendTaskSuccess", taskToken=task["taskToken"], output="2")

    assert "2" == story(client, SIGN, tell)[0]["output"]


def test_activities_come_and_go(client):
    made = client("CreateActivity", name="sign", tags=[{"key": "team", "value": "x"}])

    assert made == client("CreateActivity", name="sign")
    assert "sign" == client("DescribeActivity", activityArn=ACTIVITY)["name"]
    assert [ACTIVITY] == [one["activityArn"] for one in client("ListActivities")["activities"]]
    assert [{"key": "team", "value": "x"}] == client("ListTagsForResource", resourceArn=ACTIVITY)["tags"]
    assert {} == client("DeleteActivity", activityArn=ACTIVITY) == client("DeleteActivity", activityArn=ACTIVITY)
    assert "ActivityDoesNotExist" == refused(client, "DescribeActivity", activityArn=ACTIVITY)
    assert "InvalidName" == refused(client, "CreateActivity", name="a/b")


def test_an_execution_is_stopped_with_all_that_waits_in_it(client):
    async def tell():
        await token()
        arn = next(iter(client.service.live))
        stop = {"executionArn": arn, "error": "Enough", "cause": "no time"}
        await OPERATIONS["StopExecution"](client.service, client.account, stop)
        assert "TaskTimedOut" == refused(client, "SendTaskSuccess", taskToken=TOKENS[0], output="1")

    done, events = story(client, ASK, tell)

    assert ("ABORTED", "Enough", "no time") == (done["status"], done["error"], done["cause"])
    assert "ExecutionAborted" == events[-1]["type"]


def test_an_activity_that_does_not_exist_is_never_scheduled(client):
    """The state fails at once (recorded)."""

    async def delete():
        client("DeleteActivity", activityArn=ACTIVITY)

    described, events = story(client, SIGN, delete)

    assert described["status"] == "FAILED"
    assert described["cause"].endswith(f"The activity {ACTIVITY} does not exist.")
    assert [event["type"] for event in events] == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


def test_a_token_that_is_over_is_remembered_without_its_input(client):
    """Ten thousand are, and each input could be large."""

    async def tell():
        await client("SendTaskSuccess", taskToken=await token(), output="1")

    story(client, ASK, tell)

    assert client.service.store.token(TOKENS[0]).input_text == ""
