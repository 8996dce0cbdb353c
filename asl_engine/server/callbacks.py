"""What waits for somebody outside: task tokens that are out, and activities with their queues.

A token belongs to one attempt of one execution. It is good until the attempt is settled: answered, timed out, or
cancelled with what it belongs to.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any

from asl_engine.drivers.realtime import RealTimeDriver
from asl_engine.kernel import StartTask
from asl_engine.kernel.events import ActivityStarted
from asl_engine.values import JSON

MAX_ENDED = 10_000
"""How many tokens are remembered after they ended, so that who comes late learns why."""


class Attempt:
    """An attempt that waits for its answer."""

    __slots__ = ("driver", "payload", "task", "token")

    def __init__(self, driver: RealTimeDriver, task: StartTask, token: str) -> None:
        self.driver = driver
        self.task = task
        self.token = token
        self.payload: JSON = task.payload

    @property
    def is_open(self) -> bool:
        """Whether an answer would still be heard."""
        return self.driver.is_waiting_for(self.task.op)


class Activity:
    """An activity that was created: what is to be done, and who asks for it."""

    def __init__(self, arn: str, name: str, encryption: dict[str, Any]) -> None:
        self.arn = arn
        self.name = name
        self.encryption = encryption
        self.created_at = time.time()
        self.to_do: deque[Attempt] = deque()
        self.asking: deque[asyncio.Future[None]] = deque()

    def put(self, attempt: Attempt) -> None:
        """Add work, and wake the worker that has waited longest."""
        self.to_do.append(attempt)
        self._wake_one()

    def _wake_one(self) -> None:
        while self.asking:
            worker = self.asking.popleft()
            if not worker.done():
                worker.set_result(None)
                return

    async def next(self, seconds: float) -> Attempt | None:
        """Return the oldest work that still matters; wait so long for it. Cancelled, it takes nothing."""
        deadline = time.monotonic() + seconds
        while True:
            while self.to_do:
                attempt = self.to_do.popleft()
                if attempt.is_open:
                    return attempt
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            worker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self.asking.append(worker)
            try:
                async with asyncio.timeout(left):
                    await worker
            except TimeoutError:
                continue
            except asyncio.CancelledError:
                if worker.done() and self.to_do:  # it was woken, and goes away: the next one is to have the work
                    self._wake_one()
                raise


class Callbacks:
    """The tokens that are out, and the activities of all accounts by their ARNs."""

    def __init__(self) -> None:
        self.attempts: dict[str, Attempt] = {}
        self.activities: dict[str, Activity] = {}

    def wait_for(self, driver: RealTimeDriver, task: StartTask) -> None:
        """Note that an attempt waits for an answer from outside; an activity's goes into its queue."""
        token = driver.kernel_of(task.op).token(task.op)
        if len(self.attempts) >= MAX_ENDED:
            self.attempts = {known: one for known, one in self.attempts.items() if one.is_open}
        attempt = self.attempts[token] = Attempt(driver, task, token)
        activity = self.activities.get(task.resource.text)
        if activity is not None:
            activity.put(attempt)

    def begin(self, attempt: Attempt, worker: str | None) -> None:
        """A worker has taken up the work of an activity."""
        attempt.driver.post(ActivityStarted(attempt.driver.clock(), attempt.task.op, worker))
