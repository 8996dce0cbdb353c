"""Calling a function from code that blocks: also one that may never come back, and one that is `async def`."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from asl_engine.tasks.invoke import Call


class TooSlow(Exception):
    """The function did not return in time. Its thread goes on; nobody listens to it."""


PLAIN = frozenset({dict, list, str, int, float, bool, type(None)})
"""The types of most results, which need no awaiting; asking `inspect` costs more than most functions do."""


def awaited(returned: Any) -> Any:
    """Return what a function returned, or what comes of it when that must be awaited."""
    return await_here(returned) if inspect.isawaitable(returned) else returned


def call_within(seconds: float, call: Call) -> Any:
    """Return what the function returns, or raise what it raises, or raise TooSlow after `seconds` of real time."""
    return _in_thread(lambda: awaited(call.function.handler(call.event, call.context)), seconds)


def _in_thread(work: Callable[[], Any], seconds: float | None) -> Any:
    """Do the work in a thread of its own, and wait for its end, or for so many seconds.

    The thread is left behind when the time is over, as no Python thread can be stopped; it does not keep the process
    alive.
    """
    box: list[tuple[bool, Any]] = []

    def run() -> None:
        try:
            box.append((True, work()))
        except BaseException as problem:
            box.append((False, problem))

    thread = threading.Thread(target=run, daemon=True, name="asl-function")
    thread.start()
    thread.join(None if seconds is None else min(seconds, threading.TIMEOUT_MAX))
    if not box:
        raise TooSlow
    has_returned, value = box[0]
    if has_returned:
        return value
    raise value


class CancelledError(Exception):
    """The function cancelled itself; asyncio's own exception of this name would end what runs the function as well."""


def await_here(awaitable: Awaitable[Any]) -> Any:
    """Run an awaitable to its end in an event loop of its own; beside a running loop, in a thread of its own."""
    import asyncio

    async def run() -> Any:
        try:
            return await awaitable
        except asyncio.CancelledError as problem:
            raise CancelledError(*problem.args) from problem

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(run())
    return _in_thread(lambda: asyncio.run(run()), None)
