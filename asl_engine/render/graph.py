"""The machine as a networkx graph: one node per state of any depth, one edge per pair of states.

Nodes are keyed by the state's JSON pointer (`/States/P/Branches/0/States/B`) and have these attributes:

    name      the state's name                      type    Task, Choice, ...; Start, End, Join or Missing for the rest
    kind      type and main detail, `Wait · 30 s`   block   pointer of the block it stands in, "" for the machine
    retry     `retry up to 3×`, or ""               inner   pointers of the blocks inside it, a tuple
    comment   the author's comment, or ""           is_terminal   whether its block ends with it

Besides the states there are `#start` and `#end` for the machine, and for each Parallel and Map `<pointer>#join`,
where its branches or iterations come together. A transition to a state that does not exist leads to a node of type
Missing, so that a broken definition can be drawn too. Each edge has `transitions`, a tuple of `Transition`: a Choice
can lead to the same state for several reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import networkx

from asl_engine.model.states import Fail, StateMachine, Succeed
from asl_engine.model.walk import StateAt, Way, inner_blocks, pointer_to, states, ways_out
from asl_engine.pointers import unescape
from asl_engine.render.conditions import condition_text
from asl_engine.render.words import kind_of_state, retry_text

START: Final = "#start"
END: Final = "#end"

Why: TypeAlias = Literal["start", "next", "choice", "default", "catch", "branch", "join", "end"]


@dataclass(frozen=True, slots=True)
class Transition:
    """One reason to go from a state to another, and the words for it (condition, or error names)."""

    why: Why
    label: str = ""


def join_of(pointer: str) -> str:
    """Return the key of the node where the branches of a Parallel, or the iterations of a Map, come together."""
    return pointer + "#join"


def state_graph(machine: StateMachine) -> networkx.DiGraph:
    """Return the graph of a state machine; the module's docstring lists the attributes of nodes and edges."""
    graph = networkx.DiGraph()
    _add_node(graph, START, "Start", "")
    _connect(graph, START, pointer_to(machine.start_at), Transition("start"))
    for at in states(machine):
        _add_state(graph, at)
    for at in states(machine):
        _add_transitions(graph, at)
    _add_node(graph, END, "End", "")
    _add_missing(graph)
    return graph


def _add_node(graph: networkx.DiGraph, key: str, type_: str, block: str, **more: Any) -> None:
    plain = {"name": type_, "type": type_, "kind": type_, "block": block, "retry": "", "inner": (), "comment": ""}
    graph.add_node(key, **plain | {"is_terminal": False} | more)


def _add_state(graph: networkx.DiGraph, at: StateAt) -> None:
    pointer, name, state, block = at
    inner = tuple(pointer + relative for relative, _ in inner_blocks(state))
    _add_node(
        graph,
        pointer,
        state.type,
        block,
        name=name,
        kind=kind_of_state(state),
        retry=retry_text(getattr(state, "retry", ())),
        inner=inner,
        comment=state.comment or "",
        is_terminal=isinstance(state, Succeed | Fail) or bool(getattr(state, "end", False)),
    )
    if inner:
        _add_node(graph, join_of(pointer), "Join", block)


def _add_transitions(graph: networkx.DiGraph, at: StateAt) -> None:
    pointer, _, state, block_pointer = at
    for way in ways_out(state):
        _connect(graph, pointer, block_pointer + pointer_to(way.target), Transition(way.kind, _label(way)))
    for relative, child in inner_blocks(state):
        _connect(graph, pointer, pointer + relative + pointer_to(child.start_at), Transition("branch"))
    if isinstance(state, Succeed) or getattr(state, "end", False):
        owner = owner_of(block_pointer)
        _connect(graph, pointer, join_of(owner) if owner else END, Transition("join" if owner else "end"))


def _label(way: Way) -> str:
    """Return the words for a way out of a state."""
    if way.kind == "choice":
        return condition_text(way.part)
    if way.kind == "catch":
        return ", ".join(way.part.error_equals)
    return "otherwise" if way.kind == "default" else ""


def owner_of(block: str) -> str:
    """Return the pointer of the state that a block stands in, or "" for the machine itself."""
    for marker in ("/ItemProcessor", "/Iterator"):
        if block.endswith(marker):
            return block.removesuffix(marker)
    return block.rpartition("/Branches/")[0]


def _connect(graph: networkx.DiGraph, source: str, target: str, transition: Transition) -> None:
    before = graph.get_edge_data(source, target, {"transitions": ()})["transitions"]
    graph.add_edge(source, target, transitions=(*before, transition))


def _add_missing(graph: networkx.DiGraph) -> None:
    """Give a node to every transition's target that does not exist."""
    for key in [key for key, attributes in graph.nodes(data=True) if not attributes]:
        block, _, token = key.rpartition("/States/")
        _add_node(graph, key, "Missing", block, name=unescape(token), kind="no such state")
