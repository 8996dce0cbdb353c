"""Group commit: what many write is one transaction, and one flush of the disk.

Statements are executed where they are asked for, inside a transaction that stays open, so whoever reads on the same
connection sees what was written before. The event loop commits it when it has nothing more urgent, which appends the
pages to the write-ahead log, and a thread flushes that. Meanwhile the next group gathers; it is committed when the
flush is done. Who has to know that all is safe awaits `saved`. Another thread writes the log into the file itself.

When the disk is full, the group is lost as a whole: SQLite takes it back, and each who waits for it learns so. Nothing
is written for a moment then, so that nobody builds on what was lost before having heard of it; after that, the first
transaction tries again. After a flush that failed nothing can be known of what is on disk: no more is written until
the store is opened anew. Without an event loop each transaction is committed and flushed at once.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from asl_engine.store.store import StoreFailed

RETRY_SECONDS: Final = 1.0
"""How long nothing is written after a group was lost."""

COMMITS_BETWEEN_CHECKPOINTS: Final = 50
"""After how many commits what is in the log is written into the file, in a thread."""


class Group:
    """Those who wait until a transaction is safe."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def wait(self) -> asyncio.Future[None]:
        """Return what is done when the transaction is safe: a future for each, as one who is cancelled cancels it."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        return waiter

    def settle(self, problem: str | None = None) -> None:
        """Tell all that it is safe, or that it is lost."""
        for waiter in self._waiting:
            if waiter.done() or waiter.get_loop().is_closed():
                continue
            if problem is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(StoreFailed(problem))


class Writer:
    """Writes on a connection, which is the only one that does. `flush` has what was committed reach the disk; None
    where that need not be. `checkpoint` writes the log into the file. Both are called in threads. `on_loss` is called
    when what was written is taken back."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        flush: Callable[[], None] | None,
        checkpoint: Callable[[], None] | None,
        on_loss: Callable[[], None],
    ) -> None:
        self.connection = connection
        self.commits = 0
        self._flush = flush
        self._checkpoint = checkpoint
        self._checkpointing: Future[None] | None = None
        self._next_checkpoint = COMMITS_BETWEEN_CHECKPOINTS
        self._on_loss = on_loss
        self._threads = ThreadPoolExecutor(2, "store")
        self._depth = 0
        self._group = Group()
        self._flushing: Group | None = None
        self._flush_work: Future[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_scheduled = False
        self._problem: str | None = None
        self._retry_at = 0.0

    @contextmanager
    def transaction(self) -> Iterator[Callable[..., sqlite3.Cursor]]:
        """Give what executes statements of which all or nothing is remembered. Raises StoreFailed; on any other
        exception in the block what it wrote is taken back."""
        execute = self.connection.execute
        if self._depth:  # a part of a larger one
            yield execute
            return
        self._begin()
        self._depth = 1
        try:
            execute("SAVEPOINT change")
            yield execute
            execute("RELEASE change")
        except BaseException as problem:
            self._take_back(problem)
            raise
        finally:
            self._depth = 0
        self._schedule()

    def saved(self) -> Awaitable[None] | None:
        """Return what is done when all that was written so far is safe, and raises StoreFailed if it is lost; None when
        nothing is on its way."""
        if self.connection.in_transaction:
            self._schedule()
            return self._group.wait()
        if self._flushing is not None and self._loop is asyncio.get_running_loop():
            return self._flushing.wait()
        return None

    def settle(self) -> None:
        """Commit and flush now. Raises StoreFailed."""
        group = self._commit()
        if group is not None and self._flush is not None:
            try:
                self._flush()
            except OSError as problem:
                self._break(problem)
        if group is not None:
            group.settle(self._problem)
        if self._problem is not None:
            raise StoreFailed(self._problem)

    def close(self) -> None:
        """Commit what is open, and write nothing more. Raises StoreFailed when that could not be done."""
        try:
            if self.connection.in_transaction:
                self.settle()
        finally:
            self._threads.shutdown()
            self._checkpoint = None
            if self._flushing is not None and self._flush_work is not None:
                self._flushed(self._flushing, self._flush_work.exception())
            self.refuse("the store is closed")

    def refuse(self, reason: str) -> None:
        """Write nothing any more."""
        self._problem, self._retry_at = reason, float("inf")

    def _begin(self) -> None:
        if self._problem is not None:
            if time.monotonic() < self._retry_at:
                raise StoreFailed(self._problem)
            self._try_again()
        if not self.connection.in_transaction:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as problem:
                self._lose(problem)
                raise StoreFailed(_sentence(problem)) from None

    def _try_again(self) -> None:
        """Write something that changes nothing, to see whether it can be."""
        try:
            (number,) = self.connection.execute("PRAGMA user_version").fetchone()
            self.connection.execute("BEGIN IMMEDIATE")
            self.connection.execute(f"PRAGMA user_version = {number}")
            self.connection.execute("COMMIT")
        except sqlite3.Error as problem:
            self._lose(problem)
            raise StoreFailed(_sentence(problem)) from None
        self._problem = None

    def _take_back(self, problem: BaseException) -> None:
        """Undo a change that was not finished; with it, where the file is the reason, all of the group."""
        is_of_file = type(problem) in (sqlite3.DatabaseError, sqlite3.OperationalError)  # the others are our mistakes
        if is_of_file or not self.connection.in_transaction:
            self._lose(problem)
            raise StoreFailed(_sentence(problem)) from None
        self.connection.execute("ROLLBACK TO change")
        self.connection.execute("RELEASE change")
        self._on_loss()
        self._schedule()

    def _lose(self, problem: BaseException) -> None:
        """Nothing of the open group is remembered."""
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")
        self._problem, self._retry_at = _sentence(problem), time.monotonic() + RETRY_SECONDS
        self._on_loss()
        group, self._group = self._group, Group()
        group.settle(self._problem)

    def _schedule(self) -> None:
        """Have the event loop commit, once for all that is written until then."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.settle()
            return
        if self._loop is not loop:  # the first time, or the loop before has ended with something on its way
            self._loop, self._flushing, self._is_scheduled = loop, None, False
        if self._flushing is None and not self._is_scheduled:
            self._is_scheduled = True
            loop.call_soon(self._commit_in_turn)

    def _commit_in_turn(self) -> None:
        self._is_scheduled = False
        if self._flushing is not None or not self.connection.in_transaction:
            return
        group = self._commit()
        if group is None:
            return
        if self._flush is None:
            group.settle()
            self._begin_checkpoint()
            return
        self._flushing = group
        self._flush_work = work = self._threads.submit(self._flush)
        loop = asyncio.get_running_loop()
        asyncio.wrap_future(work, loop=loop).add_done_callback(lambda done: self._flushed(group, work.exception()))

    def _commit(self) -> Group | None:
        """Commit the open group and return it; None if it is lost."""
        try:
            self.connection.execute("COMMIT")
        except sqlite3.Error as problem:
            self._lose(problem)
            return None
        self.commits += 1
        group, self._group = self._group, Group()
        return group

    def _flushed(self, group: Group, problem: BaseException | None) -> None:
        if self._flushing is not group:  # the store was closed, or this is another event loop
            return
        self._flushing = None
        if problem is not None:
            self._break(problem)
        group.settle(None if problem is None else self._problem)
        self._begin_checkpoint()
        if self.connection.in_transaction:
            self._schedule()

    def _begin_checkpoint(self) -> None:
        """Have a thread write the log into the file, now and then and after what waits was flushed."""
        is_free = self._checkpointing is None or self._checkpointing.done()
        if self._checkpoint is not None and is_free and self.commits >= self._next_checkpoint:
            self._next_checkpoint = self.commits + COMMITS_BETWEEN_CHECKPOINTS
            self._checkpointing = self._threads.submit(self._checkpoint)

    def _break(self, problem: BaseException) -> None:
        """A flush failed: what the operating system has dropped may be in the middle of what is to be kept."""
        self._lose(problem)
        self.refuse(f"{_sentence(problem)}; open the store anew")


def _sentence(problem: BaseException) -> str:
    """Say what happened to whoever runs the store."""
    reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    return f"the store could not be written: {reason}"
