"""The endpoint keeps what it promises and no more: what its store has no room for is refused, or makes others go."""

from __future__ import annotations

import asyncio
import json

import pytest
from conftest import PATIENCE, chain, one_state, scripted
from test_operations import EXECUTION, MACHINE, ROLE, WAIT, Client

from asl_engine.server import publishing
from asl_engine.server.errors import ApiError
from asl_engine.server.operations import executions
from asl_engine.store import MemoryStore

OTHER = f"{ROLE}2"

ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:sign"
LARGE = json.dumps("x" * 50_000)


def full():
    """Return a client whose store is filled with executions that wait."""
    client = Client(store=MemoryStore(max_memory=300_000), skips_time=False)
    client.create(definition=WAIT)
    client("CreateActivity", name="sign")
    client("PublishStateMachineVersion", stateMachineArn=f"{MACHINE}m")
    return client


async def fill(client):
    for _ in range(3):
        client("StartExecution", stateMachineArn=f"{MACHINE}m", input=LARGE)


ROUTES = [{"stateMachineVersionArn": f"{MACHINE}m:1", "weight": 100}]


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("StartExecution", {"stateMachineArn": f"{MACHINE}m"}, "ExecutionLimitExceeded"),
        ("CreateStateMachine", {"name": "n", "definition": WAIT, "roleArn": ROLE}, "StateMachineLimitExceeded"),
        ("UpdateStateMachine", {"stateMachineArn": f"{MACHINE}m", "roleArn": OTHER}, "ServiceQuotaExceededException"),
        ("CreateStateMachineAlias", {"name": "a", "routingConfiguration": ROUTES}, "ServiceQuotaExceededException"),
        ("CreateActivity", {"name": "b"}, "ActivityLimitExceeded"),
        ("TagResource", {"resourceArn": f"{MACHINE}m", "tags": [{"key": "k", "value": "v"}]}, "TooManyTags"),
    ],
)
def test_a_full_store_refuses_in_the_words_of_the_operation(operation, request_, code):
    """Also inputs of executions that run take room; what was there is as it was, and can be read and deleted."""
    client = full()

    async def story():
        await fill(client)
        before = client("DescribeStateMachine", stateMachineArn=f"{MACHINE}m")
        with pytest.raises(ApiError) as refused:
            client(operation, **request_)
        assert before == client("DescribeStateMachine", stateMachineArn=f"{MACHINE}m")
        client("UntagResource", resourceArn=f"{MACHINE}m", tagKeys=["k"])
        client("DeleteActivity", activityArn=ACTIVITY)
        await client.service.close()
        return str(refused.value)

    assert f"{code}: what is remembered takes 3" in asyncio.run(story())


@pytest.mark.parametrize("how", ["UpdateStateMachine", "PublishStateMachineVersion"])
def test_no_operation_makes_more_versions_than_a_machine_may_have(monkeypatch, how):
    monkeypatch.setattr(publishing, "MAX_VERSIONS", 2)
    client = Client()
    client.create(publish=True)
    machine = {"stateMachineArn": f"{MACHINE}m"}
    client("UpdateStateMachine", **machine, roleArn=OTHER, publish=True)
    client("UpdateStateMachine", **machine, roleArn=OTHER, publish=True)
    client("UpdateStateMachine", **machine, roleArn=f"{ROLE}3")
    more = {"roleArn": f"{ROLE}3", "publish": True} if how == "UpdateStateMachine" else {}

    assert "ServiceQuotaExceededException: A state machine has at most 2" in client.refusal(how, **machine, **more)
    client("DeleteStateMachineVersion", stateMachineVersionArn=f"{MACHINE}m:1")
    assert client(how, **machine, **more)["stateMachineVersionArn"].endswith("m:3")


def test_work_of_an_execution_that_lost_its_name_answers_no_other():
    """The machine is deleted and made again, and an execution of it has the name: an old token is over."""
    client = Client(skips_time=False)
    client("CreateActivity", name="sign")
    definition = one_state(Type="Task", Resource=ACTIVITY, TimeoutSeconds=3600)

    async def story():
        tokens = []
        for _ in range(2):
            client.create(definition=definition)
            client("StartExecution", stateMachineArn=f"{MACHINE}m", name="e")
            task = await client("GetActivityTask", activityArn=ACTIVITY)
            tokens.append(task["taskToken"])
            if len(tokens) == 1:
                client("DeleteStateMachine", stateMachineArn=f"{MACHINE}m")
                await client("StopExecution", executionArn=f"{EXECUTION}m:e")
        with pytest.raises(ApiError, match="TaskTimedOut"):
            await client("SendTaskSuccess", taskToken=tokens[0], output="1")
        await client("SendTaskSuccess", taskToken=tokens[1], output="2")
        await client.service.wait_for(f"{EXECUTION}m:e", PATIENCE)
        described = client("DescribeExecution", executionArn=f"{EXECUTION}m:e")
        await client.service.close()
        return described["output"]

    assert "2" == asyncio.run(story())


def test_children_that_a_redrive_would_go_on_with_take_room():
    """A Map Run whose children failed is kept with them: more than its row and its history."""
    client = Client({"f": scripted(*[ValueError()] * 3)})
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    task = one_state(Type="Task", Resource="arn:aws:lambda:us-east-1:123456789012:function:f")
    client.create(definition=chain(M={"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": mode | task}))
    failed = client.run(input=json.dumps(["x" * 30_000]))
    row = client.service.store.execution(failed["executionArn"])

    assert "FAILED" == row.status
    assert row.memory > 30_000


def test_children_make_room_in_what_is_alive_too():
    """A Map Run of many children, each of which makes an execution go: nothing of those stays."""
    client = Client({"f": scripted(*[ValueError()] * 5)}, store=MemoryStore(max_executions=4))
    task = one_state(Type="Task", Resource="arn:aws:lambda:us-east-1:123456789012:function:f")
    client.create("fails", definition=task)
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    client.create(definition=chain(M={"Type": "Map", "ItemProcessor": mode | chain(P={"Type": "Pass"})}))
    for _ in range(3):
        client.run(stateMachineArn=f"{MACHINE}fails")
    client.run(input=json.dumps(list(range(20))))

    assert {} == client.service.live


@pytest.mark.parametrize("is_reverse", [False, True])
def test_a_page_of_a_history_is_of_bounded_length(monkeypatch, is_reverse):
    """It has fewer events than were asked for where those are long; all come, each once, in their order."""
    monkeypatch.setattr(executions, "MAX_PAGE", 120_000)
    client = Client()
    client.create(definition=chain(**{name: {"Type": "Pass"} for name in "ABCD"}))
    done = client.run(input=LARGE)
    request, pages = {"executionArn": done["executionArn"], "maxResults": 1000, "reverseOrder": is_reverse}, []
    while True:
        page = client("GetExecutionHistory", **request)
        pages.append([event["id"] for event in page["events"]])
        if "nextToken" not in page:
            break
        request["nextToken"] = page["nextToken"]

    ids = [number for page in pages for number in page]
    assert list(range(1, 11)) == (ids[::-1] if is_reverse else ids)
    assert {2} == set(map(len, pages))
