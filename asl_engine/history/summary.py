"""A story in lines, for a person who follows an execution on a terminal."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from asl_engine.history.details import details_of, failure_of, seconds_of
from asl_engine.history.story import Story
from asl_engine.history.visits import Failure, Visit
from asl_engine.values import elapsed

LONGEST: Final = 1_000
"""How many characters of a failure are shown, which is enough for all that the engine and AWS say themselves."""

_INSTANT: Final = ("Pass", "Choice", "Succeed")


class Summary:
    """Turns history events into lines, as they happen. Times count from the start of the execution.

    What happens inside an iteration bears its number: `[2]`, or `[0][2]` in a Map within a Map.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._story = Story()
        self._start: float | None = None

    def tell(self, event: Mapping[str, Any]) -> None:
        """Write the line of an event, if it deserves one."""
        visit = self._story.take(event)
        now = seconds_of(event)
        self._start = now if self._start is None else self._start
        line = _line(event, visit)
        if line is not None:
            self._write(f"{elapsed(now - self._start):>14}  {line}")


def _line(event: Mapping[str, Any], visit: Visit | None) -> str | None:
    kind, failure = str(event["type"]), failure_of(event)
    if kind.startswith("Execution"):
        how = kind.removeprefix("Execution").lower().replace("timedout", "timed out")
        text = failure_text(failure)
        return f"execution {how}" + (f": {text}" if text else "")
    if visit is None:
        return None
    name = f"{visit.state}{_number_of(visit)}"
    if kind.endswith("StateEntered"):
        return None if visit.type in _INSTANT else f"> {name}"
    if kind.endswith("StateExited"):
        return f"  {name}: done"
    if kind.startswith("MapIteration"):
        return f"  {name}: item {details_of(event).get('index', 0)} {kind.removeprefix('MapIteration').lower()}"
    if failure is not None and not kind.endswith("StateFailed"):
        return f"  !{_number_of(visit)} {_bounded(failure_text(failure))}{_place(failure)}"
    return None


def _number_of(visit: Visit) -> str:
    """Return the numbers of the iterations that a visit stands in, the outermost first."""
    numbers: list[int] = []
    inner: Visit | None = visit
    while inner is not None:
        numbers += [] if inner.iteration is None else [inner.iteration]
        inner = inner.parent
    return f" {''.join(f'[{number}]' for number in reversed(numbers))}" if numbers else ""


def failure_text(failure: Failure | None) -> str:
    """Return an error and its cause in one line; of a Lambda's error payload only the message."""
    if failure is None:
        return ""
    cause = message_of(failure.cause or "")
    return ": ".join(part for part in (failure.error, " ".join(cause.split())) if part)


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def message_of(cause: str) -> str:
    """Return what a person reads of a cause: of the payload that Lambda makes of an exception, the message."""
    try:
        payload = json.loads(cause)
    except (ValueError, RecursionError):
        return cause
    message = payload.get("errorMessage") if isinstance(payload, dict) else None
    return message if isinstance(message, str) else cause


_FRAME: Final = re.compile(r'File "(?P<path>[^"]+)", line (?P<line>\d+)')
_LIBRARY: Final = re.compile(r"^<|[/\\](site-packages|dist-packages|lib(64)?[/\\]python\d[.\d]*)[/\\]", re.IGNORECASE)
"""Files that a user has not written: what is frozen into Python, the standard library, what pip has installed."""


def _place(failure: Failure) -> str:
    """Return where in the user's function it happened, from the stack trace of a Lambda's error payload."""
    with contextlib.suppress(ValueError, TypeError, KeyError, IndexError, RecursionError):
        frames = [match for frame in json.loads(failure.cause or "")["stackTrace"] if (match := _FRAME.search(frame))]
        own = [frame for frame in frames if not _LIBRARY.search(frame["path"])]
        last = (own or frames)[-1]
        name = re.split(r"[/\\]", last["path"])[-1]
        return f" (line {last['line']} of {name})"
    return ""
