"""Wildcards, slices, unions, `..`, and functions: what is beyond a reference path."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonpath_scope import Seen

from asl_engine.lang.expr import ExpressionSyntaxError
from asl_engine.lang.jsonpath.paths import compile_path
from asl_engine.lang.jsonpath.syntax import read_tree
from asl_engine.lang.jsonpath.terms import PathNotFound
from asl_engine.values import json_text

SHOP = {
    "books": [
        {"title": "Emma", "price": 8, "author": {"name": "Austen"}},
        {"title": "Ulysses", "price": 12.5, "author": {"name": "Joyce"}},
        {"title": "Manual", "price": 5},
    ],
    "open": True,
    "numbers": [3, 1, 2],
    "words": ["a", "b"],
}


def value_of(path: str, data: Any = SHOP) -> Any:
    return compile_path(path).evaluate(Seen(data))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.books[*].title", ["Emma", "Ulysses", "Manual"]),
        ("$.books.*.title", ["Emma", "Ulysses", "Manual"]),
        ("$.books[*].author.name", ["Austen", "Joyce"]),
        ("$.books[0].*", ["Emma", 8, {"name": "Austen"}]),
        ("$.numbers[1:]", [1, 2]),
        ("$.numbers[:2]", [3, 1]),
        ("$.numbers[-2:]", [1, 2]),
        ("$.numbers[:-1]", [3, 1]),
        ("$.numbers[1:2]", [1]),
        ("$.numbers[:]", [3, 1, 2]),
        ("$.numbers[0,2]", [3, 2]),
        ("$.numbers[0, 9, -1]", [3, None, 2]),
        ("$.books[0:2].price", [8, 12.5]),
        ("$..title", ["Emma", "Ulysses", "Manual"]),
        ("$.books..name", ["Austen", "Joyce"]),
        ("$..[0]", [SHOP["books"][0], 3, "a"]),  # type: ignore[index]
        ("$..['author'].name", ["Austen", "Joyce"]),
        ("$[*][*]", [*SHOP["books"], 3, 1, 2, "a", "b"]),  # type: ignore[misc]
    ],
)
def test_an_indefinite_path_gives_a_list(path: str, value: Any) -> None:
    """In document order, parents before children."""
    assert value == value_of(path)


@pytest.mark.parametrize(
    "path",
    [
        "$[*]",
        "$.no[*]",
        "$.no.deeper[*].x",
        "$.no[1:]",
        "$.no[1:5].x",
        "$.no[0,1]",
        "$..no",
        "$.no[?(@.x)]",
        "$.no..x",
        "$.no['a','b'].c",
    ],
)
def test_an_indefinite_path_that_matches_nothing_gives_an_empty_list(path: str) -> None:
    """Also when a field on the way is missing, where a definite path would fail."""
    assert [] == value_of(path, {})


def test_a_list_of_one_stays_a_list() -> None:
    """The shape of the result follows from the path and not from the data."""
    assert [8] == value_of("$.books[0:1].price")


def test_several_names_at_the_end_pick_an_object() -> None:
    """Jayway merges the fields that are there into one object; before another step they are a list."""
    assert {"title": "Emma", "price": 8} == value_of("$.books[0]['title','price','no']")
    assert [{"title": "Emma"}, {"title": "Ulysses"}, {"title": "Manual"}] == value_of("$.books[*]['title','no']")
    assert ["Austen"] == value_of("$.books[0]['author','title'].name")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("$.open[1:]", "Filter: [1:] can only be applied to arrays. Current context is: true"),
        ("$[:2]", "Filter: [:2] can only be applied to arrays."),
        ("$.open[0,1]", "Filter: [0,1] can only be applied to arrays."),
        ("$.open[?(@.x)]", "Filter: [?] can not be applied to primitives."),
        ("$.open['a','b']", "Property ['a', 'b'] not found in path"),
        ("$.no.length()", "No results for path: $['no']"),
        ("$.words.sum()", "Aggregation function attempted to calculate value using empty array"),
    ],
)
def test_the_wrong_kind_of_value_fails(path: str, words: str) -> None:
    """A slice of something that is there and no array is a mistake, unlike a slice of nothing."""
    with pytest.raises(PathNotFound) as caught:
        value_of(path)
    assert words in caught.value.cause


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.numbers.length()", 3),
        ("$.books[0].length()", 3),
        ("$.open.length()", None),
        ("$.numbers.min()", 1.0),
        ("$.numbers.max()", 3.0),
        ("$.numbers.sum()", 6.0),
        ("$.numbers.avg()", 2.0),
        ("$.numbers.sum(4)", 10.0),
        ("$.sum($.numbers)", 6.0),
        ("$.sum($.books[*].price)", 25.5),
        ("$.books[2].keys()", ["title", "price"]),
        ("$.words.first()", "a"),
        ("$.words.last()", "b"),
        ("$.numbers.index(1)", 1),
        ("$.words.concat()", "ab"),
        ('$.words.concat("-", 1)', "ab-1"),
        ('$.words.append("c")', ["a", "b", "c"]),
        ("$..price.max()", 12.5),
        ("$..price.length()", 3),
        ("$.books[*].length()", [3, 3, 2]),
    ],
)
def test_a_function_ends_a_path(path: str, value: Any) -> None:
    """Numbers are computed as floating point numbers, as in Java's double."""
    assert value == value_of(path)


def test_the_arguments_of_a_function_are_json_or_a_path() -> None:
    """Single quotes are no JSON."""
    with pytest.raises(ExpressionSyntaxError, match="neither a path nor JSON"):
        compile_path("$.words.append('x')")


def test_the_deviation_is_that_of_the_population() -> None:
    """The square root of the mean of the squares."""
    assert 2.0 == value_of("$.stddev()", [2, 4, 4, 4, 5, 5, 7, 9])


def test_scanning_needs_no_stack() -> None:
    """`..` walks a document that is deeper than Python's own stack."""
    deep: Any = {"leaf": "found"}
    for _ in range(5_000):
        deep = [deep]

    assert ["found"] == value_of("$..leaf", deep)


def test_long_paths_need_no_stack() -> None:
    """As many steps as fit into the limit of a path, reference path or not."""
    steps = ".a" * 4_000

    assert [] == value_of(f"${steps}[*]", {})
    with pytest.raises(PathNotFound):
        value_of(f"${steps}", {})
    assert compile_path(f"$.length(${steps})").is_definite


def test_a_tree_prints_as_a_path() -> None:
    """The tree is made of jsonpath-ng's nodes, so it can be shown and read with that library."""
    assert "$.a.[0].length()" == str(read_tree("$.a[0].length()", 1))


keys = st.sampled_from(["a", "b", "c"])
documents = st.recursive(
    st.integers(0, 3) | st.none() | st.booleans() | st.just("text"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=12,
)
segments = st.lists(
    st.sampled_from([".a", ".b", "[0]", "[-1]", "[*]", ".*", "[1:]", "[:2]", "[0,1]", "..a", "..[0]", "..*"]),
    min_size=1,
    max_size=4,
)


@given(documents, segments)
def test_the_library_finds_the_same(document: Any, texts: list[str]) -> None:
    """jsonpath-ng evaluates our tree to the nodes that our functions find, in the same order; it finds nothing where
    an index is past the end."""
    text = "$" + "".join(texts)
    assume(document is not None and "null" not in json_text(document))
    try:
        ours = compile_path(text).evaluate(Seen(document))
    except PathNotFound:
        return
    theirs = [found.value for found in read_tree(text, 1).find(document)]

    if not compile_path(text).is_definite:
        assert sorted(map(repr, theirs)) == sorted(repr(value) for value in ours if value is not None)
    else:
        assert [ours] == theirs
