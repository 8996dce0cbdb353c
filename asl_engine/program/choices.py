"""Choice rules compiled to predicates.

A comparison between unlike types is false and not an error; only a `Variable` that leads nowhere fails the state,
except under `IsPresent` (specification, "Data-test expressions").
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, TypeAlias

from asl_engine.lang.expr import ExpressionFailed, Scope
from asl_engine.lang.jsonpath.paths import Path, compile_path
from asl_engine.lang.jsonpath.terms import PathNotFound
from asl_engine.model.choice import OPERATORS, ChoiceRule
from asl_engine.program.dataflow import Predicate
from asl_engine.values import JSON, parse_timestamp

Compare: TypeAlias = Callable[[Any, Any], bool]

_ORDERS: dict[str, Compare] = {
    "equals": operator.eq,
    "less_than": operator.lt,
    "greater_than": operator.gt,
    "less_than_equals": operator.le,
    "greater_than_equals": operator.ge,
}


def compile_rule(rule: ChoiceRule) -> Predicate:
    """Return the predicate of a rule of the JSONPath language."""
    if rule.and_ is not None:
        return _all_of([compile_rule(inner) for inner in rule.and_])
    if rule.or_ is not None:
        return _any_of([compile_rule(inner) for inner in rule.or_])
    if rule.not_ is not None:
        return _not(compile_rule(rule.not_))
    name = next(iter(OPERATORS & rule.model_fields_set))
    return compile_comparison(compile_path(rule.variable or "$"), name, getattr(rule, name))


def _all_of(rules: list[Predicate]) -> Predicate:
    return lambda scope: all(rule(scope) for rule in rules)


def _any_of(rules: list[Predicate]) -> Predicate:
    return lambda scope: any(rule(scope) for rule in rules)


def _not(rule: Predicate) -> Predicate:
    return lambda scope: not rule(scope)


def compile_comparison(variable: Path, name: str, operand: Any) -> Predicate:
    """Return the predicate of one operator, given in snake_case, with its operand (a value, or a path as text)."""
    if name == "is_present":
        return _is_present(variable, operand)
    if name.startswith("is_"):
        return _has_type(variable, _TYPES[name], operand)
    if name == "string_matches":
        return _matches(variable, operand)
    family, _, order = name.partition("_")
    read, compare = _READERS[family], _ORDERS[order.removesuffix("_path")]
    if order.endswith("_path"):
        return _with_path(variable, compile_path(operand), read, compare)
    return _with_value(variable, read(operand), read, compare)


def _value(variable: Path, scope: Scope) -> JSON:
    """Return what a rule's path leads to, or fail the state in the service's words."""
    try:
        return variable.evaluate(scope)
    except PathNotFound:
        cause = f"Invalid path '{variable.text}': The choice state's condition path references an invalid value."
        raise ExpressionFailed(cause) from None


def _with_value(variable: Path, operand: Any, read: Callable[[JSON], Any], compare: Compare) -> Predicate:
    def predicate(scope: Scope) -> bool:
        value = read(_value(variable, scope))
        return value is not None and operand is not None and compare(value, operand)

    return predicate


def _with_path(variable: Path, operand: Path, read: Callable[[JSON], Any], compare: Compare) -> Predicate:
    def predicate(scope: Scope) -> bool:
        value = read(_value(variable, scope))
        other = read(_value(operand, scope))
        return value is not None and other is not None and compare(value, other)

    return predicate


def _is_present(variable: Path, expected: bool) -> Predicate:
    def predicate(scope: Scope) -> bool:
        try:
            variable.evaluate(scope)
        except PathNotFound:
            return not expected
        return expected

    return predicate


def _has_type(variable: Path, is_type: Callable[[JSON], bool], expected: bool) -> Predicate:
    return lambda scope: is_type(_value(variable, scope)) is expected


def _matches(variable: Path, pattern: str) -> Predicate:
    matches = compile_wildcards(pattern)

    def predicate(scope: Scope) -> bool:
        value = _value(variable, scope)
        return isinstance(value, str) and matches(value)

    return predicate


def compile_wildcards(pattern: str) -> Callable[[str], bool]:
    r"""Return what tells whether a text fits the pattern: `*` is any text, `\*` a star, `\\` a backslash.

    Matched piece by piece from the left, so that no pattern can take more than the product of the two lengths.
    """
    first, *middle = _pieces(pattern)
    if not middle:
        return lambda text: text == first
    *middle, last = middle

    def matches(text: str) -> bool:
        if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
            return False
        at, end = len(first), len(text) - len(last)
        for piece in middle:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return True

    return matches


def _pieces(pattern: str) -> list[str]:
    """Split a pattern at its stars, and take the escapes away."""
    pieces = [""]
    for token in re.findall(r"\\.|.", pattern, re.DOTALL):
        if token == "*":
            pieces.append("")
        else:
            pieces[-1] += token[-1]
    return pieces


def _string(value: JSON) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: JSON) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _boolean(value: JSON) -> bool | None:
    return value if isinstance(value, bool) else None


def _timestamp(value: JSON) -> float | None:
    return parse_timestamp(value) if isinstance(value, str) else None


_READERS: dict[str, Callable[[JSON], Any]] = {
    "string": _string,
    "numeric": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
}

_TYPES: dict[str, Callable[[JSON], bool]] = {
    "is_null": lambda value: value is None,
    "is_numeric": lambda value: _number(value) is not None,
    "is_string": lambda value: isinstance(value, str),
    "is_boolean": lambda value: isinstance(value, bool),
    "is_timestamp": lambda value: _timestamp(value) is not None,
}
