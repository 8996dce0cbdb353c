"""No path takes for ever, or all memory: what would is ended, with an error that says so."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import pytest
from conftest import chain, play
from jsonpath_scope import Seen

from asl_engine.lang.expr import Expr, ExpressionFailed
from asl_engine.lang.jsonpath.paths import compile_path


def nested(depth: int, width: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] * width
    return value


ITEMS = {"a": [{"a": n, "b": "x" * 20, "c": [1, 2, 3]} for n in range(6_000)], "big": {"k": list(range(40_000))}}
HOSTILE = {"t": ["a" * 40 + "!"] * 50, "long": ["=" + "a" * 10_000] * 20, "words": ["ab" * 12 + "d"] * 50}


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("$..*..*..*", nested(250, 1)),
        ("$..*..*..*..*..*", nested(8, 3)),
        ("$[?(@.a in $..a)]", [{"a": n} for n in range(30_000)]),
        ("$.a[?(@.a nin $..b)]", ITEMS),
        ("$.a[?(@.c subsetof $..a)]", ITEMS),
        ("$.a[?($.a == $.a)]", ITEMS),
        ("$.a[?($.big[1:])]", ITEMS),
        ("$.a[?($.big[0][0,1])]", ITEMS),
        ("$.a[?($.big[0][?(@.a)].b)]", ITEMS),
        ("$.a[?(@.a > $..a.sum())]", ITEMS),
        ("$.a[?($.a.concat($.big))]", ITEMS),
        ("$..*[" + ",".join(["0"] * 3_000) + "]", ITEMS),
        ("$[" + ",".join(["'a'"] * 2_000) + "][*]", ITEMS),
        ("$[" + ",".join(["'a'"] * 2_000) + "][0:].b", ITEMS),
        ("$..[?(@..[?(@..a)])]", nested(120, 1)),
        ("$.long[?(@ =~ /.*.*.*.*.*=/)]", HOSTILE),
        ("$.words[?(@ =~ /(?:ab?|ab?|ab?|ab?)*c/)]", HOSTILE),
        ("$.t[?(@ =~ /(a+)+/)]", HOSTILE),
        ("$.t[?(@ =~ /(a|aa)*b/)]", HOSTILE),
        (r"$.t[?(@ =~ /(.+)\1(.+)\2b/)]", HOSTILE),
        ("$[?(@.t =~ /(a?){40}a{40}/)]", HOSTILE),
    ],
)
def test_what_a_path_costs_is_bounded(path: str, data: Any) -> None:
    """In a few seconds of processor time it has an answer, or says that there is none."""
    expr = compile_path(path).evaluate
    began = time.process_time()
    assert "too many" in outcome(expr, data)
    assert time.process_time() - began < 4


def outcome(expr: Expr, data: Any) -> str:
    """Return why an expression fails, or that it has not visited too many nodes."""
    try:
        expr(Seen(data))
    except ExpressionFailed as failure:
        return failure.cause
    return "not too many"


def test_what_a_path_holds_is_bounded() -> None:
    """A list of nodes that would be long is not begun."""
    tracemalloc.start()
    outcome(compile_path("$['a'" + ",'a'" * 1_500 + "][*].c").evaluate, ITEMS)
    outcome(compile_path("$..*..*..*").evaluate, nested(250, 1))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000_000


def test_an_execution_says_that_its_path_takes_too_long() -> None:
    """The state fails as with any path that cannot be evaluated."""
    hostile = play(chain(S={"Type": "Pass", "InputPath": "$..*..*..*"}), nested(320, 1))

    assert ("FAILED", "States.Runtime") == (hostile.status, hostile.error)
    assert "takes too long" in hostile.cause


def test_ordinary_searches_of_large_documents_are_no_excess() -> None:
    """A quarter of a megabyte, searched whole, filtered, and compared with a list."""
    assert 6_000 == len(compile_path("$..b").evaluate(Seen(ITEMS)))
    assert 6_000 == len(compile_path("$..[?(@.b =~ /x+/)]").evaluate(Seen(ITEMS)))
    assert 3 == len(compile_path("$.a[?(@.a in [1, 2, 3])]").evaluate(Seen(ITEMS)))
    assert 1 == len(compile_path("$.a[?(@.a == $.big.k[17])]").evaluate(Seen(ITEMS)))
