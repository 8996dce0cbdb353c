"""What the model knows of each part's fields: their names as they are written, and the types they take, in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias, get_args, get_origin

from pydantic.alias_generators import to_pascal

from asl_engine.model.base import Part
from asl_engine.model.kinds import Form, Kind, Language
from asl_engine.model.states import Block, State, StateBase, StateMachine
from asl_engine.values import JSON

STATE_CLASSES: Final[dict[str, type[StateBase]]] = {member.__name__: member for member in get_args(get_args(State)[0])}
"""The class of a state, by its `Type`."""


def _with_descendants(part: type[Part]) -> Iterator[type[Part]]:
    yield part
    for child in part.__subclasses__():
        yield from _with_descendants(child)


PARTS: Final = tuple(dict.fromkeys(_with_descendants(Part)))
"""Every class of the model."""


@cache
def fields_of(part: type[Part]) -> dict[str, str]:
    """Return the names that a part's fields have in a document, by their names in the model; some versions of pydantic
    know these only when the schema is built."""
    return {name: info.alias or to_pascal(name) for name, info in part.model_fields.items()}


@cache
def kinds_of(part: type[Part]) -> dict[str, Kind]:
    """Return the kinds of a part's fields, by their names; those that hold names, words or parts have none."""
    return {name: kind for name, info in part.model_fields.items() for kind in info.metadata if isinstance(kind, Kind)}


@cache
def holders_of(part: type[Part]) -> dict[str, type[Part]]:
    """Return the class of the parts that a part's fields hold, one or several, by the names of the fields."""
    held = {name: _held(info.annotation) for name, info in part.model_fields.items()}
    return {name: inner for name, inner in held.items() if inner is not None}


def _held(annotation: Any) -> type[Part] | None:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    inner = () if get_origin(annotation) is dict else map(_held, get_args(annotation))
    return next((item for item in inner if item is not None), None)


Wanted: TypeAlias = Callable[[Kind], bool]
"""Which kinds of fields somebody looks for."""


class Sought(NamedTuple):
    """Where the fields of a wanted kind are, by names: those of a part itself, as they are written and with their
    kinds, and those that hold parts with such fields in them, at any depth."""

    fields: dict[str, tuple[str, Kind]]
    inner: dict[str, str]


@cache
def sought(part: type[Part], wanted: Wanted) -> Sought:
    """Return where in a part of that class fields of a wanted kind can be; the blocks of a state are not its own."""
    names = fields_of(part)
    fields = {name: (names[name], kind) for name, kind in kinds_of(part).items() if wanted(kind)}
    inner = {name: names[name] for name, held in holders_of(part).items() if _has_wanted(held, wanted, frozenset())}
    return Sought(fields, inner)


def _has_wanted(part: type[Part], wanted: Wanted, holders: frozenset[type[Part]]) -> bool:
    if part in holders or issubclass(part, Block):
        return False
    if any(map(wanted, kinds_of(part).values())):
        return True
    return any(_has_wanted(held, wanted, holders | {part}) for held in holders_of(part).values())


def fields_where(wanted: Wanted) -> tuple[str, ...]:
    """Return the names of the fields of which the kind is wanted, over all parts."""
    return tuple(dict.fromkeys(name for part in PARTS for name, kind in kinds_of(part).items() if wanted(kind)))


@cache
def fields_of_kind(*forms: Form, language: Language | None = None) -> tuple[str, ...]:
    """Return the names of the fields of some forms, over all parts; with a language, of those that exist in it."""
    return fields_where(lambda kind: kind.form in forms and (language is None or language in kind.languages))


_PARTS: Final = {fields_of(part)[name]: held for part in PARTS for name, held in holders_of(part).items()}
"""The class of a part, by the field that holds it."""


def part_at(path: tuple[str | int, ...], value: JSON) -> type[Part] | None:
    """Return the class of the part that a path leads to, or None for what has no class of its own."""
    if not path:
        return StateMachine
    if len(path) > 1 and path[-2] == "States":
        return STATE_CLASSES.get(type_at(path, value) or "")
    names = [step for step in path[-2:] if isinstance(step, str)]
    return _PARTS.get(names[-1]) if names else None


def type_at(path: tuple[str | int, ...], value: JSON) -> str | None:
    """Return the `Type` of the state that a path leads to, if there is one and it is a string."""
    for step in path:
        value = value[step] if isinstance(value, (dict, list)) else None  # type: ignore[index]
    kind = value.get("Type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else None


def field_names(path: tuple[str | int, ...], value: JSON) -> list[str]:
    """Return the fields that the part at `path` can have, as they are written."""
    part = part_at(path, value)
    return sorted(fields_of(part).values()) if part else []


def describe_expected(path: tuple[str | int, ...], value: JSON) -> str:
    """Return in words what the field at `path` takes: `a whole number or an expression`."""
    if path and isinstance(path[-1], int):
        return "a string" if len(path) > 1 and path[-2] == "ErrorEquals" else "an object"
    if len(path) > 1 and path[-2] == "States":
        return "an object"
    part = part_at(path[:-1], value)
    names = [name for name, field in fields_of(part).items() if field == path[-1]] if part else []
    return _words(part.model_fields[names[0]].annotation) if part and names else "of another type"


_WORDS: Final[dict[Any, str]] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "an object",
    list: "an array",
    type(None): "null",
}


def _words(annotation: Any) -> str:
    """Return a type annotation in words; a string that only stands for a number is an expression."""
    words = list(dict.fromkeys(_members(annotation)))
    if "a string" in words and set(words) & {"a whole number", "a number", "true or false", "an array", "an object"}:
        words[words.index("a string")] = "an expression"
    words = [word for word in words if word != "null"] or words
    return " or ".join(words)


def _members(annotation: Any) -> list[str]:
    arguments = [item for item in get_args(annotation) if isinstance(item, type) or get_args(item)]
    origin = get_origin(annotation) or annotation
    if annotation in _WORDS:
        return [_WORDS[annotation]]
    if origin in (dict, list):
        return [_WORDS[origin]]
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return ["an object"]
    return [word for item in arguments for word in _members(item)]


def allowed_values(expected: str) -> list[str]:
    """Return the values of an enumeration out of pydantic's words for it."""
    return re.findall(r"'([^']+)'", expected)
