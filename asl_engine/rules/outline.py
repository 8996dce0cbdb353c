"""A document laid out for the rules: every block and every state with its pointer and its query language, made once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar, cast

from asl_engine.errors import SourceError
from asl_engine.model.base import Part
from asl_engine.model.failures import Catcher, Retrier
from asl_engine.model.load import Loaded, Problem
from asl_engine.model.shape import fields_of
from asl_engine.model.states import Block, Choice, Map, Parallel, StateBase, StateMachine, inner_blocks, pointer_to
from asl_engine.source import Document
from asl_engine.values import JSON

MachineKind: TypeAlias = Literal["STANDARD", "EXPRESS"]
P = TypeVar("P", bound=Part)


@dataclass(slots=True, eq=False)
class PartSite:
    """A part of the document, where it stands, and the query language that holds there."""

    part: Part
    pointer: str
    language: str

    @property
    def is_jsonata(self) -> bool:
        """Whether expressions here are JSONata."""
        return self.language == "JSONata"

    def has(self, name: str) -> bool:
        """Tell whether the author wrote the field (named as in the model)."""
        return name in self.part.model_fields_set

    def at(self, name: str) -> str:
        """Return the pointer of a field (named as in the model)."""
        return f"{self.pointer}/{fields_of(type(self.part))[name]}"

    def given(self) -> Iterator[tuple[str, str, Any]]:
        """Yield each field that the author wrote: its name in the model, its name in the document, its value."""
        names = fields_of(type(self.part))
        for name in self.part.model_fields_set:
            yield name, names[name], getattr(self.part, name)


@dataclass(slots=True, eq=False)
class StateSite(PartSite):
    """A state, where it stands, and the block that it belongs to."""

    name: str
    block: BlockSite

    @property
    def state(self) -> Any:
        """The state itself; its class is known to whoever asked the outline for that class."""
        return self.part


@dataclass(slots=True, eq=False)
class BlockSite:
    """A `States` block, its states by name, and the state that holds it (None for the machine)."""

    block: Block
    pointer: str
    holder: StateSite | None
    states: dict[str, StateSite] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)

    @property
    def is_certain(self) -> bool:
        """Whether every transition says where it goes; a template's placeholders do not."""
        return all(not is_open(transition.target) for transition in self.transitions)


@dataclass(slots=True, frozen=True)
class Transition:
    """One way to go: from a state (None for `StartAt`) to a name, and the pointer of the field that says so."""

    source: StateSite | None
    target: str
    pointer: str


@dataclass(slots=True, eq=False)
class Outline:
    """Everything that a rule can look at."""

    kind: MachineKind
    document: Document | None = None
    machine: StateMachine | None = None
    problems: list[Problem] = field(default_factory=list)
    unclear: frozenset[str] = frozenset()
    failure: SourceError | None = None
    blocks: list[BlockSite] = field(default_factory=list)
    states: list[StateSite] = field(default_factory=list)
    retriers: list[PartSite] = field(default_factory=list)
    catchers: list[PartSite] = field(default_factory=list)
    rules: list[RuleSite] = field(default_factory=list)
    _by_class: dict[type[Part], list[StateSite]] = field(default_factory=dict)

    @property
    def value(self) -> JSON:
        """The document as plain JSON."""
        return self.document.value if self.document else None

    def of(self, *classes: type[StateBase]) -> list[StateSite]:
        """Return the states of one or several types, in the order of the document within each type."""
        return [site for one in classes for site in self._by_class.get(one, ())]

    def is_unclear(self, pointer: str) -> bool:
        """Tell whether the part at `pointer` could not be read, or stands in one that could not."""
        while pointer:
            if pointer in self.unclear:
                return True
            pointer = pointer.rpartition("/")[0]
        return False


@dataclass(slots=True, eq=False)
class RuleSite(PartSite):
    """A Choice rule; `is_top` for those that stand directly in `Choices`."""

    is_top: bool


def is_open(text: str | None) -> bool:
    """Tell whether a text holds a template's placeholder, so that nobody can know yet what it says."""
    return text is not None and "${" in text


def outline_of(document: Document, loaded: Loaded, kind: MachineKind) -> Outline:
    """Return the outline of a loaded document."""
    outline = Outline(kind, document, loaded.machine, loaded.problems, loaded.unclear)
    if loaded.machine is not None:
        language = loaded.machine.query_language or "JSONPath"
        _add_block(outline, BlockSite(loaded.machine, "", None), language)
    for site in outline.states:
        outline._by_class.setdefault(type(site.part), []).append(site)
    return outline


def _add_block(outline: Outline, site: BlockSite, language: str) -> None:
    """Add a block and, after all its states, the blocks inside them: parents come before children."""
    outline.blocks.append(site)
    site.transitions.append(Transition(None, site.block.start_at, site.pointer + "/StartAt"))
    for name, state in site.block.states.items():
        pointer = site.pointer + pointer_to(name)
        placed = StateSite(state, pointer, state.query_language or language, name, site)
        site.states[name] = placed
        outline.states.append(placed)
        _add_parts(outline, placed)
        _add_transitions(site, placed)
        if isinstance(state, (Parallel, Map)):
            for inner, block in inner_blocks(state):
                _add_block(outline, BlockSite(block, pointer + inner, placed), language)


def _add_transitions(block: BlockSite, site: StateSite) -> None:
    state = site.state
    if (target := getattr(state, "next", None)) is not None:
        block.transitions.append(Transition(site, target, site.pointer + "/Next"))
    if isinstance(state, Choice):
        for index, rule in enumerate(state.choices):
            if rule.next is not None:
                block.transitions.append(Transition(site, rule.next, f"{site.pointer}/Choices/{index}/Next"))
        if state.default is not None:
            block.transitions.append(Transition(site, state.default, site.pointer + "/Default"))
    for index, catcher in enumerate(getattr(state, "catch", ())):
        block.transitions.append(Transition(site, catcher.next, f"{site.pointer}/Catch/{index}/Next"))


def _add_parts(outline: Outline, site: StateSite) -> None:
    state = site.state
    if isinstance(state, Choice):
        for index, rule in enumerate(state.choices):
            _add_rules(outline, RuleSite(rule, f"{site.pointer}/Choices/{index}", site.language, True))
        return
    for index, retrier in enumerate(getattr(state, "retry", ())):
        outline.retriers.append(PartSite(retrier, f"{site.pointer}/Retry/{index}", site.language))
    for index, catcher in enumerate(getattr(state, "catch", ())):
        outline.catchers.append(PartSite(catcher, f"{site.pointer}/Catch/{index}", site.language))


def _add_rules(outline: Outline, top: RuleSite) -> None:
    outline.rules.append(top)
    rule: Any = top.part
    for name, label in (("and_", "And"), ("or_", "Or")):
        for index, nested in enumerate(getattr(rule, name) or ()):
            _add_rules(outline, RuleSite(nested, f"{top.pointer}/{label}/{index}", top.language, False))
    if rule.not_ is not None:
        _add_rules(outline, RuleSite(rule.not_, f"{top.pointer}/Not", top.language, False))


def retrier_of(site: PartSite) -> Retrier:
    """Return the retrier of a site from `Outline.retriers`."""
    return cast(Retrier, site.part)


def catcher_of(site: PartSite) -> Catcher:
    """Return the catcher of a site from `Outline.catchers`."""
    return cast(Catcher, site.part)

