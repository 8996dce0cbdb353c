"""The graph of a state machine, coloured by what a test run reached."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.model import states as model
from asl_engine.model.walk import inner_blocks, pointer_to, states, ways_out
from asl_engine.render.dot import dot_source
from asl_engine.render.graph import END, START, join_of, owner_of, state_graph
from asl_engine.render.svg import to_svg
from asl_engine.testing.coverage.coverage import Covered


def coverage_picture(machine: model.StateMachine, covered: Covered) -> str:
    """Return the picture as SVG: what was reached is green, what was not is pale; ways that were taken are heavy."""
    graph = state_graph(machine)
    for key, node in graph.nodes(data=True):
        if "/States/" in key and not key.endswith("#join"):
            count = covered.counts[key]
            node["status"] = "succeeded" if count else "not-reached"
            node["note"] = _note(covered, key, count)
    for source, target, is_catch, count in _ways(machine, covered):
        if count and graph.has_edge(source, target):
            taken = graph.edges[source, target].setdefault("taken", {})
            taken[is_catch] = taken.get(is_catch, 0) + count
    return to_svg(dot_source(graph, f"{covered.name}: {covered.percent:.0f} % reached"))


def _note(covered: Covered, pointer: str, count: int) -> str:
    """Say how often a state was entered, and which of its retriers and catchers nothing reached."""
    missing = [
        f"{part.kind} {part.pointer.rpartition('/')[2]}"
        for part in covered.missing()
        if part.kind in ("retrier", "catcher") and part.pointer.rpartition("/")[0].rpartition("/")[0] == pointer
    ]
    return f"not {', '.join(missing)}" if missing and count else (f"×{count}" if count > 1 else "")


def _ways(machine: model.StateMachine, covered: Covered) -> Iterator[tuple[str, str, bool, int]]:
    """Yield each line of the picture with how often it was taken: source, target, whether it is one for errors."""
    counts = covered.counts
    yield START, pointer_to(machine.start_at), False, counts[pointer_to(machine.start_at)]
    for pointer, _, state, block_pointer in states(machine):
        for way in ways_out(state):
            yield pointer, block_pointer + pointer_to(way.target), way.kind == "catch", counts[pointer + way.pointer]
        owner = owner_of(block_pointer)
        ended = counts[pointer] if isinstance(state, model.Succeed) else counts[pointer + "/End"]
        yield pointer, join_of(owner) if owner else END, False, ended
        for inner, child in inner_blocks(state):
            first = pointer + inner + pointer_to(child.start_at)
            yield pointer, first, False, counts[pointer + inner]
