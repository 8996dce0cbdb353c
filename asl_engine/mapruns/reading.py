"""Items on their way to children: read a thousand at a time, shaped, and grouped into inputs.

Where the items are in the state's input, all have arrived from the start. Where they are read, `read` is work that
blocks: a driver does it, and what it gives arrives when its answer comes. What has arrived is taken in before anything
else, one by one, as shaping an item can take its time. `position` counts what has been taken in and not what has been
read, so a run that is restored reads again what was on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from itertools import islice
from typing import Final

from asl_engine.kernel.memory import Frame
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.mapruns.children import Counts
from asl_engine.mapruns.items import Item, Selector, items_of_state
from asl_engine.mapruns.problems import MapRunProblem
from asl_engine.program.batches import Batch, Batches
from asl_engine.program.distributed import Plan
from asl_engine.values import JSON

CHUNK: Final = 1_000
"""How many items are read at a time: enough to keep children busy, and never all of a large source."""


class Intake:
    """The items of one Map Run, from their source to the inputs of children. `source` is None where the state has them
    already. `is_read` says that all have been taken in: then the totals are final."""

    def __init__(self, frame: Frame, plan: Plan, source: Generator[Item] | None) -> None:
        self.frame = frame
        self.is_read = False
        self.position = 0
        self.selector = Selector(frame, frame.state, plan.data)
        self.batches = Batches(plan.batching)
        self._source = source
        self._arrived: Iterator[Item] | None = items_of_state(plan.items or []) if source is None else None
        self._is_last = source is None
        self._skipped = 0

    def read(self) -> list[Item] | MapRunProblem:
        """Return the next items. Blocks."""
        assert self._source is not None
        try:
            return list(islice(self._source, self._skipped, self._skipped + CHUNK))
        except MapRunProblem as problem:
            return problem
        finally:
            self._skipped = 0  # what a restored run had taken in before is behind it now

    def arrive(self, items: list[Item]) -> None:
        """Have items that were read, which are the last ones when they are few."""
        self._arrived, self._is_last = iter(items), len(items) < CHUNK

    @property
    def has_arrived(self) -> bool:
        """Whether there are items to take in."""
        return self._arrived is not None

    def take_in(self, counts: Counts, is_spent: Callable[[], bool] | None) -> bool:
        """Take in items that have arrived, until the driver's budget is spent; tell whether these were all of them.

        Raises MapRunProblem.
        """
        assert self._arrived is not None
        try:
            for item in self._arrived:
                self.position += 1
                self.batches.put(self.selector.input_of(item))
                counts.pending += 1
                if is_spent is not None and is_spent():
                    return False
        except ExpressionFailed as problem:
            raise self._problem_of(problem) from None
        self._arrived, self.is_read = None, self._is_last
        return True

    def close(self) -> None:
        """Let go of the source, which may be an open file: nothing more will be read."""
        if self._source is not None:
            with suppress(ValueError):  # a thread is reading right now, and lets go of it at its end
                self._source.close()

    def next(self) -> Batch | None:
        """Return the input of the next child; None while there is none. Raises MapRunProblem."""
        try:
            return self.batches.next(self.is_read)
        except ExpressionFailed as problem:
            raise self._problem_of(problem) from None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to start a child with, and nothing more will come."""
        return self.is_read and not self.batches.waiting

    def waiting(self) -> Iterator[JSON]:
        """Yield the items that no child was started with."""
        return (value for value, _ in self.batches.waiting)

    def _problem_of(self, failure: ExpressionFailed) -> MapRunProblem:
        place = f"'{self.frame.state.name}' (entered at the event id #{self.frame.entered_id})"
        cause = f"An error occurred while executing the state {place}. {failure.cause}"
        return MapRunProblem(failure.error, cause if failure.names_place else failure.cause)

    def as_data(self) -> dict[str, JSON]:
        """Return where it stands as a JSON value, for a snapshot."""
        return {
            "is_read": self.is_read,
            "position": self.position,
            "count": self.selector.count,
            "taken": self.batches.taken,
            "waiting": [list(entry) for entry in self.batches.waiting],
        }

    def go_on_from(self, data: dict[str, JSON]) -> None:
        """Stand where `as_data` was taken; what has been taken in is skipped when the source is read."""
        self.is_read = data["is_read"]
        self.position = self._skipped = data["position"]
        if self._arrived is not None:
            self._arrived = None if self.is_read else islice(self._arrived, self.position, None)
        self.selector.count = data["count"]
        self.batches.taken = data["taken"]
        self.batches.waiting.extend((value, size) for value, size in data["waiting"])
