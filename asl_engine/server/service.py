"""What the endpoint remembers: state machines and executions, in memory."""

from __future__ import annotations

import asyncio
import random
import traceback
import uuid
from collections.abc import Coroutine
from typing import Any

from asl_engine.drivers.launch import Launch
from asl_engine.drivers.realtime import in_thread
from asl_engine.errors import AslError
from asl_engine.history import memory_of_records
from asl_engine.kernel import ExecutionRedriven, ExecutionStarted, Identity, Kernel
from asl_engine.mapruns.s3_objects import Objects
from asl_engine.server.callbacks import Callbacks
from asl_engine.server.errors import ApiError
from asl_engine.server.logs import Logs
from asl_engine.server.machines import Account, Machine, Revision, Target
from asl_engine.server.mocking import MockConfigFile
from asl_engine.server.runs import Children, KnownMapRun, Run
from asl_engine.tasks.mocks import MockedStates
from asl_engine.tasks.perform import Performer
from asl_engine.values import JSON

MAX_EXECUTIONS = 100_000
"""How many executions are kept; the oldest that have ended are forgotten first."""

MAX_MEMORY = 1024**3
"""How many bytes of memory the histories of ended executions may take before the oldest are forgotten."""


class Service:
    """The machines and executions of all accounts, and the performer that does their tasks."""

    def __init__(self, performer: Performer, skips_time: bool = False, mocks: MockConfigFile | None = None) -> None:
        self.performer = performer
        self.skips_time = skips_time
        self.mocks = mocks
        self.machines: dict[str, Machine] = {}
        self.runs: dict[str, Run] = {}
        self.memory = 0
        self.map_runs: dict[str, KnownMapRun] = {}
        self.callbacks = Callbacks()
        self.tags: dict[str, dict[str, str]] = {}
        self.logs: Logs | None = None
        self.objects: Objects | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def known_run(self, machine: Machine, name: str | None) -> Run | None:
        """Return the execution of this name that a machine has already; Express executions may share a name."""
        if name is None or machine.revision.machine.type == "EXPRESS":
            return None
        found = self.runs.get(_identity(machine, name).execution_arn)
        return found if found is not None and found.machine is machine else None

    def target(self, arn: str) -> Target | None:
        """Return what an ARN names; None if there is nothing of that name. An alias picks one of its versions."""
        if arn in self.machines:
            return Target(self.machines[arn])
        base, _, last = arn.rpartition(":")
        machine = self.machines.get(base)
        if machine is None:
            return None
        if last.isdecimal():
            version = machine.versions.get(int(last))
            return Target(machine, version) if version is not None else None
        alias = machine.aliases.get(last)
        if alias is None:
            return None
        number = int(alias.choose().rpartition(":")[2])
        return Target(machine, machine.versions[number], alias)

    def start(
        self, target: Target, name: str | None, input_text: str, value: JSON, mocks: MockedStates | None = None
    ) -> Run:
        """Start an execution on the running event loop; `mocks` answers for some of its states."""
        self.make_room()
        name = name or str(uuid.uuid4())
        identity = _identity(target.machine, name, target.revision)
        kernel = Kernel(target.revision.machine.program)
        kernel.activities = self.callbacks.activities
        performer, children = self.performer.mocked(mocks), Children(self)
        seed = random.SystemRandom().getrandbits(64)
        launch = Launch(kernel, performer, value, identity, seed, objects=self.objects, watcher=children)
        driver = launch.in_real_time(self.skips_time, self.callbacks.wait_for)
        run = children.parent = Run(target, name, input_text, driver)
        run.arn = identity.execution_arn
        self.runs[run.arn] = run
        self._begin(self._follow(run, launch.started(driver.clock())))
        if self.logs is not None:
            self._begin(self.logs.follow(run, target.machine.arn, target.revision.logging, run.ended))
        return run

    def redrive(self, run: Run) -> float:
        """Have an execution that did not succeed go on from where it failed; return the moment."""
        at = run.driver.clock()
        run.stopped_at = None
        run.ended = asyncio.Event()
        self._begin(self._follow(run, ExecutionRedriven(at)))
        revision = run.target.revision
        if self.logs is not None:
            heard = run.kernel.event_count
            self._begin(self.logs.follow(run, run.machine.arn, revision.logging, run.ended, heard))
        return at

    def prepare_logs(self, logging: dict[str, Any], account: Account) -> None:
        """Let the log group know of a state machine that will write there."""
        logs = self.logs
        if logs is not None and logging.get("destinations"):
            self._begin(in_thread(lambda: logs.prepare(logging, account.region, account.id)))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something on the running event loop, until it is done or the service is closed."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, run: Run, started: ExecutionStarted | ExecutionRedriven) -> None:
        try:
            await run.driver.run(started)
        except asyncio.CancelledError:
            raise
        except BaseException as problem:
            _give_up(run, problem)
        run.stopped_at = run.driver.clock()
        self.measure(run)
        run.ended.set()

    def measure(self, run: Run) -> None:
        """Count what an execution that has ended keeps in memory: its history."""
        before, run.memory = run.memory, memory_of_records(run.kernel.records or [])
        self.memory += run.memory - before

    def make_room(self) -> None:
        """Forget the oldest executions that have ended while there is too much of them; refuse one more when all still
        run."""
        while len(self.runs) >= MAX_EXECUTIONS or self.memory > MAX_MEMORY:
            ended = next((arn for arn, run in self.runs.items() if run.stopped_at is not None), None)
            if ended is None:
                break
            self.memory -= self.runs.pop(ended).memory
        if len(self.runs) >= MAX_EXECUTIONS:
            raise ApiError("ExecutionLimitExceeded", f"{MAX_EXECUTIONS} executions are running")

    async def close(self) -> None:
        """Stop what is running; wait a little for functions that do not want to be stopped."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)


def _identity(machine: Machine, name: str, revision: Revision | None = None) -> Identity:
    account, running = machine.account, revision or machine.revision
    return Identity(name, machine.name, running.role_arn, account.id, account.region, running.machine.type)


def _give_up(run: Run, problem: BaseException) -> None:
    """End an execution that cannot go on, and tell whoever runs the endpoint why; it must not seem to run for ever."""
    kernel = run.kernel
    cause = str(problem) if isinstance(problem, AslError) else f"{type(problem).__name__} in the engine; see its log"
    if not isinstance(problem, AslError):
        traceback.print_exception(problem)
    kernel.fail("States.Runtime", cause)
