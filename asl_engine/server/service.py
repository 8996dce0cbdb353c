"""What the endpoint remembers: state machines and executions, in memory."""

from __future__ import annotations

import asyncio
import random
import time
import traceback
import uuid
from typing import Any

from asl_engine.drivers.realtime import RealTimeDriver
from asl_engine.engine import StateMachine
from asl_engine.errors import AslError
from asl_engine.history import Event, Mark, read_events
from asl_engine.kernel import ExecutionStarted, Identity, Kernel
from asl_engine.server.errors import ApiError
from asl_engine.server.mocking import MockConfigFile
from asl_engine.tasks.mocks import MockedStates
from asl_engine.tasks.perform import Performer
from asl_engine.values import JSON

MAX_MACHINES = 10_000
"""How many state machines an account may have (AWS quota)."""

MAX_EXECUTIONS = 100_000
"""How many executions are kept; the oldest that have ended are forgotten first."""


class Account:
    """Who asks: the account and region of a request."""

    __slots__ = ("id", "region")

    def __init__(self, id: str, region: str) -> None:
        self.id = id
        self.region = region


class Machine:
    """A state machine that was created."""

    def __init__(self, account: Account, request: dict[str, Any], machine: StateMachine) -> None:
        self.account = account
        self.name: str = request["name"]
        self.arn = f"arn:aws:states:{account.region}:{account.id}:stateMachine:{self.name}"
        self.role_arn: str = request["roleArn"]
        self.definition: str = request["definition"]
        self.machine = machine
        self.logging: dict[str, Any] = {"level": "OFF", "includeExecutionData": False} | request.get(
            "loggingConfiguration", {}
        )
        self.tracing: dict[str, Any] = request.get("tracingConfiguration", {"enabled": False})
        self.created_at = time.time()

    def is_same(self, request: dict[str, Any]) -> bool:
        """Whether creating it again with this request changes nothing: then it is answered as the first time."""
        other_logging = {"level": "OFF", "includeExecutionData": False} | request.get("loggingConfiguration", {})
        mine = (self.definition, self.role_arn, self.machine.type, self.logging)
        return mine == (request["definition"], request["roleArn"], request.get("type", "STANDARD"), other_logging)


class Run:
    """An execution that was started."""

    def __init__(self, machine: Machine, name: str, input_text: str, driver: RealTimeDriver) -> None:
        self.machine = machine
        self.name = name
        self.input_text = input_text
        self.driver = driver
        self.started_at = time.time()
        self.stopped_at: float | None = None
        self.arn = ""
        self.ended = asyncio.Event()

    @property
    def kernel(self) -> Kernel:
        """The execution's memory."""
        return self.driver.kernel

    def events(self) -> list[Event]:
        """Return the history so far."""
        return read_events(self.kernel.records or [], self.input_text)


class Service:
    """The machines and executions of all accounts, and the performer that does their tasks."""

    def __init__(self, performer: Performer, skips_time: bool = False, mocks: MockConfigFile | None = None) -> None:
        self.performer = performer
        self.skips_time = skips_time
        self.mocks = mocks
        self.machines: dict[str, Machine] = {}
        self.runs: dict[str, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def known_run(self, machine: Machine, name: str | None) -> Run | None:
        """Return the execution of this name that a machine has already; Express executions may share a name."""
        if name is None or machine.machine.type == "EXPRESS":
            return None
        found = self.runs.get(_identity(machine, name).execution_arn)
        return found if found is not None and found.machine is machine else None

    def start(
        self, machine: Machine, name: str | None, input_text: str, value: JSON, mocks: MockedStates | None = None
    ) -> Run:
        """Start an execution on the running event loop; `mocks` answers for some of its states."""
        self._make_room()
        name = name or str(uuid.uuid4())
        identity = _identity(machine, name)
        kernel = Kernel(machine.machine.program)
        performer = self.performer.mocked(mocks)
        run = Run(machine, name, input_text, RealTimeDriver(kernel, performer, self.skips_time))
        run.arn = identity.execution_arn
        self.runs[run.arn] = run
        seed = random.SystemRandom().getrandbits(64)
        started = ExecutionStarted(run.driver.clock(), value, identity, seed)
        task = asyncio.get_running_loop().create_task(self._follow(run, started))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    async def _follow(self, run: Run, started: ExecutionStarted) -> None:
        try:
            await run.driver.run(started)
        except asyncio.CancelledError:
            raise
        except BaseException as problem:
            _give_up(run, problem)
        run.stopped_at = run.driver.clock()
        run.ended.set()

    def _make_room(self) -> None:
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


def _identity(machine: Machine, name: str) -> Identity:
    account = machine.account
    return Identity(name, machine.name, machine.role_arn, account.id, account.region, machine.machine.type)


def _give_up(run: Run, problem: BaseException) -> None:
    """End an execution that cannot go on, and tell whoever runs the endpoint why; it must not seem to run for ever."""
    kernel = run.kernel
    cause = str(problem) if isinstance(problem, AslError) else f"{type(problem).__name__} in the engine; see its log"
    if not isinstance(problem, AslError):
        traceback.print_exception(problem)
    kernel.error, kernel.cause = "States.Runtime", cause
    kernel.end("FAILED", Mark.FAILED, kernel.error, kernel.cause)
