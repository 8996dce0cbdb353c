"""The store in a file, whole: to write, for the process that owns the file, and to read, for all others."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import ExitStack
from pathlib import Path

from asl_engine.store.sqlite.connection import Durability, Owner, WriteAheadLog, open_for_reading, open_owned
from asl_engine.store.sqlite.database import Database
from asl_engine.store.sqlite.journal import Journal
from asl_engine.store.sqlite.machines import Machines
from asl_engine.store.sqlite.map_runs import MapRuns
from asl_engine.store.sqlite.retention import Retention
from asl_engine.store.sqlite.tokens import Tokens


class _Parts(Machines, Retention, MapRuns, Tokens, Journal):
    """All families of rows. The methods of a store are called in one thread."""

    is_durable = True

    def saved(self) -> Awaitable[None] | None:
        """Return what is done when all that was written so far is safe; None when nothing is on its way."""
        return self.database.writer.saved()


class SqliteStore(_Parts):
    """A store that outlives its process, in a file that no other process writes.

    With the durability "full" what was saved survives a power cut, with "normal" the end of the process, however it
    comes. Raises UsageError, with the reason, when the file cannot be opened.
    """

    def __init__(self, path: str | Path, durability: Durability = "full") -> None:
        path = Path(path)
        with ExitStack() as undo:
            self._owner = Owner(path)
            undo.callback(self._owner.release)
            connection = open_owned(path, durability)
            undo.callback(connection.close)
            self._log = WriteAheadLog(path)
            undo.callback(self._log.close)
            flush = self._log.flush if durability == "full" else None
            super().__init__(Database(connection, flush, self._log.checkpoint))
            undo.pop_all()

    def close(self) -> None:
        """Save what was written, and let another process have the file. Raises StoreFailed."""
        try:
            self.database.writer.close()
        finally:
            self._log.close()
            self.database.connection.close()
            self._owner.release()


class SqliteReader(_Parts):
    """A store that is read while another process may own its file. What would write raises StoreFailed."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(Database(open_for_reading(Path(path))))
        self.database.writer.refuse("the store is open for reading only")

    def close(self) -> None:
        """Let go of the file."""
        self.database.connection.close()
