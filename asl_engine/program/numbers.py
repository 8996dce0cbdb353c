"""Numbers and moments that a state reads from its input, with the service's words for what is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from asl_engine.lang.expr import ExpressionFailed, Scope
from asl_engine.lang.jsonpath.paths import Path, compile_path
from asl_engine.lang.jsonpath.terms import PathNotFound
from asl_engine.values import JSON, json_text, parse_timestamp


def plain(value: JSON) -> str:
    """Return a value as the service prints it inside a sentence: strings without quotes."""
    return value if isinstance(value, str) else json_text(value)


def seconds_of(field: str, fixed: Any, path: str | None) -> Callable[[Scope], int] | None:
    """Return what gives a limit in seconds, fixed or from a path; None when there is no limit."""
    if path is not None:
        return _seconds_at(field + "Path", compile_path(path))
    return (lambda scope: fixed) if fixed is not None else None


def _seconds_at(field: str, path: Path) -> Callable[[Scope], int]:
    """Read a number of seconds that must be above zero; a path that leads nowhere fails as any path does."""

    def read(scope: Scope) -> int:
        value = path.evaluate(scope)
        seconds = whole_number(value)
        if seconds is None:
            raise ExpressionFailed(_no_long(field, path, value))
        if seconds <= 0:
            raise ExpressionFailed(f"The {field} parameter references a non-positive value: {path.text} == {seconds}")
        return seconds

    return read


def _no_long(field: str, path: Path, value: JSON) -> str:
    return f"The {field} parameter cannot be parsed as a long value: {path.text} == {plain(value)}"


def whole_number(value: JSON) -> int | None:
    """Return the integer that a value's text is; None when it is none. `"3"` is one, as the service reads texts
    (recorded)."""
    if type(value) is int:
        return value if -(2**63) <= value < 2**63 else None
    return int(value) if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value) else None


def wait_seconds(path: Path) -> Callable[[Scope], float]:
    """Return what reads the seconds of a `SecondsPath`."""

    def read(scope: Scope) -> float:
        value = _referenced("SecondsPath", path, scope)
        seconds = whole_number(value)
        if seconds is None:
            raise ExpressionFailed(_no_long("SecondsPath", path, value))
        if seconds < 0:
            raise ExpressionFailed(f"The SecondsPath parameter references a negative value: {path.text} == {seconds}")
        return seconds

    return read


def wait_until(path: Path) -> Callable[[Scope], float]:
    """Return what reads the moment of a `TimestampPath`."""

    def read(scope: Scope) -> float:
        value = _referenced("TimestampPath", path, scope)
        moment = parse_timestamp(value) if isinstance(value, str) else None
        if moment is None:
            wanted = "a valid ISO-8601 extended offset date-time format string"
            told = f"The TimestampPath parameter does not reference {wanted}"
            raise ExpressionFailed(f"{told}: {path.text} == {plain(value)}")
        return moment

    return read


def _referenced(field: str, path: Path, scope: Scope) -> JSON:
    try:
        return path.evaluate(scope)
    except PathNotFound:
        raise ExpressionFailed(f"The {field} parameter does not reference an input value: {path.text}") from None


def integer_of(field: str, fixed: Any, path_text: str | None) -> Callable[[Scope], int | None]:
    """Return what gives an integer, fixed or from a path; None when there is none."""
    if path_text is None:
        return lambda scope: fixed
    path = compile_path(path_text)

    def read(scope: Scope) -> int:
        value = path.evaluate(scope)
        number = whole_number(value)
        if number is None:
            told = f'The {field} field refers to value "{plain(value)}" which is not a valid integer'
            raise ExpressionFailed(f"{told}: {path_text}")
        return number

    return read


def percentage_of(fixed: Any, path_text: str | None) -> Callable[[Scope], float | None]:
    """Return what gives a percentage between 0 and 100, fixed or from a path; None when there is none."""
    path = compile_path(path_text) if path_text is not None else None

    def read(scope: Scope) -> float | None:
        share = fixed if path is None else _float_at(path, scope)
        if share is not None and not 0 <= share <= 100:
            raise ExpressionFailed("ToleratedFailurePercentage must be between 0 and 100.")
        return share

    return read


def _float_at(path: Path, scope: Scope) -> float:
    value = path.evaluate(scope)
    try:
        return float(plain(value))
    except ValueError:
        told = f'The ToleratedFailurePercentagePath field refers to value "{plain(value)}" which is not a valid float'
        raise ExpressionFailed(f"{told}: {path.text}") from None


def at_least_zero(field: str, count: int | None) -> int:
    """Return a number that may not be negative; 0 when there is none."""
    if count is not None and count < 0:
        raise ExpressionFailed(f"{field} cannot be negative.")
    return count or 0
