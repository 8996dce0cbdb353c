"""Kills a process before statements that a story of a store executes, from the first migration to the last step of
retention, and looks at what is left: what was saved is there, the file is whole, and going on ends as if nothing had
been. `python tests/store/kill_points.py FOLDER 1` does so at each statement, and a higher number at some of them.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from asl_engine.quotas import RETENTION_SECONDS
from asl_engine.store import Entry, Execution, Machine, Revision, Token
from asl_engine.store.sqlite import SqliteStore

PREFIX = "arn:aws:states:us-east-1:123456789012:"
ARN = f"{PREFIX}execution:m:e"
LARGE = '"' + "x" * 40_000 + '"'
EVENTS = [Entry(seq, 1.0, "TaskSucceeded", "/A#1.0", LARGE if seq == 2 else "{}", 1) for seq in (1, 2, 3)]

connect = sqlite3.connect


class Killed:
    """Counts the statements of the connections that it opens, and kills the process before the one that is `last`."""

    def __init__(self, last=0):
        self.count, self.last = 0, last

    def connect(self, *arguments, **named):
        connection = connect(*arguments, **named)
        connection.set_trace_callback(self.note)
        return connection

    def note(self, statement):
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


def story(path, saved):
    """Do what is not done yet; `saved` hears of each step whose method has returned. Return how it ended."""
    with closing(SqliteStore(path, durability="normal")) as store:
        if store.machine(f"{PREFIX}stateMachine:m") is None and not store.tags("machine"):
            revision = Revision(None, "STANDARD", "{}", "role", {}, {}, None, 1.0)
            store.add_machine(
                Machine(f"{PREFIX}stateMachine:m", "123456789012", "us-east-1", "m", revision, 1.0),
            )
        saved("machine")
        made = store.machine(f"{PREFIX}stateMachine:m")
        row = store.execution(ARN)
        if row is None and not store.tags("ended"):
            row = Execution(ARN, made.id, made.arn, "e", made.revision, LARGE, 1.0)
            store.add_execution(row)
        saved("execution")
        if row is not None and row.status == "RUNNING":
            for entry in EVENTS[len(list(store.entries(row.id))) :]:
                store.append(row.id, entry)
                saved(f"event {entry.seq}")
            store.add_token(Token("ab" * 32, ARN, ARN, "/A#1.0", "resource", input_text="{}"))
            row.status, row.stopped_at, row.output_text, row.redrive_refusal = "SUCCEEDED", 2.0, LARGE, "it succeeded"
            store.end_execution(row, ["a record"])
            saved("end")
        if not store.tags("ended"):
            store.save_tags("ended", {"output": store.execution(ARN).output_text, "history": store.history(ARN)[0]})
        saved("told")
        while store.tidy(RETENTION_SECONDS + 3.0):
            pass
        saved("tidied")
        return left(store)


def left(store):
    """Return all rows of a store but the numbers that were used up on the way."""
    tables = [name for (name,) in store.database.fetch("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {name: store.database.fetch(f"SELECT * FROM {name}") for name in tables if not name.startswith("sqlite_")}


def promised(path, steps):
    """Return what of the steps that were saved cannot be seen."""
    with closing(SqliteStore(path, durability="normal")) as store:
        assert store.database.fetch("PRAGMA integrity_check") == [("ok",)]
        row, seen = store.execution(ARN), set()
        is_over = bool(store.tags("ended"))
        if store.machine(f"{PREFIX}stateMachine:m") is not None:
            seen.add("machine")
        if row is not None or is_over:
            seen.add("execution")
        count = 3 if is_over or (row is not None and row.status != "RUNNING") else 0
        count = count or (len(list(store.entries(row.id))) if row is not None else 0)
        seen |= {f"event {seq}" for seq in range(1, count + 1)}
        if is_over or (row is not None and row.status == "SUCCEEDED" and store.history(ARN) == ["a record"]):
            seen.add("end")
        if is_over:
            seen.add("told")
        if is_over and row is None:
            seen.add("tidied")
        return steps - seen


def killed_at(path, last):
    """Go through the story in a process that is killed; return the steps that it saved, None if it came to its end."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        sqlite3.connect = Killed(last).connect
        story(path, lambda step: os.write(write, f"{step}\n".encode()))
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as lines:
        steps = set(lines.read().splitlines())
    _, status = os.waitpid(child, 0)
    return steps if os.WIFSIGNALED(status) else None


def main(folder, stride):
    expected, last = story(folder / "whole.db", lambda step: None), 0
    while True:
        last += stride
        path = folder / f"{last}.db"
        steps = killed_at(path, last)
        if steps is None:
            break
        missing = promised(path, steps)
        assert not missing, f"killed before statement {last}: {missing} was saved, and is not there"
        again = story(path, lambda step: None)
        assert again == expected, f"killed before statement {last}: {again} in place of {expected}"
        path.unlink()
    print(last)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
