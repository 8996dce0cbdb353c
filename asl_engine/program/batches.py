"""Items grouped into the inputs of child executions, as `ItemBatcher` says.

A Map Run takes batches as it needs them, a test of a state all at once; both count bytes in the same way: those of the
whole input, `{"BatchInput": ..., "Items": [...]}`, with its commas.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from asl_engine.lang.expr import ExpressionFailed
from asl_engine.program.distributed import Batching
from asl_engine.quotas import MAX_BYTES
from asl_engine.values import ABSENT, JSON, size_of

READER_FAILED: Final = "States.ItemReaderFailed"


class Batch(NamedTuple):
    """The input of one child execution: its value, its size in bytes, and how many items are in it."""

    input: JSON
    size: int
    items: int


def batched(batching: Batching, values: Iterable[JSON]) -> Iterator[Batch]:
    """Yield the inputs that all values together make. Raises ExpressionFailed as `Batches` do."""
    batches = Batches(batching)
    for value in values:
        batches.put(value)
    while batch := batches.next(is_last=True):
        yield batch


class Batches:
    """Items that wait, grouped into inputs as they are asked for."""

    def __init__(self, batching: Batching | None) -> None:
        self.batching = batching
        self.waiting: deque[tuple[JSON, int]] = deque()
        self.taken = 0

    def put(self, value: JSON) -> None:
        """Add an item. Raises ExpressionFailed for one that no execution could be started with."""
        size = size_of(value)
        if size > MAX_BYTES:
            raise _too_large(self.taken + len(self.waiting), f"is larger than {MAX_BYTES} bytes.")
        self.waiting.append((value, size))

    def next(self, is_last: bool) -> Batch | None:
        """Return the next input; None while too few items wait to tell where it ends, unless no more will come.

        Raises ExpressionFailed for an item that is too large for any batch.
        """
        waiting, batching = self.waiting, self.batching
        if not waiting:
            return None
        if batching is None:
            value, size = waiting.popleft()
            self.taken += 1
            return Batch(value, size, 1)
        return self._grouped(batching, is_last)

    def _grouped(self, batching: Batching, is_last: bool) -> Batch | None:
        whole: dict[str, JSON] = {} if batching.batch_input is ABSENT else {"BatchInput": batching.batch_input}
        whole["Items"] = []
        size = size_of(whole)
        most_items = batching.max_items or len(self.waiting) + 1
        most_bytes = min(batching.max_bytes or MAX_BYTES, MAX_BYTES)
        count, is_full = 0, False
        for _, item_size in self.waiting:
            more = item_size + (1 if count else 0)
            if count == most_items or size + more > most_bytes:
                is_full = True
                break
            size += more
            count += 1
        if count == 0:
            raise _too_large(self.taken, f"does not fit into a batch of {most_bytes} bytes.")
        if not (is_full or is_last or count == most_items):
            return None
        whole["Items"] = [self.waiting.popleft()[0] for _ in range(count)]
        self.taken += count
        return Batch(whole, size, count)


def _too_large(index: int, problem: str) -> ExpressionFailed:
    return ExpressionFailed(f"The item at index {index} {problem}", READER_FAILED, names_place=False)
