"""What the path of a field refers to: a number, a moment or a text, with the service's words for what is none."""

from __future__ import annotations

import re
from collections.abc import Callable

from asl_engine.lang.expr import ExpressionFailed, Scope
from asl_engine.lang.jsonpath.intrinsics import compile_path_or_intrinsic
from asl_engine.lang.jsonpath.paths import Path
from asl_engine.lang.jsonpath.terms import PathNotFound
from asl_engine.quotas import MAX_SECONDS
from asl_engine.values import JSON, json_text, parse_timestamp


def plain(value: JSON) -> str:
    """Return a value as the service prints it inside a sentence: strings without quotes."""
    return value if isinstance(value, str) else json_text(value)


def seconds_at(field: str, path: Path) -> Callable[[Scope], int]:
    """Return what reads a number of seconds, above zero and no larger than a field takes; a path that leads nowhere
    fails as any does."""

    def read(scope: Scope) -> int:
        value = path.evaluate(scope)
        seconds = whole_number(value)
        if seconds is None:
            raise ExpressionFailed(_no_long(field, path, value))
        if seconds <= 0:
            raise ExpressionFailed(f"The {field} parameter references a non-positive value: {path.text} == {seconds}")
        if seconds > MAX_SECONDS:  # no recording has one: the words are made after those above
            problem = f"The {field} parameter references a value larger than {MAX_SECONDS}"
            raise ExpressionFailed(f"{problem}: {path.text} == {seconds}")
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
            problem = f"The TimestampPath parameter does not reference {wanted}"
            raise ExpressionFailed(f"{problem}: {path.text} == {plain(value)}")
        return moment

    return read


def _referenced(field: str, path: Path, scope: Scope) -> JSON:
    try:
        return path.evaluate(scope)
    except PathNotFound:
        raise ExpressionFailed(f"The {field} parameter does not reference an input value: {path.text}") from None


def integer_at(field: str, path: Path) -> Callable[[Scope], int]:
    """Return what reads an integer."""

    def read(scope: Scope) -> int:
        value = path.evaluate(scope)
        number = whole_number(value)
        if number is None:
            problem = f'The {field} field refers to value "{plain(value)}" which is not a valid integer'
            raise ExpressionFailed(f"{problem}: {path.text}")
        return number

    return read


def float_at(field: str, path: Path) -> Callable[[Scope], float]:
    """Return what reads a number."""

    def read(scope: Scope) -> float:
        value = path.evaluate(scope)
        try:
            return float(plain(value))
        except ValueError:
            problem = f'The {field} field refers to value "{plain(value)}" which is not a valid float'
            raise ExpressionFailed(f"{problem}: {path.text}") from None

    return read


def text_at(field: str, path: str) -> Callable[[Scope], str]:
    """Return what reads a text at a path or from an intrinsic call; another value is printed."""
    expr = compile_path_or_intrinsic(path)

    def read(scope: Scope) -> str:
        try:
            return plain(expr(scope))
        except PathNotFound:
            shown = json_text(scope.data)
            cause = f"The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{shown}'"
            raise ExpressionFailed(cause) from None

    return read
