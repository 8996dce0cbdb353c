"""Retention: what ended 90 days ago goes, in small steps, and the file gets smaller."""

from __future__ import annotations

from contextlib import closing

import pytest
from test_stores import PREFIX, activity, execution, machine, revision, token

from asl_engine.journal import Entry
from asl_engine.quotas import RETENTION_SECONDS
from asl_engine.store import MapRun
from asl_engine.store.sqlite import SqliteReader, SqliteStore, retention

NOW = 100.0 + RETENTION_SECONDS


@pytest.fixture
def path(tmp_path):
    return tmp_path / "executions.db"


@pytest.fixture
def store(path):
    with closing(SqliteStore(path, durability="normal")) as opened:
        yield opened


def ended(store, of, name, events=3, at=100.0, large=""):
    """Put an execution with all that one can have into a store; it could still be redriven."""
    row = execution(of, name)
    row.input_text = f'"{name}{large}"'
    store.add_execution(row)
    for seq in range(1, events + 1):
        store.append(row.id, Entry(seq, 1.0, "TaskSucceeded", "/A#1.0", '"' + "x" * 200 + '"', 1))
    store.add_token(token(f"token of {name}", row, activity_arn=f"{PREFIX}activity:sign"))
    store.add_redrive(row.arn, "client", 1.0)
    store.save_log_position(row.id, 1)
    row.status, row.stopped_at = "FAILED", at
    store.end_execution(row, ["a record"])
    return row


def rows_of(store):
    """Return how many rows each table has."""
    tables = [name for (name,) in store.database.fetch("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    counts = {name: store.database.fetch(f"SELECT count(*) FROM {name}")[0][0] for name in tables}
    return {name: count for name, count in counts.items() if not name.startswith("sqlite_") and count}


def tidied(store, now):
    """Tidy until there is nothing to do; return how many rows each step changed."""
    changes = []
    while True:
        before = store.database.connection.total_changes
        if not store.tidy(now):
            return changes
        changes.append(store.database.connection.total_changes - before)


def test_all_of_an_execution_goes_and_nothing_of_others(store):
    """The name is free again, and history and tokens are unknown; who keeps it alive is told."""
    made = machine(store)
    activity(store, "sign")
    old, young = ended(store, made, "old"), ended(store, made, "young", at=101.0)
    store.add_execution(execution(made, "running"))
    tidied(store, NOW - 1)
    assert old == store.execution(old.arn)

    tidied(store, NOW + 0.5)
    assert [old.arn] == store.take_forgotten()
    assert (None, None, []) == (store.execution(old.arn), store.token("token of old"), store.history(old.arn))
    assert (young, "token of young") == (store.execution(young.arn), store.token("token of young").token)
    assert store.add_execution(execution(made, "old")) is None
    tidied(store, NOW + 2)
    left = {"machine": 1, "activity": 1, "revision": 1, "definition": 1, "execution": 2, "text": 4}
    assert left == rows_of(store)


def test_no_step_takes_more_than_its_share(store):
    """Neither many executions at once nor one with many events keep others waiting."""
    made = machine(store)
    with store.database.transaction():
        for number in range(60):
            ended(store, made, f"e{number}", events=5)
        ended(store, made, "long", events=450)

    changes = tidied(store, NOW + 1)
    assert retention.MAX_ROWS >= max(changes)
    assert 12 < len(changes)
    assert not {"event", "execution", "token", "history", "redrive", "sweep", "log_position"} & rows_of(store).keys()


def test_the_file_shrinks(store, path, monkeypatch):
    """Pages that are empty go back to the file system, a few at a time, but for some that are used again soon."""
    monkeypatch.setattr(retention, "MAX_FREE_PAGES", 20)
    made = machine(store)
    with store.database.transaction():
        for number in range(50):
            ended(store, made, f"e{number}", events=40)
    store.database.fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.stat().st_size
    steps = len(tidied(store, NOW + 1))
    store.database.fetch("PRAGMA wal_checkpoint(TRUNCATE)")

    [(free,)] = store.database.fetch("PRAGMA freelist_count")
    assert steps < 40
    assert (True, True) == (free <= 20, path.stat().st_size < before / 2)
    assert [("ok",)] == store.database.fetch("PRAGMA integrity_check")


def test_large_values_go_with_the_last_that_has_them(store):
    """Two executions have the same large event: it stays until the second goes. One has a large input of its own."""
    made, text = machine(store), '"' + "y" * 50_000 + '"'
    rows = [ended(store, made, name, events=0, at=at, large="x" * 40_000) for name, at in (("a", 100.0), ("b", NOW))]
    for row in rows:
        store.append(row.id, Entry(1, 1.0, "TaskSucceeded", "/A#1.0", text, 1))
    assert 3 == rows_of(store)["payload"]

    tidied(store, NOW + 1)
    assert 2 == rows_of(store)["payload"]
    assert text == next(store.entries(rows[1].id)).body
    tidied(store, NOW + NOW)
    assert not {"payload", "payload_use"} & rows_of(store).keys()


def test_a_definition_goes_with_the_last_that_has_it(store):
    """A machine that was updated, a version, and an execution that is kept for 90 days have their own still."""
    made = machine(store)
    for number in range(4):
        made.revision = revision(f"r{number}", definition=f"definition {number}")
        store.update_machine(made)
        if number == 1:
            store.publish(made, None, 1.0)
        if number == 2:
            row = ended(store, made, "e")

    def left():
        return {body[-1] for (body,) in store.database.fetch("SELECT body FROM definition")}

    assert {"1", "2", "3"} == left()
    assert "definition 2" == store.execution(row.arn).revision.definition
    store.delete_version(made, 1)
    assert {"2", "3"} == left()
    store.delete_machine(made.arn)
    assert {"2"} == left()
    tidied(store, NOW + 1)
    assert not {"definition", "revision"} & rows_of(store).keys()


def test_map_runs_go_with_their_names(store):
    for number, at in enumerate((100.0, None)):
        run = MapRun(f"a:run{number}", f"a:e{number}", "a:e", "m", "op", 1.0, stopped_at=at)
        store.add_map_run(run)
    tidied(store, NOW + 1)

    assert store.map_run("a:run0") is None
    assert "a:e1" == store.map_run("a:run1").execution_arn
    assert [("a",), ("a:e1",)] == store.database.fetch("SELECT text FROM text ORDER BY text")


def test_an_execution_that_lost_its_name_is_swept(store, path):
    """Express executions may share a name: what the first one had goes soon, and not what the second has."""
    made = machine(store, type="EXPRESS")
    for number in range(2):
        row = execution(made, "e")
        store.add_execution(row)
        store.append(row.id, Entry(1, 1.0, "ExecutionStarted", "", f"{number}", 1))
        store.add_token(token(f"t{number}", row))
    tidied(store, 0.0)

    assert [(1, 1)] == [tuple(rows_of(store)[name] for name in ("event", "token"))]
    assert ("1", None) == (next(store.entries(row.id)).body, store.token("t0"))


def test_a_reader_is_not_disturbed(store, path):
    """A list that was begun before is read to its end by who asked for it."""
    made = machine(store)
    for number in range(3):
        ended(store, made, f"e{number}")
    with closing(SqliteReader(path)) as reader:
        cursor = reader.database.connection.execute("SELECT id FROM execution ORDER BY id")
        first = cursor.fetchone()
        tidied(store, NOW + 1)
        assert [(1,), (2,), (3,)] == [first, *cursor]
    assert [] == store.list_executions(made, None, None, None, None, 10).rows
