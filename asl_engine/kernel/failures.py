"""Who may handle an error: the matching of retriers and catchers, and how long a retry waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from asl_engine.kernel.memory import Frame, Memory
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.program.program import Catcher, Failed, Retrier
from asl_engine.quotas import MAX_SECONDS

RUNTIME = "States.Runtime"
QUERY_ERROR = "States.QueryEvaluationError"
TIMEOUT = "States.Timeout"
TASK_FAILED = "States.TaskFailed"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
DATA_LIMIT = "States.DataLimitExceeded"
TOO_MANY_FAILED = "States.ExceedToleratedFailureThreshold"


class HasErrors(Protocol):
    """A retrier or a catcher."""

    errors: frozenset[str]


Handler = TypeVar("Handler", bound=HasErrors)


def matches(handler: HasErrors, failed: Failed, of_task: bool) -> bool:
    """Tell whether a handler's `ErrorEquals` covers a failure.

    * `States.Runtime` is never handled: it ends the execution (error table of the developer guide; recording
      `test_catch_states_runtime`).
    * `States.ALL` covers everything else, also a failure without a name, and a result that is too large (recorded,
      against the documents).
    * `States.TaskFailed` covers every failure of a task but a timeout.
    """
    error, errors = failed.error, handler.errors
    if error == RUNTIME:
        return False
    if error in errors or "States.ALL" in errors:
        return True
    if failed.matched_as is not None and failed.matched_as in errors:
        return True
    return of_task and error != TIMEOUT and TASK_FAILED in errors


def first_match(handlers: Iterable[Handler], failed: Failed, of_task: bool) -> tuple[int, Handler] | None:
    """Return the first handler that covers the failure, with its position."""
    for index, handler in enumerate(handlers):
        if matches(handler, failed, of_task):
            return index, handler
    return None


def next_retry(frame: Frame, failed: Failed) -> tuple[int, float] | None:
    """Count an attempt; return the position of its retrier, and how many seconds to wait before the next.

    None when there is no other.

    > A Retrier's count is kept for itself, and starts anew when the state is entered anew (specification, "Errors").
    """
    state = frame.state
    match = first_match(state.retriers, failed, state.type == "Task")
    if match is None:
        return None
    index, retrier = match
    if frame.retries is None:
        frame.retries = [0] * len(state.retriers)
    made = frame.retries[index]
    if made >= retrier.max_attempts:
        return None
    frame.retries[index] += 1
    delay = backed_off(retrier, made)
    if retrier.has_jitter:
        delay = frame.random().uniform(0, delay)
    frame.attempt += 1
    return index, delay


def backed_off(retrier: Retrier, made: int) -> float:
    """Return the delay in seconds after so many retries, without jitter.

    IntervalSeconds * BackoffRate ^ attempts, at most MaxDelaySeconds; never above the longest wait of the service.
    """
    longest = retrier.max_delay if retrier.max_delay is not None else float(MAX_SECONDS)
    try:
        return min(retrier.interval * retrier.backoff_rate**made, longest)
    except OverflowError:
        return longest


def catcher_for(frame: Frame, failed: Failed) -> tuple[int, Catcher] | None:
    """Return the catcher that covers a failure of the frame's state, with its position, if there is one."""
    return first_match(frame.state.catchers, failed, frame.state.type == "Task")


def refuse(memory: Memory, frame: Frame, why: str) -> None:
    """Fail in place of what a walk would do next; what has just happened in it stays the event before."""
    if frame.has_begun:
        memory.record.focus_on(frame.number)
    memory.fail(RUNTIME, why)


def expression_failure(memory: Memory, frame: Frame, problem: ExpressionFailed) -> Failed:
    """Return the failure of a state of which an expression failed, in the service's words, and write it down."""
    memory.note_entered(frame)  # before the cause is made: it names the event
    cause = problem.cause
    if problem.names_place:
        place = f"'{frame.state.name}' (entered at the event id #{frame.entered_id})"
        cause = f"An error occurred while executing the state {place}. {cause}"
    if problem.error == QUERY_ERROR or problem.location is not None:
        memory.record.evaluation_failed(frame.state, problem.error, cause, problem.location)
    return Failed(problem.error, cause)
