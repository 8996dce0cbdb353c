"""Regular expressions of JavaScript that cannot hang: what `/.../` means in an expression.

There are two ways to match. Python's `re` is fast and cannot be stopped; our own matcher (`regex_matcher`) is some
fifty times slower and counts its steps. Which one runs is decided for each pattern and text:

1. *May `re` run it?* Not where `re` means something else than JavaScript: references to groups, lookbehind, captures in
   loops or lookarounds, loops over what can be empty. (What differs only in spelling is translated.)
2. *How long may it take?* The cost of a node is a + w * c, with c the cost of all that follows: w is how many times
   the rest may be tried. Sequences and loops combine these pairs. A loop tries the rest once where what can follow
   shares no character with what it repeats, as in `[a-z]+@`; else once for each length, as in `.*x`. A loop whose body
   has w > 1 is exponential, as in `(a+)+`. A loop over a set never runs longer than the longest stretch of such
   characters in the text, which is looked at only where the length of the whole text is too coarse a bound.
3. Within LIMIT `re` runs, otherwise our matcher, which gives up after BUDGET steps for a text with U1002. So ordinary
   patterns on long texts work either way, and hostile ones end after about a second.

Nothing here depends on JSONata but the class of its errors.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from .errors import JSONataError
from .regex_matcher import Run, Step, TooManySteps, compile_program, execute
from .regex_sets import Ranges, are_disjoint, source, union
from .regex_syntax import (
    Back,
    BadPattern,
    Chars,
    Choice,
    Edge,
    Group,
    Look,
    Node,
    Pattern,
    Repeat,
    Sequence,
    parse_pattern,
)

MAX_PATTERN: Final = 2_000
"""The longest pattern, in characters."""
LIMIT: Final = 20_000_000
"""The greatest cost that `re` may have: it does some fifty millions in a second."""
BUDGET: Final = 3_000_000
"""The steps that our matcher may take on one text: it does some three millions in a second."""

FLAGS: Final = "ims"


@dataclass(frozen=True, slots=True)
class Match:
    """Where a text matches. `groups` has what each group matched, None for one that took no part."""

    start: int
    end: int
    text: str
    groups: tuple[str | None, ...]


def compile_regex(pattern: str, flags: str = "", max_length: int | None = MAX_PATTERN) -> Matcher:
    """Return the matcher of what stands between the slashes of `/.../`, and of the flags behind them.

    The flags are `i`, `m` and, beyond JSONata, `s`. Raise S0301 for an empty pattern and S0303 for one that is none, is
    longer than `max_length` or has groups nested deeper than 50.
    """
    if not pattern:
        raise JSONataError("S0301")
    if max_length is not None and len(pattern) > max_length:
        raise JSONataError("S0303", value=pattern, message=f"it has more than {max_length} characters")
    if unknown := flags.strip(FLAGS):
        raise JSONataError("S0303", value=pattern, message=f"unknown flag {unknown[0]}")
    return Matcher(_parsed(pattern, flags))


@lru_cache(maxsize=256)
def _parsed(pattern: str, flags: str) -> Pattern:
    try:
        return parse_pattern(pattern, flags)
    except BadPattern as problem:
        raise JSONataError("S0303", value=pattern, message=str(problem)) from None
    except RecursionError:
        raise JSONataError("S0303", value=pattern, message="groups are nested too deep") from None


class Matcher:
    """A compiled expression: call it with a text, and where to start, for the first match from there or None.

    A call raises U1002 where matching takes too long. One text has one budget: a call that starts behind its beginning
    goes on with what the calls before it have left, so that all matches of a text together are bounded too.
    """

    __slots__ = ("_candidates", "_decided", "_fast", "_pattern", "_program", "_safe", "_spent")

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern
        self._fast = re.compile(_translate(pattern.root), re.ASCII) if _means_the_same(pattern.root) else None
        self._safe = 0
        self._program: tuple[list[Step], int] | None = None
        self._candidates = _first_search(pattern)
        self._decided: tuple[str, bool] = ("", False)
        self._spent: tuple[str, int] = ("", 0)

    def __call__(self, text: str, start: int = 0) -> Match | None:
        """Return the first match that begins at `start` or behind it; raise U1002."""
        if self._fast is not None and (len(text) <= self._safe or self._is_quick(text)):
            found = self._fast.search(text, start)
            return Match(found.start(), found.end(), found[0], found.groups()) if found else None
        return self._counted(text, start)

    def _is_quick(self, text: str) -> bool:
        """Return whether `re` is quick on this text, and remember up to which length it always is."""
        decided, answer = self._decided
        if decided is text:
            return answer
        size = len(text)
        if _cost(self._pattern, size, lambda ranges: size) <= LIMIT:
            self._safe = max(self._safe, size)
            return True
        answer = _cost(self._pattern, size, _stretches(text)) <= LIMIT
        self._decided = (text, answer)
        return answer

    def _counted(self, text: str, start: int) -> Match | None:
        if self._program is None:
            self._program = compile_program(self._pattern)
        program, registers = self._program
        spent_on, spent = self._spent
        run = Run(text, registers, BUDGET - (spent if spent_on is text and start > 0 else 0))
        try:
            return self._search(program, run, start)
        except TooManySteps:
            run.steps = 0
            raise JSONataError("U1002", message="A regular expression takes too many steps on this text") from None
        finally:
            self._spent = (text, BUDGET - run.steps)

    def _search(self, program: list[Step], run: Run, start: int) -> Match | None:
        empty = run.registers
        candidates = self._candidates
        while start <= run.size:
            if candidates is not None:
                if (found := candidates.search(run.text, start)) is None:
                    return None
                start = found.start()
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
        return max((len(found[0]) for found in re.finditer(source(ranges) + "+", text)), default=0)

    return longest


# --- does `re` mean the same? -----------------------------------------------------------------------------------------


def _means_the_same(node: Node) -> bool:
    match node:
        case Sequence(items) | Choice(items):
            return all(map(_means_the_same, items))
        case Group(body):
            return _means_the_same(body)
        case Repeat(body, _, high, _, groups):
            once = high == 1
            return (once or not groups) and _shortest(body) > 0 and _means_the_same(body)
        case Look(body, behind, _):
            return not behind and not _has_groups(body) and _means_the_same(body)
        case Back():
            return False
    return True


def _has_groups(node: Node) -> bool:
    match node:
        case Group():
            return True
        case Sequence(items) | Choice(items):
            return any(map(_has_groups, items))
        case Repeat(body) | Look(body):
            return _has_groups(body)
    return False


def _shortest(node: Node) -> int:
    """Return the least number of characters that the node matches, or less."""
    match node:
        case Chars():
            return 1
        case Sequence(items):
            return sum(map(_shortest, items))
        case Choice(options):
            return min(map(_shortest, options))
        case Group(body):
            return _shortest(body)
        case Repeat(body, low):
            return low * _shortest(body)
    return 0


_EDGES: Final = {
    "start": r"\A", "end": r"\Z", "line start": r"(?<![^\n\r\u2028\u2029])", "line end": r"(?![^\n\r\u2028\u2029])",
    "word": r"\b", "not word": r"(?!\b)",
}  # fmt: skip


def _translate(node: Node) -> str:
    """Return the node as Python's `re` writes it, to be compiled with ASCII, on which only `\\b` depends."""
    match node:
        case Chars(ranges):
            return source(ranges)
        case Sequence(items):
            return "".join(map(_translate, items))
        case Choice(options):
            return "(?:" + "|".join(map(_translate, options)) + ")"
        case Group(body):
            return f"({_translate(body)})"
        case Repeat(body, low, high, lazy):
            bounds = f"{{{low},{'' if high is None else high}}}"
            return f"(?:{_translate(body)}){bounds}" + "?" * lazy
        case Look(body, _, negative):
            return f"(?{'!' if negative else '='}{_translate(body)})"
        case Edge(kind):
            return _EDGES[kind]
    raise AssertionError(node)


# --- how long may it take? --------------------------------------------------------------------------------------------

_Cost = tuple[float, float]
"""a and w of a + w * c."""


def _cost(pattern: Pattern, size: int, longest: Callable[[Ranges], int]) -> float:
    """Return a bound of the steps of `re` for all matches of a text of so many characters."""
    own, _ = _Costs(size, longest, _count_nodes(pattern.root)).of(pattern.root, ())
    starts = size + 1
    return starts + own if _is_anchored(pattern.root) else starts * (own + 1)


class _Costs:
    """Bounds for one text; `follow` is what a match of the rest can begin with, None where that is not known.

    The end of the pattern and of the text have the empty set there: a loop before them is never shortened in vain.
    """

    def __init__(self, size: int, longest: Callable[[Ranges], int], nodes: int) -> None:
        self.size = size
        self.longest = longest
        self.nodes = nodes

    def of(self, node: Node, follow: Ranges | None) -> _Cost:
        match node:
            case Sequence(items):
                return self._sequence(items, follow)
            case Choice(options):
                return self._choice(options, follow)
            case Group(body):
                return self.of(body, follow)
            case Repeat(body=Chars(ranges)):
                return self._stretch(node, ranges, follow)
            case Repeat():
                return self._loop(node, follow)
            case Look(body):
                own, times = self.of(body, ())
                return own + times + 1, 1
        return 1, 1

    def _sequence(self, items: tuple[Node, ...], follow: Ranges | None) -> _Cost:
        own, times = 0.0, 1.0
        for item in reversed(items):
            item_own, item_times = self.of(item, follow)
            own, times = item_own + item_times * own, item_times * times
            follow = _first(item, follow)
        return own, times

    def _choice(self, options: tuple[Node, ...], follow: Ranges | None) -> _Cost:
        costs = [self.of(option, follow) for option in options]
        firsts = [_first(option, follow) for option in options]
        own = sum(own for own, _ in costs) + len(options)
        return own, (max if _are_apart(firsts) else sum)([times for _, times in costs])

    def _stretch(self, node: Repeat, ranges: Ranges, follow: Ranges | None) -> _Cost:
        reach = min(self.longest(ranges), self.size if node.high is None else node.high)
        ends = max(reach - node.low, 0) + 1
        if follow is not None and are_disjoint(ranges, follow):
            return reach + ends * self.nodes, 1
        return reach + ends, ends

    def _loop(self, node: Repeat, follow: Ranges | None) -> _Cost:
        first = _first(node.body, None)
        again = None if first is None or follow is None else union(first, follow)
        own, times = self.of(node.body, again)
        turns = self.size // max(_shortest(node.body), 1) + 1
        turns = turns if node.high is None else min(turns, node.high)
        if times > 1:
            return _exponential(own + self.nodes, times, turns)
        is_apart = first is not None and follow is not None and are_disjoint(first, follow)
        return (turns + 1) * (own + self.nodes), 1 if is_apart else max(turns - node.low, 0) + 1


def _exponential(own: float, times: float, turns: int) -> _Cost:
    if turns * math.log(times) > 100:
        return math.inf, math.inf
    ways = times ** (turns + 1)
    return own * ways * (turns + 1), ways * (turns + 1)


def _are_apart(firsts: list[Ranges | None]) -> bool:
    known = [first for first in firsts if first is not None]
    total = sum(high - low + 1 for low, high in union(*known))
    return len(known) == len(firsts) and total == sum(high - low + 1 for first in known for low, high in first)


def _first(node: Node, follow: Ranges | None) -> Ranges | None:
    """Return what a match of the node and what follows can begin with; None where that is not known."""
    match node:
        case Chars(ranges):
            return ranges
        case Sequence(items):
            for item in reversed(items):
                follow = _first(item, follow)
            return follow
        case Choice(options):
            firsts = [_first(option, follow) for option in options]
            return None if None in firsts else union(*(first for first in firsts if first is not None))
        case Group(body):
            return _first(body, follow)
        case Repeat(body, low):
            inner = _first(body, follow)
            if low > 0 or inner is None:
                return inner
            return None if follow is None else union(inner, follow)
        case Edge("end"):
            return ()
    return None


def _is_anchored(node: Node) -> bool:
    match node:
        case Edge("start"):
            return True
        case Sequence(items):
            return bool(items) and _is_anchored(items[0])
        case Choice(options):
            return all(map(_is_anchored, options))
        case Group(body):
            return _is_anchored(body)
    return False


def _count_nodes(node: Node) -> int:
    match node:
        case Sequence(items) | Choice(items):
            return 1 + sum(map(_count_nodes, items))
        case Group(body) | Repeat(body) | Look(body):
            return 1 + _count_nodes(body)
    return 1


def _first_search(pattern: Pattern) -> re.Pattern[str] | None:
    """Return an expression that finds where a match can begin, None where it can begin anywhere."""
    first = _first(pattern.root, None) if _shortest(pattern.root) > 0 else None
    return re.compile(source(first)) if first else None
