"""Which variables the states of a machine read: `variableReferences` of DescribeStateMachine."""

from __future__ import annotations

from asl_engine.lang.names_read import variables_read
from asl_engine.model import states as model
from asl_engine.model.walk import language_of, parts, states, texts


def variable_references(machine: model.StateMachine) -> dict[str, list[str]]:
    """Return by the name of each state the variables that it reads, both in alphabetical order (recorded)."""
    assigned = assigned_variables(machine)
    references: dict[str, set[str]] = {}
    for _, name, state, _ in states(machine):
        read = {name for _, text, _ in texts(state, language_of(state, machine)) for name in variables_read(text)}
        if read & assigned:
            references.setdefault(name, set()).update(read & assigned)
    return {name: sorted(references[name]) for name in sorted(references)}


def assigned_variables(machine: model.StateMachine) -> set[str]:
    """Return the names of all variables that a machine assigns somewhere."""
    return {
        key.removesuffix(".$")
        for at in states(machine)
        for _, part in parts(at.state)
        for key in getattr(part, "assign", None) or {}
    }
