"""The order in which a hash table of Java has its keys: the service is written in Java, and its texts show it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_SMALLEST: Final = 16
"""Buckets of a new `java.util.HashMap`; they are doubled when there are more keys than three quarters of them."""


def in_hash_order(names: Iterable[str]) -> list[str]:
    """Return the names in the order of a `java.util.HashMap` that got them one after the other.

    Within a bucket they stay as they came. Recorded on AWS, 2026-09: the members that paths give to a payload template.
    """
    names = list(names)
    buckets = _SMALLEST
    while len(names) > buckets * 3 // 4:
        buckets *= 2
    return sorted(names, key=lambda name: _spread(name) & (buckets - 1))


def _spread(text: str) -> int:
    """Return `String.hashCode` of the text with its upper half mixed into the lower, as HashMap does."""
    code = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for at in range(0, len(units), 2):
        code = (code * 31 + (units[at] << 8 | units[at + 1])) & 0xFFFFFFFF
    return code ^ code >> 16
