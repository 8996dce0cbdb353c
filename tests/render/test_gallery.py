"""The gallery in docs/pictures.md is what `docs/gallery.py` makes."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def shown_in(picture: Path) -> list[str]:
    """Return the words and the classes of a picture: all but the places, which are the layout program's."""
    return re.findall(r'class="[^"]*"|id="[^"]*"|(?<=>)[^<>]+(?=<)', picture.read_text("utf-8"))


def test_the_committed_pictures_are_current() -> None:
    """The commands of the page draw its pictures, and end and print as it says."""
    spec = importlib.util.spec_from_file_location("docs_gallery", DOCS / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.gallery() as (text, drawn):
        again = "run .venv/bin/python docs/gallery.py"
        assert (DOCS / "pictures.md").read_text("utf-8") == text, again
        kept = sorted((DOCS / "pictures/gallery").iterdir())
        assert [path.name for path in kept] == [path.name for path in drawn], again
        for old, new in zip(kept, drawn, strict=True):
            assert shown_in(old) == shown_in(new), f"{old.name}: {again}"
