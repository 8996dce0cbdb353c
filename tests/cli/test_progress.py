"""The line that tells how far a Map Run has come."""

from __future__ import annotations

import io
import threading
from types import SimpleNamespace

from asl_engine.cli.progress import Bar, progress_bar, waiting
from asl_engine.mapruns.children import Counts


def run(done, total, failed=0, is_read=True):
    items = Counts()
    items.ended["SUCCEEDED"], items.ended["FAILED"] = done - failed, failed
    items.running = 3 if done < total else 0
    items.pending = total - done - items.running
    return SimpleNamespace(arn="a", state="Each", items=items, is_read=is_read)


def test_a_long_run_gets_a_line_and_a_short_one_none():
    now = [0.0]
    bar = Bar(lambda: now[0])
    assert bar.line(run(1, 1000)) is None
    now[0] = 2.0
    line = bar.line(run(500, 1000, failed=7))
    assert line is not None

    assert line.startswith("[############............]  Each: 500 of 1,000 items  7 failed  3 running  250/s")
    assert line.endswith("2.000 s left")
    now[0] = 2.1
    assert bar.line(run(600, 1000)) is None  # too soon for another
    now[0] = 4.0
    assert bar.line(run(1000, 1000)) == ""


def test_a_source_that_is_still_read_has_no_end_in_sight():
    now = [0.0]
    bar = Bar(lambda: now[0])
    bar.line(run(1, 1000, is_read=False))
    now[0] = 2.0

    assert bar.line(run(500, 1000, is_read=False)) == "Each: 500 items  0 failed  3 running  250/s"


def test_nobody_sees_it_where_there_is_no_terminal():
    assert progress_bar(io.StringIO()) is None
    assert progress_bar(None) is None


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_it_is_drawn_over_itself(monkeypatch):
    now = iter([0.0, 2.0, 4.0])
    monkeypatch.setattr("asl_engine.cli.progress.time.monotonic", lambda: next(now))
    terminal = Terminal()
    draw = progress_bar(terminal)
    for done in (1, 500, 1000):
        draw(run(done, 1000))

    assert terminal.getvalue().count("\r\x1b[K") == 2


class SlowTerminal(io.StringIO):
    def isatty(self):
        return True

    def write(self, text):
        written = super().write(text)
        self.has_told.set()
        return written


def test_what_takes_long_is_told_and_taken_back():
    """The block ends when the line is there, so nothing is measured and nothing slept."""
    terminal = SlowTerminal()
    terminal.has_told = threading.Event()

    with waiting(terminal, "drawing a.json"):
        assert terminal.has_told.wait(30)

    assert terminal.getvalue().startswith("\r\x1b[Kdrawing a.json: ")
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_what_is_quick_is_not_told():
    terminal = Terminal()
    with waiting(terminal, "drawing"), waiting(io.StringIO(), "drawing"), waiting(None, "drawing"):
        pass

    assert terminal.getvalue() == ""
