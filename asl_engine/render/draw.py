"""The whole way from a state machine, and perhaps an execution of it or an older version, to a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias, TypedDict, get_args

import networkx

from asl_engine.errors import RenderError
from asl_engine.model.states import StateMachine
from asl_engine.render.compare import Comparison, compare
from asl_engine.render.convert import to_pdf, to_png
from asl_engine.render.dot import dot_source
from asl_engine.render.fold import fold
from asl_engine.render.graph import state_graph
from asl_engine.render.long_edges import check_size, cut_far_lines
from asl_engine.render.mermaid import markdown_text, mermaid_text
from asl_engine.render.overlay import Items, mark
from asl_engine.render.svg import to_svg

TextFormat: TypeAlias = Literal["svg", "dot", "mermaid", "markdown"]
Format: TypeAlias = TextFormat | Literal["png", "pdf"]
Events: TypeAlias = Sequence[Mapping[str, Any]]

FORMATS: Final[tuple[Format, ...]] = ("svg", "png", "pdf", "dot", "mermaid", "markdown")
"""What a picture can be; `markdown` is Mermaid in a fence, as it stands in a page."""

_SUFFIXES: Final[Mapping[str, Format]] = {
    ".svg": "svg",
    ".png": "png",
    ".pdf": "pdf",
    ".dot": "dot",
    ".gv": "dot",
    ".mmd": "mermaid",
    ".md": "markdown",
}

Direction: TypeAlias = Literal["TB", "LR"]


class Look(TypedDict, total=False):
    """How a picture looks: from top to bottom or from left to right, with folded bodies or not, under a title."""

    direction: Direction
    is_folded: bool
    title: str | None


def format_of(path: str | Path | None, asked: str | None = None) -> Format:
    """Return the format that is asked for, else the one that a file's name tells, else `svg`.

    Raises RenderError for one that there is not.
    """
    known = ", ".join(FORMATS)
    if asked is not None:
        match = next((form for form in FORMATS if form == asked), None)
        if match is None:
            raise RenderError(f"unknown picture format {asked!r}; choose one of {known}")
        return match
    suffix = Path(path).suffix.lower() if path is not None else ""
    if suffix and suffix not in _SUFFIXES:
        raise RenderError(
            f"{path}: a name that ends in {suffix} does not tell what the picture shall be; end it in "
            f"{', '.join(_SUFFIXES)}, or say the format: {known}"
        )
    return _SUFFIXES.get(suffix, "svg")


def draw(machine: StateMachine, events: Events | None = None, items: Items | None = None,
         form: Format = "svg", look: Look | None = None) -> str | bytes:  # fmt: skip
    """Return the picture of a state machine: text, or bytes for `png` and `pdf`.

    With `events`, the history of an execution as `GetExecutionHistory` gives it, the picture shows what happened: how
    each state ended, how often it was entered, and which transitions were taken. `items` are the counts of what
    distributed Maps did, which stand in no history, by the names of the Maps. Raises RenderError when a package that
    draws is not there.
    """
    graph = state_graph(machine)
    return picture(graph if events is None else mark(graph, events, items or {}), form, look)


def draw_changes(
    old: StateMachine, new: StateMachine, form: Format = "svg", look: Look | None = None
) -> tuple[str | bytes, Comparison]:
    """Return the picture of what changed from one definition to another, and the comparison that it shows.

    In `markdown` the summary stands above the picture.
    """
    changes = compare(old, new)
    return picture(changes.graph, form, look, changes.summary), changes


def picture(graph: networkx.DiGraph, form: Format = "svg", look: Look | None = None, summary: str = "") -> str | bytes:
    """Return the picture of a graph that `state_graph` made, marked or not."""
    look = look or {}
    title, direction = look.get("title"), look.get("direction", "TB")
    if direction not in get_args(Direction):
        raise RenderError(f"unknown direction {direction!r}; choose TB, from top to bottom, or LR, from left to right")
    graph = fold(graph) if look.get("is_folded") else graph
    if form == "mermaid":
        return mermaid_text(graph, title, direction)
    if form == "markdown":
        return markdown_text(graph, title, direction, summary)
    if form != "dot":
        check_size(graph)
    source = dot_source(cut_far_lines(graph), title, direction)
    return source if form == "dot" else _laid_out(source, form)


def _laid_out(source: str, form: Format) -> str | bytes:
    svg = to_svg(source)
    return {"png": to_png, "pdf": to_pdf}[form](svg) if form != "svg" else svg
