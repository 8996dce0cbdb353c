"""What a family and its driver tell each other beside the commands and events of kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Work:
    """A command: do `work`, which may block (reading items, writing results), and answer with WorkDone. No work
    means to answer when the commands before it are under way."""

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
