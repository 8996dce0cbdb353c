"""The tables, and how a file comes from one schema to the next.

The number of the schema is SQLite's `user_version`, and `application_id` says that a file is ours. A migration is one
transaction: after a crash in the middle, the file has the schema before it. What changes in a dataclass of `records.py`
needs a migration only if it is a column, which is what lists are chosen or ordered by; all else stands in `rest`.
"""

from __future__ import annotations

import sqlite3
from typing import Final

APPLICATION_ID: Final = int.from_bytes(b"ASLE", "big")

_FIRST: Final = (
    # What many rows have in common. ARNs stand in rows as the number of what is before their last colon, and the rest.
    "CREATE TABLE text (id INTEGER PRIMARY KEY, text NOT NULL UNIQUE)",
    "CREATE TABLE definition (id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, body NOT NULL)",
    """CREATE TABLE revision (
        id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, definition INTEGER NOT NULL, rest TEXT NOT NULL)""",
    "CREATE TABLE payload (sha256 BLOB PRIMARY KEY, body NOT NULL)",
    """CREATE TABLE payload_use (
        execution INTEGER NOT NULL, sha256 BLOB NOT NULL, PRIMARY KEY (execution, sha256)) WITHOUT ROWID""",
    "CREATE INDEX payload_users ON payload_use (sha256)",
    # State machines, activities, and what belongs to them.
    """CREATE TABLE machine (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn NOT NULL UNIQUE, account NOT NULL, region NOT NULL, name NOT NULL,
        revision INTEGER NOT NULL, last_version INTEGER NOT NULL, rest TEXT)""",
    "CREATE INDEX machine_names ON machine (account, region, name)",
    """CREATE TABLE version (
        machine INTEGER NOT NULL, number INTEGER NOT NULL, arn NOT NULL, revision INTEGER NOT NULL, rest TEXT,
        PRIMARY KEY (machine, number)) WITHOUT ROWID""",
    """CREATE TABLE alias (
        machine INTEGER NOT NULL, name NOT NULL, arn NOT NULL, rest TEXT, PRIMARY KEY (machine, name)) WITHOUT ROWID""",
    """CREATE TABLE activity (
        arn NOT NULL PRIMARY KEY, account NOT NULL, region NOT NULL, name NOT NULL, rest TEXT) WITHOUT ROWID""",
    "CREATE INDEX activity_names ON activity (account, region, name)",
    "CREATE TABLE tag (arn NOT NULL PRIMARY KEY, tags TEXT NOT NULL) WITHOUT ROWID",
    # Executions, and what belongs to them.
    """CREATE TABLE execution (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn NOT NULL UNIQUE, machine_id INTEGER NOT NULL,
        machine INTEGER NOT NULL, name, revision INTEGER NOT NULL, input NOT NULL, started_at REAL NOT NULL,
        version INTEGER, alias INTEGER, map_run INTEGER, status TEXT NOT NULL, stopped_at REAL, due_at REAL, output,
        redrive_count INTEGER NOT NULL, rest TEXT)""",
    "CREATE INDEX execution_of_machine ON execution (machine_id) WHERE map_run IS NULL",
    "CREATE INDEX execution_of_status ON execution (machine_id, status) WHERE map_run IS NULL",
    "CREATE INDEX execution_of_version ON execution (version) WHERE version IS NOT NULL",
    "CREATE INDEX execution_of_alias ON execution (alias) WHERE alias IS NOT NULL",
    "CREATE INDEX child ON execution (map_run) WHERE map_run IS NOT NULL",
    "CREATE INDEX child_of_status ON execution (map_run, status) WHERE map_run IS NOT NULL",
    """CREATE INDEX execution_to_resume ON execution (id)
        WHERE status = 'RUNNING' AND map_run IS NULL AND due_at IS NULL""",
    "CREATE INDEX execution_of_revision ON execution (revision)",
    "CREATE INDEX execution_due ON execution (due_at) WHERE due_at IS NOT NULL",
    "CREATE INDEX execution_stopped ON execution (stopped_at) WHERE stopped_at IS NOT NULL",
    """CREATE TABLE event (
        execution INTEGER NOT NULL, seq INTEGER NOT NULL, at REAL NOT NULL, kind TEXT NOT NULL, op NOT NULL, body,
        sum INTEGER NOT NULL, PRIMARY KEY (execution, seq)) WITHOUT ROWID""",
    "CREATE TABLE history (execution INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    """CREATE TABLE redrive (
        execution INTEGER NOT NULL, token NOT NULL, at REAL NOT NULL, PRIMARY KEY (execution, token)) WITHOUT ROWID""",
    "CREATE TABLE log_position (execution INTEGER PRIMARY KEY, seen INTEGER NOT NULL)",
    """CREATE TABLE map_run (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn NOT NULL UNIQUE, execution INTEGER NOT NULL, stopped_at REAL,
        rest TEXT)""",
    "CREATE INDEX map_run_of_execution ON map_run (execution)",
    "CREATE INDEX map_run_stopped ON map_run (stopped_at) WHERE stopped_at IS NOT NULL",
    """CREATE TABLE token (
        id INTEGER PRIMARY KEY AUTOINCREMENT, execution INTEGER, is_queued INTEGER NOT NULL, token NOT NULL UNIQUE,
        arn NOT NULL, root, op NOT NULL, resource INTEGER NOT NULL, input, activity INTEGER, ended_at REAL,
        rest TEXT)""",
    "CREATE INDEX token_of_execution ON token (execution) WHERE execution IS NOT NULL",
    "CREATE INDEX token_in_queue ON token (activity) WHERE is_queued",
    # What is to be taken away in small steps: events of what is packed, or all that belonged to an execution.
    """CREATE TABLE sweep (
        execution INTEGER PRIMARY KEY, at REAL NOT NULL, is_whole INTEGER NOT NULL)""",
    "CREATE INDEX sweep_in_order ON sweep (at)",
)

_MIGRATIONS: Final = (_FIRST,)
"""The statements that lead from each schema to the next, the first one from an empty file."""

SCHEMA: Final = len(_MIGRATIONS)
"""The schema that this version reads and writes."""


def migrate(connection: sqlite3.Connection, newest: int = SCHEMA) -> None:
    """Bring a file to a schema, in one transaction for each step. Raises sqlite3.Error, and then it is as it was."""
    (number,) = connection.execute("PRAGMA user_version").fetchone()
    for step in range(number, newest):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in _MIGRATIONS[step]:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {step + 1}")
            connection.execute("COMMIT")
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
