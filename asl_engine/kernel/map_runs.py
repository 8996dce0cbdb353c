"""Map Runs, as the execution that has them sees them: one command, and one event that ends it.

The children are executions of their own, outside of the frame: `mapruns/` runs them.
"""

from __future__ import annotations

import hashlib

from asl_engine.kernel.commands import StartMapRun
from asl_engine.kernel.events import MapRunFailed, MapRunSucceeded
from asl_engine.kernel.failures import expression_failure
from asl_engine.kernel.memory import Frame, Memory, Step
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.program.program import Distribute, Done, Failed, Move, Redistribute
from asl_engine.quotas import MAX_BYTES
from asl_engine.values import bound_of


def distribute(memory: Memory, frame: Frame, move: Distribute) -> Move | None:
    """Begin the Map, and start its Map Run; what its fields cannot be read as fails it between the two (recorded)."""
    distribution = frame.state.distribution
    assert distribution is not None
    memory.note_entered(frame)
    memory.record.forked(frame.state, move)
    try:
        plan = distribution.plan(frame, move.items)
    except ExpressionFailed as problem:
        return expression_failure(memory, frame, problem)
    command = StartMapRun(frame.op, frame.state.name, map_run_arn(memory, frame), plan)
    memory.record.map_run_started(command.arn)
    _start(memory, frame, command)
    return None


def redistribute(memory: Memory, frame: Frame, move: Redistribute) -> Move | None:
    """Redrive the Map Run that the state had when it failed, with the plan that it had."""
    before = memory.map_runs[frame.number]
    command = StartMapRun(frame.op, before.state, move.arn, before.plan, before.redrives + 1)
    memory.record.map_run_redriven(command.arn, command.redrives)
    _start(memory, frame, command)
    return None


def _start(memory: Memory, frame: Frame, command: StartMapRun) -> None:
    memory.map_runs[frame.number] = command
    memory.wait(frame, command)


def map_run_arn(memory: Memory, frame: Frame) -> str:
    """Return the ARN of the Map Run of this attempt: `...:mapRun:<machine>/<label>:<id>`, the same after a restore.

    Without a `Label` the service makes one for the state, and an id that is unique for each run (recorded).
    """
    identity, state = memory.identity, frame.state
    assert state.distribution is not None
    label = label_of(identity.machine_arn, state.pointer, state.distribution.label)
    run = uuid_of(f"{memory.seed}:{identity.execution_arn}:{frame.op}")
    return f"{identity.prefix}mapRun:{identity.machine_name}/{label}:{run}"


def label_of(machine_arn: str, pointer: str, label: str | None) -> str:
    """Return the label of a distributed Map of a state machine, which the service makes where the state has none."""
    return label or uuid_of(f"{machine_arn}{pointer}")


def uuid_of(text: str) -> str:
    """Return a UUID that is made of a text, as those of Map Runs and their children are: always the same for it."""
    digest = hashlib.md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-3{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"


def on_map_run_succeeded(memory: Memory, event: MapRunSucceeded) -> Step | None:
    """The items were processed: the result is what the children gave, or where it was written."""
    frame = memory.settle(event.op, StartMapRun)
    if frame is None:
        return None
    memory.record.map_run_succeeded()
    memory.record.joined(frame.state, "Succeeded")
    frame.result_max_size = min(bound_of(event.result), 2 * MAX_BYTES)
    return frame, Done(event.result, frame.state.route)


def on_map_run_failed(memory: Memory, event: MapRunFailed) -> Step | None:
    """The Map Run failed, and with it the state, which may retry or catch."""
    frame = memory.settle(event.op, StartMapRun)
    if frame is None:
        return None
    memory.record.map_run_failed(event.error, event.cause)
    return frame, Failed(event.error, event.cause, is_of_map_run=True)
