"""Functions as values, and how they are called.

A call in the last place of a lambda's body does not call: it returns a `TailCall`, and whoever called the lambda goes
on with that. So a function that ends by calling itself, or another that calls it back, runs in one Python frame.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.values.sequences import MADE, collapse
from asl_engine.lang.jsonata.values.signatures import Signature, parse_signature
from asl_engine.lang.jsonata.values.value import UNDEFINED, Function, Value, is_function

Env: TypeAlias = "list[Any]"
"""A frame: the frame around it, the runtime, then the values of its variables."""

Code: TypeAlias = Callable[[Value, Env], Value]
"""A compiled node: from the input and the frame to a value."""


class _Unbound:
    __slots__ = ()


UNBOUND: Final = _Unbound()
"""In a frame, a variable that nothing has been bound to yet: an outer one of the same name is meant."""


class Lambda(Function):
    """A function of the expression, with the frame and the input that it was made in."""

    __slots__ = ("arity", "code", "env", "input", "locals", "position", "signature", "token")

    def __init__(
        self, code: Code, arity: int, size: int, signature: Signature | None, context: Value, env: Env
    ) -> None:
        self.code = code
        self.arity = arity
        self.locals = [UNBOUND] * (size - arity)
        self.signature = signature
        self.input = context
        self.env = env


class Native(Function):
    """A function of the library: `implementation(runtime, *arguments)`, called when the signature fits."""

    __slots__ = ("arity", "implementation", "name", "signature")

    def __init__(self, name: str, implementation: Callable[..., Value], signature: str, arity: int) -> None:
        self.name = name
        self.implementation = implementation
        self.signature = parse_signature(signature)
        self.arity = arity


class Partial(Function):
    """A function with some of its arguments; `blanks` are the places of those that are still to come."""

    __slots__ = ("arguments", "arity", "blanks", "procedure")

    def __init__(self, procedure: Value, arguments: list[Value], blanks: list[int]) -> None:
        count = procedure.arity if isinstance(procedure, Function) else max(arity_of(procedure), len(arguments))  # type: ignore[attr-defined]
        self.procedure = procedure
        self.arguments = (arguments + [UNDEFINED] * count)[:count]
        self.blanks = [blank for blank in blanks if blank < count]
        self.arity = len(self.blanks)

    def filled(self, arguments: list[Value]) -> list[Value]:
        """Return all arguments, now that the rest is there."""
        result = list(self.arguments)
        for number, blank in enumerate(self.blanks):
            result[blank] = arguments[number] if number < len(arguments) else UNDEFINED
        return result


class Special(Function):
    """A function made of Python: `implementation(runtime, *arguments)` with as many arguments as are given."""

    __slots__ = ("arity", "implementation")

    def __init__(self, implementation: Callable[..., Value], arity: int) -> None:
        self.implementation = implementation
        self.arity = arity


class TailCall:
    """What a lambda returns in the place of a value, to be called by its caller."""

    __slots__ = ("arguments", "context", "position", "procedure", "token")

    def __init__(self, procedure: Value, arguments: list[Value], context: Value, position: int, token: Any) -> None:
        self.procedure = procedure
        self.arguments = arguments
        self.context = context
        self.position = position
        self.token = token


def arity_of(function: Value) -> int:
    """Return how many arguments the function can use."""
    if isinstance(function, Function):
        arity: int = function.arity  # type: ignore[attr-defined]
        return arity
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in kinds for parameter in parameters)


def frame_of(function: Lambda, arguments: list[Value], runtime: Runtime) -> Env:
    """Return the frame for a call."""
    missing = function.arity - len(arguments)
    if missing > 0:
        arguments = arguments + [UNDEFINED] * missing
    elif missing < 0:
        arguments = arguments[: function.arity]
    return [function.env, runtime, *arguments, *function.locals]


def run_lambda(function: Lambda, arguments: list[Value], runtime: Runtime) -> Value:
    """Call a lambda whose arguments fit, and go on with its tail calls."""
    result = function.code(function.input, frame_of(function, arguments, runtime))
    while type(result) is TailCall:
        runtime.charge_tail_call()
        result = _followed(result, runtime)
    return result


def _followed(call: TailCall, runtime: Runtime) -> Value:
    procedure = call.procedure
    try:
        if type(procedure) is not Lambda:
            return apply(procedure, call.arguments, call.context, runtime)
        arguments = call.arguments
        if procedure.signature is not None:
            arguments = procedure.signature.checked(arguments, call.context)
        return procedure.code(procedure.input, frame_of(procedure, arguments, runtime))
    except JSONataError as error:
        raise placed(error, call.position, call.token) from None


def apply(function: Value, arguments: list[Value], context: Value, runtime: Runtime) -> Value:
    """Call any function; raise JSONataError if it is none or its arguments do not fit."""
    kind = type(function)
    if kind is Lambda:
        if function.signature is not None:
            arguments = function.signature.checked(arguments, context)
        runtime.charge(1)
        return run_lambda(function, arguments, runtime)
    if kind is Native:
        return function.implementation(runtime, *function.signature.checked(arguments, context))
    if kind is Special:
        return function.implementation(runtime, *arguments)
    if kind is Partial:
        return _apply_partial(function, arguments, runtime)
    if is_function(function):
        return function(*arguments)
    raise JSONataError("T1006", value=function)


def caller(function: Value, arity: int, runtime: Runtime) -> Callable[..., Value]:
    """Return a Python function that calls this one with the first `arity` of its arguments, many times."""
    if type(function) is not Lambda or function.signature is not None:
        return lambda *arguments: collapse(_apply_named(function, list(arguments[:arity]), runtime))
    code, context, env, count, rest = function.code, function.input, function.env, function.arity, function.locals

    def call(*arguments: Value) -> Value:
        runtime.work += 1
        if runtime.work > runtime.next_look:
            runtime.look()
        taken = arguments[:count] if len(arguments) >= count else arguments + (UNDEFINED,) * (count - len(arguments))
        result = code(context, [env, runtime, *taken, *rest])
        while type(result) is TailCall:
            runtime.charge_tail_call()
            result = _followed(result, runtime)
        return collapse(result) if type(result) in MADE else result

    return call


def _apply_named(function: Value, arguments: list[Value], runtime: Runtime) -> Value:
    """Call a function that was handed to another one; an error tells its own name."""
    try:
        return apply(function, arguments, None, runtime)
    except JSONataError as error:
        if error.token is None and type(function) is Native:
            error.token = function.name
        raise


def _apply_partial(partial: Partial, arguments: list[Value], runtime: Runtime) -> Value:
    whole = partial.filled(arguments)
    procedure = partial.procedure
    if type(procedure) is Lambda:
        runtime.charge(1)
        return run_lambda(procedure, whole, runtime)
    while whole and whole[-1] is UNDEFINED:
        whole.pop()
    return apply(procedure, whole, UNDEFINED, runtime)


def placed(error: JSONataError, position: int, token: Any) -> JSONataError:
    """Return the error with its place in the expression, unless it has one."""
    if error.position is None:
        error.position = position
    if error.token is None:
        error.token = token
    return error
