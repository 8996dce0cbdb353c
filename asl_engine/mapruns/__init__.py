"""Map Runs: the child executions of a distributed Map, from its items to its results.

    Family          an execution and the children of its Map Runs, as one thing for a driver to run
      MapRun        one Map Run: admits children, counts how they end, and ends
        Intake      items in: read (readers/ has a file for each form of source), shaped, in batches
        Results     what the children gave, for the state or for files in a bucket

Like the kernel, nothing here acts: reading and writing objects is work that a driver is asked to do (`Work`), in a
thread where it has threads. `snapshot.py` writes the whole as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asl_engine.kernel import Kernel
    from asl_engine.mapruns.family import Family, Watcher
    from asl_engine.mapruns.s3_objects import Objects


def family_of(kernel: Kernel, objects: Objects | None, watcher: Watcher | None) -> Family | None:
    """Return the family of an execution that can have child executions; None for all others, which need none of it."""
    if not kernel.program.is_distributed:
        return None
    from asl_engine.mapruns.family import Family
    from asl_engine.mapruns.s3_objects import Nowhere

    return Family(kernel, objects or Nowhere(), watcher)
