"""What came of an attempt at a task: the one place where drivers learn what a return value means.

Performer.prepare   who does the task: a Call, other Work, a Job, a Failure, or AnsweredElsewhere
the driver          calls it, in the way that it knows
outcome_of          what that means: an event now, or an answer that is pending
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias, final

from asl_engine.kernel import StartTask, TaskFailed, TaskSubmitted, TaskSucceeded
from asl_engine.tasks.answer import Answer
from asl_engine.tasks.invoke import Call, Failure
from asl_engine.tasks.perform import Work
from asl_engine.values import JSON

Ended: TypeAlias = TaskSucceeded | TaskFailed


@final
class Pending(NamedTuple):
    """An `answer` that comes after its own time; `submitted` says that its token was handed over, where it has one."""

    answer: Answer
    submitted: TaskSubmitted | None


Outcome: TypeAlias = TaskSucceeded | TaskFailed | TaskSubmitted | Pending


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
    return ended(now, op, result) if type(result) is Failure else TaskSucceeded(now, op, result)


def ended(at: float, op: str, outcome: JSON | Failure) -> Ended:
    """Return the event of an attempt that is over."""
    if type(outcome) is Failure:
        return TaskFailed(at, op, outcome.error, outcome.cause)
    return TaskSucceeded(at, op, outcome)
