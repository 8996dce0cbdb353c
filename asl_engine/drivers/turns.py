"""Turns: how long executions calculate on an event loop before it looks at everything else.

All executions of a loop share its rounds. In each, those that have something to calculate go one after the other until
the time of the round is over; then the loop sees to its connections, timers and answers, and the next round begins with
who has waited longest. So however many calculate, a request waits for some rounds and not for all of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final, TypeVar
from weakref import WeakKeyDictionary

Result = TypeVar("Result")

ROUND: Final = 0.01
"""How many seconds of one turn of the event loop are for calculation; one expression may last longer than that."""


class Turns:
    """The rounds of one event loop, and who waits for a turn."""

    def __init__(self) -> None:
        self._queue: deque[Callable[[], None]] = deque()
        self._ends = 0.0
        self._is_open = False

    def is_over(self) -> bool:
        """Whether the time of this round is used up: who calculates is to give way."""
        return monotonic() > self._ends

    async def take(self, work: Callable[[], Result]) -> Result:
        """Do work that calculates when it is its turn; at once while nobody waits, and the round has time."""
        if not self._is_open:
            self._open()
        if not (self._queue or self.is_over()):
            return work()
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        def run() -> None:
            if not future.done():  # else it was cancelled
                try:
                    future.set_result(work())
                except BaseException as problem:
                    future.set_exception(problem)

        self._queue.append(run)
        return await future

    def _open(self) -> None:
        self._is_open = True
        self._ends = monotonic() + ROUND
        asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        """Begin the next round, if somebody waits for it."""
        self._is_open = False
        if self._queue:
            self._open()
            while self._queue and not self.is_over():
                self._queue.popleft()()


_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def turns() -> Turns:
    """Return the turns of the running event loop."""
    loop = asyncio.get_running_loop()
    known = _TURNS.get(loop)
    if known is None:
        known = _TURNS[loop] = Turns()
    return known
