"""Redrive: an execution that did not succeed goes on from where it failed.

What succeeded stays as it is. A state that was entered and not left does its work again, from the same input, with its
retries counted anew; of a Parallel or an inline Map only the walks that failed or were aborted go on, each from its own
unsuccessful state. A frame that has failed keeps its join for this, and the join the walks that it lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from asl_engine.history import Mark
from asl_engine.kernel.commands import Cancel
from asl_engine.kernel.events import Event, ExecutionRedriven
from asl_engine.kernel.forks import ABORTABLE
from asl_engine.kernel.frames import Frame
from asl_engine.program.moves import Enter, Redistribute
from asl_engine.quotas import MAX_EVENTS

if TYPE_CHECKING:
    from asl_engine.kernel.kernel import Kernel

UNSUCCESSFUL: Final = ("FAILED", "ABORTED", "TIMED_OUT")

LAST_EVENTS: Final = MAX_EVENTS - 1
"""An execution with so many events cannot be redriven: there is no room for one more and its end (AWS quota)."""

ENTER: Final = Enter()


def is_heard(kernel: Kernel, event: Event) -> bool:
    """Whether an execution that has ended takes in an event: only a redrive, if it did not succeed and history has
    room."""
    is_redrive = type(event) is ExecutionRedriven and kernel.root is not None
    return is_redrive and kernel.status in UNSUCCESSFUL and kernel.event_count < LAST_EVENTS


def why_not(kernel: Kernel) -> str | None:
    """Return why an execution that has ended cannot be redriven, in AWS's words; None if it can."""
    if kernel.status == "SUCCEEDED":
        return "Execution is SUCCEEDED and cannot be redriven"
    if kernel.event_count >= LAST_EVENTS:
        return "Execution has exceeded the maximum history event limit"
    return None


def on_redriven(kernel: Kernel, event: ExecutionRedriven) -> None:
    """Open again what has ended, from the root on; the time limit of the execution begins anew."""
    root = kernel.root
    assert root is not None
    kernel.status, kernel.error, kernel.cause = "RUNNING", None, None
    kernel.redrive_count += 1
    kernel.redriven_at = event.at
    kernel.is_deadline_set = bool(kernel.place)  # the limit of a child is its parent's
    kernel.commands.append(Cancel(kernel.deadline_op))
    kernel.forget_context()
    if kernel.focus != 0:
        kernel.focus_on(root)
    kernel.write(Mark.REDRIVEN, kernel.redrive_count, None)
    _reopen(kernel, root)


def _reopen(kernel: Kernel, frame: Frame) -> None:
    lost_run = (kernel.map_runs or {}).get(frame.number)
    is_map_run = lost_run is not None and lost_run.op == frame.op
    _note_resumed(kernel, frame)
    frame.is_open = True
    frame.ops = ()
    frame.visit += 1  # ops of the attempts to come differ from those before
    frame.attempt, frame.attempts = 0, None
    frame.result_bound = 0
    join = frame.join
    if join is None:
        kernel.ready.append((frame, Redistribute(lost_run.arn) if lost_run is not None and is_map_run else ENTER))
        return
    walks = sorted({**join.lost, **join.open}.items())
    join.lost, join.open, join.failures = {}, dict(walks), 0
    for _, walk in walks:
        _reopen(kernel, walk)


def _note_resumed(kernel: Kernel, frame: Frame) -> None:
    """Write down that a walk goes on in its state: neither that begins again (recorded)."""
    parent = frame.parent
    if frame.has_begun and (parent is not None or frame.state.type in ABORTABLE):
        kernel.write(Mark.RESUMED, frame.number, (None if parent is None else parent.number, frame.entered_id))
