"""Rows as SQLite has them, and back.

A table names the columns of a dataclass: what lists are chosen or ordered by, and what is large. All other fields that
are not what they are by default stand in the column `rest`, as one JSON object. So a field that is added to a
dataclass, with a default, is stored without anything to be done here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

from asl_engine.store.records import Activity, Alias, Execution, Machine, MapRun, Token, Version
from asl_engine.store.sqlite.shared import (
    Shared,
    is_large,
    json_to_store,
    large_to_store,
    made,
    stored_text,
    text_to_store,
)

Row = TypeVar("Row")

Encode: TypeAlias = Callable[[Shared, Any], Any]
Decode: TypeAlias = Callable[[Shared, Any], Any]


class Column(NamedTuple):
    """How a field stands in a column. `name` is the column's, where it has another name than the field."""

    encode: Encode
    decode: Decode
    name: str | None = None
    is_fixed: bool = False  # never changed after the row was added
    large_text: Callable[[Any], str | None] | None = None  # what stands elsewhere, when it is large
    implied: Callable[[Any], Any] | None = None  # what the row says without it: then the column is NULL


def _maybe(code: Encode) -> Encode:
    return lambda shared, value: None if value is None else code(shared, value)


PLAIN: Final = Column(lambda _, value: value, lambda _, content: content)
ID: Final = Column(lambda _, number: number or None, lambda _, content: content, is_fixed=True)
TEXT: Final = Column(lambda _, text: text_to_store(text), lambda _, content: stored_text(content), is_fixed=True)
ARN: Final = Column(Shared.arn_to_store, Shared.arn, is_fixed=True)
REVISION: Final = Column(Shared.revision_id, Shared.revision)
LARGE: Final = Column(lambda _, text: large_to_store(text), Shared.large, is_fixed=True, large_text=lambda text: text)
LARGE_OR_NONE: Final = Column(_maybe(LARGE.encode), _maybe(LARGE.decode), large_text=LARGE.large_text)


WORK: Final = Column(_maybe(TEXT.encode), lambda _, content: stored_text(content or ""), "input")
"""What a worker gets; it is taken away when the token is over."""


def _token_to_store(_: Shared, token: str) -> str | bytes:
    try:
        half = bytes.fromhex(token)
    except ValueError:
        return text_to_store(token)
    return b"h" + half if half.hex() == token else token


def _token(_: Shared, content: str | bytes) -> str:
    return content[1:].hex() if isinstance(content, bytes) and content[:1] == b"h" else stored_text(content)


TOKEN: Final = Column(_token_to_store, _token, is_fixed=True)
"""Tokens are hexadecimal digits, which take half of the room as bytes."""


def once(name: str) -> Column:
    """A text that many rows have, or None, in a column of this name."""
    return Column(_maybe(Shared.text_id), _maybe(Shared.text), name, True)


class Table(Generic[Row]):
    """A dataclass as a table. `key` are columns that it has beside, which say whose the row is; `left_out` are fields
    that mean nothing in a file."""

    def __init__(
        self,
        name: str,
        row: type[Row],
        columns: Mapping[str, Column],
        key: tuple[str, ...] = (),
        left_out: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.row = row
        self.columns = columns
        self.key = key
        self.left_out = left_out
        known: tuple[Field[Any], ...] = fields(row)  # type: ignore[arg-type]
        self.rest = {field.name: _default(field) for field in known if field.name not in {*columns, *left_out}}
        self.names = tuple(column.name or field for field, column in columns.items())
        self.selected = ", ".join((*(f"{name}.{column}" for column in self.names), f"{name}.rest"))
        listed = (*key, *self.names, "rest")
        self._changing = {field: column for field, column in columns.items() if not column.is_fixed}
        self._insert = f"INTO {name} ({', '.join(listed)}) VALUES ({', '.join('?' * len(listed))})"
        changed = ", ".join(f"{column.name or field} = ?" for field, column in self._changing.items())
        self._update = f"UPDATE {name} SET {changed}{', ' if changed else ''}rest = ?"

    def insert(self, shared: Shared, row: Row, *key: Any, verb: str = "INSERT") -> tuple[str, tuple[Any, ...]]:
        """Return the statement that adds a row, and its parameters."""
        values = _contents(shared, row, self.columns)
        return f"{verb} {self._insert}", (*key, *values, self._rest_of(row))

    def update(self, shared: Shared, row: Row, where: str, *key: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the statement that changes a row, and its parameters."""
        values = _contents(shared, row, self._changing)
        return f"{self._update} WHERE {where}", (*values, self._rest_of(row), *key)

    def read(self, shared: Shared, content: tuple[Any, ...]) -> Row:
        """Return the row that stands in the columns `selected`."""
        implied: list[tuple[str, Callable[[Any], Any]]] = []
        made_of: dict[str, Any] = {}
        for (field, column), value in zip(self.columns.items(), content, strict=False):
            if value is None and column.implied is not None:
                implied.append((field, column.implied))
                made_of[field] = None
            else:
                made_of[field] = column.decode(shared, value)
        if content[-1] is not None:
            made_of |= json.loads(content[-1])
        row: Row = made(self.row, made_of)
        for field, value_of in implied:
            setattr(row, field, value_of(row))
        return row

    def large_texts(self, row: Row) -> list[str]:
        """Return the texts of a row that do not stand in it."""
        texts = (
            column.large_text(getattr(row, field))
            for field, column in self.columns.items()
            if column.large_text is not None
        )
        return [text for text in texts if text is not None and is_large(text)]

    def _rest_of(self, row: Row) -> str | None:
        rest = {}
        for field, default in self.rest.items():
            value = getattr(row, field)
            if value != default:
                rest[field] = value
        return json_to_store(rest) if rest else None


def _contents(shared: Shared, row: Any, columns: Mapping[str, Column]) -> Iterator[Any]:
    """Yield what stands in the columns of a row."""
    for field, column in columns.items():
        value = getattr(row, field)
        is_implied = column.implied is not None and value == column.implied(row)
        yield None if is_implied else column.encode(shared, value)


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


MACHINES: Final = Table(
    "machine",
    Machine,
    {
        "id": ID, "arn": TEXT, "account": TEXT, "region": TEXT, "name": TEXT, "revision": REVISION,
        "last_version": PLAIN,
    },
)  # fmt: skip
VERSIONS: Final = Table("version", Version, {"number": PLAIN, "arn": TEXT, "revision": REVISION}, ("machine",))
ALIASES: Final = Table("alias", Alias, {"name": TEXT, "arn": TEXT}, ("machine",))
ACTIVITIES: Final = Table("activity", Activity, {"arn": TEXT, "account": TEXT, "region": TEXT, "name": TEXT})
EXECUTIONS: Final = Table(
    "execution",
    Execution,
    {
        "id": ID,
        "arn": ARN,
        "machine_id": PLAIN,
        "machine_arn": once("machine"),
        "name": TEXT._replace(implied=lambda row: row.arn.rpartition(":")[2]),
        "revision": REVISION._replace(is_fixed=True),
        "input_text": LARGE._replace(name="input"),
        "started_at": PLAIN,
        "version_arn": once("version"),
        "alias_arn": once("alias"),
        "map_run_arn": once("map_run"),
        "status": PLAIN,
        "stopped_at": PLAIN,
        "output_text": LARGE_OR_NONE._replace(name="output"),
        "redrive_count": PLAIN,
    },
    left_out=("memory",),
)
MAP_RUNS: Final = Table(
    "map_run", MapRun, {"id": ID, "arn": ARN, "execution_arn": once("execution"), "stopped_at": PLAIN}
)
TOKENS: Final = Table(
    "token",
    Token,
    {
        "token": TOKEN,
        "execution_arn": ARN._replace(name="arn"),
        "root_arn": ARN._replace(name="root", implied=lambda row: row.execution_arn),
        "op": TEXT,
        "resource": once("resource"),
        "input_text": WORK,
        "activity_arn": once("activity"),
    },
    ("execution", "is_queued"),
)
