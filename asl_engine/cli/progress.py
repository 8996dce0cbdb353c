"""A line that is drawn over itself while something takes long: of Map Runs, the items done, failed, running, the rate
and the time left; of anything else, the time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, TextIO

from asl_engine.mapruns.map_run import MapRun
from asl_engine.strange_text import on_one_line
from asl_engine.values import elapsed

EVERY: Final = 0.2
"""How many seconds lie between two drawings."""

AFTER: Final = 1.0
"""How many seconds a Map Run takes before it is worth a line."""

WIDTH: Final = 24


def progress_bar(stream: TextIO | None) -> Callable[[MapRun], None] | None:
    """Return what draws the progress of Map Runs on a terminal; None where nobody would see it."""
    if stream is None or not stream.isatty():
        return None
    bar = Bar(time.monotonic)

    def draw(run: MapRun) -> None:
        line = bar.line(run)
        if line is not None:
            stream.write(f"\r\x1b[K{line}")
            stream.flush()

    return draw


class Bar:
    """Makes the lines; `clock` gives real time in seconds, whatever clock the execution runs on."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.began: dict[str, float] = {}
        self.drawn = 0.0
        self.is_shown = False

    def line(self, run: MapRun) -> str | None:
        """Return the line of a Map Run, empty when it is over; None when it is too early for a new one."""
        now, items = self.clock(), run.items
        began = self.began.setdefault(run.arn, now)
        is_over = run.is_read and items.done == items.total
        if is_over and self.is_shown:
            self.is_shown = False
            return ""
        if is_over or now - began < AFTER or now - self.drawn < EVERY:
            return None
        self.drawn, self.is_shown = now, True
        rate = items.done / (now - began)
        total = f" of {items.total:,}" if run.is_read else ""
        parts = [f"{on_one_line(run.state)}: {items.done:,}{total} items"]
        if run.is_read:
            done = WIDTH * items.done // max(items.total, 1)
            parts.insert(0, f"[{'#' * done}{'.' * (WIDTH - done)}]")
        parts += [f"{items.failed:,} failed", f"{items.running:,} running", f"{rate:,.0f}/s"]
        if run.is_read and rate > 0:
            parts.append(f"{elapsed((items.total - items.done) / rate)} left")
        return "  ".join(parts)


@contextlib.contextmanager
def waiting(stream: TextIO | None, what: str) -> Iterator[None]:
    """Tell on a terminal what goes on, and for how long already, when that is over a second; and take it back."""
    if stream is None or not stream.isatty():
        yield
        return
    is_over = threading.Event()
    teller = threading.Thread(target=_tell_time, args=(stream, what, is_over), daemon=True)
    teller.start()
    try:
        yield
    finally:
        is_over.set()
        teller.join()


def _tell_time(stream: TextIO, what: str, is_over: threading.Event) -> None:
    began, is_shown = time.monotonic(), False
    while not is_over.wait(EVERY if is_shown else AFTER):
        stream.write(f"\r\x1b[K{on_one_line(what)}: {time.monotonic() - began:.0f} s")
        stream.flush()
        is_shown = True
    if is_shown:
        stream.write("\r\x1b[K")
        stream.flush()
