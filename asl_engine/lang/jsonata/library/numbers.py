"""Functions of numbers, and those of booleans."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_EVEN, Decimal
from functools import reduce
from operator import add
from typing import Any

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.syntax.literals import normal
from asl_engine.lang.jsonata.values.judgements import truth
from asl_engine.lang.jsonata.values.value import UNDEFINED, Function, Value

_decimal = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?\Z")
_prefixed = re.compile(r"0[xX][0-9A-Fa-f]+\Z|0[oO][0-7]+\Z|0[bB][01]+\Z")


def _charged(runtime: Runtime, values: list[Any]) -> list[Any]:
    runtime.charge(len(values))
    return values


def sum_(runtime: Runtime, values: Any) -> Value:
    """`$sum`; one by one, as Python's own sum is more exact than that of the reference."""
    return UNDEFINED if values is UNDEFINED else normal(reduce(add, _charged(runtime, values), 0))


def count(runtime: Runtime, values: Any) -> Value:
    """`$count`."""
    return 0 if values is UNDEFINED else len(values)


def max_(runtime: Runtime, values: Any) -> Value:
    """`$max`."""
    return UNDEFINED if values is UNDEFINED or not values else max(_charged(runtime, values))


def min_(runtime: Runtime, values: Any) -> Value:
    """`$min`."""
    return UNDEFINED if values is UNDEFINED or not values else min(_charged(runtime, values))


def average(runtime: Runtime, values: Any) -> Value:
    """`$average`."""
    return (
        UNDEFINED
        if values is UNDEFINED or not values
        else normal(float(reduce(add, _charged(runtime, values), 0)) / len(values))
    )


def number(runtime: Runtime, value: Value) -> Value:
    """`$number`."""
    if value is UNDEFINED:
        return value
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        runtime.charge_text(len(value))
        if _decimal.match(value) and math.isfinite(result := float(value)):
            return normal(result)
        if _prefixed.match(value):
            return normal(int(value, 0))
    raise JSONataError("D3030", value=value, index=1)


def abs_(runtime: Runtime, value: Value) -> Value:
    """`$abs`."""
    return value if value is UNDEFINED else abs(value)


def floor(runtime: Runtime, value: Value) -> Value:
    """`$floor`."""
    return value if value is UNDEFINED or not math.isfinite(value) else normal(math.floor(value))


def ceil(runtime: Runtime, value: Value) -> Value:
    """`$ceil`."""
    return value if value is UNDEFINED or not math.isfinite(value) else normal(math.ceil(value))


def round_(runtime: Runtime, value: Value, precision: Value = UNDEFINED) -> Value:
    """`$round`: halves to even, by the digits that the number prints with."""
    if value is UNDEFINED or not math.isfinite(value):
        return value
    places = 0 if precision is UNDEFINED or not math.isfinite(precision) else int(precision)
    if abs(places) > 400:
        return value if places > 0 else 0
    shifted = Decimal(repr(value)).scaleb(places)
    rounded = shifted.to_integral_value(ROUND_HALF_EVEN) if abs(shifted) < 10**25 else shifted
    return normal(float(rounded.scaleb(-places)))


def sqrt(runtime: Runtime, value: Value) -> Value:
    """`$sqrt`."""
    if value is UNDEFINED:
        return value
    if value < 0:
        raise JSONataError("D3060", value=value, index=1)
    return normal(math.sqrt(value))


def power(runtime: Runtime, value: Value, exponent: Value) -> Value:
    """`$power`."""
    if value is UNDEFINED:
        return value
    try:
        result = math.inf if exponent is UNDEFINED else math.pow(value, exponent)
    except (OverflowError, ValueError, ZeroDivisionError):
        result = math.inf
    if not math.isfinite(result):
        raise JSONataError("D3061", value=value, index=1, exp=exponent)
    return normal(result)


def random(runtime: Runtime) -> Value:
    """`$random`."""
    return runtime.random.random()


def format_number(runtime: Runtime, value: Value, picture: Value, options: Value = UNDEFINED) -> Value:
    """`$formatNumber`."""
    from asl_engine.lang.jsonata.pictures import numbers as pictures

    if value is UNDEFINED:
        return value
    runtime.charge_picture(value, picture)
    return pictures.format_number(value, picture, None if options is UNDEFINED else options)


def format_base(runtime: Runtime, value: Value, radix: Value = UNDEFINED) -> Value:
    """`$formatBase`."""
    from asl_engine.lang.jsonata.pictures import numbers as pictures

    runtime.charge_picture(value)
    return value if value is UNDEFINED else pictures.format_base(value, 10 if radix is UNDEFINED else radix)


def format_integer(runtime: Runtime, value: Value, picture: Value) -> Value:
    """`$formatInteger`."""
    from asl_engine.lang.jsonata.pictures import numbers as pictures

    runtime.charge_picture(value, picture)
    return value if value is UNDEFINED else pictures.format_integer(value, picture)


def parse_integer(runtime: Runtime, text: Value, picture: Value) -> Value:
    """`$parseInteger`."""
    from asl_engine.lang.jsonata.pictures import numbers as pictures

    runtime.charge_picture(text, picture)
    return text if text is UNDEFINED else pictures.parse_integer(text, picture)


def boolean(runtime: Runtime, value: Value) -> Value:
    """`$boolean`."""
    if value is UNDEFINED:
        return value
    return not isinstance(value, Function) and truth(value)


def not_(runtime: Runtime, value: Value) -> Value:
    """`$not`."""
    if value is UNDEFINED:
        return value
    return isinstance(value, Function) or not truth(value)
