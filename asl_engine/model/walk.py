"""Walks through a document: its blocks, its states, where a state can lead, its parts, and what it evaluates."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from asl_engine import pointers
from asl_engine.model.base import Part
from asl_engine.model.choice import ChoiceRule
from asl_engine.model.kinds import PATHS, Kind, Language
from asl_engine.model.shape import Wanted, fields_of, holders_of, sought
from asl_engine.model.states import Block, Choice, Map, Parallel, State, StateMachine, Transition, WorkState

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
    return f"/States/{pointers.escape(name)}"


def blocks(machine: StateMachine) -> Iterator[tuple[str, Block]]:
    """Yield every block of the document with its JSON pointer, the machine first, parents before children."""
    pending: deque[tuple[str, Block]] = deque([("", machine)])
    while pending:
        pointer, block = pending.popleft()
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
    elif isinstance(state, Transition) and state.next is not None:
        yield Way("next", "/Next", state.next, state)
    if isinstance(state, WorkState):
        for index, catcher in enumerate(state.catch):
            yield Way("catch", f"/Catch/{index}", catcher.next, catcher)


def every_rule(rules: Iterable[ChoiceRule]) -> Iterator[ChoiceRule]:
    """Yield Choice rules and those within them (`And`, `Or`, `Not`), at any depth."""
    for rule in rules:
        yield rule
        yield from every_rule((*(rule.and_ or ()), *(rule.or_ or ()), *((rule.not_,) if rule.not_ else ())))


def language_of(state: State, machine: StateMachine) -> Language:
    """Return the query language of a state: its own, or that of the machine."""
    return state.query_language or machine.query_language or "JSONPath"


def parts(part: Part) -> Iterator[tuple[str, Part]]:
    """Yield a part and those in it at any depth, each with its pointer; the blocks of a state are not its own."""
    yield "", part
    written = part.model_fields_set
    for name, held in holders_of(type(part)).items():
        if name not in written or issubclass(held, Block):
            continue
        value, at = getattr(part, name), f"/{fields_of(type(part))[name]}"
        for pointer, inner in enumerate(value) if isinstance(value, list) else [("", value)]:
            if inner is not None:
                below = at if pointer == "" else f"{at}/{pointer}"
                yield from ((below + further, piece) for further, piece in parts(inner))


def values(part: Part, wanted: Wanted, pointer: str = "") -> Iterator[tuple[str, Any, Kind]]:
    """Yield what the author wrote in the fields of a wanted kind, in a part that stands at a pointer and in those in
    it, with its pointer."""
    pending = [(pointer, part)]
    for at, holder in pending:  # which grows meanwhile
        (fields, inner), written = sought(type(holder), wanted), holder.model_fields_set
        if not written.isdisjoint(fields):  # most parts have none
            for name in sorted(fields.keys() & written):
                field, kind = fields[name]
                yield f"{at}/{field}", getattr(holder, name), kind
        for name, field in inner.items():
            held = getattr(holder, name) if name in written else None
            if isinstance(held, list):
                pending += [(f"{at}/{field}/{index}", item) for index, item in enumerate(held)]
            elif held is not None:
                pending.append((f"{at}/{field}", held))


def texts(state: State, language: Language, pointer: str = "") -> Iterator[tuple[str, str, Kind]]:
    """Yield what a state evaluates, path or expression, with its pointer and the kind of the field that holds it."""
    for at, value, kind in values(state, _EVALUATED[language], pointer):
        if kind.form in PATHS:
            if value is not None:
                yield at, value, kind
        elif language == "JSONata":
            yield from ((inner, text, kind) for inner, _, text in pointers.texts(value, at) if text.startswith("{%"))
        else:
            yield from ((inner, text, kind) for inner, _, text in pointers.texts(value, at) if inner.endswith(".$"))


_EVALUATED: Final[dict[Language, Wanted]] = {
    "JSONPath": lambda kind: kind.is_evaluated("JSONPath"),
    "JSONata": lambda kind: kind.is_evaluated("JSONata"),
}
