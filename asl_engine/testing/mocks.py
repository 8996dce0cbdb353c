"""Mocks: what stands in for the work of Tasks while a workflow is tested."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from asl_engine.errors import MockError, did_you_mean
from asl_engine.kernel.commands import StartTask
from asl_engine.model import states as model
from asl_engine.program.resources import parse_resource
from asl_engine.tasks.context import LambdaContext
from asl_engine.tasks.registry import split_name
from asl_engine.values import JSON


class NoAnswer:
    """The type of NO_ANSWER."""

    def __repr__(self) -> str:
        return "NO_ANSWER"


NO_ANSWER: Final = NoAnswer()
"""The answer of a mock that never comes: until the state's time is over, or an outside event answers."""


class Mock:
    """What stands in for the work of a Task: an answer to every call, or one for each call in turn.

    An answer is a JSON value, which is the result; an exception, which is the failure (a `TaskError` with just its
    error name and cause, any other as Lambda reports it); a function, called with the payload, or with the payload and
    Lambda's context, for the result; an `Answer`, for what comes later; or `NO_ANSWER`. `on_call` has answers to single
    calls, counted from 1. `takes` is how many seconds of virtual time each call takes.
    """

    __slots__ = ("answers", "on_call", "takes")

    def __init__(self, *answers: Any, on_call: Mapping[int, Any] | None = None, takes: float = 0.0) -> None:
        self.answers = tuple(map(_uniform, answers))
        self.on_call = {number: _uniform(answer) for number, answer in (on_call or {}).items()}
        self.takes = takes
        if not answers and not self.on_call:
            raise MockError("a mock needs an answer: a result, an exception, a function, or NO_ANSWER")
        wrong = [number for number in self.on_call if type(number) is not int or number < 1]
        if wrong:
            raise MockError(f"on_call={{{wrong[0]!r}: ...}} names no call: calls are counted from 1")
        if not isinstance(takes, (int, float)) or not 0 <= takes < float("inf"):
            raise MockError(f"takes={takes!r} is no time in seconds; a call that never ends is answered NO_ANSWER")

    @classmethod
    def of(cls, given: Any) -> Mock:
        """Return a mock, made of an answer if it is none yet."""
        return given if isinstance(given, Mock) else cls(given)

    def answer(self, number: int, name: str, payload: JSON, context: LambdaContext) -> Any:
        """Return the answer to call `number` of `name`: a result, an exception, an Answer, or NO_ANSWER."""
        answer = self._at(number, name)
        return _called(answer, payload, context) if callable(answer) else answer

    def _at(self, number: int, name: str) -> Any:
        if number in self.on_call:
            return self.on_call[number]
        if len(self.answers) == 1:
            return self.answers[0]
        if 0 < number <= len(self.answers):
            return self.answers[number - 1]
        known = f"{len(self.answers)} answers" if self.answers else f"answers to calls {sorted(self.on_call)} alone"
        raise MockError(f"the mock of {name!r} has {known}, and this is call {number}")


def _called(function: Callable[..., Any], payload: JSON, context: LambdaContext) -> Any:
    """Call a mock that is a function; an exception is its answer, but a failed assertion is the test's failure."""
    try:
        return function(payload, context)
    except (AssertionError, MockError):
        raise
    except Exception as problem:
        return problem


def _uniform(answer: Any) -> Any:
    """Return an answer in which each function takes a payload and a context, and a class of exceptions is one of it."""
    if isinstance(answer, type) and issubclass(answer, Exception):
        return answer()
    if not callable(answer):
        return answer
    if _takes(answer, 2):
        return answer
    if not _takes(answer, 1):
        raise MockError(f"the mock {answer!r} takes neither the payload, nor the payload and Lambda's context")
    return lambda payload, context: answer(payload)


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with so many arguments; one that does not tell takes one."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return count == 1
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


class Mocks:
    """The mocks of a workflow, by what they stand in for: a state, a function, or a resource.

    A state's mock gives the result of its Task, which for `lambda:invoke` is `{"Payload": ...}` and more; a function's
    mock gives what the function returns.
    """

    def __init__(self, machine: model.StateMachine) -> None:
        self._states: dict[str, str] = {}
        self._functions: set[str] = set()
        self._found: dict[str, Mock] = {}
        self.used: set[str] = set()
        for _, block in model.blocks(machine):
            for name, state in block.states.items():
                if isinstance(state, model.Task):
                    self._states[name] = state.resource
                    self._functions |= set(_functions_of(state))
        self._others = {name for _, block in model.blocks(machine) for name in block.states} - set(self._states)

    def add(self, name: str, mock: Mock) -> None:
        """Let a mock stand in for the Task state, function or resource of a name, in place of the one before."""
        key = self._key(name)
        self._found[key] = mock
        self.used.discard(key)

    def _key(self, name: str) -> str:
        """Return what a name means: a state, a function (also by its ARN), or a resource. Raises MockError for none."""
        known = [*self._states, *sorted(self._functions), *self._states.values()]
        if name in self._others:
            raise MockError(f"the state {name!r} is no Task, and has no work that a mock could do")
        short, qualifier = split_name(name)
        if name not in self._states and short in self._functions:
            return name if qualifier and name in known else short
        if name not in known:
            told = "no Task of the state machine has this name, calls such a function, or has such a resource"
            raise MockError(f"cannot mock {name!r}: {told}.{did_you_mean(name, known)}")
        return name

    def find(self, task: StartTask) -> tuple[str, Mock, bool] | None:
        """Return what stands in for a task: its name, the mock, and whether it is that of a function."""
        for name, is_function in _names(task):
            mock = self._found.get(name)
            if mock is not None:
                self.used.add(name)
                return name, mock, is_function
        return None

    def unused(self) -> list[str]:
        """Return the names of mocks that no execution has asked."""
        return [name for name in self._found if name not in self.used]

    def with_others(self, others: Mapping[str, Mock]) -> Mocks:
        """Return the mocks of one execution, some of them its own; which were used is remembered here as well."""
        one = object.__new__(Mocks)
        one.__dict__.update(self.__dict__)
        one._found = {**self._found, **{self._key(name): mock for name, mock in others.items()}}
        return one


def _names(task: StartTask) -> Iterable[tuple[str, bool]]:
    """Yield the names that a task can be mocked under, the closest first, and whether each is that of a function."""
    resource, payload = task.resource, task.payload
    yield task.state, False
    if resource.service == "lambda" and resource.action == "invoke" and isinstance(payload, dict):
        wanted = payload.get("FunctionName")
        if isinstance(wanted, str):
            yield wanted, True
            yield split_name(wanted)[0], True
    yield resource.text, False
    if resource.family == "LambdaFunction":
        yield split_name(resource.text)[0], False


def _functions_of(task: model.Task) -> Iterable[str]:
    """Yield the names of the function that a Task calls, where the definition names it."""
    resource = parse_resource(task.resource)
    if resource.family == "LambdaFunction":
        yield split_name(task.resource)[0]
    elif (resource.service, resource.action) == ("lambda", "invoke"):
        for given in (task.parameters, task.arguments):
            named = given.get("FunctionName") if isinstance(given, dict) else None
            if isinstance(named, str):
                yield split_name(named)[0]
