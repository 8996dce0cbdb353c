"""What happens to an execution from outside, at a moment that the test chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.errors import Deadlock, EndlessExecution, InputError, MockError
from asl_engine.history import states_entered
from asl_engine.kernel import (
    Command,
    Event,
    ExecutionStopped,
    Kernel,
    StartTask,
    TaskFailed,
    TaskHeartbeat,
    TaskSucceeded,
)
from asl_engine.values import JSON, NotJSON, private_copy


class OutsideEvent:
    """Something that somebody outside does. `state` is whose task it is about; None for the execution as a whole."""

    __slots__ = ("make", "state", "what")

    def __init__(self, what: str, state: str | None, make: Callable[[float, str], Event]) -> None:
        self.what = what
        self.state = state
        self.make = make


Schedule: TypeAlias = Mapping[float, OutsideEvent | Sequence[OutsideEvent]]
"""What happens when, in seconds after the start."""


def happenings(schedule: Schedule) -> list[tuple[float, OutsideEvent]]:
    """Return the outside events of a schedule, each with its seconds. Raises InputError for what is no schedule."""
    if not isinstance(schedule, Mapping):
        raise InputError(f"at={schedule!r}: expected what happens by seconds after the start, {{3600: stop()}}")
    found = [
        (seconds, event)
        for seconds, given in schedule.items()
        for event in (given if isinstance(given, (list, tuple)) else (given,))
    ]
    for seconds, event in found:
        if not isinstance(seconds, (int, float)) or not 0 <= seconds < float("inf"):
            raise InputError(f"at={{{seconds!r}: ...}} is no moment: it takes seconds after the start")
        if not isinstance(event, OutsideEvent):
            raise InputError(f"at={{{seconds!r}: ...}} has {event!r}; it takes stop(), send_success(...) and the like")
    return found


def json_copy(value: Any, what: str) -> JSON:
    """Return a copy of a value that a test gives. Raises InputError for what is no JSON; `what` is what it is."""
    try:
        return private_copy(value, what)
    except NotJSON as problem:
        raise InputError(str(problem)) from None


def stop(error: str | None = None, cause: str | None = None) -> OutsideEvent:
    """Somebody stops the execution (StopExecution)."""
    return OutsideEvent("stop", None, lambda at, op: ExecutionStopped(at, error, cause))


def send_success(state: str, output: JSON = None) -> OutsideEvent:
    """Somebody answers the task of a state that waits for its token, or an activity's (SendTaskSuccess)."""
    value = json_copy(output, "the output")
    return OutsideEvent("send_success", state, lambda at, op: TaskSucceeded(at, op, value))


def send_failure(state: str, error: str | None = None, cause: str | None = None) -> OutsideEvent:
    """Somebody lets it fail (SendTaskFailure)."""
    return OutsideEvent("send_failure", state, lambda at, op: TaskFailed(at, op, error, cause))


def send_heartbeat(state: str) -> OutsideEvent:
    """Somebody says that the work goes on (SendTaskHeartbeat)."""
    return OutsideEvent("send_heartbeat", state, lambda at, op: TaskHeartbeat(at, op))


class _Due:
    """An outside event on the agenda; which task it is about is known when its moment has come."""

    __slots__ = ("at", "event", "op")

    def __init__(self, at: float, op: str, event: OutsideEvent) -> None:
        self.at = at
        self.op = op
        self.event = event


class DirectedDriver(VirtualDriver):
    """A driver in virtual time to whom outside events happen, and who stops an execution that does not end.

    `pending` are the outside events that have not happened. Raises MockError when nobody waits for an answer that
    comes, and EndlessExecution after `limit` history events.
    """

    def __init__(self, kernel: Kernel, *arguments: Any, limit: int | None = None) -> None:
        super().__init__(kernel, *arguments)
        self.pending: list[str] = []
        if limit is not None:
            self.watch = lambda: _check_end(kernel, limit)

    def direct(self, start: float, schedule: Schedule) -> None:
        """Note when outside events happen. Call it before `run`."""
        for seconds, event in happenings(schedule):
            told = f"{event.what} at {seconds:g} s"
            due: Any = _Due(start + seconds, told, event)
            self.agenda.note(due.at, told, due)
            self.pending.append(told)

    def _jump(self) -> Event:
        try:
            event: Any = super()._jump()
        except Deadlock:
            states = dict.fromkeys(command.state for _, command in self._waiting() if isinstance(command, StartTask))
            if not states:
                raise
            raise Deadlock(_stuck([*states])) from None
        if not isinstance(event, _Due):
            return event  # type: ignore[no-any-return]
        self.pending.remove(event.op)
        return event.event.make(event.at, "" if event.event.state is None else self._op_of(event))

    def _op_of(self, due: _Due) -> str:
        """Return the op of the task that an answer is for: of a state's tasks the one that has waited longest."""
        wanted, waiting = due.event.state, []
        for op, command in self._waiting():
            if isinstance(command, StartTask):
                waiting.append(command.state)
                if command.state == wanted and command.resource.takes_answers:
                    return op
        told = f"waiting are {', '.join(map(repr, waiting))}" if waiting else "nobody waits for an answer"
        raise MockError(f"{due.op}: the state {wanted!r} waits for no answer then; {told}")

    def _waiting(self) -> list[tuple[str, Command]]:
        kernels = [self.kernel] if self.family is None else self.family.kernels()
        return [(op, command) for kernel in kernels for op, (_, command) in kernel.waiting.items()]


def _stuck(states: list[str]) -> str:
    who = ", ".join(map(repr, states))
    return (
        f"the execution waits for an answer to {who}, nobody gives it, and no time limit ends the wait. Answer with "
        f"at={{SECONDS: send_success({states[0]!r}, ...)}}, stop it with at={{SECONDS: stop()}}, "
        "let the mock give an Answer, or give the state a TimeoutSeconds."
    )


def _check_end(kernel: Kernel, limit: int) -> None:
    if kernel.event_count > limit and kernel.status == "RUNNING":
        raise endless(kernel, limit)


def endless(kernel: Kernel, limit: int) -> EndlessExecution:
    """Return the error of an execution that went on for too many events."""
    names = [state.name for state in states_entered(kernel.records or [])]
    circle = _circle(names)
    where = f"it goes round: {' > '.join([*circle, circle[0]])}" if circle else f"it has come to {names[-1]!r}"
    return EndlessExecution(limit, where)


def _circle(names: list[str]) -> list[str]:
    """Return the states that an execution enters over and over at its end, beginning with the one that it entered first
    of all; nothing if it is no regular circle."""
    for length in range(1, 51):
        last, before = names[-length:], names[-2 * length : -length]
        if last == before:
            first = last.index(min(last, key=names.index))
            return [*last[first:], *last[:first]]
    return []
