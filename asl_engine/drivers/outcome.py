"""What came of an attempt at a task: the one place where drivers learn what is meant by what a function returns or
raises.

Performer.prepare   who does the task: a Call, other Work, a Job, a Failure, or AnsweredElsewhere
the driver          has it called by `attempt`, in the way that it knows
outcome_of          what that means: an event now, or an answer that is pending
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias, final

from asl_engine.kernel import StartTask, TaskFailed, TaskSubmitted, TaskSucceeded
from asl_engine.tasks.answer import Answer
from asl_engine.tasks.invoke import AsWritten, Call, Failure
from asl_engine.tasks.perform import Work
from asl_engine.values import JSON

Ended: TypeAlias = TaskSucceeded | TaskFailed


@final
class Pending(NamedTuple):
    """An `answer` that comes after its own time; `submitted` says that its token was handed over, where it has one."""

    answer: Answer
    submitted: TaskSubmitted | None


Outcome: TypeAlias = TaskSucceeded | TaskFailed | TaskSubmitted | Pending


def attempt(call: Call) -> Any:
    """Call the function, and return what it returns, which may have to be awaited; the Failure, if it raises."""
    try:
        return call.function.handler(call.event, call.context)
    except BaseException as problem:
        return failed(call, problem)


def failed(call: Call, problem: BaseException) -> Failure:
    """Return what it means that a function raised something. The same in all drivers:

    TaskError           its error and cause
    SystemExit          Runtime.ExitError: the runtime exited
    KeyboardInterrupt   raised again where it is Ctrl-C, in the main thread under Python's own handler
    anything else       the name of its class, whether an Exception or not: CancelledError and StopIteration, too
    """
    if isinstance(problem, KeyboardInterrupt) and _is_from_keyboard():
        raise problem
    return call.failed(problem)


def _is_from_keyboard() -> bool:
    import signal
    import threading

    is_main = threading.current_thread() is threading.main_thread()
    return is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def outcome_of(task: StartTask, prepared: Call | Work, returned: object, now: float) -> Outcome:
    """Return what it means that a function or other work `returned` something, at the moment `now`.

    Of a task with a token only what hands it over was done. What a function returns to it is ignored, as on AWS; but an
    `Answer` stands for who has the token, and answers.
    """
    op, kind = task.op, type(returned)
    if kind is Failure:
        return ended(now, op, returned)
    if task.resource.waits_for_token:
        submitted = TaskSubmitted(now, op, None if kind is Answer or type(prepared) is Call else returned)
        return Pending(returned, submitted) if isinstance(returned, Answer) else submitted
    if isinstance(returned, Answer):
        return Pending(prepared.ended(returned) if type(prepared) is Call else returned, None)
    result = prepared.succeeded(returned) if type(prepared) is Call else returned
    if isinstance(result, AsWritten):
        return TaskSucceeded(now, op, result.value, result.text)
    return ended(now, op, result) if type(result) is Failure else TaskSucceeded(now, op, result)


def ended(at: float, op: str, outcome: JSON | Failure) -> Ended:
    """Return the event of an attempt that is over."""
    if type(outcome) is Failure:
        return TaskFailed(at, op, outcome.error, outcome.cause)
    return TaskSucceeded(at, op, outcome)
