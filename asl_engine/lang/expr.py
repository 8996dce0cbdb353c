"""The one shape of everything dynamic: `Expr = Callable[[Scope], JSON]`, and how it fails.

A path, a payload template, an intrinsic call, a Choice condition, a literal: each is compiled from its text once, and
from then on is a function of what it can see. Whoever calls it need not know which language it was written in.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Protocol, TypeAlias

from asl_engine.values import JSON


class Scope(Protocol):
    """What an expression can see."""

    data: JSON
    """What `$` means: the raw input, the effective input, the result, depending on the field."""

    input: JSON
    """The raw input of the state, as it came from the state before."""

    item: dict[str, JSON] | None
    """The item of the Map iteration in hand (`$$.Map.Item`), if there is one."""

    variables: dict[str, JSON]
    """The variables that `Assign` made, by name without the dollar sign."""

    def context(self) -> dict[str, JSON]:
        """Return the context object (`$$`)."""
        ...

    def time(self) -> float:
        """Return the time of the execution, in seconds since 1970."""
        ...

    def random(self) -> Random:
        """Return the source of chance for this attempt of this state: the same for the same seed and place."""
        ...

    def charge(self, amount: int) -> None:
        """Count work that is about to be done, for all expressions of this visit together (see `lang/budget.py`).

        Raises ExpressionFailed where it is too much. What is small need not be counted.
        """
        ...


Expr: TypeAlias = Callable[[Scope], JSON]


class ExpressionSyntaxError(ValueError):
    """A text is not an expression of its language; `offset` is where in the text (from 0), if that is known."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset


class ExpressionFailed(Exception):
    """An expression could not be evaluated; `error` and `cause` are the service's own words for it.

    Most causes are preceded by the place ("An error occurred while executing the state 'S' (entered at the event id
    #2). "), which whoever knows it adds; `names_place` is false for the few that AWS gives without. `location` is the
    field where a query failed: `Output/list[0]`.
    """

    def __init__(
        self, cause: str, error: str = "States.Runtime", names_place: bool = True, location: str | None = None
    ) -> None:
        super().__init__(cause)
        self.error = error
        self.cause = cause
        self.names_place = names_place
        self.location = location


def compile_literal(value: JSON) -> Expr:
    """Return an expression that gives `value` whatever it sees."""
    return lambda scope: value
