from __future__ import annotations

import doctest

from hypothesis import given
from hypothesis import strategies as st

from asl_engine.render import text
from asl_engine.render.text import clean, element_id, one_line, shorten, width, wrap


def test_the_docstrings_are_true() -> None:
    assert doctest.testmod(text).failed == 0


@given(st.lists(st.text(max_size=12), unique=True, min_size=2, max_size=2))
def test_different_pointers_have_different_ids(pointers: list[str]) -> None:
    assert element_id(pointers[0]) != element_id(pointers[1])


@given(st.text())
def test_ids_are_safe_everywhere(pointer: str) -> None:
    assert element_id(pointer).replace("-", "").replace("_", "").isalnum()
    assert element_id(pointer).isascii()


@given(st.text(max_size=80), st.integers(5, 30))
def test_wrapping_loses_nothing_but_blanks(name: str, ems: int) -> None:
    kept = "".join(wrap(name, ems, 1000))
    assert "".join(kept.split()) == "".join(one_line(name).split())


@given(st.text(alphabet="abc -_ABC漢", max_size=80), st.integers(5, 30))
def test_no_line_is_wider_than_asked(name: str, ems: int) -> None:
    assert all(width(row, 1) <= ems for row in wrap(name, ems, 1000))


def test_what_does_not_fit_is_cut_with_an_ellipsis() -> None:
    assert wrap("one two three four", 3, 2)[-1].endswith("…")
    assert shorten("x" * 80, 10).endswith("…")
    assert shorten("short", 10) == "short"


def test_text_that_xml_cannot_hold_is_replaced() -> None:
    assert clean("a\x00b\ud800c\r\nd") == "a\ufffdb\ufffdc\nd"


def test_no_line_breaks_or_turns_in_one_line() -> None:
    """Every sign that some reader takes for a line break, and those that turn the words after a name around."""
    assert one_line("a\r\n\u2028b\x85c\u2029d") == "a b c d"
    assert one_line("\u202eevil\u2066") == "\ufffdevil\ufffd"
