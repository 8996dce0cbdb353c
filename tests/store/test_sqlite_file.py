"""Files of the store in SQLite: who owns them, what they have to be, and how they come to the newest schema."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from test_stores import PREFIX, machine, started

from asl_engine.errors import UsageError
from asl_engine.store import StoreFailed
from asl_engine.store.sqlite import SqliteReader, SqliteStore, schema

OWNER = """
import sys, time
from asl_engine.store.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
store.save_tags("arn", {"written": "by another"})
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "executions.db"


def opened(path):
    return closing(SqliteStore(path, durability="normal"))


def refusal(path, opens=SqliteStore):
    with pytest.raises(UsageError) as problem:
        opens(path)
    return str(problem.value).replace(str(path), "FILE")


def test_what_was_written_is_there_when_the_file_is_opened_again(path):
    with opened(path) as store:
        made = machine(store)
        started(store, made, "e")

    with opened(path) as store:
        known = store.machine(made.arn)
        assert (made, "e") == (known, store.execution(f"{PREFIX}execution:m:e").name)
        store.delete_machine(made.arn)
        assert machine(store).id > made.id


def test_others_may_not_read_the_file(path):
    """What executions work on is nobody's business; SQLite gives the files beside it the same mode."""
    with opened(path) as store:
        store.save_tags("arn", {"a": "1"})
        assert {0o600} == {entry.stat().st_mode & 0o777 for entry in path.parent.iterdir()}


def test_a_second_process_is_refused_and_a_killed_one_owns_nothing(path):
    """The lock says whose it is; it is gone with its process, and what was written is not."""
    command = [sys.executable, "-c", OWNER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout.readline() == "ready\n"
        told = refusal(path)
        with closing(SqliteReader(path)) as reader:
            assert {"written": "by another"} == reader.tags("arn")
        owner.send_signal(signal.SIGKILL)

    assert f"FILE is in use by process {owner.pid}: one process owns a store. Stop it, or open another file" == told
    with opened(path) as store:
        assert {"written": "by another"} == store.tags("arn")


def test_the_same_process_does_not_open_it_twice_either(path):
    with opened(path):
        assert refusal(path).startswith(f"FILE is in use by process {os.getpid()}")


def test_a_reader_sees_what_is_committed_and_writes_nothing(path):
    with opened(path) as store, closing(SqliteReader(path)) as reader:
        store.save_tags("arn", {"a": "1"})
        assert {"a": "1"} == reader.tags("arn")
        with pytest.raises(StoreFailed, match="open for reading only"):
            reader.save_tags("arn", {})
        assert not reader.list_machines("a", "r", None, 10).rows
    with closing(SqliteReader(path)) as reader:  # nobody owns it now
        assert {"a": "1"} == reader.tags("arn")


@pytest.mark.parametrize("durability", ["full", "normal"])
def test_who_looks_at_the_file_with_other_tools_takes_nothing_away(path, durability):
    """The last connection of a file deletes its log: SQLite's locks have to say that this process is still there."""
    look = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT * FROM tag').fetchall()"
    with closing(SqliteStore(path, durability)) as store:
        store.save_tags("first", {"a": "1"})
        subprocess.run([sys.executable, "-c", look, str(path)], check=True)
        store.save_tags("second", {"a": "2"})
        with closing(SqliteReader(path)) as reader:
            assert {"a": "2"} == reader.tags("second")
        assert path.with_name("executions.db-wal").stat().st_nlink == os.fstat(store._log.file).st_nlink == 1


def test_what_is_no_store_is_refused_and_left_as_it_was(path):
    path.write_bytes(b"name,amount\n" * 100)
    assert refusal(path) == "FILE is not a store of executions, or damaged: file is not a database"
    assert path.read_bytes() == b"name,amount\n" * 100

    path.unlink()
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("CREATE TABLE customer (name)")
    before = path.read_bytes()
    assert refusal(path) == "FILE is a database of another program, and not a store of executions"
    assert before == path.read_bytes()
    assert refusal(path, SqliteReader) == "FILE is a database of another program, and not a store of executions"


def test_a_newer_file_is_refused(path):
    with opened(path):
        pass
    with closing(sqlite3.connect(path)) as newer:
        newer.execute(f"PRAGMA user_version = {schema.SCHEMA + 1}")

    expected = f"FILE was written by a newer version (schema {schema.SCHEMA + 1}; this one knows {schema.SCHEMA})"
    assert refusal(path).startswith(expected)
    assert refusal(path, SqliteReader).startswith(expected)


def test_a_file_that_is_cut_off_is_refused(path):
    with opened(path) as store:
        store.save_tags("arn", {"a": "x" * 100_000})
    os.truncate(path, 20_480)

    assert refusal(path) == "FILE is not a store of executions, or damaged: database disk image is malformed"


def test_of_a_log_that_is_cut_off_the_whole_commits_are_there(path):
    """As after a power cut: SQLite ends at the first page whose checksum is wrong."""
    with opened(path) as store:
        store.save_tags("first", {"a": "1"})
        size = path.with_name("executions.db-wal").stat().st_size
        store.save_tags("second", {"a": "x" * 10_000})
        copies = {name: (path.parent / name).read_bytes() for name in ("executions.db", "executions.db-wal")}
    copy = path.parent / "copy"
    copy.mkdir()
    for name, content in copies.items():
        (copy / name).write_bytes(content)
    os.truncate(copy / "executions.db-wal", size + 5_000)

    with opened(copy / "executions.db") as store:
        assert ({"a": "1"}, {}) == (store.tags("first"), store.tags("second"))


def test_there_has_to_be_a_folder_and_a_file(path):
    beside = path.parent / "nowhere" / "x.db"
    assert refusal(beside).endswith(" cannot be opened, nor a lock made beside it: No such file or directory")
    assert refusal(path.parent).endswith(" is a folder, and not a store of executions")
    assert refusal(path, SqliteReader) == "FILE is not there"


def test_a_migration_that_fails_leaves_the_schema_before_it(path, monkeypatch):
    """Each is one transaction: a table of the first step is there, one of the broken second step is not."""
    steps = (*schema._MIGRATIONS[:1], ("CREATE TABLE second (x)", "NONSENSE"))
    monkeypatch.setattr(schema, "_MIGRATIONS", steps)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.Error):
            schema.migrate(connection, newest=2)
        assert (1,) == connection.execute("PRAGMA user_version").fetchone()
        assert [] == connection.execute("SELECT * FROM sqlite_schema WHERE name = 'second'").fetchall()
        assert [] != connection.execute("SELECT * FROM sqlite_schema WHERE name = 'execution'").fetchall()


def test_empty_pages_can_be_given_back(path):
    """SQLite ignores the setting without a word when it comes after the mode of the journal."""
    with opened(path) as store:
        settings = [store.database.fetch(f"PRAGMA {name}")[0][0] for name in ("auto_vacuum", "journal_mode")]
        assert [2, "wal"] == settings


WRITER = """
import asyncio, sys
from asl_engine.journal import Entry
from asl_engine.store.sqlite import SqliteStore

async def write(store, number):
    for seq in range(1, 100_000):
        store.append(number, Entry(seq, 1.0, "TaskSucceeded", "/A#1.0", f"{number}:{seq}", 1))
        await store.saved()
        print(number, seq, flush=True)

async def main():
    store = SqliteStore(sys.argv[1], durability=sys.argv[2])
    await asyncio.gather(*(write(store, number) for number in range(1, 6)))

asyncio.run(main())
"""


@pytest.mark.parametrize(("durability", "lines"), [("full", 40), ("normal", 400)])
def test_what_was_promised_outlives_a_kill(path, durability, lines):
    """Five write, each told when its event is safe: after a kill all that was told is there, and each event once."""
    command = [sys.executable, "-c", WRITER, str(path), durability]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        promised = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        promised += [line for line in process.stdout if line.endswith("\n")]
    last = {}
    for line in promised:
        number, seq = map(int, line.split())
        last[number] = seq

    with opened(path) as store:
        kept = {number: [event.body for event in store.entries(number)] for number in range(1, 6)}
        assert [("ok",)] == store.database.fetch("PRAGMA integrity_check")
    for number, bodies in kept.items():
        assert [f"{number}:{seq}" for seq in range(1, len(bodies) + 1)] == bodies
        assert 0 <= len(bodies) - last.get(number, 0) <= 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the process that is killed is a copy of one that waits")
def test_a_process_is_killed_at_many_points(tmp_path):
    """In migrations, before and in and after commits, in packing and in retention: nothing is lost, or there twice."""
    script = Path(__file__).with_name("kill_points.py")
    done = subprocess.run([sys.executable, script, tmp_path, "7"], capture_output=True, text=True)

    assert (0, "") == (done.returncode, done.stderr)
    assert 150 < int(done.stdout)
