"""The items of a Map Run on their way to its children: where they are from, and how `ItemSelector` shapes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from asl_engine.kernel.memory import Frame
from asl_engine.program.program import State
from asl_engine.values import JSON

STATE_DATA: Final = "STATE_DATA"
"""What `$$.Map.Item.Source` says of items that the state had already."""


class Item(NamedTuple):
    """An item and where it is from; `key` is its name when it was a member of an object."""

    value: JSON
    source: str = STATE_DATA
    key: str | None = None


def items_of_state(items: list[JSON] | dict[str, JSON]) -> Iterator[Item]:
    """Yield the items of an array, or the members of an object as `{"Key": ..., "Value": ...}`."""
    if isinstance(items, list):
        yield from map(Item, items)
    else:
        for key, value in items.items():
            yield Item(value, STATE_DATA, key)


class Selector:
    """Shapes items: meanwhile `$$.Map.Item` is the item in hand, and `$` the Map's effective input."""

    def __init__(self, frame: Frame, state: State, data: JSON) -> None:
        self.frame = frame
        self.select = state.select
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
        frame.data, frame.budget = self.data, None
        try:
            return self.select(frame)
        finally:
            frame.item = outer
