"""Attempts at tasks, and waiting: what is asked of the outside, and what its answers mean.

A frame that waits has ops in `memory.waiting`: one for the attempt or the sleep, and one for each time limit. The first
answer that counts settles the attempt; what the others have to say later is unknown, and ignored.
"""

from __future__ import annotations

from typing import Final

from asl_engine.kernel.commands import Cancel, StartTask
from asl_engine.kernel.events import (
    ActivityStarted,
    TaskFailed,
    TaskHeartbeat,
    TaskSubmitted,
    TaskSucceeded,
    TimerFired,
)
from asl_engine.kernel.failures import DATA_LIMIT, HEARTBEAT_TIMEOUT, TIMEOUT, expression_failure
from asl_engine.kernel.memory import Frame, Memory, Step
from asl_engine.kernel.sizes import is_payload_too_large, too_large
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.program.program import Done, Failed, Invoke, Move, Sleep, TimedOut
from asl_engine.quotas import MAX_BYTES, MAX_WAIT
from asl_engine.values import bound_of

TIMEOUT_OP: Final = "/timeout"
HEARTBEAT_OP: Final = "/heartbeat"

TIMED_OUT: Final = TimedOut()
SILENT: Final = TimedOut(HEARTBEAT_TIMEOUT)
"""A missed heartbeat shows as a timeout, and can be caught by its own name."""


# --- moves -----------------------------------------------------------------------------------------------------------


def sleep(memory: Memory, frame: Frame, move: Sleep) -> Move | None:
    """Set a timer for a Wait or a retry's delay; without time to wait, go on at once."""
    memory.note_entered(frame)
    seconds = move.seconds if move.until is None else move.until - memory.now
    assert seconds is not None
    if seconds >= MAX_WAIT:  # asked first: there are integers that cannot be added to a time
        return expression_failure(memory, frame, ExpressionFailed("Wait state delay is too long."))
    until = memory.now + seconds if move.until is None else move.until
    if until <= memory.now:
        return move.then
    memory.sleep(frame, frame.op, until, move.then)
    return None


def invoke(memory: Memory, frame: Frame, move: Invoke) -> Move | None:
    """Schedule an attempt at a task, with timers for its limits."""
    state, resource, payload = frame.state, frame.state.resource, move.payload
    assert resource is not None
    if state.enter_growth is not None:
        others = memory.envelope_size + frame.item_max_size
        if is_payload_too_large(frame, state.enter_growth, others, payload):
            memory.note_entered(frame)
            return Failed(DATA_LIMIT, too_large(state.name))
    if resource.family == "Activity":
        memory.note_entered(frame)
        if memory.activities is not None and resource.text not in memory.activities:  # recorded
            return expression_failure(memory, frame, ExpressionFailed(f"The activity {resource.text} does not exist."))
        memory.record.only_scheduled(state, move)
    elif frame.entered_id:
        memory.record.scheduled(state, move)
    else:
        frame.entered_id = memory.record.entered_and_scheduled(state, frame.input, move)
        frame.entered_stamp = memory.now
    op = frame.op
    frame.is_submitted = False
    task = StartTask(op, resource, payload, state.name, move.timeout, move.heartbeat)
    memory.waiting[op] = (frame, task)  # as `wait` does it: every attempt comes here, and waits for nothing yet
    frame.ops = (op,)
    memory.commands.append(task)
    if (move.timeout is not None or move.heartbeat is not None) and not _is_taken_up(memory, task):
        _limit(memory, frame, task)
    return None


def _is_taken_up(memory: Memory, task: StartTask) -> bool:
    """Whether a worker takes up an attempt, at a moment of its own; elsewhere activities are answered at once."""
    return task.resource.family == "Activity" and memory.activities is not None


def _limit(memory: Memory, frame: Frame, task: StartTask) -> None:
    """Set the timers for the limits of an attempt."""
    op = task.op
    if task.timeout is not None:
        memory.sleep(frame, op + TIMEOUT_OP, memory.now + task.timeout, TIMED_OUT)
    if task.heartbeat is not None and task.resource.takes_answers:
        memory.sleep(frame, op + HEARTBEAT_OP, memory.now + task.heartbeat, SILENT)


def time_out(memory: Memory, frame: Frame, move: TimedOut) -> Move:
    """A limit of the attempt has passed: give the attempt up, and with it its other limit."""
    memory.release(frame)
    memory.record.task_timed_out(frame.state, TIMEOUT)
    return Failed(TIMEOUT, None, move.matched_as)


# --- events ----------------------------------------------------------------------------------------------------------


def on_succeeded(memory: Memory, event: TaskSucceeded) -> Step | None:
    """An attempt has a result; one that is too large is a failure."""
    op = event.op
    entry = memory.waiting.get(op)
    if entry is None or type(entry[1]) is not StartTask:
        return None
    frame = entry[0]
    if len(frame.ops) > 1:
        memory.settle(op, StartTask)
    else:  # most attempts have no time limits
        del memory.waiting[op]
        frame.ops = ()
        if memory.record.focus != frame.number:
            memory.record.focus_on(frame.number)
    result, state = event.result, frame.state
    size = bound_of(result)
    if size > MAX_BYTES:
        assert state.resource is not None
        return _fail(memory, frame, DATA_LIMIT, too_large(state.resource.label))
    if event.text is not None:
        memory.record.written(result, event.text)
    memory.record.task_succeeded(state, result)
    frame.result_max_size = size
    return frame, Done(result, state.route)


def on_failed(memory: Memory, event: TaskFailed) -> Step | None:
    """An attempt has failed: the state may retry or catch."""
    frame = memory.settle(event.op, StartTask)
    return None if frame is None else _fail(memory, frame, event.error, event.cause)


def _fail(memory: Memory, frame: Frame, error: str | None, cause: str | None) -> Step:
    memory.record.task_failed(frame.state, error, cause)
    return frame, Failed(error, cause)


def on_submitted(memory: Memory, event: TaskSubmitted) -> None:
    """A task that is answered later was handed over."""
    attempt = memory.attempt_of(event.op)
    if attempt is not None:
        frame, _ = attempt
        memory.record.focus_on(frame.number)
        memory.record.submitted(frame.state, event.output)
        frame.is_submitted = True


def on_activity_started(memory: Memory, event: ActivityStarted) -> None:
    """A worker has taken up the attempt: from now on its limits count (developer guide, Task state; recorded)."""
    attempt = memory.attempt_of(event.op)
    if attempt is not None:
        frame, task = attempt
        memory.record.focus_on(frame.number)
        memory.record.activity_started(frame.state, event.worker)
        frame.is_submitted = True
        if _is_taken_up(memory, task):
            _limit(memory, frame, task)


def on_heartbeat(memory: Memory, event: TaskHeartbeat) -> None:
    """The time until the next heartbeat starts anew."""
    attempt, beat = memory.attempt_of(event.op), event.op + HEARTBEAT_OP
    if attempt is None or memory.waiting.pop(beat, None) is None:
        return
    frame, task = attempt
    assert task.heartbeat is not None
    memory.commands.append(Cancel(beat))
    frame.ops = tuple(op for op in frame.ops if op != beat)
    memory.sleep(frame, beat, memory.now + task.heartbeat, SILENT)


def on_timer(memory: Memory, event: TimerFired) -> Step | None:
    """A moment has come: the frame that slept until then makes the move that it was to make."""
    op = event.op
    if op == memory.deadline_op:
        memory.time_out(TIMEOUT)
        return None
    move = memory.sleeping.pop(op, None)
    if move is None:
        return None  # the op is a task's, and no timer's
    frame, _ = memory.waiting.pop(op)
    frame.ops = tuple(other for other in frame.ops if other != op)
    return frame, move
