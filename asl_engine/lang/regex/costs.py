"""How long Python's `re` may take for a pattern: a bound from above, and what a match can begin with.

The cost of a node is a + w * c, with c the cost of all that follows: w is how many times the rest may be tried.
Sequences and loops combine these pairs. A loop tries the rest once where what can follow shares no character with what
it repeats, as in `[a-z]+@`, else once for each length, as in `.*x`. A loop whose body has w > 1 is exponential, as in
`(a+)+`. A loop over a set never runs longer than the longest stretch of such characters in the text.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from asl_engine.lang.regex.sets import Ranges, are_disjoint, union
from asl_engine.lang.regex.syntax import Chars, Choice, Edge, Group, Look, Node, Pattern, Repeat, Sequence

_Cost = tuple[float, float]
"""a and w of a + w * c."""


def cost(pattern: Pattern, size: int, longest: Callable[[Ranges], int]) -> float:
    """Return a bound of the steps of `re` for all matches of a text of so many characters."""
    own, _ = _Costs(size, longest, count_nodes(pattern.root)).of(pattern.root, ())
    starts = size + 1
    return starts + own if is_anchored(pattern.root) else starts * (own + 1)


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
            follow = beginnings(item, follow)
        return own, times

    def _choice(self, options: tuple[Node, ...], follow: Ranges | None) -> _Cost:
        costs = [self.of(option, follow) for option in options]
        firsts = [beginnings(option, follow) for option in options]
        own = sum(own for own, _ in costs) + len(options)
        return own, (max if _are_apart(firsts) else sum)([times for _, times in costs])

    def _stretch(self, node: Repeat, ranges: Ranges, follow: Ranges | None) -> _Cost:
        reach = min(self.longest(ranges), self.size if node.high is None else node.high)
        ends = max(reach - node.low, 0) + 1
        if follow is not None and are_disjoint(ranges, follow):
            return reach + ends * self.nodes, 1
        return reach + ends, ends

    def _loop(self, node: Repeat, follow: Ranges | None) -> _Cost:
        first = beginnings(node.body, None)
        again = None if first is None or follow is None else union(first, follow)
        own, times = self.of(node.body, again)
        turns = self.size // max(shortest(node.body), 1) + 1
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


def beginnings(node: Node, follow: Ranges | None) -> Ranges | None:
    """Return what a match of the node and what follows can begin with; None where that is not known."""
    match node:
        case Chars(ranges):
            return ranges
        case Sequence(items):
            for item in reversed(items):
                follow = beginnings(item, follow)
            return follow
        case Choice(options):
            firsts = [beginnings(option, follow) for option in options]
            return None if None in firsts else union(*(first for first in firsts if first is not None))
        case Group(body):
            return beginnings(body, follow)
        case Repeat(body, low):
            inner = beginnings(body, follow)
            if low > 0 or inner is None:
                return inner
            return None if follow is None else union(inner, follow)
        case Edge("end"):
            return ()
    return None


def is_anchored(node: Node) -> bool:
    """Return whether a match can only begin at the start of the text."""
    match node:
        case Edge("start"):
            return True
        case Sequence(items):
            return bool(items) and is_anchored(items[0])
        case Choice(options):
            return all(map(is_anchored, options))
        case Group(body):
            return is_anchored(body)
    return False


def count_nodes(node: Node) -> int:
    """Return the size of a tree."""
    match node:
        case Sequence(items) | Choice(items):
            return 1 + sum(map(count_nodes, items))
        case Group(body) | Repeat(body) | Look(body):
            return 1 + count_nodes(body)
    return 1


def shortest(node: Node) -> int:
    """Return the least number of characters that the node matches, or less."""
    match node:
        case Chars():
            return 1
        case Sequence(items):
            return sum(map(shortest, items))
        case Choice(options):
            return min(map(shortest, options))
        case Group(body):
            return shortest(body)
        case Repeat(body, low):
            return low * shortest(body)
    return 0
