"""Writes down what one execution hears."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias
from zlib import crc32

from asl_engine.journal.circumstances import Circumstances
from asl_engine.journal.codec import Entry, body_of, op_of
from asl_engine.kernel import Kernel
from asl_engine.mapruns.family_messages import WorkDone
from asl_engine.values import JSON, json_bytes

if TYPE_CHECKING:
    from asl_engine.mapruns.family import Family, FamilyEvent
    from asl_engine.mapruns.items import Item
    from asl_engine.mapruns.map_run import MapRun

Append: TypeAlias = Callable[[Entry], Awaitable[None] | None]
"""Takes in an entry, which is safe when what is returned has been awaited."""


class Journal:
    """The journal of one execution, `kernel`, with its `family` if it has one. Its methods are a driver's hooks.

    `append` is called with each entry; `seq` is the number of the last one that is there already.
    """

    def __init__(
        self, kernel: Kernel, family: Family | None, circumstances: Circumstances, append: Append, seq: int = 0
    ) -> None:
        self.kernel = kernel
        self.family = family
        self.circumstances = circumstances
        self.append = append
        self.seq = seq
        self._writing: MapRun | None = None
        self._refusal: str | None = None

    def on_event(self, event: FamilyEvent) -> None:
        """Begin with an event, before the execution takes it in."""
        self.circumstances.begin()
        self._writing, self._refusal = None, kernel_of(self.kernel, self.family, event).refusal
        if self.family is not None and isinstance(event, WorkDone):
            run, kind = self.family.working.get(event.op, (None, ""))
            self._writing = run if kind == "write" else None

    def on_commit(self, event: FamilyEvent) -> Awaitable[None] | None:
        """Write the event down, with what else its handling depended on."""
        self.seq += 1
        noted = self.circumstances.noted()
        if self._refusal is not None:
            noted["refusal"] = self._refusal
        if isinstance(event, WorkDone):
            noted |= self._work(event)
        sum = checksum(self.kernel, self.family)
        entry = Entry(self.seq, event.at, type(event).__name__, op_of(event), body_of(event, noted), sum)
        return self.append(entry)

    def _work(self, event: WorkDone) -> dict[str, JSON]:
        """Return what is noted of work for a Map Run: of items only how many and a checksum; they can be read again."""
        noted: dict[str, JSON] = {}
        if isinstance(event.value, list):
            noted["value"] = {"items": len(event.value), "sum": sum_of_items(event.value)}
        if self._writing is not None:
            noted["written"] = self._writing.results.written()
        return noted


def kernel_of(kernel: Kernel, family: Family | None, event: FamilyEvent) -> Kernel:
    """Return the execution that hears an event: `kernel`, or a child of its Map Runs."""
    return kernel if family is None else family.kernel_of(event.op)


def checksum(kernel: Kernel, family: Family | None) -> int:
    """Return a number that stands for what followed from the last event: how long history is, and what was asked."""
    commands = kernel.commands if family is None else family.commands
    asked = " ".join([f"{type(command).__name__} {command.op}" for command in commands])
    return crc32(f"{kernel.event_count} {len(kernel.waiting)} {asked}".encode("utf-8", "surrogatepass"))


def sum_of_items(items: list[Item]) -> int:
    """Return a checksum of items that were read."""
    return crc32(json_bytes([item.value for item in items]))
