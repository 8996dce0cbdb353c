"""Functions that look for something in a text: a text, or a function that finds matches, as a regular expression is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.values.functions import apply
from asl_engine.lang.jsonata.values.judgements import NUMBERS
from asl_engine.lang.jsonata.values.sequences import Sequence, collapse
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value, is_function


def _matches(runtime: Runtime, matcher: Value, text: str, limit: float | None) -> Iterator[dict[str, Any]]:
    """Yield the matches that a function finds, one after the other."""
    arguments: list[Value] = [text]
    count = 0
    while limit is None or count < limit:
        match = collapse(apply(matcher, arguments, None, runtime))
        if match is UNDEFINED:
            return
        if not _is_match(match):
            raise JSONataError("T1010", value=match)
        yield match
        count += 1
        matcher, arguments = match.get("next", UNDEFINED), []


def _is_match(match: Value) -> bool:
    if not isinstance(match, dict):
        return False
    known = type(match.get("start")) in NUMBERS or isinstance(match.get("groups"), list)
    return (known or is_function(match.get("next"))) and isinstance(match.get("match", ""), str)


def _limit(limit: Value, code: str, index: int) -> float | None:
    if limit is UNDEFINED or limit == math.inf:
        return None
    if limit < 0:
        raise JSONataError(code, value=limit, index=index)
    result: float = limit
    return result


def _start(match: dict[str, Any], text: str) -> int:
    start = match.get("start", 0)
    return int(start) if type(start) in NUMBERS and 0 <= start <= len(text) else 0


def _end(match: dict[str, Any], text: str) -> int:
    return _start(match, text) + len(match.get("match", ""))


def contains(runtime: Runtime, text: Value, token: Value) -> Value:
    """`$contains`."""
    if text is UNDEFINED:
        return text
    if isinstance(token, str):
        runtime.charge_text(len(text))
        return token in text
    return next(_matches(runtime, token, text, 1), None) is not None


def match(runtime: Runtime, text: Value, matcher: Value, limit: Value = UNDEFINED) -> Value:
    """`$match`; the index counts as the reference does, two for a character beyond the first 65,536."""
    if text is UNDEFINED:
        return text
    out = Sequence()
    units = _Units(text)
    for match in _matches(runtime, matcher, text, _limit(limit, "D3040", 3)):
        groups = match.get("groups", UNDEFINED)
        if isinstance(groups, list) and UNDEFINED in groups:
            runtime.is_mixed = True
        fields = {"match": match.get("match", UNDEFINED), "index": units.before(match.get("start", UNDEFINED), runtime)}
        out.append({key: item for key, item in {**fields, "groups": groups}.items() if item is not UNDEFINED})
    return out


class _Units:
    """Counts the halves of characters before a place; places mostly ascend, so that each character is seen once."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_plain = text.isascii()
        self.place = self.wide = 0

    def before(self, start: Value, runtime: Runtime) -> Value:
        if type(start) is not int or self.is_plain:
            return start
        if start < self.place:
            self.place = self.wide = 0
        between = self.text[self.place : start]
        runtime.charge(len(between) >> 2)
        self.wide += sum(character > "\uffff" for character in between)
        self.place = start
        return start + self.wide


def split(runtime: Runtime, text: Value, separator: Value, limit: Value = UNDEFINED) -> Value:
    """`$split`."""
    if text is UNDEFINED:
        return text
    most = _limit(limit, "D3020", 3)
    runtime.charge(len(text) >> 3)
    parts: list[str] = []
    if isinstance(separator, str):
        runtime.charge(text.count(separator))
        parts = text.split(separator) if separator else list(text)
        most = None if most is None else most // 1
    elif separator is UNDEFINED:
        parts = [text]
    else:
        start = 0
        for match in _matches(runtime, separator, text, most):
            parts.append(text[start : _start(match, text)])
            end = match.get("end", UNDEFINED)
            start = int(end) if type(end) in NUMBERS and 0 <= end <= len(text) else _end(match, text)
        parts.append(text[start:])
    return parts if most is None else parts[: int(min(-(-most // 1), len(parts)))]


def replace(runtime: Runtime, text: Value, pattern: Value, new: Value, limit: Value = UNDEFINED) -> Value:
    """`$replace`."""
    if text is UNDEFINED:
        return text
    if pattern == "":
        raise JSONataError("D3010", value=pattern, index=2)
    most = _limit(limit, "D3011", 4)
    if isinstance(pattern, str):
        return _replaced_text(runtime, text, pattern, new, most)
    parts: list[str] = []
    at = 0
    for match in _matches(runtime, pattern, text, most):
        start = _start(match, text)
        parts.append(text[at:start])
        parts.append(_replacement(runtime, new, match))
        runtime.charge(1 + (len(parts[-1]) >> 3))
        at = start + len(match.get("match", ""))
    return "".join(parts) + text[at:]


def _replaced_text(runtime: Runtime, text: str, pattern: str, new: Value, most: float | None) -> str:
    if not isinstance(new, str):
        new = "" if is_function(new) else "undefined"
    times = -1 if most is None else int(-(-most // 1))
    count = text.count(pattern) if times < 0 else min(times, text.count(pattern))
    runtime.charge_text(len(text) + count * len(new))
    return text.replace(pattern, new, times)


def _replacement(runtime: Runtime, new: Value, match: dict[str, Any]) -> str:
    if isinstance(new, str):
        if "$" not in new:
            return new
        longest = max((len(part) for part in (match.get("match"), *_groups(match)) if isinstance(part, str)), default=0)
        runtime.charge_text(len(new) + new.count("$") * longest)
        return substituted(new, match)
    result = collapse(apply(new, [match], None, runtime))
    if not isinstance(result, str):
        raise JSONataError("D3012", value=result)
    return result


def _groups(match: dict[str, Any]) -> list[Any]:
    groups = match.get("groups", [])
    return groups if isinstance(groups, list) else []


def substituted(template: str, match: dict[str, Any]) -> str:
    """Return the template with `$0` as the match, `$1` and so on as its groups, and `$$` as a dollar sign."""
    groups = _groups(match)
    first, *rest = template.split("$")
    out = [first]
    pieces = iter(rest)
    for piece in pieces:
        if piece == "" and (following := next(pieces, None)) is not None:
            out.append("$" + following)
        elif piece.startswith("0"):
            out.append(str(match.get("match", "")) + piece[1:])
        else:
            out.append(_with_group(piece, groups))
    return "".join(out)


def _with_group(piece: str, groups: list[Any]) -> str:
    """Return what follows a dollar sign, with the group that its digits name."""
    most = len(str(len(groups)))
    digits = _leading_digits(piece, most)
    if most > 1 and digits and int(digits) > len(groups):
        digits = _leading_digits(piece, most - 1)
    if not digits:
        return "$" + piece
    number = int(digits)
    group = groups[number - 1] if 0 < number <= len(groups) else ""
    return (group if isinstance(group, str) else "") + piece[len(str(number)) :]


def _leading_digits(piece: str, most: int) -> str:
    count = 0
    while count < min(most, len(piece)) and piece[count] in "0123456789":
        count += 1
    return piece[:count]
