"""Which variables the states of a machine read: `variableReferences` of DescribeStateMachine."""

from __future__ import annotations

import re
from typing import Final

from asl_engine.model import states as model
from asl_engine.model.base import Part
from asl_engine.model.walk import states
from asl_engine.values import JSON

_VARIABLE: Final = re.compile(r"(?<![\w$])\$([A-Za-z_]\w*)")
_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


def variable_references(machine: model.StateMachine) -> dict[str, list[str]]:
    """Return by the name of each state the variables that it reads, both in alphabetical order (recorded)."""
    assigned = assigned_variables(machine)
    found: dict[str, set[str]] = {}
    for _, name, state, _ in states(machine):
        read = {variable for text in _texts(state) for variable in _VARIABLE.findall(_QUOTED.sub("", text))}
        if read & assigned:
            found.setdefault(name, set()).update(read & assigned)
    return {name: sorted(found[name]) for name in sorted(found)}


def uses_jsonata_or_variables(machine: model.StateMachine) -> bool:
    """Whether a machine uses what came to the language in November 2024."""
    is_jsonata = machine.query_language == "JSONata" or any(
        at.state.query_language == "JSONata" for at in states(machine)
    )
    return is_jsonata or bool(assigned_variables(machine))


def assigned_variables(machine: model.StateMachine) -> set[str]:
    """Return the names of all variables that a machine assigns somewhere."""
    return {
        key.removesuffix(".$")
        for at in states(machine)
        for part in _parts(at.state)
        for key in getattr(part, "assign", None) or {}
    }


def _parts(part: Part) -> list[Part]:
    """Return a part of a state and the parts in it, without the states of its blocks."""
    values = [getattr(part, name) for name in part.model_fields_set]
    items = [item for value in values for item in (value if isinstance(value, list) else [value])]
    inner = [item for item in items if isinstance(item, Part) and not isinstance(item, model.Block)]
    return [part, *(found for one in inner for found in _parts(one))]


def _texts(state: Part) -> list[str]:
    return [text for part in _parts(state) for name in part.model_fields_set for text in _strings(getattr(part, name))]


def _strings(value: JSON) -> list[str]:
    found, pending = [], [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return found
