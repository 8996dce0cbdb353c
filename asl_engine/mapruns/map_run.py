"""One Map Run: starts children as its limits allow, counts how they end, and decides how it ends itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol

from asl_engine.kernel import (
    Event,
    ExecutionRedriven,
    ExecutionStarted,
    ExecutionStopped,
    Kernel,
    MapRunFailed,
    MapRunSucceeded,
    StartMapRun,
)
from asl_engine.kernel.failures import DATA_LIMIT, TOO_MANY_FAILED
from asl_engine.kernel.memory import Frame
from asl_engine.kernel.sizes import too_large
from asl_engine.mapruns.children import Births, Child, Counts, all_written
from asl_engine.mapruns.family_messages import MapRunUpdated, WorkDone
from asl_engine.mapruns.items import Item
from asl_engine.mapruns.problems import MapRunProblem
from asl_engine.mapruns.reading import Intake
from asl_engine.mapruns.result_files import Results
from asl_engine.program.batches import Batch
from asl_engine.program.thresholds import THRESHOLD_EXCEEDED
from asl_engine.quotas import MAX_CHILDREN
from asl_engine.values import JSON

STARTS: Final = 64
"""How many children are started at a time. Then those that take no time get their turn, and end: so no more are open
than need be, and nobody waits for ten thousand starts."""


class Host(Protocol):
    """What runs a Map Run. Of the children of a Map Run that did not succeed, it has so many kept for a redrive."""

    max_unsuccessful: float

    def feed(self, run: MapRun, child: Child, event: Event) -> None:
        """Have a child take in an event."""
        ...

    def ask(self, run: MapRun, kind: str) -> None:
        """Have the work `kind` done, whose end is the run's event `work_done`."""
        ...

    def ended(self, run: MapRun, event: MapRunSucceeded | MapRunFailed) -> None:
        """Hand the end of a run to the execution that has the Map."""
        ...

    def adopt(self, run: MapRun, child: Child) -> None:
        """Learn of a child before it starts."""
        ...


class MapRun:
    """The Map Run that a kernel asked for, of the Map that `frame` stands in.

    `status` is RUNNING, SUCCEEDED, FAILED or ABORTED; `items` and `executions` count, and are right at any moment.
    """

    def __init__(
        self,
        parent: Kernel,
        frame: Frame,
        command: StartMapRun,
        intake: Intake,
        results: Results,
        host: Host,
        now: float,
    ) -> None:
        plan = command.plan
        assert frame.state.processor is not None
        self.parent, self.frame, self.command, self.host = parent, frame, command, host
        self.arn, self.op = command.arn, command.op
        self.program = frame.state.processor
        self.limit = plan.limit
        self.tolerated_count, self.tolerated_share = plan.tolerated_count, plan.tolerated_share
        self.status = "RUNNING"
        self.error: str | None = None
        self.cause: str | None = None
        self.started_at = self.now = now
        self.stopped_at: float | None = None
        self.items, self.executions = Counts(), Counts()
        self.open: dict[int, Child] = {}
        self.intake, self.results = intake, results
        self.is_busy = False  # reading, writing, or starting children
        self._births = Births(self.program, parent, self.arn, results.keeps_history)
        self.machine_arn = self._births.identity(0).machine_arn  # with the label of the Map
        self.started = 0
        self.is_written = False  # the results: once, whether the run fails before or by it
        self.redrive_count = 0
        self.redriven_at: float | None = None
        self.unsuccessful: dict[int, Child] = {}  # kept where a redrive may want them
        self.to_redrive: deque[Child] = deque()  # those that a redrive has not reached yet

    @property
    def state(self) -> str:
        """The name of the Map."""
        return self.frame.state.name

    @property
    def is_read(self) -> bool:
        """Whether all items are known: then the totals are final."""
        return self.intake.is_read

    @property
    def can_go_on(self) -> bool:
        """Whether a redrive can go on with what is left; one whose items could not be read has to begin anew."""
        return self.status == "ABORTED" or self.error == TOO_MANY_FAILED

    # ------------------------------------------------------------------------------------------------- what happens

    def child_ended(self, child: Child) -> None:
        """Count a child that has ended, and start the next."""
        status = child.kernel.status
        child.stopped_at = self.now = max(self.now, child.kernel.now)
        del self.open[child.index]
        self.items.end(child.items, status)
        self.executions.end(1, status)
        if status != "SUCCEEDED" and len(self.unsuccessful) < self.host.max_unsuccessful:
            self.unsuccessful[child.index] = child
        self.results.add(child)
        if self.status == "RUNNING" and self.results.problem is not None:
            self._fail(self.results.problem)
        elif self.status == "RUNNING" and status != "SUCCEEDED" and self.is_exceeded():
            self._fail(MapRunProblem(TOO_MANY_FAILED, THRESHOLD_EXCEEDED))
        elif not self.is_busy:
            self.go_on()

    def work(self, kind: str) -> Callable[[], Any] | None:
        """Return what a driver is to do in a thread, where it has threads. Of the kind "more" it is nothing: to answer
        when the commands before it are under way."""
        return {"read": self.intake.read, "write": self.results.write, "more": None}[kind]

    def work_done(self, event: WorkDone) -> None:
        """Take in items that were read, or learn that results were written."""
        self.is_busy = False
        self.now = max(self.now, event.at)
        value = event.value
        if self.stopped_at is not None:
            return
        if value is None:
            self.go_on()
        elif isinstance(value, MapRunProblem):
            if self.status == "FAILED":  # what the results could not be written of has failed already
                self._end_failed()
            else:
                self._fail(value)
        elif isinstance(value, list):
            self.go_on(value)
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
        if not self.is_busy and self.status == "RUNNING":
            self.go_on()

    def redrive(self, command: StartMapRun, now: float) -> None:
        """Go on with the children that did not succeed, and the items that none was started for."""
        self.command, self.op, self.redrive_count = command, command.op, command.redrives
        self.now = self.redriven_at = max(self.now, now)
        self.status, self.error, self.cause, self.stopped_at = "RUNNING", None, None, None
        self.is_written = False
        self.results.reopen(self.redrive_count)
        for _, child in sorted(self.unsuccessful.items()):
            self.items.await_again(child.items, child.kernel.status)
            self.executions.await_again(1, child.kernel.status)
            self.to_redrive.append(child)
        self.unsuccessful.clear()
        self.go_on()

    def abort(self, now: float) -> None:
        """The execution that has the Map needs it no longer: stop what runs."""
        if self.stopped_at is None:
            self.now = max(self.now, now)
            self.status, self.stopped_at = "ABORTED", self.now
            self._stop_children()
            self._let_go()

    # -------------------------------------------------------------------------------------------- items to children

    def go_on(self, items: list[Item] | None = None) -> None:
        """Start what may run, of items that were read and those before them; read more when there is nothing to start;
        end when everything has ended."""
        self.is_busy = True  # children may end while they are started, and must not come here again
        try:
            if items is not None:
                self.intake.arrive(items)
            if self._admit():
                return
        except MapRunProblem as problem:
            self.is_busy = False
            self._fail(problem)
            return
        self.is_busy = False
        if self.status == "RUNNING" and self.intake.is_empty and not (self.open or self.to_redrive):
            self._finish()

    def _admit(self) -> bool:
        """Start children until the limit; whether the run now waits for work instead. Raises MapRunProblem."""
        intake, enough, is_spent = self.intake, self.started + STARTS, self.parent.is_spent
        while self.status == "RUNNING" and len(self.open) < (self.limit or MAX_CHILDREN):
            is_taken_in = not intake.has_arrived or take_in(self)
            if not is_taken_in or self.started >= enough or (is_spent is not None and is_spent()):
                self.host.ask(self, "more")
                return True
            if self.to_redrive:  # before the items that have never had a child
                self._start_again(self.to_redrive.popleft())
                continue
            batch = intake.next()
            if batch is not None:
                self._start(batch)
            elif intake.is_read:
                return False
            else:
                self.host.ask(self, "read")
                return True
        return False

    def _start(self, batch: Batch) -> None:
        index = self.started
        self.started = index + 1
        identity = self._births.identity(index)
        kernel = self._births.kernel(self.op, index, identity, batch.input, self.now)
        kernel.is_deadline_set = self.program.type == "STANDARD"  # its year is over after that of the parent
        child = self.open[index] = Child(self.arn, kernel, index, batch.items)
        self.items.begin(batch.items)
        self.executions.running += 1
        self.host.adopt(self, child)
        self.host.feed(self, child, ExecutionStarted(self.now, batch.input, identity, self.parent.seed, batch.size))

    def _start_again(self, child: Child) -> None:
        """Redrive a child; one of type EXPRESS starts anew with its input (documented), and counts that (recorded)."""
        self.items.begin(child.items)
        self.executions.begin(1)
        kernel = child.kernel
        self.open[child.index] = child
        child.stopped_at = None
        event: Event = ExecutionRedriven(self.now)
        if kernel.program.type == "EXPRESS":
            child.kernel = self._births.kernel(self.op, child.index, kernel.identity, kernel.input, self.now)
            child.kernel.redrive_count = kernel.redrive_count + 1
            event = ExecutionStarted(self.now, kernel.input, kernel.identity, kernel.seed)
        self.host.adopt(self, child)
        self.host.feed(self, child, event)

    def is_exceeded(self) -> bool:
        """Whether more items failed than are tolerated."""
        return self.items.exceed(self.tolerated_count, self.tolerated_share, self.is_read)

    # ------------------------------------------------------------------------------------------------------ its end

    def _finish(self) -> None:
        if self.results.are_files:
            self._write()
        else:
            self._written(self.results.value())

    def _write(self) -> None:
        self.is_written = self.is_busy = True
        self.host.ask(self, "write")

    def _written(self, result: JSON) -> None:
        if self.status == "FAILED":
            self._end_failed()
        elif result is Results.TOO_LARGE:
            self._fail(MapRunProblem(DATA_LIMIT, too_large(self.state)))
        else:
            all_written(self.items, self.executions)
            self.status, self.stopped_at = "SUCCEEDED", self.now
            self.host.ended(self, MapRunSucceeded(self.now, self.op, result))

    def _fail(self, problem: MapRunProblem) -> None:
        """Stop what runs, write what there is, and fail."""
        self.status, self.error, self.cause = "FAILED", problem.error, problem.cause
        self._stop_children()
        self.executions.pending = 0
        if self.results.are_files and self.executions.total and not self.is_written:
            self.results.add_pending(self.intake.waiting())
            self._write()
        else:
            self._end_failed()

    def _end_failed(self) -> None:
        all_written(self.items, self.executions)
        self.stopped_at = self.now
        self._let_go()
        assert self.error is not None
        assert self.cause is not None
        self.host.ended(self, MapRunFailed(self.now, self.op, self.error, self.cause))

    def _let_go(self) -> None:
        self.intake.close()
        self.results.close()

    def _stop_children(self) -> None:
        for child in list(self.open.values()):
            self.host.feed(self, child, ExecutionStopped(self.now))


def take_in(run: MapRun) -> bool:
    """Take in what has arrived, as far as the driver has time. Raises MapRunProblem."""
    is_done = run.intake.take_in(run.items, run.parent.is_spent)
    if run.is_read and run.is_exceeded():
        raise MapRunProblem(TOO_MANY_FAILED, THRESHOLD_EXCEEDED)
    return is_done
