"""What the kernel writes down: marks, and triples of references."""

from __future__ import annotations

from collections.abc import Iterator
from sys import getsizeof
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias

from asl_engine.program.program import Invoke, State
from asl_engine.values import memory_of


class RecordedFailure(NamedTuple):
    """What a record says of a failure; `location` is the field whose query failed, where that is known."""

    error: str | None
    cause: str | None
    location: str | None = None


class Mark:
    """What a record says when it is not a whole transition. `events` is how many events it makes; a transition makes
    two."""

    __slots__ = ("events", "name")

    by_name: ClassVar[dict[str, Mark]] = {}

    # In brackets what `a` and `b` are.
    AT: ClassVar[Mark]  # (seconds since 1970, -): the time of what follows
    FRAME: ClassVar[Mark]  # (frame number, -): whose records follow
    WRITTEN: ClassVar[Mark]  # (value, text): what came from outside, as it was written
    STARTED: ClassVar[Mark]  # (input, (role ARN, region))
    ENTERED: ClassVar[Mark]  # (state, input)
    EXITED: ClassVar[Mark]  # (state, output)
    ASSIGNED: ClassVar[Mark]  # (variables, -): what the exit that follows assigned
    SCHEDULED: ClassVar[Mark]  # (state, Invoke): Scheduled and Started
    ONLY_SCHEDULED: ClassVar[Mark]  # (state, Invoke): Scheduled; an activity starts when a worker asks for it
    ACTIVITY_STARTED: ClassVar[Mark]  # (state, name of the worker or None)
    SUBMITTED: ClassVar[Mark]  # (state, output)
    TASK_SUCCEEDED: ClassVar[Mark]  # (state, result)
    TASK_FAILED: ClassVar[Mark]  # (state, RecordedFailure)
    TASK_TIMED_OUT: ClassVar[Mark]  # (state, RecordedFailure)
    EVALUATION_FAILED: ClassVar[Mark]  # (state, RecordedFailure)
    RETRIED: ClassVar[Mark]  # (state, position of the retrier): its delay begins
    CAUGHT: ClassVar[Mark]  # (state, position of the catcher): the exit that follows is by its way
    REASON: ClassVar[Mark]  # (-, -): the last event in focus is the reason why what follows is aborted
    STATE_ABORTED: ClassVar[Mark]  # (state, -)
    FORKED: ClassVar[Mark]  # (state, number of items or None): MapStateStarted, ParallelStateStarted
    BRANCH: ClassVar[Mark]  # (frame number of the branch, of the parent)
    ITERATION: ClassVar[Mark]  # (frame number of the iteration, its index); the frame is the Map's
    ITERATION_ENDED: ClassVar[Mark]  # (index, "Succeeded" or "Failed" or "Aborted"); the frame is the iteration's
    BRANCH_ENDED: ClassVar[Mark]  # (-, -); the frame is the branch's
    JOINED: ClassVar[Mark]  # (state, "Succeeded" or "Failed")
    MAP_RUN_STARTED: ClassVar[Mark]  # (ARN, -)
    MAP_RUN_ENDED: ClassVar[Mark]  # (error, cause): MapRunFailed; (None, None): MapRunSucceeded
    MAP_RUN_ABORTED: ClassVar[Mark]  # (-, -)
    MAP_RUN_REDRIVEN: ClassVar[Mark]  # (ARN, how often)
    REDRIVEN: ClassVar[Mark]  # (how often, -)
    RESUMED: ClassVar[Mark]  # (frame number, (of its parent or None, id of the event that entered its state))
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
Mark.WRITTEN = Mark("written", 0)
Mark.STARTED = Mark("started", 1)
Mark.ENTERED = Mark("entered", 1)
Mark.EXITED = Mark("exited", 1)
Mark.ASSIGNED = Mark("assigned", 0)
Mark.SCHEDULED = Mark("scheduled", 2)
Mark.ONLY_SCHEDULED = Mark("only-scheduled", 1)
Mark.ACTIVITY_STARTED = Mark("activity-started", 1)
Mark.SUBMITTED = Mark("submitted", 1)
Mark.TASK_SUCCEEDED = Mark("task-succeeded", 1)
Mark.TASK_FAILED = Mark("task-failed", 1)
Mark.TASK_TIMED_OUT = Mark("task-timed-out", 1)
Mark.EVALUATION_FAILED = Mark("evaluation-failed", 1)
Mark.RETRIED = Mark("retried", 0)
Mark.CAUGHT = Mark("caught", 0)
Mark.REASON = Mark("reason", 0)
Mark.STATE_ABORTED = Mark("state-aborted", 1)
Mark.FORKED = Mark("forked", 1)
Mark.BRANCH = Mark("branch", 0)
Mark.ITERATION = Mark("iteration", 1)
Mark.ITERATION_ENDED = Mark("iteration-ended", 1)
Mark.BRANCH_ENDED = Mark("branch-ended", 0)
Mark.JOINED = Mark("joined", 1)
Mark.MAP_RUN_STARTED = Mark("map-run-started", 1)
Mark.MAP_RUN_ENDED = Mark("map-run-ended", 1)
Mark.MAP_RUN_ABORTED = Mark("map-run-aborted", 1)
Mark.MAP_RUN_REDRIVEN = Mark("map-run-redriven", 1)
Mark.REDRIVEN = Mark("redriven", 1)
Mark.RESUMED = Mark("resumed", 0)
Mark.SUCCEEDED = Mark("succeeded", 1)
Mark.FAILED = Mark("failed", 1)
Mark.TIMED_OUT = Mark("timed-out", 1)
Mark.ABORTED = Mark("aborted", 1)


Records: TypeAlias = list[Any]


def memory_of_records(records: Records) -> int:
    """Return how many bytes of memory a record takes with its values."""
    written = (slot.payload if type(slot) is Invoke else slot for slot in records)
    return getsizeof(records) + memory_of(value for value in written if not isinstance(value, (State, Mark)))


FAILURES: Final = (Mark.TASK_FAILED, Mark.TASK_TIMED_OUT, Mark.EVALUATION_FAILED)


def failures_of(records: Records, start: int = 0) -> Iterator[tuple[State, RecordedFailure]]:
    """Yield the failures of tasks and expressions, with their states, from the slot `start` on."""
    columns = (records[start + column :: 3] for column in range(3))
    for what, state, content in zip(*columns, strict=True):
        if what in FAILURES:
            yield state, content


def states_entered(records: Records) -> list[State]:
    """Return the states that an execution entered, in order."""
    return [
        what if isinstance(what, State) else records[at + 1]
        for at, what in zip(range(0, len(records), 3), records[::3], strict=True)
        if what is Mark.ENTERED or isinstance(what, State)
    ]
