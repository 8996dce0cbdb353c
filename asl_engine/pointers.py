"""JSON pointers (RFC 6901), and the walk through a value that makes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from asl_engine.values import JSON

Text: TypeAlias = tuple[str, str, str]
"""A string in a value: its pointer, the key that it stands under (for elements that of their array), itself."""


def escape(key: str) -> str:
    """Return a key as one step of a pointer."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def unescape(step: str) -> str:
    """Return the key that a step of a pointer names."""
    return step.replace("~1", "/").replace("~0", "~")


def last_step(pointer: str) -> str:
    """Return the key that the last step of a pointer names."""
    return unescape(pointer.rpartition("/")[2])


def steps(pointer: str) -> list[str]:
    """Return the steps of a pointer, unescaped."""
    return [unescape(step) for step in pointer.split("/")[1:]]


def value_at(value: JSON, pointer: str) -> JSON:
    """Return the part of a value that a pointer names; raise LookupError when there is none."""
    for step in steps(pointer):
        value = _member(value, step)
    return value


def _member(value: JSON, step: str) -> JSON:
    if isinstance(value, list) and len(step) < 10 and step.isdecimal():
        return value[int(step)]
    if isinstance(value, dict):
        return value[step]
    raise LookupError(step)


def texts(value: JSON, pointer: str = "", key: str = "") -> Iterator[Text]:
    """Yield every string in a value that stands at a pointer, in the order of the document."""
    pending: list[tuple[str, str, JSON]] = [(pointer, key, value)]
    while pending:
        at, name, item = pending.pop()
        if isinstance(item, str):
            yield at, name, item
        elif isinstance(item, dict):
            pending += [(f"{at}/{escape(inner)}", inner, child) for inner, child in reversed(item.items())]
        elif isinstance(item, list):
            pending += [(f"{at}/{index}", name, item[index]) for index in range(len(item) - 1, -1, -1)]
