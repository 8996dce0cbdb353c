"""Execution logs: which events a level has, and what a line says."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from conftest import one_state
from test_operations import Client

from asl_engine.server.logs import Logs, is_logged, line

EVENT = {
    "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
    "type": "PassStateExited",
    "id": 3,
    "previousEventId": 2,
    "stateExitedEventDetails": {"name": "A", "output": "1", "outputDetails": {"truncated": False}},
}


@pytest.mark.parametrize(
    ("kind", "levels"),
    [
        ("PassStateEntered", {"ALL"}),
        ("FailStateEntered", {"ALL", "ERROR"}),
        ("LambdaFunctionFailed", {"ALL", "ERROR"}),
        ("TaskTimedOut", {"ALL", "ERROR"}),
        ("ExecutionSucceeded", {"ALL"}),
        ("ExecutionFailed", {"ALL", "ERROR", "FATAL"}),
    ],
)
def test_levels(kind, levels):
    assert levels == {level for level in ("ALL", "ERROR", "FATAL", "OFF") if is_logged(kind, level)}


def test_a_line_has_texts_for_numbers_and_data_only_where_it_is_wanted():
    told = json.loads(line(EVENT, "arn", has_data=False))

    assert {"name": "A"} == told.pop("details")
    assert {
        "id": "3",
        "type": "PassStateExited",
        "previous_event_id": "2",
        "event_timestamp": "1767225600000",
        "execution_arn": "arn",
        "redrive_count": "0",
    } == told
    assert "1" == json.loads(line(EVENT, "arn", has_data=True))["details"]["output"]


def test_a_log_that_cannot_be_delivered_disturbs_nothing(capfd):
    """Nobody listens at that port."""
    client = Client()
    client.service.logs = Logs("http://127.0.0.1:9")
    group = {"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:g:*"}}
    logging = {"level": "ALL", "includeExecutionData": True, "destinations": [group]}

    async def story():
        client.create(definition=one_state(Type="Pass"), loggingConfiguration=logging)
        started = client("StartExecution", stateMachineArn="arn:aws:states:us-east-1:123456789012:stateMachine:m")
        await client.service.wait_for(started["executionArn"])
        while client.service._tasks:
            await asyncio.sleep(0.001)
        return client("DescribeExecution", executionArn=started["executionArn"])["status"]

    assert "SUCCEEDED" == asyncio.run(story())
    assert "4 lines were not delivered to g" in capfd.readouterr().err
