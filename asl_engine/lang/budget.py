"""What the expressions of one visit to a state may cost together, whatever their language.

A state is not interrupted, so its expressions have one budget among them, and not one each: a Choice with a hundred
conditions, each of which lasts a second, would let all other executions wait for two minutes. Work is counted before it
is done. The clock is looked at only when much has been counted: nearly no state ever asks.
"""

from __future__ import annotations

import time
from typing import Final

from asl_engine.lang.expr import ExpressionFailed

MAX_WORK: Final = 8_000_000
"""Items that are made or gone over, characters by the eight: several times what AWS's seven megabytes hold."""

MAX_SECONDS: Final = 1.5
"""Processor time, for what takes longer than its count lets expect."""

BETWEEN_LOOKS: Final = 10_000
"""Work between two looks at the clock."""

FREE: Final = 64
"""What is not counted, so that small expressions cost nothing more: a state has room for twenty thousand of them."""


TOO_MUCH: Final = "The evaluation of a state's paths and intrinsic calls takes too long: it visits too many nodes"
"""What JSONPath says; JSONata has words of its own."""


class Budget:
    """The work that was done so far, and when it has to end."""

    __slots__ = ("deadline", "next_look", "work")

    def __init__(self) -> None:
        self.work = 0
        self.next_look = BETWEEN_LOOKS
        self.deadline = 0.0

    def charge(self, amount: int) -> None:
        """Count work that is about to be done; raise BudgetSpent where it is too much."""
        self.work += amount
        if self.work > self.next_look:
            self._look()

    def _look(self) -> None:
        now = time.thread_time()
        if self.deadline == 0:
            self.deadline = now + MAX_SECONDS
        if self.work > MAX_WORK or now > self.deadline:
            raise BudgetSpent(TOO_MUCH, is_late=self.work <= MAX_WORK)
        self.next_look = min(self.work + BETWEEN_LOOKS, MAX_WORK)


class BudgetSpent(ExpressionFailed):
    """The expressions of a state take too long; unlike other failures it is none of an operand of a filter, which would
    just not be there. `is_late` says that the time is over, and not the work."""

    def __init__(self, cause: str, is_late: bool = False) -> None:
        super().__init__(cause)
        self.is_late = is_late
