"""An execution and the child executions of its Map Runs, as one thing that a driver runs.

It keeps the contract of a kernel: events in, commands out. The ops of a child begin with the place of the child, so
they are unique among all that run, and an event finds its way by its op.
"""

from __future__ import annotations

from typing import TypeAlias

from asl_engine.kernel import Cancel, Command, Event, Kernel, MapRunFailed, MapRunSucceeded, StartMapRun
from asl_engine.kernel.memory import Frame
from asl_engine.mapruns.children import Child
from asl_engine.mapruns.family_messages import MapRunUpdated, Work, WorkDone
from asl_engine.mapruns.map_run import MapRun
from asl_engine.mapruns.readers import open_items
from asl_engine.mapruns.reading import Intake
from asl_engine.mapruns.result_files import Results
from asl_engine.mapruns.s3_objects import Objects

FamilyEvent: TypeAlias = Event | WorkDone | MapRunUpdated
FamilyCommand: TypeAlias = Command | Work


class Watcher:
    """Who learns of Map Runs and children. This one does not care, and keeps none of their histories."""

    keeps_history = False
    max_unsuccessful: float = 0
    """How many children of a Map Run that did not succeed are kept, with what is needed to go on with them."""

    def run_started(self, run: MapRun) -> None:
        """A Map Run is about to begin."""

    def child_started(self, run: MapRun, child: Child) -> None:
        """A child is about to start."""

    def child_ended(self, run: MapRun, child: Child) -> None:
        """A child has ended."""


class Family:
    """The execution `root` with its Map Runs and their children.

    `runs` are the Map Runs under way, by their ops; `unsuccessful_runs`, by ARN, those that a redrive can go on with;
    `owners` the child that an op belongs to, and its run; `working` the run that asked for a work, and of what kind.
    `commands` are filled within one event.
    """

    def __init__(self, root: Kernel, objects: Objects, watcher: Watcher | None = None) -> None:
        self.root = root
        self.objects = objects
        self.watcher = watcher or Watcher()
        self.max_unsuccessful = self.watcher.max_unsuccessful
        self.runs: dict[str, MapRun] = {}
        self.unsuccessful_runs: dict[str, MapRun] = {}
        self.owners: dict[str, tuple[MapRun, Child]] = {}
        self.working: dict[str, tuple[MapRun, str]] = {}
        self.now = root.now
        self.commands: list[FamilyCommand] = []

    def handle(self, event: FamilyEvent) -> list[FamilyCommand]:
        """Take in what happened, and return what is to be done."""
        commands: list[FamilyCommand] = []
        self.commands = commands
        self.now = max(self.now, event.at)
        if isinstance(event, WorkDone):
            if event.op in self.working:
                run, _ = self.working.pop(event.op)
                run.work_done(event)
        elif isinstance(event, MapRunUpdated):
            if event.op in self.runs:
                self.runs[event.op].updated(event)
        else:
            owner = self.owners.get(event.op)
            if owner is None:
                self._carry_out(self.root, None, self.root.handle(event))
            else:
                self.feed(*owner, event)
        return commands

    def outstanding(self) -> list[FamilyCommand]:
        """Return what a restored execution, its Map Runs and their children wait for. Of a Map Run whose children were
        not restored nothing is known but its command: it begins anew."""
        self.commands = commands = list[FamilyCommand]()
        for kernel in self.kernels():
            asked = [command for command in kernel.outstanding() if command.op not in self.runs]
            self._carry_out(kernel, self.owners.get(kernel.deadline_op), asked)
        commands += [Work(op, run.work(kind)) for op, (run, kind) in self.working.items() if run.stopped_at is None]
        return commands

    def kernel_of(self, op: str) -> Kernel:
        """Return the execution that an op belongs to."""
        owner = self.owners.get(op)
        return self.root if owner is None else owner[1].kernel

    def kernels(self) -> list[Kernel]:
        """Return the executions that wait for something: the root first, then children in the order of their start."""
        children = {id(child.kernel): child.kernel for _, child in self.owners.values()}
        return [self.root, *children.values()]

    def in_hand(self) -> list[str]:
        """Return the attempts that somebody has in hand, and answers by their tokens."""
        return [op for kernel in self.kernels() for op in kernel.in_hand()]

    def waiting(self) -> list[str]:
        """Return the ops that answers are waited for, of tasks and timers."""
        return [op for op in self.root.waiting if op not in self.runs] + [
            op for op, (_, child) in self.owners.items() if op != child.kernel.deadline_op and op not in self.runs
        ]

    def map_run(self, parent: Kernel, frame: Frame, command: StartMapRun) -> MapRun:
        """Return a Map Run that stands at its beginning."""
        plan, identity = command.plan, parent.identity
        source = open_items(plan.reading, self.objects, identity) if plan.reading is not None else None
        results = Results(plan.writing, command.arn, self.objects, identity, self.watcher.keeps_history)
        return MapRun(parent, frame, command, Intake(frame, plan, source), results, self, self.now)

    # ---------------------------------------------------------------------------------------------- for its Map Runs

    def feed(self, run: MapRun, child: Child, event: Event) -> None:
        """Have a child take in an event, and do what follows from it."""
        kernel = child.kernel
        kernel.is_spent = self.root.is_spent
        self._carry_out(kernel, (run, child), kernel.handle(event))
        if event.op not in kernel.waiting and event.op != kernel.deadline_op:
            self.owners.pop(event.op, None)
        if kernel.status != "RUNNING" and child.stopped_at is None:
            self.owners.pop(kernel.deadline_op, None)
            if kernel.program.type == "EXPRESS":
                self.commands.append(Cancel(kernel.deadline_op))
            if kernel.status == "SUCCEEDED" or not self.max_unsuccessful:
                kernel.root = None  # frames and kernel refer to each other: else only the collector could free them
            run.child_ended(child)
            self.watcher.child_ended(run, child)

    def ask(self, run: MapRun, kind: str) -> None:
        """Ask the driver for work that blocks, or for its attention later."""
        op = f"{run.op}/{kind}"
        self.working[op] = (run, kind)
        self.commands.append(Work(op, run.work(kind)))

    def ended(self, run: MapRun, event: MapRunSucceeded | MapRunFailed) -> None:
        """Hand the end of a run to the execution that has the Map."""
        self.runs.pop(run.op, None)
        owner = self.owners.pop(run.op, None)
        self._keep(run)
        if owner is None:
            self._carry_out(self.root, None, self.root.handle(event))
        else:
            self.feed(*owner, event)

    def adopt(self, run: MapRun, child: Child) -> None:
        """Learn how a child is reached that somebody stops, and let the watcher know of it."""
        self.owners[child.kernel.deadline_op] = (run, child)
        self.watcher.child_started(run, child)

    def _carry_out(self, kernel: Kernel, owner: tuple[MapRun, Child] | None, commands: list[Command]) -> None:
        """Do what a kernel asks for: Map Runs here, the rest by the driver."""
        owners, asked = self.owners, self.commands
        for command in commands:
            kind, op = type(command), command.op
            if kind is Cancel:
                owners.pop(op, None)
                run = self.runs.pop(op, None)
                if run is not None:
                    run.abort(self.now)
                    self._keep(run)
                    continue
            elif owner is not None:
                owners[op] = owner
            if isinstance(command, StartMapRun):
                self._begin(kernel, command)
            else:
                asked.append(command)

    def _keep(self, run: MapRun) -> None:
        if self.max_unsuccessful and run.can_go_on:
            self.unsuccessful_runs[run.arn] = run

    def _begin(self, kernel: Kernel, command: StartMapRun) -> None:
        before = self.unsuccessful_runs.pop(command.arn, None) if command.redrives else None
        if before is not None:
            self.runs[command.op] = before
            before.redrive(command, self.now)
            return
        run = self.runs[command.op] = self.map_run(kernel, kernel.waiting[command.op][0], command)
        self.watcher.run_started(run)
        run.go_on()
