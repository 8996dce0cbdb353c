"""An execution made again of what it wrote down."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from asl_engine.journal.circumstances import Circumstances
from asl_engine.journal.codec import Entry, event_of
from asl_engine.journal.journal import checksum, kernel_of, sum_of_items
from asl_engine.kernel import Identity, Kernel, TaskSubmitted
from asl_engine.mapruns.family_messages import WorkDone
from asl_engine.mapruns.problems import MapRunProblem
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.mapruns.family import Family


class Diverged(Exception):
    """A replay went another way than the execution did. `entry` is the first whose event had other effects."""

    def __init__(self, entry: Entry, reason: str) -> None:
        super().__init__(f"event {entry.seq} of the journal, {entry.kind} of '{entry.op}': {reason}")
        self.entry = entry


class Replayed(NamedTuple):
    """What a replay tells beside the execution itself.

    `seq` is the number of the last entry; `submitted` what handing over gave of the attempts that wait for their
    answer since: a job is watched by it, and not handed over once more.
    """

    seq: int
    submitted: dict[str, JSON]


def replay(
    kernel: Kernel,
    family: Family | None,
    circumstances: Circumstances,
    entries: Iterable[Entry],
    input_text: str,
    identity: Identity,
) -> Replayed:
    """Have an execution that has not started take in what it heard before: then it stands where it stood.

    Items of Map Runs are read again, as a journal has no room for them. Raises Diverged.
    """
    seq, submitted = 0, dict[str, JSON]()
    handle: Callable[[Any], Any] = kernel.handle if family is None else family.handle
    kernel.is_spent = circumstances.is_spent
    for entry in entries:
        about: dict[str, JSON] = json.loads(entry.body) if entry.body else {}
        circumstances.begin_again(about)
        event: Any = event_of(entry, about, input_text, identity)
        if isinstance(event, WorkDone) and family is not None:
            event.value = _value_of(family, entry, about)
        kernel_of(kernel, family, event).refusal = about.get("refusal")
        handle(event)
        if checksum(kernel, family) != entry.sum:
            raise Diverged(entry, "this version of the engine goes on in another way from there")
        seq = entry.seq
        if isinstance(event, TaskSubmitted):
            submitted[event.op] = event.output
    kernel.is_spent = None
    circumstances.begin()
    owners = {} if family is None else family.owners
    return Replayed(seq, {op: output for op, output in submitted.items() if op in kernel.waiting or op in owners})


def _value_of(family: Family, entry: Entry, about: dict[str, JSON]) -> Any:
    """Return what a work for a Map Run gave: of a reading the items, once more; of a writing what was written down."""
    value = about.get("value")
    run, kind = family.working.get(entry.op, (None, ""))
    if run is None or value is None:
        return None
    if "written" in about:
        run.results.note_written(about["written"])
    if "error" in value:
        return MapRunProblem(value["error"], value["cause"])
    return _read_again(run.intake.read(), entry, value) if kind == "read" else value


def _read_again(items: list[Any] | MapRunProblem, entry: Entry, known: dict[str, JSON]) -> list[Any]:
    if isinstance(items, MapRunProblem):
        raise Diverged(entry, f"its items cannot be read again: {items.cause}")
    if len(items) != known["items"] or sum_of_items(items) != known["sum"]:
        raise Diverged(entry, "the items of its Map Run are others than before; their source has changed")
    return items
