"""JSON pointers, and the places in a text that they lead to."""

from __future__ import annotations

from typing import NamedTuple

from asl_engine.values import JSON


class Place(NamedTuple):
    """Offsets of a part's key (of the part itself, for elements and the root) and of its value."""

    key_start: int
    key_end: int
    start: int
    end: int


class Places(NamedTuple):
    """Where everything in a text stands. `repeated` holds pointer, start and end of each key that is there twice."""

    by_pointer: dict[str, Place]
    repeated: list[tuple[str, int, int]]


def escape(key: str) -> str:
    """Return a key as one step of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1") if "~" in key or "/" in key else key


def steps(pointer: str) -> list[str]:
    """Return the steps of a JSON pointer, unescaped."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def value_at(value: JSON, pointer: str) -> JSON:
    """Return the part of a value that a JSON pointer names; raise LookupError when there is none."""
    for step in steps(pointer):
        value = _member(value, step)
    return value


def _member(value: JSON, step: str) -> JSON:
    if isinstance(value, list) and step.isdecimal():
        return value[int(step)]
    if isinstance(value, dict):
        return value[step]
    raise LookupError(step)
