"""Forks and joins: the branches of a Parallel, the iterations of an inline Map.

Walks are frames that the kernel's own loop runs; nothing is started for them outside. At most `limit` are open at a
time.
"""

from __future__ import annotations

from asl_engine.kernel.commands import StartMapRun
from asl_engine.kernel.failures import TOO_MANY_FAILED, expression_failure
from asl_engine.kernel.memory import Frame, Join, Memory
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.program.dataflow import selected_item
from asl_engine.program.program import Done, Failed, Fork, Move, Shape
from asl_engine.program.thresholds import THRESHOLD_EXCEEDED
from asl_engine.quotas import MAX_BYTES
from asl_engine.values import JSON, bound_of


def open_fork(memory: Memory, frame: Frame, fork: Fork) -> Move | None:
    """Write the fork down, and start the first walks when their inputs are there."""
    memory.note_entered(frame)
    memory.record.forked(frame.state, fork)
    if frame.state.select is None or not fork.items:
        return _start(memory, frame, fork)
    fork.inputs = []
    return Shape(fork, frame.data)


def shape(memory: Memory, frame: Frame, move: Shape) -> Move | None:
    """Shape items until the execution is to give way; start the first walks after the last one.

    An item that cannot be shaped fails a Map that has begun (recorded, September 2026).
    """
    fork, select = move.fork, frame.state.select
    assert fork.items is not None
    assert select is not None
    inputs, items, is_spent = fork.inputs, fork.items, memory.is_spent
    while len(inputs) < len(items):
        frame.budget = None
        try:
            inputs.append(selected_item(select, frame, move.data, len(inputs), items[len(inputs)]))
        except ExpressionFailed as problem:
            return expression_failure(memory, frame, problem)
        if is_spent is not None and is_spent():
            return move
    return _start(memory, frame, fork)


def _start(memory: Memory, frame: Frame, fork: Fork) -> Move | None:
    """Start the first walks; without any, the fork is joined at once."""
    frame.join = Join(fork, frame.op)
    if not fork.inputs:
        return _joined(memory, frame)
    # An iteration sees its item, wherever that came from; a branch's input is measured, once for all.
    join = frame.join
    join.input_max_size = (
        bound_of(fork.inputs[0]) if fork.items is None else frame.max_size + memory.envelope_size + frame.item_max_size
    )
    for _ in range(min(fork.limit, len(fork.inputs))):
        _start_next(memory, frame, join)
    return None


def _start_next(memory: Memory, parent: Frame, join: Join) -> None:
    """Make the frame of the next walk. It begins when the loop comes to it, after those before it have gone as far as
    they can."""
    index, fork = join.next, join.fork
    join.next = index + 1
    memory.frame_count += 1
    block = fork.blocks[index] if len(fork.blocks) > 1 else fork.blocks[0]
    frame = Frame(memory, memory.frame_count, block, fork.inputs[index], join.input_max_size, parent, index)
    if fork.items is not None:
        frame.item = {"Index": index, "Value": fork.items[index]}
        frame.item_max_size = join.input_max_size
        if fork.inputs is not fork.items:
            frame.max_size += bound_of(frame.input)
    join.open[index] = frame
    memory.ready.append((frame, None))


def begin_walk(memory: Memory, frame: Frame) -> None:
    """Write down that a walk begins."""
    parent, record = frame.parent, memory.record
    assert parent is not None
    frame.has_begun = True
    if frame.is_iteration:
        if record.focus != parent.number:
            record.focus_on(parent.number)  # the event is the Map's, and points at what happened there
        record.iteration(frame.number, frame.index)
    else:
        record.branch(frame.number, parent.number)
        record.focus_on(frame.number)


def walk_succeeded(memory: Memory, frame: Frame, parent: Frame, output: JSON, max_size: int) -> None:
    """A walk has ended well: keep its output, start the next, or join."""
    join = parent.join
    assert join is not None
    join.results[frame.index] = output
    join.result_max_size += max_size + 1
    _end_walk(memory, frame, parent, join, "Succeeded")
    _go_on(memory, parent, join)


def _go_on(memory: Memory, parent: Frame, join: Join) -> None:
    """Start the next walk, or join when all have ended."""
    if join.next < len(join.fork.inputs):
        _start_next(memory, parent, join)
    elif not join.open:
        memory.ready.append((parent, _joined(memory, parent)))


def _end_walk(memory: Memory, frame: Frame, parent: Frame, join: Join, how: str) -> None:
    memory.record.walk_ended(frame.is_iteration, frame.index, how, parent.number)
    del join.open[frame.index]


def _joined(memory: Memory, frame: Frame) -> Done:
    """All walks have ended: the result is the array of their outputs, in the order of the inputs."""
    join = frame.join
    assert join is not None
    frame.join = None
    frame.result_max_size = min(join.result_max_size, 2 * MAX_BYTES)
    memory.record.joined(frame.state, "Succeeded")
    results = [join.results[index] for index in sorted(join.results)]
    return Done(results, frame.state.route)


def walk_failed(memory: Memory, frame: Frame, failed: Failed) -> None:
    """A walk has failed: the whole fails with it, unless failures are tolerated."""
    parent = frame.parent
    assert parent is not None
    assert parent.join is not None
    join = parent.join
    memory.record.reason()
    tolerated = join.fork.tolerated
    if tolerated is not None:
        join.failures += 1
        if join.failures <= tolerated:
            _end_failed(memory, frame, parent, join)
            _go_on(memory, parent, join)
            return
        failed = Failed(TOO_MANY_FAILED, THRESHOLD_EXCEEDED)
    # All end before the whole fails, so a catcher begins with nothing under way: a branch that failed before those that
    # are cut, and an iteration after them (recorded, September 2026).
    if not frame.is_iteration:
        _end_failed(memory, frame, parent, join)
    for other in list(join.open.values()):
        if other is not frame:
            abort(memory, other)
    if frame.is_iteration:
        _end_failed(memory, frame, parent, join)
    memory.ready.append((parent, failed))


def _end_failed(memory: Memory, frame: Frame, parent: Frame, join: Join) -> None:
    """Write down the end of the walk that failed. What its state did is aborted with it: in an iteration after its end,
    in a branch before (recorded, September 2026)."""
    record, is_abortable = memory.record, frame.state.type in ABORTABLE
    record.focus_on(frame.number)
    if is_abortable and not frame.is_iteration:
        record.state_aborted(frame.state)
    _end_walk(memory, frame, parent, join, "Failed")
    if is_abortable and frame.is_iteration:
        record.state_aborted(frame.state)
    join.unsuccessful[frame.index] = frame


ABORTABLE = frozenset({"Task", "Wait", "Map", "Parallel"})
"""The types of which history has a `...StateAborted` event."""


def abort(memory: Memory, frame: Frame) -> None:
    """Stop a walk and everything inside it, because the whole it belongs to has failed; history tells of it from the
    outside in: an iteration before its state (recorded, September 2026)."""
    frame.is_open = False
    has_map_run = any(type(memory.waiting[op][1]) is StartMapRun for op in frame.ops if op in memory.waiting)
    memory.release(frame)
    record, parent = memory.record, frame.parent
    if frame.has_begun:  # else it was made in this event, and the loop has not come to it: history does not know it
        record.focus_on(frame.number)
        if has_map_run:
            record.map_run_aborted()
        if frame.is_iteration and parent is not None:
            record.walk_ended(True, frame.index, "Aborted", parent.number)
        if frame.entered_id and frame.state.type in ABORTABLE:
            record.state_aborted(frame.state)
    if frame.join is not None:
        for inner in list(frame.join.open.values()):
            abort(memory, inner)
