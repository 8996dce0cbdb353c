"""What is alike in two executions although it cannot be the same: UUIDs, times, ARNs, task tokens, and their names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from asl_engine.values import JSON

_KINDS: Final = {
    "arn": r"arn:aws[\w-]*:states:[\w-]*:\d*:(?:execution|express|mapRun|stateMachine):[^\s\"'`,;<>()\[\]{}]*\w",
    "uuid": r"(?<![0-9a-f])[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?![0-9a-f])",
    "moment": r"(?<!\d)\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?(?!\d)",
    "time": r"(?<!\d)\d\d:\d\d:\d\d(?:\.\d+)?(?!\d)",
}
"""Parts of texts that differ from execution to execution. Dates stand by themselves: a replay has the recorded ones."""

_PARTS: Final = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))
_TOKEN: Final = re.compile(r"[\w+/=-]{64,}")

_MILLISECONDS: Final = (1e12, 1e13)
"""Between these, a number can be a moment in milliseconds since 1970."""

_DRIFT: Final = 300_000
"""By how many milliseconds a moment may differ: AWS needs some for each state, and virtual time none."""


def alike(left: JSON, right: JSON) -> bool:
    """Whether two values are equal but for what cannot be: UUIDs, times and ARNs of executions, also within longer
    texts, task tokens, and moments in milliseconds."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(alike(value, right[name]) for name, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(alike, left, right))
    if isinstance(left, str) and isinstance(right, str):
        are_tokens = bool(_TOKEN.fullmatch(left) and _TOKEN.fullmatch(right))
        return left == right or are_tokens or _without_parts(left) == _without_parts(right)
    return (type(left) is type(right) and left == right) or _are_like_numbers(left, right)


def _without_parts(text: str) -> list[str]:
    """Return what stands between the parts that differ, and of which kinds those are."""
    rest, end = [], 0
    for part in _PARTS.finditer(text):
        rest += [text[end : part.start()], str(part.lastgroup)]
        end = part.end()
    return [*rest, text[end:]]


def _are_like_numbers(left: JSON, right: JSON) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return False
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return False
    low, high = _MILLISECONDS
    are_moments = low <= left < high and low <= right < high
    return left == right or (are_moments and abs(left - right) <= _DRIFT)


def names_told(recorded: JSON, now: JSON, name: str) -> Iterator[str]:
    """Yield what stands in a recorded value where there now is the name of the execution, alone or in its ARN."""
    if isinstance(recorded, dict) and isinstance(now, dict):
        for key in recorded.keys() & now.keys():
            yield from names_told(recorded[key], now[key], name)
    elif isinstance(recorded, list) and isinstance(now, list):
        for then, value in zip(recorded, now, strict=False):
            yield from names_told(then, value, name)
    elif isinstance(recorded, str) and isinstance(now, str) and name in now:
        match = re.fullmatch(_pattern(now, name), recorded, re.DOTALL)
        if match is not None and len(set(match.groups())) == 1:
            yield match[1]


def _pattern(text: str, name: str) -> str:
    """Return what texts are like this one that another execution has written: its name is the pattern's group."""
    own_arn = rf"arn:aws[\w-]*:states:[^:]*:\d*:(?:execution|express):[^:]*:{re.escape(name)}"
    pattern, end = "", 0
    for part in re.finditer(f"{own_arn}|{re.escape(name)}|{_PARTS.pattern}", text):
        pattern += re.escape(text[end : part.start()])
        if part.lastgroup is not None:
            pattern += f"(?:{_KINDS[part.lastgroup]})"
        elif part[0] == name:
            pattern += r"([\w-]{1,80})"
        else:
            pattern += r"arn:aws[\w-]*:states:[^:]*:\d*:(?:execution|express):[^:]*:([\w-]{1,80})"
        end = part.end()
    return pattern + re.escape(text[end:])
