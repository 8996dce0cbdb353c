"""Execution logs in CloudWatch Logs at the endpoint: what `loggingConfiguration` asks for.

Each event of the history is one line, at its level, in the stream `states/<ARN of the state machine>` (recorded). Lines
are delivered in the background, in order, soon after they happen; a delivery that fails is told on standard error and
does not disturb the execution.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from typing import Any, Final

from asl_engine.drivers.calls import in_thread
from asl_engine.history import Event, EventReader
from asl_engine.server.descriptions import without_data
from asl_engine.store import StoreFailed
from asl_engine.tasks.integrations.aws_call import client
from asl_engine.values import json_text

VALIDATION_STREAM: Final = "log_stream_created_by_aws_to_validate_log_delivery_subscriptions"
"""The stream that AWS makes in a log group when a state machine is to write there (recorded)."""

SECONDS_BETWEEN: Final = 0.2
"""How long lines are gathered before they are delivered together."""

MAX_LINES: Final = 5_000
"""How many lines one delivery has at the most; CloudWatch takes 10,000, or one megabyte."""

MAX_STREAMS: Final = 10_000
"""How many streams are remembered as made."""

_FATAL: Final = ("ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut")


def is_logged(event_type: str, level: str) -> bool:
    """Tell whether a level has an event: ALL every one, ERROR what went wrong, FATAL only how the execution ended."""
    if level == "ALL":
        return True
    if event_type in _FATAL:
        return level in ("ERROR", "FATAL")
    went_wrong = event_type.endswith(("Failed", "TimedOut", "Aborted")) or event_type == "FailStateEntered"
    return level == "ERROR" and went_wrong


def line(event: Event, arn: str, has_data: bool, redrives: int = 0) -> str:
    """Return an event as a line of the log."""
    details: dict[str, Any] = {}
    for name, value in event.items():
        if name.endswith("EventDetails"):
            details = value if has_data else without_data(value)
    return json_text(
        {
            "id": str(event["id"]),
            "type": event["type"],
            "details": details,
            "previous_event_id": str(event["previousEventId"]),
            "event_timestamp": str(_milliseconds(event)),
            "execution_arn": arn,
            "redrive_count": str(redrives),
        }
    )


def _milliseconds(event: Event) -> int:
    milliseconds: int = round(event["timestamp"].timestamp() * 1000)
    return milliseconds


class Logs:
    """Writes to log groups at an endpoint."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self._streams: set[tuple[str, str]] = set()

    def prepare(self, logging: dict[str, Any], region: str, account: str) -> None:
        """Make the stream by which AWS sees whether it may write. Blocks."""
        group = _group(logging)
        if group is not None:
            self._put(group, VALIDATION_STREAM, [], region, account)

    async def follow(
        self,
        arn: str,
        reader: EventReader,
        machine_arn: str,
        logging: dict[str, Any],
        left: asyncio.Event,
        seen: int = 0,
        note: Callable[[int], None] | None = None,
    ) -> None:
        """Deliver the lines of an execution until it is alive no longer; `seen` is how many events were delivered
        before. `note` is called with how many are, whenever some more have been."""
        group, level, has_data = (
            _group(logging),
            logging.get("level", "OFF"),
            logging.get("includeExecutionData", False),
        )
        if group is None or level == "OFF":
            return
        region, account = machine_arn.split(":")[3:5]
        is_over, redrives = False, 0
        while not is_over:
            try:
                await asyncio.wait_for(left.wait(), SECONDS_BETWEEN)
                is_over = True
            except TimeoutError:
                pass
            lines, last = [], seen
            for event in reader.new_events():
                last = max(last, event["id"])
                redrives += event["type"] == "ExecutionRedriven"
                if event["id"] > seen and is_logged(event["type"], level):
                    message = line(event, arn, has_data, redrives)
                    lines.append({"timestamp": _milliseconds(event), "message": message})
            for at in range(0, len(lines), MAX_LINES):
                batch, stream = lines[at : at + MAX_LINES], f"states/{machine_arn}"
                await in_thread(lambda batch=batch, stream=stream: self._put(group, stream, batch, region, account))
            if note is not None and last > seen:
                with contextlib.suppress(StoreFailed):  # then some lines may come twice
                    note(last)
                seen = last

    def _put(self, group: str, stream: str, lines: list[dict[str, Any]], region: str, account: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        logs = client("logs", self.endpoint_url, region, account, attempts=2, connect_timeout=5)
        try:
            if (group, stream) not in self._streams:
                with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                    logs.create_log_stream(logGroupName=group, logStreamName=stream)
                if len(self._streams) >= MAX_STREAMS:  # asked for anew, one that exists is no mistake
                    self._streams.clear()
                self._streams.add((group, stream))
            if lines:
                logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=lines)
        except (BotoCoreError, ClientError) as problem:
            print(f"execution log: {len(lines)} lines were not delivered to {group}: {problem}", file=sys.stderr)


def _group(logging: dict[str, Any]) -> str | None:
    """Return the name of the log group that a configuration names."""
    for destination in logging.get("destinations", []):
        arn = destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
        parts = arn.split(":")
        if len(parts) > 6:
            return str(parts[6])
    return None
