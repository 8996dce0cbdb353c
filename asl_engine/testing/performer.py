"""Who does the tasks of a workflow under test: its mocks, and the functions that are real."""

from __future__ import annotations

from collections import Counter
from typing import Any, Protocol

from asl_engine.errors import FunctionNotFound, MockError, NotSupported
from asl_engine.kernel.commands import StartTask
from asl_engine.kernel.identity import Identity
from asl_engine.tasks.answer import Answer
from asl_engine.tasks.context import LambdaContext
from asl_engine.tasks.error import TaskError
from asl_engine.tasks.invoke import Call, Failure, event_of
from asl_engine.tasks.mock_config import MockedStates
from asl_engine.tasks.perform import RUNNING, AnsweredElsewhere, Clock, Job, Performer, Prepared
from asl_engine.tasks.registry import Function, Functions, split_name
from asl_engine.testing.mock import NO_ANSWER, Mock
from asl_engine.values import JSON, NotJSON, private_copy


class StandIns(Protocol):
    """Knows what stands in for a task: its name, the mock, and whether it is that of a function."""

    def find(self, task: StartTask) -> tuple[str, Mock, bool] | None:
        """Return what stands in for a task, None for nothing."""


class MockedTasks(Performer):
    """Does the tasks of one execution. Raises MockError for a task that nobody does, and for an answer that the service
    could not give, if `mode` says that answers are compared with its API: STRICT, PRESENT, or NONE.

    `answered` are the states whose tasks are answered from outside, and so need no mock.
    """

    def __init__(
        self,
        stand_ins: StandIns,
        functions: Functions,
        case: MockedStates | None = None,
        answered: frozenset[str] = frozenset(),
        mode: str = "NONE",
    ) -> None:
        super().__init__(functions, mocks=case)
        self.stand_ins = stand_ins
        self.answered = answered
        self.mode = mode
        self._made: Counter[str] = Counter()

    def prepare(self, task: StartTask, identity: Identity, clock: Clock, now: float) -> Prepared:
        """Return what a mock answers, in the form that its task needs; the work of a real function otherwise."""
        match = self.stand_ins.find(task)
        if match is None:
            return self._real(task, identity, clock, now)
        name, mock, is_function = match
        payload = private_copy(event_of(task.payload) if is_function else task.payload)
        context = LambdaContext(Function(name, _done), task.op, identity, clock, now)
        self._made[name] += 1
        answer = mock.answer(self._made[name], name, payload, context)
        if answer is NO_ANSWER:
            return _handed_over(task)
        call = Call(Function(name, _done), payload, context, is_function)
        answer = self._checked(task, name, mock, call, answer)
        if task.resource.is_sync:
            return _job(answer)
        if task.resource.waits_for_token:
            return lambda: answer
        return _result(call.ended(answer))

    def _real(self, task: StartTask, identity: Identity, clock: Clock, now: float) -> Prepared:
        if task.state in self.answered and not (self.mocks and self.mocks.has(task.state)):
            return _handed_over(task)
        try:
            return super().prepare(task, identity, clock, now)
        except (FunctionNotFound, NotSupported):
            is_asked = task.resource.takes_answers
            other = "let NO_ANSWER be its answer, or send_success in `at`" if is_asked else "register the function"
            raise MockError(
                f"the state {task.state!r} calls {_called(task)}, and nothing stands in for it: "
                f"add a mock of {task.state!r}, or {other}"
            ) from None

    def _checked(self, task: StartTask, name: str, mock: Mock, call: Call, reply: Any) -> Answer:
        """Return an answer as an Answer, after comparing it with the API of its service."""
        answer: Answer
        if isinstance(reply, Exception):
            failure = _failure(task, call, reply)
            answer = Answer.failure(failure.error, failure.cause, mock.takes)
        elif isinstance(reply, Answer):
            answer = reply
        else:
            try:
                answer = Answer(reply, after=mock.takes)
            except NotJSON as problem:
                raise MockError(f"the mock of {name!r} answers {type(reply).__name__}: {problem}") from None
        if not answer.is_failure and not call.is_enveloped:
            self._compare(task, name, answer.output)
        return answer

    def _compare(self, task: StartTask, name: str, output: JSON) -> None:
        resource = task.resource
        if resource.gives_envelope:
            if not isinstance(output, dict) or "Payload" not in output:
                raise MockError(_without_payload(task, name, output))
        elif self.mode != "NONE":
            from asl_engine.tasks.integrations.replies import reply_problem

            problem = reply_problem(resource, output, self.mode)
            if problem is not None:
                raise MockError(f"the mock of {name!r} answers what {resource.text} could not: {problem}")


def _without_payload(task: StartTask, name: str, output: JSON) -> str:
    """Say how to mock a state that invokes a function; a function of the same name has no mock of its own."""
    message = f"the mock of the state {name!r} answers {output!r}, and the result of lambda:invoke is an object with a"
    payload = task.payload
    called = payload.get("FunctionName") if isinstance(payload, dict) else None
    if isinstance(called, str) and split_name(called)[0] == name:
        return f'{message} "Payload": state and function have one name, so answer {{"Payload": ...}}'
    return f'{message} "Payload": mock the function, by its name, to say what it returns'


def _handed_over(task: StartTask) -> Prepared:
    """Return the work of a task that waits for an answer: the token is handed over, or nothing is heard of it."""
    return (lambda: None) if task.resource.waits_for_token else AnsweredElsewhere()


def _result(answer: Answer) -> Prepared:
    """Return the work that gives a result or a failure, after its time."""
    if answer.after:
        return lambda: answer
    return Failure(answer.error, answer.cause) if answer.is_failure else lambda: answer.output


def _failure(task: StartTask, call: Call, problem: Exception) -> Failure:
    """Return a failure as Lambda reports an exception; other services have no more than a name and a text."""
    if isinstance(problem, TaskError) or task.resource.family == "LambdaFunction" or task.resource.service == "lambda":
        return call.failed(problem)
    return Failure(type(problem).__name__, str(problem))


def _job(answer: Answer) -> Job:
    """Return the job whose end is the answer: it is looked at once while it runs, if it takes time."""
    pending = [RUNNING] if answer.after else []
    end = Failure(answer.error, answer.cause) if answer.is_failure else answer.output
    return Job(dict, lambda _: pending.pop() if pending else end, answer.after)


def _called(task: StartTask) -> str:
    payload = task.payload
    if task.resource.service == "lambda" and isinstance(payload, dict) and "FunctionName" in payload:
        return f"the function {payload['FunctionName']!r}"
    return repr(task.resource.text)


def _done(event: Any, context: Any) -> None:
    """The handler of a function that is never called: its mock has answered."""
