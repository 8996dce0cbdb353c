"""One evaluation: its global variables, and the limits that it runs under.

Everything that can grow is counted in one number, `work`: items that a step or a function goes over or makes, calls,
characters by the eight, and the steps of regular expressions. So a loop, a range, a string that doubles and a thousand
slow matches all end, at `max_work` at the latest, and the clock is looked at only when enough has been counted. Nesting
is counted by the calls of functions, which add the depth at which they are written, so that it is the number of nested
evaluations as the reference counts them.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

from asl_engine.lang.jsonata import host
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value

DEFAULT_DEPTH: Final = 500
"""Nested evaluations; the default limit of Python's own stack ends some expressions before, with the same error."""

DEFAULT_WORK: Final = 50_000_000
"""Items and characters by the eight: hundreds of megabytes, or minutes."""

DEFAULT_TAIL_CALLS: Final = 10_000_000
"""Calls in the place of a call, which take no room: some seconds."""

DEFAULT_PADDING: Final = 2**53
"""Characters that one `$pad` adds."""

PICTURE: Final = 16
"""What a number in words, a date or another base costs: some of them take 60 microseconds."""

BETWEEN_LOOKS: Final = 10_000
"""Work between two looks at the clock."""

TOO_DEEP: Final = (
    "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive."
)
TOO_LONG: Final = "Expression evaluation timeout: Check for infinite loop"
TOO_MUCH: Final = "Expression evaluation memory limit exceeded: Check for excessive memory usage"


class Runtime(dict[str, Any]):
    """The globals by name; `work` and `depth` are counted by whoever works and nests.

    One runtime serves many evaluations, one after the other: `begin` sets the counters back.
    """

    work = 0
    depth = 0
    tail_calls = 0
    max_depth = DEFAULT_DEPTH
    max_work = DEFAULT_WORK
    max_tail_calls = DEFAULT_TAIL_CALLS
    max_padding = DEFAULT_PADDING
    prints_all_digits = False
    """Whether numbers as text have all their digits, and not fifteen."""
    next_look = DEFAULT_WORK
    is_mixed = False
    """Whether something made a sequence part of another value."""
    seconds: float | None = None
    deadline: float | None = None
    clock: Callable[[], float] = host.processor_time
    _now: float | None = None
    _random: Random | None = None

    def limit(
        self,
        timeout: float | None,
        max_depth: int | None,
        max_work: int | None,
        clock: Callable[[], float] | None,
    ) -> None:
        """Set the limits that are given."""
        if max_depth is not None:
            self.max_depth = max_depth
        if max_work is not None:
            self.max_work = max_work
        if timeout is not None:
            self.seconds = timeout
            self.clock = clock or host.processor_time
        self.begin()

    def give(self, now: float | None, random: Random | None) -> None:
        """Set the time and the chance that the expression sees."""
        self._now = now
        self._random = random

    def begin(self) -> None:
        """Set the counters back for an evaluation."""
        self.work = self.depth = self.tail_calls = 0
        self.is_mixed = False
        self.deadline = None
        self.next_look = self.max_work if self.seconds is None else min(BETWEEN_LOOKS, self.max_work)

    @property
    def now(self) -> float:
        """The time of this evaluation in milliseconds, the same whenever it is asked for."""
        if self._now is None:
            self._now = host.now()
        return self._now

    @property
    def random(self) -> Random:
        """The source of chance of this evaluation."""
        if self._random is None:
            self._random = host.new_random()
        return self._random

    def charge(self, amount: int) -> None:
        """Count work that is about to be done; raise JSONataError where that is too much."""
        self.work += amount
        if self.work > self.next_look:
            self.look()

    def charge_tail_call(self) -> None:
        """Count a call that goes on in the place of another."""
        self.tail_calls += 1
        if self.tail_calls > self.max_tail_calls:
            raise JSONataError("U1001", message=TOO_LONG)
        self.charge(1)

    def charge_padding(self, length: int) -> None:
        """Count the characters that a text is about to be padded with."""
        if length > self.max_padding:
            raise JSONataError("U1002", message=TOO_MUCH)
        self.charge_text(length)

    def charge_range(self, size: int) -> None:
        """Count the items of a range that is about to be made."""
        self.charge(size)

    def charge_text(self, length: int) -> None:
        """Count the characters of a text that is about to be made."""
        self.charge(length >> 3)

    def charge_picture(self, text: Value, picture: Value = UNDEFINED) -> None:
        """Count a number or a time that is about to be written, or read from a text, as a picture says."""
        self.charge(PICTURE + sum(len(part) >> 3 for part in (text, picture) if isinstance(part, str)))

    def look(self) -> None:
        """Raise JSONataError if the limits are passed."""
        if self.work > self.max_work:
            raise JSONataError("U1002", message=TOO_MUCH)
        if self.seconds is not None:
            now = self.clock()
            if self.deadline is None:  # what is short never looks, and never asks for the time
                self.deadline = now + self.seconds
            elif now > self.deadline:
                raise JSONataError("U1001", message=TOO_LONG)
        self.next_look = min(self.work + BETWEEN_LOOKS, self.max_work)

    def too_deep(self) -> JSONataError:
        """Return the error for too many nested evaluations."""
        return JSONataError("U1001", message=TOO_DEEP)
