"""The document that a path searches: work that a short path can ask for without end.

`$..*..*..*` visits the descendants of descendants, `$[?(@.a in $..a)]` searches the whole for each item. So whatever
goes over nodes charges the state's budget for them first.
"""

from __future__ import annotations

from collections.abc import Callable

from asl_engine.values import JSON


class Document:
    """The root of one search, `$` in its filters. `charge` counts nodes that are about to be visited, and raises
    BudgetSpent where they are too many."""

    __slots__ = ("charge", "root")

    def __init__(self, root: JSON, charge: Callable[[int], None]) -> None:
        self.root = root
        self.charge = charge

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
