"""The document that a path searches, and what the search has cost: work that a short path can ask for without end.

`$..*..*..*` visits the descendants of descendants, `$[?(@.a in $..a)]` searches the whole for each item. So whatever
goes over nodes counts them first. The clock is looked at only when much has been counted: nearly no search ever asks.
"""

from __future__ import annotations

import time
from typing import Final

from asl_engine.lang.expr import ExpressionFailed
from asl_engine.values import JSON

MAX_WORK: Final = 4_000_000
"""Nodes that one search may visit, some fifteen times what the largest input of a state can hold."""

MAX_SECONDS: Final = 1.5
"""Processor time of one search, for what takes longer than its count lets expect; as an expression of JSONata has."""

BETWEEN_LOOKS: Final = 10_000
"""Work between two looks at the clock."""

TOO_MUCH: Final = "The evaluation of a path takes too long: it visits too many nodes"


class Document:
    """The root of one search, `$` in its filters, and the work done so far."""

    __slots__ = ("deadline", "next_look", "root", "work")

    def __init__(self, root: JSON) -> None:
        self.root = root
        self.work = 0
        self.next_look = BETWEEN_LOOKS
        self.deadline = 0.0

    def charge(self, amount: int) -> None:
        """Count nodes that are about to be visited; raise ExpressionFailed where they are too many."""
        self.work += amount
        if self.work > self.next_look:
            self._look()

    def _look(self) -> None:
        now = time.thread_time()
        if self.deadline == 0:
            self.deadline = now + MAX_SECONDS
        if self.work > MAX_WORK or now > self.deadline:
            raise SearchTooLong(TOO_MUCH)
        self.next_look = min(self.work + BETWEEN_LOOKS, MAX_WORK)

    def weigh(self, value: JSON) -> int:
        """Return how many nodes a value has, long texts by the 64 characters; weighing is charged as well."""
        weight, pending = 0, [value]
        while pending:
            item = pending.pop()
            if type(item) is str:
                weight += len(item) >> 6
            elif type(item) is dict or type(item) is list:
                self.charge(len(item))
                pending += item.values() if type(item) is dict else item
            weight += 1
        return weight


class SearchTooLong(ExpressionFailed):
    """A search that is ended; unlike other failures it is none of an operand, which would just not be there."""
