"""Executions that do not end: when to give them up, and the states that they go round."""

from __future__ import annotations

from asl_engine.drivers.hooks import OnCommit
from asl_engine.errors import EndlessExecution
from asl_engine.history import states_entered
from asl_engine.kernel import Kernel


def limiting(kernel: Kernel, limit: int) -> OnCommit:
    """Return a hook that raises EndlessExecution when an execution goes on after `limit` history events."""

    def check(_: object) -> None:
        if kernel.event_count > limit and kernel.status == "RUNNING":
            raise endless(kernel, limit)

    return check


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
