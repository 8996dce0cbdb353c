"""Group commit: what many write is one transaction, and when it is lost, all who wait for it hear of that."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
from contextlib import closing

import pytest
from test_stores import PREFIX, execution, machine

from asl_engine.journal import Entry
from asl_engine.store import StoreFailed
from asl_engine.store.sqlite import SqliteReader, SqliteStore, writer
from asl_engine.store.sqlite.connection import WriteAheadLog, open_owned
from asl_engine.store.sqlite.database import Database
from asl_engine.store.sqlite.machines import Machines


@pytest.fixture
def path(tmp_path):
    return tmp_path / "executions.db"


@pytest.fixture
def store(path):
    with closing(SqliteStore(path)) as opened:
        yield opened


def entry(seq, body="{}"):
    return Entry(seq, float(seq), "TaskSucceeded", f"/A#{seq}.0", body, 7)


def outcome_of(awaited):
    """Return what those heard who waited: None, or the sentence."""
    return [None if problem is None else str(problem) for problem in awaited]


async def saved(store):
    waiting = store.saved()
    if waiting is not None:
        await waiting


def test_what_many_write_is_committed_once(store, path):
    """A hundred executions write an event each and wait until it is safe: that is one transaction, or two."""

    async def write(number):
        store.append(number, entry(1))
        await saved(store)
        return path.with_name("executions.db-wal").stat().st_size

    async def main():
        return await asyncio.gather(*(write(number) for number in range(100)))

    before = store.database.writer.commits
    sizes = asyncio.run(main())

    assert len(set(sizes)) == 1
    assert 1 == store.database.writer.commits - before


def test_nothing_is_on_its_way_without_writing(store):
    async def main():
        nothing = store.saved()
        store.save_tags("a", {"x": "1"})
        waiting = store.saved()
        await waiting
        return nothing, waiting.done(), store.saved()

    assert (None, True, None) == asyncio.run(main())


def test_a_writer_sees_what_it_wrote_and_a_reader_what_is_saved(store, path):
    async def main():
        with closing(SqliteReader(path)) as reader:
            store.save_tags("a", {"x": "1"})
            before = store.tags("a"), reader.tags("a")
            await store.saved()
            return before, reader.tags("a")

    assert (({"x": "1"}, {}), {"x": "1"}) == asyncio.run(main())


def test_who_is_cancelled_while_waiting_disturbs_nobody(store):
    async def main():
        store.save_tags("a", {"x": "1"})
        first, second = asyncio.ensure_future(saved(store)), asyncio.ensure_future(saved(store))
        await asyncio.sleep(0)
        first.cancel()
        await second
        return first.cancelled()

    assert asyncio.run(main())


def test_what_comes_during_a_flush_is_the_next_group(path):
    """The disk is slow until the second has written: both are safe in the end, by two commits."""
    free = asyncio.Event()

    async def main():
        loop = asyncio.get_running_loop()

        def flush():
            asyncio.run_coroutine_threadsafe(free.wait(), loop).result()

        parts = Machines(Database(open_owned(path, "normal"), flush))
        parts.save_tags("a", {"x": "1"})
        first = parts.database.writer.saved()
        while parts.database.connection.in_transaction:
            await asyncio.sleep(0)
        parts.save_tags("b", {"x": "2"})
        second = parts.database.writer.saved()
        await asyncio.sleep(0)
        unsafe = first.done() or second.done()
        free.set()
        await first
        was_second_done = second.done()
        await second
        commits = parts.database.writer.commits
        parts.database.writer.close()
        parts.database.connection.close()
        return unsafe, was_second_done, commits

    assert (False, False, 2) == asyncio.run(main())


def test_the_log_is_written_into_the_file_while_others_write(path):
    """After fifty commits most of it stands there, and not only when the file is closed."""
    parts = Machines(Database(open_owned(path, "normal"), None, (log := WriteAheadLog(path)).checkpoint))

    async def main():
        for number in range(writer.COMMITS_BETWEEN_CHECKPOINTS):
            parts.save_tags(f"a{number}", {"x": "y" * 10_000})
            await parts.database.writer.saved()

    before = path.stat().st_size
    asyncio.run(main())
    parts.database.writer.close()
    after = path.stat().st_size
    log.close()
    parts.database.connection.close()

    assert after - before > 400_000


def test_without_an_event_loop_each_method_is_safe_when_it_returns(store, path):
    store.save_tags("a", {"x": "1"})
    with closing(SqliteReader(path)) as reader:
        assert {"x": "1"} == reader.tags("a")
    assert store.saved() is None


def test_a_change_that_raises_leaves_nothing_of_itself_and_all_of_others(store):
    """What an error of ours breaks off is undone alone, with the texts that it had given numbers to."""
    made = machine(store)

    def break_off():
        with store.database.transaction() as execute:
            store.database.shared.text_id("a text")
            execute("DELETE FROM tag")
            raise LookupError

    async def main():
        store.save_tags("a", {"x": "1"})
        with pytest.raises(LookupError):
            break_off()
        await store.saved()
        store.add_execution(execution(made, "e", version_arn="a text"))
        await store.saved()

    asyncio.run(main())
    assert {"x": "1"} == store.tags("a")
    assert "a text" == store.execution(f"{PREFIX}execution:m:e").version_arn


def test_an_event_that_is_not_the_next_is_refused_without_harm_to_others(store):
    async def main():
        store.append(1, entry(1))
        store.append(2, entry(1))
        for late in (entry(3), entry(1)):
            with pytest.raises(StoreFailed, match=f"event {late.seq} of execution 1 is not the next"):
                store.append(1, late)
        await store.saved()

    asyncio.run(main())
    assert [1, 1] == [len(list(store.entries(number))) for number in (1, 2)]


# --- when the disk is full -------------------------------------------------------------------------------------------


def fill(store):
    """Let the file have no more pages than it has."""
    [(pages,)] = store.database.fetch("PRAGMA page_count")
    store.database.fetch(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_is_told_to_all_who_wait_and_nobody_builds_on_what_was_lost(store, monkeypatch):
    """Both of a group hear of it, nothing of theirs is there, and what was promised before is."""

    async def main():
        store.append(1, entry(1))
        await store.saved()
        fill(store)
        store.append(1, entry(2))
        waiting = [store.saved(), store.saved()]
        with pytest.raises(StoreFailed, match="could not be written: database or disk is full"):
            store.append(2, entry(1, "x" * 20_000))
        heard = await asyncio.gather(*waiting, return_exceptions=True)
        with pytest.raises(StoreFailed, match="database or disk is full"):
            store.append(1, entry(3))
        return heard, store.saved()

    heard, nothing = asyncio.run(main())
    assert ["the store could not be written: database or disk is full"] * 2 == outcome_of(heard)
    assert nothing is None
    assert [1] == [known.seq for known in store.entries(1)]


def test_when_there_is_room_again_the_store_goes_on(store, monkeypatch):
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0)

    async def main():
        fill(store)
        with pytest.raises(StoreFailed):
            store.append(1, entry(1, "x" * 20_000))
        store.database.fetch("PRAGMA max_page_count = 100000")
        store.append(1, entry(1, "x" * 20_000))
        await store.saved()

    asyncio.run(main())
    assert [1] == [known.seq for known in store.entries(1)]


def test_a_file_that_may_not_grow_fails_the_commit(store):
    """The operating system refuses the pages at the commit, when everybody has written."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def main():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
        try:
            store.append(1, entry(1))
            store.save_tags("a", {"x": "y" * 20_000})
            return await asyncio.gather(store.saved(), store.saved(), return_exceptions=True)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert all(sentence.startswith("the store could not be written: ") for sentence in outcome_of(asyncio.run(main())))
    assert ([], {}) == (list(store.entries(1)), store.tags("a"))
    assert [("ok",)] == store.database.fetch("PRAGMA integrity_check")


def test_a_file_that_may_not_be_written_is_told_and_read(store):
    store.save_tags("a", {"x": "1"})
    store.database.fetch("PRAGMA query_only = ON")

    with pytest.raises(StoreFailed, match="attempt to write a readonly database"):
        store.save_tags("a", {})
    store.database.fetch("PRAGMA query_only = OFF")
    assert {"x": "1"} == store.tags("a")


def test_after_a_flush_that_failed_nothing_is_promised_any_more(path, monkeypatch):
    """What the operating system could not write it may have dropped: only opening the file anew tells what is there."""
    monkeypatch.setattr(writer, "RETRY_SECONDS", 0)

    def flush():
        raise OSError(errno.EIO, "Input/output error")

    async def main(parts):
        parts.save_tags("a", {"x": "1"})
        heard = await asyncio.gather(parts.database.writer.saved(), return_exceptions=True)
        with pytest.raises(StoreFailed, match="open the store anew"):
            parts.save_tags("b", {"x": "1"})
        return heard

    parts = Machines(Database(open_owned(path, "normal"), flush))
    heard = asyncio.run(main(parts))
    parts.database.writer.close()
    parts.database.connection.close()

    assert ["the store could not be written: Input/output error; open the store anew"] == outcome_of(heard)


def test_who_waits_when_the_store_is_closed_hears_how_it_went(path):
    """Closing waits for the disk, and tells of it."""
    heard = []

    async def main(flush):
        parts = Machines(Database(open_owned(path, "normal"), flush))
        parts.save_tags("a", {"x": "1"})
        waiting = asyncio.gather(parts.database.writer.saved(), return_exceptions=True)
        while parts.database.connection.in_transaction:
            await asyncio.sleep(0)
        parts.database.writer.close()
        parts.database.connection.close()
        heard.extend(outcome_of(await waiting))

    def fail():
        raise OSError(errno.EIO, "Input/output error")

    asyncio.run(main(lambda: None))
    asyncio.run(main(fail))
    assert [None, "the store could not be written: Input/output error; open the store anew"] == heard


def test_a_log_that_was_deleted_is_noticed(path):
    """What is written would be nowhere, though nothing failed."""
    store = SqliteStore(path)
    path.with_name("executions.db-wal").unlink()
    with pytest.raises(StoreFailed, match="another program has deleted its log; open the store anew"):
        store.save_tags("a", {"x": "1"})
    with contextlib.suppress(StoreFailed):
        store.close()


def test_a_closed_store_refuses(path):
    store = SqliteStore(path)
    store.close()

    with pytest.raises(StoreFailed, match="the store is closed"):
        store.save_tags("a", {})
