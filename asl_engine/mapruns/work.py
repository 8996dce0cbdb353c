"""Work that blocks, which a driver does for a Map Run: reading items, writing results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Work:
    """Do `work` and answer with WorkDone. No work means to answer when the commands before it are under way."""

    __slots__ = ("op", "work")

    def __init__(self, op: str, work: Callable[[], Any] | None) -> None:
        self.op = op
        self.work = work


class WorkDone:
    """The work `op` is done: `value` is what it returned."""

    __slots__ = ("at", "op", "value")

    def __init__(self, at: float, op: str, value: Any) -> None:
        self.at = at
        self.op = op
        self.value = value


class MapRunUpdated:
    """Somebody changed the limits of the Map Run `op` (UpdateMapRun). None leaves a limit as it is."""

    __slots__ = ("at", "limit", "op", "tolerated_count", "tolerated_share")

    def __init__(
        self, at: float, op: str, limit: int | None, tolerated_count: int | None, tolerated_share: float | None
    ) -> None:
        self.at = at
        self.op = op
        self.limit = limit
        self.tolerated_count = tolerated_count
        self.tolerated_share = tolerated_share


class MapRunProblem(Exception):
    """A Map Run cannot go on; `error` and `cause` are the service's words for it."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error = error
        self.cause = cause


def reader_failed(cause: str) -> MapRunProblem:
    """Return the problem of items that cannot be read."""
    return MapRunProblem("States.ItemReaderFailed", cause)


def writer_failed(cause: str) -> MapRunProblem:
    """Return the problem of results that cannot be written."""
    return MapRunProblem("States.ResultWriterFailed", cause)
