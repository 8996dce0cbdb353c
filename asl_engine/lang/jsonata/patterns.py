"""The bounded matcher under JSONata's errors."""

from __future__ import annotations

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.regex.compile import MAX_PATTERN, Match, Matcher, Meter, compile_regex
from asl_engine.lang.regex.matcher import TooManySteps
from asl_engine.lang.regex.syntax import BadPattern


def compiled_pattern(pattern: str, flags: str = "", max_length: int | None = MAX_PATTERN) -> Matcher:
    """Return the matcher of a pattern; raise S0301 for an empty one and S0303 for what is none."""
    if not pattern:
        raise JSONataError("S0301")
    try:
        return compile_regex(pattern, flags, max_length)
    except BadPattern as problem:
        raise JSONataError("S0303", value=pattern, message=str(problem)) from None


def first_match(matcher: Matcher, text: str, start: int = 0, meter: Meter | None = None) -> Match | None:
    """Return the first match from `start` on; raise U1002 where that takes too long."""
    try:
        return matcher(text, start, meter)
    except TooManySteps as problem:
        raise JSONataError("U1002", message=str(problem)) from None
