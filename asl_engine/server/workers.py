"""Workers that wait for a task of an activity."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import TypeVar

Task = TypeVar("Task")


class Workers:
    """Who waits at which activity, by its ARN. Work itself is in the store; here somebody learns that there is some."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    def wake(self, activity_arn: str) -> None:
        """Wake the worker that has waited longest at an activity."""
        waiting = self._waiting.get(activity_arn, ())
        while waiting:
            worker = waiting.popleft()
            if not worker.done():
                worker.set_result(None)
                return

    async def next(self, activity_arn: str, take: Callable[[], Task | None], seconds: float) -> Task | None:
        """Return what `take` gives; while it gives nothing, wait so long for work. Cancelled, it takes nothing."""
        deadline = time.monotonic() + seconds
        while (task := take()) is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            worker: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiting = self._waiting.setdefault(activity_arn, deque())
            waiting.append(worker)
            try:
                async with asyncio.timeout(left):
                    await worker
            except TimeoutError:
                continue
            except asyncio.CancelledError:
                if worker.done():  # it was woken, and goes away: the next one is to have the work
                    self.wake(activity_arn)
                raise
            finally:
                if not waiting:
                    self._waiting.pop(activity_arn, None)
        return task
