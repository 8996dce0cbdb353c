"""Rows of the store in SQLite: each field of each dataclass comes back as it was, from files of all schemas."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from test_stores import PREFIX, execution, machine, revision, token

from asl_engine.journal import Entry
from asl_engine.store import Alias, MapRun, StoreFailed
from asl_engine.store.sqlite import SqliteStore, schema, tables

TABLES = [thing for thing in vars(tables).values() if isinstance(thing, tables.Table)]
HALF = "\ud800 half a character"

EXAMPLES = {
    "str": "a text", "str | None": "another", "int": 3, "float": 2.5, "float | None": 7.25, "JSON": {"a": [1, None]},
    "bool": True, "dict[str, int]": {"n": 1}, "dict[str, Any]": {"level": "ALL"}, "list[dict[str, Any]]": [{"w": 1}],
    "dict[str, Any] | None": {"k": "v"}, "Revision": revision("r1"),
}  # fmt: skip
"""A value for each kind of field, which is not what any field is by default."""


@pytest.fixture
def store(tmp_path):
    with closing(SqliteStore(tmp_path / "executions.db", durability="normal")) as opened:
        yield opened


def example(table):
    """Return a row in which no field is as it is by default, but for those that mean nothing in a file."""
    fields = [field for field in dataclasses.fields(table.row) if field.name not in table.left_out]
    return table.row(**{field.name: EXAMPLES[field.type] for field in fields})


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_field_comes_back(store, table):
    """A field that is added to a dataclass is stored, or this fails: add an example of its type, or a column."""
    row, shared = example(table), store.database.shared
    with store.database.transaction() as execute:
        execute(*table.insert(shared, row, *(1 for _ in table.key)))

    assert [row] == store.database.rows(table, "1")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_each_field_that_changes_is_written_again(store, table):
    """Also back to what it is by default, as when an execution is redriven."""
    row, shared = example(table), store.database.shared
    with store.database.transaction() as execute:
        execute(*table.insert(shared, row, *(1 for _ in table.key)))
        for field in dataclasses.fields(row):
            if field.default is not dataclasses.MISSING and not getattr(table.columns.get(field.name), "is_fixed", 0):
                setattr(row, field.name, field.default)
        execute(*table.update(shared, row, "1"))

    assert [row] == store.database.rows(table, "1")


def test_a_row_of_a_newer_version_is_refused(store):
    made = machine(store)
    with store.database.transaction() as execute:
        execute("""UPDATE machine SET rest = '{"created_at": 1.0, "colour": "red"}'""")

    with pytest.raises(StoreFailed, match=r"the store has a row of a newer version: .*'colour'"):
        store.machine(made.arn)


def test_texts_that_utf8_does_not_have_come_back(store):
    """JSON can write half a character, so any text that somebody sends may have one."""
    made = machine(store, name=HALF)
    row = execution(made, HALF)
    row.input_text = f'"{HALF}"'
    store.add_execution(row)
    row.cause, row.output_text = HALF, f'"{HALF}"'
    row.status, row.stopped_at = "FAILED", 2.0
    store.end_execution(row, [HALF])
    store.append(row.id, Entry(1, 1.0, "TaskSucceeded", f"/{HALF}#1.0", f'"{HALF}"', 1))
    store.save_tags(made.arn, {"t": HALF})

    assert (made, row) == (store.machine(made.arn), store.execution(row.arn))
    assert ([HALF], {"t": HALF}) == (store.history(row.arn), store.tags(made.arn))
    assert (f"/{HALF}#1.0", f'"{HALF}"') == next(store.entries(row.id))[3:5]
    assert store.execution(f"{PREFIX}execution:m:{HALF}{HALF}") is None


def test_large_values_are_stored_once(store):
    """Ten executions with the same large input, which is also in an event and in the output."""
    made, text = machine(store), '"' + "x" * 100_000 + '"'
    for number in range(10):
        row = execution(made, f"e{number}")
        row.input_text, row.output_text = text, text
        store.add_execution(row)
        store.append(row.id, Entry(1, 1.0, "ExecutionStarted", "", text, 1))

    assert [(1, 100_002)] == store.database.fetch("SELECT count(*), sum(length(body)) FROM payload")
    known = store.execution(row.arn)
    assert (text, text, text) == (known.input_text, known.output_text, next(store.entries(row.id)).body)


def test_a_definition_is_stored_once(store):
    """However many versions and executions have it, and machines of other names; a revision goes with its last row."""
    for name in ("a", "b"):
        made = machine(store, name)
        for number in range(3):
            made.revision = dataclasses.replace(made.revision, id=f"{name}{number}")
            store.update_machine(made)
            store.publish(made, None, 1.0)
            store.add_execution(execution(made, f"e{number}"))

    assert [(1,)] == store.database.fetch("SELECT count(*) FROM definition")
    assert [(6,)] == store.database.fetch("SELECT count(*) FROM revision")


def every_row(store):
    """Put one of each kind into a store."""
    made = machine(store)
    store.publish(made, "first", 2.0)
    store.save_alias(made, Alias(f"{made.arn}:a", "a", [{"stateMachineVersionArn": f"{made.arn}:1"}], None, 1.0))
    store.save_tags(made.arn, {"team": "x"})
    row = execution(made, "e", trace_header="t")
    store.add_execution(row)
    store.append(row.id, Entry(1, 1.0, "ExecutionStarted", "", "{}", 1))
    store.park(row, 9.0)
    store.add_map_run(MapRun("a:run", row.arn, row.arn, "m", "/M#1.0", 1.0))
    store.add_token(token("ab" * 32, row))
    store.save_log_position(row.id, 5)
    ended = execution(made, "ended")
    store.add_execution(ended)
    ended.status, ended.stopped_at, ended.output_text = "SUCCEEDED", 3.0, '{"ok":true}'
    store.end_execution(ended, ["a record"])


def contents(store):
    row = store.execution(f"{PREFIX}execution:m:e")
    made = store.machine(f"{PREFIX}stateMachine:m")
    return [
        made, store.version(made, 1), store.alias(made, "a"), store.tags(made.arn), row, list(store.entries(row.id)),
        store.next_due(), store.map_run("a:run"), store.token("ab" * 32), store.log_position(row.id),
        store.execution(f"{PREFIX}execution:m:ended"), store.history(f"{PREFIX}execution:m:ended"),
    ]  # fmt: skip


@pytest.mark.parametrize("number", range(1, schema.SCHEMA + 1))
def test_a_file_of_each_schema_is_read(store, tmp_path, number):
    """`schema-N.sql` is what `every_row` was in the version that wrote schema N: a new schema adds its own."""
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript((Path(__file__).parent / f"schema-{number}.sql").read_text("utf-8"))
    every_row(store)

    with closing(SqliteStore(old, durability="normal")) as opened:
        assert contents(store) == contents(opened)
        assert [(schema.SCHEMA,)] == opened.database.fetch("PRAGMA user_version")


def test_lists_are_read_by_an_index(store):
    """No list looks at rows that it does not show, or sorts: a page takes as long with a million rows as with ten."""
    every_row(store)
    made = store.machine(f"{PREFIX}stateMachine:m")
    statements = []
    store.database.connection.set_trace_callback(statements.append)
    for version, alias, status in ((None, None, None), ("v", None, None), (None, "a", None), (None, None, "FAILED")):
        store.list_executions(made, version, alias, status, 9, 10)
    for status in (None, "FAILED"):
        store.list_children("run", status, None, 9, 10)
    store.list_map_runs("e", 9, 10)
    store.list_machines("a", "r", "m", 10)
    store.list_activities("a", "r", "m", 10)
    store.list_versions(made, 9, 10)
    store.take_task("activity")
    list(store.open_executions(3))
    store.due(1.0, 10)
    store.next_due()
    list(store.entries(1))
    store.database.connection.set_trace_callback(None)

    plans = {
        sql: [row[3] for row in store.database.fetch(f"EXPLAIN QUERY PLAN {sql}")]
        for sql in statements
        if " FROM text" not in sql
    }
    assert 15 <= len(plans)
    assert {} == {sql: plan for sql, plan in plans.items() if any("SCAN" in step or "TEMP" in step for step in plan)}
