"""The story that a history tells: which states were entered, with what, what each tried, and how it was left.

Reads events as `GetExecutionHistory` gives them: ours, or those of an execution on AWS. The events of branches and
iterations are mixed in a history, so what belongs together is found along `previousEventId`, never by position.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from asl_engine.values import JSON, parse_timestamp

Status: TypeAlias = Literal["RUNNING", "SUCCEEDED", "CAUGHT", "FAILED", "ABORTED"]

_FAILURES: Final = ("Failed", "TimedOut")
_ENDS: Final = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "ABORTED",
}

_ENTERED_AT: Final = re.compile(r"\(entered at the event id #(\d+)\)")


@dataclass(slots=True)
class Attempt:
    """One attempt at the work of a Task. Times are in seconds since 1970; `ended_at` is None while it lasts.

    `resource` is what was asked to do it: a function's ARN, or `lambda:invoke`. `status` is RUNNING, SUCCEEDED or
    FAILED, the latter with an `error` and a `cause` where AWS has them; a timeout is a failure named `States.Timeout`,
    and `is_timeout`. `heartbeat` is after how many seconds without a sign of life it would time out.
    """

    resource: str
    payload: JSON
    began_at: float
    status: Status = "RUNNING"
    result: JSON = None
    error: str | None = None
    cause: str | None = None
    ended_at: float | None = None
    heartbeat: float | None = None
    is_timeout: bool = False


@dataclass(slots=True)
class Visit:
    """One time that a state was entered. Times are in seconds since 1970.

    `status` is CAUGHT when the state failed and a catcher took it. `error` and `cause` are of its last failure.
    `variables` are what it assigned. `around` is the visit of the Parallel or Map that this one happened in,
    `iteration` the number of the Map's item, and `branch` the state that the branch of a Parallel began with.
    """

    state: str
    type: str
    input: JSON
    entered_at: float
    event: int
    around: Visit | None = None
    iteration: int | None = None
    branch: str | None = None
    status: Status = "RUNNING"
    output: JSON = None
    error: str | None = None
    cause: str | None = None
    variables: dict[str, JSON] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    left_at: float | None = None

    @property
    def duration(self) -> float | None:
        """How long the visit took, in seconds; None if it was never left."""
        return None if self.left_at is None else self.left_at - self.entered_at

    @property
    def retries(self) -> int:
        """How often its task was tried again."""
        return max(0, len(self.attempts) - 1)


def read_story(events: Iterable[Mapping[str, Any]]) -> list[Visit]:
    """Return the visits of an execution, in the order in which its states were entered."""
    reader = _Reader()
    for event in events:
        reader.read(event)
    return reader.visits


class _Reader:
    """`at` is the visit that an event belongs to, by its id; `left` has the ids of exits."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.at: dict[int, Visit | None] = {0: None}
        self.left: set[int] = set()
        self.iterations: dict[int, int] = {}

    def read(self, event: Mapping[str, Any]) -> None:
        kind, number = str(event["type"]), int(event["id"])
        previous = int(event.get("previousEventId", 0))
        before, details = self.at.get(previous), _details(event)
        if kind.endswith("StateEntered"):
            self.at[number] = self._enter(kind.removesuffix("StateEntered"), event, details, before, previous)
        elif kind.endswith("StateExited"):
            self.at[number] = self._exit(event, details, before)
            self.left.add(number)
        elif kind in _ENDS:
            self.at[number] = None
            self._finish(kind, event, details, before)
        else:
            self.at[number] = visit = _subject(kind, details, before)
            if visit is not before and kind.endswith("StateFailed") and before is not None:
                details = {"error": before.error, "cause": before.cause}  # history tells it where it happened
            if kind == "MapIterationStarted":
                self.iterations[number] = details.get("index", 0)
            elif visit is not None:
                _note(visit, kind, event, details)

    def _enter(
        self, type_: str, event: Mapping[str, Any], details: Mapping[str, Any], before: Visit | None, previous: int
    ) -> Visit:
        was_left = previous in self.left
        around = before.around if before is not None and was_left else before
        name = details.get("name", "")
        visit = Visit(name, type_, _value(details.get("input")), seconds_of(event), int(event["id"]), around)
        if before is not None and was_left:
            visit.iteration, visit.branch = before.iteration, before.branch
        else:
            visit.iteration = self.iterations.get(previous)
            visit.branch = name if around is not None and around.type == "Parallel" else None
        self.visits.append(visit)
        return visit

    def _exit(self, event: Mapping[str, Any], details: Mapping[str, Any], before: Visit | None) -> Visit | None:
        """Close the visit that an exit names: the event before may be one of a state inside it."""
        visit = _outwards(before, details.get("name"))
        if visit is None:
            return before
        visit.status = "SUCCEEDED" if visit.error is None and visit.status == "RUNNING" else "CAUGHT"
        visit.output, visit.left_at = _value(details.get("output")), seconds_of(event)
        variables = details.get("assignedVariables") or {}
        visit.variables = {name: _value(text) for name, text in variables.items()}
        if visit.type in ("Parallel", "Map"):
            for other in self.visits:
                if other.status == "RUNNING" and _is_inside(other, visit):
                    _abort(other, visit.left_at)
        return visit

    def _finish(
        self, kind: str, event: Mapping[str, Any], details: Mapping[str, Any], before: Visit | None
    ) -> None:
        """Close everything: what led to the failure has failed, and what else was open has been aborted."""
        at = seconds_of(event)
        while kind == "ExecutionFailed" and before is not None:
            if before.status == "RUNNING":
                before.status, before.left_at = "FAILED", at
                before.error, before.cause = details.get("error"), details.get("cause")
            before = before.around
        self._blame(kind, details, at)
        for visit in self.visits:
            if visit.status == "RUNNING":
                _abort(visit, at)

    def _blame(self, kind: str, details: Mapping[str, Any], at: float) -> None:
        """Let the state have failed that the cause names by the event that entered it: no other event does so."""
        found = _ENTERED_AT.search(details.get("cause") or "") if kind == "ExecutionFailed" else None
        for visit in self.visits:
            if found is not None and visit.event == int(found[1]) and visit.status == "RUNNING":
                visit.status, visit.left_at = "FAILED", at
                visit.error, visit.cause = details.get("error"), details.get("cause")


def _abort(visit: Visit, at: float) -> None:
    has_failed = visit.error is not None and visit.attempts and visit.attempts[-1].status == "FAILED"
    visit.status, visit.left_at = ("FAILED" if has_failed or visit.type == "Fail" else "ABORTED"), at


def _subject(kind: str, details: Mapping[str, Any], before: Visit | None) -> Visit | None:
    """Return the visit that an event is about: `ParallelStateFailed` follows an event of a state inside it."""
    word = "Parallel" if kind.startswith("Parallel") else "Map" if kind.startswith("Map") else None
    visit, name = before, details.get("name")
    while word is not None and visit is not None:
        if visit.type == word and visit.status == "RUNNING" and name in (None, visit.state):
            return visit
        visit = visit.around
    return before


def _outwards(visit: Visit | None, state: Any) -> Visit | None:
    while visit is not None and (visit.state != state or visit.status != "RUNNING"):
        visit = visit.around
    return visit


def _is_inside(visit: Visit, outer: Visit) -> bool:
    around = visit.around
    while around is not None and around is not outer:
        around = around.around
    return around is outer


def _note(visit: Visit, kind: str, event: Mapping[str, Any], details: Mapping[str, Any]) -> None:
    """Note what an event says of a visit: the beginning and the end of an attempt, or a failure of the state itself."""
    if kind.endswith("Scheduled"):
        attempt = Attempt(_resource(details), _value(_payload(details)), seconds_of(event))
        attempt.heartbeat = details.get("heartbeatInSeconds")
        visit.attempts.append(attempt)
        visit.error = visit.cause = None
    elif kind.startswith(("Task", "LambdaFunction", "Activity")) and visit.attempts:
        _end_attempt(visit, kind, event, details)
    elif kind in ("ParallelStateStarted", "MapStateStarted"):
        visit.error = visit.cause = None
    elif (kind.endswith(_FAILURES) and not kind.startswith("MapIteration")) or kind == "EvaluationFailed":
        visit.error, visit.cause = details.get("error") or "States.TaskFailed", details.get("cause")


def _end_attempt(visit: Visit, kind: str, event: Mapping[str, Any], details: Mapping[str, Any]) -> None:
    attempt = visit.attempts[-1]
    if kind.endswith("Succeeded"):
        attempt.status, attempt.result = "SUCCEEDED", _value(details.get("output"))
    elif kind.endswith(_FAILURES):
        attempt.status, attempt.is_timeout = "FAILED", kind.endswith("TimedOut")
        attempt.error = details.get("error") or ("States.Timeout" if attempt.is_timeout else None)
        attempt.cause = details.get("cause")
        visit.error, visit.cause = attempt.error or "", attempt.cause
    else:
        return
    attempt.ended_at = seconds_of(event)


def _resource(details: Mapping[str, Any]) -> str:
    resource = str(details.get("resource", ""))
    return f"{details['resourceType']}:{resource}" if "resourceType" in details else resource


def _payload(details: Mapping[str, Any]) -> Any:
    return details["parameters"] if "parameters" in details else details.get("input")


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the details of an event, whatever they are called; those that are missing are empty."""
    found = (value for name, value in event.items() if name.endswith("EventDetails") and isinstance(value, Mapping))
    return next(found, {})


def _value(text: Any) -> JSON:
    """Return the value of a JSON text. AWS leaves out or cuts off what is long, or was asked to be left out."""
    if not isinstance(text, str):
        return None
    try:
        value: JSON = json.loads(text)
    except ValueError:
        return text
    return value


def seconds_of(event: Mapping[str, Any]) -> float:
    """Return the time of an event; boto3 gives datetimes, the AWS CLI texts or numbers."""
    moment = event.get("timestamp", 0.0)
    if isinstance(moment, datetime):
        return moment.timestamp()
    if isinstance(moment, str):
        try:
            return datetime.fromisoformat(moment).timestamp()
        except ValueError:
            return parse_timestamp(moment) or 0.0
    return float(moment)
