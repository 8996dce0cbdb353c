"""A second copy of an execution that has ended, so that a redrive of the one leaves the other as it is.

Values, states and what was written down are shared, as nobody changes them; the frames and their joins are copied.
"""

from __future__ import annotations

from collections import deque
from copy import copy

from asl_engine.kernel.kernel import Kernel
from asl_engine.kernel.memory import Frame, Join, Memory


def copy_of(kernel: Kernel) -> Kernel:
    """Return an ended execution a second time."""
    copied = copy(kernel)
    copied.waiting, copied.sleeping, copied.ready, copied.commands = {}, {}, deque(), []
    copied.record = copy(kernel.record)
    copied.record.entries = None if kernel.records is None else list(kernel.records)
    copied.map_runs = dict(kernel.map_runs)
    copied.root = None if kernel.root is None else _frame(kernel.root, copied, None)
    return copied


def _frame(frame: Frame, memory: Memory, parent: Frame | None) -> Frame:
    copied = copy(frame)
    copied.memory, copied.parent = memory, parent
    copied.join = None if frame.join is None else _join(frame.join, memory, copied)
    return copied


def _join(join: Join, memory: Memory, parent: Frame) -> Join:
    copied = copy(join)
    copied.open = {index: _frame(walk, memory, parent) for index, walk in join.open.items()}
    copied.unsuccessful = {index: _frame(walk, memory, parent) for index, walk in join.unsuccessful.items()}
    copied.results = dict(join.results)
    return copied
