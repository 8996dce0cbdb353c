"""Filters: what a condition keeps."""

from __future__ import annotations

import pytest
from jsonpath_scope import Seen

from asl_engine.lang.expr import ExpressionSyntaxError
from asl_engine.lang.jsonpath.filters import MAX_PATTERN
from asl_engine.lang.jsonpath.paths import compile_path

GOODS = {
    "limit": 10,
    "wanted": ["cup", "jug"],
    "goods": [
        {"n": 0, "kind": "cup", "price": 4, "tags": ["red"], "sold": False},
        {"n": 1, "kind": "jug", "price": 10, "tags": ["red", "blue"], "dim": {"w": 3}},
        {"n": 2, "kind": "Pot", "price": 25.5, "tags": [], "sold": None},
        {"n": 3, "kind": "", "price": "12"},
    ],
}


def kept(condition: str) -> list[int]:
    return [item["n"] for item in compile_path(f"$.goods[?({condition})]").evaluate(Seen(GOODS))]


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("@.price < 10", [0]),
        ("@.price <= 10", [0, 1]),
        ("@.price > 10", [2, 3]),
        ("@.price >= 10.0", [1, 2, 3]),
        ("@.kind == 'cup'", [0]),
        ('@.kind == "cup"', [0]),
        ("'cup' == @.kind", [0]),
        ("@.kind == cup", [0]),
        ("@.kind==Pot", [2]),
        ("cup == @.kind", [0]),
        ("@.kind != jug && @.price < 10", [0]),
        ("@.kind in [cup, jug]", [0, 1]),
        ("@.kind == insides || @.kind == nullable || @.kind == cup", [0]),
        ("@.sold == false", [0]),
        ("@.kind == false-alarm || @.kind == in_stock || @.kind == jug", [1]),
        ("@.kind != 'cup'", [1, 2, 3]),
        ("@.kind < 'k'", [0, 1, 2, 3]),
        ("@.price == 12", [3]),
        ("@.price == '10'", [1]),
        ("@.price === 12", []),
        ("@.price !== 12", [0, 1, 2, 3]),
        ("@.tags == ['red']", [0]),
        ("@.tags == []", [2]),
        ("@.n == true", []),
        ("@.dim == {}", []),
        ("@.kind == '\\cup'", [0]),
        ("@['kind'] == 'jug'", [1]),
        ("@.dim.w == 3", [1]),
        ("@.tags[1] == 'blue'", [1]),
        ("@.price == $.limit", [1]),
        ("@.price < $.limit && @.n >= 0", [0]),
    ],
)
def test_comparisons(condition: str, numbers: list[int]) -> None:
    """Numbers by value, a string against a number by what it spells, other kinds only with their own."""
    assert numbers == kept(condition)


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("@.sold", [0, 2]),
        ("!@.sold", [1, 3]),
        ("!(@.sold)", [1, 3]),
        ("@.sold == null", [2]),
        ("@.sold != null", [0, 1, 3]),
        ("@.sold == false", [0]),
        ("@.no == null", []),
        ("@.no == @.no", []),
        ("@.no < 1", []),
        ("@.dim.w", [1]),
    ],
)
def test_a_field_that_is_missing_is_not_null(condition: str, numbers: list[int]) -> None:
    """Existence asks whether the field is there; false and null are there. What is missing equals nothing."""
    assert numbers == kept(condition)


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("@.n == 0 || @.n == 1 && @.kind == 'no'", [0]),
        ("(@.n == 0 || @.n == 1) && @.kind == 'jug'", [1]),
        ("!(@.n == 0 || @.n == 1)", [2, 3]),
        ("@.n > 0 && @.n < 3 && !(@.sold)", [1]),
    ],
)
def test_logic(condition: str, numbers: list[int]) -> None:
    """`&&` binds closer than `||`."""
    assert numbers == kept(condition)


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("@.kind in ['cup', 'jug']", [0, 1]),
        ("@.kind in $.wanted", [0, 1]),
        ("@.kind nin ['cup']", [1, 2, 3]),
        ("@.kind IN ['cup']", [0]),
        ("@.n in [1, 3]", [1, 3]),
        ("@.tags contains 'blue'", [1]),
        ("@.kind contains 'u'", [0, 1]),
        ("@.tags subsetof ['red']", [0, 2]),
        ("@.tags anyof ['blue', 'green']", [1]),
        ("@.tags noneof ['blue']", [0, 2]),
        ("@.tags all ['red', 'blue']", [1]),
        ("@.tags size 2", [1]),
        ("@.kind size 3", [0, 1, 2]),
        ("@.tags empty true", [2]),
        ("@.tags empty false", [0, 1]),
        ("@.kind empty true", [3]),
        ("@.tags.length() == 2", [1]),
        ("@.tags[?(@ == 'blue')] empty false", [1]),
    ],
)
def test_words(condition: str, numbers: list[int]) -> None:
    """The operators of Jayway that are words."""
    assert numbers == kept(condition)


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("@.kind =~ /.u./", [0, 1]),
        ("@.kind =~ /u/", []),
        ("@.kind =~ /p.*/i", [2]),
        ("@.kind =~ /p.*/", []),
        ("@.tags =~ /bl.*/", [1]),
        ("@.n =~ /[01]/", [0, 1]),
        ("@.kind =~ /c(u|o)p/ && @.price < 5", [0]),
    ],
)
def test_regular_expressions_match_the_whole_text(condition: str, numbers: list[int]) -> None:
    """Of an array, one item is enough."""
    assert numbers == kept(condition)


def test_a_pattern_may_hold_what_closes_a_filter() -> None:
    """Brackets, quotes and escaped slashes inside a pattern or a string end nothing."""
    data = {"rows": [{"v": "a/b]'"}, {"v": ")]"}]}

    assert [{"v": "a/b]'"}] == compile_path("$.rows[?(@.v =~ /a\\/b[\\]]'/)]").evaluate(Seen(data))
    assert [{"v": ")]"}] == compile_path("$.rows[?(@.v == ')]')]").evaluate(Seen(data))


def test_a_filter_asks_an_object_itself() -> None:
    """On an array it asks each item, on an object the object; after `..` each object once."""
    assert [GOODS] == compile_path("$[?(@.limit == 10)]").evaluate(Seen(GOODS))
    assert [3] == compile_path("$..[?(@.w)].w").evaluate(Seen(GOODS))
    assert [2, 3] == compile_path("$[?(@ > 1)]").evaluate(Seen([1, 2, 3]))


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "@.a ==",
        "@.a = 1",
        "@.a == b c",
        "@.a & @.b",
        "@.a == 1 ||",
        "(@.a",
        "@.a =~ /x/q",
        "@.a =~ /(/",
        "@.a == 'x",
        "@.a foo 1",
        "1",
        "@.a == 01",
        f"@.a =~ /{'x' * (MAX_PATTERN + 1)}/",
        "(" * 60 + "@.a" + ")" * 60,
        "!" * 60 + "@.a",
        "@.a == '" + "x" * 6_000 + "'",
    ],
)
def test_what_is_no_condition_is_refused(condition: str) -> None:
    """When the definition is read and not when it runs; hostile sizes too."""
    with pytest.raises(ExpressionSyntaxError):
        compile_path(f"$.goods[?({condition})]")


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("@.kind =~ /(?i)POT/", [2]),
        (r"@.kind =~ /\Acup\z/", [0]),
        (r"@.kind =~ /\Qcup\E/", [0]),
        (r"@.kind =~ /c u p # drinks/x", [0]),
        (r"@.kind =~ /[a-z ]+/x", [0, 1]),
    ],
)
def test_patterns_are_spelt_as_in_java(condition: str, numbers: list[int]) -> None:
    """Flags in front, edges of the text, quoted parts, comments."""
    assert numbers == kept(condition)


@pytest.mark.parametrize("pattern", ["a++", "(?>a)", r"\p{L}", "[a-z&&[^b]]"])
def test_what_only_java_knows_is_refused(pattern: str) -> None:
    """It would mean something else."""
    with pytest.raises(ExpressionSyntaxError):
        compile_path(f"$.goods[?(@.kind =~ /{pattern}/)]")


def test_filters_nest_only_so_deep() -> None:
    """A filter in the path of a filter is fine."""
    data = {"groups": [{"id": 1, "rows": [{"v": 1}]}, {"id": 2, "rows": [{"v": 5}]}]}
    kept_groups = compile_path("$.groups[?(@.rows[?(@.v > 3)] empty false)].id").evaluate(Seen(data))

    assert [2] == kept_groups
    with pytest.raises(ExpressionSyntaxError):
        compile_path("$" + "[?(@" * 30 + "[0]" + ")]" * 30)
