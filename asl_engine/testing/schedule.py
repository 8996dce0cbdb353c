"""What others do to an execution, at moments that the test chooses: they stop it, or answer for its tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.errors import Deadlock, MockError, UsageError
from asl_engine.kernel import (
    Event,
    ExecutionStopped,
    StartTask,
    TaskFailed,
    TaskHeartbeat,
    TaskSucceeded,
)
from asl_engine.values import JSON, NotJSON, private_copy


class ScheduledEvent:
    """Something that somebody does who has no part in the execution. `state` is whose task it is about; None for the
    execution as a whole."""

    __slots__ = ("make", "state", "what")

    def __init__(self, what: str, state: str | None, make: Callable[[float, str], Event]) -> None:
        self.what = what
        self.state = state
        self.make = make


Schedule: TypeAlias = Mapping[float, ScheduledEvent | Sequence[ScheduledEvent]]
"""What happens when, in seconds after the start."""


def happenings(schedule: Schedule) -> list[tuple[float, ScheduledEvent]]:
    """Return the events of a schedule, each with its seconds. Raises UsageError for what is no schedule."""
    if not isinstance(schedule, Mapping):
        raise UsageError(f"at={schedule!r}: expected what happens by seconds after the start, {{3600: stop()}}")
    moments = [
        (seconds, event)
        for seconds, events in schedule.items()
        for event in (events if isinstance(events, (list, tuple)) else (events,))
    ]
    for seconds, event in moments:
        if not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
            raise UsageError(f"at={{{seconds!r}: ...}} is not a moment: it takes seconds after the start")
        if not isinstance(event, ScheduledEvent):
            raise UsageError(f"at={{{seconds!r}: ...}} has {event!r}; it takes stop(), send_success(...) and the like")
    return moments


def json_copy(value: Any, what: str) -> JSON:
    """Return a copy of a value that a test gives. Raises UsageError for what is no JSON; `what` is what it is."""
    try:
        return private_copy(value, what)
    except NotJSON as problem:
        raise UsageError(str(problem)) from None


def stop(error: str | None = None, cause: str | None = None) -> ScheduledEvent:
    """Somebody stops the execution (StopExecution)."""
    return ScheduledEvent("stop", None, lambda at, op: ExecutionStopped(at, error, cause))


def send_success(state: str, output: JSON = None) -> ScheduledEvent:
    """Somebody answers the task of a state that waits for its token, or an activity's (SendTaskSuccess)."""
    value = json_copy(output, "the output")
    return ScheduledEvent("send_success", state, lambda at, op: TaskSucceeded(at, op, value))


def send_failure(state: str, error: str | None = None, cause: str | None = None) -> ScheduledEvent:
    """Somebody lets it fail (SendTaskFailure)."""
    return ScheduledEvent("send_failure", state, lambda at, op: TaskFailed(at, op, error, cause))


def send_heartbeat(state: str) -> ScheduledEvent:
    """Somebody says that the work goes on (SendTaskHeartbeat)."""
    return ScheduledEvent("send_heartbeat", state, lambda at, op: TaskHeartbeat(at, op))


def note_on(driver: VirtualDriver, start: float, schedule: Schedule) -> list[str]:
    """Have the events of a schedule happen to an execution that starts at `start`; call it before the driver runs.

    Returns, in words, those that have not happened yet; the list shrinks. While the execution goes on MockError is
    raised when nobody waits for an answer that comes.
    """
    pending: list[str] = []

    def happening(words: str, event: ScheduledEvent) -> Callable[[float], Event]:
        def make(at: float) -> Event:
            pending.remove(words)
            return event.make(at, "" if event.state is None else _op_of(driver, event.state, words))

        return make

    for seconds, event in happenings(schedule):
        words = f"{event.what} at {seconds:g} s"
        driver.agenda.note(start + seconds, words, happening(words, event))
        pending.append(words)
    return pending


def _op_of(driver: VirtualDriver, state: str, words: str) -> str:
    """Return the op of the task that an answer is for: of a state's tasks the one that has waited longest."""
    tasks = [(op, command) for op, command in driver.waiting() if isinstance(command, StartTask)]
    for op, task in tasks:
        if task.state == state and task.resource.takes_answers:
            return op
    names = ", ".join(repr(task.state) for _, task in tasks)
    waiting = f"waiting are {names}" if tasks else "nobody waits for an answer"
    raise MockError(f"{words}: the state {state!r} waits for no answer then; {waiting}")


def run_to_end(driver: VirtualDriver, event: Event) -> None:
    """Run an execution; a Deadlock says what a test can do about it."""
    try:
        driver.run(event)
    except Deadlock:
        tasks = [command for _, command in driver.waiting() if isinstance(command, StartTask)]
        if not tasks:
            raise
        raise Deadlock(_stuck(list(dict.fromkeys(task.state for task in tasks)))) from None


def _stuck(states: list[str]) -> str:
    who = ", ".join(map(repr, states))
    return (
        f"the execution waits for an answer to {who}, nobody gives it, and no time limit ends the wait. Answer with "
        f"at={{SECONDS: send_success({states[0]!r}, ...)}}, stop it with at={{SECONDS: stop()}}, "
        "let the mock give an Answer, or give the state a TimeoutSeconds."
    )
