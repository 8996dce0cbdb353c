"""What an expression works with: JSON values, and the value that is not there.

`UNDEFINED` is what a path gives that leads nowhere. It is not `None`, which is JSON's `null`. Numbers are Python's
`int` and `float`, yet they behave and print as the doubles of JavaScript: `number_text` is how they look.
"""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias


class Undefined:
    """The type of `UNDEFINED`, of which there is one instance."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDEFINED"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "UNDEFINED"


UNDEFINED: Final = Undefined()

Value: TypeAlias = Any
"""A JSON value, a function, or UNDEFINED."""


class Function:
    """What the language calls: a lambda, a function of the library, a regular expression, a partial application."""

    __slots__ = ()


def is_function(value: Value) -> bool:
    """Tell whether the value can be called; the host's own callables can."""
    return isinstance(value, Function) or callable(value)


def number_text(number: float) -> str:
    """Return the number as JavaScript prints it: no `.0`, an exponent only from 1e21 on and below 1e-6."""
    if isinstance(number, int):
        if -(10**21) < number < 10**21:
            return str(number)
        try:
            number = float(number)
        except OverflowError:
            return "Infinity" if number > 0 else "-Infinity"
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")
    if number == int(number) and abs(number) < 1e21:
        return str(int(number))
    return _with_exponent(number)


def _with_exponent(number: float) -> str:
    """Place the shortest digits that name the double, which Python's `repr` finds as well."""
    mantissa, _, exponent = repr(number).partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    fraction = "" if fraction == "0" else fraction
    if not exponent:
        return f"{sign}{whole}.{fraction}" if fraction else sign + whole
    power = int(exponent)
    if -7 < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{whole}{fraction}"
    digits = f"{whole}.{fraction}" if fraction else whole
    return f"{sign}{digits}e{'+' if power > 0 else '-'}{abs(power)}"
