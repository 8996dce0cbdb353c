from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from asl_engine import StateMachine
from asl_engine.errors import RenderError
from asl_engine.render import layout
from asl_engine.render.draw import draw
from asl_engine.render.text import clean, element_id, width
from tests.render.machines import history, named, order

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>",
    '"quoted"',
    "it's",
    "a & b &amp; &#60;",
    "]]>",
    "<b>bold</b>",
    "🚀 emoji 👩‍👩‍👧",
    "שלום עולם",
    "x" * 80,
    'back\\slash \\N \\l \\"',
    "%s %(x)s {0}",
    "line\nbreak",
    "a:b:c",
    "node",
    "\\",
    "--",
    "<>",
    "é漢字",
    "#start",
]


def state(svg: str, name: str) -> ElementTree.Element:
    wanted = element_id("/States/" + name.replace("~", "~0").replace("/", "~1"))
    found = [group for group in ElementTree.fromstring(svg).iter(f"{SVG}g") if group.get("id") == wanted]
    assert len(found) == 1
    return found[0]


def title_of(group: ElementTree.Element) -> str:
    return group.findtext(f"{SVG}title") or ""


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_is_shown_and_is_only_text(name: str) -> None:
    svg = draw(named(name, "After"), look={"title": name})
    group = state(svg, name)
    assert title_of(group).startswith(name + "\n")
    shown = "".join(text.text or "" for text in group.findall(f"{SVG}text[@class='name']"))
    assert "".join(shown.split()).startswith("".join(name.split())[:60])
    tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(svg).iter()}
    assert tags <= {"svg", "title", "style", "g", "rect", "path", "polygon", "text", "circle"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(min_size=1, max_size=80), min_size=1, max_size=4, unique_by=clean))
@example([" \t"])
def test_any_names_give_a_whole_picture(names: list[str]) -> None:
    svg = draw(named(*names))
    for name in names:
        title = title_of(state(svg, name)).replace("\xa0", " ")  # what graphviz makes of a blank after a blank
        assert title.startswith(clean(name).replace("\xa0", " "))


def test_the_picture_is_self_contained_and_scales() -> None:
    svg = draw(order(), look={"title": "Order"})
    root = ElementTree.fromstring(svg)
    assert root.get("viewBox")
    assert "height:auto" in root.get("style", "")
    assert not re.search(r"href|<script|<image|url\(|@import|<!DOCTYPE|\son\w+=", svg)
    assert svg.count("http") == 1


def test_colours_come_from_the_style_sheet_in_light_and_dark() -> None:
    svg = draw(order())
    style, _, drawing = svg.partition("</style>")
    assert "prefers-color-scheme:dark" in style
    assert not re.search(r'fill="|stroke="|font-family="|#[0-9a-f]{6}', drawing)


def test_text_is_text_and_labels_are_there() -> None:
    svg = draw(order())
    for words in ("$.n &gt; 0", "otherwise", "States.ALL", "retry up to 2×", "Lambda · F"):
        assert f">{words}</text>" in svg


def test_catch_lines_are_told_apart() -> None:
    root = ElementTree.fromstring(draw(order()))
    assert len(root.findall(f".//{SVG}g[@class='transition catch']")) == 1
    assert "style=dashed" in draw(order(), form="dot")


def test_frames_are_wide_enough_for_the_labels_in_them() -> None:
    """Graphviz counts nodes only, so this condition lay across the frame of its Map."""
    path = Path(__file__).parents[2] / "statemachines/untagged-machines/untagged-machines.asl.yaml"
    root = ElementTree.fromstring(StateMachine.load(path).render())
    frames = list(root.iterfind(f".//{SVG}rect[@class='outline']"))
    [label] = [text for text in root.iter(f"{SVG}text") if (text.text or "").startswith("$.machine.tags['aws:")]
    middle, half = float(label.get("x", "")), width(label.text or "", 10.5) / 2
    assert len(frames) == 2
    for frame in frames:
        left, wide = float(frame.get("x", "")), float(frame.get("width", ""))
        assert left < middle - half
        assert middle + half < left + wide


def test_an_execution_shows_on_the_picture() -> None:
    events = history(("ExecutionStarted", 0, ""), ("TaskStateEntered", 1, "Check"), ("ExecutionFailed", 2, "Boom"))
    svg = draw(order(), events)
    assert {"is-failed", "notes-1"} <= set(state(svg, "Check").get("class", "").split())
    assert ">Boom</text>" in svg
    assert "is-not-reached" in state(svg, "Done").get("class", "")


def test_the_same_definition_gives_the_same_picture() -> None:
    assert draw(order()) == draw(order())


def test_a_hundred_states_are_fast_and_five_hundred_work() -> None:
    draw(named("warm", "up"))
    hundred = named(*(f"State number {number}" for number in range(100)))
    started = time.process_time()
    draw(hundred)
    assert time.process_time() - started < 0.3
    assert draw(named(*(f"State number {number}" for number in range(500)))).count('class="name"') == 502


def test_graphviz_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    draw(named(*HOSTILE))
    assert capfd.readouterr() == ("", "")


def test_without_graphviz_the_error_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "_libraries", lambda: None)
    monkeypatch.setattr(layout.shutil, "which", lambda name: None)
    with pytest.raises(RenderError, match="pip install pygraphviz"):
        draw(order())


def test_a_source_that_graphviz_cannot_read_is_an_error() -> None:
    with pytest.raises(RenderError, match="cannot read"):
        layout.lay_out("digraph {")


def test_importing_the_package_does_not_import_the_libraries() -> None:
    names = {"networkx", "graphviz", "pygraphviz", "vl_convert"}
    code = f"import sys, asl_engine, asl_engine.render; print({names} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
