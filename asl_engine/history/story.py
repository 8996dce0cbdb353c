"""The story that a history tells: which states were entered, with what, what each tried, and how it was left.

This is the only place that reads events. It takes them as `GetExecutionHistory` gives them, ours or those of an
execution on AWS, whole or not, one at a time: `Story.take` costs the same whether ten events came before or ten
thousand, so an execution can be followed while it runs.

The events of branches and iterations are mixed in a history, so what belongs together is found along
`previousEventId`, never by position. Two things make that harder than it sounds:

* A redrive goes on inside of visits that had ended: what it does first points at the event that entered the state. So
  the end of an execution remembers which visits it closed, and a redrive opens these again. The failure that it undoes
  is kept in `Visit.redrives`.
* `ParallelStateFailed` and what follows a failed iteration point at an event of a state inside, so the visit that an
  event is about is found from there outwards, by type or by name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias

from asl_engine.history.details import details_of, failure_of, payload_of, resource_of, seconds_of, value_of
from asl_engine.history.visits import Attempt, Failure, Iteration, MapRunPart, Status, Visit
from asl_engine.values import JSON

Ending: TypeAlias = Literal["RUNNING", "SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"]

ENDINGS: Final[Mapping[str, Ending]] = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionAborted": "ABORTED",
    "ExecutionTimedOut": "TIMED_OUT",
}
"""The status of an execution, by its last event."""

_ENTERED_AT: Final = re.compile(r"\(entered at the event id #(\d{1,15})\)")


def read_story(events: Iterable[Mapping[str, Any]]) -> list[Visit]:
    """Return the visits of an execution, in the order in which its states were entered."""
    story = Story()
    for event in events:
        story.take(event)
    return story.visits


class Story:
    """What is known of an execution from the events that were taken so far.

    `visits` are in the order in which the states were entered. `status`, `input`, `output` and `failure` are the
    execution's; `redrives` counts how often it was redriven.
    """

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self.status: Ending = "RUNNING"
        self.input: JSON = None
        self.output: JSON = None
        self.failure: Failure | None = None
        self.started_at = math.nan
        self.ended_at: float | None = None
        self.redrives = 0
        self._visit_of: dict[int, Visit | None] = {0: None}
        """The visit that an event belongs to, by the event's id."""
        self._last = 0
        self._iterations: dict[int, int] = {}
        """The number of the item, by the id of the event that started its iteration."""
        self._rounds: dict[int, dict[int, Iteration]] = {}
        """The iterations of the present attempt of a Map by their number, by the entry of the Map."""
        self._entries: dict[tuple[str, int], Visit] = {}
        """The visits by their state and the id of the event before the one that entered it."""
        self._open: dict[int, dict[int, Visit]] = {}
        """The visits that have not ended, by the entry of the visit that they stand in (0: of none) and their own."""
        self._closed: list[Visit] = []
        """The visits that the end of the execution has closed: a redrive opens them again."""

    def take(self, event: Mapping[str, Any]) -> Visit | None:
        """Take the next event in; return the visit that it belongs to, None for one of the execution's own.

        An event without an id is counted; one that does not say what it follows follows the event before.
        """
        kind, details = str(event.get("type", "")), details_of(event)
        self._last = number = int(event.get("id", self._last + 1))
        previous = int(event.get("previousEventId", number - 1))
        before = self._visit_of.get(previous)
        visit: Visit | None
        if kind.endswith("StateEntered"):
            visit = self._enter(kind.removesuffix("StateEntered"), event, details, before, previous)
        elif kind.endswith("StateExited"):
            visit = self._exit(event, details, before)
        elif kind.startswith("Execution"):
            self._of_execution(kind, event, details, before)
            visit = before  # a Fail that is redriven fails again, and nothing but this says which it was
        else:
            visit = self._named(kind, details, before, previous)
            if visit is not None:
                self._note(visit, kind, event, details, before)
        self._visit_of[number] = visit
        return None if kind.startswith("Execution") else visit

    def _enter(
        self, type_: str, event: Mapping[str, Any], details: Mapping[str, Any], before: Visit | None, previous: int
    ) -> Visit:
        name = str(details.get("name", ""))
        left = before if before is not None and before.exit == previous else None
        parent = before if left is None else left.parent
        same = _outwards(parent, lambda outer: outer.state == name)
        parent = parent if same is None else same.parent  # no state stands in itself
        visit = Visit(name, type_, value_of(details.get("input")), seconds_of(event), self._last, parent, left)
        if left is not None:
            visit.iteration, visit.branch, left.next = left.iteration, left.branch, name
        else:
            visit.iteration = self._iterations.get(previous)
            visit.branch = name if parent is not None and parent.type == "Parallel" else None
        self.visits.append(visit)
        self._entries[name, previous] = visit
        self._open_again(visit)
        return visit

    def _exit(self, event: Mapping[str, Any], details: Mapping[str, Any], before: Visit | None) -> Visit | None:
        """Close the visit that an exit names: the event before may be one of a state inside it."""
        name = details.get("name")
        visit = _outwards(before, lambda outer: outer.state == name and outer.status == "RUNNING")
        if visit is None:
            return before
        visit.status = "SUCCEEDED" if visit.failure is None else "CAUGHT"
        visit.output, visit.left_at, visit.exit = value_of(details.get("output")), seconds_of(event), self._last
        variables = details.get("assignedVariables") or {}
        visit.variables = {name: value_of(text) for name, text in variables.items()}
        self._open.get(_entry_of(visit.parent), {}).pop(visit.entry, None)
        self._close_inside(visit, visit.left_at)
        return visit

    def _of_execution(
        self, kind: str, event: Mapping[str, Any], details: Mapping[str, Any], before: Visit | None
    ) -> None:
        if kind == "ExecutionStarted":
            self.started_at, self.input = seconds_of(event), value_of(details.get("input"))
        elif kind == "ExecutionRedriven":
            self.redrives += 1
            self.status, self.failure, self.ended_at = "RUNNING", None, None
            for visit in self._closed:
                self._redrive(visit)
        elif kind in ENDINGS:
            self.status, self.ended_at = ENDINGS[kind], seconds_of(event)
            self.output, self.failure = value_of(details.get("output")), failure_of(event)
            self._end(kind, before)

    def _redrive(self, visit: Visit) -> None:
        visit.redrives.append(visit.failure)
        visit.status, visit.failure, visit.left_at = "RUNNING", None, None
        for iteration in self._rounds.get(visit.entry, {}).values():
            iteration.status = "SUCCEEDED" if iteration.status == "SUCCEEDED" else "RUNNING"
        self._open_again(visit)

    def _open_again(self, visit: Visit) -> None:
        self._open.setdefault(_entry_of(visit.parent), {})[visit.entry] = visit

    def _end(self, kind: str, before: Visit | None) -> None:
        """Close everything: what led to a failure has failed, and what else was open has been aborted."""
        if kind == "ExecutionFailed" and self.failure is not None:
            while before is not None:
                self._blame(before, self.failure)
                before = before.parent
            named = _ENTERED_AT.search(self.failure.cause or "")  # of some failures no other event tells
            if named is not None:
                self._blame(self._visit_of.get(int(named[1])), self.failure)
        self._closed = [visit for group in self._open.values() for visit in group.values()]
        self._open.clear()
        for visit in self._closed:
            self._close(visit, self.ended_at, may_fail=kind == "ExecutionFailed")

    def _blame(self, visit: Visit | None, failure: Failure) -> None:
        if visit is not None and visit.status == "RUNNING":
            _fail(visit, failure)
            visit.status = "FAILED"

    def _close_inside(self, outer: Visit, at: float | None) -> None:
        """Close what is open inside a visit that is over: it failed, or was stopped since something else did."""
        self._end_iterations(outer)
        entries = [outer.entry]
        while entries:
            for visit in self._open.pop(entries.pop(), {}).values():
                self._close(visit, at)
                entries.append(visit.entry)

    def _close(self, visit: Visit, at: float | None, may_fail: bool = True) -> None:
        if visit.status == "RUNNING":
            has_failed = may_fail and (visit.failure is not None or visit.type == "Fail")
            visit.status = "FAILED" if has_failed else "ABORTED"
        visit.left_at = at
        self._end_iterations(visit)

    def _end_iterations(self, visit: Visit) -> None:
        """Let those be aborted that have no end."""
        for iteration in self._rounds.get(visit.entry, {}).values():
            iteration.status = "ABORTED" if iteration.status == "RUNNING" else iteration.status

    def _named(self, kind: str, details: Mapping[str, Any], before: Visit | None, previous: int) -> Visit | None:
        """Return the visit that an event is about: `ParallelStateFailed` follows an event of a state inside it, and the
        `EvaluationFailed` of an input what came before the state."""
        if kind == "EvaluationFailed":
            state = details.get("state")
            if before is not None and before.state == state and before.status == "RUNNING":
                return before
            visit = self._entries.get((str(state), previous))
            return visit if visit is not None and visit.status == "RUNNING" else before
        word = "Parallel" if kind.startswith("Parallel") else "Map" if kind.startswith("Map") else None
        if word is None:
            return before
        name = details.get("name")
        is_it = (lambda outer: _runs(outer, word)) if name is None else (lambda outer: outer.state == name)
        return _outwards(before, is_it) or before

    def _note(
        self, visit: Visit, kind: str, event: Mapping[str, Any], details: Mapping[str, Any], before: Visit | None
    ) -> None:
        """Note what an event says of a visit: the beginning and the end of its work, or of a part of it."""
        if kind.startswith("MapIteration"):
            self._note_iteration(visit, kind.removeprefix("MapIteration"), details.get("index"))
        elif kind.startswith("MapRun"):
            _note_map_run(visit, kind, details)
        elif kind.endswith("Scheduled"):
            attempt = Attempt(resource_of(details), value_of(payload_of(details)), seconds_of(event))
            attempt.heartbeat = details.get("heartbeatInSeconds")
            visit.attempts.append(attempt)
            visit.failure = None
        elif kind in ("ParallelStateStarted", "MapStateStarted"):
            visit.failure = None
            self._close_inside(visit, seconds_of(event))
            self._rounds.pop(visit.entry, None)
        elif kind.startswith(("Task", "LambdaFunction", "Activity")) and visit.attempts:
            _end_attempt(visit.attempts[-1], kind, event, details)
        failure = None if kind.startswith("MapIteration") else failure_of(event)
        if failure is not None and kind.endswith("StateFailed") and before is not None and before is not visit:
            failure = Failure(before.error, before.cause, failure.at)  # history tells it where it happened
        if failure is not None:
            _fail(visit, failure)

    def _note_iteration(self, visit: Visit, how: str, number: Any) -> None:
        index = number if isinstance(number, int) else 0
        current = self._rounds.setdefault(visit.entry, {})
        if how == "Started" or index not in current:
            current[index] = Iteration(index)
            visit.iterations.append(current[index])
        if how == "Started":
            self._iterations[self._last] = index
        else:
            current[index].status = _ENDS.get(how, "RUNNING")


_ENDS: Final[Mapping[str, Status]] = {"Succeeded": "SUCCEEDED", "Failed": "FAILED", "Aborted": "ABORTED"}


def _entry_of(visit: Visit | None) -> int:
    return 0 if visit is None else visit.entry


def _runs(visit: Visit, type_: str) -> bool:
    return visit.type == type_ and visit.status == "RUNNING"


def _outwards(visit: Visit | None, is_it: Callable[[Visit], bool]) -> Visit | None:
    while visit is not None and not is_it(visit):
        visit = visit.parent
    return visit


def _fail(visit: Visit, failure: Failure) -> None:
    """Note a failure. What is told again of a failure that nothing has followed is the same one."""
    if visit.failure is None:
        visit.failures.append(failure)
    else:
        visit.failures[-1] = failure
    visit.failure = failure


def _note_map_run(visit: Visit, kind: str, details: Mapping[str, Any]) -> None:
    if kind == "MapRunStarted":
        visit.map_runs.append(MapRunPart(str(details.get("mapRunArn", ""))))
    elif visit.map_runs:
        part = visit.map_runs[-1]
        part.status = _ENDS.get(kind.removeprefix("MapRun"), "RUNNING")
        part.redrives += kind == "MapRunRedriven"


def _end_attempt(attempt: Attempt, kind: str, event: Mapping[str, Any], details: Mapping[str, Any]) -> None:
    failure = failure_of(event)
    if kind.endswith("Succeeded"):
        attempt.status, attempt.result = "SUCCEEDED", value_of(details.get("output"))
    elif failure is not None:
        attempt.status, attempt.is_timeout = "FAILED", kind.endswith("TimedOut")
        attempt.error, attempt.cause = failure.error, failure.cause
    else:
        return
    attempt.ended_at = seconds_of(event)
