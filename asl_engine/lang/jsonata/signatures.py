"""Signatures of functions, as in `<s-n?:s>`: which arguments fit, and what is put in for those that are missing.

A signature is matched as a whole: each argument becomes the letter of its type, and a regular expression made from the
signature decides which parameter each letter belongs to. `-` takes the context for an argument that is missing, `a`
wraps what is not an array, and `m` is the letter of a value that is not there, which fits wherever a value may stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from .errors import JSONataError
from .values import UNDEFINED, Value, is_function

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
    list: "a",
    type(UNDEFINED): "m",
}


def letter_of(value: Value) -> str:
    """Return the letter of the value's type."""
    letter = _letters.get(type(value))
    if letter is None:
        letter = "f" if is_function(value) else "a" if isinstance(value, list) else "o"
    return letter


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
    as_they_are: set[str] = field(default_factory=set)
    """Letters of arguments that are known to be taken without a change."""

    def __post_init__(self) -> None:
        self.whole = re.compile("".join(f"({parameter.pattern})" for parameter in self.parameters) + r"\Z")

    def checked(self, arguments: list[Value], context: Value) -> list[Value]:
        """Return the arguments as the function takes them; raise JSONataError if they do not fit."""
        letters = "".join([_letters.get(type(argument)) or letter_of(argument) for argument in arguments])
        if letters in self.as_they_are:
            return arguments
        found = self.whole.match(letters)
        if found is None:
            raise self._misfit(arguments, letters)
        result: list[Value] = []
        at = 0
        for parameter, matched in zip(self.parameters, found.groups(), strict=True):
            if matched:
                for letter in matched:
                    argument = arguments[at] if at < len(arguments) else UNDEFINED
                    result.append(_fitted(parameter, matched, letter, argument, at))
                    at += 1
            elif parameter.context is not None:
                result.append(_from_context(parameter, context, at))
            else:
                result.append(arguments[at] if at < len(arguments) else UNDEFINED)
                at += 1
        if self._is_simple(letters, arguments, result):
            self.as_they_are.add(letters)
        return result

    def _is_simple(self, letters: str, arguments: list[Value], result: list[Value]) -> bool:
        """Tell whether all arguments with these letters come out as they go in."""
        if len(arguments) != len(result) or len(self.as_they_are) > 50:
            return False
        kinds = [parameter.type for parameter in self.parameters]
        has_subtype = any(parameter.subtype and parameter.type == "a" for parameter in self.parameters)
        return (
            len(kinds) == len(letters)
            and not has_subtype
            and all(kind != "a" or letter == "a" for kind, letter in zip(kinds, letters, strict=True))
        )

    def _misfit(self, arguments: list[Value], letters: str) -> JSONataError:
        """Find the first argument that does not fit."""
        pattern, good = "", 0
        for parameter in self.parameters:
            pattern += parameter.pattern
            found = re.match(pattern, letters)
            if found is None:
                break
            good = found.end()
        value = arguments[good] if good < len(arguments) else UNDEFINED
        return JSONataError("T0410", value=value, index=good + 1)


def _from_context(parameter: Parameter, context: Value, at: int) -> Value:
    assert parameter.context is not None
    if parameter.context.search(letter_of(context)):
        return context
    raise JSONataError("T0411", value=context, index=at + 1)


def _fitted(parameter: Parameter, matched: str, letter: str, value: Value, at: int) -> Value:
    if parameter.type != "a":
        return value
    if letter == "m" or value is UNDEFINED:
        return UNDEFINED
    if parameter.subtype is not None and not _holds_only(parameter.subtype, matched, letter, value):
        raise JSONataError("T0412", value=value, index=at + 1, type=_arrays_of.get(parameter.subtype, UNDEFINED))
    return value if letter == "a" else [value]


def _holds_only(subtype: str, matched: str, letter: str, value: Any) -> bool:
    if letter != "a":
        return matched == subtype
    if not value:
        return True
    kinds = set(map(type, value))
    letters = {_letters.get(kind) for kind in kinds}
    if None in letters:
        letters = {letter_of(item) for item in value}
    return letters == {subtype[:1]}


@lru_cache(maxsize=1000)
def parse_signature(text: str) -> Signature:
    """Return the signature; raise JSONataError (S0401, S0402) if it is not one."""
    parameters: list[Parameter] = []
    at = 1
    while at < len(text) and text[at] != ":":
        at = _read(text, at, parameters) + 1
    return Signature(text, parameters)


_patterns: Final = {"a": "[asnblfom]", "f": "f", "j": "[asnblom]", "x": "[asnblfom]"}


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
