"""What an execution writes down, so that it can be had again: each event that it heard, and nothing that it made.

    codec.py     an event as the text of an entry, and back
    journal.py   writes the entries of one execution, beside what chance there was outside of its events
    replay.py    an execution, with its Map Runs and children, made again of its entries

A kernel has no clock, no chance and no I/O, so its events make the same kernel again, with the same history. Three
things do not stand in the events that a driver hands it, and are written beside them: where it gave way for others,
which activities did not exist when it asked for them, and what was read or written for a Map Run. A checksum of what
followed from each event tells at which one a replay went another way, for example in a version of the engine that
decides something differently: before it asks for a task that was never asked for.
"""

from asl_engine.journal.circumstances import Circumstances
from asl_engine.journal.codec import Entry
from asl_engine.journal.journal import Journal
from asl_engine.journal.replay import Diverged, Replayed, replay

__all__ = ["Circumstances", "Diverged", "Entry", "Journal", "Replayed", "replay"]
