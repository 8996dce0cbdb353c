"""What an evaluation takes from the machine unless it is given: the clock that ends it, the time of day, and chance."""

from __future__ import annotations

import time
from random import Random
from typing import Final

processor_time: Final = time.thread_time
"""Seconds that this thread has worked, for `timeout` alone: a busy machine makes no expression fail."""


def now() -> float:
    """Return the time of day in milliseconds, for `$now()` and `$millis()`."""
    return time.time_ns() // 1_000_000


def new_random() -> Random:
    """Return a source of chance for `$random()` and `$shuffle()`."""
    return Random()
