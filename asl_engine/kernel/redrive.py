"""Redrive: an execution that did not succeed goes on from where it failed.

What succeeded stays as it is. A state that was entered and not left does its work again, from the same input, with its
retries counted anew; of a Parallel or an inline Map only the walks that failed or were aborted go on, each from its own
unsuccessful state. A frame that has failed keeps its join for this, and the join the walks that it lost.
"""

from __future__ import annotations

from typing import Final

from asl_engine.kernel.commands import Cancel
from asl_engine.kernel.events import Event, ExecutionRedriven
from asl_engine.kernel.forks import ABORTABLE
from asl_engine.kernel.memory import Frame, Memory
from asl_engine.program.program import Enter, Redistribute
from asl_engine.quotas import MAX_EVENTS

UNSUCCESSFUL: Final = ("FAILED", "ABORTED", "TIMED_OUT")

LAST_EVENTS: Final = MAX_EVENTS - 1
"""An execution with so many events cannot be redriven: there is no room for one more and its end (AWS quota)."""

ENTER: Final = Enter()


def is_heard(memory: Memory, event: Event) -> bool:
    """Whether an execution that has ended takes in an event: only a redrive, if it did not succeed and history has
    room."""
    is_redrive = type(event) is ExecutionRedriven and memory.root is not None
    return is_redrive and memory.status in UNSUCCESSFUL and memory.event_count < LAST_EVENTS


def why_not(memory: Memory) -> str | None:
    """Return why an execution that has ended cannot be redriven, in AWS's words; None if it can."""
    if memory.status == "SUCCEEDED":
        return "Execution is SUCCEEDED and cannot be redriven"
    if memory.event_count >= LAST_EVENTS:
        return "Execution has exceeded the maximum history event limit"
    return None


def on_redriven(memory: Memory, event: ExecutionRedriven) -> None:
    """Open again what has ended, from the root on; the time limit of the execution begins anew."""
    root = memory.root
    assert root is not None
    memory.status, memory.error, memory.cause = "RUNNING", None, None
    memory.redrive_count += 1
    memory.redriven_at = event.at
    memory.is_deadline_set = bool(memory.parent_op)  # the limit of a child is its parent's
    memory.commands.append(Cancel(memory.deadline_op))
    memory.forget_context()
    memory.record.focus_on(root.number)
    memory.record.redriven(memory.redrive_count)
    _reopen(memory, root)


def _reopen(memory: Memory, frame: Frame) -> None:
    map_run = memory.map_runs.get(frame.number)
    is_of_map_run = map_run is not None and map_run.op == frame.op  # asked before the visit, and so the op, changes
    _note_resumed(memory, frame)
    frame.is_open = True
    frame.ops = ()
    frame.visit += 1  # ops of the attempts to come differ from those before
    frame.attempt, frame.retries = 0, None
    frame.result_max_size = 0
    join = frame.join
    if join is None:
        move = Redistribute(map_run.arn) if map_run is not None and is_of_map_run else ENTER
        memory.ready.append((frame, move))
        return
    walks = sorted({**join.unsuccessful, **join.open}.items())
    join.unsuccessful, join.open, join.failures = {}, dict(walks), 0
    for _, walk in walks:
        _reopen(memory, walk)


def _note_resumed(memory: Memory, frame: Frame) -> None:
    """Write down that a walk goes on in its state: neither that begins again (recorded)."""
    parent = frame.parent
    if frame.has_begun and (parent is not None or frame.state.type in ABORTABLE):
        memory.record.resumed(frame.number, None if parent is None else parent.number, frame.entered_id)
