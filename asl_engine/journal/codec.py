"""Events as entries of a journal, and back."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from asl_engine.kernel import (
    ActivityStarted,
    Continued,
    ExecutionBroken,
    ExecutionRedriven,
    ExecutionStarted,
    ExecutionStopped,
    Identity,
    TaskFailed,
    TaskHeartbeat,
    TaskSubmitted,
    TaskSucceeded,
    TimerFired,
)
from asl_engine.kernel.commands import DEADLINE
from asl_engine.mapruns.family import FamilyEvent
from asl_engine.mapruns.family_messages import MapRunUpdated, WorkDone
from asl_engine.mapruns.problems import MapRunProblem
from asl_engine.values import JSON, parse_json


class Entry(NamedTuple):
    """An event of an execution: the `seq`-th from 1 on, heard at the moment `at` (seconds since 1970).

    `kind` is what happened, `op` what it is about, and "" if that is the execution itself; `body` the rest as JSON
    text, "" if there is none; `sum` a checksum of what followed from it.
    """

    seq: int
    at: float
    kind: str
    op: str
    body: str
    sum: int


FIELDS: Final[dict[type[Any], tuple[str, ...]]] = {
    ActivityStarted: ("worker",),
    Continued: (),
    ExecutionBroken: ("cause",),
    ExecutionRedriven: (),
    ExecutionStarted: ("seed", "size"),
    ExecutionStopped: ("error", "cause"),
    MapRunUpdated: ("limit", "tolerated_count", "tolerated_share"),
    TaskFailed: ("error", "cause"),
    TaskHeartbeat: (),
    TaskSubmitted: ("output",),
    TaskSucceeded: ("result", "text"),
    TimerFired: (),
    WorkDone: ("value",),
}
"""What an entry has of each event beside its time and op. Input and identity of an execution stand in its row; the ends
of Map Runs, and the starts of their children, are not heard but follow from other events."""

NAMES: Final = {event_type.__name__: event_type for event_type in FIELDS}

_encoder: Final = json.JSONEncoder(separators=(",", ":"), check_circular=False)
"""Nothing but ASCII: half characters of texts come back as they were, and no store has to know of them."""


def body_of(event: FamilyEvent, circumstances: dict[str, JSON]) -> str:
    """Return the body of an event's entry. `circumstances` is what else its handling depended on."""
    about = {name: _plain(getattr(event, name)) for name in FIELDS[type(event)]}
    if isinstance(event, ExecutionStarted):
        about["is_as_written"] = True if event.text is not None else None
    elif about.get("text") is not None:  # what it says is there once
        del about["result"]
    about = {name: value for name, value in about.items() if value is not None} | circumstances
    return _encoder.encode(about) if about else ""


def _plain(value: Any) -> JSON:
    """Return the value of a work as JSON: of items that were read, how many."""
    if isinstance(value, MapRunProblem):
        return {"error": value.error, "cause": value.cause}
    return value


def op_of(event: FamilyEvent) -> str:
    """Return the op as entries have it."""
    return "" if event.op == DEADLINE else event.op


def event_of(entry: Entry, about: dict[str, JSON], input_text: str, identity: Identity) -> FamilyEvent:
    """Return the event of an entry, whose body is `about`. Of work that was done the value is as JSON."""
    event_type, op = NAMES[entry.kind], entry.op or DEADLINE
    if event_type is ExecutionStarted:
        text = input_text if "is_as_written" in about else None
        return ExecutionStarted(entry.at, parse_json(input_text), identity, about["seed"], about.get("size"), text)
    if "text" in about:
        about["result"] = parse_json(about["text"])
    fields = {name: about.get(name) for name in FIELDS[event_type]}
    event: FamilyEvent = event_type(at=entry.at, op=op, **fields)
    return event
