"""The graph as graphviz source: shapes, sizes, clusters and classes; every colour is the style sheet's business.

The source can be given to any graphviz. What `svg.py` needs to know travels in attributes that graphviz hands through
to its SVG: `id`, `class` and `tooltip`. Node sizes are fixed here, from our own estimate of the text's width.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import graphviz
import networkx

from asl_engine.render.graph import END, Transition, join_of
from asl_engine.render.long_edges import MANY
from asl_engine.render.text import balance, clean, element_id, one_line, shorten, width, wrap

NAME_SIZE: Final = 13.0
SMALL_SIZE: Final = 10.5
LINE: Final = {"kind": 14.0, "name": 17.0, "note": 15.0}
"""Heights of the lines in a node, by what they say, in points."""

RETRY: Final = "↻"
"""What a note about retries begins with; `svg.py` draws it, as few fonts have it."""

_KIND: Final = 22
_NOTE: Final = 24
"""How wide the lines of a node are at most, in ems."""

_CAUSE: Final = 200
"""How much of an error's cause a tooltip shows, in ems."""

_DOT: Final = " · "

PAD_Y: Final = 9.0
TEXT_LEFT: Final = 44.0
"""Where text starts in a box, right of its icon."""

PAD_RIGHT: Final = 14.0
BADGE: Final = 20.0
"""The room at the right of a node for the sign that says what became of it."""

_SHAPES: Final = {"Choice": "hexagon", "Start": "ellipse", "End": "ellipse", "Join": "point", "Missing": "box"}
_SECOND_LINE: Final = {"TB": {"tailport": "se", "headport": "ne"}, "LR": {"tailport": "se", "headport": "sw"}}
"""Where the line for errors begins and ends, by direction, when another line leads from the same state to the same."""

_GRAPH: Final = {
    "nodesep": "0.35",
    "ranksep": "0.38",
    "compound": "true",
    "pad": "0.2",
    "newrank": "true",
}

_HURRY: Final = {"nslimit": "2", "nslimit1": "2", "mclimit": "0.3"}
"""How long graphviz looks for better places in a large graph: without limits it may look for hours."""


def dot_source(graph: networkx.DiGraph, title: str | None = None, direction: str = "TB") -> str:
    """Return the graphviz source of a graph that `state_graph` made, marked by `overlay.mark` or not.

    `direction` is TB, from top to bottom, or LR, from left to right.
    """
    limits = _HURRY if graph.number_of_edges() > MANY else {}
    dot = graphviz.Digraph(
        graph_attr=_GRAPH | limits | {"rankdir": direction},
        node_attr={"fontname": "Arial"},
        edge_attr={"fontname": "Arial"},
    )
    dot.attr("graph", tooltip=_hint(title or "State machine"), id="asl")
    if title:
        dot.attr("graph", label=_quoted(one_line(title)), labelloc="t", fontname="Arial", fontsize="15")
    members: dict[str, list[str]] = {}
    for key, node in graph.nodes(data=True):
        if key != END or graph.in_degree(key):
            members.setdefault(node["block"], []).append(key)
    _add_block(dot, graph, members, "")
    for source, target, edge in graph.edges(data=True):
        _add_edges(dot, graph, source, target, edge)
    return str(dot.source)


def _add_block(dot: Any, graph: networkx.DiGraph, members: dict[str, list[str]], block: str) -> None:
    for key in members.get(block, ()):
        node = graph.nodes[key]
        if node["inner"]:
            _add_composite(dot, graph, members, key)
        elif node["type"] != "Join":
            _add_node(dot, key, node)


def _add_composite(dot: Any, graph: networkx.DiGraph, members: dict[str, list[str]], key: str) -> None:
    """Draw a Parallel or Map as a frame around its own node, its blocks, and the point where they join."""
    node = graph.nodes[key]
    with dot.subgraph(name=_cluster(key)) as frame:
        frame.attr(id=element_id(key) + "-frame", **{"class": _classes("frame", node)}, label="", margin="16")
        _add_node(frame, key, node)
        for index, block in enumerate(node["inner"]):
            with frame.subgraph(name=f"{_cluster(key)}-{index}") as inner:
                inner.attr(**{"class": "branch"}, label="", margin="10")
                _add_block(inner, graph, members, block)
        _add_node(frame, join_of(key), graph.nodes[join_of(key)])
        for state in (state for block in node["inner"] for state in members.get(block, ())):
            if graph.out_degree(state) == 0:  # a Fail does not lead to the join, which shall be below it all the same
                frame.edge(element_id(state), element_id(join_of(key)), style="invis")


def _cluster(key: str) -> str:
    return f"cluster_{element_id(key)}"


def _add_node(dot: Any, key: str, node: dict[str, Any]) -> None:
    shape = _SHAPES.get(node["type"], "box")
    attributes = {"id": element_id(key), "class": _classes("state", node), "tooltip": _hint(_tooltip(node))}
    if shape == "point":
        dot.node(element_id(key), label="", shape="point", width="0.08", **attributes)
        return
    lines = _lines(node)
    wide, high = _size(node["type"], lines, BADGE if node.get("status") else 0)
    dot.node(
        element_id(key),
        label=_quoted("\n".join(line for _, line in lines)),
        shape=shape,
        style="rounded" if shape == "box" else "",
        fixedsize="true",
        width=f"{wide / 72:.3f}",
        height=f"{high / 72:.3f}",
        fontsize="11",
        **attributes,
    )


def _lines(node: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the lines of a node's text, each with its role: kind, name or note."""
    if node["type"] in ("Start", "End"):
        return [("name", node["name"])]
    if node["type"] == "Reference":
        return [("note", f"→ {shorten(node['name'], 18)}")]
    lines = [("kind", shorten(node["kind"], _KIND))]
    lines += [("name", line) for line in wrap(node["name"], 16, 5)]
    return lines + [("note", line) for line in _notes(node)]


def _notes(node: dict[str, Any]) -> list[str]:
    """Return a node's note in at most two lines, which end between its parts where they can."""
    note = node.get("note") or (f"{RETRY} {node['retry']}" if node["retry"] else "")
    rows: list[str] = []
    for part in filter(None, note.split(_DOT)):
        joined = f"{rows[-1]}{_DOT}{part}" if rows else part
        if rows and width(joined, 1) <= _NOTE:
            rows[-1] = joined
        else:
            rows.append(part)
    return [shorten(row, _NOTE) for row in (rows[0], _DOT.join(rows[1:])) if row] if rows else []


def _size(kind: str, lines: list[tuple[str, str]], badge: float) -> tuple[float, float]:
    """Return the width and height of a node in points."""
    text = max(width(line, NAME_SIZE if role == "name" else SMALL_SIZE) for role, line in lines)
    high = sum(LINE[role] for role, _ in lines) + 2 * PAD_Y
    if kind in ("Start", "End"):
        return 64, 28
    if kind == "Reference":
        return text + 18, LINE["note"] + 7
    if kind == "Choice":
        return max(150, text + high + 8 + 2 * badge), high + 4
    return max(150, text + TEXT_LEFT + PAD_RIGHT + badge), high


def _classes(first: str, node: dict[str, Any]) -> str:
    """Return the classes of an element; `notes-1` says that the last line of its text is a note."""
    words = [first, f"type-{node['type'].lower()}"]
    if node["kind"].startswith("Lambda"):
        words.append("lambda")
    if node["is_terminal"]:
        words.append("terminal")
    if node["type"] not in ("Start", "End", "Join", "Reference"):
        words += [f"notes-{len(notes)}" for notes in [_notes(node)] if notes]
    if node.get("status"):
        words.append(f"is-{node['status']}")
    return " ".join(words)


def _tooltip(node: dict[str, Any]) -> str:
    """Return all that is known about a node; the name stands first, alone on its line and whole."""
    status = f"{node['status'].replace('-', ' ')}" if node.get("status") else ""
    kind = node["kind"] if node["kind"] != node["name"] else ""
    cause = shorten(node.get("cause") or "", _CAUSE)
    details = (kind, node["retry"], status, node.get("note"), cause, node["comment"])
    return "\n".join([node["name"], *filter(None, details)])


def _add_edges(dot: Any, graph: networkx.DiGraph, source: str, target: str, edge: dict[str, Any]) -> None:
    """Draw at most two lines from one state to another: one for errors, one for everything else."""
    taken = edge.get("taken", {})
    for is_catch in (False, True):
        transitions = [item for item in edge["transitions"] if (item.why == "catch") is is_catch]
        if transitions:
            change = edge.get("changes", {}).get(is_catch, "")
            _add_edge(dot, graph, (source, target), transitions, taken.get(is_catch, 0), change)


def _add_edge(
    dot: Any, graph: networkx.DiGraph, ends: tuple[str, str], transitions: list[Transition], taken: int, change: str
) -> None:
    source, target = ends
    why = transitions[0].why
    classes = [why, *(["is-taken"] if taken else []), *([f"is-{change}"] if change else [])]
    attributes = {"class": " ".join(classes), "tooltip": _hint(_reasons(transitions))}
    attributes["weight"] = _weight(graph, target, why)
    if why == "catch":
        attributes["style"] = "dashed"
        if len({item.why for item in graph.edges[source, target]["transitions"]}) > 1:
            attributes |= _SECOND_LINE[dot.graph_attr["rankdir"]]
    if why == "join":
        attributes["arrowhead"] = "none"
    label = _label(transitions, taken)
    if label:
        label += "\n " if dot.graph_attr["rankdir"] == "LR" else ""  # keeps the last row above its line
        attributes |= {"label": _quoted(label), "fontsize": "10.5"}
    tail = source
    if graph.nodes[source]["inner"] and why != "branch":
        tail = join_of(source)
        if not (target + "/").startswith(source + "/"):
            attributes["ltail"] = _cluster(source)
    dot.edge(element_id(tail), element_id(target), **attributes)


def _weight(graph: networkx.DiGraph, target: str, why: str) -> str:
    """Return how short and straight a line shall be: a state belongs under the only one that leads to it."""
    if why in ("catch", "end"):
        return "1"
    if why == "join":
        return "3"
    return "8" if graph.in_degree(target) == 1 else "2"


def _reasons(transitions: Iterable[Transition]) -> str:
    return "\n".join(item.label or item.why for item in transitions)


def _label(transitions: list[Transition], taken: int) -> str:
    rows = [row for item in transitions[:4] for row in balance(item.label, 17, 3) if row]
    if len(transitions) > 4:
        rows.append(f"or {len(transitions) - 4} more")
    if taken > 1:
        rows.append(f"×{taken}")
    # A blank on each side keeps the text off its line.
    return "\n".join(f" {row} " for row in rows)


def _quoted(text: str) -> Any:
    """Return text that graphviz shows as it is: no escape sequences, no entities, no HTML-like labels."""
    return graphviz.nohtml(clean(text).replace("\\", "\\\\").replace("&", "&amp;"))


def _hint(text: str) -> Any:
    """Return the same for a tooltip, where graphviz expands escape sequences twice."""
    return graphviz.nohtml(clean(text).replace("\\", "\\" * 4).replace("&", "&amp;"))
