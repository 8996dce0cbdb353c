"""What values are to conditions and comparisons: true or false, equal or not, before or after."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import repeat
from typing import Any, Final

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.values.functions import Lambda, Native, Partial
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value

NUMBERS: Final = frozenset({int, float})


def is_number(value: Value) -> bool:
    """Tell whether the value is a number to calculate with; raise JSONataError if it is infinite."""
    if type(value) is int:
        return True
    if type(value) is not float or math.isnan(value):
        return False
    if math.isinf(value):
        raise JSONataError("D1001", value=value)
    return True


def truth(value: Value) -> bool:
    """Return the value as a condition: empty strings, arrays and objects, 0, null and nothing are false."""
    if value is True:
        return True
    if value is False or value is UNDEFINED or value is None:
        return False
    kind = type(value)
    if kind is str or kind is dict:
        return bool(value)
    if kind in NUMBERS:
        return is_number(value) and value != 0
    if isinstance(value, list):
        return truth(value[0]) if len(value) == 1 else any(map(truth, value))
    return kind is Lambda or kind is Native or kind is Partial or (isinstance(value, (dict, str)) and bool(value))


def equal(
    left: Any, right: Any, known: set[tuple[int, int]] | None = None, charge: Callable[[int], None] | None = None
) -> bool:
    """Compare deeply, without turning one type into another.

    `known` are pairs that are equal: a value may hold the same part many times, and parts of parts. `charge` is told
    how many parts are compared.
    """
    kind = type(left)
    if kind is str or kind is bool or left is None:
        return kind is type(right) and bool(left == right)
    if kind in NUMBERS:
        return type(right) in NUMBERS and bool(left == right)
    if left is right or not isinstance(left, (list, dict)):
        return left is right
    known = set() if known is None else known
    pair = id(left), id(right)
    if pair not in known and not _same_parts(left, right, known, charge):
        return False
    known.add(pair)
    return True


def _same_parts(left: Any, right: Any, known: set[tuple[int, int]], charge: Callable[[int], None] | None) -> bool:
    if isinstance(left, list):
        if not isinstance(right, list) or len(left) != len(right):
            return False
        if charge is not None:
            charge(len(left))
        return all(map(equal, left, right, repeat(known), repeat(charge)))
    if not isinstance(right, dict) or left.keys() != right.keys():
        return False
    if charge is not None:
        charge(len(left))
    return all(equal(value, right[key], known, charge) for key, value in left.items())


def is_uniform(values: list[Value]) -> bool:
    """Tell whether the values are all numbers or all texts."""
    kinds = set(map(type, values))
    return kinds <= NUMBERS or kinds == {str}


def is_strictly(left: Any, right: Any) -> bool:
    """Compare as `in` does: objects and arrays are only equal to themselves."""
    if isinstance(left, (list, dict)):
        return left is right
    return equal(left, right)


def compare_error(left: Value, right: Value, operator: str, position: int) -> JSONataError | None:
    """Return what is wrong with two values that an order is asked of, or None where one of them is just missing."""
    for value in (left, right):
        if value is not UNDEFINED and type(value) is not str and type(value) not in NUMBERS:
            return JSONataError("T2010", position, operator, value)
    if left is UNDEFINED or right is UNDEFINED:
        return None
    return JSONataError("T2009", position, operator, left, value2=right)
