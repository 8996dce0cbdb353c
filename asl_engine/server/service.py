"""What the endpoint remembers: state machines and executions, in memory."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import traceback
import uuid
from collections import OrderedDict
from collections.abc import Coroutine
from typing import Any

from asl_engine.drivers.realtime import RealTimeDriver, in_thread
from asl_engine.engine import StateMachine
from asl_engine.errors import AslError
from asl_engine.history import Event, EventReader, Mark, read_events
from asl_engine.kernel import ExecutionRedriven, ExecutionStarted, Identity, Kernel
from asl_engine.mapruns.family import Watcher
from asl_engine.mapruns.map_run import Child, MapRun
from asl_engine.mapruns.objects import Objects
from asl_engine.server.callbacks import Callbacks
from asl_engine.server.errors import ApiError
from asl_engine.server.logs import Logs
from asl_engine.server.mocking import MockConfigFile
from asl_engine.tasks.mocks import MockedStates
from asl_engine.tasks.perform import Performer
from asl_engine.values import JSON, json_text

MAX_MACHINES = 10_000
"""How many state machines an account may have (AWS quota)."""

MAX_MAP_RUNS = 10_000
"""How many Map Runs are kept; the oldest that have ended are forgotten first."""

MAX_EXECUTIONS = 100_000
"""How many executions are kept; the oldest that have ended are forgotten first."""


class Account:
    """Who asks: the account and region of a request."""

    __slots__ = ("id", "region")

    def __init__(self, id: str, region: str) -> None:
        self.id = id
        self.region = region


NO_LOGGING: dict[str, Any] = {"level": "OFF", "includeExecutionData": False}


class Revision:
    """What a state machine is between two updates. `id` is None for the first one, as AWS tells none for it."""

    def __init__(self, machine: StateMachine, request: dict[str, Any], before: Revision | None = None) -> None:
        self.machine = machine
        self.id = str(uuid.uuid4()) if before is not None else None
        self.definition: str = machine.definition
        self.role_arn: str = request.get("roleArn") or (before.role_arn if before else "")
        logging = request.get("loggingConfiguration")
        self.logging: dict[str, Any] = (
            NO_LOGGING | logging if logging is not None else before.logging if before else NO_LOGGING
        )
        tracing = request.get("tracingConfiguration")
        self.tracing: dict[str, Any] = tracing or (before.tracing if before else {"enabled": False})
        encryption = request.get("encryptionConfiguration")
        self.encryption: dict[str, Any] | None = encryption or (before.encryption if before else None)
        self.updated_at = time.time()

    def is_same(self, other: Revision) -> bool:
        """Whether nothing differs from another: then an update makes no new revision."""
        mine, theirs = (
            (one.definition, one.role_arn, one.machine.type, one.logging, one.tracing, one.encryption)
            for one in (self, other)
        )
        return mine == theirs


class Version:
    """A revision that was published under a number, which never changes."""

    def __init__(self, arn: str, number: int, revision: Revision, description: str | None) -> None:
        self.arn = arn
        self.number = number
        self.revision = revision
        self.description = description
        self.created_at = time.time()


class Alias:
    """A name for one version, or for two of which each gets its share of the executions, by weight in per cent."""

    def __init__(self, arn: str, name: str, routes: list[dict[str, Any]], description: str | None) -> None:
        self.arn = arn
        self.name = name
        self.routes = routes
        self.description = description
        self.created_at = self.updated_at = time.time()

    def choose(self) -> str:
        """Return the ARN of the version that the next execution gets."""
        arns = [route["stateMachineVersionArn"] for route in self.routes]
        chosen: str = random.choices(arns, [route["weight"] for route in self.routes])[0]
        return chosen


class Machine:
    """A state machine that was created: its revision of now, its versions by number and its aliases by name."""

    def __init__(self, account: Account, name: str, revision: Revision) -> None:
        self.account = account
        self.name = name
        self.arn = f"arn:aws:states:{account.region}:{account.id}:stateMachine:{name}"
        self.revision = revision
        self.versions: dict[int, Version] = {}
        self.last_version = 0
        self.aliases: dict[str, Alias] = {}
        self.created_at = time.time()

    def publish(self, description: str | None) -> Version:
        """Return the version of the revision of now: a new one, or the one that it has already."""
        for version in self.versions.values():
            if version.revision is self.revision:
                return version
        self.last_version += 1
        number = self.last_version
        version = self.versions[number] = Version(f"{self.arn}:{number}", number, self.revision, description)
        return version


class Target:
    """What an ARN names that executions can be started of: a machine as it is now, one version, or an alias."""

    def __init__(self, machine: Machine, version: Version | None = None, alias: Alias | None = None) -> None:
        self.machine = machine
        self.version = version
        self.alias = alias

    @property
    def revision(self) -> Revision:
        """What is to run."""
        return self.machine.revision if self.version is None else self.version.revision


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
        identity = child.kernel.identity
        super().__init__(parent.target, identity.execution_name, json_text(child.kernel.input), parent.driver)
        self.started_at = child.kernel.started_at
        self.arn = identity.execution_arn

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

    def child_started(self, child: Child) -> None:
        """Remember a child, if there is room for one more."""
        assert self.parent is not None
        with contextlib.suppress(ApiError):
            self.service.make_room()
            run = ChildRun(self.parent, child)
            self.service.runs[run.arn] = run

    def child_ended(self, child: Child) -> None:
        """Say when it ended."""
        run = self.service.runs.get(child.kernel.identity.execution_arn)
        if run is not None:
            run.stopped_at = child.stopped_at
            run.ended.set()


class Service:
    """The machines and executions of all accounts, and the performer that does their tasks."""

    def __init__(self, performer: Performer, skips_time: bool = False, mocks: MockConfigFile | None = None) -> None:
        self.performer = performer
        self.skips_time = skips_time
        self.mocks = mocks
        self.machines: dict[str, Machine] = {}
        self.runs: dict[str, Run] = {}
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
        performer, hand_out = self.performer.mocked(mocks), self.callbacks.wait_for
        children = Children(self)
        driver = RealTimeDriver(
            kernel, performer, self.skips_time, hand_out=hand_out, objects=self.objects, watcher=children
        )
        run = children.parent = Run(target, name, input_text, driver)
        run.arn = identity.execution_arn
        self.runs[run.arn] = run
        seed = random.SystemRandom().getrandbits(64)
        started = ExecutionStarted(run.driver.clock(), value, identity, seed)
        self._begin(self._follow(run, started))
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
        run.ended.set()

    def make_room(self) -> None:
        """Forget the oldest execution that has ended when there are too many; refuse one more when all still run."""
        if len(self.runs) >= MAX_EXECUTIONS:
            ended = next((arn for arn, run in self.runs.items() if run.stopped_at is not None), None)
            if ended is None:
                raise ApiError("ExecutionLimitExceeded", f"{MAX_EXECUTIONS} executions are running")
            del self.runs[ended]

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
    kernel.error, kernel.cause = "States.Runtime", cause
    kernel.end("FAILED", Mark.FAILED, kernel.error, kernel.cause)
