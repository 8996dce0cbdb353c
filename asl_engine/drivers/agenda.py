"""What is due, and when: timers that the kernel asked for, and answers that are known to come."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final, TypeAlias

from asl_engine.drivers.outcome import ended
from asl_engine.kernel import DEADLINE, Event, TaskHeartbeat
from asl_engine.tasks.answer import Answer
from asl_engine.tasks.invoke import Failure

Due: TypeAlias = Event | Callable[[float], Event]
"""An event, or what makes it at its moment, which it is called with."""

MANY: Final = 1_000
"""How many cancelled events may lie about: what is due a year from now would otherwise be kept until then."""


class Agenda:
    """Events in the order of their time; those of one moment in the order in which they were noted."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, str, Due]] = []
        self._noted: dict[str, set[int]] = {}
        self._count = 0

    def note(self, at: float, op: str, event: Due) -> None:
        """Note that `event` happens at the moment `at`, unless `op` is cancelled before."""
        self._count += 1
        self._noted.setdefault(op, set()).add(self._count)
        heappush(self._due, (at, self._count, op, event))

    def note_answer(self, now: float, op: str, answer: Answer) -> None:
        """Note an answer, and the heartbeats before it."""
        end = now + answer.after
        if answer.heartbeat_every is not None:
            at = now + answer.heartbeat_every
            while at < end:
                self.note(at, op, TaskHeartbeat(at, op))
                at += answer.heartbeat_every
        outcome = Failure(answer.error, answer.cause) if answer.is_failure else answer.output
        self.note(end, op, ended(end, op, outcome))

    def cancel(self, op: str) -> None:
        """Forget everything noted for `op`."""
        if self._noted.pop(op, None) is not None and len(self._due) > 4 * len(self._noted) + MANY:
            self._due = [due for due in self._due if due[1] in self._noted.get(due[2], ())]
            heapify(self._due)

    def next_at(self) -> float | None:
        """Return the moment of the next event that still matters; None when there is none."""
        while self._due:
            at, number, op, _ = self._due[0]
            if number in self._noted.get(op, ()):
                return at
            heappop(self._due)
        return None

    def pop(self) -> Event:
        """Take the next event. Call `next_at` first."""
        at, number, op, event = heappop(self._due)
        numbers = self._noted[op]
        numbers.discard(number)
        if not numbers:
            del self._noted[op]
        return event(at) if callable(event) else event

    @property
    def is_idle(self) -> bool:
        """Whether nothing is due but the end of the execution's lifetime."""
        return not any(op != DEADLINE for op in self._noted)
