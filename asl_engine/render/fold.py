"""A graph in which each Parallel and Map is one node: what stands inside is counted and not drawn."""

from __future__ import annotations

import networkx

from asl_engine.render.graph import join_of

_CHANGES = ("added", "removed", "changed")


def fold(graph: networkx.DiGraph) -> networkx.DiGraph:
    """Return a copy of a graph, marked or not, without the bodies of Parallel and Map states.

    What happened to the state itself stays on its node; of a comparison, that something inside changed.
    """
    folded = graph.copy()
    bodies = {key: _inside(graph, key) for key, node in graph.nodes(data=True) if node["inner"] and not node["block"]}
    for key, inside in bodies.items():
        node = folded.nodes[key]
        states = [name for name in inside if graph.nodes[name]["type"] not in ("Join", "Missing")]
        words = f"{len(states)} state{'s' if len(states) != 1 else ''} inside"
        node |= {"inner": (), "note": " · ".join(filter(None, (node.get("note") or node["retry"], words)))}
        if node.get("status") == "same" and any(graph.nodes[name].get("status") in _CHANGES for name in inside):
            node["status"] = "changed"
        folded.remove_nodes_from([*inside, join_of(key)])
    return folded


def _inside(graph: networkx.DiGraph, key: str) -> list[str]:
    """Return the keys of all nodes in the blocks of a state, at any depth."""
    return [name for name, node in graph.nodes(data=True) if f"{node['block']}/".startswith(f"{key}/")]
