"""Who does a task: a registered function, or somebody else who was named for the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from asl_engine.errors import FunctionNotFound, NotSupported, did_you_mean
from asl_engine.kernel.commands import StartTask
from asl_engine.kernel.identity import Identity
from asl_engine.tasks.context import LambdaContext
from asl_engine.tasks.invoke import Call, Failure, event_of
from asl_engine.tasks.mock_config import MockedStates
from asl_engine.tasks.registry import Function, Functions, split_name
from asl_engine.values import JSON, NotJSON, private_copy

Clock: TypeAlias = Callable[[], float]
"""Gives the time in seconds since 1970."""

Work: TypeAlias = Callable[[], "JSON | Failure | Awaitable[JSON | Failure]"]
"""Work that returns the result of a task, or an Answer for later: it blocks, or is `async def` and awaits."""


class Running:
    """What a job says as long as it is not over. Not None, which is a result."""


RUNNING: Final = Running()


class Job:
    """Work in two steps, as `.sync` has it: handing it over, and waiting for its end.

    `ended` gets what `submit` returned, and returns the task's result, or RUNNING; then it is asked again after `every`
    seconds. Both block, or are `async def`.
    """

    __slots__ = ("ended", "every", "submit")

    def __init__(
        self,
        submit: Work,
        ended: Callable[[JSON], JSON | Failure | Running | Awaitable[JSON | Failure]],
        every: float,
    ) -> None:
        self.submit = submit
        self.ended = ended
        self.every = every


class AnsweredElsewhere:
    """Nobody here does the task: somebody else asks for it, and answers with its token."""


Prepared: TypeAlias = "Call | Work | Job | Failure | AnsweredElsewhere"
"""What is ready to be done."""

Fallback: TypeAlias = Callable[[StartTask, Identity], "Work | Job | Failure | AnsweredElsewhere"]
"""What does the tasks for which no function is registered, for example by calling AWS."""


class Performer:
    """Finds who does a task. Without a `fallback`, a task that nobody does is the caller's mistake, and raises. What
    `mocks` has an answer for is done by nobody."""

    def __init__(
        self, functions: Functions, fallback: Fallback | None = None, mocks: MockedStates | None = None
    ) -> None:
        self.functions = functions
        self.fallback = fallback
        self.mocks = mocks

    def mocked(self, mocks: MockedStates | None) -> Performer:
        """Return the performer of an execution in which some states are mocked."""
        return self if mocks is None else Performer(self.functions, self.fallback, mocks)

    def prepare(self, task: StartTask, identity: Identity, clock: Clock, now: float) -> Prepared:
        """Return the call that does a task, or other work that does; a failure for a payload that cannot be sent.

        A function registered for the exact `Resource` gets the whole payload; one that `arn:aws:states:::lambda:invoke`
        names gets what that integration would send. Raises FunctionNotFound, and NotSupported for services other than
        functions.
        """
        resource, payload = task.resource, task.payload
        if self.mocks is not None and self.mocks.has(task.state):
            return _mocked(self.mocks.next_answer(task.state), resource.pattern)
        function = self.functions.resolved.get(resource.text) or self.functions.find(resource.text)
        if function is not None:
            return _call(function, payload, LambdaContext(function, task.op, identity, clock, now), False)
        if resource.is_invoke:
            return self._lambda(task, identity, clock, now)
        if self.fallback is not None:
            return self.fallback(task, identity)
        if resource.family == "LambdaFunction":
            raise FunctionNotFound(self._nobody(resource.text, task))
        raise NotSupported(
            f"the state {task.state!r} uses {resource.text!r}, and this engine calls functions only. "
            "Register a function under that name to stand in for it."
        )

    def _lambda(self, task: StartTask, identity: Identity, clock: Clock, now: float) -> Prepared:
        payload = task.payload
        wanted = payload["FunctionName"] + (f":{payload['Qualifier']}" if "Qualifier" in payload else "")
        function = self.functions.find(wanted)
        if function is not None:
            version = split_name(wanted)[1] or "$LATEST"
            context = LambdaContext(function, task.op, identity, clock, now, version)
            return _call(function, event_of(payload), context, True)
        if self.fallback is not None:
            return self.fallback(task, identity)
        raise FunctionNotFound(self._nobody(wanted, task))

    def _nobody(self, wanted: str, task: StartTask) -> str:
        close = did_you_mean(split_name(wanted)[0], list(self.functions))
        hint = close or " None is registered: pass functions={name: function}, or --functions FILE to the command."
        return f"the state {task.state!r} calls {wanted!r}, and no such function is registered.{hint}"


def _mocked(answer: JSON | Failure, pattern: str) -> Work | Job | Failure:
    """Return the work of giving an answer. One that is waited for is handed over first, as the real one would be."""
    if isinstance(answer, Failure) or not pattern:
        return answer if isinstance(answer, Failure) else (lambda: answer)
    return Job(dict, lambda _: answer, 0.0)


def _call(function: Function, payload: JSON, context: LambdaContext, is_enveloped: bool) -> Call | Failure:
    try:
        return Call(function, private_copy(payload, "the payload"), context, is_enveloped)
    except NotJSON as problem:
        return Failure("States.Runtime", f"The payload could not be sent: {problem}")
