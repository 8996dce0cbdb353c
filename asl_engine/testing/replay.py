"""Replay: an execution that was recorded, on AWS or here, run again with what its tasks answered then.

The definition may be the same or a changed one. What the new execution does is compared with the recording, and the
first difference is told. Results, failures and how long they took come from the recording; waits and time limits from
the definition.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from asl_engine.engine import LATEST_START, StateMachine
from asl_engine.errors import InputError, MockError
from asl_engine.history.story import Attempt, Visit, read_story, seconds_of
from asl_engine.kernel.commands import StartTask
from asl_engine.tasks.answer import Answer
from asl_engine.testing.account import short
from asl_engine.testing.execution import TestedExecution
from asl_engine.testing.mocks import NO_ANSWER, Mock
from asl_engine.testing.outside import Schedule, stop
from asl_engine.testing.workflow import Workflow
from asl_engine.values import JSON, NotJSON

ENDS: Final = {"Succeeded": "SUCCEEDED", "Failed": "FAILED", "Aborted": "ABORTED", "TimedOut": "TIMED_OUT"}
"""The status of an execution, by its last event."""

TEXTS: Final = ("name", "input", "output", "error", "cause", "resource", "resourceType", "parameters")
"""What the details of events have as texts."""

Walks = defaultdict[int, defaultdict[Any, list[Visit]]]
"""The visits of each branch or item, by the identity of the visit that they are inside of."""


@dataclass(frozen=True)
class Divergence:
    """The first difference between a recording and what was done now. `state` is where; `what` says which of its
    values differ: `state`, `input`, `payload`, `outcome` or `output`."""

    state: str
    what: str
    recorded: JSON
    now: JSON

    def __str__(self) -> str:
        if self.what == "state":
            return f"the recording goes to {self.recorded!r} where now it goes to {self.now!r}"
        values = f"  recorded: {short(self.recorded)}\n  now:      {short(self.now)}"
        where = "the execution" if self.state == "the execution" else f"state {self.state!r}"
        return f"{self.what} of {where} differs:\n{values}"


@dataclass(frozen=True)
class Replay:
    """A replayed execution, and where it first differs from the recording; `divergence` is None where it does not.

    `execution` is None where the definition asked for something that the recording has no answer to; then the
    divergence says what.
    """

    execution: TestedExecution | None
    divergence: Divergence | None

    @property
    def matches(self) -> bool:
        """Whether everything was done as it was recorded."""
        return self.divergence is None


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
        self._attempts: dict[str, Iterator[Attempt]] = {}
        by_state: defaultdict[str, list[Attempt]] = defaultdict(list)
        for visit in recording.story:
            by_state[visit.state] += visit.attempts
        for state, attempts in by_state.items():
            self._attempts[state] = iter(sorted(attempts, key=lambda attempt: attempt.began_at))

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


def replay(machine: StateMachine | Workflow | str | Path, history: Any) -> Replay:
    """Run a recorded execution again, and compare.

    `machine` is the state machine as it was, or a changed one; `history` a file from `aws stepfunctions
    get-execution-history`, its content, or a list of events. Texts that cannot be the same (UUIDs, task tokens,
    timestamps, ARNs of executions) count as equal when both are of that kind.
    """
    workflow = machine if isinstance(machine, Workflow) else Workflow(machine)
    recording = read_recording(history)
    tasks = RecordedTasks(recording)
    try:
        execution = workflow.run_with(tasks, recording.input, recording.schedule, who=("replay", None, recording.start))
    except NotJSON as wrong:
        raise InputError(f"the history holds what no execution could have: {wrong}") from None
    except Unrecorded as problem:
        return Replay(None, Divergence(problem.state, "payload", "no such task", problem.payload))
    try:
        return Replay(execution, first_divergence(recording, execution))
    except RecursionError:
        raise InputError("the states of the history are nested too deeply") from None


def first_divergence(recording: Recording, execution: TestedExecution) -> Divergence | None:
    """Return the first difference in what states were entered with, called, and gave; None where there is none."""
    found = _inside(_walks(recording.story), _walks(execution.story), None, None)
    ends = [recording.status, recording.error], [execution.status, execution.error]
    if found is None and not alike(*ends):
        return Divergence("the execution", "outcome", *ends)
    if found is None and not alike(recording.output, execution.output):
        return Divergence("the execution", "output", recording.output, execution.output)
    return found


def _walks(story: Sequence[Visit]) -> Walks:
    walks: Walks = defaultdict(lambda: defaultdict(list))
    for visit in story:
        branch = visit.iteration if visit.iteration is not None else visit.branch
        walks[id(visit.around)][branch].append(visit)
    return walks


def _inside(recorded: Walks, now: Walks, visit: Visit | None, other: Visit | None) -> Divergence | None:
    """Compare what was walked inside of two visits; None for the executions themselves."""
    for branch, visits in recorded[id(visit)].items():
        found = _on_the_way(recorded, now, visits, now[id(other)][branch])
        if found is not None:
            return found
    return None


def _on_the_way(recorded: Walks, now: Walks, visits: list[Visit], others: list[Visit]) -> Divergence | None:
    for visit, other in zip(visits, others, strict=False):
        found = _at_entry(visit, other) or _inside(recorded, now, visit, other) or _at_exit(visit, other)
        if found is not None:
            return found
    if len(visits) > len(others):
        state = visits[len(others)].state
        return Divergence(state, "state", state, "the end")
    if len(others) > len(visits):
        state = others[len(visits)].state
        return Divergence(state, "state", "the end", state)
    return None


def _at_entry(recorded: Visit, now: Visit) -> Divergence | None:
    if recorded.state != now.state:
        return Divergence(recorded.state, "state", recorded.state, now.state)
    pairs: list[tuple[str, JSON, JSON]] = [("input", recorded.input, now.input)]
    for then, again in zip(recorded.attempts, now.attempts, strict=False):
        pairs.append(("payload", then.payload, again.payload))
        pairs.append(("outcome", [then.status, then.error], [again.status, again.error]))
    return _difference(recorded.state, [*pairs, ("number of attempts", len(recorded.attempts), len(now.attempts))])


def _at_exit(recorded: Visit, now: Visit) -> Divergence | None:
    pairs = [("outcome", recorded.status, now.status), ("output", recorded.output, now.output)]
    return _difference(recorded.state, pairs)


def _difference(state: str, pairs: Sequence[tuple[str, JSON, JSON]]) -> Divergence | None:
    differing = (Divergence(state, *pair) for pair in pairs if not alike(pair[1], pair[2]))
    return next(differing, None)


_KINDS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}",
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)",
        r"arn:aws[\w-]*:states:.*:(execution|express|mapRun|stateMachine):.*",
        r"[\w+/=-]{64,}",
    )
)
"""Texts that differ from execution to execution: UUIDs, timestamps, ARNs, task tokens."""


def alike(one: JSON, other: JSON) -> bool:
    """Whether two values are equal but for texts that cannot be: UUIDs, timestamps, ARNs of executions, tokens."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, str) and isinstance(other, str):
        return one == other or any(kind.fullmatch(one) and kind.fullmatch(other) for kind in _KINDS)
    return (type(one) is type(other) and one == other) or _are_same_number(one, other)


def _are_same_number(one: JSON, other: JSON) -> bool:
    numbers = (int, float)
    is_number = isinstance(one, numbers) and isinstance(other, numbers)
    return is_number and not isinstance(one, bool) and not isinstance(other, bool) and one == other

