"""What a large template or call may hold in all, counted while it is made.

Parts of the input are shared and cost nothing, however often a template names them. What a function or a search *makes*
takes memory each time: a thousand calls of `States.Format` with a text of 200 KB make 200 MB, of which the limit of
256 KiB would be told too late. So where there are many, each result is weighed before the next is made.
"""

from __future__ import annotations

from random import Random
from typing import Final

from asl_engine.lang.expr import Expr, ExpressionFailed, Scope
from asl_engine.quotas import MAX_BYTES
from asl_engine.values import JSON, weight_of

MANY: Final = 16
"""Calls and searches in one template or call from which on their results are weighed."""

ALLOWED: Final = 12 * MAX_BYTES
"""What they may weigh together: a function may make much of which little remains in the value."""


class Allowance:
    """A scope that knows how much may still be made; it shows what the scope beneath it shows."""

    __slots__ = ("beneath", "data", "input", "item", "left", "variables")

    def __init__(self, beneath: Scope) -> None:
        self.beneath = beneath
        self.data = beneath.data
        self.input = beneath.input
        self.item = beneath.item
        self.variables = beneath.variables
        self.left = ALLOWED

    def context(self) -> dict[str, JSON]:
        """Return the context object."""
        return self.beneath.context()

    def time(self) -> float:
        """Return the time of the execution."""
        return self.beneath.time()

    def random(self) -> Random:
        """Return the source of chance."""
        return self.beneath.random()

    def charge(self, amount: int) -> None:
        """Count work that is about to be done."""
        self.beneath.charge(amount)

    def take(self, value: JSON) -> JSON:
        """Return a value that was made; raise ExpressionFailed where all together are too much."""
        self.left -= weight_of(value, self.left)
        if self.left < 0:
            raise ExpressionFailed(f"The values of a template or an intrinsic call take more than {ALLOWED:,} bytes")
        return value


def allowing(expr: Expr) -> Expr:
    """Return the expression with an allowance of its own."""
    return lambda scope: expr(Allowance(scope))


def taking(expr: Expr) -> Expr:
    """Return the expression of a part, whose value is taken from the allowance that it sees."""

    def evaluate(scope: Scope) -> JSON:
        value = expr(scope)
        return scope.take(value) if isinstance(scope, Allowance) else value

    return evaluate
