"""Results that are remembered by the text that they come from: many of short texts, and the fewer the longer they are.

`functools.lru_cache` counts entries, and a stranger's may be a megabyte each.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Final, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])

SHORT: Final = 200
"""Characters of a text that counts as an entry and no more."""

LONGER: Final = ((2_000, 250), (20_000, 25), (200_000, 3), (2_000_000, 2))
"""How many texts are remembered beside the short ones, by their length in characters: half a million together."""

LONGEST: Final = 200_000
"""Characters of the longest text that is remembered, unless a function says otherwise."""


def remembered(entries: int, longest: int = LONGEST) -> Callable[[Function], Function]:
    """Return a decorator for a function of a text, and perhaps of more that is short: its results are remembered.

    What it raises is not.
    """

    def decorate(function: Function) -> Function:
        short = lru_cache(entries)(function)
        longer = [(length, lru_cache(count)(function)) for length, count in LONGER if length <= longest]

        @wraps(function)
        def result_of(text: str, *more: Any) -> Any:
            length = len(text)
            if length <= SHORT:
                return short(text, *more)
            return next((known for most, known in longer if length <= most), function)(text, *more)

        return cast(Function, result_of)

    return decorate
