"""Calling a function from code that blocks: also one that may never come back, and one that is `async def`."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from asl_engine.drivers.outcome import failed
from asl_engine.drivers.threads import THREADS
from asl_engine.tasks.invoke import Call

Result = TypeVar("Result")


class TooSlow(Exception):
    """The function did not return in time. Its thread goes on; nobody listens to it."""


PLAIN = frozenset({dict, list, str, int, float, bool, type(None)})
"""The types of most results, which need no awaiting; asking `inspect` costs more than most functions do."""


def call_here(call: Call) -> Any:
    """Return what the function returns, or the Failure that it is when it raises."""
    try:  # as `attempt` does, whose call would cost as much as most functions
        returned = call.function.handler(call.event, call.context)
    except BaseException as problem:
        return failed(call, problem)
    return returned if type(returned) in PLAIN or not inspect.isawaitable(returned) else _await_call(call, returned)


def call_within(seconds: float, call: Call) -> Any:
    """Return as `call_here` does, or raise TooSlow after `seconds` of real time."""
    return _in_thread(lambda: call_here(call), seconds)


def _await_call(call: Call, awaitable: Awaitable[Any]) -> Any:
    """Return what comes of a function that is awaited. It may cancel its own task: then it has failed, unless it had
    returned by then."""
    import asyncio

    returned = []

    async def run() -> None:
        try:
            returned.append(await awaitable)
        except asyncio.CancelledError:
            raise
        except BaseException as problem:
            returned.append(failed(call, problem))

    try:
        run_here(run())
    except asyncio.CancelledError as problem:
        return returned[0] if returned else failed(call, problem)
    return returned[0]


def awaited(returned: Any) -> Any:
    """Return what work returned, or what comes of it when that must be awaited."""
    if not inspect.isawaitable(returned):
        return returned

    async def run() -> Any:
        return await returned

    return run_here(run())


def run_here(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine to its end in an event loop of its own; beside a running loop, in a thread of its own."""
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    return _in_thread(lambda: asyncio.run(coroutine), None)


def _in_thread(work: Callable[[], Result], seconds: float | None) -> Result:
    """Do the work in a thread, and wait for its end, or for so many seconds; then the thread is left behind."""
    returned: list[Result] = []
    raised: list[BaseException] = []
    ended = threading.Event()

    def run() -> None:
        try:
            returned.append(work())
        except BaseException as problem:
            raised.append(problem)
        ended.set()

    THREADS.do(run)
    ended.wait(None if seconds is None else min(seconds, threading.TIMEOUT_MAX))
    if raised:
        raise raised[0]
    if not returned:
        raise TooSlow
    return returned[0]
