"""How much memory the rows of a store take together: what is put on a shelf is weighed, and takes of one room."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from sys import getsizeof
from typing import Any, Final, Generic, TypeVar

from asl_engine.store.records import Revision
from asl_engine.store.store import StoreFull

Key = TypeVar("Key")
Row = TypeVar("Row")

ROW: Final = 500
"""How many bytes a row takes beside its long texts."""


class Room:
    """Space for so many bytes. `forget` lets go of the oldest that may be forgotten; it says whether there was one."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0
        self.forget: Callable[[], bool] = lambda: False

    def make(self) -> None:
        """Forget as long as there is no room for more; raise StoreFull when nothing may be forgotten."""
        while self.taken > self.limit:
            if not self.forget():
                raise StoreFull(f"what is remembered takes {self.taken:,} bytes, and nothing has ended that may go")


class Shelf(Generic[Key, Row]):
    """Rows by their keys, each weighed when it is put here. Who changes a row puts it here again."""

    def __init__(self, room: Room, weight: Callable[[Row], int]) -> None:
        self.rows: dict[Key, Row] = {}
        self._room, self._weight = room, weight
        self._weights: dict[Key, int] = {}

    def put(self, key: Key, row: Row) -> None:
        """Keep a row, in place of the one with its key."""
        weight = self._weight(row)
        self._room.taken += weight - self._weights.get(key, 0)
        self.rows[key], self._weights[key] = row, weight

    def drop(self, key: Key) -> Row | None:
        """Let go of a row, and return it."""
        self._room.taken -= self._weights.pop(key, 0)
        return self.rows.pop(key, None)

    def clear(self) -> None:
        """Let go of all rows."""
        for key in list(self.rows):
            self.drop(key)


class Revisions:
    """Revisions, which machines, versions and executions share: each takes room once, while somebody holds it."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._holders: dict[int, int] = {}

    def hold(self, revision: Revision) -> None:
        """One more row has it."""
        holders = self._holders.get(id(revision), 0)
        self._holders[id(revision)] = holders + 1
        if not holders:
            self._room.taken += _weight_of(revision)

    def release(self, revision: Revision) -> None:
        """One row less has it."""
        holders = self._holders.pop(id(revision)) - 1
        if holders:
            self._holders[id(revision)] = holders
        else:
            self._room.taken -= _weight_of(revision)


def _weight_of(revision: Revision) -> int:
    return ROW + texts(revision.definition)


def texts(*values: str | None) -> int:
    """Return how many bytes these texts take."""
    return sum(getsizeof(value) for value in values if value is not None)


def texts_in(values: Iterable[Any]) -> int:
    """Return how many bytes the texts among these values take."""
    return texts(*(value for value in values if isinstance(value, str)))
