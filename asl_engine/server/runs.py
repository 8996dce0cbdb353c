"""Executions that were started, and the Map Runs and child executions in them."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from asl_engine.drivers.realtime import RealTimeDriver
from asl_engine.history import Event, EventReader, read_events
from asl_engine.kernel import Kernel
from asl_engine.mapruns.children import Child
from asl_engine.mapruns.family import Watcher
from asl_engine.mapruns.map_run import MapRun
from asl_engine.server.errors import ApiError
from asl_engine.server.machines import Target
from asl_engine.values import json_text

if TYPE_CHECKING:
    from asl_engine.server.service import Service

MAX_MAP_RUNS = 10_000
"""How many Map Runs are kept; the oldest that have ended are forgotten first."""


class Run:
    """An execution that was started."""

    def __init__(self, target: Target, name: str, input_text: str, driver: RealTimeDriver) -> None:
        self.machine = target.machine
        self.target = target
        self.name = name
        self.input_text = input_text
        self.driver = driver
        self.started_at = time.time()
        self.stopped_at: float | None = None
        self.memory = 0
        self.redrives: OrderedDict[str, float] = OrderedDict()  # the last ones, by client token
        self.arn = ""
        self.trace_header: str | None = None
        self.ended = asyncio.Event()

    @property
    def kernel(self) -> Kernel:
        """The execution's memory."""
        return self.driver.kernel

    @property
    def status(self) -> str:
        """RUNNING until its end is known, also when it was redriven; then how it ended."""
        return "RUNNING" if self.stopped_at is None else self.kernel.status

    def reader(self) -> EventReader:
        """Return a reader of the history from its beginning."""
        records = self.kernel.records
        assert records is not None
        return EventReader(records, self.input_text)

    def events(self) -> list[Event]:
        """Return the history so far."""
        return read_events(self.kernel.records or [], self.input_text)


class ChildRun(Run):
    """A child execution of a Map Run. `stopped_at` is the child's own; it lives as long as its parent does."""

    def __init__(self, parent: Run, child: Child) -> None:
        self.child = child  # before the rest: it is what `kernel` means here
        arn = child.kernel.identity.execution_arn
        name = arn.split(":", 7)[-1]  # that of an Express child has two parts (recorded)
        super().__init__(parent.target, name, json_text(child.kernel.input), parent.driver)
        self.started_at = child.kernel.started_at
        self.arn = arn

    @property
    def kernel(self) -> Kernel:
        """The execution's memory."""
        return self.child.kernel


class KnownMapRun:
    """A Map Run, the driver of the execution that has it, and the state machine of its children."""

    def __init__(self, run: MapRun, driver: RealTimeDriver, machine_arn: str) -> None:
        self.run = run
        self.driver = driver
        self.machine_arn = machine_arn


class Children(Watcher):
    """Lets the service know of the Map Runs and children of an execution."""

    keeps_history = True
    is_redrivable = True

    def __init__(self, service: Service) -> None:
        self.service = service
        self.parent: Run | None = None

    def run_started(self, run: MapRun) -> None:
        """Remember a Map Run; forget the oldest that has ended when there are too many."""
        known, parent = self.service.map_runs, self.parent
        assert parent is not None
        if len(known) >= MAX_MAP_RUNS:
            ended = next((arn for arn, one in known.items() if one.run.stopped_at is not None), None)
            if ended is not None:
                del known[ended]
        known[run.arn] = KnownMapRun(run, parent.driver, parent.machine.arn)

    def child_started(self, run: MapRun, child: Child) -> None:
        """Remember a child, if there is room for one more."""
        assert self.parent is not None
        with contextlib.suppress(ApiError):
            self.service.make_room()
            known = ChildRun(self.parent, child)
            self.service.runs[known.arn] = known

    def child_ended(self, run: MapRun, child: Child) -> None:
        """Say when it ended."""
        known = self.service.runs.get(child.kernel.identity.execution_arn)
        if known is not None:
            known.stopped_at = child.stopped_at
            self.service.measure(known)
            known.ended.set()
