"""What outlives a request: machines, executions, tokens, and what belongs to them.

`records.py` has the rows, `store.py` what every store does, `memory.py` the store that ends with its process, and
`sqlite/` the one that outlives it, which is imported where it is wanted. A row is plain data: nothing in it runs. Who
changes one hands it back (`update_...`), for a store may have given a copy. Lists come in pages, and a page names the
last entry that it had, so deleting and adding while somebody turns pages neither loses an entry nor shows it twice.
"""

from asl_engine.journal.codec import Entry
from asl_engine.store.memory import MemoryStore
from asl_engine.store.records import Activity, Alias, Execution, Machine, MapRun, Page, Revision, Token, Version
from asl_engine.store.store import DurableStore, Store, StoreFailed, StoreFull

__all__ = [
    "Activity",
    "Alias",
    "DurableStore",
    "Entry",
    "Execution",
    "Machine",
    "MapRun",
    "MemoryStore",
    "Page",
    "Revision",
    "Store",
    "StoreFailed",
    "StoreFull",
    "Token",
    "Version",
]
