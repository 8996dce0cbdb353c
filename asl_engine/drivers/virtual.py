"""The driver with a virtual clock: time jumps to the next timer whenever nothing else can happen.

Functions are called one after the other, in the order in which the kernel asks, and take no virtual time. So a thirty-day
approval runs in a millisecond, in the right order, and the same seed gives the same execution to the last digit.
"""

from __future__ import annotations

import inspect
from collections import deque
from heapq import heappop, heappush
from typing import Any

from asl_engine.drivers.blocking import TooSlow, call_within
from asl_engine.errors import Deadlock
from asl_engine.kernel import Cancel, Command, Event, Kernel, StartTask, StartTimer, TaskFailed, TaskSucceeded, TimerFired
from asl_engine.tasks.invoke import Call, Failure, prepare
from asl_engine.tasks.registry import Functions


class VirtualDriver:
    """Runs one execution to its end, or until nothing can happen any more. `now` is the virtual time in seconds since 1970."""

    def __init__(self, kernel: Kernel, functions: Functions) -> None:
        self.kernel = kernel
        self.functions = functions
        self.commands: deque[Command] = deque()
        self.timers: list[tuple[float, int, str]] = []
        self.pending: dict[str, int] = {}
        self.timer_count = 0

    def run(self, event: Event) -> None:
        """Feed the first event, then whatever follows from it. Raises Deadlock when an answer can no longer come."""
        kernel, commands = self.kernel, self.commands
        commands += kernel.handle(event)
        while kernel.status == "RUNNING":
            if commands:
                self._carry_out(commands.popleft())
            elif self.timers:
                self._jump()
            else:
                raise Deadlock(_stuck(kernel))

    def resume(self) -> None:
        """Continue a restored execution: issue again what it waits for."""
        self.commands += self.kernel.outstanding()
        while self.kernel.status == "RUNNING":
            if self.commands:
                self._carry_out(self.commands.popleft())
            elif self.timers:
                self._jump()
            else:
                raise Deadlock(_stuck(self.kernel))

    def _carry_out(self, command: Command) -> None:
        if type(command) is StartTask:
            event = self._perform(command)
            if event is not None:
                self.commands += self.kernel.handle(event)
        elif type(command) is StartTimer:
            self.timer_count += 1
            self.pending[command.op] = self.timer_count
            heappush(self.timers, (command.at, self.timer_count, command.op))
        elif type(command) is Cancel:
            self.pending.pop(command.op, None)

    def _jump(self) -> None:
        """Let the next timer that still matters fire."""
        at, number, op = heappop(self.timers)
        if self.pending.get(op) == number:
            del self.pending[op]
            self.commands += self.kernel.handle(TimerFired(max(at, self.kernel.now), op))

    def _clock(self) -> float:
        return self.kernel.now

    def _perform(self, task: StartTask) -> Event | None:
        kernel = self.kernel
        if task.op not in kernel.waiting:
            return None  # cancelled before it began
        call = prepare(self.functions, task, kernel.identity, self._clock)
        try:
            outcome = call if isinstance(call, Failure) else self._call(call, task.timeout)
        except TooSlow:
            return None  # its time limit comes next
        if isinstance(outcome, Failure):
            return TaskFailed(kernel.now, task.op, outcome.error, outcome.cause)
        return TaskSucceeded(kernel.now, task.op, outcome)

    def _call(self, call: Call, limit: float | None) -> Any:
        """Call the function here and now; with a time limit in a thread of its own, so that it can be left behind."""
        own = call.function.timeout
        try:
            if own is not None or limit is not None:
                returned = call_within(min(own or limit or 0, limit or own or 0), call)
            else:
                returned = call.function.handler(call.event, call.context)
            if inspect.isawaitable(returned):
                returned = await_here(returned)
        except TooSlow:
            if own is not None and (limit is None or own <= limit):
                return call.timed_out()
            raise
        except (Exception, SystemExit) as problem:
            return call.failed(problem)
        return call.succeeded(returned)


def await_here(awaitable: Any) -> Any:
    """Run a coroutine to its end in a loop of its own."""
    import asyncio

    async def run() -> Any:
        return await awaitable

    return asyncio.run(run())


def _stuck(kernel: Kernel) -> str:
    waits = ", ".join(repr(op) for op in kernel.waiting) or "nothing"
    return f"the execution waits for {waits}, and nothing that could answer is under way"
