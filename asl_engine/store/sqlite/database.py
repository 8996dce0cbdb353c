"""What the parts of the store read and write with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

from asl_engine.store.records import Key, Page
from asl_engine.store.sqlite.shared import Shared, text_to_store
from asl_engine.store.sqlite.tables import Table
from asl_engine.store.sqlite.writer import Writer
from asl_engine.store.store import StoreFailed

Row = TypeVar("Row")


class Database:
    """A connection, who writes on it, and what is stored once."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        flush: Callable[[], None] | None = None,
        checkpoint: Callable[[], None] | None = None,
    ) -> None:
        self.connection = connection
        self.shared = Shared(connection)
        self.writer = Writer(connection, flush, checkpoint, self.shared.forget)

    def transaction(self) -> AbstractContextManager[Callable[..., sqlite3.Cursor]]:
        """See `Writer.transaction`."""
        return self.writer.transaction()

    def fetch(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return what a query finds. Raises StoreFailed when the file cannot be read."""
        with reading():
            return self.connection.execute(sql, _bound(parameters)).fetchall()

    def rows(self, table: Table[Row], condition: str, *parameters: Any) -> list[Row]:
        """Return the rows of a table for which a condition holds; order and limit may follow it."""
        with reading():
            sql = f"SELECT {table.selected} FROM {table.name} WHERE {condition}"
            contents = self.connection.execute(sql, _bound(parameters)).fetchall()
            return [table.read(self.shared, content) for content in contents]

    def row(self, table: Table[Row], condition: str, *parameters: Any) -> Row | None:
        """Return the row of a table for which a condition holds, if there is one."""
        return next(iter(self.rows(table, condition, *parameters)), None)


@contextmanager
def reading() -> Iterator[None]:
    """Say in a sentence what hinders reading."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # ours
    except sqlite3.DatabaseError as problem:
        raise StoreFailed(f"the store could not be read: {problem}") from None


def _bound(parameters: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(text_to_store(value) if isinstance(value, str) else value for value in parameters)


class Part:
    """A part of the store: the methods for one family of rows."""

    def __init__(self, database: Database) -> None:
        self.database = database


def page_of(rows: list[Row], limit: int, key: Callable[[Row], Key]) -> Page[Row, Key]:
    """Return a page of rows, of which one more was read, to see whether any follow."""
    return Page(rows[:limit], key(rows[limit - 1]) if len(rows) > limit else None)
