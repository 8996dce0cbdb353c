"""Threads for what blocks: as many as work is under way, at most so many, and used again.

No Python thread can be stopped. So what does not return keeps its thread, nobody waits for it, and it keeps no process
alive; what comes when all threads are busy waits for one. The threads of `concurrent.futures` are waited for at the end
of the process, so these are threads of our own.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final, TypeAlias

Work: TypeAlias = Callable[[], None]
"""Work that catches what it raises."""

MAX_THREADS: Final = 1_000
"""How many calls block at once, as many as Lambda runs at once for an account that has asked for no more."""

IDLE_SECONDS: Final = 10.0
"""How long a thread waits for more work."""


class Threads:
    """A pool of at most so many threads."""

    def __init__(self, most: int = MAX_THREADS) -> None:
        self.most = most
        self.count = 0
        self._waiting: deque[Work] = deque()
        self._idle = 0
        self._changed = threading.Condition()

    def do(self, work: Work) -> None:
        """Have work done in a thread, when one is free."""
        with self._changed:
            self._waiting.append(work)
            if self._idle >= len(self._waiting):
                self._changed.notify()
                return
            if self.count >= self.most:
                return
            self.count += 1
        threading.Thread(target=self._serve, daemon=True, name="asl-function").start()

    def _serve(self) -> None:
        while (work := self._next()) is not None:
            work()

    def _next(self) -> Work | None:
        """Return the work that has waited longest; None when there was none for a while, and this thread ends."""
        with self._changed:
            self._idle += 1
            is_there = self._changed.wait_for(lambda: self._waiting, IDLE_SECONDS)
            self._idle -= 1
            if is_there:
                return self._waiting.popleft()
            self.count -= 1
            return None


THREADS: Final = Threads()
"""The threads of this process."""
