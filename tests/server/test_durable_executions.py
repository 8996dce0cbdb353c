"""Executions that outlive the process: a service on a file is killed, and another one goes on."""

from __future__ import annotations

import asyncio
import json
import time

from conftest import PATIENCE, chain

from asl_engine import Functions
from asl_engine.server.account import Account
from asl_engine.server.logs import Logs
from asl_engine.server.operations import OPERATIONS
from asl_engine.server.start import service_for
from asl_engine.store.sqlite import SqliteStore

MINE = Account("123456789012", "us-east-1")
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
ROLE = "arn:aws:iam::123456789012:role/r"
TASK = {"Type": "Task", "Resource": "f"}
ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
}


class Life:
    """One process of several on a file: a service, and its end without a word."""

    def __init__(self, path, functions, skips_time=False):
        self.service = service_for(Functions.of(functions), None, skips_time, store=SqliteStore(path, "normal"))

    async def __aenter__(self):
        await self.service.open()
        return self

    async def __aexit__(self, *problem):
        for task in self.service._tasks:
            task.cancel()
        await asyncio.gather(*self.service._tasks, return_exceptions=True)
        self.service.store.close()

    async def __call__(self, operation, **request):
        answer = OPERATIONS[operation](self.service, MINE, request)
        answer = await answer if asyncio.iscoroutine(answer) else answer
        saved = self.service.store.saved()
        if saved is not None:
            await saved
        return answer

    async def start(self, definition, **request):
        text = json.dumps(definition)
        await self("CreateStateMachine", name="m", definition=text, roleArn=ROLE)
        return (await self("StartExecution", stateMachineArn=MACHINE, **request))["executionArn"]

    async def until(self, arn, condition):
        """Wait until the history of an execution has what is looked for; return it."""
        async with asyncio.timeout(PATIENCE):
            while True:
                events = (await self("GetExecutionHistory", executionArn=arn, maxResults=1000))["events"]
                if condition([event["type"] for event in events]):
                    return events
                await asyncio.sleep(0.002)

    async def end(self, arn):
        async with asyncio.timeout(PATIENCE):
            while (described := await self("DescribeExecution", executionArn=arn))["status"] == "RUNNING":
                await asyncio.sleep(0.002)
        return described


def test_an_execution_goes_on_in_the_next_process(tmp_path):
    """What was done is not done again; what was under way is, with the same id, and history is one."""
    calls = []

    async def f(event, context):
        calls.append(context.aws_request_id)
        if len(calls) == 2:
            await asyncio.sleep(3600)  # the process dies while it works
        return {"n": event["n"] + 1}

    async def story():
        async with Life(tmp_path / "store", {"f": f}) as life:
            arn = await life.start(chain(A=TASK, B=TASK, C=TASK), input='{"n": 1}')
            before = await life.until(arn, lambda types: types.count("LambdaFunctionScheduled") == 2)
        async with Life(tmp_path / "store", {"f": f}) as life:
            described = await life.end(arn)
            return before, described, await life.until(arn, lambda types: True)

    before, described, after = asyncio.run(story())
    assert ("SUCCEEDED", '{"n":4}') == (described["status"], described["output"])
    assert after[: len(before)] == before
    assert len(calls) == 4
    assert calls[1] == calls[2]


def test_a_token_is_answered_in_the_next_process(tmp_path):
    """The execution is parked, and takes no memory; the token finds it, as does who stops or asks."""
    tokens = []

    async def story():
        functions = {"ask": lambda event, context: tokens.append(event["token"])}
        async with Life(tmp_path / "store", functions) as life:
            arn = await life.start(chain(A=ASK, Z={"Type": "Pass"}))
            await life.until(arn, lambda types: "TaskSubmitted" in types)
        async with Life(tmp_path / "store", functions) as life:
            answer = await life("SendTaskSuccess", taskToken=tokens[0], output='"yes"')
            return answer, await life.end(arn)

    answer, described = asyncio.run(story())
    assert ({}, "SUCCEEDED", '"yes"') == (answer, described["status"], described["output"])
    assert len(tokens) == 1


def test_what_only_waits_is_parked_and_woken(tmp_path, monkeypatch):
    """It takes no memory until its moment comes, in whatever process."""
    monkeypatch.setattr("asl_engine.server.service.PATIENCE", 0.0)
    now = time.time

    async def story():
        async with Life(tmp_path / "store", {}) as life:
            arn = await life.start(chain(W={"Type": "Wait", "Seconds": 3600}, Z={"Type": "Pass"}))
            async with asyncio.timeout(PATIENCE):
                while (due := life.service.store.next_due()) is None:
                    await asyncio.sleep(0.001)
            assert not life.service.live
            described = await life("DescribeExecution", executionArn=arn)
        async with Life(tmp_path / "store", {}):
            await asyncio.sleep(0)
            monkeypatch.setattr("time.time", lambda: now() + 3601)
        async with Life(tmp_path / "store", {}) as life:
            return due - described["startDate"], await life.end(arn)

    delay, described = asyncio.run(story())
    assert 3599.9 < delay < 3600.1
    assert described["status"] == "SUCCEEDED"
    assert 3599.9 < described["stopDate"] - described["startDate"] < PATIENCE + 3601


def test_a_failed_execution_is_redriven_in_the_next_process(tmp_path):
    """It goes on from where it failed; what succeeded is not done again."""
    calls = []

    def f(event, context):
        calls.append(event)
        if len(calls) == 2:
            raise ValueError("no")
        return event + 1

    async def story():
        async with Life(tmp_path / "store", {"f": f}) as life:
            arn = await life.start(chain(A=TASK, B=TASK), input="1")
            failed = await life.end(arn)
        async with Life(tmp_path / "store", {"f": f}) as life:
            await life("RedriveExecution", executionArn=arn)
            done = await life.end(arn)
            return failed, done, await life.until(arn, lambda types: True)

    failed, done, events = asyncio.run(story())
    assert ("FAILED", "SUCCEEDED", "3", 1) == (failed["status"], done["status"], done["output"], done["redriveCount"])
    assert [1, 2, 2] == calls
    assert "ExecutionRedriven" in [event["type"] for event in events]


def test_an_activity_keeps_its_queue(tmp_path):
    """A worker of the next process gets the task, and answers it."""
    activity = "arn:aws:states:us-east-1:123456789012:activity:paint"

    async def story():
        async with Life(tmp_path / "store", {}) as life:
            await life("CreateActivity", name="paint")
            arn = await life.start(chain(A={"Type": "Task", "Resource": activity, "TimeoutSeconds": 900}), input="7")
            await life.until(arn, lambda types: "ActivityScheduled" in types)
        async with Life(tmp_path / "store", {}) as life:
            task = await life("GetActivityTask", activityArn=activity, workerName="w")
            await life("SendTaskSuccess", taskToken=task["taskToken"], output='"done"')
            return task, await life.end(arn)

    task, described = asyncio.run(story())
    assert ("7", '"done"') == (task["input"], described["output"])


def test_a_map_run_goes_on_in_the_next_process(tmp_path):
    """Children that have ended are not started again, and those that were open go on."""
    calls = []

    async def f(event, context):
        calls.append(event)
        if event == 3 and calls.count(3) == 1:
            await asyncio.sleep(3600)
        return event

    each = {
        "Type": "Map",
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **chain(T=TASK)},
        "MaxConcurrency": 2,
    }

    async def story():
        async with Life(tmp_path / "store", {"f": f}) as life:
            arn = await life.start(chain(Each=each), input="[1, 2, 3, 4, 5]")
            async with asyncio.timeout(PATIENCE):
                while len(calls) < 5:
                    await asyncio.sleep(0.002)
        async with Life(tmp_path / "store", {"f": f}) as life:
            described = await life.end(arn)
            [run] = (await life("ListMapRuns", executionArn=arn))["mapRuns"]
            counts = (await life("DescribeMapRun", mapRunArn=run["mapRunArn"]))["executionCounts"]
            children = (await life("ListExecutions", mapRunArn=run["mapRunArn"]))["executions"]
            return described, counts, children

    described, counts, children = asyncio.run(story())
    assert ("SUCCEEDED", "[1,2,3,4,5]") == (described["status"], described["output"])
    assert (5, 5) == (counts["succeeded"], len(children))
    assert {"SUCCEEDED"} == {child["status"] for child in children}
    assert calls.count(1) == 1
    assert calls.count(3) == 2


def test_an_execution_that_cannot_go_on_says_so_and_can_be_looked_at_again(tmp_path, capsys):
    """Its function is missing in the next process: that ends it, as a failure that can be redriven."""

    async def story():
        async def stuck(event, context):
            await asyncio.sleep(3600)

        async with Life(tmp_path / "store", {"f": stuck}) as life:
            arn = await life.start(chain(A=TASK), input="1")
            await life.until(arn, lambda types: "LambdaFunctionScheduled" in types)
        async with Life(tmp_path / "store", {}) as life:
            failed = await life.end(arn)
        async with Life(tmp_path / "store", {"f": lambda event, context: 5}) as life:
            await life("RedriveExecution", executionArn=arn)
            return failed, await life.end(arn)

    failed, done = asyncio.run(story())
    assert ("FAILED", "SUCCEEDED") == (failed["status"], done["status"])


def test_a_machine_that_was_deleted_ends_its_executions_in_the_next_process(tmp_path):
    """At their next move, as recorded; a redrive of what failed is replayed with it."""
    tokens = []

    async def story():
        functions = {"ask": lambda event, context: tokens.append(event["token"])}
        async with Life(tmp_path / "store", functions) as life:
            arn = await life.start(chain(A=ASK, Z={"Type": "Pass"}))
            await life.until(arn, lambda types: "TaskSubmitted" in types)
            await life("DeleteStateMachine", stateMachineArn=MACHINE)
        async with Life(tmp_path / "store", functions) as life:
            await life("SendTaskSuccess", taskToken=tokens[0], output='"yes"')
            failed = await life.end(arn)
            events = await life.until(arn, lambda types: True)
        async with Life(tmp_path / "store", functions) as life:
            return failed, events, await life.until(arn, lambda types: True)

    failed, events, again = asyncio.run(story())
    assert (failed["status"], failed["cause"]) == ("FAILED", "State machine m has been deleted")
    assert events == again


class KeptLogs(Logs):
    """Logs whose lines stay here, where others are sent to CloudWatch."""

    def __init__(self, lines):
        super().__init__("")
        self.lines = lines

    def _put(self, group, stream, lines, region, account):
        self.lines += [json.loads(line["message"])["id"] for line in lines]


def test_each_line_of_a_log_is_delivered_once(tmp_path):
    """Though the execution is made again of its journal, from its first event on."""
    tokens, lines = [], []
    group = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}
    logging = {"level": "ALL", "includeExecutionData": True, "destinations": [group]}
    functions = {"ask": lambda event, context: tokens.append(event["token"])}

    async def delivered(count):
        async with asyncio.timeout(PATIENCE):
            while len(lines) < count:
                await asyncio.sleep(0.002)

    async def story():
        async with Life(tmp_path / "store", functions) as life:
            life.service.logs = KeptLogs(lines)
            text = json.dumps(chain(A=ASK))
            await life("CreateStateMachine", name="m", definition=text, roleArn=ROLE, loggingConfiguration=logging)
            arn = (await life("StartExecution", stateMachineArn=MACHINE))["executionArn"]
            events = await life.until(arn, lambda types: "TaskSubmitted" in types)
            await delivered(len(events))
            async with asyncio.timeout(PATIENCE):
                while life.service.store.log_position(life.service.store.execution(arn).id) < len(events):
                    await asyncio.sleep(0.002)
        async with Life(tmp_path / "store", functions) as life:
            life.service.logs = KeptLogs(lines)
            await life("SendTaskSuccess", taskToken=tokens[0], output="1")
            await life.end(arn)
            events = await life.until(arn, lambda types: True)
            await delivered(len(events))
            return [str(event["id"]) for event in events]

    ids = asyncio.run(story())
    assert [line for line in lines if line in ids] == ids
