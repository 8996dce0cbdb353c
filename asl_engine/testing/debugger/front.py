"""Who is in front of the debugger, and how it leaves the execution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from asl_engine.tasks.invoke import Failure
from asl_engine.testing.debugger.stop import Stop
from asl_engine.values import JSON


class GoBack(Exception):
    """Raised through the kernel, which is then thrown away: run again up to the stop `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Quit(Exception):
    """The user has seen enough."""


class Front(Protocol):
    """Who is in front of the debugger. Both may raise GoBack and Quit."""

    def stopped(self, stop: Stop) -> Callable[[Stop], bool]:
        """Look around, and return what says of a later stop whether to stop there, breakpoints apart."""

    def asked(self, state: str, payload: JSON) -> JSON | Failure:
        """Return the result of a task that nobody does, or how it fails."""
