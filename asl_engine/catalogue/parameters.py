"""What a Task sends to a service, held against the model of the operation: names, types, and what must be there.

AWS does so when a definition is created or tested, with what stands in it, and again when the task starts, with the
values (recorded, September 2026). SDK integrations and optimised ones differ in their words: the former name what is
missing, or else the first thing that cannot be, the latter all that is wrong.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from asl_engine.catalogue.resource import Integration
from asl_engine.catalogue.sdk import Shape, action_name, operations_of, spelling_of, structure_of
from asl_engine.values import JSON

Sort: TypeAlias = Literal["unknown", "missing", "type"]
Place: TypeAlias = tuple[str | int, ...]
"""The keys and indices that lead from the parameters to a value, as they stand in the definition."""

IsOpen: TypeAlias = Callable[[JSON], bool]
"""Whether a value that stands in a definition is known only when the task starts."""


class Problem(NamedTuple):
    """What is wrong with a parameter: its place, the name of the field, what AWS says of it, and the names that are
    `known` there.

    AWS does not say it (`is_said`) where it has ended at something before.
    """

    sort: Sort
    at: Place
    field: str
    text: str
    near: str = ""
    known: tuple[str, ...] = ()
    is_said: bool = True


@lru_cache(maxsize=256)
def request_of(resource: Integration) -> Request | None:
    """Return the request that an integration sends; None if it is not known, or there is no single one."""
    if resource.api is None:
        return None
    service, name = resource.api
    shape = (operations_of(service) or {}).get(action_name(name))
    return Request(resource, service, shape) if shape is not None else None


class Request:
    """The request of an integration: what it may have in it."""

    def __init__(self, resource: Integration, service: str, shape: Shape) -> None:
        self.resource = resource
        self.service = service
        self.shape = shape
        entry = resource.entry
        self.added = entry.parameters if entry is not None else frozenset()
        self.withheld = entry.withheld.get(resource.pattern, frozenset()) if entry is not None else frozenset()

    def spelt(self, member: str) -> str:
        """Return a member as this kind of integration spells it."""
        return spelling_of(self.service, member) if self.resource.is_sdk else member

    def problems(self, value: dict[str, JSON], is_template: bool, is_open: IsOpen) -> list[Problem]:
        """Return what is wrong with parameters, in the order in which AWS looks.

        In a template a key that ends with `.$` is that of a value to come; `is_open` tells other such values.
        """
        look = _Look(self, is_template, is_open)
        missing, rest = list(look.missing(self.shape, value, ())), list(look.members(self.shape, value, ()))
        if not self.resource.is_sdk:
            return [*missing, *rest]
        said = 0 if missing else 1
        return [*missing, *rest[:said], *(problem._replace(is_said=False) for problem in rest[said:])]


class _Look:
    """One look at parameters."""

    def __init__(self, request: Request, is_template: bool, is_open: IsOpen) -> None:
        self.request = request
        self.is_sdk = request.resource.is_sdk
        self.is_template = is_template
        self.is_open = is_open

    def missing(self, shape: Shape, value: dict[str, JSON], at: Place) -> Iterator[Problem]:
        fields = {self._field(key)[0] for key in value}
        for member in shape.required:
            name = self.request.spelt(member)
            if name not in fields:
                yield Problem("missing", at, name, f"The field '{name}' is required but was missing")

    def _field(self, key: str) -> tuple[str, bool]:
        """Return the name of the field that a key gives, and whether its value is yet to come. `Name.$.$` counts as
        `Name`, too: AWS creates the machine, and refuses the task when it runs (measured by users)."""
        is_path = self.is_template and key.endswith(".$")
        while is_path and key.endswith(".$"):
            key = key[:-2]
        return key, is_path

    def members(self, shape: Shape, value: dict[str, JSON], at: Place) -> Iterator[Problem]:
        kinds = {self.request.spelt(member): kind for member, kind in shape.members.items()}
        for key, item in value.items():
            name, is_path = self._field(key)
            kind = kinds.get(name)
            if at and kind is None and not self.is_sdk:  # AWS's own example for Batch has `RetryStrategy.attempts`
                kind = kinds.get(name[:1].upper() + name[1:])
            elif not at and name in self.request.added:
                kind = "D"
            elif not at and name in self.request.withheld:
                kind = None
            if kind is None:
                yield self._unknown(name, kinds, (*at, key))
            elif not is_path:
                yield from self.value(kind, item, name, (*at, key))

    def _unknown(self, name: str, kinds: dict[str, str], at: Place) -> Problem:
        """Return what is said of a field that is not there. The SDK's request names the nearest one, and does not know
        of the body, which is not a member of it (recorded)."""
        quoted = f'"{name}"' if self.is_sdk else f"'{name}'"
        text, near = f"The field {quoted} is not supported by Step Functions", ""
        if self.is_sdk and len(at) == 1:
            known = [member for member, kind in kinds.items() if kind != "y"]
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            near = f". Did you mean '{close[0]}'?" if close else ""
        return Problem("unknown", at, name, text, near, tuple(kinds))

    def value(self, kind: str, value: JSON, name: str, at: Place) -> Iterator[Problem]:
        if value is None or kind[0] in _ANYTHING or self.is_open(value):
            return
        if kind[0] == "b":
            text = wrong_boolean(value, self.is_sdk)
        else:
            wanted, fits = _FITS[kind[0]]
            text = "" if fits(value) else f"must be {wanted}"
        if text:
            what = text if kind[0] == "b" and self.is_sdk else f"The value for the field '{name}' {text}"
            yield Problem("type", at, name, what)
        elif isinstance(value, list) and kind[0] == "[":
            for index, item in enumerate(value):
                yield from self.value(kind[1:], item, name, (*at, index))
        elif isinstance(value, dict) and kind[0] == "{":
            for key, item in value.items():
                if not self._field(key)[1]:
                    yield from self.value(kind[1:], item, key, (*at, key))
        elif isinstance(value, dict) and kind[0] == ".":
            yield from self.members(structure_of(self.request.service, kind[1:]), value, at)


_ANYTHING: Final = frozenset("Dty?")
"""The kinds of which nothing is known: any JSON, times, the body of a request, what a retired service took."""


def _is_text(value: JSON) -> bool:
    """What is an object or an array is sent as its JSON text (recorded)."""
    return not isinstance(value, (bool, int, float))


def _is_integer(value: JSON) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: JSON) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_array(value: JSON) -> bool:
    return isinstance(value, list)


def _is_object(value: JSON) -> bool:
    return isinstance(value, dict)


def _is_structure(value: JSON) -> bool:
    """Also a text, as AWS's samples have it for values of DynamoDB: `"status": "new"` is `{"S": "new"}`."""
    return isinstance(value, (dict, str))


_FITS: Final[dict[str, tuple[str, Callable[[JSON], bool]]]] = {
    "s": ("a STRING", _is_text),
    "x": ("a STRING", _is_text),
    "i": ("an INTEGER", _is_integer),
    "l": ("a LONG", _is_integer),
    "f": ("a FLOAT", _is_number),
    "d": ("a DOUBLE", _is_number),
    "[": ("an ARRAY", _is_array),
    "{": ("an OBJECT", _is_object),
    ".": ("an OBJECT", _is_structure),
}
"""What AWS calls each kind, and what it takes. STRING and INTEGER are recorded, the others believed."""

_BOOLEAN: Final = re.compile(r"true|false|TRUE|FALSE|True|False|null|")


def boolean_of(value: JSON) -> bool | None:
    """Return the boolean that an SDK integration sends for a value that it takes for one; None for nothing.

    It takes whole numbers, and texts with blanks around (recorded, September 2026).
    """
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, int) else None


def wrong_boolean(value: JSON, is_sdk: bool) -> str:
    """Return what is said of a value that is no boolean, in Jackson's words (recorded); nothing for one that is."""
    if isinstance(value, int) or (isinstance(value, str) and _BOOLEAN.fullmatch(value.strip())):
        return ""
    if not is_sdk:
        return "must be a BOOLEAN"
    begin = "Cannot deserialize value of type `java.lang.Boolean` from"
    if isinstance(value, str):
        return f'{begin} String "{value}": only "true" or "false" recognized'
    if isinstance(value, float):
        return f"{begin} Floating-point value (token `JsonToken.VALUE_NUMBER_FLOAT`)"
    name, token = ("Object", "START_OBJECT") if isinstance(value, dict) else ("Array", "START_ARRAY")
    return f"{begin} {name} value (token `JsonToken.{token}`)"


def never_open(value: Any) -> bool:
    """Return that a value is there, as all are when a task starts."""
    return False
