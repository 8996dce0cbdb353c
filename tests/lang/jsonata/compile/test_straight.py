"""Code that is generated for what runs often gives what the closures give, also for what it was not made for."""

from __future__ import annotations

import ast
import math
import re
import textwrap
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asl_engine.lang.jsonata import UNDEFINED, JSONataError, compile_jsonata
from asl_engine.lang.jsonata.compile import straight
from asl_engine.lang.jsonata.compile.bodies import WARM
from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.nodes import CODES
from asl_engine.lang.jsonata.compile.scopes import Scope
from asl_engine.lang.jsonata.standard import library
from asl_engine.lang.jsonata.syntax.precedence import parse

DATA = {
    "id": "A1",
    "n": 3,
    "f": 2.5,
    "zero": 0,
    "big": 2**53,
    "huge": 1e300,
    "yes": True,
    "none": None,
    "list": [1, 2],
    "one": [7],
    "empty": [],
    "inner": {"n": 4, "text": "t"},
    "rows": [{"p": 1, "q": 2, "t": "x"}, {"p": 2.5, "q": 4}, {"p": "no", "q": 1}, {"q": [1]}, 5, {"p": {"deep": 1}}],
}


def outcome(expression: Any, data: Any) -> Any:
    """Return the value as text, which tells types apart, or the code of the error and its place."""
    try:
        return repr(expression.evaluate(data, {"v": data, "list": [1, 2]}))
    except JSONataError as error:
        return error.code, error.position, error.token


def agree(text: str, data: Any) -> None:
    """Compare the first evaluation with one long after."""
    expression = compile_jsonata(text)
    first = outcome(expression, data)
    for _ in range(WARM + 1):
        outcome(expression, data)

    assert first == outcome(expression, data)


@pytest.mark.parametrize(
    "text",
    [
        "$v.n * 2 + $v.f",
        "$v.f * 2",
        "$v.big + 1",
        "-$v.n",
        "-$v.id",
        "$v.n / $v.zero",
        "$v.n % 2 = 1",
        "$v.huge * $v.huge",
        "$v.id * 2",
        "$v.none + 1",
        "$v.missing + 1",
        "$v.list + 1",
        "$v.one + 1",
        "$v.n > 2 and $v.id = 'A1' ? 'both' : 'not'",
        "$v.n > 2 or $v.missing > 2",
        "$v.id > 2 and $v.n > 1",
        "$v.n and $v.yes",
        "$v.list or false",
        "$v.missing = $v.missing",
        "$v.none = null",
        "$v.yes != false",
        "$v.id < 'B'",
        "$v.id < $v.n",
        "'a' & $v.n & $v.id & $v.f & $v.none & $v.list & $v.missing & $v.yes",
        "'x' & $v.id",
        "{'a': $v.id, 'b': $v.list, 'c': $v.missing, 'd': $v.inner, 'e': {'f': $v.n + 1}}",
        "{'a': $sum($v.list), 'b': $v.rows.q, 'c': $string($v.n) & '!', 'd': $v.rows[p > 1].q}",
        "{'a': [1, 2][$ > 1], 'b': $v.empty, 'c': $v.one}",
        "{'v': $v}",
        "rows.(p * q)",
        "rows[q > 1].(q & '-')",
        "rows[p > 1]",
        "rows[t = 'x'].{'p': p, 'q': q}",
        "rows[type($) = 'x']",
        "$map(rows, function($r){{'p': $r.p, 'q': $r.q}})",
        "$map(rows, function($r, $i){$i * 2})",
        "$filter(rows, function($r){$r.q > 1})",
        "$filter([1, 'a', 3], function($n){$n > 1})",
        "$filter([0, 1, 2, '', 'a'], function($n){$n})",
        "$sort([{'a': 2}, {'a': 1}], function($l, $r){$l.a > $r.a})",
        "[{'a': 2}, {'a': 1}]^(a * 2)",
        "[{'a': 2}, {'a': 'x'}]^(a)",
        "list.($ * 2)",
        "(inner.n)",
        "inner.(n > 3 ? text : nothing)",
        "inner.(n > 3 ? text)",
        "($x := 5; $map([1..3], function($n){$n * $x + $v.n}))",
        "($x := 0; $map([1..3], function($n){($x := $x + $n; $x * 2)}))",
    ],
)
def test_what_is_warm_gives_the_same(text):
    """Values, types, errors and their places; the data has what each expression was not made for."""
    agree(text, DATA)
    agree(text, [DATA])
    agree(text, UNDEFINED)
    agree(text, {"n": math.inf, "id": 5})


def test_what_is_warm_sees_other_data():
    """The code is made for types that are usual, not for those that were there before."""
    expression = compile_jsonata("$v.n > 5 ? $v.n * 2 : 'few of ' & $v.n")
    for _ in range(WARM + 1):
        expression.evaluate(UNDEFINED, {"v": {"n": 7}})

    assert 14 == expression.evaluate(UNDEFINED, {"v": {"n": 7}})
    assert "few of 5" == expression.evaluate(UNDEFINED, {"v": {"n": 5}})
    assert "few of " == expression.evaluate(UNDEFINED, {"v": {}})
    with pytest.raises(JSONataError) as failed:
        expression.evaluate(UNDEFINED, {"v": {"n": "7"}})
    assert "T2009" == failed.value.code


def test_chance_is_not_asked_twice():
    """A function that has an effect is left to the closures."""
    from random import Random

    text = "{'a': $random(), 'b': missing.x}"
    expression = compile_jsonata(text)
    values = [expression.evaluate({"n": 1}, random=Random(at)) for at in range(WARM + 50)]

    assert values == [compile_jsonata(text).evaluate({"n": 1}, random=Random(at)) for at in range(WARM + 50)]


@pytest.mark.parametrize("terms", [20, 90, 150])
def test_a_long_expression_stays_right_when_it_is_warm(terms):
    """Code is not generated for what is too large or too deep for it."""
    expression = compile_jsonata(" + ".join(["$v.n"] * terms))

    assert {terms} == {expression.evaluate(UNDEFINED, {"v": {"n": 1}}) for _ in range(WARM + 5)}


fields = st.sampled_from(["n", "s", "o.n", "o.s", "l", "l.n", "missing", "b", "z"])
atoms = st.one_of(
    fields.map(lambda name: f"$v.{name}"),
    fields,
    st.sampled_from(["1", "2.5", "'t'", "true", "null", "0", "$v", "$", "-3", "$sum(l)", "$string(n)", "l[$ > 1]"]),
)


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions made of smaller ones."""
    operators = st.sampled_from(["+", "-", "*", "/", "%", "&", "<", "<=", ">", ">=", "=", "!=", "and", "or"])
    return st.one_of(
        st.tuples(inner, operators, inner).map(lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"),
        st.tuples(inner, inner, inner).map(lambda parts: f"({parts[0]} ? {parts[1]} : {parts[2]})"),
        st.tuples(inner, inner).map(lambda parts: f"{{'a': {parts[0]}, 'b': {parts[1]}}}"),
        inner.map(lambda part: f"l.({part})"),
        inner.map(lambda part: f"$map(l, function($i){{{part}}})"),
        inner.map(lambda part: f"$filter($v.l, function($v){{{part}}})"),
    )


scalars = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from([0.5, 1e308, 2**53]), st.just("t"))
values = st.one_of(scalars, st.lists(scalars, max_size=3), st.fixed_dictionaries({}, optional={"n": scalars}))
data = st.fixed_dictionaries(
    {},
    optional={
        "n": values,
        "s": st.sampled_from(["", "t", 5]),
        "b": st.booleans(),
        "z": st.just(0),
        "o": st.fixed_dictionaries({}, optional={"n": values, "s": st.just("u")}),
        "l": st.lists(values, max_size=4),
    },
)


@given(st.recursive(atoms, joined, max_leaves=6), data)
def test_warm_and_cold_agree_on_anything(text, value):
    """Whatever the expression and the data."""
    agree(text, value)


def test_the_essay_prints_what_is_generated():
    """The example at the head of the module is the function that its expression becomes."""
    essay = straight.__doc__ or ""
    expression = re.search(r"Of `(.*)` it makes", essay)[1]
    writer = straight._Writer(Compiler(CODES, library()), Scope(None), 1, lambda i, e: None)

    written = ast.unparse(writer.module(parse(expression).tree))

    assert textwrap.indent(written, "    ") in essay
