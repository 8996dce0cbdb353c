"""The service: a store with what is remembered, and beside it what is alive."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
import traceback
from collections.abc import Coroutine
from functools import partial
from itertools import chain, repeat
from typing import Any, cast

from asl_engine.drivers.calls import in_thread
from asl_engine.drivers.hooks import NO_HOOKS
from asl_engine.drivers.realtime import RealTimeDriver
from asl_engine.errors import AslError
from asl_engine.history import EventReader
from asl_engine.journal import Circumstances
from asl_engine.kernel import ExecutionRedriven, Identity, Kernel, StartTask
from asl_engine.mapruns.s3_objects import Objects
from asl_engine.server.account import Account
from asl_engine.server.deletion import Deletions
from asl_engine.server.keys import Keys
from asl_engine.server.live import Descendants, LiveExecution, let_go
from asl_engine.server.logs import Logs
from asl_engine.server.mock_cases import MockConfigFile, mocks_of
from asl_engine.server.revisions import compiled
from asl_engine.server.revival import PATIENCE, Revival, Run, started
from asl_engine.server.workers import Workers
from asl_engine.store import Execution, MemoryStore, Store, StoreFailed, Token
from asl_engine.store.store import DurableStore
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
        self.deletions = Deletions(self.live)
        self.workers = Workers()
        self.logs: Logs | None = None
        self.objects: Objects | None = None
        self.keys = Keys(None)
        self._activities = Activities(self.store)
        self.running = 0
        self.revival: Revival | None = None
        if self.store.is_durable:
            self.revival = Revival(cast(DurableStore, self.store), self.live, self._prepared, self._go_on, self._finish)
        self.is_closing = False
        self._endings: dict[str, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, row: Execution, identity: Identity, value: JSON, mocks: MockedStates | None = None) -> None:
        """Run an execution that the store has, on the running event loop; `mocks` answers for some of its states."""
        let_go(self.store, self.live)
        live = self._prepared(row, mocks)
        if self.revival is not None and row.revision.type == "STANDARD":
            self.revival.journal(live)
        self._go_on(live, partial(live.driver.run, started(live, value, identity)))

    def _prepared(self, row: Execution, mocks: MockedStates | None = None) -> LiveExecution:
        """Give an execution a kernel and a driver; it has not begun."""
        if mocks is None and row.test_case is not None:
            mocks = mocks_of(row.machine_arn, row.test_case, self.mocks)
        machine = compiled(row.revision.definition, row.revision.type)
        kernel = Kernel(machine.program)
        kernel.activities = circumstances = Circumstances(self._activities)
        descendants = Descendants(self.store, self.live, self._note_end)
        performer = self.performer.mocked(mocks)
        patience = PATIENCE if self.revival is not None and not self.skips_time else None
        driver = RealTimeDriver(
            kernel, performer, self.skips_time, self._hand_out, NO_HOOKS, self.objects, descendants, patience
        )
        live = descendants.root = LiveExecution(row, kernel, driver, descendants, circumstances, machine)
        return live

    def _go_on(self, live: LiveExecution, run: Run, seen: int = 0) -> None:
        """Have an execution run until it ends, or is parked; `seen` events of it are in its log."""
        self.live[live.row.arn] = live
        self.running += 1
        self._begin(self._follow(live, run))
        self._log(live, seen)

    def awake(self, arn: str) -> LiveExecution | None:
        """Return an execution that is alive; where executions are durable, also one that has to be made so: it was
        parked, or a redrive can have it go on. None if it is over."""
        live = self.live.get(arn)
        return self.revival.revive(arn) if live is None and self.revival is not None else live

    def redrive(self, live: LiveExecution) -> float:
        """Have an execution that did not succeed go on from where it failed; return the moment."""
        at = live.driver.clock()
        live.row.reopen(at)
        self.store.update_execution(live.row)
        live.left = asyncio.Event()
        self._go_on(live, partial(live.driver.run, ExecutionRedriven(at)), live.kernel.event_count)
        return at

    def _log(self, live: LiveExecution, seen: int = 0) -> None:
        if self.logs is None:
            return
        row, note = live.row, None
        if self.revival is not None:
            store = self.revival.store
            seen = max(seen, store.log_position(row.id))
            note = partial(store.save_log_position, row.id)
        work = self.logs.follow(row.arn, live.reader(), row.machine_arn, row.revision.logging, live.left, seen, note)
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

    async def _follow(self, live: LiveExecution, run: Run) -> None:
        try:
            await self._run(live, run)
            if self.revival is not None and live.kernel.status == "RUNNING":
                self.revival.park(live)
            else:
                self._finish(live)
        except StoreFailed as problem:  # nobody knows what was written: what is in the store goes on, when it can
            assert self.revival is not None
            self.revival.let_go(live)
            print(f"{live.row.arn}: {problem}", file=sys.stderr)
            self._begin(self._go_on_later(live.row.arn))
        finally:
            self.running -= 1
            live.left.set()

    async def _run(self, live: LiveExecution, run: Run) -> None:
        """Run until the end, or patience's. What cannot go on has failed: it must not seem to run for ever."""
        try:
            await run()
        except (asyncio.CancelledError, StoreFailed):
            raise
        except BaseException as problem:
            await live.driver.fail(reason_of(problem))

    def _finish(self, live: LiveExecution) -> None:
        """Write down how an execution has ended, and let those know who wait for that."""
        live.end(self.store, live.driver.clock())
        self._note_end(live.row.arn)
        if live.row.redrive_refusal is not None or live.row.revision.type == "EXPRESS" or self.revival is not None:
            self._bury(live)

    def _note_end(self, arn: str) -> None:
        ending = self._endings.pop(arn, None)
        if ending is not None:
            ending.set()

    async def _go_on_later(self, arn: str) -> None:
        """Try again to have an execution go on that the store has lost sight of."""
        assert self.revival is not None
        for delay in chain((1, 2, 5, 10), repeat(30)):
            await asyncio.sleep(delay)
            with contextlib.suppress(StoreFailed):
                self.awake(arn)
                return

    def _bury(self, live: LiveExecution) -> None:
        """Let go of what ran; unless another of the same name runs by now, as Express executions may."""
        if self.live.get(live.row.arn) is live:
            del self.live[live.row.arn]

    def ending(self, arn: str) -> asyncio.Event:
        """Return what is set when an execution that runs has ended, whether or not it is alive all the time."""
        return self._endings.setdefault(arn, asyncio.Event())

    async def wait_for(self, arn: str, seconds: float | None = None) -> None:
        """Wait until an execution has ended, or so long."""
        row = self.store.execution(arn)
        if row is not None and row.stopped_at is None:
            await asyncio.wait_for(self.ending(arn).wait(), seconds)

    def clock(self, arn: str) -> float:
        """Return the time of an execution: its own clock may be ahead, where time is skipped."""
        live = self.live.get(arn)
        return live.driver.clock() if live is not None else time.time()

    def reader(self, row: Execution) -> EventReader:
        """Return a reader of an execution's history."""
        live = self.live.get(row.arn) if row.stopped_at is not None else self.awake(row.arn)
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
        live = self.awake(token.root_arn)
        if live is None or not live.driver.answers.are_waited_for(token.op):
            return None
        return live.driver if live.driver.kernel_of(token.op).token(token.op) == token.token else None

    async def open(self) -> None:
        """Have all go on that ran when the process before this one ended."""
        if self.revival is not None:
            self._begin(self.revival.recover())
            self._begin(self.revival.keep_awake())

    async def close(self) -> None:
        """Stop what is running; wait a little for functions that do not want to be stopped."""
        self.is_closing = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)
        if self.revival is not None:
            self.revival.store.close()


def reason_of(problem: BaseException) -> str:
    """Return why an execution cannot go on, and tell whoever runs the endpoint if that is the engine's fault."""
    if isinstance(problem, AslError):
        return str(problem)
    traceback.print_exception(problem)
    return f"{type(problem).__name__} in the engine; see its log"
