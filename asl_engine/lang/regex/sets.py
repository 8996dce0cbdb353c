"""Sets of characters as sorted ranges of code points, and which characters are alike when case does not count."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import Final

Ranges = tuple[tuple[int, int], ...]
"""Sorted, disjoint, both ends inside."""

_LAST: Final = 0x10FFFF

ANY: Final[Ranges] = ((0, _LAST),)
DIGITS: Final[Ranges] = ((0x30, 0x39),)
WORDS: Final[Ranges] = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
NEWLINES: Final[Ranges] = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
SPACES: Final[Ranges] = (
    (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F),
    (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
)  # fmt: skip


def union(*sets: Ranges) -> Ranges:
    """Return the characters that are in any of the sets."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(interval for ranges in sets for interval in ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """Return all other characters."""
    gaps, place = [], 0
    for low, high in ranges:
        if place < low:
            gaps.append((place, low - 1))
        place = high + 1
    return (*gaps, (place, _LAST)) if place <= _LAST else tuple(gaps)


def are_disjoint(left: Ranges, right: Ranges) -> bool:
    """Return whether no character is in both."""
    return all(not (low <= end and start <= high) for low, high in left for start, end in right)


def contains(ranges: Ranges, code: int) -> bool:
    """Return whether a code point is in the set."""
    place = bisect_right(ranges, (code, _LAST)) - 1
    return place >= 0 and ranges[place][1] >= code


def membership(ranges: Ranges) -> Callable[[str], bool]:
    """Return a quick test for a character."""
    if _size(ranges) <= 300:
        return _members(ranges).__contains__
    others = complement(ranges)
    if _size(others) <= 300:
        excluded = _members(others)
        return lambda character: character not in excluded
    return lambda character: contains(ranges, ord(character))


def _size(ranges: Ranges) -> int:
    return sum(high - low + 1 for low, high in ranges)


def _members(ranges: Ranges) -> frozenset[str]:
    return frozenset(chr(code) for low, high in ranges for code in range(low, high + 1))


def source(ranges: Ranges) -> str:
    """Return the set as Python's `re` writes it."""
    if not ranges:
        return "(?!)"
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return re.escape(chr(ranges[0][0]))
    return "[" + "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in ranges) + "]"


def fold(ranges: Ranges) -> Ranges:
    """Return the set with all characters that are like one of it when case does not count."""
    alike = _alike() if ranges and ranges[-1][1] > 127 else _ascii_alike()
    extra = [((code, code),) for group in alike if any(contains(ranges, code) for code in group) for code in group]
    return union(ranges, *extra)


def canonical(character: str) -> str:
    """Return what JavaScript compares when case does not count: the upper case, unless it is longer or plain ASCII."""
    upper = character.upper()
    is_kept = len(upper) != 1 or character > "\uffff" or (character > "\x7f" and upper <= "\x7f")
    return character if is_kept else upper


@lru_cache(maxsize=1)
def _ascii_alike() -> tuple[tuple[int, ...], ...]:
    return tuple((code, code + 32) for code in range(0x41, 0x5B))


@lru_cache(maxsize=1)
def _alike() -> tuple[tuple[int, ...], ...]:
    """Return the groups of characters that are alike; it takes 20 ms, and only patterns beyond ASCII need it."""
    groups: dict[str, list[int]] = {}
    for code in range(0x10000):
        groups.setdefault(canonical(chr(code)), []).append(code)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
