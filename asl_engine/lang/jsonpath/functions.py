"""The functions at the end of a path, as in `$.items.length()`: what each makes of the value before it.

The service's documentation names `length()` only, and that reference paths have none; the others are Jayway's. Sums and
averages are computed with floating point numbers there, so `sum()` of `[1, 2]` is `3.0`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, TypeAlias

from asl_engine.values import JSON, json_text

PathFunction: TypeAlias = Callable[[JSON, list[JSON]], JSON]


class NotApplicable(Exception):
    """The value or an argument is not what the function takes."""


_EMPTY: Final = "Aggregation function attempted to calculate value using empty array"


def _numbers(value: JSON, arguments: list[JSON]) -> list[float]:
    """Return the numbers of the array and among the arguments; other items are passed over."""
    candidates = list(value) if isinstance(value, list) else []
    for argument in arguments:
        candidates += argument if isinstance(argument, list) else [argument]
    numbers = [float(item) for item in candidates if type(item) in (int, float) and abs(item) < 1e308]
    if not numbers:
        raise NotApplicable(_EMPTY)
    return numbers


def _aggregate(compute: Callable[[list[float]], float]) -> PathFunction:
    def apply(value: JSON, arguments: list[JSON]) -> JSON:
        result = compute(_numbers(value, arguments))
        if not math.isfinite(result):
            raise NotApplicable("The result is not a finite number")
        return result

    return apply


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)


def _deviation(numbers: list[float]) -> float:
    """Return the standard deviation of the whole population, by the mean of the squares."""
    mean = _mean(numbers)
    return math.sqrt(sum((number - mean) * (number - mean) for number in numbers) / len(numbers))


def _length(value: JSON, arguments: list[JSON]) -> JSON:
    if arguments:
        value = arguments[0]
    return len(value) if isinstance(value, list | dict) else None


def _keys(value: JSON, arguments: list[JSON]) -> JSON:
    return list(value) if isinstance(value, dict) else None


def _item(value: JSON, index: JSON) -> JSON:
    if not isinstance(value, list) or not value or type(index) is not int:
        raise NotApplicable(_EMPTY)
    if not -len(value) <= index < len(value):
        raise NotApplicable(f"Index {index} is out of bounds")
    return value[index]


def _concat(value: JSON, arguments: list[JSON]) -> JSON:
    """Return the strings of the array and the arguments, joined; numbers among the arguments are written out."""
    texts = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    texts += [argument if isinstance(argument, str) else json_text(argument) for argument in arguments]
    return "".join(texts)


def _append(value: JSON, arguments: list[JSON]) -> JSON:
    return [*value, *arguments] if isinstance(value, list) else value


FUNCTIONS: Final[dict[str, PathFunction]] = {
    "length": _length,
    "size": _length,
    "min": _aggregate(min),
    "max": _aggregate(max),
    "avg": _aggregate(_mean),
    "sum": _aggregate(sum),
    "stddev": _aggregate(_deviation),
    "keys": _keys,
    "first": lambda value, arguments: _item(value, 0),
    "last": lambda value, arguments: _item(value, -1),
    "index": lambda value, arguments: _item(value, arguments[0] if arguments else None),
    "concat": _concat,
    "append": _append,
}
"""By name; each is called with the value and the list of its arguments."""
