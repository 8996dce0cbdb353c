"""What the endpoint remembers: state machines and executions, in memory."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from typing import Any

from asl_engine.drivers.realtime import RealTimeDriver
from asl_engine.engine import StateMachine
from asl_engine.history import Event, read_events
from asl_engine.kernel import ExecutionStarted, Identity, Kernel
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

    def __init__(self, machine: Machine, account: Account, name: str, input_text: str, driver: RealTimeDriver) -> None:
        self.machine = machine
        self.account = account
        self.name = name
        self.input_text = input_text
        self.driver = driver
        self.started_at = time.time()
        self.stopped_at: float | None = None
        self.arn = ""

    @property
    def kernel(self) -> Kernel:
        """The execution's memory."""
        return self.driver.kernel

    def events(self) -> list[Event]:
        """Return the history so far."""
        return read_events(self.kernel.records or [], self.input_text)


class Service:
    """The machines and executions of all accounts, and the performer that does their tasks."""

    def __init__(self, performer: Performer, skips_time: bool = False) -> None:
        self.performer = performer
        self.skips_time = skips_time
        self.machines: dict[str, Machine] = {}
        self.runs: dict[str, Run] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, machine: Machine, account: Account, name: str | None, input_text: str, value: JSON) -> Run:
        """Start an execution on the running event loop."""
        name = name or str(uuid.uuid4())
        identity = Identity(name, machine.name, machine.role_arn, account.id, account.region, machine.machine.type)
        kernel = Kernel(machine.machine.program)
        run = Run(machine, account, name, input_text, RealTimeDriver(kernel, self.performer, self.skips_time))
        run.arn = identity.execution_arn
        self._make_room()
        self.runs[run.arn] = run
        seed = random.SystemRandom().getrandbits(64)
        started = ExecutionStarted(run.driver.clock(), value, identity, seed)
        task = asyncio.get_running_loop().create_task(self._follow(run, started))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return run

    async def _follow(self, run: Run, started: ExecutionStarted) -> None:
        await run.driver.run(started)
        run.stopped_at = run.driver.clock()

    def _make_room(self) -> None:
        if len(self.runs) >= MAX_EXECUTIONS:
            ended = next((arn for arn, run in self.runs.items() if run.stopped_at is not None), None)
            if ended is not None:
                del self.runs[ended]

    async def close(self) -> None:
        """Stop what is running."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
