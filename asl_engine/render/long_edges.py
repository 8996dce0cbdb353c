"""Lines over half a large picture, cut: a small sign at their beginning says where they lead.

Nobody follows a line past thirty states, and graphviz spends nearly all its time on such lines: an error handler at the
end of five hundred states takes minutes with them and half a second without. The more lines there are, the nearer is
far: forty states that all lead to each other took minutes, too. Pictures that are small and have few lines keep all of
them, and each state keeps the shortest line that leads to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import networkx

from asl_engine.errors import RenderError
from asl_engine.render.graph import join_of

LARGE: Final = 80
"""How many nodes a graph has at most that keeps all its lines."""

MANY: Final = 160
"""How many lines a graph of any size has at most that keeps all of them."""

FAR: Final = 12
"""How many rows a line of a large graph crosses at most."""

_NEARER: Final = (FAR, 6, 3, 1, 0)
_LINES: Final = 3
"""How many lines of a large graph are kept for each node; if they are more, fewer rows are far."""

MOST: Final = 5_000
"""How many lines a graph has at most whose states lead, on average, to more than BUSY others."""

BUSY: Final = 2.5


def check_size(graph: networkx.DiGraph) -> None:
    """Refuse, with RenderError, what graphviz would work on for minutes or for ever, cut or not."""
    states, lines = graph.number_of_nodes(), graph.number_of_edges()
    if lines > MOST and lines > BUSY * states:
        raise RenderError(
            f"a picture with {lines:,} lines between {states:,} nodes takes too long to lay out, and nobody could read "
            "it. Draw it folded, or as mermaid, markdown or dot, which need no layout"
        )


def cut_far_lines(graph: networkx.DiGraph) -> networkx.DiGraph:
    """Return the graph, or if it is a large one a copy whose far lines end at nodes of type Reference."""
    if graph.number_of_nodes() <= LARGE and graph.number_of_edges() <= MANY:
        return graph
    rows = _rows(graph)
    cut = graph.copy()
    for source, target in _far_lines(graph, rows):
        edge = graph.edges[source, target]
        sign = f"{source}#to{target}"
        words = {"type": "Reference", "kind": "continues at", "block": graph.nodes[source]["block"], "inner": ()}
        cut.remove_edge(source, target)
        cut.add_node(sign, **graph.nodes[target] | words | {"retry": "", "note": "", "is_terminal": False})
        cut.nodes[sign].pop("status", None)
        cut.add_edge(source, sign, **edge)
    return cut


def _far_lines(graph: networkx.DiGraph, rows: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return the lines to cut: the far ones, but for one to each state that has no other."""
    spans = list(_spans(graph, rows))
    most = max(MANY, _LINES * graph.number_of_nodes()) - (graph.number_of_edges() - len(spans))
    kept = {longest: sum(span <= longest for span, _, _ in spans) for longest in _NEARER}
    limit = next((longest for longest in _NEARER if kept[longest] <= most), 0)
    return [(source, target) for span, source, target in spans if span > limit]


def _spans(graph: networkx.DiGraph, rows: Mapping[str, int]) -> Iterator[tuple[int, str, str]]:
    """Yield how many rows each line crosses, but for the shortest to each state."""
    for target in graph:
        spans = sorted((abs(rows[target] - rows[source]), source) for source in graph.predecessors(target))
        yield from ((span, source, target) for span, source in spans[1:])


def _rows(graph: networkx.DiGraph) -> dict[str, int]:
    """Return about the row where each node will stand: the longest way to it, without the lines that lead back."""
    drawn = networkx.DiGraph()
    drawn.add_nodes_from(graph)
    for source, target, edge in graph.edges(data=True):
        leaves = graph.nodes[source]["inner"] and edge["transitions"][0].why != "branch"
        drawn.add_edge(join_of(source) if leaves else source, target)
    return _longest_ways(drawn)


def _longest_ways(drawn: networkx.DiGraph) -> dict[str, int]:
    rows = dict.fromkeys(drawn, 0)
    order = list(networkx.dfs_postorder_nodes(drawn))[::-1]
    place = {key: number for number, key in enumerate(order)}
    for source in order:
        for target in drawn.successors(source):
            if place[target] > place[source]:
                rows[target] = max(rows[target], rows[source] + 1)
    return rows
