"""Races: many do things to the same executions at the same moments, and whoever is told that it was done relies on it.

A minute of it: `ASL_RACE_SECONDS=60 pytest tests/server/test_races.py`.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from random import Random

import pytest
from conftest import PATIENCE, chain, one_state
from test_operations import MACHINE, Client

from asl_engine.server.errors import ApiError

SECONDS = float(os.environ.get("ASL_RACE_SECONDS", "1"))
"""How long each race goes on."""

ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token", "name.$": "$$.Execution.Name"}},
}
LIMITED = chain(
    A={**ASK, "TimeoutSeconds": 1, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]}, B={"Type": "Succeed"}
)
ENDED = {"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"}


async def attempt(client, operation, **request):
    """Return the answer, or the code of the refusal."""
    try:
        answer = client(operation, **request)
        return await answer if asyncio.iscoroutine(answer) else answer
    except ApiError as problem:
        return problem.code


def events_of(client, arn):
    events, token = [], {}
    while True:
        page = client("GetExecutionHistory", executionArn=arn, maxResults=1000, **token)
        events += page["events"]
        if "nextToken" not in page:
            return events
        token = {"nextToken": page["nextToken"]}


def check_history(events):
    """Whatever happened, a history is in order, and has one end."""
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    ends = [event["type"] for event in events if event["type"].startswith("Execution")]
    for start, end in zip(ends[::2], ends[1::2], strict=True):
        assert start in ("ExecutionStarted", "ExecutionRedriven")
        assert end in ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")


@pytest.mark.parametrize("kind", ["def", "async def"])
def test_an_answer_at_the_deadline_counts_or_is_refused(kind):
    """Who is told 200 is in the history; who comes too late learns it. Both happen."""
    tokens: dict[str, asyncio.Future] = {}
    verdicts = {"counts": 0, "refused": 0}

    def hand(event, context):
        future = tokens[event["name"]]
        loop.call_soon_threadsafe(future.set_result, (event["token"], time.time()))

    async def hand_async(event, context):
        tokens[event["name"]].set_result((event["token"], time.time()))

    client = Client({"ask": hand if kind == "def" else hand_async}, skips_time=False)
    client.create(definition=LIMITED)

    async def one(name, random, early):
        tokens[name] = asyncio.get_running_loop().create_future()
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m", name=name)["executionArn"]
        ended = asyncio.ensure_future(client.service.wait_for(arn, PATIENCE))
        await asyncio.wait({tokens[name], ended}, return_when=asyncio.FIRST_COMPLETED)
        if not tokens[name].done():  # so busy a machine that the time was over before the function was called
            return
        token, began = tokens[name].result()
        await asyncio.sleep(began + 1 + random.uniform(-early, 0.05) - time.time())
        sent = [attempt(client, "SendTaskSuccess", taskToken=token, output=f'{{"n": {n}}}') for n in range(2)]
        told = await asyncio.gather(*sent)
        await ended
        events = events_of(client, arn)
        check_history(events)
        outputs = [event["taskSucceededEventDetails"]["output"] for event in events if event["type"] == "TaskSucceeded"]
        assert [json.loads(output)["n"] for output in outputs] == [n for n in range(2) if told[n] == {}]
        assert all(answer in ({}, "TaskTimedOut") for answer in told)
        verdicts["counts" if {} in told else "refused"] += 1

    async def story():
        nonlocal loop
        loop, end, number = asyncio.get_running_loop(), time.monotonic() + SECONDS, 0
        late = end + PATIENCE  # a machine that is busy is late with all of the first answers, so later ones are sooner
        while not number or time.monotonic() < end or (not all(verdicts.values()) and time.monotonic() < late):
            early = min(0.3 + number / 500, 0.9)
            await asyncio.gather(*(one(f"r{number + n}", Random(number + n), early) for n in range(100)))
            number += 100

    loop = None
    asyncio.run(story())

    assert all(verdicts.values()), verdicts


@pytest.mark.parametrize("skips_time", [False, True])
def test_everything_at_once(skips_time):
    """Starts with the same names, answers, stops, redrives and updates: no name twice, no answer lost, one end each."""
    tokens: list[tuple[str, str]] = []

    async def ask(event, context):
        tokens.append((event["name"], event["token"]))

    client = Client({"ask": ask}, skips_time=skips_time)
    waits = one_state(**ASK, TimeoutSeconds=3600) | {"TimeoutSeconds": 7200}
    client.create(definition=waits)
    started, counted = {}, []

    async def start(random):
        name = f"n{random.randrange(200)}"
        request = {"stateMachineArn": f"{MACHINE}m", "name": name, "input": json.dumps(random.randrange(2))}
        answer = await attempt(client, "StartExecution", **request)
        if answer == "ExecutionAlreadyExists":
            assert name in started
        else:
            assert started.setdefault(name, answer["startDate"]) == answer["startDate"]

    async def answer(random):
        if tokens:
            name, token = random.choice(tokens)
            if await attempt(client, "SendTaskSuccess", taskToken=token, output=json.dumps(token)) == {}:
                counted.append((name, token))

    async def stop(random):
        if started and random.random() < 0.3:
            await attempt(client, "StopExecution", executionArn=arn_of(random.choice(list(started))))

    async def redrive(random):
        if started:
            await attempt(client, "RedriveExecution", executionArn=arn_of(random.choice(list(started))))

    async def update(random):
        await attempt(client, "UpdateStateMachine", stateMachineArn=f"{MACHINE}m", definition=json.dumps(
            waits | {"Comment": str(random.random())}
        ))  # fmt: skip

    def arn_of(name):
        return f"{MACHINE.replace('stateMachine', 'execution')}m:{name}"

    async def worker(random, end):
        while time.monotonic() < end:
            await random.choice([start, start, answer, answer, stop, redrive, update])(random)
            await asyncio.sleep(random.choice([0, 0, 0.001]))

    async def story():
        end = time.monotonic() + SECONDS
        await asyncio.gather(*(worker(Random(seed), end) for seed in range(20)))
        for name in started:
            await attempt(client, "StopExecution", executionArn=arn_of(name))

    asyncio.run(story())

    assert started
    assert counted
    answers = [f"{name} {json.dumps(token)}" for name, token in counted]
    assert len(answers) == len(set(answers))
    for name in started:
        assert client("DescribeExecution", executionArn=arn_of(name))["status"] in ENDED
        events = events_of(client, arn_of(name))
        check_history(events)
        succeeded = [
            event["taskSucceededEventDetails"]["output"] for event in events if event["type"] == "TaskSucceeded"
        ]
        assert sorted(succeeded) == sorted(json.dumps(token) for mine, token in counted if mine == name)
