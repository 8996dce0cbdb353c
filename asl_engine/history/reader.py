"""From the record to events as AWS writes them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, TypeAlias

from asl_engine.history.records import Mark, RecordedFailure, Records
from asl_engine.program.program import Invoke, State
from asl_engine.values import JSON, json_text, to_datetime

Event: TypeAlias = dict[str, Any]
"""One event as GetExecutionHistory gives it; `timestamp` is an aware datetime."""


def read_events(records: Records) -> list[Event]:
    """Return the events of a record, as AWS writes them."""
    return EventReader(records).new_events()


class EventReader:
    """Walks once over a record; remembers the last event of each frame, and the text of each value: as its writer wrote
    it where it came from outside, until a state changes it (recorded, September 2026), else compact.

    A record grows while its execution runs; `new_events` returns what has been written since it was last asked.
    """

    def __init__(self, records: Records) -> None:
        self.records = records
        self.events: list[Event] = []
        self.texts: dict[int, str] = {}
        self.at = self.id = self.frame = 0
        self.last: dict[int, int] = {0: 0}
        self.next_iteration: dict[int, int] = {}
        self.parents: dict[int, int] = {}
        self.assigned: dict[str, JSON] | None = None
        self.timestamp: Any = None
        self.region = ""
        self.maps: dict[int, str] = {}
        self.map_runs: dict[int, int] = {}
        self.joins: dict[int, int] = {}  # the last event inside, by that of the join
        self.successes: dict[int, int] = {}  # and of joins that succeeded
        self.reason = 0

    def new_events(self) -> list[Event]:
        """Return the events that were not read yet."""
        begin, self.at = self.at, len(self.records)
        events = self.events = []
        one_by_one = islice(self.records, begin, None)
        for what, a, b in zip(one_by_one, one_by_one, one_by_one, strict=True):
            if type(what) is State:
                self._entered(what, a)
                self._exited(what, b)
            else:
                _READERS[what](self, a, b)
        return events

    def text(self, value: JSON) -> str:
        """Return the value's text, printed once for each value: outputs are the inputs of what follows."""
        if (text := self.texts.get(id(value))) is None:
            text = self.texts[id(value)] = json_text(value)
        return text

    def _event(self, type_: str, member: str | None = None, details: dict[str, Any] | None = None) -> None:
        number = self.id = self.id + 1
        last, frame = self.last, self.frame
        event = {"timestamp": self.timestamp, "type": type_, "id": number, "previousEventId": last[frame]}
        if member is not None:
            event[member] = details
        last[frame] = number
        self.events.append(event)

    def _entered(self, state: State, value: JSON) -> None:
        text = self.texts.get(id(value)) or self.text(value)
        details = {"name": state.name, "input": text, "inputDetails": {"truncated": False}}
        self._event(state.entered_event, "stateEnteredEventDetails", details)

    def _exited(self, state: State, value: JSON) -> None:
        text = self.texts.get(id(value)) or self.text(value)
        details = {"name": state.name, "output": text, "outputDetails": {"truncated": False}}
        if self.assigned is not None:
            details["assignedVariables"] = {name: self.text(item) for name, item in self.assigned.items()}
            details["assignedVariablesDetails"] = {"truncated": False}
            self.assigned = None
        if self.successes:
            self._step_behind(self.successes)
        self._event(state.exited_event, "stateExitedEventDetails", details)

    # One function for each mark. Each appends the events that the mark makes.

    def _at(self, seconds: float, _: None) -> None:
        self.timestamp = to_datetime(seconds)

    def _switch(self, number: int, _: None) -> None:
        self.frame = number

    def _written(self, value: JSON, text: str) -> None:
        self.texts[id(value)] = text

    def _started(self, value: JSON, where: tuple[str, str]) -> None:
        role, self.region = where
        details = {"input": self.text(value), "inputDetails": {"truncated": False}, "roleArn": role}
        self._event("ExecutionStarted", "executionStartedEventDetails", details)
        self.last[0] = 0

    def _enter(self, state: State, value: JSON) -> None:
        self._entered(state, value)

    def _exit(self, state: State, value: JSON) -> None:
        self._exited(state, value)

    def _assign(self, variables: dict[str, JSON], _: None) -> None:
        self.assigned = variables

    def _only_scheduled(self, state: State, move: Invoke) -> None:
        assert state.resource is not None
        details, payload = _limits(move), self.text(move.payload)
        if state.resource.family == "Task":
            details |= self._task(state) | {"region": self.region, "parameters": payload}
        else:
            details |= {"resource": state.resource.text, "input": payload, "inputDetails": {"truncated": False}}
        self._event(*_NAMES[state.resource.family, "Scheduled"], details)

    def _scheduled(self, state: State, move: Invoke) -> None:
        self._only_scheduled(state, move)
        if state.resource is not None and state.resource.family == "Task":
            self._event("TaskStarted", "taskStartedEventDetails", self._task(state))
        else:
            self._event("LambdaFunctionStarted")

    @staticmethod
    def _task(state: State) -> dict[str, Any]:
        resource = state.resource
        assert resource is not None
        if resource.family != "Task":
            return {}
        return {"resourceType": resource.service, "resource": resource.event_resource}

    def _activity_started(self, state: State, worker: str | None) -> None:
        self._event("ActivityStarted", "activityStartedEventDetails", {} if worker is None else {"workerName": worker})

    def _submitted(self, state: State, output: JSON) -> None:
        details = self._task(state) | {"output": self.text(output), "outputDetails": {"truncated": False}}
        self._event("TaskSubmitted", "taskSubmittedEventDetails", details)

    def _task_succeeded(self, state: State, result: JSON) -> None:
        details = self._task(state)
        details["output"] = self.text(result)
        details["outputDetails"] = {"truncated": False}
        self._task_ended(state, "Succeeded", details)

    def _task_failed(self, state: State, failure: RecordedFailure) -> None:
        self._task_ended(state, "Failed", self._task(state) | error_and_cause(failure.error, failure.cause))

    def _task_timed_out(self, state: State, failure: RecordedFailure) -> None:
        self._task_ended(state, "TimedOut", self._task(state) | error_and_cause(failure.error, failure.cause))

    def _task_ended(self, state: State, how: str, details: dict[str, Any]) -> None:
        assert state.resource is not None
        self._event(*_NAMES[state.resource.family, how], details)

    def _evaluation_failed(self, state: State, failure: RecordedFailure) -> None:
        error, cause, location = failure
        details = {**error_and_cause(error, cause), "state": state.name}
        if location is not None:
            details["location"] = location
        self._step_behind(self.joins)
        self._event("EvaluationFailed", "evaluationFailedEventDetails", details)

    def _without_event(self, _: State, __: int) -> None:
        """AWS's history does not tell which retrier or catcher it was."""

    def _reason(self, _: None, __: None) -> None:
        self.reason = self.last[self.frame]

    def _state_aborted(self, state: State, _: None) -> None:
        self.last[self.frame] = self.reason
        self._event(state.type + "StateAborted")
        self.last[self.frame] = self.reason

    def _forked(self, state: State, length: int | None) -> None:
        if length is None:
            self._event(state.type + "StateStarted")
        else:
            self._event(state.type + "StateStarted", "mapStateStartedEventDetails", {"length": length})
        self.next_iteration[self.frame] = self.id
        self.maps[self.frame] = state.name

    def _branch(self, number: int, parent: int) -> None:
        self.parents[number] = parent
        self.last[number] = self.next_iteration[parent]

    def _iteration(self, number: int, index: int) -> None:
        parent = self.frame
        self.parents[number] = parent
        self.last[number] = self.next_iteration[parent]
        self.frame = number
        details = {"name": self.maps[parent], "index": index}
        self._event("MapIterationStarted", "mapIterationStartedEventDetails", details)

    def _iteration_ended(self, index: int, how: str) -> None:
        number = self.frame
        parent = self.parents[number]
        before = self.last[number] = self.reason if how == "Aborted" else self.last[number]
        self._event(*_NAMES["MapIteration", how], {"name": self.maps[parent], "index": index})
        if how != "Aborted":
            self.next_iteration[parent] = before
            self.last[parent] = self.id if how == "Succeeded" else before
        self.frame = parent
        del self.last[number], self.parents[number]

    def _branch_ended(self, _: None, __: None) -> None:
        number = self.frame
        self.frame = parent = self.parents.pop(number)
        self.last[parent] = self.last.pop(number)

    def _joined(self, state: State, how: str) -> None:
        inside = self.map_runs.pop(self.frame, self.last[self.frame])
        self._event(f"{state.type}State{how}")
        self.joins[self.id] = inside
        if how == "Succeeded":
            self.successes[self.id] = inside

    def _step_behind(self, joins: dict[int, int]) -> None:
        """Have what follows a join link to what happened inside: the exit of a state that succeeded (recorded), and an
        expression that fails then, in whichever way the join ended (recorded, September 2026)."""
        self.last[self.frame] = joins.get(self.last[self.frame], self.last[self.frame])

    def _map_run_started(self, arn: str, _: None) -> None:
        self._event("MapRunStarted", "mapRunStartedEventDetails", {"mapRunArn": arn})
        self.map_runs[self.frame] = self.id  # the exit of the state follows it (recorded, September 2026)

    def _map_run_redriven(self, arn: str, count: int) -> None:
        self.last[self.frame] = self.next_iteration[self.frame]
        self._event("MapRunRedriven", "mapRunRedrivenEventDetails", {"mapRunArn": arn, "redriveCount": count})
        self.map_runs[self.frame] = self.id

    def _map_run_ended(self, error: str | None, cause: str | None) -> None:
        if error is None:
            self._event("MapRunSucceeded")
        else:
            self._event("MapRunFailed", "mapRunFailedEventDetails", error_and_cause(error, cause))

    def _map_run_aborted(self, _: None, __: None) -> None:
        self._event("MapRunAborted")

    def _redriven(self, count: int, _: None) -> None:
        self._event("ExecutionRedriven", "executionRedrivenEventDetails", {"redriveCount": count})

    def _resumed(self, number: int, place: tuple[int | None, int]) -> None:
        parent, self.last[number] = place
        if parent is not None:
            self.parents[number] = parent

    def _succeeded(self, output: JSON, _: None) -> None:
        details = {"output": self.text(output), "outputDetails": {"truncated": False}}
        self._event("ExecutionSucceeded", "executionSucceededEventDetails", details)

    def _failed(self, error: str | None, cause: str | None) -> None:
        self._event("ExecutionFailed", "executionFailedEventDetails", error_and_cause(error, cause))
        self.last[0] = self.id  # which a redrive follows, also where a walk inside has failed

    def _timed_out(self, error: str | None, cause: str | None) -> None:
        self.frame, self.last[0] = 0, 0
        self._event("ExecutionTimedOut", "executionTimedOutEventDetails", error_and_cause(error, cause))

    def _aborted(self, error: str | None, cause: str | None) -> None:
        self.frame, self.last[0] = 0, 0
        self._event("ExecutionAborted", "executionAbortedEventDetails", error_and_cause(error, cause))


def _limits(move: Invoke) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if move.timeout is not None:
        details["timeoutInSeconds"] = move.timeout
    if move.heartbeat is not None:
        details["heartbeatInSeconds"] = move.heartbeat
    if move.credentials is not None:
        details["taskCredentials"] = {"roleArn": move.credentials.get("RoleArn")}
    return details


def error_and_cause(error: str | None, cause: str | None) -> dict[str, str]:
    """Return the members that are there: AWS leaves out what is missing."""
    pairs = {"error": error, "cause": cause}
    return {name: text for name, text in pairs.items() if text is not None}


_NAMES = {
    (family, how): (family + how, f"{family[0].lower()}{family[1:]}{how}EventDetails")
    for family in ("LambdaFunction", "Task", "Activity", "MapIteration")
    for how in ("Scheduled", "Succeeded", "Failed", "TimedOut", "Aborted")
}
"""The type of an event, and the name of the member that has its details."""


_READERS: dict[Mark, Callable[[EventReader, Any, Any], None]] = {
    Mark.AT: EventReader._at,
    Mark.FRAME: EventReader._switch,
    Mark.WRITTEN: EventReader._written,
    Mark.STARTED: EventReader._started,
    Mark.ENTERED: EventReader._enter,
    Mark.EXITED: EventReader._exit,
    Mark.ASSIGNED: EventReader._assign,
    Mark.SCHEDULED: EventReader._scheduled,
    Mark.ONLY_SCHEDULED: EventReader._only_scheduled,
    Mark.ACTIVITY_STARTED: EventReader._activity_started,
    Mark.SUBMITTED: EventReader._submitted,
    Mark.TASK_SUCCEEDED: EventReader._task_succeeded,
    Mark.TASK_FAILED: EventReader._task_failed,
    Mark.TASK_TIMED_OUT: EventReader._task_timed_out,
    Mark.EVALUATION_FAILED: EventReader._evaluation_failed,
    Mark.RETRIED: EventReader._without_event,
    Mark.CAUGHT: EventReader._without_event,
    Mark.REASON: EventReader._reason,
    Mark.STATE_ABORTED: EventReader._state_aborted,
    Mark.FORKED: EventReader._forked,
    Mark.BRANCH: EventReader._branch,
    Mark.ITERATION: EventReader._iteration,
    Mark.ITERATION_ENDED: EventReader._iteration_ended,
    Mark.BRANCH_ENDED: EventReader._branch_ended,
    Mark.JOINED: EventReader._joined,
    Mark.MAP_RUN_STARTED: EventReader._map_run_started,
    Mark.MAP_RUN_ENDED: EventReader._map_run_ended,
    Mark.MAP_RUN_ABORTED: EventReader._map_run_aborted,
    Mark.MAP_RUN_REDRIVEN: EventReader._map_run_redriven,
    Mark.REDRIVEN: EventReader._redriven,
    Mark.RESUMED: EventReader._resumed,
    Mark.SUCCEEDED: EventReader._succeeded,
    Mark.FAILED: EventReader._failed,
    Mark.TIMED_OUT: EventReader._timed_out,
    Mark.ABORTED: EventReader._aborted,
}
