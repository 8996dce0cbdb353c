"""Map Runs, as the execution that has them sees them: one command, and one event that ends it.

The children are executions of their own, outside of the frame: `mapruns/` runs them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from asl_engine.history import Mark
from asl_engine.kernel.attempts import release
from asl_engine.kernel.commands import StartMapRun
from asl_engine.kernel.events import MapRunFailed, MapRunSucceeded
from asl_engine.kernel.frames import Frame
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.program.moves import Distribute, Done, Failed, Move, Redistribute
from asl_engine.quotas import MAX_BYTES
from asl_engine.values import bound_of

if TYPE_CHECKING:
    from asl_engine.kernel.kernel import Kernel


def distribute(kernel: Kernel, frame: Frame, move: Distribute) -> Move | None:
    """Begin the Map, and start its Map Run; what its fields cannot be read as fails it between the two (recorded)."""
    distribution = frame.state.distribution
    assert distribution is not None
    kernel.note_entered(frame)
    kernel.write(Mark.FORKED, frame.state, 0 if move.items is None else len(move.items))
    try:
        plan = distribution.plan(frame, move.items)
    except ExpressionFailed as problem:
        return kernel.broken(frame, problem)
    command = StartMapRun(frame.op, frame.state.name, map_run_arn(kernel, frame), plan)
    kernel.write(Mark.MAP_RUN_STARTED, command.arn, None)
    _await(kernel, frame, command)
    return None


def redistribute(kernel: Kernel, frame: Frame, move: Redistribute) -> Move | None:
    """Redrive the Map Run that the state had when it failed, with the plan that it had."""
    assert kernel.map_runs is not None
    before = kernel.map_runs[frame.number]
    command = StartMapRun(frame.op, before.state, move.arn, before.plan, before.redrives + 1)
    kernel.write(Mark.MAP_RUN_REDRIVEN, command.arn, command.redrives)
    _await(kernel, frame, command)
    return None


def _await(kernel: Kernel, frame: Frame, command: StartMapRun) -> None:
    kernel.waiting[command.op] = (frame, command)
    if kernel.map_runs is None:
        kernel.map_runs = {}
    kernel.map_runs[frame.number] = command
    frame.ops = (command.op,)
    kernel.commands.append(command)


def map_run_arn(kernel: Kernel, frame: Frame) -> str:
    """Return the ARN of the Map Run of this attempt: `...:mapRun:<machine>/<label>:<id>`, the same after a restore.

    Without a `Label` the service makes one for the state, and an id that is unique for each run (recorded).
    """
    identity, state = kernel.identity, frame.state
    assert state.distribution is not None
    label = state.distribution.label or uuid_of(f"{identity.machine_arn}{state.pointer}")
    run = uuid_of(f"{kernel.seed}:{identity.execution_arn}:{frame.op}")
    return f"arn:aws:states:{identity.region}:{identity.account}:mapRun:{identity.machine_name}/{label}:{run}"


def uuid_of(text: str) -> str:
    """Return a UUID that is made of a text, as those of Map Runs and their children are: always the same for it."""
    found = hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"{found[:8]}-{found[8:12]}-3{found[13:16]}-a{found[17:20]}-{found[20:]}"


def on_map_run_succeeded(kernel: Kernel, event: MapRunSucceeded) -> None:
    """The items were processed: the result is what the children gave, or where it was written."""
    frame = _settled(kernel, event.op)
    if frame is None:
        return
    kernel.write(Mark.MAP_RUN_ENDED, None, None)
    kernel.write(Mark.JOINED, frame.state, "Succeeded")
    frame.result_bound = min(bound_of(event.result), 2 * MAX_BYTES)
    kernel.ready.append((frame, Done(event.result, frame.state.route)))


def on_map_run_failed(kernel: Kernel, event: MapRunFailed) -> None:
    """The Map Run failed, and with it the state, which may retry or catch."""
    frame = _settled(kernel, event.op)
    if frame is None:
        return
    kernel.write(Mark.MAP_RUN_ENDED, event.error, event.cause)
    kernel.ready.append((frame, Failed(event.error, event.cause, is_of_map_run=True)))


def _settled(kernel: Kernel, op: str) -> Frame | None:
    found = kernel.waiting.get(op)
    if found is None or not isinstance(found[1], StartMapRun):
        return None
    frame = found[0]
    del kernel.waiting[op]
    release(kernel, frame)
    kernel.focus_on(frame)
    return frame
