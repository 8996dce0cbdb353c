"""Executions that do not end: when to give them up, and the states that they go round."""

from __future__ import annotations

from asl_engine.drivers.hooks import OnCommit
from asl_engine.errors import EndlessExecution
from asl_engine.history import states_entered
from asl_engine.kernel import Kernel
from asl_engine.kernel.memory import Frame


def limiting(kernel: Kernel, max_events: int | None, max_visits: int | None) -> OnCommit:
    """Return a hook that raises EndlessExecution when an execution goes on after so many history events, or when a
    walk in it has entered so many states: that walk goes round, where the items of a Map each have a walk of their
    own."""

    def check(_: object) -> None:
        if kernel.status != "RUNNING":
            return
        if max_events is not None and kernel.event_count > max_events:
            raise endless(kernel, max_events)
        if max_visits is not None and any(_visits(frame) > max_visits for frame, _ in kernel.waiting.values()):
            raise endless(kernel, kernel.event_count)

    return check


def _visits(frame: Frame | None) -> int:
    """Return the most states that a walk, or one that it is a part of, has entered."""
    return 0 if frame is None else max(frame.visit, _visits(frame.parent))


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
