"""How an intrinsic function declares itself: its signature is its arity and its types.

`Function` reads both from the annotations, for the compiler as for rules and the reference page. What an annotation
cannot say (at most 10,000 characters, not zero) is a bound in `Annotated`, so that it can be checked on a literal
before anything runs.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from random import Random
from types import NoneType
from typing import Annotated, Any, Final, NoReturn, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from asl_engine.values import JSON, json_text, kind_of


class FunctionFailed(Exception):
    """An intrinsic function cannot work with its arguments; the text is the reason."""


class InvalidArgument(FunctionFailed):
    """An argument is of the wrong kind; the service tells only of which function."""


Bound: TypeAlias = Callable[[JSON], str | None]
"""Tells what is wrong with a value of the right type, or None."""


def at_most(characters: int) -> Bound:
    """Return the bound for the length of a string."""
    return lambda text: f"must have at most {characters:,} characters" if len(text) > characters else None


def one_of(*allowed: JSON) -> Bound:
    """Return the bound that allows exactly these values."""
    refusal = f"must be {'one of ' if len(allowed) > 1 else ''}{', '.join(json_text(value) for value in allowed)}"
    return lambda value: None if value in allowed else refusal


def positive(number: int) -> str | None:
    """Refuse zero and what is below."""
    return None if number > 0 else "must be a positive integer"


def not_zero(number: int) -> str | None:
    """Refuse zero."""
    return "must not be 0" if number == 0 else None


def in_32_bits(number: int) -> str | None:
    """Refuse what is no 32-bit integer."""
    return None if -(2**31) <= number < 2**31 else "must be between -2147483648 and 2147483647"


Array: TypeAlias = list[JSON]
Object: TypeAlias = dict[str, JSON]
Text10k: TypeAlias = Annotated[str, at_most(10_000)]
Integer: TypeAlias = Annotated[int, in_32_bits]


class Template(str):
    """The type of a format template: its braces mean something, so escapes are left for the function to read."""


class Parameter:
    """One parameter of a function: its name, its kind in JSON's words (or "any") and what it accepts."""

    __slots__ = ("_type", "bounds", "is_template", "kind", "name")

    def __init__(self, name: str, hint: Any) -> None:
        """Read the kind and the bounds from the annotation."""
        (hint,) = [part for part in get_args(hint) if part is not NoneType] if NoneType in get_args(hint) else [hint]
        base, *bounds = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        base = get_origin(base) or base
        self.name = name
        self.bounds: tuple[Bound, ...] = tuple(bounds)
        self.is_template = base is Template
        self._type = str if self.is_template else base
        self.kind = _KINDS.get(self._type, "any")

    def accept(self, value: JSON) -> JSON:
        """Return the value as the function takes it; raise FunctionFailed if it is of the wrong kind or size."""
        if type(value) is not self._type and self.kind != "any":
            value = self._convert(value)
        for bound in self.bounds:
            if refusal := bound(value):
                raise FunctionFailed(f"The argument '{self.name}' {refusal}")
        return value

    def _convert(self, value: JSON) -> JSON:
        if self._type is int and type(value) is float and math.isfinite(value):
            return _rounded(value)
        return self.refuse(kind_of(value))

    def refuse(self, kind: str) -> NoReturn:
        """Raise InvalidArgument for a value of that kind."""
        wanted, actual = _with_article(self.kind), _with_article(kind)
        raise InvalidArgument(f"The argument '{self.name}' must be {wanted} but was {actual}")


def _with_article(kind: str) -> str:
    return kind if kind == "null" else f"an {kind}" if kind[0] in "ao" else f"a {kind}"


def _rounded(number: float) -> int:
    """Return the nearest integer, and of two the greater one, as recorded on AWS (1.5 is 2, -1.5 is -1)."""
    return math.floor(number + 0.5)


class Function:
    """An intrinsic function as the compiler and the rules see it.

    `returns` is the kind of its result, "any" if that depends; `most` is None when there may be any number of
    arguments. `mismatch` may find fault with the arguments together; it is given ABSENT for those that are not
    literals.
    """

    __slots__ = ("call", "is_random", "least", "mismatch", "most", "name", "parameters", "rest", "returns")

    def __init__(self, name: str, call: Callable[..., JSON], mismatch: Callable[..., str | None] | None) -> None:
        hints = get_type_hints(call, include_extras=True)
        declared = list(inspect.signature(call).parameters.values())
        self.name = name
        self.call = call
        self.mismatch = mismatch
        self.is_random = bool(declared) and hints[declared[0].name] is Random
        declared = declared[self.is_random :]
        fixed = [parameter for parameter in declared if parameter.kind is not parameter.VAR_POSITIONAL]
        self.parameters = tuple(Parameter(parameter.name, hints[parameter.name]) for parameter in fixed)
        self.rest = Parameter(declared[-1].name, hints[declared[-1].name]) if len(fixed) < len(declared) else None
        self.least = sum(parameter.default is parameter.empty for parameter in fixed)
        self.most = None if self.rest else len(fixed)
        self.returns = Parameter("return", hints["return"]).kind

    @property
    def description(self) -> str:
        """What the function does, in the words of its docstring."""
        return inspect.getdoc(self.call) or ""

    def parameter(self, at: int) -> Parameter:
        """Return the parameter that takes the argument with this number, from 0."""
        return self.parameters[at] if at < len(self.parameters) or self.rest is None else self.rest

    def wrong_count(self, count: int) -> str | None:
        """Return what is wrong with this number of arguments, or None."""
        if self.least <= count and (self.most is None or count <= self.most):
            return None
        exactly = "" if self.most is None else " or ".join(map(str, sorted({self.least, self.most})))
        wanted = exactly or f"at least {self.least}"
        return f"{self.name} takes {wanted} argument{'' if wanted.endswith('1') else 's'} and was given {count}"


_KINDS: Final[dict[Any, str]] = {str: "string", int: "number", bool: "boolean", list: "array", dict: "object"}


FUNCTIONS: Final[dict[str, Function]] = {}
"""Every intrinsic function by its full name."""

_F = TypeVar("_F", bound=Callable[..., JSON])


def intrinsic(name: str, mismatch: Callable[..., str | None] | None = None) -> Callable[[_F], _F]:
    """Register the decorated function under `name`."""

    def register(call: _F) -> _F:
        FUNCTIONS[name] = Function(name, call, mismatch)
        return call

    return register
