"""What others say to tasks that they have in hand: whether it counts, and where in the order of things it comes.

Whether an answer counts is decided when all that happened before has been taken in, time limits that had passed and
stops among it: what counts is in the history. Who gets a token can be faster than who hands it over, and history tells
of both in their order; such an answer counts at once, as who hands over may be waiting for that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from asl_engine.kernel import ActivityStarted, TaskFailed, TaskHeartbeat, TaskSubmitted, TaskSucceeded

if TYPE_CHECKING:
    from asl_engine.mapruns.family import FamilyEvent


class Reply:
    """What somebody else says to a task, and the answer to whether it counts."""

    def __init__(self, event: TaskSucceeded | TaskFailed | TaskHeartbeat) -> None:
        self.event = event
        self.at = event.at
        self.counts: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def settle(self, counts: bool) -> None:
        """Say whether it counts, unless nobody asks any more."""
        if not self.counts.done():
            self.counts.set_result(counts)


class Answers:
    """The answers to the attempts of one execution. `is_open` tells whether an attempt is waited for, `is_running`
    whether it is still being handed over.

    `handed_out` are the attempts that somebody else has in hand; `early` the answers that were faster than their
    handing over.
    """

    def __init__(self, is_open: Callable[[str], bool], is_running: Callable[[str], bool]) -> None:
        self._is_open = is_open
        self._is_running = is_running
        self.handed_out: set[str] = set()
        self.early: dict[str, TaskSucceeded | TaskFailed] = {}

    def are_waited_for(self, op: str) -> bool:
        """Tell whether an answer to an attempt would still count: none has come, and it is not over."""
        return op in self.handed_out and self._is_open(op)

    def reply(self, event: TaskSucceeded | TaskFailed | TaskHeartbeat) -> Reply | None:
        """Return what is to be taken in of an answer; None if it does not count in any case."""
        return Reply(event) if self.are_waited_for(event.op) else None

    def in_order(self, entry: FamilyEvent | Reply) -> Iterator[FamilyEvent]:
        """Yield the events to take in for an event, or for a reply that still counts.

        An answer that was faster than its handing over follows that, and comes before all that could make it too late.
        """
        if isinstance(entry, Reply):
            event = entry.event
            counts = self.are_waited_for(event.op)
            if counts and self._is_running(event.op) and not isinstance(event, TaskHeartbeat):
                self.early[event.op] = event
                self.handed_out.discard(event.op)
            elif counts:
                yield event
            entry.settle(counts)
            return
        early = self.early.pop(entry.op, None) if isinstance(entry, TaskSubmitted) else None
        if early is None:
            while self.early and not isinstance(entry, (TaskSubmitted, TaskHeartbeat, ActivityStarted)):
                yield self.early.popitem()[1]
        yield entry
        if early is not None:
            yield early
