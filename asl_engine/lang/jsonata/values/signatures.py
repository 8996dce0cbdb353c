"""Signatures of functions, as in `<s-n?:s>`: which arguments fit, and what is put in for those that are missing.

A signature is matched as a whole: each argument becomes the letter of its type, and a regular expression made from the
signature decides which parameter each letter belongs to. `-` takes the context for an argument that is missing, `a`
wraps what is not an array, and `m` is the letter of a value that is not there, which fits wherever a value may stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, TypeAlias

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.values.sequences import LISTS
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value, is_function

_arrays_of: Final = {
    "a": "arrays",
    "b": "booleans",
    "f": "functions",
    "n": "numbers",
    "o": "objects",
    "s": "strings",
}
_letters: Final[dict[type, str]] = {
    str: "s",
    int: "n",
    float: "n",
    bool: "b",
    type(None): "l",
    dict: "o",
    **dict.fromkeys(LISTS, "a"),
    type(UNDEFINED): "m",
}


def letter_of(value: Value) -> str:
    """Return the letter of the value's type."""
    letter = _letters.get(type(value))
    if letter is None:
        letter = "f" if is_function(value) else "a" if isinstance(value, list) else "o"
    return letter


_NUMBERS: Final = frozenset({int, float})

MAX_PLANS: Final = 50
"""How many combinations of arguments a signature remembers."""

Plan: TypeAlias = "tuple[tuple[int, Callable[[Value, Value], Value] | None], ...]"


@dataclass
class Parameter:
    """One parameter: the letters that fit, and what holds besides."""

    type: str
    pattern: str
    context: re.Pattern[str] | None = None
    subtype: str | None = None


@dataclass
class Signature:
    """A signature that was read, ready to check arguments."""

    text: str
    parameters: list[Parameter]
    whole: re.Pattern[str] = field(init=False)
    plans: dict[str, Plan] = field(default_factory=dict)
    """What is to be done with arguments of these letters."""

    def __post_init__(self) -> None:
        self.whole = re.compile("".join(f"({parameter.pattern})" for parameter in self.parameters) + r"\Z")

    def checked(self, arguments: list[Value], context: Value) -> list[Value]:
        """Return the arguments as the function takes them; raise JSONataError if they do not fit."""
        if len(arguments) == 1:
            letters = _letters.get(type(arguments[0])) or letter_of(arguments[0])
        else:
            letters = "".join([_letters.get(type(argument)) or letter_of(argument) for argument in arguments])
        plan = self.plans.get(letters)
        if plan is None:
            plan = self._planned(arguments, letters)
            if len(self.plans) < MAX_PLANS:
                self.plans[letters] = plan
        if not plan:
            return arguments
        missing = len(plan) - len(arguments)
        complete = arguments + [UNDEFINED] * missing if missing > 0 else arguments
        return [step(complete[at], context) if step else complete[at] for at, step in plan]

    def _planned(self, arguments: list[Value], letters: str) -> Plan:
        """Return for each argument of the function where it comes from and what is done with it; nothing, if all are
        taken as they are."""
        match = self.whole.match(letters)
        if match is None:
            raise self._misfit(arguments, letters)
        plan: list[tuple[int, Callable[[Value, Value], Value] | None]] = []
        at = 0
        for parameter, matched in zip(self.parameters, match.groups(), strict=True):
            if matched:
                for letter in matched:
                    plan.append((at, _fitting(parameter, matched, letter, at)))
                    at += 1
            elif parameter.context is not None:
                plan.append((0, _from_context(parameter, at)))
            else:
                plan.append((at, None))
                at += 1
        is_simple = len(plan) == len(arguments) and all(step is None for _, step in plan)
        return () if is_simple else tuple(plan)

    def _misfit(self, arguments: list[Value], letters: str) -> JSONataError:
        """Find the first argument that does not fit."""
        pattern, good = "", 0
        for parameter in self.parameters:
            pattern += parameter.pattern
            match = re.match(pattern, letters)
            if match is None:
                break
            good = match.end()
        value = arguments[good] if good < len(arguments) else UNDEFINED
        return JSONataError("T0410", value=value, index=good + 1)


def _from_context(parameter: Parameter, at: int) -> Callable[[Value, Value], Value]:
    """Return what takes the context in the place of an argument."""
    fits = parameter.context
    assert fits is not None

    def step(value: Value, context: Value) -> Value:
        if fits.search(letter_of(context)):
            return context
        raise JSONataError("T0411", value=context, index=at + 1)

    return step


def _fitting(parameter: Parameter, matched: str, letter: str, at: int) -> Callable[[Value, Value], Value] | None:
    """Return what checks or wraps an argument of this letter; None where it is taken as it is."""
    subtype = parameter.subtype
    if parameter.type != "a" or letter == "m" or (subtype is None and letter == "a"):
        return None

    def step(value: Value, context: Value) -> Value:
        if subtype == "n" and letter == "a" and _NUMBERS.issuperset(map(type, value)):
            return value
        if subtype is not None and not _holds_only(subtype, matched, letter, value):
            raise JSONataError("T0412", value=value, index=at + 1, type=_arrays_of.get(subtype, UNDEFINED))
        return value if letter == "a" else [value]

    return step


def _holds_only(subtype: str, matched: str, letter: str, value: Any) -> bool:
    if letter != "a":
        return matched == subtype
    if not value:
        return True
    letters = {_letters.get(kind) for kind in set(map(type, value))}
    if None in letters:
        letters = {letter_of(item) for item in value}
    return letters == {subtype[:1]}


_LONGEST_KNOWN: Final = 200
"""Characters of a signature that is remembered: a longer one is nobody's but its writer's."""


def parse_signature(text: str) -> Signature:
    """Return the signature; raise JSONataError (S0401, S0402) if it is not one."""
    return _known_signature(text) if len(text) <= _LONGEST_KNOWN else _signature(text)


@lru_cache(maxsize=1000)
def _known_signature(text: str) -> Signature:
    return _signature(text)


def _signature(text: str) -> Signature:
    parameters: list[Parameter] = []
    at = 1
    while at < len(text) and text[at] != ":":
        at = _read(text, at, parameters) + 1
    return Signature(text, parameters)


_patterns: Final = {"a": "[asnblfom]", "f": "f", "j": "[asnblom]", "x": "[asnblfom]"}


_TOO_OFTEN: Final = re.compile(r"[?+](\+|\?[?+])$")
"""The end of a pattern that says twice how often: an error of the reference's own regular expressions."""


def _read(text: str, at: int, parameters: list[Parameter]) -> int:
    """Read one symbol; return where it ends."""
    symbol = text[at]
    if symbol in "snblo":
        parameters.append(Parameter(symbol, f"[{symbol}m]"))
    elif symbol in _patterns:
        parameters.append(Parameter(symbol, _patterns[symbol]))
    elif symbol == "(":
        return _read_choice(text, at, parameters)
    elif parameters and symbol in "-?+":
        last = parameters[-1]
        if symbol == "-":
            last.context = re.compile(last.pattern)
        last.pattern += "?" if symbol == "-" else symbol
        if _TOO_OFTEN.search(last.pattern):
            raise JSONataError("S0401", value=symbol, offset=at)
    elif symbol == "<":
        return _read_subtype(text, at, parameters)
    return at


def _read_choice(text: str, at: int, parameters: list[Parameter]) -> int:
    end = _closing(text, at, "(", ")")
    choice = text[at + 1 : end]
    if "<" in choice:
        raise JSONataError("S0402", value=choice, offset=at)
    parameters.append(Parameter(f"({choice})", f"[{re.escape(choice)}m]"))
    return end


def _read_subtype(text: str, at: int, parameters: list[Parameter]) -> int:
    kind = parameters[-1].type if parameters else UNDEFINED
    if kind not in ("a", "f"):
        raise JSONataError("S0401", value=kind, offset=at)
    end = _closing(text, at, "<", ">")
    parameters[-1].subtype = text[at + 1 : end]
    return end


def _closing(text: str, start: int, opening: str, closing: str) -> int:
    depth = 0
    for at in range(start, len(text)):
        depth += (text[at] == opening) - (text[at] == closing)
        if depth == 0:
            return at
    return len(text)
