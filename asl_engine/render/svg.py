"""From graphviz source to the picture: laid out by graphviz, then drawn again in our own elements.

Of graphviz's SVG only geometry, text, ids, classes and tooltips are taken; everything is written anew, by an XML
library. So nothing in a definition can become markup, a link or a script, and every colour comes from the style
sheet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final
from xml.etree import ElementTree

from asl_engine.render.dot import BADGE, LINE, RETRY, SMALL_SIZE, TEXT_LEFT
from asl_engine.render.layout import lay_out
from asl_engine.render.style import ICONS, STATUSES, style_sheet
from asl_engine.render.text import width

_SVG: Final = "{http://www.w3.org/2000/svg}"
_TITLE: Final = "{http://www.w3.org/1999/xlink}title"
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?")
_CENTRED: Final = frozenset({"type-choice", "type-start", "type-end", "type-reference"})
_ONLY_TEXT: Final = {"type-start": "name", "type-end": "name", "type-reference": "note"}
"""Nodes whose text has one role, and which are rounded as far as that goes."""

_TILE: Final = 26.0
_ROOM: Final = {"branch": 4.0, "frame": 12.0}
"""What lies between a label and the frame around it, in points: a branch lies in the frame of its Parallel or Map."""

Element = ElementTree.Element
Box = tuple[float, float, float, float]
"""Left, top, width, height."""


def to_svg(dot_source: str) -> str:
    """Return the picture of a graphviz source that `dot.dot_source` made, as the text of an SVG file."""
    laid_out = ElementTree.fromstring(lay_out(dot_source))
    canvas = laid_out[0]
    root = _root(laid_out)
    title = _tooltip(canvas)
    _add(root, "title").text = title
    root.set("aria-label", title)
    _add(root, "style").text = style_sheet()
    _, _, wide, high = laid_out.get("viewBox", "0 0 0 0").split()
    _add(root, "rect", {"class": "paper", "width": wide, "height": high})
    drawing = _add(root, "g", {"transform": canvas.get("transform", "")})
    _draw_groups(canvas, drawing)
    _draw_heading(canvas, drawing)
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True) + "\n"


def _root(laid_out: Element) -> Element:
    """Return the svg element: its size is what it has by itself, and it shrinks and grows with what holds it."""
    view = laid_out.get("viewBox", "0 0 0 0")
    _, _, wide, high = (float(number) for number in view.split())
    attributes = {"xmlns": "http://www.w3.org/2000/svg", "class": "asl", "viewBox": view, "role": "img"}
    return Element(
        "svg", attributes | {"width": f"{wide:.0f}", "height": f"{high:.0f}", "style": "max-width:100%;height:auto"}
    )


def _add(parent: Element, tag: str, attributes: dict[str, str] | None = None) -> Element:
    return ElementTree.SubElement(parent, tag, attributes or {})


def _draw_groups(canvas: Element, drawing: Element) -> None:
    """Draw frames, then edges, then states, then the edges' labels: each above what came before."""
    labels = [_label_box(row) for group in canvas.iterfind(f"{_SVG}g[@class]") for row in _label_rows(group)]
    groups: dict[str, Callable[[Element, list[str], Element], None]] = {
        "cluster": partial(_draw_frame, labels),
        "edge": _draw_edge,
        "node": _draw_state,
    }
    for word, draw in groups.items():
        for group in canvas.iterfind(f"{_SVG}g"):
            classes = group.get("class", "").split()
            if classes and classes[0] == word:
                draw(group, classes[1:], drawing)
    for group in canvas.iterfind(f"{_SVG}g"):
        _draw_label(group, drawing)


def _parts(group: Element) -> Iterator[Element]:
    """Yield the shapes and texts of a group, also out of the link that graphviz makes of a tooltip."""
    for element in group.iter():
        if element.tag.removeprefix(_SVG) in ("polygon", "path", "ellipse", "polyline", "text"):
            yield element


def _own_parts(canvas: Element) -> Iterator[Element]:
    for child in canvas:
        link = child.find(f"{_SVG}a")
        yield from link if link is not None else ()


def _tooltip(group: Element) -> str:
    link = group.find(f"{_SVG}g/{_SVG}a")
    return link.get(_TITLE, "") if link is not None else ""


def _draw_heading(canvas: Element, drawing: Element) -> None:
    for text in (part for part in _own_parts(canvas) if part.tag == f"{_SVG}text"):
        _write(drawing, "heading", text.text, text.get("x", "0"), text.get("y", "0"), "middle")


def _write(parent: Element, role: str, text: str | None, x: str, y: str, anchor: str) -> None:
    _add(parent, "text", {"class": role, "x": x, "y": y, "text-anchor": anchor}).text = (text or "").strip()


def _box(shape: Element) -> Box:
    """Return the bounds of a shape; curves stay inside their control points, and ours do not leave them."""
    if shape.tag == f"{_SVG}ellipse":
        x, y, rx, ry = (float(shape.get(key, "0")) for key in ("cx", "cy", "rx", "ry"))
        return x - rx, y - ry, 2 * rx, 2 * ry
    numbers = [float(number) for number in _NUMBER.findall(shape.get("points", "") or shape.get("d", ""))]
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def _rounded(parent: Element, role: str, box: Box, radius: float, inset: float = 0) -> None:
    left, top, wide, high = box
    numbers = {"x": left + inset, "y": top + inset, "width": wide - 2 * inset, "height": high - 2 * inset}
    _add(parent, "rect", {"class": role, "rx": f"{radius:g}"} | {key: f"{value:.2f}" for key, value in numbers.items()})


def _draw_frame(labels: Sequence[Box], group: Element, classes: list[str], drawing: Element) -> None:
    attributes = {"class": " ".join(classes)}
    if "frame" in classes:
        attributes["id"] = group.get("id", "")
    frame = _add(drawing, "g", attributes)
    _rounded(frame, "outline", _around(_box(next(_parts(group))), labels, _ROOM[classes[0]]), 12)


def _around(frame: Box, labels: Iterable[Box], room: float) -> Box:
    """Return a frame made wide enough for the labels in it: graphviz counts nodes only."""
    left, top, wide, high = frame
    inside = [
        label
        for label in labels
        if left < label[0] + label[2] / 2 < left + wide and top < label[1] + label[3] / 2 < top + high
    ]
    start = min([left, *(label[0] - room for label in inside)])
    end = max([left + wide, *(label[0] + label[2] + room for label in inside)])
    return start, top, end - start, high


def _label_rows(group: Element) -> list[Element]:
    """Return the rows of a line's label; there are none for what is no line."""
    if not group.get("class", "").startswith("edge"):
        return []
    return [part for part in _parts(group) if part.tag == f"{_SVG}text" and (part.text or "").strip()]


def _label_box(row: Element) -> Box:
    wide = width((row.text or "").strip(), SMALL_SIZE)
    return float(row.get("x", "0")) - wide / 2, float(row.get("y", "0")) - SMALL_SIZE, wide, SMALL_SIZE


def _draw_edge(group: Element, classes: list[str], drawing: Element) -> None:
    edge = _add(drawing, "g", {"class": " ".join(["transition", *classes])})
    _add(edge, "title").text = _tooltip(group)
    for part in _parts(group):
        if part.tag == f"{_SVG}path":
            _add(edge, "path", {"class": "line", "d": part.get("d", "")})
        elif part.tag == f"{_SVG}polygon":
            _add(edge, "polygon", {"class": "head", "points": part.get("points", "")})


def _draw_label(group: Element, drawing: Element) -> None:
    rows = _label_rows(group)
    if not rows:
        return
    label = _add(drawing, "g", {"class": " ".join(group.get("class", "").split()[1:])})
    _add(label, "title").text = _tooltip(group)
    for row in rows:
        _write(label, "label", row.text, row.get("x", "0"), row.get("y", "0"), "middle")


def _draw_state(group: Element, classes: list[str], drawing: Element) -> None:
    state = _add(drawing, "g", {"id": group.get("id", ""), "class": " ".join(classes)})
    _add(state, "title").text = _tooltip(group)
    parts = list(_parts(group))
    shape = parts[0]
    box = _box(shape)
    if shape.tag == f"{_SVG}ellipse" or "type-choice" not in classes:
        _rounded(state, "shape", box, box[3] / 2 if _ONLY_TEXT.keys() & classes else 8)
        if "terminal" in classes:
            _rounded(state, "inset", box, 5.5, 3)
    else:
        _add(state, "polygon", {"class": "shape", "points": shape.get("points", ""), "stroke-linejoin": "round"})
    texts = [part.text or "" for part in parts if part.tag == f"{_SVG}text"]
    if texts:  # the point of a join has none
        _draw_icon(state, classes, box)
        _draw_text(state, classes, box, texts)
        _draw_badge(state, classes, box)


def _draw_icon(state: Element, classes: list[str], box: Box) -> None:
    words = [word.removeprefix("type-") for word in classes]
    name = next((word for word in reversed(words) if word in ICONS and not word.startswith("is-")), None)
    if name is None:
        return
    left, top = box[0] + 10, box[1] + (box[3] - _TILE) / 2
    _rounded(state, "tile", (left, top, _TILE, _TILE), 6)
    _add(state, "path", {"class": "icon", "d": ICONS[name], "transform": f"translate({left + 5:.2f} {top + 5:.2f})"})


def _draw_text(state: Element, classes: list[str], box: Box, texts: list[str]) -> None:
    """Write the lines of a node: first its kind, last its note if it has one, its name between."""
    roles = _roles(classes, len(texts))
    is_centred = bool(_CENTRED & set(classes))
    x = box[0] + (box[2] / 2 if is_centred else TEXT_LEFT)
    y = box[1] + (box[3] - sum(LINE[role] for role in roles)) / 2
    for role, text in zip(roles, texts, strict=True):
        y += LINE[role]
        if text.strip().startswith(RETRY):
            _draw_retry(state, x, y)
            _write(state, role, text.strip().removeprefix(RETRY), f"{x + 13:.2f}", f"{y - 4:.2f}", "start")
        else:
            _write(state, role, text, f"{x:.2f}", f"{y - 4:.2f}", "middle" if is_centred else "start")


def _roles(classes: list[str], count: int) -> list[str]:
    only = next((_ONLY_TEXT[name] for name in classes if name in _ONLY_TEXT), None)
    if only is not None:
        return [only] * count
    notes = next((int(name[-1]) for name in classes if name.startswith("notes-")), 0)
    return ["kind", *["name"] * (count - 1 - notes), *["note"] * notes]


def _draw_retry(state: Element, x: float, y: float) -> None:
    _add(state, "path", {"class": "retry", "d": ICONS["retry"], "transform": f"translate({x:.2f} {y - 13:.2f})"})


def _draw_badge(state: Element, classes: list[str], box: Box) -> None:
    """Say with a sign, and not by colour alone, what became of a state."""
    status = next((name for name in STATUSES if f"is-{name}" in classes), None)
    if status is None:
        return
    x, y = box[0] + box[2] - BADGE / 2 - 6, box[1] + box[3] / 2
    x -= box[3] / 4 if "type-choice" in classes else 0  # where a hexagon is high enough
    _add(state, "circle", {"class": "badge", "cx": f"{x:.2f}", "cy": f"{y:.2f}", "r": "8"})
    _add(
        state, "path", {"class": "icon", "d": ICONS[f"is-{status}"], "transform": f"translate({x - 8:.2f} {y - 8:.2f})"}
    )
