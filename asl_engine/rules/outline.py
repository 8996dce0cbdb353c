"""A document laid out for the rules: every block and every part with its pointer and its query language, made once.

A *site* is a part of the document together with where it stands. Rules ask the outline for the sites that they are
about: by type of state (`of`), or by a field that the author wrote (`having`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, TypeVar

from asl_engine.errors import SourceError, did_you_mean
from asl_engine.model.base import Part
from asl_engine.model.failures import Catcher
from asl_engine.model.kinds import Kind, Language
from asl_engine.model.load import Loaded, Problem
from asl_engine.model.shape import fields_of
from asl_engine.model.states import Block, Choice, Map, Parallel, State, StateBase, StateMachine, Task
from asl_engine.model.walk import inner_blocks, pointer_to, texts, ways_out
from asl_engine.source import Document
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.source.substitutions import Filling

Answer = TypeVar("Answer")
MachineType: TypeAlias = Literal["STANDARD", "EXPRESS"]

COMPARISONS: Final = 20_000
"""How many names are compared with misspelt ones for one report: each with each would be much work."""


class Site:
    """A part of the document, where it stands, the query language that holds there, and the state that it belongs to.

    `part` is typed as `Any`: whoever asks the outline for sites knows what they asked for.
    """

    __slots__ = ("is_jsonata", "part", "pointer", "state")

    def __init__(self, part: Any, pointer: str, is_jsonata: bool, state: StateSite | None) -> None:
        self.part = part
        self.pointer = pointer
        self.is_jsonata = is_jsonata
        self.state = state

    @property
    def language(self) -> Language:
        """The name of the query language."""
        return "JSONata" if self.is_jsonata else "JSONPath"

    @property
    def fields(self) -> set[str]:
        """The fields that the author wrote, by their names in the model."""
        part: Part = self.part
        return part.model_fields_set

    def written(self, name: str) -> str:
        """Return a field's name in the document, for its name in the model."""
        part: Part = self.part
        return fields_of(type(part))[name]

    def at(self, name: str) -> str:
        """Return the pointer of a field, for its name in the model."""
        return f"{self.pointer}/{self.written(name)}"


class StateSite(Site):
    """A state, its name and the block that it belongs to.

    `texts` are what it evaluates, path or expression, with its pointer and the kind of the field that holds it.
    """

    __slots__ = ("block", "name", "texts")

    def __init__(self, part: State, pointer: str, is_jsonata: bool, name: str, block: BlockSite) -> None:
        super().__init__(part, pointer, is_jsonata, self)
        self.name = name
        self.block = block
        self.texts: list[tuple[str, str, Kind]] = list(texts(part, self.language, pointer))


class RuleSite(Site):
    """A Choice rule; `is_top` for those that stand directly in `Choices`."""

    __slots__ = ("is_top",)

    def __init__(self, part: Any, pointer: str, state: StateSite, is_top: bool) -> None:
        super().__init__(part, pointer, state.is_jsonata, state)
        self.is_top = is_top


class Transition(NamedTuple):
    """One way to go: from a state (None for `StartAt`) to a name, the pointer of the field that says so, and the part
    that it stands in: the state, or one of its Choice rules or catchers."""

    source: StateSite | None
    target: str
    pointer: str
    part: Part

    @property
    def is_caught(self) -> bool:
        """Whether an error leads this way."""
        return isinstance(self.part, Catcher)


class BlockSite:
    """A `States` block, the state that holds it (None for the machine), its states by name, and its transitions.

    It `is_certain` when every transition says where it goes; a template's placeholders do not, nor does what a key
    that is there twice has replaced.
    """

    __slots__ = ("block", "holder", "is_certain", "pointer", "states", "transitions")

    def __init__(self, block: Block, pointer: str, holder: StateSite | None) -> None:
        self.block = block
        self.pointer = pointer
        self.holder = holder
        self.states: dict[str, StateSite] = {}
        self.transitions = [Transition(None, block.start_at, pointer + "/StartAt", block)]
        self.is_certain = True


@dataclass(slots=True, eq=False)
class Outline:
    """Everything that a rule can look at.

    When the text could not be read, `failure` and `text` are set and all else is empty. So it is for `filling`, which
    is what a template says of the placeholders of a definition.
    """

    machine_type: MachineType
    document: Document | None = None
    machine: StateMachine | None = None
    problems: list[Problem] = field(default_factory=list)
    unclear: frozenset[str] = frozenset()
    failure: SourceError | None = None
    text: str = ""
    filling: Filling | None = None
    replaced: list[str] = field(default_factory=list)
    blocks: list[BlockSite] = field(default_factory=list)
    tops: list[Site] = field(default_factory=list)
    states: list[StateSite] = field(default_factory=list)
    retriers: list[Site] = field(default_factory=list)
    catchers: list[Site] = field(default_factory=list)
    rules: list[RuleSite] = field(default_factory=list)
    map_parts: list[Site] = field(default_factory=list)
    _by_class: dict[type[Part], list[StateSite]] = field(default_factory=dict)
    _by_field: dict[str, list[Site]] = field(default_factory=dict)
    _answers: dict[Any, Any] = field(default_factory=dict)
    _compared: int = 0

    @property
    def value(self) -> JSON:
        """The document as plain JSON."""
        return self.document.value if self.document else None

    def of(self, *classes: type[StateBase]) -> list[StateSite]:
        """Return the states of one or several types, in the order of the document within each type."""
        return [site for state_class in classes for site in self._by_class.get(state_class, ())]

    def having(self, name: str) -> list[Site]:
        """Return every part where the author wrote the field of that name (as in the model)."""
        return self._by_field.get(name, [])

    def sites(self) -> Iterator[Site]:
        """Return the machine and every part: states, retriers, catchers, Choice rules, readers, batchers, writers."""
        return chain(self.tops, self.states, self.retriers, self.catchers, self.rules, self.map_parts)

    def once(self, question: Callable[[Outline], Answer]) -> Answer:
        """Return what a function says of the document, and call it only for the first rule that wants to know."""
        if question not in self._answers:
            self._answers[question] = question(self)
        answer: Answer = self._answers[question]
        return answer

    def suggestion(self, wanted: str, known: Iterable[str]) -> str:
        """Return what was meant, perhaps, as `did_you_mean` does; nothing once many names have been compared."""
        if self._compared >= COMPARISONS:
            return ""
        names = list(known)
        self._compared += len(names) * (1 + len(wanted) // 20)  # long names take longer
        return did_you_mean(wanted, names)

    def is_unclear(self, pointer: str) -> bool:
        """Tell whether the part at `pointer` could not be read, or stands in one that could not."""
        while pointer and self.unclear:
            if pointer in self.unclear:
                return True
            pointer = pointer.rpartition("/")[0]
        return False


def is_open(text: str) -> bool:
    """Tell whether a text holds a template's placeholder, so that nobody can know yet what it says."""
    return "${" in text


def outline_of(document: Document, loaded: Loaded, type: MachineType) -> Outline:
    """Return the outline of a loaded document."""
    outline = Outline(type, document, loaded.machine, loaded.problems, loaded.unclear)
    outline.replaced = [duplicate.pointer for duplicate in document.duplicates]
    if loaded.machine is not None:
        language = loaded.machine.query_language or "JSONPath"
        outline.tops.append(Site(loaded.machine, "", language == "JSONata", None))
        _add_block(outline, BlockSite(loaded.machine, "", None), language)
        _index(outline)
    return outline


def _index(outline: Outline) -> None:
    by_class, by_field = outline._by_class, outline._by_field
    for site in outline.states:
        by_class.setdefault(type(site.part), []).append(site)
    for placed in outline.sites():
        for name in placed.part.model_fields_set:
            if name in by_field:
                by_field[name].append(placed)
            else:
                by_field[name] = [placed]


def _add_block(outline: Outline, site: BlockSite, language: str) -> None:
    """Add a block, its states, and the blocks inside of them."""
    outline.blocks.append(site)
    for name, state in site.block.states.items():
        pointer = site.pointer + pointer_to(name)
        placed = StateSite(state, pointer, (state.query_language or language) == "JSONata", name, site)
        site.states[name] = placed
        outline.states.append(placed)
        for way in ways_out(state):
            site.transitions.append(Transition(placed, way.target, pointer + way.field, way.part))
        if (add := _ADDERS.get(type(state))) is not None:
            add(outline, placed)
        if isinstance(state, (Parallel, Map)):
            for inner, block in inner_blocks(state):
                _add_block(outline, BlockSite(block, pointer + inner, placed), language)
    site.is_certain = not any(is_open(transition.target) for transition in site.transitions) and not any(
        pointer.startswith(f"{site.pointer}/States/") for pointer in outline.replaced
    )


def _add_work(outline: Outline, site: StateSite) -> None:
    """Add what a state that can fail has: `Retry` and `Catch`."""
    for index, retrier in enumerate(site.part.retry):
        outline.retriers.append(Site(retrier, f"{site.pointer}/Retry/{index}", site.is_jsonata, site))
    for index, catcher in enumerate(site.part.catch):
        outline.catchers.append(Site(catcher, f"{site.pointer}/Catch/{index}", site.is_jsonata, site))


def _add_choice(outline: Outline, site: StateSite) -> None:
    for index, rule in enumerate(site.part.choices):
        _add_rule(outline, RuleSite(rule, f"{site.pointer}/Choices/{index}", site, True))


def _add_rule(outline: Outline, site: RuleSite) -> None:
    assert site.state is not None
    outline.rules.append(site)
    for name, label in (("and_", "And"), ("or_", "Or")):
        for index, nested in enumerate(getattr(site.part, name) or ()):
            _add_rule(outline, RuleSite(nested, f"{site.pointer}/{label}/{index}", site.state, False))
    if site.part.not_ is not None:
        _add_rule(outline, RuleSite(site.part.not_, site.pointer + "/Not", site.state, False))


def _add_map(outline: Outline, site: StateSite) -> None:
    _add_work(outline, site)
    state: Map = site.part
    for name in ("item_reader", "item_batcher", "result_writer"):
        part = getattr(state, name)
        if part is not None:
            outline.map_parts.append(Site(part, site.at(name), site.is_jsonata, site))
    if state.item_reader is not None and state.item_reader.reader_config is not None:
        config = state.item_reader.reader_config
        outline.map_parts.append(Site(config, site.at("item_reader") + "/ReaderConfig", site.is_jsonata, site))


_ADDERS: Final[dict[type[StateBase], Callable[[Outline, StateSite], None]]] = {
    Task: _add_work,
    Parallel: _add_work,
    Map: _add_map,
    Choice: _add_choice,
}


def is_distributed(site: StateSite) -> bool:
    """Tell whether a state is a distributed Map."""
    processor = site.part.item_processor if isinstance(site.part, Map) else None
    config = processor.processor_config if processor is not None else None
    return config is not None and config.mode == "DISTRIBUTED"
