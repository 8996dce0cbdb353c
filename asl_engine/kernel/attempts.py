"""Attempts at tasks, and waiting: what is asked of the outside, and what its answers mean.

A frame that waits has ops in `kernel.waiting`: one for the attempt or the sleep, and one for each time limit. The first
answer that counts settles the attempt; what the others have to say later is unknown, and ignored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asl_engine.history import Mark
from asl_engine.kernel.commands import Cancel, StartTask, StartTimer
from asl_engine.kernel.events import (
    ActivityStarted,
    TaskFailed,
    TaskHeartbeat,
    TaskSubmitted,
    TaskSucceeded,
    TimerFired,
)
from asl_engine.kernel.failures import DATA_LIMIT, HEARTBEAT_TIMEOUT, TIMEOUT
from asl_engine.kernel.frames import Frame
from asl_engine.kernel.sizes import is_payload_too_large, too_large
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.program.moves import Failed, Invoke, Move, Sleep
from asl_engine.quotas import MAX_BYTES, MAX_WAIT
from asl_engine.values import bound_of

if TYPE_CHECKING:
    from asl_engine.kernel.kernel import Kernel

TIMEOUT_OP: Final = "/timeout"
HEARTBEAT_OP: Final = "/heartbeat"


def sleep(kernel: Kernel, frame: Frame, move: Sleep) -> Move | None:
    """Set a timer for a Wait or a retry's delay; without time to wait, go on at once."""
    kernel.note_entered(frame)
    until = kernel.now + move.seconds if move.seconds is not None else move.until
    assert until is not None
    if until - kernel.now >= MAX_WAIT:
        return kernel.broken(frame, ExpressionFailed("Wait state delay is too long."))
    if until <= kernel.now:
        return move.then
    op = frame.op
    kernel.sleeping[op] = move.then
    _await(kernel, frame, StartTimer(op, until))
    return None


def invoke(kernel: Kernel, frame: Frame, move: Invoke) -> Move | None:
    """Schedule an attempt at a task, with timers for its limits."""
    state, resource, payload = frame.state, frame.state.resource, move.payload
    assert resource is not None
    if state.enter_growth is not None:
        around = kernel.around + frame.item_bound
        if is_payload_too_large(frame, state.enter_growth, around, payload):
            kernel.note_entered(frame)
            return Failed(DATA_LIMIT, too_large(state.name))
    if resource.family == "Activity":
        kernel.note_entered(frame)
        if kernel.activities is not None and resource.text not in kernel.activities:  # recorded
            return kernel.broken(frame, ExpressionFailed(f"The activity {resource.text} does not exist."))
        kernel.write(Mark.ONLY_SCHEDULED, state, move)
    else:
        kernel.note_scheduled(frame, move)
    op = frame.op
    command = StartTask(op, resource, payload, state.name, move.timeout, move.heartbeat)
    kernel.waiting[op] = (frame, command)
    kernel.commands.append(command)
    frame.ops = (op,)
    if not _is_taken_up(kernel, command):
        _limit(kernel, frame, command)
    return None


def _is_taken_up(kernel: Kernel, task: StartTask) -> bool:
    """Whether a worker takes up an attempt, at a moment of its own; elsewhere activities are answered at once."""
    return task.resource.family == "Activity" and kernel.activities is not None


def _limit(kernel: Kernel, frame: Frame, task: StartTask) -> None:
    """Set the timers for the limits of an attempt."""
    op, resource = task.op, task.resource
    if task.timeout is not None:
        _await(kernel, frame, StartTimer(op + TIMEOUT_OP, kernel.now + task.timeout))
    if task.heartbeat is not None and resource.takes_answers:
        _await(kernel, frame, StartTimer(op + HEARTBEAT_OP, kernel.now + task.heartbeat))


def _await(kernel: Kernel, frame: Frame, command: StartTask | StartTimer) -> None:
    kernel.waiting[command.op] = (frame, command)
    frame.ops += (command.op,)
    kernel.commands.append(command)


def release(kernel: Kernel, frame: Frame) -> None:
    """The frame waits no longer: forget its ops, and cancel those that have not answered."""
    for op in frame.ops:
        kernel.sleeping.pop(op, None)
        if kernel.waiting.pop(op, None) is not None:
            kernel.commands.append(Cancel(op))
    frame.ops = ()


def on_succeeded(kernel: Kernel, event: TaskSucceeded) -> None:
    """An attempt has a result; one that is too large is a failure."""
    op, result = event.op, event.result
    found = kernel.waiting.get(op)
    if found is None or not isinstance(found[1], StartTask):
        return
    frame, resource = found[0], found[1].resource
    bound = bound_of(result)
    if bound > MAX_BYTES:
        on_failed(kernel, TaskFailed(event.at, op, DATA_LIMIT, too_large(resource.label)))
        return
    del kernel.waiting[op]
    if len(frame.ops) > 1:
        release(kernel, frame)  # its time limits
    frame.ops = ()
    if kernel.focus != frame.number:
        kernel.focus_on(frame)
    kernel.write(Mark.TASK_SUCCEEDED, frame.state, result)
    frame.result_bound = bound
    move = kernel.leave(frame, result, frame.state.route)
    if move is not None:
        kernel.walk(frame, move)


def on_failed(kernel: Kernel, event: TaskFailed) -> None:
    """An attempt has failed: the state may retry or catch."""
    op = event.op
    found = kernel.waiting.get(op)
    if found is None or not isinstance(found[1], StartTask):
        return
    frame = found[0]
    del kernel.waiting[op]
    release(kernel, frame)
    kernel.focus_on(frame)
    kernel.write(Mark.TASK_FAILED, frame.state, (event.error, event.cause))
    kernel.ready.append((frame, Failed(event.error, event.cause)))


def on_submitted(kernel: Kernel, event: TaskSubmitted) -> None:
    """A task that is answered later was handed over."""
    found = kernel.waiting.get(event.op)
    if found is not None:
        kernel.focus_on(found[0])
        kernel.write(Mark.SUBMITTED, found[0].state, event.output)


def on_activity_started(kernel: Kernel, event: ActivityStarted) -> None:
    """A worker has taken up the attempt: from now on its limits count (developer guide, Task state; recorded)."""
    found = kernel.waiting.get(event.op)
    if found is not None:
        frame, task = found
        kernel.focus_on(frame)
        kernel.write(Mark.ACTIVITY_STARTED, frame.state, event.worker)
        assert isinstance(task, StartTask)
        if _is_taken_up(kernel, task):
            _limit(kernel, frame, task)


def on_heartbeat(kernel: Kernel, event: TaskHeartbeat) -> None:
    """The time until the next heartbeat starts anew."""
    op = event.op
    found, known = kernel.waiting.get(op), kernel.waiting.pop(op + HEARTBEAT_OP, None)
    if found is None or known is None:
        return
    frame, task = found
    assert isinstance(task, StartTask)
    kernel.commands.append(Cancel(op + HEARTBEAT_OP))
    frame.ops = tuple(other for other in frame.ops if other != op + HEARTBEAT_OP)
    _await(kernel, frame, StartTimer(op + HEARTBEAT_OP, kernel.now + (task.heartbeat or 0)))


def on_timer(kernel: Kernel, event: TimerFired) -> None:
    """A moment has come: a sleep is over, a limit has passed, or the execution's time is up."""
    op = event.op
    if op == kernel.deadline_op:
        kernel.end("TIMED_OUT", Mark.TIMED_OUT, TIMEOUT, None)
        return
    found = kernel.waiting.pop(op, None)
    if found is None:
        return
    frame = found[0]
    move = kernel.sleeping.pop(op, None)
    frame.ops = tuple(known for known in frame.ops if known != op)
    if move is None:
        _time_out(kernel, frame, op)
    else:
        kernel.ready.append((frame, move))


def _time_out(kernel: Kernel, frame: Frame, op: str) -> None:
    """A limit of the attempt has passed. A missed heartbeat shows as a timeout, and can be caught by its own name."""
    release(kernel, frame)
    kernel.focus_on(frame)
    kernel.write(Mark.TASK_TIMED_OUT, frame.state, (TIMEOUT, None))
    matched_as = HEARTBEAT_TIMEOUT if op.endswith(HEARTBEAT_OP) else None
    kernel.ready.append((frame, Failed(TIMEOUT, None, matched_as)))
