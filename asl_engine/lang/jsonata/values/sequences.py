"""Sequences: the lists that paths make, and what tells them from the arrays of the data.

A sequence of one value is that value, and one of none is nothing at all; an array stays what it is. So a list that the
language made has a class of its own. All are lists, and JSON to whoever sees them; `plain` makes the copies that a
result needs, and only where there is one.

    list      an array, of the data or of a constructor
    Sequence  gathered by a path or a function: flattened into others, collapsed at the end
    Kept      a sequence marked by `[]`: one value stays in its list
    Whole     an array constructor as the first or last step of a path: not flattened into others
    Outer     the input document, where that is an array: one item of the path that begins there
    Tuples    values with bindings beside them, as dicts with the value at "@"
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asl_engine.lang.jsonata.values.value import UNDEFINED, Value


class Sequence(list[Any]):
    """See the module."""

    __slots__ = ()


class Kept(Sequence):
    """See the module."""

    __slots__ = ()


class Whole(list[Any]):
    """See the module."""

    __slots__ = ()


class Outer(Sequence):
    """See the module."""

    __slots__ = ()


class Tuples(Sequence):
    """See the module."""

    __slots__ = ()


MADE: Final = frozenset({Sequence, Kept, Whole, Outer, Tuples})
"""The classes of lists that the data does not have."""


LISTS: Final = MADE | {list}


def collapse(value: Value) -> Value:
    """Return what the sequence is as a value: nothing, its only item, or itself."""
    kind = type(value)
    if kind is Sequence or kind is Outer:
        if len(value) > 1:
            return value
        return value[0] if value else UNDEFINED
    if kind is Kept and not value:
        return UNDEFINED
    return value


def gathered(results: list[Any], is_last: bool, charge: Callable[[int], None] | None = None) -> list[Any]:
    """Return the results of a step as one sequence; a lone array at the end of a path stays itself.

    `charge` is told how many items of arrays are about to be laid in a row."""
    if is_last and len(results) == 1:
        only = results[0]
        if isinstance(only, list) and not isinstance(only, Sequence):
            return only
    if LISTS.isdisjoint(map(type, results)):
        return Sequence(results)
    if charge is not None:
        charge(sum([len(result) for result in results if isinstance(result, list)]))
    out = Sequence()
    for result in results:
        if isinstance(result, list) and type(result) is not Whole:
            out.extend(result)
        else:
            out.append(result)
    return out


def appended(first: Value, second: Value) -> Value:
    """Join two values to an array; what is not there adds nothing."""
    if first is UNDEFINED:
        return second
    if second is UNDEFINED:
        return first
    left = first if isinstance(first, list) else [first]
    return [*left, *second] if isinstance(second, list) else [*left, second]


def looked_up(value: Value, name: str) -> Value:
    """Return the field, of each item where the value is an array (then as a sequence)."""
    if isinstance(value, dict):
        return value.get(name, UNDEFINED)
    if not isinstance(value, list):
        return UNDEFINED
    out = Sequence()
    for item in value:
        part = looked_up(item, name)
        if part is not UNDEFINED:
            if isinstance(part, list):
                out.extend(part)
            else:
                out.append(part)
    return out


def plain(value: Value, untouched: set[int]) -> Value:
    """Return the value with arrays in the place of sequences; parts whose identity is in `untouched` are skipped."""
    if isinstance(value, list):
        if type(value) is list and id(value) in untouched:
            return value
        items = [None if item is UNDEFINED else plain(item, untouched) for item in value]
        if type(value) is list and all(new is old for new, old in zip(items, value, strict=True)):
            return value
        return items
    if isinstance(value, dict) and id(value) not in untouched:
        for key, item in value.items():
            if isinstance(item, (list, dict)):
                changed = plain(item, untouched)
                if changed is not item:
                    value = {**value, key: changed}
    return value
