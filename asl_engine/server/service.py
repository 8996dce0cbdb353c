"""The service: a store with what is remembered, and beside it what is alive."""

from __future__ import annotations

import asyncio
import random
import time
import traceback
from collections.abc import Coroutine
from typing import Any

from asl_engine.drivers.hooks import NO_HOOKS
from asl_engine.drivers.launch import Launch
from asl_engine.drivers.realtime import RealTimeDriver, in_thread
from asl_engine.errors import AslError
from asl_engine.history import EventReader
from asl_engine.kernel import ExecutionRedriven, ExecutionStarted, Identity, Kernel, StartTask
from asl_engine.mapruns.s3_objects import Objects
from asl_engine.server.account import Account
from asl_engine.server.keys import Keys
from asl_engine.server.live import Descendants, LiveExecution, let_go
from asl_engine.server.logs import Logs
from asl_engine.server.mock_cases import MockConfigFile
from asl_engine.server.revisions import compiled
from asl_engine.server.workers import Workers
from asl_engine.store import Execution, MemoryStore, Store, Token
from asl_engine.tasks.mock_config import MockedStates
from asl_engine.tasks.perform import Performer
from asl_engine.values import JSON


class Activities:
    """The activities that exist, as a kernel asks for them."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __contains__(self, arn: object) -> bool:
        return self.store.activity(str(arn)) is not None


class Service:
    """The machines and executions of all accounts, and the performer that does their tasks.

    `live` has the executions that run, and those that failed, which a redrive can have go on; `running` is how many of
    them run.
    """

    def __init__(
        self,
        performer: Performer,
        skips_time: bool = False,
        mocks: MockConfigFile | None = None,
        store: Store | None = None,
    ) -> None:
        self.performer = performer
        self.skips_time = skips_time
        self.mocks = mocks
        self.store: Store = store or MemoryStore()
        self.live: dict[str, LiveExecution] = {}
        self.workers = Workers()
        self.logs: Logs | None = None
        self.objects: Objects | None = None
        self.keys = Keys(None)
        self._activities = Activities(self.store)
        self.running = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, row: Execution, identity: Identity, value: JSON, mocks: MockedStates | None = None) -> None:
        """Run an execution that the store has, on the running event loop; `mocks` answers for some of its states."""
        let_go(self.store, self.live)
        machine = compiled(row.revision.definition, row.revision.type)
        kernel = Kernel(machine.program)
        kernel.activities = self._activities
        descendants = Descendants(self.store, self.live)
        seed = random.SystemRandom().getrandbits(64)
        performer = self.performer.mocked(mocks)
        launch = Launch(
            kernel, performer, value, identity, seed, None, NO_HOOKS, self.objects, descendants, row.input_text
        )
        driver = launch.in_real_time(self.skips_time, self._hand_out)
        live = descendants.root = self.live[row.arn] = LiveExecution(row, kernel, driver, machine)
        self.running += 1
        self._begin(self._follow(live, launch.started(driver.clock())))
        self._log(live)

    def redrive(self, live: LiveExecution) -> float:
        """Have an execution that did not succeed go on from where it failed; return the moment."""
        at = live.driver.clock()
        live.row.reopen(at)
        self.store.update_execution(live.row)
        live.ended = asyncio.Event()
        self.running += 1
        self._begin(self._follow(live, ExecutionRedriven(at)))
        self._log(live, live.kernel.event_count)
        return at

    def _log(self, live: LiveExecution, seen: int = 0) -> None:
        if self.logs is not None:
            row = live.row
            work = self.logs.follow(row.arn, live.reader(), row.machine_arn, row.revision.logging, live.ended, seen)
            self._begin(work)

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

    async def _follow(self, live: LiveExecution, first: ExecutionStarted | ExecutionRedriven) -> None:
        try:
            await live.driver.run(first)
        except asyncio.CancelledError:
            raise
        except BaseException as problem:
            _give_up(live.kernel, problem)
        finally:
            self.running -= 1
        live.end(self.store, live.driver.clock())
        if live.row.redrive_refusal is not None or live.row.revision.type == "EXPRESS":
            self._bury(live)

    def _bury(self, live: LiveExecution) -> None:
        """Let go of what ran; unless another of the same name runs by now, as Express executions may."""
        if self.live.get(live.row.arn) is live:
            del self.live[live.row.arn]

    async def wait_for(self, arn: str, seconds: float | None = None) -> None:
        """Wait until an execution has ended, or so long."""
        live = self.live.get(arn)
        if live is not None:
            await asyncio.wait_for(live.ended.wait(), seconds)

    def clock(self, arn: str) -> float:
        """Return the time of an execution: its own clock may be ahead, where time is skipped."""
        live = self.live.get(arn)
        return live.driver.clock() if live is not None else time.time()

    def reader(self, row: Execution) -> EventReader:
        """Return a reader of an execution's history."""
        live = self.live.get(row.arn)
        return live.reader() if live is not None else EventReader(self.store.history(row.arn))

    def _hand_out(self, driver: RealTimeDriver, task: StartTask) -> None:
        """An attempt waits for an answer from outside; an activity's goes into its queue."""
        kernel, resource = driver.kernel_of(task.op), task.resource
        activity_arn = resource.text if resource.family == "Activity" else None
        arns = kernel.identity.execution_arn, driver.kernel.identity.execution_arn
        work = kernel.record.text_of(task.payload) if activity_arn is not None else ""
        self.store.add_token(Token(kernel.token(task.op), *arns, task.op, resource.text, work, activity_arn))
        if activity_arn is not None:
            self.workers.wake(activity_arn)

    def driver_of(self, token: Token) -> RealTimeDriver | None:
        """Return who would hear an answer to a token; None if it would not count any more.

        Another execution may have the name by now, and wait for an op that is named alike.
        """
        live = self.live.get(token.root_arn)
        if live is None or not live.driver.is_waiting_for(token.op):
            return None
        return live.driver if live.driver.kernel_of(token.op).token(token.op) == token.token else None

    async def close(self) -> None:
        """Stop what is running; wait a little for functions that do not want to be stopped."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)


def _give_up(kernel: Kernel, problem: BaseException) -> None:
    """End an execution that cannot go on, and tell whoever runs the endpoint why; it must not seem to run for ever."""
    cause = str(problem) if isinstance(problem, AslError) else f"{type(problem).__name__} in the engine; see its log"
    if not isinstance(problem, AslError):
        traceback.print_exception(problem)
    kernel.fail("States.Runtime", cause)
