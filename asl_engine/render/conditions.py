"""The condition of a Choice rule as a short text that a person reads: `$.total > 100 and not ($.vip is present)`."""

from __future__ import annotations

import json
from typing import Any, Final

from asl_engine.model.choice import OPERATORS, ChoiceRule

_SYMBOLS: Final = (
    # Longer names first: `less_than_equals` ends in `equals`.
    ("less_than_equals", "≤"),
    ("greater_than_equals", "≥"),
    ("less_than", "<"),
    ("greater_than", ">"),
    ("equals", "="),
    ("matches", "matches"),
)

_TESTS: Final = {
    "is_null": "null",
    "is_present": "present",
    "is_numeric": "a number",
    "is_string": "a string",
    "is_boolean": "a boolean",
    "is_timestamp": "a timestamp",
}


def condition_text(rule: ChoiceRule) -> str:
    """Return the rule's condition, on one line and not shortened."""
    if rule.condition is not None:
        return _jsonata(rule.condition)
    if rule.and_ is not None:
        return " and ".join(map(_nested, rule.and_))
    if rule.or_ is not None:
        return " or ".join(map(_nested, rule.or_))
    if rule.not_ is not None:
        return f"not ({condition_text(rule.not_)})"
    return _comparison(rule)


def _jsonata(condition: bool | str) -> str:
    if isinstance(condition, bool):
        return "always" if condition else "never"
    inner = condition.strip().removeprefix("{%").removesuffix("%}")
    return " ".join(inner.split())


def _nested(rule: ChoiceRule) -> str:
    text = condition_text(rule)
    return f"({text})" if rule.and_ is not None or rule.or_ is not None else text


def _comparison(rule: ChoiceRule) -> str:
    operators = [name for name in ChoiceRule.model_fields if name in OPERATORS and name in rule.model_fields_set]
    if not operators:
        return "?"
    return f"{rule.variable} {_operator(operators[0], getattr(rule, operators[0]))}"


def _operator(name: str, value: Any) -> str:
    if name in _TESTS:
        return _test(_TESTS[name], value)
    plain = name.removesuffix("_path")
    symbol = next(symbol for suffix, symbol in _SYMBOLS if plain.endswith(suffix))
    return f"{symbol} {value if name != plain else _literal(plain, value)}"


def _test(noun: str, expected: bool | str) -> str:
    if isinstance(expected, str):
        return f"is {noun}: {expected}"
    return f"is {noun}" if expected else f"is not {noun}"


def _literal(operator: str, value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str) and operator.startswith("string_"):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value)
