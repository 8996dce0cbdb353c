"""One Map Run: starts children as its limits allow, counts how they end, and decides how it ends itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, Protocol

from asl_engine.kernel import (
    Event,
    ExecutionRedriven,
    ExecutionStarted,
    ExecutionStopped,
    Identity,
    Kernel,
    MapRunFailed,
    MapRunSucceeded,
)
from asl_engine.kernel.commands import StartMapRun
from asl_engine.kernel.failures import DATA_LIMIT, TOO_MANY_FAILED
from asl_engine.kernel.map_runs import uuid_of
from asl_engine.kernel.sizes import too_large
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.mapruns.children import Child, Counts
from asl_engine.mapruns.items import Batch, Batches, Item, Selector, items_of_state
from asl_engine.mapruns.results import Results
from asl_engine.mapruns.work import MapRunProblem, MapRunUpdated, WorkDone
from asl_engine.quotas import MAX_CHILDREN
from asl_engine.values import JSON

CHUNK: Final = 1_000
"""How many items are read at a time: enough to keep children busy, and never all of a large source."""

STARTS: Final = 64
"""How many children are started at a time. Then those that take no time get their turn, and end: so no more are open
than need be, and nobody waits for ten thousand starts."""


class Surroundings(Protocol):
    """What a Map Run needs around it. `is_redrivable` says that what failed may be tried again later."""

    is_redrivable: bool

    def feed(self, child: Child, event: Event) -> None:
        """Have a child take in an event."""
        ...

    def ask(self, run: MapRun, op: str, work: Callable[[], object] | None) -> None:
        """Have work done that blocks; its end is told to the run. No work means: when all that was asked for before is
        under way."""
        ...

    def ended(self, run: MapRun, event: MapRunSucceeded | MapRunFailed) -> None:
        """Tell the execution that has the Map how its run ended."""
        ...

    def adopt(self, child: Child) -> None:
        """Learn of a child before it starts."""
        ...


class MapRun:
    """The Map Run that a kernel asked for.

    `status` is RUNNING, SUCCEEDED, FAILED or ABORTED; `items` and `executions` count, and are right at any moment.
    """

    def __init__(
        self,
        parent: Kernel,
        command: StartMapRun,
        source: Iterator[Item] | None,
        results: Results,
        around: Surroundings,
        now: float,
    ) -> None:
        plan = command.plan
        frame = parent.waiting[command.op][0]
        assert frame.state.distribution is not None
        self.parent, self.frame, self.command, self.around = parent, frame, command, around
        self.arn, self.op = command.arn, command.op
        self.program = frame.state.distribution.processor
        self.limit = plan.limit
        self.tolerated_count, self.tolerated_share = plan.tolerated_count, plan.tolerated_share
        self.status = "RUNNING"
        self.error: str | None = None
        self.cause: str | None = None
        self.started_at = self.now = now
        self.stopped_at: float | None = None
        self.items, self.executions = Counts(), Counts()
        self.open: dict[int, Child] = {}
        self.results = results
        self._selector = Selector(frame, frame.state, plan.data)
        self._batches = Batches(plan.batching)
        self._source = source if source is not None else items_of_state(plan.items or [])
        self.is_read = False  # to the end: then the totals are final
        self._is_busy = False  # reading, writing, or starting children
        machine = f"{parent.identity.machine_name}/{self.arn.rpartition('/')[2].partition(':')[0]}"
        self._machine = machine
        self._names = uuid_of(self.arn)[:24]  # a child's name is a UUID, too; its number makes it unique
        self._started = 0
        self._is_written = False  # the results: once, whether the run fails before or by it
        self.redrive_count = 0
        self.redriven_at: float | None = None
        self._lost: dict[int, Child] = {}  # children that did not succeed
        self.to_redrive: deque[Child] = deque()  # those that a redrive has not reached yet
        self._reads_elsewhere = source is not None

    @property
    def state(self) -> str:
        """The name of the Map."""
        return self.frame.state.name

    # ------------------------------------------------------------------------------------------------- what happens

    def begin(self) -> None:
        """Start the first children, or have the first items read."""
        self._go_on()

    def child_ended(self, child: Child) -> None:
        """Count a child that has ended, and start the next."""
        kernel = child.kernel
        child.stopped_at = self.now = max(self.now, kernel.now)
        del self.open[child.index]
        status = kernel.status
        self.items.running -= child.items
        self.items.ended[status] += child.items
        self.executions.running -= 1
        self.executions.ended[status] += 1
        if status != "SUCCEEDED" and self.around.is_redrivable:
            self._lost[child.index] = child
        self.results.add(child)
        if self.status == "RUNNING" and status != "SUCCEEDED" and self._is_exceeded():
            self._fail(MapRunProblem(TOO_MANY_FAILED, "The specified tolerated failure threshold was exceeded"))
        elif not self._is_busy:
            self._go_on()

    def work_done(self, event: WorkDone) -> None:
        """Take in items that were read, or learn that results were written."""
        self._is_busy = False
        self.now = max(self.now, event.at)
        value = event.value
        if self.stopped_at is not None:
            return
        if value is None:
            self._go_on()
        elif isinstance(value, MapRunProblem):
            if self.status == "FAILED":  # what the results could not be written of has failed already
                self._end_failed()
            else:
                self._fail(value)
        elif isinstance(value, list):
            self._take(value)
        else:
            self._written(value)

    def updated(self, event: MapRunUpdated) -> None:
        """Change limits from now on (UpdateMapRun)."""
        self.now = max(self.now, event.at)
        self.limit = event.limit if event.limit is not None else self.limit
        if event.tolerated_count is not None:
            self.tolerated_count = event.tolerated_count
        if event.tolerated_share is not None:
            self.tolerated_share = event.tolerated_share
        if not self._is_busy and self.status == "RUNNING":
            self._go_on()

    @property
    def can_go_on(self) -> bool:
        """Whether a redrive can go on with what is left; one whose items could not be read has to begin anew."""
        return self.status == "ABORTED" or self.error == TOO_MANY_FAILED

    def redrive(self, command: StartMapRun, now: float) -> None:
        """Go on with the children that did not succeed, and the items that none was started for."""
        self.command, self.op, self.redrive_count = command, command.op, command.redrives
        self.now = self.redriven_at = max(self.now, now)
        self.status, self.error, self.cause, self.stopped_at = "RUNNING", None, None, None
        self._is_written = False
        self.results.reopen(self.redrive_count)
        for _, child in sorted(self._lost.items()):
            for counts, number in ((self.items, child.items), (self.executions, 1)):
                counts.ended[child.kernel.status] -= number
                counts.pending += number
            self.to_redrive.append(child)
        self._lost.clear()
        self._go_on()

    def abort(self, now: float) -> None:
        """The execution that has the Map needs it no longer: stop what runs."""
        if self.stopped_at is None:
            self.now = max(self.now, now)
            self.status, self.stopped_at = "ABORTED", self.now
            self._stop_children()
            self.results.close()

    # -------------------------------------------------------------------------------------------- items to children

    def _go_on(self) -> None:
        """Start what may run; read more when there is nothing to start; end when everything has ended."""
        self._is_busy = True
        enough = self._started + STARTS
        try:
            while self.status == "RUNNING" and len(self.open) < (self.limit or MAX_CHILDREN):
                if self._started >= enough:
                    self.around.ask(self, f"{self.op}/more", None)
                    return
                if self.to_redrive:
                    self._start_again(self.to_redrive.popleft())
                    continue
                batch = self._batches.next(self.is_read)
                if batch is not None:
                    self._start(batch)
                elif self.is_read:
                    break
                elif self._reads_elsewhere:
                    self.around.ask(self, f"{self.op}/read", self._read)
                    return
                else:
                    self._take_in(list(self._source))
        except (ExpressionFailed, MapRunProblem) as problem:
            self._is_busy = False
            self._fail(problem if isinstance(problem, MapRunProblem) else self._told(problem))
            return
        self._is_busy = False
        if self.status == "RUNNING" and self.is_read and not (self.open or self.to_redrive or self._batches.waiting):
            self._finish()

    def _read(self) -> list[Item] | MapRunProblem:
        """Return the next items. Blocks."""
        try:
            return list(islice(self._source, CHUNK))
        except MapRunProblem as problem:
            return problem

    def _take(self, found: list[Item]) -> None:
        try:
            self._take_in(found)
        except (ExpressionFailed, MapRunProblem) as problem:
            self._fail(problem if isinstance(problem, MapRunProblem) else self._told(problem))
            return
        if self.status == "RUNNING":
            self._go_on()

    def _take_in(self, found: list[Item]) -> None:
        self.is_read = len(found) < CHUNK or not self._reads_elsewhere
        for item in found:
            self._batches.put(self._selector.input_of(item))
            self.items.pending += 1
        if self.is_read and self._is_exceeded():
            raise MapRunProblem(TOO_MANY_FAILED, "The specified tolerated failure threshold was exceeded")

    def _start(self, batch: Batch) -> None:
        index, parent = self._started, self.parent
        self._started = index + 1
        kernel = Kernel(self.program, self.results.keeps_history, f"{self.op}[{index}]")
        kernel.is_deadline_set = self.program.kind == "STANDARD"  # its year is over after that of the parent
        child = self.open[index] = Child(self, kernel, index, batch.items)
        self.items.pending -= batch.items
        self.items.running += batch.items
        self.executions.running += 1
        mine, name = parent.identity, f"{self._names}{index:012x}"
        identity = Identity(name, self._machine, mine.role_arn, mine.account, mine.region, self.program.kind)
        kernel.activities = parent.activities
        kernel.identity, kernel.input, kernel.started_at = identity, batch.input, self.now
        self.around.adopt(child)
        self.around.feed(child, ExecutionStarted(self.now, batch.input, identity, parent.seed, batch.size))

    def _start_again(self, child: Child) -> None:
        """Redrive a child; one of type EXPRESS starts anew with its input (documented), and counts that (recorded)."""
        for counts, number in ((self.items, child.items), (self.executions, 1)):
            counts.pending -= number
            counts.running += number
        kernel = child.kernel
        self.open[child.index] = child
        child.stopped_at = None
        if kernel.program.kind == "EXPRESS":
            again = child.kernel = Kernel(self.program, self.results.keeps_history, f"{self.op}[{child.index}]")
            again.activities, again.identity, again.input = kernel.activities, kernel.identity, kernel.input
            again.started_at, again.redrive_count = self.now, kernel.redrive_count + 1
            self.around.adopt(child)
            self.around.feed(child, ExecutionStarted(self.now, kernel.input, kernel.identity, kernel.seed))
        else:
            self.around.adopt(child)
            self.around.feed(child, ExecutionRedriven(self.now))

    def _told(self, problem: ExpressionFailed) -> MapRunProblem:
        place = f"'{self.frame.state.name}' (entered at the event id #{self.frame.entered_id})"
        cause = f"An error occurred while executing the state {place}. {problem.cause}"
        return MapRunProblem(problem.error, cause if problem.names_place else problem.cause)

    def _is_exceeded(self) -> bool:
        """Whether more items failed than are tolerated: none, unless something is said of that.

        The share is of all items, so it counts when all have been read.
        """
        failed, count, share = self.items.failed, self.tolerated_count, self.tolerated_share
        if not failed:
            return False
        if count is None and share is None:
            return True
        if count is not None and failed > count:
            return True
        return share is not None and self.is_read and failed * 100 > share * self.items.total

    # ------------------------------------------------------------------------------------------------------ its end

    def _finish(self) -> None:
        if self.results.goes_elsewhere:
            self._write()
        else:
            self._written(self.results.value())

    def _write(self) -> None:
        self._is_written = self._is_busy = True
        self.around.ask(self, f"{self.op}/write", self.results.write)

    def _written(self, result: JSON) -> None:
        self.items.written = self.items.total if self.results.goes_elsewhere else 0
        self.executions.written = self.executions.total if self.results.goes_elsewhere else 0
        if self.status == "FAILED":
            self._end_failed()
            return
        if result is Results.TOO_LARGE:
            self._fail(MapRunProblem(DATA_LIMIT, too_large(self.frame.state.name)))
            return
        self.status, self.stopped_at = "SUCCEEDED", self.now
        self.around.ended(self, MapRunSucceeded(self.now, self.op, result))

    def _fail(self, problem: MapRunProblem) -> None:
        """Stop what runs, write what there is, and fail."""
        self.status, self.error, self.cause = "FAILED", problem.error, problem.cause
        self._stop_children()
        self.executions.pending = 0
        if self.results.goes_elsewhere and self.executions.total and not self._is_written:
            self.results.add_pending(value for value, _ in self._batches.waiting)
            self._write()
            return
        self._end_failed()

    def _end_failed(self) -> None:
        self.stopped_at = self.now
        self.results.close()
        assert self.error is not None
        assert self.cause is not None
        self.around.ended(self, MapRunFailed(self.now, self.op, self.error, self.cause))

    def _stop_children(self) -> None:
        for child in list(self.open.values()):
            self.around.feed(child, ExecutionStopped(self.now))
