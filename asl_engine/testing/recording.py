"""A recorded execution: a history that was downloaded from AWS, or written here, and the answers in it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from asl_engine.engine import LATEST_START
from asl_engine.errors import InputError, MockError
from asl_engine.history.details import seconds_of
from asl_engine.history.story import read_story
from asl_engine.history.visits import Attempt
from asl_engine.kernel.commands import StartTask
from asl_engine.tasks.answer import Answer
from asl_engine.testing.mock import NO_ANSWER, Mock
from asl_engine.testing.outside import Schedule, stop
from asl_engine.values import JSON

ENDS: Final = {"Succeeded": "SUCCEEDED", "Failed": "FAILED", "Aborted": "ABORTED", "TimedOut": "TIMED_OUT"}
"""The status of an execution, by its last event."""


TEXTS: Final = ("name", "input", "output", "error", "cause", "resource", "resourceType", "parameters")
"""What the details of events have as texts."""


class Recording:
    """A history that was read: the input, the end, and the visits to states with what their tasks answered."""

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        first = next((event for event in events if event.get("type") == "ExecutionStarted"), None)
        if first is None or not first.get("executionStartedEventDetails"):
            raise InputError("the history does not begin with an ExecutionStarted event that has details")
        self.story = read_story(events)
        self.start = seconds_of(first)
        self.input: JSON = _parsed(first["executionStartedEventDetails"].get("input", "{}"))
        last = events[-1]
        self.end = last["type"].removeprefix("Execution")
        if self.end not in ENDS:
            told = f"the history ends with {last['type']}: the execution was still running, or this is a part of it"
            raise InputError(f"{told}; get it whole, after the end")
        self.duration = seconds_of(last) - self.start
        details: Mapping[str, Any] = next((last[name] for name in last if name.endswith("EventDetails")), {})
        self.error, self.cause = details.get("error"), details.get("cause")
        self.output: JSON = _parsed(details["output"]) if "output" in details else None

    def attempts(self) -> dict[str, list[Attempt]]:
        """Return the attempts at each state's work, in the order in which they began."""
        found: defaultdict[str, list[Attempt]] = defaultdict(list)
        for visit in self.story:
            found[visit.state] += visit.attempts
        return {state: sorted(attempts, key=lambda attempt: attempt.began_at) for state, attempts in found.items()}

    @property
    def status(self) -> str:
        """How it ended: SUCCEEDED, FAILED, ABORTED or TIMED_OUT."""
        return ENDS[self.end]

    @property
    def schedule(self) -> Schedule:
        """What happened from outside: that somebody stopped the execution."""
        return {max(0.0, self.duration): stop(self.error, self.cause)} if self.end == "Aborted" else {}


def _parsed(text: str) -> JSON:
    try:
        value: JSON = json.loads(text)
    except RecursionError:
        raise InputError("the history holds JSON that is nested too deeply") from None
    except (TypeError, ValueError):
        raise InputError("the history was downloaded without its data: get it with --include-execution-data") from None
    return value


def read_recording(history: Any) -> Recording:
    """Return a recording: from the path of a file that `aws stepfunctions get-execution-history` wrote, from its
    content, or from a list of events. Raises InputError for what is none."""
    if isinstance(history, (str, Path)):
        try:
            history = json.loads(Path(history).read_text(encoding="utf-8-sig"))
        except OSError as problem:
            raise InputError(f"{history}: {problem.strerror}") from None
        except (ValueError, RecursionError) as problem:
            raise InputError(f"{history} is not JSON: {problem}") from None
    events = history.get("events") if isinstance(history, Mapping) else history
    if not isinstance(events, Sequence) or not events or not all(map(_is_event, events)):
        expected = '{"events": [...]}, as `aws stepfunctions get-execution-history` prints it'
        raise InputError(f"this is no history; expected {expected}")
    ordered = sorted(events, key=lambda event: int(event["id"]))
    for event in ordered:
        wrong = _problem(event)
        if wrong is not None:
            raise InputError(f"this is no history: event {event['id']}, {event['type']!r}: {wrong}")
    try:
        return Recording(ordered)
    except RecursionError:
        raise InputError("the history holds JSON that is nested too deeply") from None


def _is_event(event: Any) -> bool:
    return isinstance(event, Mapping) and isinstance(event.get("type"), str) and type(event.get("id")) is int


def _problem(event: Mapping[str, Any]) -> str | None:
    """Return what of an event GetExecutionHistory could not have given; None where it could."""
    previous, moment = event.get("previousEventId", 0), event.get("timestamp", 0)
    if type(previous) is not int:
        return f"its previousEventId is {previous!r}"
    if not isinstance(moment, (int, float, str, datetime)) or not 0 <= seconds_of(event) < LATEST_START:
        return f"its timestamp is {moment!r}"
    if isinstance(moment, str) and not seconds_of(event):
        return f"its timestamp is {moment!r}"
    for name, details in event.items():
        if name.endswith("EventDetails"):
            if not isinstance(details, Mapping):
                return f"its {name} are no object"
            wrong = [text for text in TEXTS if not isinstance(details.get(text, ""), str | None)]
            if wrong:
                return f"{wrong[0]} in its {name} is no text"
            assigned = details.get("assignedVariables") or {}
            if not isinstance(assigned, Mapping) or not all(isinstance(text, str) for text in assigned.values()):
                return f"assignedVariables in its {name} are no texts by name"
    return None


class RecordedTasks:
    """The answers of a recording, in place of mocks: each state's in the order in which they were asked for."""

    def __init__(self, recording: Recording) -> None:
        self._attempts = {state: iter(attempts) for state, attempts in recording.attempts().items()}

    def find(self, task: StartTask) -> tuple[str, Mock, bool] | None:
        """Return what the recording has as the next answer to a task of this state."""
        attempt = next(self._attempts.get(task.state, iter(())), None)
        if attempt is None:
            raise Unrecorded(task.state, task.payload)
        return task.state, Mock(answer_of(attempt)), False


class Unrecorded(MockError):
    """The definition asks for a task that the recording has no answer to."""

    def __init__(self, state: str, payload: JSON) -> None:
        super().__init__(f"the recording has no further answer to a task of state {state!r}")
        self.state = state
        self.payload = payload


def answer_of(attempt: Attempt) -> Any:
    """Return what an attempt was answered, and after how long; a time limit's passing is the state's own doing.

    No history tells of heartbeats: where there must have been some, the answer has them.
    """
    if attempt.status == "RUNNING" or attempt.ended_at is None or attempt.is_timeout:
        return NO_ANSWER
    took = max(0.0, attempt.ended_at - attempt.began_at)
    if attempt.status == "SUCCEEDED":
        answer = Answer(attempt.result, after=took)
    else:
        answer = Answer.failure(attempt.error, attempt.cause, took)
    if attempt.heartbeat and took >= attempt.heartbeat:
        answer.heartbeat_every = attempt.heartbeat / 2
    return answer
