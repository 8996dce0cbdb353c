"""The same picture as PNG, PDF, graphviz source, Mermaid and Markdown; folded, turned, and large."""

from __future__ import annotations

import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from asl_engine import StateMachine
from asl_engine.errors import RenderError
from asl_engine.model.states import StateMachine as Model
from asl_engine.render.draw import draw, format_of
from asl_engine.render.fold import fold
from asl_engine.render.graph import state_graph
from asl_engine.render.long_edges import cut_far_lines
from asl_engine.render.mermaid import mermaid_text
from asl_engine.render.overlay import mark
from tests.render.machines import history, machine, named, order

HELLO = {"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "End": True}}}


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG\r\n"), ("pdf", b"%PDF-")])
def test_bitmaps_and_pages(suffix: str, start: bytes, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    path = tmp_path / f"picture.{suffix}"
    content = StateMachine.from_dict(HELLO).render(path)
    assert isinstance(content, bytes)
    assert content.startswith(start)
    assert path.read_bytes() == content


def test_a_very_high_picture_becomes_a_smaller_bitmap() -> None:
    pytest.importorskip("vl_convert")
    png = draw(named(*(f"State {number}" for number in range(800))), form="png")
    assert isinstance(png, bytes)
    assert int.from_bytes(png[16:20], "big") * int.from_bytes(png[20:24], "big") < 61_000_000


def test_without_the_converter_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(RenderError, match=r"pip install 'asl-engine\[pictures\]'"):
        draw(order(), form="png")


@pytest.mark.parametrize(
    ("name", "start"),
    [("a.svg", "<svg "), ("a.dot", "digraph {"), ("a.mmd", "flowchart TB\n"), ("a.MD", "```mermaid\n")],
)
def test_a_name_tells_the_format(name: str, start: str, tmp_path: Path) -> None:
    StateMachine.from_dict(HELLO).render(tmp_path / name)
    assert (tmp_path / name).read_text("utf-8").startswith(start)


def test_what_is_no_format() -> None:
    with pytest.raises(RenderError, match=r"ends in \.jpeg"):
        format_of("a.jpeg")
    with pytest.raises(RenderError, match="unknown picture format 'gif'"):
        format_of("a.svg", "gif")
    with pytest.raises(RenderError, match="unknown direction 'up'"):
        draw(order(), look={"direction": "up"})  # type: ignore[typeddict-item]


def test_one_picture_shows_one_thing() -> None:
    hello = StateMachine.from_dict(HELLO)
    with pytest.raises(RenderError, match="shows one thing"):
        hello.render(history=[], compared_with=hello)


def test_a_history_and_an_older_machine_stand_on_the_picture() -> None:
    hello = StateMachine.from_dict(HELLO)
    other = StateMachine.from_dict({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    assert "is-succeeded" in hello.render(history=hello.run().history)
    assert "is-added" in hello.render(compared_with=other)


# --- Mermaid ---------------------------------------------------------------------------------------------------------


def test_mermaid_has_states_conditions_and_frames() -> None:
    lines = [line.strip() for line in str(draw(order(), form="mermaid")).splitlines()]
    assert lines[0] == "flowchart TB"
    assert 'n2{{"Choice<br/>Stock"}}' in lines
    assert 'n2 -->|"#36;.n #62; 0"| n4' in lines
    assert 'n5 -.->|"States.ALL"| n6' in lines
    assert sum(line.startswith("subgraph") for line in lines) == lines.count("end") == 3


def test_mermaid_shows_an_execution_in_words_and_colours() -> None:
    events = history(("ExecutionStarted", 0, ""), ("TaskStateEntered", 1, "Check"), ("ExecutionFailed", 2, "Boom"))
    text = mermaid_text(mark(state_graph(order()), events))
    assert "Check<br/>failed<br/>Boom" in text
    assert "class n1 failed" in text
    assert "n0 ==> n1" in text


@pytest.mark.parametrize("name", ['"]; click n1 "http://x"', "`**bold**`", "$$x^2$$", "1. one", "- x", "<b>", "a\nend"])
def test_no_name_means_anything_to_mermaid(name: str) -> None:
    [line] = [line for line in str(draw(named(name), form="mermaid")).splitlines() if line.strip().startswith("n1[")]
    label = line.strip().removeprefix('n1["Pass<br/>').removesuffix('"]')
    assert not set(label.replace("#", "")) & set('"`*$<>[]_')
    assert not label.startswith(("-", "1. "))


# --- folded, turned, large -------------------------------------------------------------------------------------------


def test_folding_leaves_one_node_for_each_composite() -> None:
    graph = fold(state_graph(order()))
    assert [key for key in graph if key.startswith("/States/Both")] == ["/States/Both"]
    assert graph.nodes["/States/Both"]["note"] == "2 states inside"
    assert graph.has_edge("/States/Both", "/States/Refund")
    assert "frame" not in str(draw(order(), look={"is_folded": True})).partition("</style>")[2]


def test_a_picture_from_left_to_right_is_wide() -> None:
    svg = str(draw(named("A", "B", "C", "D", "E"), look={"direction": "LR"}))
    _, _, wide, high = (float(number) for number in svg.partition('viewBox="')[2].partition('"')[0].split())
    assert wide > 3 * high


@pytest.mark.parametrize(("direction", "ports"), [("TB", ("se", "ne")), ("LR", ("se", "sw"))])
def test_a_catch_to_the_next_state_does_not_lie_on_the_other_line(direction: Any, ports: tuple[str, str]) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    task = {"Type": "Task", "Resource": "arn:x", "Next": "B", "Catch": catch}
    source = str(draw(machine("A", A=task, B={"Type": "Succeed"}), form="dot", look={"direction": direction}))
    assert f"headport={ports[1]}" in source
    assert f"tailport={ports[0]}" in source


def many(count: int) -> Model:
    """A long chain in which each fifth state is caught by the last one."""
    names = [f"State number {number}" for number in range(count)]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": names[-1]}]
    states: dict[str, Any] = {
        name: {"Type": "Task", "Resource": "arn:x", "Next": after, **({"Catch": catch} if not index % 5 else {})}
        for index, (name, after) in enumerate(pairwise(names))
    }
    return Model.model_validate({"StartAt": names[0], "States": {**states, names[-1]: {"Type": "Succeed"}}})


def test_far_lines_of_a_large_graph_end_at_a_sign() -> None:
    graph = state_graph(many(200))
    cut = cut_far_lines(graph)
    signs = [key for key, node in cut.nodes(data=True) if node["type"] == "Reference"]
    assert len(signs) > 30
    last = "/States/State number 199"
    assert 2 <= cut.in_degree(last) < graph.in_degree(last)
    assert all(cut.nodes[sign]["name"] == "State number 199" for sign in signs)
    assert ">→ State number 199</text>" in str(draw(many(200)))


def test_a_small_graph_keeps_its_lines() -> None:
    graph = state_graph(many(60))
    assert cut_far_lines(graph) is graph


def test_two_thousand_states_take_seconds() -> None:
    started = time.process_time()
    svg = str(draw(many(2000)))
    assert time.process_time() - started < 20
    assert svg.count('class="name"') == 2002


def crowd(count: int) -> Model:
    """Return a machine of Choices that all lead to each other."""
    names = [f"S{number}" for number in range(count)]
    states = {
        name: {
            "Type": "Choice",
            "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": other} for other in names if other != name],
            "Default": "End",
        }
        for name in names
    }
    return Model.model_validate({"StartAt": "S0", "States": {**states, "End": {"Type": "Succeed"}}})


def test_states_that_all_lead_to_each_other_take_seconds() -> None:
    started = time.process_time()
    assert "→ S1<" in str(draw(crowd(30)))
    assert time.process_time() - started < 20


def test_a_picture_that_nobody_could_lay_out_is_refused() -> None:
    with pytest.raises(RenderError, match=r"5,\d+ lines between .* Draw it folded, or as mermaid"):
        draw(crowd(75))
    assert str(draw(crowd(75), form="mermaid")).count("-->") > 5_000
