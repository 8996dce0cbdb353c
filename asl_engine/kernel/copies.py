"""A second copy of an execution that has ended, so that a redrive of the one leaves the other as it is.

Values, states and what was written down are shared, as nobody changes them; the frames and their joins are copied.
"""

from __future__ import annotations

from collections import deque
from copy import copy
from typing import TYPE_CHECKING

from asl_engine.kernel.frames import Frame, Join

if TYPE_CHECKING:
    from asl_engine.kernel.kernel import Kernel


def copy_of(kernel: Kernel) -> Kernel:
    """Return an ended execution a second time."""
    copied = copy(kernel)
    copied.waiting, copied.sleeping, copied.ready, copied.commands = {}, {}, deque(), []
    copied.records = None if kernel.records is None else list(kernel.records)
    copied.map_runs = None if kernel.map_runs is None else dict(kernel.map_runs)
    copied.root = None if kernel.root is None else _frame(kernel.root, copied, None)
    return copied


def _frame(frame: Frame, kernel: Kernel, parent: Frame | None) -> Frame:
    copied = copy(frame)
    copied.kernel, copied.parent = kernel, parent
    copied.join = None if frame.join is None else _join(frame.join, kernel, copied)
    return copied


def _join(join: Join, kernel: Kernel, parent: Frame) -> Join:
    copied = copy(join)
    copied.open = {index: _frame(walk, kernel, parent) for index, walk in join.open.items()}
    copied.lost = {index: _frame(walk, kernel, parent) for index, walk in join.lost.items()}
    copied.results = dict(join.results)
    return copied
