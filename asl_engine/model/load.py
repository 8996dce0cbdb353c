"""From a JSON value to the typed document, and every problem of its shape.

Pydantic does the checking; what it reports is translated into JSON pointers and plain words. A document with problems
is *mended*: what cannot be read is replaced by a placeholder, as a template would have it, so that the rules can look
at all the rest in the same go. Places that were mended are `unclear`: what a rule says about them is not worth
hearing.

Placeholders that templates put where a whole value should stand (`"Retry": "${Retry}"`, or CloudFormation's
`{"Ref": "Retry"}`) are mended silently.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias

from pydantic import ValidationError

from asl_engine.diagnostics import NOWHERE, Finding
from asl_engine.model.shape import allowed_values, describe_expected, field_names, type_at
from asl_engine.model.states import StateMachine
from asl_engine.pointers import escape
from asl_engine.values import JSON, kind_of

Kind: TypeAlias = Literal["missing", "unknown", "type", "value"]

UNKNOWN: Final = "${?}"
"""What stands in a mended document for what could not be read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with the document's shape, and which sort of wrong it is."""

    kind: Kind
    finding: Finding


@dataclass(slots=True)
class Loaded:
    """A document's model, complete but for the `unclear` places; None when it is not even an object."""

    machine: StateMachine | None
    problems: list[Problem] = field(default_factory=list)
    unclear: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Fault:
    """One error of pydantic's, at its place: the path to the object or field, and what kind of error it is."""

    path: tuple[str | int, ...]
    kind: str
    seen: JSON
    expected: str

    @property
    def pointer(self) -> str:
        return "".join(f"/{escape(str(step))}" for step in self.path)


def load_model(value: JSON) -> Loaded:
    """Return the model of a document and everything that is wrong with its shape; never raises."""
    if not isinstance(value, dict):
        return Loaded(None, [_not_an_object(value)])
    try:
        return Loaded(StateMachine.model_validate(value))
    except ValidationError as error:
        faults = _faults(error, value)
    machine, unclear = _mend(value, faults)
    heard = [fault for fault in faults if not _is_template(fault.seen) or fault.kind in ("missing", "unknown")]
    return Loaded(machine, list(_problems(heard, value)), unclear)


def _not_an_object(value: JSON) -> Problem:
    message = f"a state machine is a JSON object, and this is {_a(kind_of(value))}"
    return Problem("type", Finding("", message, aws_text="Definition must be a valid JSON object", aws_at=NOWHERE))


# --- pydantic's errors, in their places -----------------------------------------------------------------------------


def _faults(error: ValidationError, value: JSON) -> list[_Fault]:
    """Return one fault for each place: a union reports each of its members, and the first is as good as any."""
    by_path: dict[tuple[str | int, ...], _Fault] = {}
    for item in error.errors(include_url=False):
        path = _path(item["loc"], value, item["type"] == "missing")
        seen = item["input"] if item["type"] != "missing" else None
        expected = str(item.get("ctx", {}).get("expected", ""))
        kind = _KINDS.get(item["type"], "type")
        if item["type"] == "string_unicode" and isinstance(seen, str) and _is_name(value, (*path, seen)):
            path, kind = (*path, seen), "unknown"  # half a character in a name is told at its holder
        by_path.setdefault(path, _Fault(path, kind, seen, expected))
    return list(by_path.values())


def _is_name(value: JSON, path: tuple[str | int, ...]) -> bool:
    return isinstance(holder := _holder(value, path), dict) and path[-1] in holder


_KINDS: Final = {
    "missing": "missing",
    "extra_forbidden": "unknown",
    "literal_error": "value",
    "union_tag_invalid": "tag",
    "union_tag_not_found": "tag",
}


def _path(loc: tuple[str | int, ...], value: JSON, is_missing: bool) -> tuple[str | int, ...]:
    """Return pydantic's location without what names no part of the document: the tags of unions."""
    path: list[str | int] = []
    tagged = 0
    for index, step in enumerate(loc):
        if is_missing and index == len(loc) - 1:
            path.append(step)
        elif len(path) != tagged and _is_tag(path, value, step):
            tagged = len(path)
        elif _is_part(value, step):
            value = value[step]
            path.append(step)
    return tuple(path)


def _is_part(value: JSON, step: str | int) -> bool:
    return isinstance(step, int) if isinstance(value, list) else isinstance(value, dict) and step in value


def _is_tag(path: list[str | int], value: JSON, step: str | int) -> bool:
    """Tell whether a step is the tag that follows a state: its `Type`, which may be the name of a field as well."""
    return isinstance(value, dict) and value.get("Type") == step and _is_state(path)


def _is_state(path: list[str | int]) -> bool:
    """Tell whether the path leads to a state: `States` and a name, at the top or in a branch or processor.

    A name may itself be `States`, so count from the top.
    """
    rest = list(path)
    while len(rest) >= 2 and rest[0] == "States":
        rest = rest[2:]
        if not rest:
            return True
        rest = rest[2:] if rest[0] == "Branches" else rest[1:]
    return False


def _is_template(seen: JSON) -> bool:
    """Tell whether a value is a template's placeholder for a whole value: `${Name}`, or a CloudFormation function."""
    if isinstance(seen, str):
        return seen.startswith("${") and seen.endswith("}")
    return isinstance(seen, dict) and len(seen) == 1 and next(iter(seen)).startswith(("Ref", "Fn::"))


# --- mending --------------------------------------------------------------------------------------------------------


def _mend(value: JSON, faults: list[_Fault]) -> tuple[StateMachine | None, frozenset[str]]:
    """Return the model of a copy that can be read, and the pointers of what was replaced in it."""
    mended = copy.deepcopy(value)
    unclear: set[str] = set()
    replaced: set[tuple[str | int, ...]] = set()
    for _ in range(8):
        for fault in reversed(faults):
            unclear.add(fault.pointer)
            _replace(mended, fault, fault.path in replaced)
            replaced.add(fault.path)
        try:
            return StateMachine.model_validate(mended), frozenset(unclear)
        except ValidationError as error:
            faults = _faults(error, mended)
    return None, frozenset(unclear)


def _replace(root: JSON, fault: _Fault, again: bool) -> None:
    """Put something readable in the place of a fault: a placeholder at first, something typed if that will not do."""
    holder = _holder(root, fault.path)
    if holder is None or not fault.path:
        return
    step = fault.path[-1]
    if fault.kind == "unknown":
        holder.pop(step, None)
    elif fault.kind == "tag" or _is_state(list(fault.path)):
        holder[step] = _stub(holder.get(step))
    elif again or fault.kind == "missing":
        _settle(holder, step, fault.path)
    else:
        holder[step] = UNKNOWN


def _holder(root: JSON, path: tuple[str | int, ...]) -> Any:
    for step in path[:-1]:
        try:
            root = root[step]
        except (LookupError, TypeError):
            return None
    return root if isinstance(root, (dict, list)) else None


def _stub(state: JSON) -> JSON:
    """Return a state that keeps of an unreadable one only where it goes, so that the walk through the rest is true."""
    if not isinstance(state, dict):
        return {"Type": "Pass", "Next": UNKNOWN}
    target = state.get("Next")
    return {"Type": "Pass", "Next": target if isinstance(target, str) and state.get("End") is None else UNKNOWN}


_NEUTRAL: Final[dict[str, JSON]] = {
    "StartAt": UNKNOWN,
    "Next": UNKNOWN,
    "Resource": UNKNOWN,
    "ErrorEquals": [UNKNOWN],
    "States": {},
    "Choices": [],
    "Branches": [],
    "End": True,
    "QueryLanguage": "JSONata",
    "ItemProcessor": {"StartAt": UNKNOWN, "States": {}},
    "Iterator": {"StartAt": UNKNOWN, "States": {}},
}

_NEUTRAL_ITEMS: Final[dict[str, JSON]] = {
    "Branches": {"StartAt": UNKNOWN, "States": {}},
    "Retry": {"ErrorEquals": [UNKNOWN]},
    "Catch": {"ErrorEquals": [UNKNOWN], "Next": UNKNOWN},
    "Choices": {},
    "And": {},
    "Or": {},
    "ErrorEquals": UNKNOWN,
}


def _settle(holder: Any, step: str | int, path: tuple[str | int, ...]) -> None:
    neutral = _NEUTRAL.get(str(step)) if isinstance(step, str) else _NEUTRAL_ITEMS.get(str(path[-2]), UNKNOWN)
    if neutral is None and isinstance(holder, dict):
        holder.pop(step, None)
    else:
        holder[step] = copy.deepcopy(neutral)


# --- what is wrong, in words ----------------------------------------------------------------------------------------


def _problems(faults: list[_Fault], value: JSON) -> Iterator[Problem]:
    missing: dict[tuple[str | int, ...], list[str]] = {}
    for fault in faults:
        if fault.kind == "missing":
            missing.setdefault(fault.path[:-1], []).append(str(fault.path[-1]))
    for fault in faults:
        if fault.kind != "missing":
            yield _WORDED[fault.kind](fault, value)
        elif fault.path[:-1] in missing:
            yield _missing(fault, missing.pop(fault.path[:-1]))


def _missing(fault: _Fault, names: list[str]) -> Problem:
    """Return one problem for all that an object lacks; AWS names `States` before `StartAt`."""
    names = sorted(names, key=lambda name: name == "StartAt")
    quoted = " and ".join(repr(name) for name in names)
    pointer = fault.pointer.rpartition("/")[0]
    text = f"These fields are required: [{', '.join(names)}]"
    return Problem("missing", Finding(pointer, f"{_named(fault.path[:-1])} needs {quoted}", on_key=True, aws_text=text))


def _unknown(fault: _Fault, value: JSON) -> Problem:
    name = str(fault.path[-1])
    holder = fault.pointer.rpartition("/")[0]
    known = field_names(fault.path[:-1], value)
    message = f"{_named(fault.path[:-1], value)} has no field {name!r}"
    near = _near_field(name, tuple(known)) if len(name) <= _LONGEST_FIELD else ""
    text = f"Field '{name}' is not supported"
    return Problem("unknown", Finding(fault.pointer, message, near, on_key=True, aws_text=text, aws_at=holder))


_LONGEST_FIELD: Final = 100
"""Characters of an unknown field that is compared, and remembered, with what was meant."""


@lru_cache(maxsize=1024)
def _near_field(name: str, known: tuple[str, ...]) -> str:
    """Return a suggestion: the same letters in another case, or a name that is close; silence is better than a list."""
    import difflib

    folded = {known_name.lower(): known_name for known_name in known}
    close = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=0.75)
    return f" Did you mean {folded[close[0]]!r}?" if close else ""


def _wrong_type(fault: _Fault, value: JSON) -> Problem:
    expected = describe_expected(fault.path, value)
    if not fault.path:
        return _not_an_object(fault.seen)
    message = f"{_named(fault.path)} must be {expected}, and is {_a(kind_of(fault.seen))}"
    return Problem("type", Finding(fault.pointer, message))


def _wrong_value(fault: _Fault, value: JSON) -> Problem:
    import difflib

    values = allowed_values(fault.expected)
    seen = fault.seen if isinstance(fault.seen, str) else kind_of(fault.seen)
    close = difflib.get_close_matches(seen.upper(), [known.upper() for known in values], n=1)
    near = f" Did you mean {next(known for known in values if known.upper() == close[0])!r}?" if close else ""
    message = f"{_named(fault.path)} is {seen!r}, and must be one of {', '.join(values)}"
    text = f"The field '{fault.path[-1]}' should have one of these values: [{', '.join(values)}]"
    return Problem("value", Finding(fault.pointer, message, near, aws_text=text))


STATE_TYPES: Final = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
"""The state types, in the order in which AWS lists them."""


def _wrong_tag(fault: _Fault, value: JSON) -> Problem:
    """Return what is wrong with a state's `Type`: it is not there, or it is none of the eight."""
    if not isinstance(fault.seen, dict):
        return _wrong_type(fault, value)
    if "Type" not in fault.seen:
        message, text = f"{_named(fault.path)} needs 'Type'", "These fields are required: [Type]"
        return Problem("missing", Finding(fault.pointer, message, on_key=True, aws_text=text))
    named = _Fault((*fault.path, "Type"), "value", fault.seen["Type"], ", ".join(f"'{name}'" for name in STATE_TYPES))
    return _wrong_value(named, value)


_WORDED: Final = {"unknown": _unknown, "type": _wrong_type, "value": _wrong_value, "tag": _wrong_tag}


def _named(path: tuple[str | int, ...], value: JSON = None) -> str:
    """Return what a message calls the part that a path leads to."""
    if not path:
        return "the state machine"
    if _is_state(list(path)):
        return f"state {path[-1]!r}" + _type_of(path, value)
    if isinstance(path[-1], int):
        return f"{path[-2]}[{path[-1]}]"
    return repr(path[-1])


def _type_of(path: tuple[str | int, ...], value: JSON) -> str:
    kind = type_at(path, value)
    return f", of type {kind}," if isinstance(kind, str) else ""


def _a(kind: str) -> str:
    return kind if kind == "null" else f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
