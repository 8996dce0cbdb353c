"""The functions that Tasks can call, by name or ARN."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias, TypeVar

from asl_engine.errors import FunctionNotFound, UsageError, did_you_mean
from asl_engine.quotas import MAX_FUNCTION_SECONDS
from asl_engine.remembered import remembered

Handler = TypeVar("Handler", bound=Callable[..., Any])

MAX_KNOWN: Final = 4_096
"""How many names are remembered with the functions that they mean."""

LONGEST_KNOWN: Final = 256
"""Characters of a name that is remembered; no ARN of a function is longer."""

_LAMBDA = re.compile(
    r"(?:arn:[^:]*:lambda:(?P<region>[^:]*):)?(?:(?P<account>[^:]*):)?function:(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?"
)


class Function:
    """A registered function: what to call, and what a Lambda function's configuration would say about it."""

    __slots__ = ("handler", "memory_mb", "name", "timeout")

    def __init__(
        self, name: str, handler: Callable[..., Any], timeout: float | None = None, memory_mb: int = 128
    ) -> None:
        self.name = name
        self.handler = handler
        self.timeout = timeout
        self.memory_mb = memory_mb

    @property
    def is_async(self) -> bool:
        """Whether calling it gives a coroutine."""
        return inspect.iscoroutinefunction(self.handler) or inspect.iscoroutinefunction(type(self.handler).__call__)


@remembered(MAX_KNOWN)
def split_name(text: str) -> tuple[str, str | None]:
    """Return (name, version or alias) of what names a function: a name, `name:alias`, a partial or a full ARN."""
    match = _LAMBDA.fullmatch(text)
    if match is not None:
        return match["name"], match["qualifier"]
    if text.startswith("arn:"):
        return text, None
    name, colon, qualifier = text.partition(":")
    return name, qualifier if colon else None


class Functions(Mapping[str, Function]):
    """A registry of functions, each called as `function(event, context)`.

    A function is found by its name, by its ARN, and by either with a version or alias. What is registered with a
    version or alias serves just that one; what is registered without serves them all. Any other `Resource` (an
    integration such as `arn:aws:states:::sqs:sendMessage`, an activity, a placeholder such as `${ChargeFunction}`) can
    be registered under its exact text, and then stands in for it.

        functions = Functions()

        @functions.register("ChargeCard", timeout=30)
        def charge_card(event, context): ...
    """

    def __init__(self, functions: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self._functions: dict[tuple[str, str | None], Function] = {}
        self.resolved: dict[str, Function | None] = {}
        for name, handler in (functions or {}).items():
            self.add(name, handler)

    @classmethod
    def of(cls, functions: AnyFunctions) -> Functions:
        """Return a registry, made of whatever form of one is given."""
        if not functions:
            return NO_FUNCTIONS
        return functions if isinstance(functions, Functions) else cls(functions)

    def add(self, name: str, handler: Callable[..., Any], timeout: float | None = None, memory_mb: int = 128) -> None:
        """Register `handler` under a name or ARN, in place of what was there.

        `timeout` in seconds ends an attempt as Lambda ends it, at most 900; without one a function may take as long as
        it wants.
        """
        if not isinstance(name, str):
            raise UsageError(f"the name of a function is a string, not {name!r}")
        if not callable(handler):
            raise UsageError(f"the function {name!r} is {type(handler).__name__}, which cannot be called")
        if timeout is not None and not 0 < timeout <= MAX_FUNCTION_SECONDS:
            raise UsageError(f"the timeout of {name!r} must be above 0 and at most 900 seconds, not {timeout!r}")
        self.resolved.clear()
        self._functions[split_name(name)] = Function(split_name(name)[0], handler, timeout, memory_mb)

    def register(self, name: str, timeout: float | None = None, memory_mb: int = 128) -> Callable[[Handler], Handler]:
        """Return a decorator that registers a function; see `add`."""

        def decorate(handler: Handler) -> Handler:
            self.add(name, handler, timeout, memory_mb)
            return handler

        return decorate

    def find(self, text: str) -> Function | None:
        """Return the function that a name or ARN means, or None."""
        try:
            return self.resolved[text]
        except KeyError:
            name, qualifier = split_name(text)
            resolved = self._functions.get((name, qualifier)) or self._functions.get((name, None))
            if qualifier in (None, "$LATEST") and resolved is None:
                resolved = self._functions.get((name, "$LATEST"))
            if len(text) <= LONGEST_KNOWN:  # names come with the data: there may be any number, of any length
                if len(self.resolved) >= MAX_KNOWN:
                    self.resolved.clear()
                self.resolved[text] = resolved
            return resolved

    def __getitem__(self, name: str) -> Function:
        resolved = self.find(name)
        if resolved is None:
            raise FunctionNotFound(f"no function {name!r} is registered.{did_you_mean(name, list(self))}")
        return resolved

    def __iter__(self) -> Iterator[str]:
        return (name if qualifier is None else f"{name}:{qualifier}" for name, qualifier in self._functions)

    def __len__(self) -> int:
        return len(self._functions)


AnyFunctions: TypeAlias = Functions | Mapping[str, Callable[..., Any]] | None
"""Functions in any form in which they can be given."""

NO_FUNCTIONS: Final = Functions()
"""The empty registry, for executions that call nothing."""
