"""Executions with their histories and redrives."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Final

from asl_engine.history.records import Records
from asl_engine.quotas import MAX_REDRIVE_TOKENS, REDRIVABLE_SECONDS
from asl_engine.store.records import Execution, Machine, Page
from asl_engine.store.sqlite.database import Database, Part, page_of
from asl_engine.store.sqlite.machines import before
from asl_engine.store.sqlite.packing import pack, unpack
from asl_engine.store.sqlite.shared import text_to_store
from asl_engine.store.sqlite.tables import EXECUTIONS

_AT_ONCE: Final = 100
"""How many events are deleted with the end of an execution; more are left to be swept."""


class Executions(Part):
    """Executions, and what is theirs."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._forgotten: list[str] = []

    def add_execution(self, execution: Execution) -> Execution | None:
        """Remember an execution; one of the same name is an obstacle, unless its machine was deleted."""
        with self.database.transaction() as execute:
            try:
                self._insert(execute, execution)
            except sqlite3.IntegrityError:
                known = self.execution(execution.arn)
                if known is None:
                    raise
                if known.machine_id == execution.machine_id and execution.revision.type == "STANDARD":
                    return known
                self._forget([known])
                self._insert(execute, execution)
        return None

    def _insert(self, execute: Callable[..., sqlite3.Cursor], execution: Execution) -> None:
        execution.id = execute(*EXECUTIONS.insert(self.database.shared, execution)).lastrowid or 0
        self._keep_large(execution)

    def _keep_large(self, execution: Execution) -> None:
        for text in EXECUTIONS.large_texts(execution):
            self.database.shared.keep(text, execution.id)

    def _forget(self, executions: list[Execution]) -> None:
        """Let nobody see executions any more. What belongs to them is swept away later."""
        with self.database.transaction() as execute:
            revisions: set[tuple[int]] = set()
            for execution in executions:
                condition = "execution WHERE id = ?"
                revisions |= set(execute(f"SELECT revision FROM {condition}", (execution.id,)).fetchall())
                execute(f"DELETE FROM {condition}", (execution.id,))
                execute("INSERT OR REPLACE INTO sweep (execution, at, is_whole) VALUES (?, 0, 1)", (execution.id,))
            self.database.shared.release_revisions(number for (number,) in revisions)
        self._forgotten += [execution.arn for execution in executions]

    def take_forgotten(self) -> list[str]:
        """Return what was forgotten since the last call."""
        forgotten, self._forgotten = self._forgotten, []
        return forgotten

    def execution(self, arn: str) -> Execution | None:
        """Return the execution of an ARN."""
        key = self.database.shared.find_arn(arn)
        return None if key is None else self.database.row(EXECUTIONS, "arn = ?", key)

    def update_execution(self, execution: Execution) -> None:
        """Remember what has changed in an execution that runs."""
        with self.database.transaction() as execute:
            execute(*EXECUTIONS.update(self.database.shared, execution, "id = ?", execution.id))
            self._keep_large(execution)
            if execution.redrive_count:  # its events are needed again
                execute("DELETE FROM sweep WHERE execution = ? AND NOT is_whole", (execution.id,))

    def end_execution(self, execution: Execution, history: Records) -> None:
        """Remember how an execution has ended, and what happened, packed. Its tokens are over, and so are its events
        unless a redrive can have it go on from them."""
        body, number, shared = pack(history), execution.id, self.database.shared
        with self.database.transaction() as execute:
            if not execute(*EXECUTIONS.update(shared, execution, "id = ?", number)).rowcount:
                return  # it was forgotten
            self._keep_large(execution)
            execute("UPDATE execution SET due_at = NULL WHERE id = ? AND due_at IS NOT NULL", (number,))
            execute("INSERT OR REPLACE INTO history (execution, body) VALUES (?, ?)", (number, body))
            execute(
                "UPDATE token SET ended_at = ?, input = NULL, is_queued = 0 WHERE execution = ? AND ended_at IS NULL",
                (execution.stopped_at, number),
            )
            self._drop_events(execute, execution)

    def _drop_events(self, execute: Callable[..., sqlite3.Cursor], execution: Execution) -> None:
        is_over = execution.redrive_refusal is not None
        if is_over:
            first = "SELECT min(seq) + ? FROM event WHERE execution = ?"
            execute(
                f"DELETE FROM event WHERE execution = ? AND seq < ({first})", (execution.id, _AT_ONCE, execution.id)
            )
        at = (execution.stopped_at or 0.0) + (0 if is_over else REDRIVABLE_SECONDS)
        execute(
            "INSERT OR REPLACE INTO sweep (execution, at, is_whole) SELECT ?, ?, 0"
            " WHERE EXISTS (SELECT 1 FROM event WHERE execution = ?)"
            " OR EXISTS (SELECT 1 FROM payload_use WHERE execution = ?)",
            (execution.id, at, execution.id, execution.id),
        )

    def history(self, arn: str) -> Records:
        """Return the record of an execution that has ended."""
        key = self.database.shared.find_arn(arn)
        sql = "SELECT body FROM history JOIN execution ON execution.id = history.execution WHERE arn = ?"
        bodies = self.database.fetch(sql, key)
        return unpack(bodies[0][0]) if bodies else []

    def list_executions(
        self,
        machine: Machine,
        version_arn: str | None,
        alias_arn: str | None,
        status: str | None,
        after: int | None,
        limit: int,
    ) -> Page[Execution, int]:
        """Return the executions of a state machine, the newest first."""
        find = self.database.shared.find_text
        chosen: dict[str, str | int | None] = {"machine_id": machine.id}
        if version_arn is not None:
            chosen["version"] = find(version_arn)
        if alias_arn is not None:
            chosen["alias"] = find(alias_arn)
        if status is not None:
            chosen["status"] = status
        return self._newest(chosen, "map_run IS NULL", after, limit)

    def list_children(
        self, map_run_arn: str, status: str | None, is_redriven: bool | None, after: int | None, limit: int
    ) -> Page[Execution, int]:
        """Return the children of a Map Run, the newest first."""
        chosen: dict[str, str | int | None] = {"map_run": self.database.shared.find_text(map_run_arn)}
        if status is not None:
            chosen["status"] = status
        redriven = {None: "map_run IS NOT NULL", True: "redrive_count > 0", False: "redrive_count = 0"}
        return self._newest(chosen, redriven[is_redriven], after, limit)

    def _newest(
        self, chosen: dict[str, str | int | None], condition: str, after: int | None, limit: int
    ) -> Page[Execution, int]:
        equal = " AND ".join(f"{column} = ?" for column in chosen)
        sql = f"{equal} AND {condition} AND id < ? ORDER BY id DESC LIMIT ?"
        rows = self.database.rows(EXECUTIONS, sql, *chosen.values(), before(after), limit + 1)
        return page_of(rows, limit, lambda row: row.id)

    def redrive(self, arn: str, client_token: str) -> float | None:
        """Return when an execution was redriven by a request with this client token."""
        sql = (
            "SELECT at FROM redrive JOIN execution ON execution.id = redrive.execution"
            " WHERE execution.arn = ? AND redrive.token = ?"
        )
        known = self.database.fetch(sql, self.database.shared.find_arn(arn), client_token)
        return known[0][0] if known else None

    def add_redrive(self, arn: str, client_token: str, at: float) -> None:
        """Remember the client token of a redrive, and forget those before the last ten."""
        execution = self.execution(arn)
        if execution is None:
            return
        with self.database.transaction() as execute:
            execute("INSERT OR REPLACE INTO redrive (execution, token, at) VALUES (?, ?, ?)",
                    (execution.id, text_to_store(client_token), at))  # fmt: skip
            newest = "SELECT token FROM redrive WHERE execution = ? ORDER BY at DESC LIMIT ?"
            execute(
                f"DELETE FROM redrive WHERE execution = ? AND token NOT IN ({newest})",
                (execution.id, execution.id, MAX_REDRIVE_TOKENS),
            )
