"""Which state is inspected: one that stands alone, or one of a whole definition, by its name."""

from __future__ import annotations

import json
from typing import Final

from asl_engine.errors import DefinitionError, NotSupported, UsageError
from asl_engine.model import states as model
from asl_engine.model.load import load_model
from asl_engine.model.walk import blocks, language_of, ways_out
from asl_engine.program.language import language_named
from asl_engine.program.unsupported import unfilled
from asl_engine.rules.check import check_text
from asl_engine.source.document import is_deeper
from asl_engine.values import parse_json

NAME: Final = "StateName"
"""What a state under test is called: in the context object, and where a definition is refused (recorded)."""

_DEEPEST: Final = 200
"""How deep a definition may be nested before it is put into a machine and written again."""


class Subject:
    """A state that AWS would take, and the query language that it is written in."""

    __slots__ = ("language", "state")

    def __init__(self, state: model.State, query_language: str) -> None:
        self.state = state
        self.language = language_named(query_language)


def read_subject(definition: str, state_name: str | None = None) -> Subject:
    """Return the state to inspect: the whole of `definition`, or its state `state_name` at any depth.

    Raises DefinitionError for what AWS would refuse, NotSupported for a state that still has placeholders where numbers
    are needed, and UsageError for a name that no state has.
    """
    checked = check_text(definition if state_name is not None else _in_a_machine(definition), format="json")
    if checked.machine is None:
        raise DefinitionError(checked.text(), checked)
    for _, block in blocks(checked.machine):
        state = block.states.get(NAME if state_name is None else state_name)
        if state is not None:
            _check_filled(state)
            return Subject(state, language_of(state, checked.machine))
    raise UsageError("State not found in definition")


def _check_filled(state: model.State) -> None:
    problems = [f"{field}: {reason}" for field, reason in unfilled(state)]
    if problems:
        raise NotSupported("this engine cannot run the state:\n  " + "\n  ".join(problems))


def _in_a_machine(definition: str) -> str:
    """Return a machine around a single state. Where the state goes are states that only end, as nothing else is known
    of them; what is no state is returned as it is, for the rules to refuse."""
    try:
        state = parse_json(definition)
    except ValueError:
        return definition
    if not isinstance(state, dict) or is_deeper(state, _DEEPEST):
        return definition
    machine = {"StartAt": NAME, "States": {NAME: state}}
    read = load_model(machine).machine
    ways = ways_out(read.states[NAME]) if read is not None and NAME in read.states else ()
    ends = {way.target: {"Type": "Succeed"} for way in ways}
    return json.dumps(machine | {"States": ends | {NAME: state}}, ensure_ascii=False)
