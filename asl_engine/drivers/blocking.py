"""Calling a function that may never come back: in a thread that is left behind when its time is over."""

from __future__ import annotations

import inspect
import threading
from typing import Any

from asl_engine.tasks.invoke import Call


class TooSlow(Exception):  # noqa: N818 - an answer, and not a mistake
    """The function did not return in time. Its thread goes on; nobody listens to it."""


def call_within(seconds: float, call: Call) -> Any:
    """Return what the function returns, or raise what it raises, or raise TooSlow after `seconds` of real time."""
    box: list[Any] = []

    def work() -> None:
        try:
            returned = call.function.handler(call.event, call.context)
            if inspect.isawaitable(returned):
                from asl_engine.drivers.virtual import await_here

                returned = await_here(returned)
            box.append((True, returned))
        except BaseException as problem:
            box.append((False, problem))

    thread = threading.Thread(target=work, daemon=True, name=f"asl-function-{call.function.name}")
    thread.start()
    thread.join(seconds)
    if not box:
        raise TooSlow
    has_returned, value = box[0]
    if has_returned:
        return value
    raise value
