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
    calls, counted from 1. `takes` is how many seconds of virtual time each call takes. `asked` counts how often it was
    asked, in all executions.
    """

    __slots__ = ("answers", "asked", "on_call", "takes")

    def __init__(self, *answers: Any, on_call: Mapping[int, Any] | None = None, takes: float = 0.0) -> None:
        if on_call is not None and not isinstance(on_call, Mapping):
            raise MockError(f"on_call={on_call!r}: expected answers by the number of their call, {{1: ...}}")
        self.answers = tuple(map(_uniform, answers))
        self.on_call = {number: _uniform(answer) for number, answer in (on_call or {}).items()}
        self.takes = takes
        self.asked = 0
        if not answers and not self.on_call:
            raise MockError("a mock needs an answer: a result, an exception, a function, or NO_ANSWER")
        wrong = [number for number in self.on_call if type(number) is not int or number < 1]
        if wrong:
            raise MockError(f"on_call={{{wrong[0]!r}: ...}} names no call: calls are counted from 1")
        if not isinstance(takes, (int, float)) or not 0 <= takes < 1e12:
            raise MockError(f"takes={takes!r} is no time in seconds; a call that never ends is answered NO_ANSWER")

    @classmethod
    def of(cls, given: Any) -> Mock:
        """Return a mock, made of an answer if it is none yet."""
        return given if isinstance(given, Mock) else cls(given)

    def answer(self, number: int, name: str, payload: JSON, context: LambdaContext) -> Any:
        """Return the answer to call `number` of `name`: a result, an exception, an Answer, or NO_ANSWER."""
        self.asked += 1
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
    """Return an answer in which each function takes a payload and a context, and a class of exceptions is one of it.

    Raises MockError for a function that can be called with neither: its TypeError would be taken for the task's.
    """
    if isinstance(answer, type) and issubclass(answer, Exception):
        try:
            return answer()
        except TypeError as problem:
            raise MockError(f"a mock answers the class {answer.__name__}, which needs arguments: {problem}") from None
    if not callable(answer):
        return answer
    if inspect.iscoroutinefunction(answer) or inspect.isgeneratorfunction(answer):
        raise MockError(f"{_named(answer)} gives a coroutine or a generator, which is no result: use a plain function")
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):  # a builtin that does not tell
        return lambda payload, context: answer(payload)
    if _takes(signature, 2) and _wants_context(signature):
        return answer
    if not _takes(signature, 1):
        raise MockError(
            f"{_named(answer)} cannot be a mock: it takes {signature}, and is called with the payload, "
            "or with the payload and the context"
        )
    return lambda payload, context: answer(payload)


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def _wants_context(signature: inspect.Signature) -> bool:
    """Whether the second argument is meant for the context: not where it has a value of its own, as `k` in
    `lambda payload, k=k: ...`, unless that is None, or it is called `context`."""
    positional = [one for one in signature.parameters.values() if one.kind is not one.KEYWORD_ONLY]
    second = positional[1] if len(positional) > 1 else positional[0]
    return second.default in (second.empty, None) or "context" in second.name


def _named(function: Callable[..., Any]) -> str:
    return f"the function {getattr(function, '__qualname__', None) or repr(function)}"


class Mocks:
    """The mocks of a workflow, by what they stand in for: a state, a function, or a resource.

    A state's mock gives the result of its Task, which for `lambda:invoke` is `{"Payload": ...}` and more; a function's
    mock gives what the function returns.
    """

    def __init__(self, machine: model.StateMachine) -> None:
        self._states: dict[str, str] = {}
        self._functions: set[str] = set()
        self._readers: set[str] = set()
        self._is_dynamic = False
        self._found: dict[str, Mock] = {}
        for _, block in model.blocks(machine):
            for name, state in block.states.items():
                if isinstance(state, model.Task):
                    functions = set(_functions_of(state))
                    self._states[name] = state.resource
                    self._functions |= functions
                    self._is_dynamic |= not functions and _is_invoke(state)
                elif isinstance(state, model.Map) and state.item_reader is not None:
                    self._readers.add(state.item_reader.resource)
        self._others = {name for _, block in model.blocks(machine) for name in block.states} - set(self._states)

    def add(self, name: str, mock: Mock) -> None:
        """Let a mock stand in for the Task state, function or resource of a name, in place of the one before."""
        self._found[self._key(name)] = mock

    def _key(self, name: str) -> str:
        """Return what a name means: a state, a function (also by its ARN), or a resource. Raises MockError for none."""
        known = self.names()
        if not isinstance(name, str):
            raise MockError(f"mocks stand for a state, a function or a resource by its name, not for {name!r}")
        if name in self._readers:
            raise MockError(f"{name!r} reads the items of a Map: pass buckets={{NAME: FOLDER}} with the objects")
        if name in self._others:
            raise MockError(f"the state {name!r} is no Task, and has no work that a mock could do")
        short, qualifier = split_name(name)
        if name not in self._states and short in self._functions:
            return name if qualifier and name in known else short
        if name not in known:
            told = "no Task of the state machine has this name, calls such a function, or has such a resource"
            raise MockError(f"cannot mock {name!r}: {told}.{did_you_mean(name, known)}")
        return name

    def names(self) -> list[str]:
        """Return all names that can be mocked: of states, of functions, and of resources."""
        return list(dict.fromkeys([*self._states, *sorted(self._functions), *self._states.values()]))

    def states(self) -> list[str]:
        """Return the names of the Task states."""
        return list(self._states)

    def callable_names(self) -> frozenset[str] | None:
        """Return the names that calls can be asked for; None where a Task computes which function it calls."""
        return None if self._is_dynamic else frozenset([*self.names(), *map(_tail, self._states.values())])

    def find(self, task: StartTask) -> tuple[str, Mock, bool] | None:
        """Return what stands in for a task: its name, the mock, and whether it is that of a function."""
        for name, is_function in _names(task):
            mock = self._found.get(name)
            if mock is not None:
                return name, mock, is_function
        return None

    def with_others(self, others: Mapping[str, Mock]) -> Mocks:
        """Return the mocks of one execution, some of them its own."""
        one = object.__new__(Mocks)
        one.__dict__.update(self.__dict__)
        one._found = {**self._found, **{self._key(name): mock for name, mock in others.items()}}
        return one

    def items(self) -> list[tuple[str, Mock]]:
        """Return each mock with its name."""
        return list(self._found.items())


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


def _is_invoke(task: model.Task) -> bool:
    resource = parse_resource(task.resource)
    return (resource.service, resource.action) == ("lambda", "invoke")


def _tail(resource: str) -> str:
    """Return the name that history gives a resource: `sqs:sendMessage` for `arn:aws:states:::sqs:sendMessage`."""
    return resource.removeprefix("arn:aws:states:::")


def _functions_of(task: model.Task) -> Iterable[str]:
    """Yield the names of the function that a Task calls, where the definition names it."""
    resource = parse_resource(task.resource)
    if resource.family == "LambdaFunction":
        yield split_name(task.resource)[0]
    elif _is_invoke(task):
        for given in (task.parameters, task.arguments):
            named = given.get("FunctionName") if isinstance(given, dict) else None
            if isinstance(named, str):
                yield split_name(named)[0]
