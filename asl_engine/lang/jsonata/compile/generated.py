"""What generated code is made of, and what it calls."""

from __future__ import annotations

import ast
from typing import Any, Final

from asl_engine.lang.jsonata.compile.operators import divided, remainder
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.syntax.literals import normal
from asl_engine.lang.jsonata.values.judgements import NUMBERS
from asl_engine.lang.jsonata.values.sequences import LISTS, MADE, Sequence
from asl_engine.lang.jsonata.values.value import UNDEFINED

# --- what it calls


class Surprise(KeyError):
    """A value is not what generated code takes it for."""


def settled(number: float) -> float:
    """Return the result of arithmetic as it is kept; what is no finite number is left to the closures."""
    if not -1e300 < number < 1e300:
        raise Surprise
    return normal(number)


def quotient(left: float, right: float) -> float:
    """Divide; an infinite divisor, which would leave nothing of itself in the result, is left to the closures."""
    return divided(left, right if -1e300 < right < 1e300 else _surprise())


def rest(left: float, right: float) -> float:
    """Return the remainder of two finite numbers."""
    return remainder(left if -1e300 < left < 1e300 else _surprise(), right if -1e300 < right < 1e300 else _surprise())


def _surprise() -> float:
    raise Surprise


def small_text(number: int) -> str:
    """Return a whole number as text, if it has no exponent."""
    if type(number) is not int or not -(10**15) < number < 10**15:
        raise Surprise
    return str(number)


NAMES: Final[dict[str, Any]] = {
    "LISTS": LISTS,
    "MADE": MADE,
    "NUMBERS": NUMBERS,
    "Sequence": Sequence,
    "ODD": MADE | {type(UNDEFINED)},
    "JSONataError": JSONataError,
    "quotient": quotient,
    "rest": rest,
    "settled": settled,
    "small_text": small_text,
}
"""The globals of generated code."""

# --- what it is made of


def name_of(name: str) -> ast.expr:
    """Return the name as an expression."""
    return ast.Name(name, ast.Load())


def constant(value: Any) -> ast.expr:
    """Return the value as it is written."""
    return ast.Constant(value)


def call(function: str, *arguments: ast.expr) -> ast.expr:
    """Return the call of a global by its name."""
    return ast.Call(name_of(function), list(arguments), [])


def item(value: ast.expr, key: Any) -> ast.expr:
    """Return `value[key]`."""
    return ast.Subscript(value, constant(key), ast.Load())


def type_in(value: ast.expr, types: str) -> ast.expr:
    """Return `type(value) in types`."""
    return ast.Compare(call("type", value), [ast.In()], [name_of(types)])


def is_text(value: ast.expr) -> ast.expr:
    """Return `type(value) is str`."""
    return ast.Compare(call("type", value), [ast.Is()], [name_of("str")])


def negated(test: ast.expr) -> ast.expr:
    """Return `not test`."""
    return ast.UnaryOp(ast.Not(), test)
