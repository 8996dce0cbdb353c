"""What the expressions of these tests see."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from asl_engine.lang.budget import Budget


@dataclass
class Seen:
    """A scope of plain values."""

    data: Any = None
    variables: dict[str, Any] = field(default_factory=dict)
    context_object: dict[str, Any] = field(default_factory=dict)
    item: dict[str, Any] | None = None
    input: Any = None
    chance: Random = field(default_factory=lambda: Random(7))
    budget: Budget = field(default_factory=Budget)

    def context(self) -> dict[str, Any]:
        return self.context_object

    def random(self) -> Random:
        return self.chance

    def charge(self, amount: int) -> None:
        self.budget.charge(amount)
