"""The graph as Mermaid text, which GitHub and GitLab draw in README files and pull requests.

Mermaid has no tooltips, no icons and a layout of its own, so states show their type and name, and colours are only
borders, which can be seen on light and dark paper. All text of the definition stands in quotes with its punctuation as
entities: Mermaid reads Markdown, KaTeX, HTML and its own words in labels, and none of that shall happen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import networkx

from asl_engine.render.graph import END, Transition, join_of
from asl_engine.render.style import CHANGES, LIGHT, STATUSES
from asl_engine.render.text import one_line, shorten

_SPECIAL: Final = re.compile(r"[^\w\s,:()'/!?=.+\-]|_|^\s*[-+#]|(?<=\d)\.", re.ASCII)
_MARKUP: Final = re.compile(r"[\\`*_~$&<>|@#\[\]]")
"""What may mean something in a heading of Markdown."""

_BRACKETS: Final = {"Choice": "{{%s}}", "Start": "([%s])", "End": "([%s])", "Join": "((%s))", "Succeed": "([%s])"}
_TOLD: Final = frozenset({"failed", "caught", "running", "aborted", "added", "removed"})
"""Statuses that stand in a node as a word, so that no colour has to be seen."""

_ARROWS: Final = {"next": "-->", "catch": "-.->", "join": "---"}
_INDENT: Final = "    "


def mermaid_text(graph: networkx.DiGraph, title: str | None = None, direction: str = "TB") -> str:
    """Return the Mermaid text of a graph that `state_graph` made, marked or not."""
    ids = {key: f"n{number}" for number, key in enumerate(graph.nodes)}
    lines = [f"flowchart {direction}", *_block(graph, ids, _members(graph), "", _INDENT)]
    lines += [_INDENT + line for line in (*_edges(graph, ids), *_classes(graph, ids))]
    if title:
        lines.insert(1, f"{_INDENT}accTitle: {re.sub('[^A-Za-z0-9 ]+', ' ', one_line(title))}")
    return "\n".join(lines) + "\n"


def markdown_text(graph: networkx.DiGraph, title: str | None = None, direction: str = "TB", summary: str = "") -> str:
    """Return the same in a fence, as it stands in a page, below a heading and a summary if there are such."""
    heading = f"## {_MARKUP.sub(_escaped, one_line(title))}\n\n" if title else ""
    above = f"```text\n{summary.rstrip().replace('```', '` ` `')}\n```\n\n" if summary else ""
    return f"{heading}{above}```mermaid\n{mermaid_text(graph, title, direction)}```\n"


def _escaped(match: re.Match[str]) -> str:
    return "\\" + match.group()


def _members(graph: networkx.DiGraph) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for key, node in graph.nodes(data=True):
        if key != END or graph.in_degree(key):
            members.setdefault(node["block"], []).append(key)
    return members


def _block(
    graph: networkx.DiGraph, ids: Mapping[str, str], members: Mapping[str, list[str]], block: str, indent: str
) -> Iterator[str]:
    for key in members.get(block, ()):
        node = graph.nodes[key]
        if node["inner"]:
            yield from _composite(graph, ids, members, key, indent)
        elif node["type"] != "Join":
            yield indent + _node(ids[key], node)


def _composite(
    graph: networkx.DiGraph, ids: Mapping[str, str], members: Mapping[str, list[str]], key: str, indent: str
) -> Iterator[str]:
    """Yield a frame around a Parallel or Map: its own node, a frame for each block, the point where they join."""
    deeper = indent + _INDENT
    yield f'{indent}subgraph {ids[key]}f [" "]'
    yield deeper + _node(ids[key], graph.nodes[key])
    for number, block in enumerate(graph.nodes[key]["inner"]):
        yield f'{deeper}subgraph {ids[key]}b{number} [" "]'
        yield from _block(graph, ids, members, block, deeper + _INDENT)
        yield f"{deeper}end"
    join = join_of(key)
    yield deeper + _node(ids[join], graph.nodes[join])
    yield f"{indent}end"


def _node(name: str, node: Mapping[str, Any]) -> str:
    if node["type"] == "Join":
        lines = [" "]
    elif node["type"] in ("Start", "End"):
        lines = [node["name"]]
    else:
        status = node.get("status") if node.get("status") in _TOLD else None
        notes = filter(None, (status, node.get("note") or node["retry"]))
        lines = [shorten(node["kind"], 40), node["name"], *notes]
    return name + _BRACKETS.get(node["type"], "[%s]") % _text(lines)


def _text(lines: Iterable[str]) -> str:
    """Return lines as one quoted label in which every character means itself."""
    return '"' + "<br/>".join(_SPECIAL.sub(_entities, one_line(line)) for line in lines) + '"'


def _entities(match: re.Match[str]) -> str:
    """Write what may mean something to Mermaid as numbers; what is no ASCII means nothing to it."""
    return "".join(f"#{ord(character)};" if character.isascii() else character for character in match.group())


def _edges(graph: networkx.DiGraph, ids: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines, then the colours of those that a comparison marked: Mermaid knows a line by its number."""
    changes: list[str] = []
    for source, target, edge in graph.edges(data=True):
        tail = join_of(source) if graph.nodes[source]["inner"] and edge["transitions"][0].why != "branch" else source
        for is_catch in (False, True):
            transitions = [item for item in edge["transitions"] if (item.why == "catch") is is_catch]
            if transitions:
                changes.append(edge.get("changes", {}).get(is_catch, "same"))
                yield f"{ids[tail]} {_arrow(edge, transitions, is_catch)} {ids[target]}"
    for change, colour in CHANGES.items():
        numbers = [str(number) for number, mark in enumerate(changes) if mark == change]
        if numbers:
            yield f"linkStyle {','.join(numbers)} stroke:{LIGHT[colour]},stroke-width:3px"


def _arrow(edge: Mapping[str, Any], transitions: list[Transition], is_catch: bool) -> str:
    taken = edge.get("taken", {}).get(is_catch, 0)
    why = transitions[0].why
    arrow = "==>" if taken and not is_catch and why != "join" else _ARROWS.get(why, "-->")
    labels = [shorten(item.label, 40) for item in transitions if item.label]
    if taken > 1:
        labels.append(f"×{taken}")
    return f"{arrow}|{_text(labels)}|" if labels else arrow


def _classes(graph: networkx.DiGraph, ids: Mapping[str, str]) -> Iterator[str]:
    """Yield the classes that show statuses, each with the ids that have it."""
    for status, colour in STATUSES.items():
        having = [ids[key] for key, node in graph.nodes(data=True) if node.get("status") == status]
        if having:
            yield f"classDef {status} stroke:{LIGHT[colour]},stroke-width:3px"
            yield f"class {','.join(having)} {status}"
    passed = [ids[key] for key, node in graph.nodes(data=True) if node.get("status") == "not-reached"]
    if passed and any(node.get("status") in STATUSES for _, node in graph.nodes(data=True)):
        yield "classDef passed opacity:0.5"
        yield f"class {','.join(passed)} passed"
