"""Executions of a durable store: made again of their journals, and let go while they only wait.

An execution that runs has its events in the store before anything follows from them, so one that is not alive can be
had at any time: after a restart, when its moment comes, when somebody answers, stops or redrives it, or asks for its
history. One that has had nothing to do for a while is parked: it takes no memory, and the store knows when it is due.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeAlias

from asl_engine.drivers.hooks import Hooks
from asl_engine.errors import AslError
from asl_engine.journal import Diverged, Journal, replay
from asl_engine.kernel import ExecutionRedriven, ExecutionStarted, Identity
from asl_engine.server.errors import ApiError
from asl_engine.server.live import LiveExecution, has_been_deleted
from asl_engine.store import Execution, StoreFailed
from asl_engine.store.store import DurableStore
from asl_engine.values import parse_json

Run: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""Has a driver run."""

PATIENCE: Final = 2.0
"""How many seconds an execution stays in memory that only waits."""

SECONDS_BETWEEN: Final = 60.0
"""How often is looked for what is due at the latest: clocks jump."""

TIDY_SECONDS: Final = 3_600.0
"""How often what is over for long is taken away."""

DUE_AT_ONCE: Final = 100
"""How many executions are woken before others have a turn."""


class Revival:
    """What has executions of `store` go on. `live` are those that are alive, by ARN.

    `prepare` gives an execution a kernel and a driver; `go_on` has it run; `finish` writes down its end.
    """

    def __init__(
        self,
        store: DurableStore,
        live: dict[str, LiveExecution],
        prepare: Callable[[Execution], LiveExecution],
        go_on: Callable[[LiveExecution, Run], None],
        finish: Callable[[LiveExecution], None],
    ) -> None:
        self.store = store
        self.live = live
        self._prepare, self._go_on, self._finish = prepare, go_on, finish
        self._parked = asyncio.Event()

    def journal(self, live: LiveExecution, seq: int = 0) -> None:
        """Have all that an execution hears from now on written down, behind the entry `seq`."""
        store, driver, number = self.store, live.driver, live.row.id

        def append(entry: Any) -> Any:
            store.append(number, entry)
            return store.saved()

        journal = Journal(live.kernel, driver.family, live.circumstances, append, seq)
        driver.hooks = Hooks(
            on_event=journal.on_event, on_commit=journal.on_commit, budget=live.circumstances.budget
        )

    def revive(self, arn: str) -> LiveExecution | None:
        """Return an execution made again of its journal, or a child of one; it runs on if it is not over. None if there
        is nothing that it could be made of.

        Raises ApiError when this version of the engine, or the definition, leads to another course than the journal.
        """
        row = self.store.execution(arn)
        if row is None or (row.revision.type == "EXPRESS" and row.map_run_arn is None):
            return None
        if row.map_run_arn is not None:
            run = self.store.map_run(row.map_run_arn)
            root = None if run is None else self.live.get(run.root_arn) or self.revive(run.root_arn)
            return None if root is None else self.live.get(arn)
        if row.stopped_at is not None and row.redrive_refusal is not None:
            return None
        try:
            return self._revive(row)
        except (Diverged, AslError) as problem:
            self.live.pop(arn, None)
            raise ApiError("InternalFailure", f"The execution {arn} cannot go on: {problem}") from None

    def _revive(self, row: Execution) -> LiveExecution | None:
        identity = identity_of(row)
        live = self.live[row.arn] = self._prepare(row)
        kernel, driver = live.kernel, live.driver
        entries = self.store.entries(row.id)
        with live.descendants.silent():
            known = replay(kernel, driver.family, live.circumstances, entries, row.input_text, identity)
        self.journal(live, known.seq)
        if not known.seq:  # it ended before it began, and all of its events are gone; or it has not begun
            if row.stopped_at is not None:
                del self.live[row.arn]
                return None
            self._go_on(live, partial(driver.run, started(live, parse_json(row.input_text), identity)))
            return live
        live.descendants.meet(driver.family)
        machine = self.store.machine(row.machine_arn)
        if machine is None or machine.id != row.machine_id:
            for each in (kernel, *(self.live[arn].kernel for arn in live.descendants.arns() if arn in self.live)):
                each.refusal = has_been_deleted(identity.machine_name)
        if kernel.status == "RUNNING":
            self.store.unpark(row)
            running = driver.resume(known.submitted)
            self._go_on(live, lambda: running)
        elif row.stopped_at is None and row.redrive_count > kernel.redrive_count:
            self._go_on(live, partial(driver.run, ExecutionRedriven(row.redriven_at or driver.clock())))
        elif row.stopped_at is None:
            self._finish(live)
        return live

    def park(self, live: LiveExecution) -> None:
        """Let go of an execution that only waits."""
        self.store.park(live.row, live.driver.agenda.next_at())
        self.let_go(live)
        self._parked.set()

    def let_go(self, live: LiveExecution) -> None:
        """Have an execution, with the children of its Map Runs, be alive no longer."""
        for arn in (*live.descendants.arns(), live.row.arn):
            self.live.pop(arn, None)

    async def recover(self) -> None:
        """Have all go on that ran when the process ended."""
        for row in self.store.open_executions():
            if row.arn not in self.live:
                self._wake(row)
                await asyncio.sleep(0)

    async def keep_awake(self) -> None:
        """Wake what is due, and take away what is over, as long as the service lives."""
        tidied_at = 0.0
        while True:
            now = time.time()
            due = self.store.due(now, DUE_AT_ONCE)
            for row in due:
                self._wake(row)
            if due:
                await asyncio.sleep(0)
                continue
            if now - tidied_at > TIDY_SECONDS or now < tidied_at:
                tidied_at = now
                await self._tidy(now)
            self._parked.clear()
            at = self.store.next_due()
            delay = SECONDS_BETWEEN if at is None else min(max(at - time.time(), 0.001), SECONDS_BETWEEN)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._parked.wait(), delay)

    async def _tidy(self, now: float) -> None:
        try:
            while self.store.tidy(now):
                saved = self.store.saved()
                if saved is not None:
                    await saved
        except StoreFailed as problem:
            print(f"the store was not tidied: {problem}", file=sys.stderr)

    def _wake(self, row: Execution) -> None:
        """Have an execution go on. One that cannot is left as it is, and whoever runs the endpoint learns why."""
        try:
            self.revive(row.arn)
        except ApiError as problem:
            self.store.park(row, None)
            print(problem.message, file=sys.stderr)


def started(live: LiveExecution, input: Any, identity: Identity) -> ExecutionStarted:
    """Return the first event of an execution, with chance of its own."""
    seed = random.SystemRandom().getrandbits(64)
    return ExecutionStarted(live.driver.clock(), input, identity, seed, None, live.row.input_text)


def identity_of(row: Execution) -> Identity:
    """Return who an execution is that was started, and is no child."""
    _, _, _, region, account, _, machine_name = row.machine_arn.split(":", 6)
    return Identity(row.name, machine_name, row.revision.role_arn, account, region, row.revision.type)
