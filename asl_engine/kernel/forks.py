"""Forks and joins: the branches of a Parallel, the iterations of an inline Map.

Walks are frames that the kernel's own loop runs; nothing is started for them outside. At most `limit` are open at a
time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asl_engine.history import Mark
from asl_engine.kernel.attempts import release
from asl_engine.kernel.commands import StartMapRun
from asl_engine.kernel.failures import TOO_MANY_FAILED
from asl_engine.kernel.frames import Frame, Join
from asl_engine.program.moves import Done, Failed, Fork, Move
from asl_engine.quotas import MAX_BYTES
from asl_engine.values import JSON, bound_of

if TYPE_CHECKING:
    from asl_engine.kernel.kernel import Kernel


def open_fork(kernel: Kernel, frame: Frame, fork: Fork) -> Move | None:
    """Start the first walks; without any, the fork is joined at once."""
    kernel.note_entered(frame)
    frame.join = Join(fork, frame.op)
    kernel.write(Mark.FORKED, frame.state, len(fork.inputs) if fork.items is not None else None)
    if not fork.inputs:
        return _joined(kernel, frame)
    # An iteration sees its item, wherever that came from; a branch's input is measured, once for all.
    join = frame.join
    join.input_bound = (
        bound_of(fork.inputs[0]) if fork.items is None else frame.bound + kernel.around + frame.item_bound
    )
    for _ in range(min(fork.limit, len(fork.inputs))):
        _start_next(kernel, frame, join)
    return None


def _start_next(kernel: Kernel, parent: Frame, join: Join) -> None:
    index, fork = join.next, join.fork
    join.next = index + 1
    kernel.frame_count += 1
    block = fork.blocks[index] if len(fork.blocks) > 1 else fork.blocks[0]
    frame = Frame(kernel, kernel.frame_count, block, fork.inputs[index], join.input_bound, parent, index)
    if fork.items is not None:
        frame.item = {"Index": index, "Value": fork.items[index]}
        frame.item_bound = join.input_bound
        if fork.inputs is not fork.items:
            frame.bound += bound_of(frame.input)
    join.open[index] = frame
    kernel.ready.append((frame, None))


def begin_walk(kernel: Kernel, frame: Frame) -> None:
    """Write down that a walk begins."""
    parent = frame.parent
    assert parent is not None
    frame.has_begun = True
    if frame.is_iteration:
        if kernel.focus != parent.number:
            kernel.focus_on(parent)
        kernel.write(Mark.ITERATION, frame.number, frame.index)
        kernel.focus = frame.number
    else:
        kernel.write(Mark.BRANCH, frame.number, parent.number)
        kernel.focus_on(frame)


def walk_succeeded(kernel: Kernel, frame: Frame, parent: Frame, output: JSON, bound: int) -> None:
    """A walk has ended well: keep its output, start the next, or join."""
    join = parent.join
    assert join is not None
    join.results[frame.index] = output
    join.result_bound += bound + 1
    _end_walk(kernel, frame, parent, join, "Succeeded")
    if join.next < len(join.fork.inputs):
        _start_next(kernel, parent, join)
    elif not join.open:
        kernel.ready.append((parent, _joined(kernel, parent)))


def _go_on(kernel: Kernel, parent: Frame, join: Join) -> None:
    """Start the next walk, or join when all have ended."""
    if join.next < len(join.fork.inputs):
        _start_next(kernel, parent, join)
    elif not join.open:
        kernel.ready.append((parent, _joined(kernel, parent)))


def _end_walk(kernel: Kernel, frame: Frame, parent: Frame, join: Join, how: str) -> None:
    if frame.is_iteration:
        kernel.write(Mark.ITERATION_ENDED, frame.index, how)
    else:
        kernel.write(Mark.BRANCH_ENDED, None, None)
    kernel.focus = parent.number
    del join.open[frame.index]


def _joined(kernel: Kernel, frame: Frame) -> Done:
    """All walks have ended: the result is the array of their outputs, in the order of the inputs."""
    join = frame.join
    assert join is not None
    frame.join = None
    frame.result_bound = min(join.result_bound, 2 * MAX_BYTES)
    kernel.write(Mark.JOINED, frame.state, "Succeeded")
    results = [join.results[index] for index in sorted(join.results)]
    return Done(results, frame.state.route)


def walk_failed(kernel: Kernel, frame: Frame, failed: Failed) -> None:
    """A walk has failed: the whole fails with it, unless failures are tolerated."""
    parent = frame.parent
    assert parent is not None
    assert parent.join is not None
    join = parent.join
    if not frame.is_iteration and frame.state.type in ABORTABLE:
        kernel.write(Mark.STATE_ABORTED, frame.state, None)
    _end_walk(kernel, frame, parent, join, "Failed")
    join.lost[frame.index] = frame
    tolerated = join.fork.tolerated
    if tolerated is not None:
        join.failures += 1
        if join.failures <= tolerated:
            _go_on(kernel, parent, join)
            return
        failed = Failed(TOO_MANY_FAILED, "The specified tolerated failure threshold was exceeded")
    for other in list(join.open.values()):
        abort(kernel, other)
    kernel.ready.append((parent, failed))


ABORTABLE = frozenset({"Task", "Wait", "Map", "Parallel"})
"""The types of which history has a `...StateAborted` event."""


def abort(kernel: Kernel, frame: Frame) -> None:
    """Stop a walk and everything inside it, because the whole it belongs to has failed."""
    frame.is_open = False
    has_map_run = frame.state.distribution is not None and any(
        isinstance(kernel.waiting[op][1], StartMapRun) for op in frame.ops if op in kernel.waiting
    )
    release(kernel, frame)
    if frame.join is not None:
        for inner in list(frame.join.open.values()):
            abort(kernel, inner)
    if not frame.has_begun:
        return
    kernel.focus_on(frame)
    if has_map_run:
        kernel.write(Mark.MAP_RUN_ABORTED, None, None)
    if frame.entered_id and frame.state.type in ABORTABLE:
        kernel.write(Mark.STATE_ABORTED, frame.state, None)
    parent = frame.parent
    if frame.is_iteration and parent is not None:
        kernel.write(Mark.ITERATION_ENDED, frame.index, "Aborted")
        kernel.focus = parent.number
