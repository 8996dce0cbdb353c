"""What the details of one event say: AWS has another name for those of each type, and leaves out what is missing."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from asl_engine.history.visits import Failure
from asl_engine.values import JSON, parse_timestamp

_LATEST: Final = datetime.max.replace(tzinfo=UTC).timestamp()
"""The last second that calendars have."""


def failure_of(event: Mapping[str, Any]) -> Failure | None:
    """Return the failure that an event tells of, or the reason why an execution was stopped; None for other events.

    A timeout that has no name is `States.Timeout`.
    """
    kind, details = str(event.get("type", "")), details_of(event)
    if not kind.endswith(("Failed", "TimedOut")) and kind != "ExecutionAborted":
        return None
    error = _text(details.get("error")) or ("States.Timeout" if kind.endswith("TimedOut") else None)
    return Failure(error, _text(details.get("cause")), seconds_of(event))


def details_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the details of an event, whatever they are called; those that are missing are empty."""
    parts = (value for name, value in event.items() if name.endswith("EventDetails") and isinstance(value, Mapping))
    return next(parts, {})


def _text(value: Any) -> str | None:
    return str(value) if value is not None else None


def resource_of(details: Mapping[str, Any]) -> str:
    """Return what was asked to do a task: a function's ARN, or `lambda:invoke`."""
    resource = str(details.get("resource", ""))
    return f"{details['resourceType']}:{resource}" if "resourceType" in details else resource


def payload_of(details: Mapping[str, Any]) -> Any:
    """Return the text of what a task got."""
    return details["parameters"] if "parameters" in details else details.get("input")


def value_of(text: Any) -> JSON:
    """Return the value of a JSON text. AWS leaves out or cuts off what is long, or was asked to be left out; that, and
    what is nested too deeply to be read, stays the text that it is."""
    if not isinstance(text, str):
        return None
    try:
        value: JSON = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value


def seconds_of(event: Mapping[str, Any]) -> float:
    """Return the time of an event, in seconds since 1970, and not a number for what is no time. boto3 gives datetimes,
    the AWS CLI texts or numbers."""
    moment = event.get("timestamp")
    try:
        if isinstance(moment, str):
            moment = _moment(moment)
        seconds = moment.timestamp() if isinstance(moment, datetime) else moment
    except (ValueError, OverflowError, OSError):
        return math.nan
    return float(seconds) if isinstance(seconds, int | float) and abs(seconds) < _LATEST else math.nan


def _moment(text: str) -> datetime | float | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parse_timestamp(text)
