"""What is over for long goes, in small steps, so that nobody waits for it: the server calls `tidy` now and then.

An execution that ended 90 days ago is not seen any more from one transaction on; what belongs to it follows. The events
of one that a redrive could have continued go when that is over: after 14 days its packed history is all that is left.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from asl_engine.quotas import RETENTION_SECONDS
from asl_engine.store.sqlite.executions import Executions
from asl_engine.store.sqlite.shared import text_to_store
from asl_engine.store.sqlite.tables import EXECUTIONS, MAP_RUNS

MAX_ROWS: Final = 100
"""How many rows one step takes away at the most."""

MAX_FREE_PAGES: Final = 256
"""How many pages of the file may be empty; more are given back to the file system, that many at a time."""

Execute = Callable[..., sqlite3.Cursor]

_OF_EVENTS: Final = (("event", "seq"),)
_OF_ALL: Final = (*_OF_EVENTS, ("token", "id"), ("redrive", "token"), ("history", "1"), ("log_position", "1"))
"""The tables with rows that belong to an execution, and what tells those of the same apart."""


class Retention(Executions):
    """Executions, Map Runs and what belongs to them, when their time is over."""

    def tidy(self, now: float) -> bool:
        """Take away a few rows that are over, or give back a few pages, in one transaction; return whether there may be
        more. Call it again when that is saved."""
        with self.database.transaction() as execute:
            left = self._sweep(execute, now, MAX_ROWS)
            if left == MAX_ROWS:
                left -= self._expire(execute, now - RETENTION_SECONDS)
            if left == MAX_ROWS:
                return self._shrink(execute)
        return True

    def _sweep(self, execute: Execute, now: float, room: int) -> int:
        """Take away at most so many rows of executions that are over; return for how many there is still room."""
        sql = "SELECT execution, is_whole FROM sweep WHERE at <= ? ORDER BY at LIMIT ?"
        for number, is_whole in execute(sql, (now, room)).fetchall():
            for table, key in _OF_ALL if is_whole else _OF_EVENTS:
                room -= _delete(execute, table, key, number, room)
            room -= self._release(execute, number, room)
            if room <= 0:
                break
            execute("DELETE FROM sweep WHERE execution = ?", (number,))
            room -= 1
        return room

    def _release(self, execute: Execute, number: int, room: int) -> int:
        """Take away the large values that an execution does not refer to any more; return how many rows went."""
        used = execute("SELECT input, output FROM execution WHERE id = ?", (number,)).fetchone() or ()
        digests = [content[1:] for content in used if isinstance(content, bytes) and content[:1] == b"d"]
        kept = ", ".join("?" * len(digests))
        unused = f"SELECT sha256 FROM payload_use WHERE execution = ? AND sha256 NOT IN ({kept}) LIMIT ?"
        rows = 0
        for (digest,) in execute(unused, (number, *digests, (room + 1) // 2)).fetchall():
            execute("DELETE FROM payload_use WHERE execution = ? AND sha256 = ?", (number, digest))
            others = "SELECT 1 FROM payload_use WHERE sha256 = ?"
            rows += (
                1
                + execute(f"DELETE FROM payload WHERE sha256 = ? AND NOT EXISTS ({others})", (digest, digest)).rowcount
            )
        return rows

    def _expire(self, execute: Execute, before: float) -> int:
        """Forget executions and Map Runs that ended before a moment; return how many rows were written."""
        condition = "stopped_at < ? ORDER BY stopped_at LIMIT ?"
        executions = self.database.rows(EXECUTIONS, condition, before, MAX_ROWS // 2 - 2)
        if executions:
            self._forget(executions)
            return 2 * len(executions)
        runs = self.database.rows(MAP_RUNS, condition, before, MAX_ROWS // 3)
        for run in runs:
            execute("DELETE FROM map_run WHERE id = ?", (run.id,))
            for text, user in ((run.arn, "execution WHERE map_run"), (run.execution_arn, "map_run WHERE execution")):
                unused = f"NOT EXISTS (SELECT 1 FROM {user} = text.id)"
                execute(f"DELETE FROM text WHERE text = ? AND {unused}", (text_to_store(text),))
        self.database.shared.forget()
        return 3 * len(runs)

    def _shrink(self, execute: Execute) -> bool:
        (free,) = execute("PRAGMA freelist_count").fetchone()
        if free <= MAX_FREE_PAGES:
            return False
        for _ in range(MAX_FREE_PAGES):  # one by one: of more, Python's module has SQLite give the first back only
            execute("PRAGMA incremental_vacuum(1)")
        (left,) = execute("PRAGMA freelist_count").fetchone()
        return bool(left < free)


def _delete(execute: Execute, table: str, key: str, number: int, room: int) -> int:
    """Delete rows of an execution, as many as there is room for; return how many it were."""
    if room <= 0:
        return 0
    if key == "1":
        return execute(f"DELETE FROM {table} WHERE execution = ?", (number,)).rowcount
    chosen = f"SELECT {key} FROM {table} WHERE execution = ? LIMIT ?"
    condition = f"execution = ? AND {key} IN ({chosen})"
    return execute(f"DELETE FROM {table} WHERE {condition}", (number, number, room)).rowcount
