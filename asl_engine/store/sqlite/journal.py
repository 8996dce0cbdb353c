"""The events of executions that run, and which executions wait for a moment only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from asl_engine.journal.codec import Entry
from asl_engine.store.records import Execution
from asl_engine.store.sqlite.database import Part
from asl_engine.store.sqlite.shared import is_large, large_to_store, stored_text, text_to_store
from asl_engine.store.sqlite.tables import EXECUTIONS
from asl_engine.store.store import StoreFailed

_CHUNK: Final = 500
"""How many rows are read at a time where all are wanted: others write in between."""


class Journal(Part):
    """Events, only ever appended, and the table of timers."""

    def append(self, execution_id: int, entry: Entry) -> None:
        """Remember the next event of an execution. Raises StoreFailed for one that is not the next."""
        seq, at, kind, op, body, sum_ = entry
        with self.database.transaction() as execute:
            added = execute(
                "INSERT OR IGNORE INTO event (execution, seq, at, kind, op, body, sum) SELECT ?, ?, ?, ?, ?, ?, ?"
                " WHERE ? = 1 OR EXISTS (SELECT 1 FROM event WHERE execution = ? AND seq = ?)",
                (
                    execution_id,
                    seq,
                    at,
                    kind,
                    text_to_store(op),
                    large_to_store(body),
                    sum_,
                    seq,
                    execution_id,
                    seq - 1,
                ),
            )
            if added.rowcount != 1:
                raise StoreFailed(f"event {seq} of execution {execution_id} is not the next that the store expects")
            if is_large(body):
                self.database.shared.keep(body, execution_id)

    def entries(self, execution_id: int, after: int = 0) -> Iterator[Entry]:
        """Yield the events of an execution in order, from the one behind `after` on."""
        sql = "SELECT seq, at, kind, op, body, sum FROM event WHERE execution = ? AND seq > ? ORDER BY seq LIMIT ?"
        while rows := self.database.fetch(sql, execution_id, after, _CHUNK):
            for seq, at, kind, op, body, sum_ in rows:
                yield Entry(seq, at, kind, stored_text(op), self.database.shared.large(body) or "", sum_)
            after = rows[-1][0]

    def open_executions(self, after_id: int = 0) -> Iterator[Execution]:
        """Yield the executions that run and are not parked, in the order of their ids, from the one behind `after_id`
        on; not the children of Map Runs, which run with their parent."""
        condition = "status = 'RUNNING' AND map_run IS NULL AND due_at IS NULL AND id > ? ORDER BY id LIMIT ?"
        while rows := self.database.rows(EXECUTIONS, condition, after_id, _CHUNK):
            yield from rows
            after_id = rows[-1].id

    def park(self, execution: Execution, due_at: float | None) -> None:
        """Remember that an execution only waits: until a moment, or for a token (None)."""
        self._set_due(execution, math.inf if due_at is None else due_at)

    def unpark(self, execution: Execution) -> None:
        """Remember that an execution is driven again."""
        self._set_due(execution, None)

    def _set_due(self, execution: Execution, due_at: float | None) -> None:
        with self.database.transaction() as execute:
            execute("UPDATE execution SET due_at = ? WHERE id = ? AND due_at IS NOT ?", (due_at, execution.id, due_at))

    def due(self, now: float, limit: int) -> list[Execution]:
        """Return parked executions whose moment has come, the earliest first."""
        return self.database.rows(EXECUTIONS, "due_at <= ? ORDER BY due_at, id LIMIT ?", now, limit)

    def next_due(self) -> float | None:
        """Return when the next of the parked executions is due; None when none is."""
        [(due_at,)] = self.database.fetch("SELECT min(due_at) FROM execution WHERE due_at IS NOT NULL")
        return None if due_at is None or math.isinf(due_at) else due_at

    def log_position(self, execution_id: int) -> int:
        """Return how many events of an execution were delivered to its log."""
        known = self.database.fetch("SELECT seen FROM log_position WHERE execution = ?", execution_id)
        return known[0][0] if known else 0

    def save_log_position(self, execution_id: int, seen: int) -> None:
        """Remember how many events of an execution were delivered to its log."""
        with self.database.transaction() as execute:
            execute("INSERT OR REPLACE INTO log_position (execution, seen) VALUES (?, ?)", (execution_id, seen))
