"""From Java's spelling of a regular expression, which filters of JSONPath have, to JavaScript's, which is read here.

The two agree but for a few marks. What JavaScript has no word for is refused rather than read as something else:
possessive and atomic groups, sets within sets, classes by name, flags in the midst.
"""

from __future__ import annotations

import re
from typing import Final

from asl_engine.lang.regex.syntax import BadPattern

_FLAGS: Final = frozenset("imsxu")
"""`u` says how case is folded, which is so anyway here; `x` allows blanks and comments."""

_leading_flags = re.compile(r"\(\?([a-zA-Z]+)\)")
_part = re.compile(r"\\Q(.*?)(?:\\E|\Z)|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[*+?}]\+|\(\?>|\s|#[^\n]*|.", re.DOTALL)

_EDGES: Final = {r"\A": r"(?<![\s\S])", r"\z": r"(?![\s\S])", r"\Z": r"(?=\n?(?![\s\S]))", r"\h": r"[ \t\xa0]"}
_UNKNOWN: Final = frozenset([r"\p", r"\P", r"\G", r"\X", r"\R", r"\N", r"\H", r"\V"])


def read_java(pattern: str, flags: str) -> tuple[str, str]:
    """Return a pattern of Java with its flags as JavaScript writes them; raise BadPattern for what it cannot say."""
    if match := _leading_flags.match(pattern):
        pattern, flags = pattern[match.end() :], flags + match[1]
    if unknown := set(flags) - _FLAGS:
        raise BadPattern(f"unknown flag {min(unknown)}")
    respelt = _respelt_loosely if "x" in flags else _respelt
    return _part.sub(respelt, pattern), "".join(flag for flag in "ims" if flag in flags)


def _respelt(match: re.Match[str]) -> str:
    part = match[0]
    if match[1] is not None:
        return re.sub(r"[.*+?^${}()|\[\]\\/]", r"\\\g<0>", match[1])
    if part in _UNKNOWN or part == "(?>" or (len(part) == 2 and part[1] == "+" and part[0] in "*+?}"):
        raise BadPattern(f"{part} is not known here")
    if part[0] == "[" and "&&" in part:
        raise BadPattern("sets that are cut with others are not known here")
    return _EDGES.get(part, part)


def _respelt_loosely(match: re.Match[str]) -> str:
    part = match[0]
    return "" if part.isspace() or part[0] == "#" else _respelt(match)
