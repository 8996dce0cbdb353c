"""Which regular expressions can take for ever: those in which a loop can split one text in many ways.

`(a+)+` tries every way of cutting a run of `a` into pieces before it gives up: thirty letters are enough to hold up the
whole process, as Python's matcher cannot be interrupted. A loop is harmless when what stands in it has one length, or
when something in it, as the comma of `(\\w+,)*`, shows where each round ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import combinations
from typing import Any, Final

_parser: Final = import_module("re._parser")
_compiler: Final = import_module("re._compiler")

_MANY: Final = 10
"""A loop of fewer rounds cannot do much harm."""

_ALPHABET: Final = frozenset(map(chr, range(256))) | frozenset("\u2028€Ωж日🎉")
"""The characters on which sets are compared; those of the expression itself come on top."""

_REPEATS: Final = ("MAX_REPEAT", "MIN_REPEAT")
_SINGLE: Final = ("LITERAL", "NOT_LITERAL", "ANY", "IN")


def can_explode(pattern: re.Pattern[str]) -> bool:
    """Tell whether matching can take exponential time. Errs on the safe side where a loop is hard to judge."""
    tree = _parser.parse(pattern.pattern, pattern.flags)
    judge = _Judge(tree.state, pattern.flags, _ALPHABET | frozenset(pattern.pattern))
    return any(judge.is_ambiguous(body) for body in _loops(tree))


def _parts(item: Any) -> list[Any]:
    """Return the sequences that stand inside an item of the parsed expression."""
    kind, value = str(item[0]), item[1]
    if kind == "BRANCH":
        return list(value[1])
    if kind == "SUBPATTERN" or kind in _REPEATS:
        return [value[-1]]
    return [value] if kind == "ATOMIC_GROUP" else []


def _loops(sequence: Any) -> Iterator[Any]:
    """Yield the body of each loop."""
    for item in sequence:
        for part in _parts(item):
            if str(item[0]) in _REPEATS and item[1][1] >= _MANY:
                yield part
            yield from _loops(part)


def _part_ways(left: list[frozenset[str]], right: list[frozenset[str]]) -> bool:
    return any(a.isdisjoint(b) for a, b in zip(left, right, strict=False))


class _Judge:
    """Compares the sets of characters of the items of one expression."""

    def __init__(self, state: Any, flags: int, alphabet: frozenset[str]) -> None:
        self.state = state
        self.flags = flags
        self.alphabet = alphabet

    def is_ambiguous(self, body: Any) -> bool:
        """Tell whether some text can be cut into rounds of a loop in several ways."""
        loose: set[str] = set()
        marks: list[frozenset[str]] = []
        return self._survey(body, loose, marks) or (bool(loose) and not any(mark.isdisjoint(loose) for mark in marks))

    def _survey(self, sequence: Any, loose: set[str], marks: list[frozenset[str]]) -> bool:
        """Collect the characters of what varies and the sets of what must be there; True when nothing else matters."""
        for item in sequence:
            kind, parts = str(item[0]), _parts(item)
            if kind in _SINGLE:
                marks.append(self._set(item))
            elif kind in _REPEATS and item[1][0] != item[1][1]:
                loose |= self._characters(parts[0])
            elif kind == "BRANCH" and self._is_clear(parts):
                if any(self.is_ambiguous(part) for part in parts):
                    return True
            elif kind == "BRANCH":
                loose |= self._characters([item])
            elif any(self._survey(part, loose, marks) for part in parts):
                return True
        return False

    def _is_clear(self, parts: list[Any]) -> bool:
        """Tell whether the alternatives part at some character, so that a text can begin with one of them only."""
        leads = [self._lead(part) for part in parts]
        return all(_part_ways(left, right) for left, right in combinations(leads, 2))

    def _lead(self, sequence: Any) -> list[frozenset[str]]:
        """Return the sets of the characters that a sequence begins with, as far as that is easy to tell."""
        sets: list[frozenset[str]] = []
        for item in sequence:
            kind = str(item[0])
            if kind in _SINGLE:
                sets.append(self._set(item))
                continue
            if kind == "SUBPATTERN" or (kind in _REPEATS and item[1][0] > 0):
                sets += self._lead(_parts(item)[0])
            break
        return sets

    def _characters(self, sequence: Any) -> frozenset[str]:
        """Return all characters that stand somewhere in a sequence."""
        characters: frozenset[str] = frozenset()
        for item in sequence:
            kind = str(item[0])
            if kind in _SINGLE:
                characters |= self._set(item)
            elif kind.startswith("GROUPREF"):
                return self.alphabet
            for part in _parts(item):
                characters |= self._characters(part)
        return characters

    def _set(self, item: Any) -> frozenset[str]:
        single: re.Pattern[str] = _compiler.compile(_parser.SubPattern(self.state, [item]), self.flags)
        return frozenset(filter(single.match, self.alphabet))
