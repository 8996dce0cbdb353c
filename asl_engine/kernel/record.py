"""The writer of the record: one method for each thing that can happen, and the count of the events that they make.

The record itself is a flat list of references (`history/records.py`); here is what each of them is, with its type. The
one thing that is not written here is a whole transition, `entries += (state, input, output)`: `Kernel.leave` does that
in its loop, since a call for each would cost more than what it does. A reader tells it from a mark by its type.

What an execution may write is limited, and its end must always find room. So whatever makes an event asks for room
first, and what ends the execution does not ask. `exited`, `task_succeeded` and `iteration` ask themselves, and not
through `_write`: in some executions they are most of what there is.
"""

from __future__ import annotations

from typing import Any, Final

from asl_engine.history import Mark, RecordedFailure, Records
from asl_engine.program.program import Distribute, Fork, Invoke, State
from asl_engine.quotas import MAX_EVENTS
from asl_engine.values import JSON, json_text

MAX_EXPRESS_TRANSITIONS: Final = 1_000_000
"""How many states an Express execution may enter while no time passes, before it counts as having used up its five
minutes."""


_OBJECTS: Final = frozenset({dict, list, float})
"""The types of values that are an object of their own wherever they are made."""


class HistoryFull(Exception):
    """The next event would be number 25,000."""


class Record:
    """What one execution has written down. `entries` is None where nobody wants to read it: then events are counted
    only. `focus` is the number of the frame whose events follow. `texts` are those of values that came from outside, by
    the identity of the value, which `entries` keeps alive: a value is shared as long as nothing changes it."""

    __slots__ = ("entries", "event_count", "focus", "last_transition", "max_events", "texts")

    def __init__(self, type: str, keeps_history: bool) -> None:
        self.entries: Records | None = [] if keeps_history else None
        self.texts: dict[int, str] = {}
        self.event_count = 0
        self.focus = 0
        self.max_events = MAX_EVENTS if type == "STANDARD" else 2 * MAX_EXPRESS_TRANSITIONS
        self.last_transition = self.max_events - 3  # with so many events there is room for a transition and the end

    def _write(self, mark: Mark, a: Any, b: Any) -> None:
        """Append what makes events. Raises HistoryFull when that would make the last event of all."""
        count = self.event_count + mark.events
        if count >= self.max_events:
            raise HistoryFull
        self.event_count = count
        if self.entries is not None:
            self.entries += (mark, a, b)

    def _note(self, mark: Mark, a: Any, b: Any) -> None:
        """Append what makes no event of its own, or the last one."""
        self.event_count += mark.events
        if self.entries is not None:
            self.entries += (mark, a, b)

    # ------------------------------------------------------------------------------------ when, and in which walk

    def time(self, at: float) -> None:
        """What follows happens at this moment, in seconds since 1970."""
        if self.entries is not None:
            self.entries += (Mark.AT, at, None)

    def focus_on(self, number: int) -> None:
        """What follows happens in this frame."""
        if self.focus != number:
            self.focus = number
            if self.entries is not None:
                self.entries += (Mark.FRAME, number, None)

    def written(self, value: JSON, text: str) -> None:
        """A value came from outside as this text. Small ones are the same object wherever they come from, and have the
        text that every value has."""
        if self.entries is not None and type(value) in _OBJECTS:
            self.texts[id(value)] = text
            self.entries += (Mark.WRITTEN, value, text)

    def text_of(self, value: JSON) -> str:
        """Return a value's text: as it was written where it came from outside and nothing has changed it."""
        return self.texts.get(id(value)) or json_text(value)

    # ------------------------------------------------------------------------------------------------ the execution

    def started(self, input: JSON, role_arn: str, region: str) -> None:
        """The execution began."""
        self._write(Mark.STARTED, input, (role_arn, region))

    def redriven(self, count: int) -> None:
        """The execution goes on after its end, for the time `count`."""
        self._write(Mark.REDRIVEN, count, None)

    def resumed(self, number: int, parent: int | None, entered_id: int) -> None:
        """A walk goes on in the state that the event `entered_id` entered."""
        self._note(Mark.RESUMED, number, (parent, entered_id))

    def succeeded(self, output: JSON) -> None:
        """The execution ended well."""
        self.event_count += 1
        if self.entries is not None:
            self.entries += (Mark.SUCCEEDED, output, None)

    def failed(self, error: str | None, cause: str | None) -> None:
        """The execution failed."""
        self._note(Mark.FAILED, error, cause)

    def timed_out(self, error: str) -> None:
        """The execution's time was up."""
        self._note(Mark.TIMED_OUT, error, None)

    def aborted(self, error: str | None, cause: str | None) -> None:
        """Somebody stopped the execution."""
        self._note(Mark.ABORTED, error, cause)

    # ------------------------------------------------------------------------------------------------------- states

    def entered(self, state: State, input: JSON) -> None:
        """A state was entered that is not left at once."""
        self._write(Mark.ENTERED, state, input)

    def exited(self, state: State, output: JSON, assigned: dict[str, JSON] | None) -> None:
        """A state was left that was entered before, and assigned variables, or None of them."""
        if assigned is not None:
            self._note(Mark.ASSIGNED, assigned, None)
        count = self.event_count + 1
        if count >= self.max_events:
            raise HistoryFull
        self.event_count = count
        if self.entries is not None:
            self.entries += (Mark.EXITED, state, output)

    def evaluation_failed(self, state: State, error: str, cause: str, location: str | None) -> None:
        """An expression of the state failed, in the field `location`."""
        self._write(Mark.EVALUATION_FAILED, state, RecordedFailure(error, cause, location))

    def retried(self, state: State, retrier: int) -> None:
        """The retrier at this position lets the state do its work again."""
        self._note(Mark.RETRIED, state, retrier)

    def caught(self, state: State, catcher: int) -> None:
        """The catcher at this position takes the failure: the exit that follows is by its way."""
        self._note(Mark.CAUGHT, state, catcher)

    def reason(self) -> None:
        """What happened last in the walk in focus is the reason why others are aborted from here on."""
        self._note(Mark.REASON, None, None)

    def state_aborted(self, state: State) -> None:
        """The state was stopped, because what it belongs to failed."""
        self._write(Mark.STATE_ABORTED, state, None)

    # -------------------------------------------------------------------------------------------------------- tasks

    def entered_and_scheduled(self, state: State, input: JSON, move: Invoke) -> int:
        """A state was entered, and its task handed out: both at once, since nearly every attempt begins so. Return the
        id of the event that entered it."""
        count = self.event_count
        if count >= self.last_transition:
            self.entered(state, input)
            self.scheduled(state, move)
        else:
            self.event_count = count + 3
            if self.entries is not None:
                self.entries += (Mark.ENTERED, state, input, Mark.SCHEDULED, state, move)
        return count + 1

    def scheduled(self, state: State, move: Invoke) -> None:
        """A task was handed out, and began at once. Where only one of the two events has room, it is the first."""
        if self.event_count + 2 == self.max_events:
            self.only_scheduled(state, move)
        self._write(Mark.SCHEDULED, state, move)

    def only_scheduled(self, state: State, move: Invoke) -> None:
        """A task was handed out; it begins when a worker takes it up."""
        self._write(Mark.ONLY_SCHEDULED, state, move)

    def activity_started(self, state: State, worker: str | None) -> None:
        """A worker, perhaps with a name, took the task up."""
        self._write(Mark.ACTIVITY_STARTED, state, worker)

    def submitted(self, state: State, output: JSON) -> None:
        """A task that is answered later was handed over, which gave `output`."""
        self._write(Mark.SUBMITTED, state, output)

    def task_succeeded(self, state: State, result: JSON) -> None:
        """The attempt has a result."""
        count = self.event_count + 1
        if count >= self.max_events:
            raise HistoryFull
        self.event_count = count
        if self.entries is not None:
            self.entries += (Mark.TASK_SUCCEEDED, state, result)

    def task_failed(self, state: State, error: str | None, cause: str | None) -> None:
        """The attempt failed."""
        self._write(Mark.TASK_FAILED, state, RecordedFailure(error, cause))

    def task_timed_out(self, state: State, error: str) -> None:
        """The attempt took too long, or was silent for too long."""
        self._write(Mark.TASK_TIMED_OUT, state, RecordedFailure(error, None))

    # ---------------------------------------------------------------------------------------------- forks and joins

    def forked(self, state: State, move: Fork | Distribute) -> None:
        """A Map began, with so many items as it has already, or a Parallel, which has None."""
        self._write(Mark.FORKED, state, len(move.items or ()) if state.is_map else None)

    def branch(self, number: int, parent: int) -> None:
        """A branch began, in a frame of its own: both are numbers of frames."""
        if self.entries is not None:
            self.entries += (Mark.BRANCH, number, parent)

    def iteration(self, number: int, index: int) -> None:
        """An iteration began in the frame `number`, which has the focus from here on; so far the Map's had it."""
        count = self.event_count + 1
        if count >= self.max_events:
            raise HistoryFull
        self.event_count, self.focus = count, number
        if self.entries is not None:
            self.entries += (Mark.ITERATION, number, index)

    def walk_ended(self, is_iteration: bool, index: int, how: str, parent: int) -> None:
        """The walk in focus ended, "Succeeded", "Failed" or "Aborted"; the focus is on the frame around it again."""
        if is_iteration:
            self._write(Mark.ITERATION_ENDED, index, how)
        elif self.entries is not None:
            self.entries += (Mark.BRANCH_ENDED, None, None)
        self.focus = parent

    def joined(self, state: State, how: str) -> None:
        """All walks of a Map or Parallel are over: it "Succeeded" or "Failed" as a whole."""
        self._write(Mark.JOINED, state, how)

    # ----------------------------------------------------------------------------------------------------- Map Runs

    def map_run_started(self, arn: str) -> None:
        """A Map Run began."""
        self._write(Mark.MAP_RUN_STARTED, arn, None)

    def map_run_redriven(self, arn: str, count: int) -> None:
        """A Map Run goes on after its end, for the time `count`."""
        self._write(Mark.MAP_RUN_REDRIVEN, arn, count)

    def map_run_succeeded(self) -> None:
        """The Map Run of the frame in focus ended well."""
        self._write(Mark.MAP_RUN_ENDED, None, None)

    def map_run_failed(self, error: str, cause: str) -> None:
        """The Map Run of the frame in focus failed."""
        self._write(Mark.MAP_RUN_ENDED, error, cause)

    def map_run_aborted(self) -> None:
        """The Map Run of the frame in focus was stopped."""
        self._write(Mark.MAP_RUN_ABORTED, None, None)
