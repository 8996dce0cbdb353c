"""The child executions of a Map Run, and how many of them, and of their items, are where."""

from __future__ import annotations

from typing import Final

from asl_engine.kernel import Identity, Kernel
from asl_engine.kernel.map_runs import uuid_of
from asl_engine.program.program import Program
from asl_engine.program.thresholds import tolerated_failures
from asl_engine.values import JSON

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


class Births:
    """Makes the child executions of one Map Run: who they are, and what they remember at their beginning."""

    __slots__ = ("_keeps_history", "_machine", "_names", "_parent", "_program")

    def __init__(self, program: Program, parent: Kernel, run_arn: str, keeps_history: bool) -> None:
        self._program, self._parent, self._keeps_history = program, parent, keeps_history
        self._machine = f"{parent.identity.machine_name}/{run_arn.rpartition('/')[2].partition(':')[0]}"
        self._names = uuid_of(run_arn)[:24]  # a child's name is a UUID, too; its number makes it unique

    def identity(self, index: int) -> Identity:
        """Return who a child is."""
        mine, name = self._parent.identity, f"{self._names}{index:012x}"
        return Identity(name, self._machine, mine.role_arn, mine.account, mine.region, self._program.type)

    def kernel(self, run_op: str, index: int, identity: Identity, input: JSON, now: float) -> Kernel:
        """Return a child that has not started."""
        kernel = Kernel(self._program, self._keeps_history, f"{run_op}[{index}]")
        kernel.activities, kernel.identity, kernel.input = self._parent.activities, identity, input
        kernel.started_at, kernel.refusal = now, self._parent.refusal
        return kernel


class Counts:
    """How many items, or executions, are where; `ended` by status."""

    __slots__ = ("ended", "pending", "running", "written")

    def __init__(self) -> None:
        self.pending = 0
        self.running = 0
        self.ended = dict.fromkeys(ENDS, 0)
        self.written = 0

    def begin(self, number: int) -> None:
        """So many that waited run now."""
        self.pending -= number
        self.running += number

    def end(self, number: int, status: str) -> None:
        """So many that ran have ended with a status."""
        self.running -= number
        self.ended[status] += number

    def await_again(self, number: int, status: str) -> None:
        """So many that had ended with a status are to be done again."""
        self.ended[status] -= number
        self.pending += number

    @property
    def done(self) -> int:
        """All that have ended, well or not."""
        return sum(self.ended.values())

    @property
    def unsuccessful(self) -> int:
        """All that have ended, and not well."""
        return self.done - self.ended["SUCCEEDED"]

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

    def exceed(self, count: int | None, share: float | None, is_final: bool) -> bool:
        """Whether more failed than the count or the share, in per cent, tolerates: none, unless something is said of
        that. The share is of all, so it counts when all are known."""
        return self.failed > (tolerated_failures(count, share, self.total if is_final else None) or 0)

    @property
    def failed(self) -> int:
        """Those that count as failures: failed and timed out."""
        return self.ended["FAILED"] + self.ended["TIMED_OUT"]


def all_written(*counts: Counts) -> None:
    """The results of all count as written, whether there are files or not (recorded, September 2026)."""
    for each in counts:
        each.written = each.total
