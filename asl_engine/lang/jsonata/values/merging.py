"""Merge sort as the reference does it: the same comparisons in the same order, so the same result for any comparator.

A comparator of an expression may be anything: one that is not consistent, or that fails, still gives what the
reference gives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Item = TypeVar("Item")


def merge_sorted(items: list[Item], is_after: Callable[[Item, Item], bool]) -> list[Item]:
    """Return the items in the order of `is_after`; equal ones stay as they are."""
    if len(items) <= 1:
        return items
    middle = len(items) // 2
    return _merged(merge_sorted(items[:middle], is_after), merge_sorted(items[middle:], is_after), is_after)


def _merged(left: list[Item], right: list[Item], is_after: Callable[[Item, Item], bool]) -> list[Item]:
    out: list[Item] = []
    at, other = 0, 0
    while at < len(left) and other < len(right):
        if is_after(left[at], right[other]):
            out.append(right[other])
            other += 1
        else:
            out.append(left[at])
            at += 1
    return out + left[at:] + right[other:]
