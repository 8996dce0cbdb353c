"""The endpoint as a process that is killed, and started again on its store."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import boto3
import pytest
from conftest import PATIENCE, chain

COUNT = 20

APP = textwrap.dedent(
    """
    import asyncio, os

    async def Step(event, context):
        with open("calls", "a") as file:
            file.write(f"{context.aws_request_id}\\n")
        await asyncio.sleep(0.01)
        return {"n": event["n"] + 1}
    """
)


class Endpoint:
    """`asl serve` on a store in a folder."""

    def __init__(self, folder):
        options = ["--port", "0", "--functions", "app.py", "--store", "store.db"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "asl_engine", "serve", *options],
            cwd=folder, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), line
        self.client = boto3.client(
            "stepfunctions",
            endpoint_url=line.split()[-1],
            region_name="us-east-1",
            aws_access_key_id="123456789012",
            aws_secret_access_key="secret",
        )

    def end(self, number):
        self.process.send_signal(number)
        self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.client.close()


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_nothing_is_lost_when_the_process_is_killed(tmp_path):
    """Whatever was under way, all executions end as they would have; each step is asked for once, or twice when it was
    in hand, under the same id."""
    (tmp_path / "app.py").write_text(APP)
    step = {"Type": "Task", "Resource": "Step"}
    definition = json.dumps(chain(A=step, B=step, W={"Type": "Wait", "Seconds": 0}, C=step, D=step))
    first = Endpoint(tmp_path)
    machine = first.client.create_state_machine(
        name="m", definition=definition, roleArn="arn:aws:iam::123456789012:role/r"
    )
    arns = [
        first.client.start_execution(stateMachineArn=machine["stateMachineArn"], input='{"n": 0}')["executionArn"]
        for _ in range(COUNT)
    ]
    first.end(signal.SIGKILL)

    second = Endpoint(tmp_path)
    deadline = [None] * int(PATIENCE * 100)
    ends = {}
    for arn in arns:
        for _ in deadline:
            ends[arn] = second.client.describe_execution(executionArn=arn)
            if ends[arn]["status"] != "RUNNING":
                break
    second.end(signal.SIGTERM)

    assert {("SUCCEEDED", '{"n":4}')} == {(end["status"], end["output"]) for end in ends.values()}
    calls = (tmp_path / "calls").read_text().split()
    assert len(set(calls)) == 4 * COUNT
    assert max(calls.count(call) for call in set(calls)) <= 2
