"""The live account of an execution: a line for each thing worth knowing, with its time."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from asl_engine.tasks.invoke import message_of
from asl_engine.values import elapsed

_WIDEST = 100
_HERE = "\0"  # where the number of the iteration goes
_INSTANT = ("Pass", "Choice", "Succeed")


class Account:
    """Turns history events into lines, as they happen. Times count from the start of the execution.

    What happens inside an iteration bears its number: `[2]`, or `[0][2]` in a Map within a Map. Which iteration that
    is, an event says only by the event that it follows.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._start: datetime | None = None
        self._indexes: dict[int, tuple[int, ...]] = {}
        self._depths: dict[str, int] = {}

    def tell(self, event: dict[str, Any]) -> None:
        """Write the line of an event, if it deserves one."""
        if self._start is None:
            self._start = event["timestamp"]
        label = self._label(event)
        line = _line(event)
        if line is not None:
            seconds = (event["timestamp"] - self._start).total_seconds()
            self._write(f"{elapsed(seconds):>14}  {line.replace(_HERE, label)}")

    def _label(self, event: dict[str, Any]) -> str:
        """Return the number of the iteration that an event belongs to, and remember it for those that follow."""
        type_, details = event["type"], _details(event)
        indexes = self._indexes.get(event["previousEventId"], ())
        if type_ == "MapStateEntered":
            self._depths[details["name"]] = len(indexes)
        elif type_ == "MapStateExited" or type_.startswith("MapIteration"):
            indexes = indexes[: self._depths.get(details["name"], 0)]
        self._indexes[event["id"]] = (*indexes, details["index"]) if type_ == "MapIterationStarted" else indexes
        return f" {''.join(f'[{index}]' for index in indexes)}" if indexes else ""


def _line(event: dict[str, Any]) -> str | None:
    type_ = event["type"]
    if type_.endswith("StateEntered"):
        kind, name = type_.removesuffix("StateEntered"), event["stateEnteredEventDetails"]["name"]
        return None if kind in _INSTANT else f"> {name}{_HERE}"
    if type_.endswith("StateExited"):
        return f"  {event['stateExitedEventDetails']['name']}{_HERE}: done"
    if type_.startswith("MapIteration"):
        details = next(value for value in event.values() if isinstance(value, dict))
        how = type_.removeprefix("MapIteration").lower()
        return f"  {details['name']}{_HERE}: item {details['index']} {how}"
    if type_.startswith("Execution"):
        return _end(type_.removeprefix("Execution").lower(), event)
    if type_.endswith(("Failed", "TimedOut")) and "StateFailed" not in type_:
        details = _details(event)
        return f"  !{_HERE} {_cut(told(details))}{_place(details)}"
    return None


def _end(how: str, event: dict[str, Any]) -> str:
    problem = told(_details(event)) if how in ("failed", "timedout", "aborted") else ""
    word = {"timedout": "timed out"}.get(how, how)
    return f"execution {word}" + (f": {problem}" if problem else "")


def _details(event: dict[str, Any]) -> dict[str, Any]:
    return next((value for name, value in event.items() if name.endswith("EventDetails")), {})


def told(failure: dict[str, Any]) -> str:
    """Return an error and its cause in one line; of a Lambda's error payload only the message."""
    error, cause = failure.get("error"), message_of(failure.get("cause") or "")
    return ": ".join(part for part in (error, " ".join(cause.split())) if part)


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else text[: _WIDEST - 3] + "..."


_FRAME = re.compile(r'File "(?:[^"]*[/\\])?(?P<file>[^"]+)", line (?P<line>\d+)')


def _place(failure: dict[str, Any]) -> str:
    """Return where in the user's function it happened, from the stack trace of a Lambda's error payload."""
    with contextlib.suppress(ValueError, TypeError, KeyError, IndexError, RecursionError):
        found = _FRAME.search(json.loads(failure.get("cause") or "")["stackTrace"][-1])
        if found is not None:
            return f" (line {found['line']} of {found['file']})"
    return ""
