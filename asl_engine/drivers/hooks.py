"""Where others may look into a driver, or have a say: so that a driver of one's own need not override anything.

In the order in which they are called:

    intercept   before a task is performed
    on_event    before the kernel takes in an event
    budget      in real time, for what the kernel asks while it takes it in: whether it is to give way
    on_commit   after it has, and before any command that follows from it leaves the driver
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from asl_engine.kernel import Event, StartTask

if TYPE_CHECKING:
    from asl_engine.mapruns.family import FamilyEvent

Intercept: TypeAlias = Callable[[StartTask], Sequence[Event] | None]
"""Returns the events that answer a task, each at its own moment, instead of having it performed; None has it done."""

OnEvent: TypeAlias = "Callable[[FamilyEvent], None]"

Budget: TypeAlias = Callable[[Callable[[], bool]], Callable[[], bool]]
"""Gets what tells whether the budget of work is spent, and returns what the kernel asks in its place: so a journal can
write down where an execution gave way, which nobody could tell from its events."""

OnCommit: TypeAlias = "Callable[[FamilyEvent], Awaitable[None] | None]"
"""A journal writes the event here, ahead of what is done because of it: after a crash, a command without its event
would be work that nobody remembers having asked for. The driver in real time awaits what it returns, and holds the
commands until then; in virtual time it must return None. It may put another kernel into the driver's `kernel`, or
another family into its `family`."""


class Hooks(NamedTuple):
    """What is called on the way; None is not."""

    intercept: Intercept | None = None
    on_event: OnEvent | None = None
    on_commit: OnCommit | None = None
    budget: Budget | None = None


NO_HOOKS: Final = Hooks()
