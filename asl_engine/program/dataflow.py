"""The two halves of a state's data flow, as a query language compiles them.

    raw input --stages--> effective input            the first half: an `Expr` that begins with the scope's `data`
    raw result --stages--> state output              the second half: a `Leave`

A program has the shortest function for each half; an inspection goes through the same stages one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias, TypeVar

from asl_engine.lang.expr import Expr, Scope
from asl_engine.values import JSON

Leave: TypeAlias = Callable[[Scope, JSON], JSON]
"""From a result to what becomes of it."""

Predicate: TypeAlias = Callable[[Scope], bool]


class Stage(NamedTuple):
    """One step of a half. `name` is what AWS calls its value in a test of a state, "" where that is not shown;
    `change` makes the value from the one before, None where it stays as it is."""

    name: str
    change: Leave | None


def pass_on(scope: Scope) -> JSON:
    """The first half without any stage: the raw input is the effective input."""
    return scope.data


Value = TypeVar("Value")


def value_of(read: Callable[[Scope], Value] | None, scope: Scope) -> Value | None:
    """Return the value of a field; None where the author did not write it."""
    return read(scope) if read is not None else None


def selected_items(select: Expr, scope: Scope, items: list[JSON]) -> list[JSON]:
    """Shape each item; meanwhile `$$.Map.Item` is that item, and `$` the Map's effective input, the scope's `data`."""
    data = scope.data
    return [selected_item(select, scope, data, index, item) for index, item in enumerate(items)]


def selected_item(select: Expr, scope: Scope, data: JSON, index: int, item: JSON) -> JSON:
    """Shape one item, of which `data` is the Map's effective input."""
    outer = scope.item
    scope.item, scope.data = {"Index": index, "Value": item}, data
    try:
        return select(scope)
    finally:
        scope.item = outer


def chained(stages: Iterable[Stage]) -> Leave | None:
    """Return what goes through the stages; None when they change nothing."""
    changes = [stage.change for stage in stages if stage.change is not None]
    if len(changes) < 2:
        return changes[0] if changes else None

    def leave(scope: Scope, result: JSON) -> JSON:
        for change in changes:
            result = change(scope, result)
        return result

    return leave
