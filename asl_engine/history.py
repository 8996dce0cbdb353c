"""The flat record of an execution, and its form as AWS writes it, made when somebody reads it.

The kernel appends three references per transition to a plain list: `records += (what, a, b)`. `what` is a compiled
`State` for the common case, a state that was entered with `a` and left with `b`, or one of the `Mark`s below. Ids,
previousEventId, details and JSON text are made by `read_events`; a value that appears many times is printed once. That
layout is what makes recording nearly free (139 ns per transition against 5,203 for eager dicts).

Rules of the links, from recordings:

* the first state of the execution, and what ends it from outside, have previousEventId 0;
* an iteration or branch starts from the Map's or Parallel's `Started` event; a later iteration starts from the last
  event
  inside the iteration that made room for it;
* `MapStateExited` and `ParallelStateExited` repeat the previousEventId of the `Succeeded` event before them;
* what follows a failed iteration (`MapStateFailed`, the next attempt's `MapStateStarted`) points at the last event
  inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeAlias

from asl_engine.program.moves import Invoke
from asl_engine.program.program import State
from asl_engine.values import JSON, json_text, to_datetime

Event: TypeAlias = dict[str, Any]
"""One event as GetExecutionHistory gives it; `timestamp` is an aware datetime."""


class Mark:
    """What a record says when it is not a whole transition. `events` is how many events it makes; a transition makes
    two."""

    __slots__ = ("events", "name")

    by_name: ClassVar[dict[str, Mark]] = {}

    # In brackets what `a` and `b` are.
    AT: ClassVar[Mark]  # (seconds since 1970, -): the time of what follows
    FRAME: ClassVar[Mark]  # (frame number, -): whose records follow
    STARTED: ClassVar[Mark]  # (input, (role ARN, region))
    ENTERED: ClassVar[Mark]  # (state, input)
    EXITED: ClassVar[Mark]  # (state, output)
    ASSIGNED: ClassVar[Mark]  # (variables, -): what the exit that follows assigned
    SCHEDULED: ClassVar[Mark]  # (state, Invoke): Scheduled and Started
    ONLY_SCHEDULED: ClassVar[Mark]  # (state, Invoke): Scheduled; an activity starts when a worker asks for it
    SUBMITTED: ClassVar[Mark]  # (state, output)
    TASK_SUCCEEDED: ClassVar[Mark]  # (state, result)
    TASK_FAILED: ClassVar[Mark]  # (state, (error, cause))
    TASK_TIMED_OUT: ClassVar[Mark]  # (state, (error, cause))
    STATE_ABORTED: ClassVar[Mark]  # (state, -)
    FORKED: ClassVar[Mark]  # (state, number of items or None): MapStateStarted, ParallelStateStarted
    BRANCH: ClassVar[Mark]  # (frame number of the branch, of the parent)
    ITERATION: ClassVar[Mark]  # (frame number of the iteration, its index); the frame is the Map's
    ITERATION_ENDED: ClassVar[Mark]  # (index, "Succeeded" or "Failed" or "Aborted"); the frame is the iteration's
    BRANCH_ENDED: ClassVar[Mark]  # (-, -); the frame is the branch's
    JOINED: ClassVar[Mark]  # (state, "Succeeded" or "Failed")
    SUCCEEDED: ClassVar[Mark]  # (output, -)
    FAILED: ClassVar[Mark]  # (error, cause)
    TIMED_OUT: ClassVar[Mark]  # (error, cause)
    ABORTED: ClassVar[Mark]  # (error, cause)

    def __init__(self, name: str, events: int) -> None:
        self.name = name
        self.events = events
        Mark.by_name[name] = self

    def __repr__(self) -> str:
        return f"<Mark {self.name}>"


Mark.AT = Mark("at", 0)
Mark.FRAME = Mark("frame", 0)
Mark.STARTED = Mark("started", 1)
Mark.ENTERED = Mark("entered", 1)
Mark.EXITED = Mark("exited", 1)
Mark.ASSIGNED = Mark("assigned", 0)
Mark.SCHEDULED = Mark("scheduled", 2)
Mark.ONLY_SCHEDULED = Mark("only-scheduled", 1)
Mark.SUBMITTED = Mark("submitted", 1)
Mark.TASK_SUCCEEDED = Mark("task-succeeded", 1)
Mark.TASK_FAILED = Mark("task-failed", 1)
Mark.TASK_TIMED_OUT = Mark("task-timed-out", 1)
Mark.STATE_ABORTED = Mark("state-aborted", 1)
Mark.FORKED = Mark("forked", 1)
Mark.BRANCH = Mark("branch", 0)
Mark.ITERATION = Mark("iteration", 1)
Mark.ITERATION_ENDED = Mark("iteration-ended", 1)
Mark.BRANCH_ENDED = Mark("branch-ended", 0)
Mark.JOINED = Mark("joined", 1)
Mark.SUCCEEDED = Mark("succeeded", 1)
Mark.FAILED = Mark("failed", 1)
Mark.TIMED_OUT = Mark("timed-out", 1)
Mark.ABORTED = Mark("aborted", 1)


Records: TypeAlias = list[Any]


def states_entered(records: Records) -> list[State]:
    """Return the states that an execution entered, in order."""
    return [
        what if isinstance(what, State) else records[at + 1]
        for at, what in zip(range(0, len(records), 3), records[::3], strict=True)
        if what is Mark.ENTERED or isinstance(what, State)
    ]


def read_events(records: Records, input_text: str | None = None) -> Iterator[Event]:
    """Yield the events of a record, as AWS writes them.

    `input_text` is the execution's input as it was given: `ExecutionStarted` and the first state repeat it to the
    letter (recorded), everything later is printed compactly.
    """
    return EventReader(records, input_text).new_events()


class EventReader:
    """Walks once over a record; remembers the last event of each frame, and the text of each value.

    A record grows while its execution runs; `new_events` yields what has been written since it was last asked.
    """

    def __init__(self, records: Records, input_text: str | None = None) -> None:
        self.records = records
        self.at = 0
        self.input_text = input_text
        self.texts: dict[int, str] = {}
        self.id = 0
        self.frame = 0
        self.last: dict[int, int] = {0: 0}
        self.next_iteration: dict[int, int] = {}
        self.parents: dict[int, int] = {}
        self.assigned: dict[str, JSON] | None = None
        self.timestamp: Any = None
        self.region = ""
        self.maps: dict[int, str] = {}

    def new_events(self) -> Iterator[Event]:
        """Yield the events that were not read yet."""
        records = self.records
        begin, self.at = self.at, len(records)
        for at in range(begin, self.at, 3):
            what = records[at]
            if isinstance(what, State):
                yield self._entered(what, records[at + 1])
                yield self._exited(what, records[at + 2])
            else:
                yield from _READERS[what](self, records[at + 1], records[at + 2])

    def text(self, value: JSON) -> str:
        """Return the value's text, printed once for each value: outputs are the inputs of what follows."""
        key = id(value)
        text = self.texts.get(key)
        if text is None:
            text = self.texts[key] = json_text(value)
        return text

    def _event(self, type_: str, member: str | None = None, details: dict[str, Any] | None = None) -> Event:
        self.id += 1
        event = {"timestamp": self.timestamp, "type": type_, "id": self.id, "previousEventId": self.last[self.frame]}
        if member is not None:
            event[member] = details
        self.last[self.frame] = self.id
        return event

    def _entered(self, state: State, value: JSON) -> Event:
        text = self.input_text if self.id == 1 and self.input_text is not None else self.text(value)
        return self._event(
            state.type + "StateEntered",
            "stateEnteredEventDetails",
            {"name": state.name, "input": text, "inputDetails": {"truncated": False}},
        )

    def _exited(self, state: State, value: JSON) -> Event:
        details = {"name": state.name, "output": self.text(value), "outputDetails": {"truncated": False}}
        if self.assigned is not None:
            details["assignedVariables"] = {name: self.text(item) for name, item in self.assigned.items()}
            details["assignedVariablesDetails"] = {"truncated": False}
            self.assigned = None
        return self._event(state.type + "StateExited", "stateExitedEventDetails", details)

    # One function for each mark. Each yields the events that the mark makes.

    def _at(self, seconds: float, _: None) -> Iterator[Event]:
        self.timestamp = to_datetime(seconds)
        return iter(())

    def _switch(self, number: int, _: None) -> Iterator[Event]:
        self.frame = number
        return iter(())

    def _started(self, value: JSON, where: tuple[str, str]) -> Iterator[Event]:
        role, self.region = where
        text = self.input_text if self.input_text is not None else self.text(value)
        details = {"input": text, "inputDetails": {"truncated": False}, "roleArn": role}
        yield self._event("ExecutionStarted", "executionStartedEventDetails", details)
        self.last[0] = 0

    def _enter(self, state: State, value: JSON) -> Iterator[Event]:
        yield self._entered(state, value)

    def _exit(self, state: State, value: JSON) -> Iterator[Event]:
        yield self._exited(state, value)

    def _assign(self, variables: dict[str, JSON], _: None) -> Iterator[Event]:
        self.assigned = variables
        return iter(())

    def _only_scheduled(self, state: State, move: Invoke) -> Iterator[Event]:
        resource = state.resource
        assert resource is not None
        limits = {"timeoutInSeconds": move.timeout, "heartbeatInSeconds": move.heartbeat}
        details: dict[str, Any] = {name: value for name, value in limits.items() if value is not None}
        if move.credentials is not None:
            details["taskCredentials"] = {"roleArn": move.credentials.get("RoleArn")}
        payload = self.text(move.payload)
        if resource.family == "Task":
            details |= self._task(state) | {"region": self.region, "parameters": payload}
        else:
            details |= {"resource": resource.text, "input": payload, "inputDetails": {"truncated": False}}
        yield self._event(resource.family + "Scheduled", _member(resource.family, "Scheduled"), details)

    def _scheduled(self, state: State, move: Invoke) -> Iterator[Event]:
        yield from self._only_scheduled(state, move)
        if state.resource is not None and state.resource.family == "Task":
            yield self._event("TaskStarted", "taskStartedEventDetails", self._task(state))
        else:
            yield self._event("LambdaFunctionStarted")

    @staticmethod
    def _task(state: State) -> dict[str, Any]:
        resource = state.resource
        assert resource is not None
        if resource.family != "Task":
            return {}
        return {"resourceType": resource.service, "resource": resource.event_resource}

    def _submitted(self, state: State, output: JSON) -> Iterator[Event]:
        details = self._task(state) | {"output": self.text(output), "outputDetails": {"truncated": False}}
        yield self._event("TaskSubmitted", "taskSubmittedEventDetails", details)

    def _task_succeeded(self, state: State, result: JSON) -> Iterator[Event]:
        details = self._task(state) | {"output": self.text(result), "outputDetails": {"truncated": False}}
        yield self._task_ended(state, "Succeeded", details)

    def _task_failed(self, state: State, failure: tuple[str | None, str | None]) -> Iterator[Event]:
        yield self._task_ended(state, "Failed", self._task(state) | error_and_cause(*failure))

    def _task_timed_out(self, state: State, failure: tuple[str | None, str | None]) -> Iterator[Event]:
        yield self._task_ended(state, "TimedOut", self._task(state) | error_and_cause(*failure))

    def _task_ended(self, state: State, how: str, details: dict[str, Any]) -> Event:
        family = state.resource.family if state.resource else "Task"
        return self._event(family + how, _member(family, how), details)

    def _state_aborted(self, state: State, _: None) -> Iterator[Event]:
        before = self.last[self.frame]
        yield self._event(state.type + "StateAborted")
        self.last[self.frame] = before

    def _forked(self, state: State, length: int | None) -> Iterator[Event]:
        if length is None:
            yield self._event(state.type + "StateStarted")
        else:
            yield self._event(state.type + "StateStarted", "mapStateStartedEventDetails", {"length": length})
        self.next_iteration[self.frame] = self.id
        self.maps[self.frame] = state.name

    def _branch(self, number: int, parent: int) -> Iterator[Event]:
        self.parents[number] = parent
        self.last[number] = self.next_iteration[parent]
        return iter(())

    def _iteration(self, number: int, index: int) -> Iterator[Event]:
        parent = self.frame
        self.parents[number] = parent
        self.last[number] = self.next_iteration[parent]
        self.frame = number
        details = {"name": self.maps[parent], "index": index}
        yield self._event("MapIterationStarted", "mapIterationStartedEventDetails", details)

    def _iteration_ended(self, index: int, how: str) -> Iterator[Event]:
        number = self.frame
        before, parent = self.last[number], self.parents[number]
        details = {"name": self.maps[parent], "index": index}
        yield self._event(f"MapIteration{how}", f"mapIteration{how}EventDetails", details)
        if how != "Aborted":
            self.next_iteration[parent] = before
            self.last[parent] = self.id if how == "Succeeded" else before
        self.frame = parent
        del self.last[number], self.parents[number]

    def _branch_ended(self, _: None, __: None) -> Iterator[Event]:
        number = self.frame
        self.frame = parent = self.parents.pop(number)
        self.last[parent] = self.last.pop(number)
        return iter(())

    def _joined(self, state: State, how: str) -> Iterator[Event]:
        before = self.last[self.frame]
        yield self._event(f"{state.type}State{how}")
        if how == "Succeeded":
            self.last[self.frame] = before

    def _succeeded(self, output: JSON, _: None) -> Iterator[Event]:
        details = {"output": self.text(output), "outputDetails": {"truncated": False}}
        yield self._event("ExecutionSucceeded", "executionSucceededEventDetails", details)

    def _failed(self, error: str | None, cause: str | None) -> Iterator[Event]:
        yield self._event("ExecutionFailed", "executionFailedEventDetails", error_and_cause(error, cause))

    def _timed_out(self, error: str | None, cause: str | None) -> Iterator[Event]:
        self.frame, self.last[0] = 0, 0
        yield self._event("ExecutionTimedOut", "executionTimedOutEventDetails", error_and_cause(error, cause))

    def _aborted(self, error: str | None, cause: str | None) -> Iterator[Event]:
        self.frame, self.last[0] = 0, 0
        yield self._event("ExecutionAborted", "executionAbortedEventDetails", error_and_cause(error, cause))


def error_and_cause(error: str | None, cause: str | None) -> dict[str, str]:
    """Return the members that are there: AWS leaves out what is missing."""
    pairs = {"error": error, "cause": cause}
    return {name: text for name, text in pairs.items() if text is not None}


def _member(family: str, how: str) -> str:
    return f"{family[0].lower()}{family[1:]}{how}EventDetails"


_READERS: dict[Mark, Callable[[EventReader, Any, Any], Iterator[Event]]] = {
    Mark.AT: EventReader._at,
    Mark.FRAME: EventReader._switch,
    Mark.STARTED: EventReader._started,
    Mark.ENTERED: EventReader._enter,
    Mark.EXITED: EventReader._exit,
    Mark.ASSIGNED: EventReader._assign,
    Mark.SCHEDULED: EventReader._scheduled,
    Mark.ONLY_SCHEDULED: EventReader._only_scheduled,
    Mark.SUBMITTED: EventReader._submitted,
    Mark.TASK_SUCCEEDED: EventReader._task_succeeded,
    Mark.TASK_FAILED: EventReader._task_failed,
    Mark.TASK_TIMED_OUT: EventReader._task_timed_out,
    Mark.STATE_ABORTED: EventReader._state_aborted,
    Mark.FORKED: EventReader._forked,
    Mark.BRANCH: EventReader._branch,
    Mark.ITERATION: EventReader._iteration,
    Mark.ITERATION_ENDED: EventReader._iteration_ended,
    Mark.BRANCH_ENDED: EventReader._branch_ended,
    Mark.JOINED: EventReader._joined,
    Mark.SUCCEEDED: EventReader._succeeded,
    Mark.FAILED: EventReader._failed,
    Mark.TIMED_OUT: EventReader._timed_out,
    Mark.ABORTED: EventReader._aborted,
}
