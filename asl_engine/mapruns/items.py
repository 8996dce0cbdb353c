"""The items of a Map Run on their way to its children: from their source, shaped by `ItemSelector`, in batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from asl_engine.kernel.memory import Frame
from asl_engine.mapruns.work import reader_failed
from asl_engine.program.plan import Batching
from asl_engine.program.program import State
from asl_engine.quotas import MAX_BYTES
from asl_engine.values import ABSENT, JSON, size_of

STATE_DATA: Final = "STATE_DATA"
"""What `$$.Map.Item.Source` says of items that the state had already."""


class Item(NamedTuple):
    """An item and where it is from; `key` is its name when it was a member of an object."""

    value: JSON
    source: str = STATE_DATA
    key: str | None = None


def items_of_state(found: list[JSON] | dict[str, JSON]) -> Iterator[Item]:
    """Yield the items of an array, or the members of an object as `{"Key": ..., "Value": ...}`."""
    if isinstance(found, list):
        yield from map(Item, found)
    else:
        for key, value in found.items():
            yield Item(value, STATE_DATA, key)


class Selector:
    """Shapes items: meanwhile `$$.Map.Item` is the item in hand, and `$` the Map's effective input."""

    def __init__(self, frame: Frame, state: State, data: JSON) -> None:
        assert state.distribution is not None
        self.frame = frame
        self.select = state.distribution.select
        self.data = data
        self.count = 0

    def input_of(self, item: Item) -> JSON:
        """Return the input for an item. Raises ExpressionFailed."""
        index, self.count = self.count, self.count + 1
        value, source, key = item
        if self.select is None:
            return value if key is None else {"Key": key, "Value": value}
        frame, outer = self.frame, self.frame.item
        frame.item = {"Index": index, "Value": value, "Source": source}
        if key is not None:
            frame.item["Key"] = key
        frame.data = self.data
        try:
            return self.select(frame)
        finally:
            frame.item = outer


class Batch(NamedTuple):
    """The input of one child execution: its value, its size in bytes, and how many items are in it."""

    input: JSON
    size: int
    items: int


class Batches:
    """Items that wait, grouped into inputs as they are asked for."""

    def __init__(self, batching: Batching | None) -> None:
        self.batching = batching
        self.waiting: deque[tuple[JSON, int]] = deque()
        self.taken = 0

    def put(self, value: JSON) -> None:
        """Add an item. Raises MapRunProblem for one that no execution could be started with."""
        size = size_of(value)
        if size > MAX_BYTES:
            raise reader_failed(
                f"The item at index {self.taken + len(self.waiting)} is larger than {MAX_BYTES} bytes."
            )
        self.waiting.append((value, size))

    def next(self, is_last: bool) -> Batch | None:
        """Return the next input; None while too few items wait to tell where it ends, unless no more will come."""
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
            told = f"The item at index {self.taken} does not fit into a batch of {most_bytes} bytes."
            raise reader_failed(told)
        if not (is_full or is_last or count == most_items):
            return None
        whole["Items"] = [self.waiting.popleft()[0] for _ in range(count)]
        self.taken += count
        return Batch(whole, size, count)
