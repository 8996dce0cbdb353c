"""Regular expressions of JavaScript that cannot hang.

There are two ways to match. Python's `re` is fast and cannot be stopped; our own matcher (`matcher`) is some
fifty times slower and counts its steps. Which one runs is decided for each pattern and text:

1. *May `re` run it?* Not where `re` means something else than JavaScript: references to groups, lookbehind, captures in
   loops or lookarounds, loops over what can be empty. (What differs only in spelling is translated.)
2. *How long may it take?* A bound is computed from the pattern, the length of the text and, where that is too coarse,
   the longest stretches in the text of the sets that the pattern repeats (`costs`).
3. Within LIMIT `re` runs, otherwise our matcher, which gives up after BUDGET steps for a text with `TooManySteps`. So
   ordinary patterns on long texts work either way, and hostile ones end after about a second.
4. *How long may many texts take?* A meter is told the steps of our matcher, and before `re` runs a toll, which is a
   small part of its bound. So who evaluates can end what is too much together, and looks at the clock in time.

JSONata's `/.../` and the `=~` of JSONPath's filters are matched here, each with its own meter and its own words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol

from asl_engine.lang.regex.costs import beginnings, cost, shortest
from asl_engine.lang.regex.matcher import Run, Step, TooManySteps, compile_program, execute
from asl_engine.lang.regex.sets import Ranges, source
from asl_engine.lang.regex.syntax import BadPattern, Edge, Pattern, Sequence, parse_pattern
from asl_engine.lang.regex.translate import means_the_same, translate
from asl_engine.remembered import remembered

MAX_PATTERN: Final = 2_000
"""The longest pattern, in characters."""
LIMIT: Final = 200_000_000
"""The greatest cost that `re` may have. The bound is coarse: what just passes it takes up to a second, mostly less."""
BUDGET: Final = 3_000_000
"""The steps that our matcher may take on one text: it does some three millions in a second."""

TOLL: Final = 14
"""By how many bits a bound is shifted for the toll: what may take `re` a second is 12,000 steps, as bounds are coarse;
hundreds of long texts must be no excess."""

FLAGS: Final = "ims"


class Meter(Protocol):
    """Who counts what matching takes."""

    def charge(self, amount: int) -> None:
        """Count so many steps; raise an error where that is too much."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where a text matches. `groups` has what each group matched, None for one that took no part."""

    start: int
    end: int
    text: str
    groups: tuple[str | None, ...]


def compile_regex(pattern: str, flags: str = "", max_length: int | None = MAX_PATTERN) -> Matcher:
    """Return the matcher of what stands between the slashes of `/.../`, and of the flags behind them.

    The flags are `i`, `m` and, beyond JSONata, `s`. Raise BadPattern for a text that is no pattern, is longer than
    `max_length` or has groups nested deeper than 50.
    """
    return Matcher(_checked(pattern, flags, max_length))


def compile_whole(pattern: str, flags: str = "", max_length: int | None = MAX_PATTERN) -> Matcher:
    """Return the matcher of texts that match from the first character to the last."""
    parsed = _checked(pattern, flags, max_length)
    return Matcher(Pattern(Sequence((Edge("start"), parsed.root, Edge("end"))), parsed.groups))


def _checked(pattern: str, flags: str, max_length: int | None) -> Pattern:
    if max_length is not None and len(pattern) > max_length:
        raise BadPattern(f"it has more than {max_length} characters")
    if unknown := flags.strip(FLAGS):
        raise BadPattern(f"unknown flag {unknown[0]}")
    return _parsed(pattern, flags)


@remembered(256)
def _parsed(pattern: str, flags: str) -> Pattern:
    try:
        return parse_pattern(pattern, flags)
    except RecursionError:
        raise BadPattern("groups are nested too deep") from None


class Matcher:
    """A compiled expression: call it with a text, and where to start, for the first match from there or None.

    A call raises TooManySteps where matching takes too long. One text has one budget: a call that starts behind its
    beginning goes on with what the calls before it have left, so that all matches of a text together are bounded too.
    """

    __slots__ = ("_candidates", "_decided", "_fast", "_pattern", "_program", "_safe", "_spent", "_tolls")

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern
        self._fast = re.compile(translate(pattern.root), re.ASCII) if means_the_same(pattern.root) else None
        self._safe = 0
        self._tolls: dict[int, int] = {}  # by the number of bits of the length
        self._program: tuple[list[Step], int] | None = None
        self._candidates = _first_search(pattern)
        self._decided: tuple[str, bool] = ("", False)
        self._spent: tuple[str, int] = ("", 0)

    def toll(self, text: str) -> int:
        """Return what is to be charged before a text is searched for the first time, for all its matches."""
        if self._fast is None:
            return 0
        bits = len(text).bit_length()
        toll = self._tolls.get(bits)
        if toll is None:
            size = (1 << bits) - 1
            bound = cost(self._pattern, size, lambda ranges: size)
            toll = self._tolls[bits] = int(min(bound, LIMIT)) >> TOLL
        return toll

    def __call__(self, text: str, start: int = 0, meter: Meter | None = None) -> Match | None:
        """Return the first match that begins at `start` or behind it; raise TooManySteps."""
        if self._fast is not None and (len(text) <= self._safe or self._is_quick(text)):
            match = self._fast.search(text, start)
            return Match(match.start(), match.end(), match[0], match.groups()) if match else None
        return self._counted(text, start, meter)

    def _is_quick(self, text: str) -> bool:
        """Return whether `re` is quick on this text, and remember up to which length it always is."""
        decided, answer = self._decided
        if decided is text:
            return answer
        size = len(text)
        if cost(self._pattern, size, lambda ranges: size) <= LIMIT:
            self._safe = max(self._safe, size)
            return True
        answer = cost(self._pattern, size, _stretches(text)) <= LIMIT
        self._decided = (text, answer)
        return answer

    def _counted(self, text: str, start: int, meter: Meter | None = None) -> Match | None:
        if self._program is None:
            self._program = compile_program(self._pattern)
        program, registers = self._program
        spent_on, spent = self._spent
        run = Run(text, registers, BUDGET - (spent if spent_on is text and start > 0 else 0))
        budget = run.steps
        try:
            match = self._search(program, run, start)
        except TooManySteps:
            run.steps = 0
            raise TooManySteps("A regular expression takes too many steps on this text") from None
        finally:
            self._spent = (text, BUDGET - run.steps)
        if meter is not None:
            meter.charge(budget - run.steps)
        return match

    def _search(self, program: list[Step], run: Run, start: int) -> Match | None:
        empty = run.registers
        candidates = self._candidates
        while start <= run.size:
            if candidates is not None:
                if (candidate := candidates.search(run.text, start)) is None:
                    return None
                start = candidate.start()
            run.place, run.registers = start, empty
            if execute(program, run):
                return self._match(run, start)
            start += 1
        return None

    def _match(self, run: Run, start: int) -> Match:
        spans = [run.registers[group * 2 : group * 2 + 2] for group in range(self._pattern.groups)]
        groups = tuple(run.text[low:high] if low >= 0 else None for low, high in spans)
        return Match(start, run.place, run.text[start : run.place], groups)


def _stretches(text: str) -> Callable[[Ranges], int]:
    """Return how long the longest stretch of characters of a set is in the text."""

    @cache
    def longest(ranges: Ranges) -> int:
        return max((len(match[0]) for match in re.finditer(source(ranges) + "+", text)), default=0)

    return longest


def _first_search(pattern: Pattern) -> re.Pattern[str] | None:
    """Return an expression that finds where a match can begin, None where it can begin anywhere."""
    first = beginnings(pattern.root, None) if shortest(pattern.root) > 0 else None
    return re.compile(source(first)) if first else None
