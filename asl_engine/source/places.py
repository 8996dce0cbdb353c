"""The places in a text that JSON pointers lead to."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Offsets of a part's key (of the part itself, for elements and the root) and of its value."""

    key_start: int
    key_end: int
    start: int
    end: int


class Places(NamedTuple):
    """Where everything in a text stands. `repeated` holds pointer, start and end of each key that is there twice."""

    by_pointer: dict[str, Place]
    repeated: list[tuple[str, int, int]]
