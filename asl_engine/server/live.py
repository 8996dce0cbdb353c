"""Executions that are alive: what runs, beside the row of the store that tells of it."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterator

from asl_engine.drivers.realtime import RealTimeDriver
from asl_engine.engine import StateMachine
from asl_engine.history import EventReader
from asl_engine.history.records import Records, memory_of_records
from asl_engine.journal import Circumstances
from asl_engine.kernel import Kernel
from asl_engine.kernel.redrive import why_not
from asl_engine.mapruns import map_run
from asl_engine.mapruns.children import Child, Counts
from asl_engine.mapruns.family import Family, Watcher
from asl_engine.store import Execution, MapRun, Store, StoreFull
from asl_engine.values import json_text, memory_of


class LiveExecution:
    """An execution that runs, or that ended in a way from which a redrive can go on. A child of a Map Run has the
    driver and the `descendants` of the execution that was started, which alone has the machine: as long as it is held,
    others run the same.

    `left` is set when it is alive no longer, be it that it has ended or that it was let go while it waits.
    """

    __slots__ = ("circumstances", "descendants", "driver", "kernel", "left", "machine", "map_runs", "row")

    def __init__(
        self,
        row: Execution,
        kernel: Kernel,
        driver: RealTimeDriver,
        descendants: Descendants,
        circumstances: Circumstances,
        machine: StateMachine | None = None,
    ) -> None:
        self.row = row
        self.machine = machine
        self.kernel = kernel
        self.driver = driver
        self.descendants = descendants
        self.circumstances = circumstances
        self.map_runs: dict[str, map_run.MapRun] = {}
        self.left = asyncio.Event()

    def reader(self) -> EventReader:
        """Return a reader of the history from its beginning, which grows."""
        return EventReader(self.records)

    @property
    def records(self) -> Records:
        """What has happened so far; the list grows."""
        records = self.kernel.records
        assert records is not None
        return records

    def end(self, store: Store, at: float) -> None:
        """Write down how it has ended, and let those know who wait for that."""
        row, kernel = self.row, self.kernel
        row.status, row.stopped_at = kernel.status, at
        row.output_text = kernel.record.text_of(kernel.output) if kernel.status == "SUCCEEDED" else None
        row.error, row.cause = kernel.error, kernel.cause
        row.redrive_refusal = why_not(kernel)
        row.memory = 0 if row.redrive_refusal is not None else self._memory_of_children()
        for arn in self.map_runs:
            self.note_map_run(store, arn)
        store.end_execution(row, self.records)
        self.left.set()

    def _memory_of_children(self) -> int:
        """Return what the children take that are kept because a redrive would go on with them."""
        children = (child for run in self.map_runs.values() for child in run.unsuccessful.values())
        return sum(memory_of_records(child.kernel.records or []) for child in children)

    def note_map_run(self, store: Store, arn: str) -> None:
        """Write down where a Map Run of this execution, or of its children, is."""
        run, row = self.map_runs[arn], store.map_run(arn)
        if row is not None:
            note(row, run)
            store.update_map_run(row)


def has_been_deleted(machine_name: str) -> str:
    """Return why an execution goes no further whose state machine was deleted (recorded, September 2026)."""
    return f"State machine {machine_name} has been deleted"


def let_go(store: Store, live: dict[str, LiveExecution]) -> None:
    """Let go of what is alive of the executions that the store has forgotten."""
    for arn in store.take_forgotten():
        live.pop(arn, None)


def note(row: MapRun, run: map_run.MapRun) -> None:
    """Write into the row of a Map Run what it is at this moment."""
    row.op, row.status, row.stopped_at = run.op, run.status, run.stopped_at
    row.max_concurrency = 0 if run.limit is None else run.limit
    row.tolerated_count, row.tolerated_percentage = run.tolerated_count or 0, run.tolerated_share or 0.0
    row.items = _counts(run.items, sum(child.items for child in run.to_redrive))
    row.executions = _counts(run.executions, len(run.to_redrive))
    row.redrive_count, row.redriven_at = run.redrive_count, run.redriven_at


def _counts(counts: Counts, to_redrive: int) -> dict[str, int]:
    return counts.as_dict() | {"failuresNotRedrivable": 0, "pendingRedrive": to_redrive}


class Descendants(Watcher):
    """Writes down the Map Runs and children of an execution, `root`, which is set before it begins. `on_end` is called
    with the ARN of a child that has ended."""

    keeps_history = True
    max_unsuccessful = math.inf
    root: LiveExecution

    def __init__(self, store: Store, live: dict[str, LiveExecution], on_end: Callable[[str], None]) -> None:
        self.store = store
        self.live = live
        self._on_end = on_end
        self._is_silent = False

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Write nothing of what happens meanwhile: it happened before, and is written."""
        self._is_silent = True
        yield
        self._is_silent = False

    def meet(self, family: Family | None) -> None:
        """Learn which Map Runs and children there are after a replay."""
        if family is not None:
            for run in (*family.runs.values(), *family.unsuccessful_runs.values()):
                self.root.map_runs[run.arn] = run
                for child in run.open.values():
                    row = self.store.execution(child.kernel.identity.execution_arn)
                    if row is not None:
                        self.live[row.arn] = self._alive(row, child)

    def arns(self) -> list[str]:
        """Return the ARNs of the children that run."""
        runs = self.root.map_runs.values()
        return [child.kernel.identity.execution_arn for run in runs for child in run.open.values()]

    def _alive(self, row: Execution, child: Child) -> LiveExecution:
        return LiveExecution(row, child.kernel, self.root.driver, self, self.root.circumstances)

    def run_started(self, run: map_run.MapRun) -> None:
        """Remember a Map Run."""
        if self._is_silent:
            return
        execution_arn, root = run.parent.identity.execution_arn, self.root.row
        row = MapRun(run.arn, execution_arn, root.arn, run.machine_arn, run.op, run.started_at)
        note(row, run)
        self.root.map_runs[run.arn] = run
        self.store.add_map_run(row)

    def child_started(self, run: map_run.MapRun, child: Child) -> None:
        """Remember a child, if there is room for one more; or that one goes on."""
        if self._is_silent:
            return
        arn = child.kernel.identity.execution_arn
        known = self.store.execution(arn)
        if known is not None:
            known.reopen(run.now)
            if child.kernel.program.type == "EXPRESS":  # it starts anew, and has no date of a redrive
                known.started_at, known.redriven_at = child.kernel.started_at, None
            self.store.update_execution(known)
            self.live[arn] = self._alive(known, child)
            return
        with contextlib.suppress(StoreFull):
            row = self._row(child, arn)
            self.store.add_execution(row)
            let_go(self.store, self.live)
            self.live[arn] = self._alive(row, child)

    def _row(self, child: Child, arn: str) -> Execution:
        root, kernel = self.root.row, child.kernel
        return Execution(
            arn,
            root.machine_id,
            kernel.identity.machine_arn,
            arn.split(":", 7)[-1],  # that of an Express child has two parts (recorded)
            root.revision,
            json_text(kernel.input),
            kernel.started_at,
            root.version_arn,
            root.alias_arn,
            map_run_arn=child.run_arn,
            items=child.items,
            memory=memory_of([kernel.input]),
        )

    def child_ended(self, run: map_run.MapRun, child: Child) -> None:
        """Write down how it ended."""
        if self._is_silent:
            return
        live = self.live.pop(child.kernel.identity.execution_arn, None)
        if live is not None and child.stopped_at is not None:
            live.end(self.store, child.stopped_at)
            self._on_end(live.row.arn)
