"""Histories as people keep them: files of `aws stepfunctions get-execution-history`, and what is in them, checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from asl_engine.errors import UsageError
from asl_engine.history.details import details_of, seconds_of
from asl_engine.history.story import ENDINGS

_EXPECTED: Final = '{"events": [...]}, as `aws stepfunctions get-execution-history` prints it'

_TEXTS: Final = ("name", "input", "output", "error", "cause", "resource", "resourceType", "parameters")
"""What the details of events have as texts."""


def read_history(history: Any, name: str = "this") -> list[Mapping[str, Any]]:
    """Return the events of a history in order: from the path of a file, from its content, or from a list of events.

    Times may be missing, of all else there must be what GetExecutionHistory could have given. `name` is what an error
    calls it. Raises UsageError for what is not a history.
    """
    if isinstance(history, (str, Path)):
        name = str(history)
        try:
            history = json.loads(Path(history).read_text(encoding="utf-8-sig"))
        except OSError as problem:
            raise UsageError(f"{history}: {problem.strerror}") from None
        except (ValueError, RecursionError) as problem:
            raise UsageError(f"{history} is not JSON: {problem}") from None
    events = history.get("events") if isinstance(history, Mapping) else history
    if not isinstance(events, Sequence) or not events or not all(map(_is_event, events)):
        raise UsageError(f"{name} is not a history; expected {_EXPECTED}")
    for event in events:
        wrong = _problem(event)
        if wrong is not None:
            raise UsageError(f"{name} is not a history: event {event['id']}, {event['type']!r}: {wrong}")
    return sorted(events, key=lambda event: int(event["id"]))


def read_whole_history(history: Any) -> list[Mapping[str, Any]]:
    """Return the events of a history that can be run again: it has a beginning and an end, and the data between them.

    Takes what `read_history` takes, and raises UsageError for what is less.
    """
    events = read_history(history)
    first = next((event for event in events if event["type"] == "ExecutionStarted"), {})
    if not details_of(first):
        raise UsageError("the history does not begin with an ExecutionStarted event that has details")
    last = events[-1]
    if last["type"] not in ENDINGS:
        problem = f"the history ends with {last['type']}: the execution was still running, or this is a part of it"
        raise UsageError(f"{problem}; get it whole, after the end")
    _check_data(details_of(first).get("input"))
    if last["type"] == "ExecutionSucceeded":
        _check_data(details_of(last).get("output"))
    return events


def _check_data(text: Any) -> None:
    try:
        json.loads(text)
    except RecursionError:
        raise UsageError("the history holds JSON that is nested too deeply") from None
    except (TypeError, ValueError):
        raise UsageError("the history was downloaded without its data: get it with --include-execution-data") from None


def _is_event(event: Any) -> bool:
    return isinstance(event, Mapping) and isinstance(event.get("type"), str) and type(event.get("id")) is int


def _problem(event: Mapping[str, Any]) -> str | None:
    """Return what of an event GetExecutionHistory could not have given; None where it could."""
    previous = event.get("previousEventId", 0)
    if type(previous) is not int:
        return f"its previousEventId is {previous!r}"
    if "timestamp" in event and not seconds_of(event) >= 0:
        return f"its timestamp is {event['timestamp']!r}"
    for name, details in event.items():
        if name.endswith("EventDetails"):
            if not isinstance(details, Mapping):
                return f"its {name} are not an object"
            wrong = [text for text in _TEXTS if not isinstance(details.get(text, ""), str | None)]
            if wrong:
                return f"{wrong[0]} in its {name} is not a text"
            assigned = details.get("assignedVariables") or {}
            if not isinstance(assigned, Mapping) or not all(isinstance(text, str) for text in assigned.values()):
                return f"assignedVariables in its {name} are not texts by name"
    return None
