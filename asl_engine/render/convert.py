"""SVG to PNG and PDF, by vl-convert: one wheel without needs of its own, so that it works where only pip does.

cairosvg, the usual choice, wants the Cairo library from the system; what pygraphviz carries of it wants X11. The
converter does not know `prefers-color-scheme`, so these pictures are light. It comes with the extra `pictures`.
"""

from __future__ import annotations

import re
from typing import Any, Final

from asl_engine.errors import RenderError

PIXELS: Final = 2.0
"""Pixels for each point of the drawing, unless that makes more than MOST_PIXELS."""

MOST_PIXELS: Final = 60_000_000
LARGEST_PAGE: Final = 14_400.0
"""The longest side of a page of PDF, in points: what its readers take (ISO 32000-1, annex C.2)."""

_SIZE: Final = re.compile(r'<svg [^>]*?width="(\d+)" height="(\d+)"')


def to_png(svg: str) -> bytes:
    """Return a picture as PNG, two pixels a point; raise RenderError when the converter is not installed or fails."""
    wide, high = _size(svg)
    scale = min(PIXELS, (MOST_PIXELS / (wide * high)) ** 0.5)
    return _converted("PNG", "svg_to_png", svg, scale)


def to_pdf(svg: str) -> bytes:
    """Return a picture as PDF with one page; raise RenderError when the converter is not installed or fails."""
    return _converted("PDF", "svg_to_pdf", svg, min(1.0, LARGEST_PAGE / max(_size(svg))))


def _size(svg: str) -> tuple[float, float]:
    size = _SIZE.search(svg)
    assert size is not None  # `svg.to_svg` wrote it
    return float(size[1]), float(size[2])


def _converted(form: str, function: str, svg: str, scale: float) -> bytes:
    converter = _converter(form)
    try:
        return bytes(getattr(converter, function)(svg, scale=scale))
    except Exception as problem:  # its errors have no type of their own
        raise RenderError(f"the picture cannot be made a {form}: {problem}. Draw it as SVG") from None


def _converter(form: str) -> Any:
    try:
        import vl_convert
    except ImportError:
        message = f"a {form} needs the package vl-convert-python, which is not here. Run: "
        raise RenderError(message + "pip install 'asl-engine[pictures]'") from None
    return vl_convert
