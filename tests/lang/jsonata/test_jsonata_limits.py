"""No expression hurts the process: what is hostile ends, with an error of the language."""

from __future__ import annotations

import json
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl_engine.lang.jsonata import UNDEFINED, JSONataError, compile_jsonata
from asl_engine.lang.jsonata.standard import library


def code(text, data=UNDEFINED, **limits):
    with pytest.raises(JSONataError) as caught:
        compile_jsonata(text).evaluate(data, **limits)
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    [
        "(" * 3000 + "1" + ")" * 3000,
        "+".join(["1"] * 5000),
        "-" * 5000 + "1",
        "[" * 2000 + "]" * 2000,
        "1" + " ? 1 : 1" * 3000,
        "function($x){" * 500 + "1" + "}" * 500,
        "($f := function($n){1 + $f($n)}; $f(1))",
        "($f := function($x){$map([$x], $f)}; $f(1))",
        "($e := '$eval($e)'; $eval($e))",
        "($g := function($f, $n){$n = 0 ? $f : $g($f ~> $abs, $n - 1)}; $h := $g($abs, 2000); $h(1))",
    ],
    ids=lambda text: text[:30],
)
def test_what_is_too_deep_is_refused(text):
    assert code(text, timeout=20) in ("U1001", "D3121")


@pytest.mark.parametrize(
    "text",
    [
        "[1..10000].[1..10000]",
        "$pad('x', 2000000000)",
        "($d := function($s, $n){$n = 0 ? $s : $d($s & $s, $n - 1)}; $d('x', 32))",
        "($d := function($s, $n){$n = 0 ? $s : $d($append($s, $s), $n - 1)}; $count($d([1], 32)))",
        "($d := function($s, $n){$n = 0 ? $s : $d([[$s, $s]], $n - 1)}; $string($d(1, 40)))",
        "($d := function($s, $n){$n = 0 ? $s : $d({'a': $s, 'b': $s}, $n - 1)}; $count($d(1, 40).**))",
        "$join([1..1000].$pad('x', 10000)) ~> $replace('x', $pad('y', 1000))",
        "($f := function(){$f()}; $f())",
    ],
)
def test_what_is_too_large_is_refused(text):
    assert "U1002" == code(text, max_work=200_000)


def test_a_timeout_ends_what_does_not():
    times = iter(range(1000))

    assert "U1001" == code("($f := function(){$f()}; $f())", timeout=3, clock=lambda: float(next(times)))
    assert "U1001" == code("$map([1..100000], function($x){$x})", timeout=0.5, clock=lambda: float(next(times)))


def test_depth_is_that_of_nested_evaluations():
    factorial = "($f := function($n){$n = 0 ? 1 : $n * $f($n - 1)}; $f(%d))"

    assert compile_jsonata(factorial % 30).evaluate(max_depth=100) > 1e32
    assert "U1001" == code(factorial % 40, max_depth=100)


def test_parts_that_are_shared_are_compared_once():
    doubled = "($d := function($s, $n){$n = 0 ? $s : $d({'a': $s, 'b': $s}, $n - 1)}; $d(1, 60) = $d(1, 60))"

    assert compile_jsonata(doubled).evaluate() is True


NAMES = st.sampled_from(["a", "b", "c", "$", "$$", "$x", "*", "**", "%"])
LITERALS = st.sampled_from(["1", "-2.5", "0", '"b"', "''", "true", "null", "[]", "{}", "/a+/", "1e308"])
OPERATORS = st.sampled_from(
    ["+", "-", "*", "/", "%", "&", "=", "!=", "<", ">=", "and", "or", "in", "~>", ".", "?", ":=", "@", "#", "^", ".."]
)
FUNCTIONS = st.sampled_from(sorted(library()))


def larger(inner):
    return st.one_of(
        st.builds("{} {} {}".format, inner, OPERATORS, inner),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}.{}".format, inner, inner),
        st.builds("${}({}, {})".format, FUNCTIONS, inner, inner),
        st.builds("${}({})".format, FUNCTIONS, inner),
        st.builds("${}({}, function($x, $y){{{}}})".format, FUNCTIONS, inner, inner),
        st.builds("{}^(>{})".format, inner, inner),
        st.builds("{}{{{}: {}}}".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("($x := {}; {})".format, inner, inner),
        st.builds("{} ~> |{}|{}|".format, inner, inner, inner),
        st.builds("{}#$x@$y".format, inner),
        st.builds("function($x)<{}>{{{}}}({})".format, st.text("snblaofjx-?+()<>:", max_size=4), inner, inner),
        st.builds("$sum(?, {})({})".format, inner, inner),
    )


EXPRESSIONS = st.recursive(st.one_of(NAMES, LITERALS), larger, max_leaves=10)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(text=st.one_of(EXPRESSIONS, st.text("ab$%*.[](){}^@#|?:;,'\"\\/~>=-+1e `", max_size=12)), data=VALUES)
@settings(max_examples=150)
def test_only_errors_of_the_language_are_raised(text, data):
    before = json.dumps(data)
    code, message = "", ""
    try:
        compile_jsonata(text).evaluate(data, {"x": data}, max_work=50_000)
    except JSONataError as error:
        code, message = error.code, error.message

    assert bool(code) is bool(message)
    assert before == json.dumps(data)


@pytest.mark.parametrize("signature", ["<a???>", "<a++>", "<a-?+>"])
def test_a_signature_that_says_twice_how_often_is_refused(signature):
    with pytest.raises(JSONataError) as refused:
        compile_jsonata(f"function($x){signature}{{1}}([1])").evaluate()
    assert refused.value.code == "S0401"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ('$replace("aa", "a", "b", 1/0)', "bb"),
        ('$split("a,b", ",", 1/0)', ["a", "b"]),
        ("$formatInteger(1, nothing)", "T0410"),
        ('$parseInteger("1", nothing)', "T0410"),
    ],
)
def test_limits_without_an_end_and_pictures_that_are_not_there(text, outcome):
    """An endless limit is none; a picture that is missing is an error of the language."""
    try:
        found = compile_jsonata(text).evaluate({})
    except JSONataError as problem:
        found = problem.code
    assert found == outcome


@pytest.mark.parametrize(
    "step",
    [
        "$base64encode($s)",
        "$replace($s, /x+/, '$0$0')",
        "$replace($s, 'x', 'xx')",
        "$encodeUrlComponent($s & ' ')",
        "$uppercase($s) & $s",
        "$join([$s, $s], ',')",
        "$join($split($s & $s, ''), 'y')",
        "$string([$s, $s])",
        "$append($s, $s)",
        "$zip($append($s, $s), $append($s, $s))",
        "{'a': $s, 'b': [$s, $s]}",
        "$merge([{'a': $s}, {$string($s): 1}])",
    ],
)
def test_what_grows_at_each_step_ends(step):
    """Whatever doubles, or grows by a third, is counted before it is made."""
    tracemalloc.start()
    began = time.process_time()
    ended = run(f"($f := function($s, $n){{$n = 0 ? $string($s) : $f({step}, $n - 1)}}; $f('xxxxxxxx', 2000))")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert ended in ("U1001", "U1002")
    assert peak < 300_000_000
    assert time.process_time() - began < 30  # memory is traced, which makes everything several times slower


@pytest.mark.parametrize(
    "call",
    [
        "$uppercase($t)",
        "$lowercase($t)",
        "$trim($t)",
        "$contains($t, 'y')",
        "$substring($t, 1)",
        "$substringBefore($t, 'y')",
        "$substringAfter($t, 'y')",
        "$encodeUrl($t)",
        "$encodeUrlComponent($t)",
        "$decodeUrl($t)",
        "$decodeUrlComponent($t)",
        "$base64encode($t)",
        "$base64decode($t)",
        "$split($t, 'y')",
        "$match($t, /y/)",
        "$replace($t, 'y', 'z')",
        "$number($t)",
        "$sum($n)",
        "$max($n)",
        "$average($n)",
        "$reverse($n)",
        "$n = $m",
        "$keys($n)",
        "$lookup($n, 'a')",
        "$count($distinct($n))",
        "$string($n)",
    ],
)
def test_the_work_of_each_function_is_counted(call):
    """A hundred thousand calls with something long end when they are too much together, and not long after."""
    began = time.process_time()
    text = f"($t := $pad('x', 1000000); $n := [1..100000]; $m := [1..100000]; $count([1..100000].({call})))"
    assert run(text) in ("U1001", "U1002", "D3030")
    assert time.process_time() - began < 4


def run(text):
    """Return the code of the error that an expression ends with under the limits of states, or none."""
    try:
        compile_jsonata(text).evaluate(max_work=8_000_000, timeout=1.5)
    except JSONataError as error:
        return error.code
    return ""
