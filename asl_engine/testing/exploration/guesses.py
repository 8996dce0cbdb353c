"""Guesses at values that a state machine can work with, from the paths in it and what it compares them with.

Nobody knows the results of its tasks but their authors. Yet a definition says much about them: which fields are read
and which values its Choices tell apart. A guess is an object that has every field that is read anywhere, also below
each part of its path, so that it fits wherever the result is put; variants of it differ in one field each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from asl_engine.model import states as model
from asl_engine.model.choice import OPERATORS, ChoiceRule
from asl_engine.model.kinds import Language
from asl_engine.model.walk import every_rule, language_of, states, texts
from asl_engine.values import JSON

Names = tuple[str, ...]

MOMENT: Final = "2026-01-01T12:00:00Z"
_PATH: Final = re.compile(r"(?<!\$)\$(?:states\.(?:input|result|errorOutput))?((?:\.[A-Za-z_]\w*)+)(\[[\d*]+\])?")
_COMPARED: Final = re.compile(
    r"\$(?:states\.(?:input|result))?((?:\.[A-Za-z_]\w*)+)\s*(?:!=|<=|>=|=|<|>)\s*"
    r"(\"[^\"]*\"|'[^']*'|-?\d{1,15}(?:\.\d{1,15})?|true|false|null)"
)
_NUMBERS: Final = re.compile(r"(?:States\.Math\w+|\$sum|\$abs|\$round|\$floor|\$ceil)\(([^)]*)\)")
_LISTS: Final = re.compile(
    r"(?:States\.Array(?:Length|GetItem|Contains|Partition|Unique)|\$count|\$map|\$filter|\$reduce)\(\s*([^,)]*)"
)


class Wanted(NamedTuple):
    """A field that the machine reads: the names that lead to it, and values that make a difference."""

    names: Names
    values: tuple[JSON, ...]


def guesses(machine: model.StateMachine) -> list[JSON]:
    """Return objects to try as input and as results, the one first that is most likely to be good."""
    wanted = _wanted(machine)
    base: dict[str, JSON] = {}
    for place in wanted:
        _put(base, place.names, place.values[0])
    item = _copy(base)  # any item of a list has all fields too
    for place in wanted:
        if place.values[0] == []:
            _put(base, place.names, [item])
    objects: list[JSON] = [base]
    for place in wanted:
        others: tuple[JSON, ...] = ([], *place.values[1:]) if place.values[0] == [] else place.values[1:]
        for value in others:
            variant = _copy(base)
            _put(variant, place.names, value)
            objects.append(variant)
    return objects


def _wanted(machine: model.StateMachine) -> list[Wanted]:
    """Return the fields that are read, those that are compared last: what is known of them counts."""
    values: dict[Names, list[JSON]] = {}
    for at in states(machine):
        for names, value in _fields(at.state, language_of(at.state, machine)):
            known = values.setdefault(names, [])
            if value is not None and value not in known:
                known.append(value)
    shortest_first = sorted(values.items(), key=lambda entry: len(entry[0]))
    return [Wanted(names, _lists_first(known) or ("text",)) for names, known in shortest_first]


def _lists_first(values: list[JSON]) -> tuple[JSON, ...]:
    return tuple(sorted(values, key=lambda value: not isinstance(value, list)))


def _fields(state: model.State, language: Language) -> Iterator[tuple[Names, JSON]]:
    """Yield the fields that a state reads, each with a value that it could have; None where any will do."""
    if isinstance(state, model.Choice):
        for rule in every_rule(state.choices):
            yield from _compared(rule)
    if isinstance(state, model.Wait):
        yield from _of_path(state.seconds_path, 5)
        yield from _of_path(state.timestamp_path, MOMENT)
    if isinstance(state, model.Map):
        yield from _of_path(state.items_path, [])
        if isinstance(state.items, str):
            yield from ((names, []) for names in _paths(state.items))
    for _, text, _ in texts(state, language):
        numbers = {names for call in _NUMBERS.findall(text) for names in _paths(call)}
        lists = {names for argument in _LISTS.findall(text) for names in _paths(argument)}
        for path, index in _PATH.findall(text):
            names = tuple(path[1:].split("."))
            yield names, [] if index or names in lists else 3 if names in numbers else None


def _of_path(path: str | None, value: JSON) -> Iterator[tuple[Names, JSON]]:
    if path is not None:
        yield from ((names, value) for names in _paths(path))


def _paths(text: str) -> Iterator[Names]:
    for path, _ in _PATH.findall(text):
        yield tuple(path[1:].split("."))


def _compared(rule: ChoiceRule) -> Iterator[tuple[Names, JSON]]:
    """Yield values on both sides of what a rule compares with."""
    if isinstance(rule.condition, str):
        for path, text in _COMPARED.findall(rule.condition):
            for value in _beside(_literal(text)):
                yield tuple(path[1:].split(".")), value
    operator = next(iter(OPERATORS & rule.model_fields_set), None)
    if operator is None or not isinstance(rule.variable, str):
        return
    operand = getattr(rule, operator)
    for value in _values(operator, operand):
        yield from _of_path(rule.variable, value)
        if operator.endswith("_path"):
            yield from _of_path(operand, value)


_OF_TYPE: Final[dict[str, Sequence[JSON]]] = {
    "is_numeric": (1, "text"),
    "is_boolean": (True, "text"),
    "is_string": ("text", 1),
    "is_timestamp": (MOMENT, "text"),
}
_COMPARABLE: Final[dict[str, Sequence[JSON]]] = {
    "n": (1, 0, 1_000_000),
    "b": (True, False),
    "t": (MOMENT, "2020-01-01T00:00:00Z"),
}


def _values(operator: str, operand: Any) -> Sequence[JSON]:
    if operator.startswith("is_"):
        return _OF_TYPE.get(operator, ())
    if operator.endswith("_path"):
        return _COMPARABLE.get(operator[0], ())
    if operator == "string_matches":
        return [str(operand).replace("\\*", "\0").replace("*", "x").replace("\0", "*"), "text"]
    return _beside(operand)


def _literal(text: str) -> JSON:
    if text[0] in "\"'":
        return text[1:-1]
    constants: dict[str, JSON] = {"true": True, "false": False, "null": None}
    return constants[text] if text in constants else float(text) if "." in text else int(text)


def _beside(operand: JSON) -> list[JSON]:
    """Return a value and its neighbours, of which some comparison with it is true and some is false."""
    if isinstance(operand, bool):
        return [operand, not operand]
    if isinstance(operand, (int, float)):
        return [operand, operand + 1, operand - 1]
    if isinstance(operand, str) and re.match(r"\d{4}-\d\d-\d\dT", operand):
        return [operand, "1999-01-01T00:00:00Z", "2099-01-01T00:00:00Z"]
    return [operand, f"not {operand}"] if isinstance(operand, str) else [operand]


def _put(target: dict[str, JSON], names: Names, value: JSON) -> None:
    """Put a value where the names lead, and likewise where their ends do: `a.b.c`, `b.c` and `c`."""
    for start in range(len(names)):
        here = target
        for name in names[start:-1]:
            inner = here.get(name)
            if not isinstance(inner, dict):
                inner = here[name] = {}
            here = inner
        if not isinstance(here.get(names[-1]), dict) or isinstance(value, dict):
            here[names[-1]] = value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(inner) for name, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
