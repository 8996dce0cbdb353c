"""The whole way from a state machine, and perhaps an execution of it, to a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from asl_engine.model.states import StateMachine
from asl_engine.render.dot import dot_source
from asl_engine.render.graph import state_graph
from asl_engine.render.overlay import mark
from asl_engine.render.svg import to_svg


def draw(machine: StateMachine, events: Sequence[Mapping[str, Any]] | None = None, title: str | None = None) -> str:
    """Return the picture of a state machine as the text of an SVG file.

    With `events`, the history of an execution as `GetExecutionHistory` gives it, the picture shows what happened: how
    each state ended, how often it was entered, and which transitions were taken. Raises RenderError when graphviz is
    not there.
    """
    return to_svg(draw_dot(machine, events, title))


def draw_dot(machine: StateMachine, events: Sequence[Mapping[str, Any]] | None = None, title: str | None = None) -> str:
    """Return the same picture as graphviz source, not laid out."""
    graph = state_graph(machine)
    return dot_source(graph if events is None else mark(graph, events), title)
