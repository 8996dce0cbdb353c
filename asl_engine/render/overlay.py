"""What happened in an execution, put on the graph: how each state ended, how often it was entered, which ways were
taken.

Takes history events as `GetExecutionHistory` gives them, whole or not, of an execution that has ended or not;
`history.story` reads them, and here its visits get colours and words.

Nodes get `status` (succeeded, failed, caught, running, aborted or not-reached), `visits`, `seconds` (how long the state
took, all visits together; None when the events have no times), and where there is something to say, `note` and `cause`
(of the error). Edges get `taken`: how often each of its two lines was taken, by whether it is the one for errors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import networkx

from asl_engine.history.story import read_story
from asl_engine.history.summary import message_of
from asl_engine.history.visits import Visit
from asl_engine.render.graph import END, START, join_of, owner_of
from asl_engine.render.text import duration

Items: TypeAlias = Mapping[str, Mapping[str, int]]
"""Counts of the items of distributed Maps by what became of them, by the names of the Maps."""

_OUTCOMES: Final = {
    "succeeded": "succeeded",
    "failed": "failed",
    "timedOut": "timed out",
    "aborted": "aborted",
    "running": "running",
    "pending": "pending",
}
_BRIEF: Final = 0.01
"""Seconds below which a duration is not worth a word."""

_WORST_FIRST: Final = ("FAILED", "RUNNING", "CAUGHT", "ABORTED", "SUCCEEDED")


def mark(graph: networkx.DiGraph, events: Sequence[Mapping[str, Any]], items: Items | None = None) -> networkx.DiGraph:
    """Return a copy of a graph with what the events tell about its states and transitions."""
    marked = graph.copy()
    states = {key: node for key, node in marked.nodes(data=True) if key.rpartition("/States/")[1]}
    pointers = {node["name"]: key for key, node in reversed(states.items())}
    visits: dict[str, list[Visit]] = {key: [] for key in states}
    for visit in read_story(events):
        if visit.state in pointers:  # others are of another machine
            visits[pointers[visit.state]].append(visit)
    for key, node in states.items():
        _mark_state(node, visits[key], items or {})
    taken = Counter(way for key, seen in visits.items() for way in _ways(graph, pointers, key, seen))
    for (source, target, is_catch), count in taken.items():
        if _is_drawn(graph, source, target, is_catch):
            marked.edges[source, target].setdefault("taken", {})[is_catch] = count
    if not any(_is_drawn(graph, *way) for way in taken if way[1] == END):
        marked.nodes[END]["status"] = "not-reached"
    return marked


def _ways(
    graph: networkx.DiGraph, pointers: Mapping[str, str], key: str, visits: Sequence[Visit]
) -> Iterator[tuple[str, str, bool]]:
    """Yield the source and the target of each transition to a state, and of those that end a branch or the machine;
    and whether it was for an error."""
    owner = owner_of(graph.nodes[key]["block"])
    for visit in visits:
        source = visit.before or visit.parent
        is_catch = visit.before is not None and visit.before.status == "CAUGHT"
        yield pointers.get(source.state, "") if source else START, key, is_catch
        if visit.status == "SUCCEEDED":
            yield key, join_of(owner) if owner else END, False


def _is_drawn(graph: networkx.DiGraph, source: str, target: str, is_catch: bool) -> bool:
    edge = graph.get_edge_data(source, target)
    return edge is not None and any((item.why == "catch") is is_catch for item in edge["transitions"])


def _mark_state(node: dict[str, Any], visits: Sequence[Visit], items: Items) -> None:
    worst = min((visit.status for visit in visits), key=_WORST_FIRST.index, default=None)
    times = [visit.duration for visit in visits if visit.duration is not None]
    failure = next((visit for visit in reversed(visits) if visit.status == worst in ("FAILED", "CAUGHT")), None)
    node["visits"] = len(visits)
    node["status"] = worst.lower() if worst else "not-reached"
    node["seconds"] = sum(times) if times else None
    node["cause"] = message_of(failure.cause or "") if failure else ""
    node["note"] = " · ".join(filter(None, _notes(node, visits, failure, items)))


def _notes(node: Mapping[str, Any], visits: Sequence[Visit], failure: Visit | None, items: Items) -> Iterator[str]:
    """Yield the notes under a state's name: error first, as it is what one looks for."""
    if failure is not None and failure.error and failure.error not in node["kind"]:
        yield failure.error
    if len(visits) > 1:
        wins = sum(visit.status in ("SUCCEEDED", "RUNNING") for visit in visits)
        yield f"×{len(visits)}" if wins in (0, len(visits)) else f"{wins} of {len(visits)} succeeded"
    yield _outcomes(items.get(node["name"]) or _iterations(visits))
    yield _times("retried", sum(visit.retries for visit in visits) if node["retry"] else 0)
    yield _times("redriven", sum(len(visit.redrives) for visit in visits))
    if (node["seconds"] or 0) >= _BRIEF:
        yield duration(node["seconds"]) + (" in all" if len(visits) > 1 else "")


def _times(word: str, count: int) -> str:
    return f"{word} {count}×" if count > 0 else ""


def _iterations(visits: Sequence[Visit]) -> Counter[str]:
    return Counter(iteration.status.lower() for visit in visits for iteration in visit.iterations)


def _outcomes(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[name]:,} {word}" for name, word in _OUTCOMES.items() if counts.get(name))
