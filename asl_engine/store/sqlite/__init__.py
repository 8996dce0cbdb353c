"""The store that outlives its process: an SQLite file, with nothing but the standard library.

    connection   opening the file, its owner, and the disk
    schema       tables and migrations
    writer       group commit
    tables       dataclasses as rows; `shared`: what many rows have in common
    database     the three of them; and a file for each family of rows:
    machines, executions, map_runs, tokens, journal
    packing      histories of what has ended; `retention`: when they go
    store        the whole

Writing executes its statements at once, on the only connection of the event loop's thread, in a transaction that stays
open until the event loop commits it for all who have written. A thread flushes what was committed. So a store reads
what it wrote, nobody waits for the disk but who asks for that (`saved`), and a flush is shared by all who wait.
"""

from asl_engine.store.sqlite.store import SqliteReader, SqliteStore

__all__ = ["SqliteReader", "SqliteStore"]
