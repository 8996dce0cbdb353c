"""One mock: what it answers, to which call, and after how long."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from asl_engine.errors import MockError
from asl_engine.tasks.context import LambdaContext
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
            raise MockError(f"takes={takes!r} is not a time in seconds; a call that never ends is answered NO_ANSWER")

    @classmethod
    def of(cls, answer: Any) -> Mock:
        """Return a mock, made of an answer if it is none yet."""
        return answer if isinstance(answer, Mock) else cls(answer)

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
        raise MockError(f"{_named(answer)} gives a coroutine or a generator, not a result: use a plain function")
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
    parameters = signature.parameters.values()
    positional = [each for each in parameters if each.kind is not each.KEYWORD_ONLY]
    second = positional[1] if len(positional) > 1 else positional[0]
    return second.default in (second.empty, None) or "context" in second.name


def _named(function: Callable[..., Any]) -> str:
    return f"the function {getattr(function, '__qualname__', None) or repr(function)}"
