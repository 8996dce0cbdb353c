"""How pictures look: the style sheet in light and dark, and the icons.

The two palettes have the same keys, so a picture cannot look right in one and forget the other. Plain class rules are
used and no CSS variables: the converters that turn SVG into PNG or PDF do not know those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LIGHT: Final = {
    "paper": "#ffffff",
    "card": "#ffffff",
    "edge": "#687078",
    "ink": "#16191f",
    "muted": "#545b64",
    "border": "#aab7b8",
    "frame": "#f4f6f8",
    "frame_border": "#9aa5b1",
    "task": "#2563a8",
    "lambda": "#c2560c",
    "flow": "#5a4fcf",
    "good": "#1d7a3a",
    "good_tint": "#e9f7ee",
    "bad": "#c3202f",
    "bad_tint": "#fdecec",
    "warn": "#a15c00",
    "warn_tint": "#fff4e0",
    "busy": "#0b66c3",
    "busy_tint": "#e6f1fd",
    "off": "#6b7280",
    "off_tint": "#eceff2",
    "on_tile": "#ffffff",
}

DARK: Final = {
    "paper": "#10151c",
    "card": "#1b232e",
    "edge": "#98a4b3",
    "ink": "#eef2f6",
    "muted": "#aab6c4",
    "border": "#4b5a6b",
    "frame": "#151c25",
    "frame_border": "#52606f",
    "task": "#66aef2",
    "lambda": "#f2994a",
    "flow": "#a89ff5",
    "good": "#57c97b",
    "good_tint": "#14301f",
    "bad": "#ff7b82",
    "bad_tint": "#3b1a1f",
    "warn": "#f0b35a",
    "warn_tint": "#36280f",
    "busy": "#64b0ff",
    "busy_tint": "#12293f",
    "off": "#97a3b2",
    "off_tint": "#232c37",
    "on_tile": "#10151c",
}

CHANGES: Final = {"added": "good", "removed": "bad", "changed": "warn"}
"""The colour of what a comparison of two definitions found; `same` has none and fades."""

STATUSES: Final = {
    "succeeded": "good",
    "failed": "bad",
    "caught": "warn",
    "running": "busy",
    "aborted": "off",
    **CHANGES,
}
"""The colour of each status of a state; `not-reached` has none and fades instead."""

ICONS: Final = {
    "lambda": "M4 3h2.3l4.9 10H13M7.5 6.3L4 13",
    "task": "M8 2l5 3v6l-5 3-5-3V5zM3 5l5 3 5-3M8 8v6",
    "pass": "M2.5 8h10.5M9.5 4.5L13 8l-3.5 3.5",
    "wait": "M8 2.5a5.5 5.5 0 1 0 .01 0zM8 5v3.2l2.3 1.5",
    "succeed": "M3 8.5l3.2 3.2L13 4.8",
    "fail": "M4 4l8 8M12 4l-8 8",
    "parallel": "M8 2v4M3.5 14V6.5h9V14M8 6v8",
    "map": "M5 2.5h8.5V11M2.5 5H11v8.5H2.5z",
    "missing": "M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.8-1.1 1.8M8 12.6v.6",
    "is-succeeded": "M4 8.4l2.7 2.7L12 5.6",
    "is-failed": "M5 5l6 6M11 5l-6 6",
    "is-caught": "M8 4v5M8 11.4v.6",
    "is-running": "M6.2 4.6v6.8L11.8 8z",
    "is-aborted": "M5.5 5.5h5v5h-5z",
    "is-added": "M8 4.5v7M4.5 8h7",
    "is-removed": "M4.5 8h7",
    "is-changed": "M4.6 9c1.1-2.4 2.4-2.2 3.4-1s2.3 1.4 3.4-1",
    "retry": "M8.4 3.6A4 4 0 1 0 9.5 6.5M8.8 1.2v2.6H6.2",
}
"""Lines in a square of 16, by the class of the element that they belong to."""

_LAYOUT: Final = """\
.asl{font-family:Arial,"Helvetica Neue",Helvetica,"Noto Sans","Segoe UI",sans-serif}
.asl text{stroke:none}
.asl .name{font-size:13px;font-weight:600}
.asl .kind,.asl .note{font-size:10.5px}
.asl .label{font-size:10.5px;paint-order:stroke;stroke-width:3px;stroke-linejoin:round}
.asl .heading{font-size:15px;font-weight:600}
.asl .shape{stroke-width:1.2}
.asl .terminal .inset{fill:none;stroke-width:1}
.asl .icon{fill:none;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.asl .line{fill:none;stroke-width:1.3}
.asl .head{stroke-width:1}
.asl .catch .line{stroke-dasharray:5 3.5}
.asl .type-pass .shape{stroke-dasharray:1.5 3;stroke-linecap:round}
.asl .type-map .outline{stroke-dasharray:7 4}
.asl .is-taken .line{stroke-width:2.8}
.asl .is-failed .shape,.asl .is-running .shape,.asl .is-caught .shape{stroke-width:2.2}
.asl .is-not-reached{opacity:.5}
.asl .is-same{opacity:.55}
.asl .transition.is-added .line,.asl .transition.is-changed .line{stroke-width:2.4}
.asl .transition.is-removed .line{stroke-width:2;stroke-dasharray:2 4}
.asl .retry{fill:none;stroke-width:1.2;stroke-linecap:round;stroke-linejoin:round}
.asl .branch .outline{stroke:none}
"""


def style_sheet() -> str:
    """Return the style sheet: layout once, then light colours, then dark ones for who prefers them."""
    dark = _colours(DARK)
    return f"{_LAYOUT}{_colours(LIGHT)}@media (prefers-color-scheme:dark){{\n{dark}}}\n"


def _colours(palette: Mapping[str, str]) -> str:
    rules = [
        _rule("paper,.head-paper", fill="paper"),
        _rule("shape", fill="card", stroke="border"),
        _rule("inset", stroke="border"),
        _rule("name,.heading", fill="ink"),
        _rule("kind,.note", fill="muted"),
        _rule("label", fill="muted", stroke="paper"),
        _rule("line", stroke="edge"),
        _rule("head", fill="edge", stroke="edge"),
        _rule("outline", fill="frame", stroke="frame_border"),
        _rule("branch .outline", fill="paper"),
        _rule("tile", fill="flow"),
        _rule("type-task .tile", fill="task"),
        _rule("lambda .tile", fill="lambda"),
        _rule("type-succeed .tile", fill="good"),
        _rule("type-fail .tile,.type-missing .tile", fill="bad"),
        _rule("type-choice .shape", stroke="flow"),
        _rule("type-start .shape,.type-end .shape", fill="off_tint", stroke="off"),
        _rule("type-join .shape", fill="edge", stroke="edge"),
        _rule("type-missing .shape", stroke="bad"),
        _rule("icon", stroke="on_tile"),
        _rule("retry", stroke="muted"),
        _rule("type-reference .shape", fill="off_tint", stroke="off"),
        _rule("catch .label", fill="warn"),
        _rule("catch .line", stroke="warn"),
        _rule("catch .head", fill="warn", stroke="warn"),
        *(rule for status, colour in STATUSES.items() for rule in _status_rules(status, colour)),
        _rule("is-taken .line", stroke="ink"),
        _rule("is-taken .head", fill="ink", stroke="ink"),
        _rule("catch.is-taken .line", stroke="warn"),
        _rule("catch.is-taken .head", fill="warn", stroke="warn"),
        *(rule for change, colour in CHANGES.items() for rule in _change_rules(change, colour)),
    ]
    return "".join(rule % palette for rule in rules)


def _status_rules(status: str, colour: str) -> list[str]:
    return [
        _rule(f"state.is-{status} .shape", fill=f"{colour}_tint", stroke=colour),
        _rule(f"is-{status} .inset", stroke=colour),
        _rule(f"is-{status} .badge", fill=colour),
        _rule(f"frame.is-{status} .outline", stroke=colour),
    ]


def _change_rules(change: str, colour: str) -> list[str]:
    return [
        _rule(f"transition.is-{change} .line", stroke=colour),
        _rule(f"transition.is-{change} .head", fill=colour, stroke=colour),
        _rule(f"is-{change} .label,.label.is-{change}", fill=colour),
    ]


def _rule(classes: str, **colours: str) -> str:
    """Return a rule whose colours are still names of the palette."""
    selectors = ",".join(f".asl .{part.removeprefix('.')}" for part in classes.split(","))
    return f"{selectors}{{{';'.join(f'{key}:%({colour})s' for key, colour in colours.items())}}}\n"
