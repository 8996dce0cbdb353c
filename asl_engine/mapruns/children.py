"""The child executions of a Map Run, and how many of them, and of their items, are where."""

from __future__ import annotations

from typing import Final

from asl_engine.kernel import Kernel

ENDS: Final = ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")


class Child:
    """A child execution of the Map Run `run_arn`. `index` is its place among the children, `items` how many items are
    in its input."""

    __slots__ = ("index", "items", "kernel", "run_arn", "stopped_at")

    def __init__(self, run_arn: str, kernel: Kernel, index: int, items: int) -> None:
        self.run_arn = run_arn
        self.kernel = kernel
        self.index = index
        self.items = items
        self.stopped_at: float | None = None


class Counts:
    """How many items, or executions, are where; `ended` by status."""

    __slots__ = ("ended", "pending", "running", "written")

    def __init__(self) -> None:
        self.pending = 0
        self.running = 0
        self.ended = dict.fromkeys(ENDS, 0)
        self.written = 0

    @property
    def done(self) -> int:
        """All that have ended, well or not."""
        return sum(self.ended.values())

    @property
    def total(self) -> int:
        """All that are known of."""
        return self.pending + self.running + sum(self.ended.values())

    def as_dict(self) -> dict[str, int]:
        """Return the counts under the names of DescribeMapRun."""
        ended = self.ended
        return {
            "pending": self.pending,
            "running": self.running,
            "succeeded": ended["SUCCEEDED"],
            "failed": ended["FAILED"],
            "timedOut": ended["TIMED_OUT"],
            "aborted": ended["ABORTED"],
            "total": self.total,
            "resultsWritten": self.written,
        }

    @property
    def failed(self) -> int:
        """Those that count as failures: failed and timed out."""
        return self.ended["FAILED"] + self.ended["TIMED_OUT"]
