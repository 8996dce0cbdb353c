"""What changed between two definitions: one graph that holds both, marked, and the same as text.

States are matched by their place: one that was renamed or moved into another block has been removed and added. A state
has changed when one of its fields has; where it leads is not a field of it here but a transition, which is added or
removed by itself. Nodes of the graph get `status` (added, removed, changed or same) and, where fields changed, `note`;
edges get `changes`: what became of each of its two lines, by whether it is the one for errors.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

import networkx

from asl_engine.model.base import Part
from asl_engine.model.shape import fields_of
from asl_engine.model.states import StateMachine
from asl_engine.model.walk import blocks, pointer_to
from asl_engine.render.conditions import condition_text
from asl_engine.render.graph import Transition, owner_of, state_graph
from asl_engine.render.text import one_line, shorten

_SIGNS: Final = {"added": "+", "removed": "−", "changed": "~"}
_LEADING: Final = frozenset({"next", "end", "default", "start_at", "type"})
"""Fields that the picture shows by its lines, and the type, which is told before all others."""

_BLOCKS: Final = frozenset({"states", "branches", "item_processor", "iterator"})
_WAYS: Final[Mapping[str, Callable[[Any], object]]] = {
    "choices": lambda rule: (condition_text(rule), rule.next),
    "catch": lambda catcher: (tuple(catcher.error_equals), catcher.next),
}
"""Fields whose items are lines of the picture, and what tells such a line from the others."""

_CONTEXT: Final = 12
"""How many characters stay of what two values begin with in common."""

_LONGEST: Final = 36
"""How wide a value is at most, in ems."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The marked graph, and `lines`: a count, then a line for each change; one line when nothing changed."""

    graph: networkx.DiGraph
    lines: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def compare(old: StateMachine, new: StateMachine) -> Comparison:
    """Return what changed from one definition to another; neither is touched."""
    before, after = state_graph(old), state_graph(new)
    graph = networkx.compose(before, after)
    graph = _in_order_of(after, graph)
    fields = _changed_fields(old, new)
    for key, node in graph.nodes(data=True):
        _mark_node(node, before.nodes.get(key), after.nodes.get(key), fields.get(key, []))
    for source, target, edge in graph.edges(data=True):
        _mark_edge(graph, (source, target), edge, _transitions(before, source, target))
    return Comparison(graph, tuple(_lines(graph, fields)))


def _in_order_of(after: networkx.DiGraph, both: networkx.DiGraph) -> networkx.DiGraph:
    """Return the graph with the new definition's nodes first: the layout follows the order."""
    ordered = networkx.DiGraph()
    ordered.add_nodes_from((key, dict(node)) for key, node in after.nodes(data=True))
    ordered.add_nodes_from((key, dict(both.nodes[key])) for key in both if key not in after)
    ordered.add_edges_from((source, target, dict(edge)) for source, target, edge in after.edges(data=True))
    gone = ((source, target) for source, target in both.edges if not after.has_edge(source, target))
    ordered.add_edges_from((source, target, {"transitions": ()}) for source, target in gone)
    return ordered


def _transitions(graph: networkx.DiGraph, source: str, target: str) -> tuple[Transition, ...]:
    edge = graph.get_edge_data(source, target, {"transitions": ()})
    return tuple(edge["transitions"])


def _mark_node(
    node: dict[str, Any], before: dict[str, Any] | None, after: dict[str, Any] | None, fields: list[str]
) -> None:
    if before is None or after is None:
        node["status"] = "added" if before is None else "removed"
        return
    node["inner"] = tuple(dict.fromkeys((*after["inner"], *before["inner"])))
    node["status"] = "changed" if fields else "same"
    if fields:
        node["note"] = "changed: " + ", ".join(field.split(":")[0].split(" ")[0] for field in fields)


def _mark_edge(
    graph: networkx.DiGraph, ends: tuple[str, str], edge: dict[str, Any], before: tuple[Transition, ...]
) -> None:
    """Keep what stayed, and mark the rest; a line to a new state needs no sign that it is new."""
    after: tuple[Transition, ...] = edge["transitions"]
    are_told = {graph.nodes[end]["status"] for end in ends} & {"added", "removed"}
    marked = [(item, "same" if item in before else "added") for item in after]
    marked += [(item, "removed") for item in before if item not in after]
    edge["transitions"] = tuple(_signed(item, change, bool(are_told)) for item, change in marked)
    edge["marked"] = marked
    edge["changes"] = {}
    for is_catch in (False, True):
        changes = {change for item, change in marked if (item.why == "catch") is is_catch}
        if changes:
            edge["changes"][is_catch] = changes.pop() if len(changes) == 1 else "changed"


def _signed(item: Transition, change: str, is_told: bool) -> Transition:
    sign = "" if is_told and not item.label else _SIGNS.get(change, "")
    return Transition(item.why, f"{sign} {item.label}".strip())


def _changed_fields(old: StateMachine, new: StateMachine) -> dict[str, list[str]]:
    """Return the changed fields by the pointer of their state, "" for the machine, each as a few words."""
    before, after = dict(_parts(old)), dict(_parts(new))
    changed: dict[str, list[str]] = {}
    for pointer in (pointer for pointer in after if pointer in before):
        words = _differences(before[pointer], after[pointer])
        if words:
            owner = pointer if _is_state(pointer) else owner_of(pointer)
            changed.setdefault(owner, []).extend(words)
    return changed


def _parts(machine: StateMachine) -> Iterator[tuple[str, Part]]:
    """Yield each block and each state with its pointer."""
    for pointer, block in blocks(machine):
        yield pointer, block
        for name, state in block.states.items():
            yield pointer + pointer_to(name), state


def _is_state(pointer: str) -> bool:
    """Tell whether a pointer is that of a state, or of the machine, and not that of a block inside a state."""
    return "/" not in pointer.rpartition("/States/")[2]


def _differences(old: Part, new: Part) -> list[str]:
    if type(old) is not type(new) and hasattr(old, "type") and hasattr(new, "type"):
        return [f"Type: {old.type} → {new.type}"]
    names = [name for name in type(new).model_fields if name in old.model_fields_set | new.model_fields_set]
    return [
        _told(fields_of(type(new))[name], old, new, name)
        for name in names
        if name not in _LEADING | _BLOCKS and not _is_same(name, getattr(old, name), getattr(new, name))
    ]


def _is_same(name: str, old: Any, new: Any) -> bool:
    """Compare a field's values; of rules and catchers those that both have, as the others are transitions."""
    if name not in _WAYS:
        return bool(old == new)
    before, after = ({_WAYS[name](item): item for item in value} for value in (old, new))
    return [before[key] for key in before if key in after] == [after[key] for key in after if key in before]


def _told(alias: str, old: Part, new: Part, name: str) -> str:
    """Say what became of a field; with the values where they are short."""
    if name not in old.model_fields_set or name not in new.model_fields_set:
        return f"{alias} {'added' if name in new.model_fields_set else 'removed'}"
    values = [getattr(part, name) for part in (old, new)]
    if all(isinstance(value, str | int | float | bool | None) for value in values):
        return f"{alias}: " + " → ".join(_contrasted([json.dumps(value, ensure_ascii=False) for value in values]))
    return f"{alias} changed"


def _contrasted(texts: list[str]) -> list[str]:
    """Return texts without most of what they begin with in common, and not too long."""
    common = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False)))) - _CONTEXT
    return [shorten(f"…{text[common:]}" if common > _CONTEXT else text, _LONGEST) for text in texts]


def _lines(graph: networkx.DiGraph, fields: dict[str, list[str]]) -> Iterator[str]:
    states = {key: node["status"] for key, node in graph.nodes(data=True) if key.rpartition("/States/")[1]}
    states = {key: status for key, status in states.items() if graph.nodes[key]["type"] not in ("Join", "Missing")}
    ways = [(source, target, *mark) for source, target, edge in graph.edges(data=True) for mark in edge["marked"]]
    ways = [way for way in ways if way[3] != "same" and states.get(way[0], "same") in ("same", "changed")]
    if not ways and not fields and set(states.values()) <= {"same"}:
        yield "nothing changed"
        return
    yield f"states: {_counted(Counter(states.values()))}; transitions: {_counted(Counter(way[3] for way in ways))}"
    if "" in fields:
        yield f"~ the state machine: {', '.join(fields[''])}"
    for change, sign in _SIGNS.items():
        for key in (key for key, status in states.items() if status == change):
            yield f"{sign} {_path(graph, key)}" + (f": {', '.join(fields[key])}" if key in fields else "")
    for source, target, item, change in ways:
        yield f"{_SIGNS[change]} {_path(graph, source)} → {_path(graph, target)}{_reason(item)}"


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[change]} {change}" for change in _SIGNS if counts[change]) or "none changed"


def _reason(item: Transition) -> str:
    if item.why == "catch":
        return f" (catches {one_line(item.label)})"
    return f" ({one_line(item.label)})" if item.label else ""


def _path(graph: networkx.DiGraph, key: str) -> str:
    """Return the name of a state, after the names of the states that it stands in."""
    node = graph.nodes[key]
    owner = owner_of(node["block"]) if node["block"] else ""
    if node["type"] == "Join":
        return "its end"
    own = one_line(str(node["name"]))
    return f"{_path(graph, owner)} / {own}" if owner else own
