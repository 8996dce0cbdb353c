"""Opening the file: who owns it, what it has to be, and how it is kept on disk.

One process owns a file: it holds a lock on a second one beside it, which the operating system takes away when the
process ends, however it ends. Others open the file for reading, and need no lock. Where a file cannot be opened, a
UsageError says why, and nothing of it was changed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, TypeAlias

from asl_engine.errors import UsageError
from asl_engine.store.sqlite.schema import APPLICATION_ID, SCHEMA, migrate

Durability: TypeAlias = Literal["full", "normal"]
"""What of that which was promised survives: a power cut ("full"), or the end of the process in any way ("normal")."""

Flush: TypeAlias = Callable[[], None]

_LONGEST_LOG: Final = 8_000
"""How long the write-ahead log gets, in pages of 4 kB, before a commit waits until all of it stands in the file, so
that it begins anew. It begins anew by itself when there is a pause."""


class Owner:
    """The lock by which one process owns a file. Raises UsageError when another one has it."""

    def __init__(self, path: Path) -> None:
        if path.is_dir():
            raise UsageError(f"{path} is a folder, and not a store of executions")
        try:
            self.file = os.open(f"{path}-lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as problem:
            raise UsageError(f"{path} cannot be opened, nor a lock made beside it: {problem.strerror}") from None
        try:
            _lock(self.file)
        except OSError:
            number = os.read(self.file, 20).decode("ascii", "replace")
            os.close(self.file)
            who = f"process {number}" if number else "another process"
            raise UsageError(
                f"{path} is in use by {who}: one process owns a store. Stop it, or open another file"
            ) from None
        os.ftruncate(self.file, 0)
        os.lseek(self.file, 0, os.SEEK_SET)
        os.write(self.file, str(os.getpid()).encode())

    def release(self) -> None:
        """Let another process have the file. That of the lock stays: who takes it away could take another's."""
        os.close(self.file)


def _lock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def open_owned(path: Path, durability: Durability) -> sqlite3.Connection:
    """Return a connection to write with, of a file that is made if it is missing, and brought to the newest schema.

    A commit reaches the operating system; to have it on disk, flush the WriteAheadLog. Nothing else in this process may
    open the file and close it again: that would take SQLite's locks away (https://sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))  # others may not read what is in it
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}") from None
    if not os.access(path, os.W_OK):
        raise UsageError(f"{path} cannot be written: you may only read it")
    connection = sqlite3.connect(path, isolation_level=None, cached_statements=256)
    try:
        if not _check(connection, path):
            connection.execute("PRAGMA synchronous = OFF")  # it is new: nothing in it is promised yet
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the next line, or it is ignored
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise UsageError(
                f"{path} cannot be written safely: its file system has no shared memory (a network drive?)"
            )
        connection.execute("PRAGMA cache_size = -8000")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LONGEST_LOG}")
        migrate(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        if durability == "full":  # a log whose file is not there yet would be worth nothing after a power cut
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    except sqlite3.Error as problem:
        connection.close()
        raise UsageError(f"{path} cannot be opened: {problem}") from None
    except UsageError:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Return a connection that reads what is committed, also while another process owns the file."""
    if not path.is_file():
        raise UsageError(f"{path} is not there")
    address = path.resolve().as_uri()
    is_settled = not path.with_name(f"{path.name}-wal").exists()
    may_write = os.access(path.parent, os.W_OK)
    mode = "mode=ro&immutable=1" if is_settled and not may_write else "mode=ro"  # else readers need files beside it
    connection = sqlite3.connect(f"{address}?{mode}", uri=True, isolation_level=None)
    try:
        number = _check(connection, path)
        if number < SCHEMA:
            raise UsageError(f"{path} is of an older version (schema {number} of {SCHEMA}): open it once for writing")
    except sqlite3.Error as problem:
        connection.close()
        raise UsageError(f"{path} cannot be opened: {problem}") from None
    except UsageError:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path) -> int:
    """Return the number of the schema, 0 of a new file; refuse what is not ours, newer, or not whole."""
    try:
        (ours,) = connection.execute("PRAGMA application_id").fetchone()
        (number,) = connection.execute("PRAGMA user_version").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.DatabaseError as problem:
        raise UsageError(f"{path} is not a store of executions, or damaged: {problem}") from None
    if tables and ours != APPLICATION_ID:
        raise UsageError(f"{path} is a database of another program, and not a store of executions")
    if number > SCHEMA:
        raise UsageError(
            f"{path} was written by a newer version (schema {number}; this one knows {SCHEMA}): install that one"
        )
    return int(number)


class WriteAheadLog:
    """The file to which commits are appended, opened a second time: what it has is safe when it has been flushed.

    SQLite could flush it itself (`synchronous = FULL`), and write what it has into the file, but only while the
    connection waits, and with it the event loop. `flush` and `checkpoint` are called by other threads. SQLite keeps the
    log as long as a connection is open, so this is always the right one.
    """

    def __init__(self, path: Path) -> None:
        self.file = os.open(f"{path}-wal", os.O_RDWR)
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def flush(self) -> None:
        """Return when all that was committed is on disk. Raises OSError, also when somebody has deleted the log."""
        if not os.fstat(self.file).st_nlink:
            raise OSError(errno.ENOENT, "another program has deleted its log")
        _to_disk(self.file)

    def checkpoint(self) -> None:
        """Write what was committed into the file. Others write and read meanwhile."""
        with contextlib.suppress(sqlite3.Error):  # it stays in the log then
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        os.close(self.file)


_to_disk: Final = getattr(os, "fdatasync", os.fsync)
