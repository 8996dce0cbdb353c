"""Walks through a document: its blocks, its states, and where a state can lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

from asl_engine.model.choice import ChoiceRule
from asl_engine.model.states import Block, Choice, Map, Parallel, State, StateMachine
from asl_engine.pointers import escape

WayKind: TypeAlias = Literal["choice", "default", "next", "catch"]


class StateAt(NamedTuple):
    """A state, its pointer and its name, and the pointer of the block that it stands in."""

    pointer: str
    name: str
    state: State
    block: str


class Way(NamedTuple):
    """A way from a state to another of its block.

    `pointer` leads from the state to the part that says so (a rule or a catcher, `Next` or `Default`), `field` to the
    very name; `part` is the rule, the catcher or the state itself.
    """

    kind: WayKind
    pointer: str
    target: str
    part: Any

    @property
    def field(self) -> str:
        """The pointer, from the state, of the field that names the target."""
        return f"{self.pointer}/Next" if self.kind in ("choice", "catch") else self.pointer


def inner_blocks(state: State) -> Iterator[tuple[str, Block]]:
    """Yield the blocks inside a state, each with its JSON pointer relative to the state."""
    if isinstance(state, Parallel):
        for index, branch in enumerate(state.branches):
            yield f"/Branches/{index}", branch
    elif isinstance(state, Map):
        if state.item_processor is not None:
            yield "/ItemProcessor", state.item_processor
        if state.iterator is not None:
            yield "/Iterator", state.iterator


def pointer_to(name: str) -> str:
    """Return the JSON pointer of a state inside its block."""
    return f"/States/{escape(name)}"


def blocks(machine: StateMachine) -> Iterator[tuple[str, Block]]:
    """Yield every block of the document with its JSON pointer, the machine first, parents before children."""
    pending: list[tuple[str, Block]] = [("", machine)]
    while pending:
        pointer, block = pending.pop(0)
        yield pointer, block
        for name, state in block.states.items():
            base = pointer + pointer_to(name)
            pending.extend((base + inner, child) for inner, child in inner_blocks(state))


def states(machine: StateMachine) -> Iterator[StateAt]:
    """Yield every state of the document, block by block."""
    for block_pointer, block in blocks(machine):
        for name, state in block.states.items():
            yield StateAt(block_pointer + pointer_to(name), name, state, block_pointer)


def ways_out(state: State) -> Iterator[Way]:
    """Yield the ways from a state to others of its block: rules, `Default`, `Next`, catchers."""
    if isinstance(state, Choice):
        for index, rule in enumerate(state.choices):
            if rule.next is not None:
                yield Way("choice", f"/Choices/{index}", rule.next, rule)
        if state.default is not None:
            yield Way("default", "/Default", state.default, state)
    if (target := getattr(state, "next", None)) is not None:
        yield Way("next", "/Next", target, state)
    for index, catcher in enumerate(getattr(state, "catch", ())):
        yield Way("catch", f"/Catch/{index}", catcher.next, catcher)


def every_rule(rules: Iterable[ChoiceRule]) -> Iterator[ChoiceRule]:
    """Yield Choice rules and those within them (`And`, `Or`, `Not`), at any depth."""
    for rule in rules:
        yield rule
        yield from every_rule((*(rule.and_ or ()), *(rule.or_ or ()), *((rule.not_,) if rule.not_ else ())))
