"""Lambdas, and the functions of the library."""

from __future__ import annotations

from random import Random

import pytest

from asl_engine.lang.jsonata import UNDEFINED, JSONataError, compile_jsonata


def value(text, data=UNDEFINED, **bindings):
    return compile_jsonata(text).evaluate(data, bindings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("($f := function($x){$x * 2}; $f(4))", 8),
        ("($x := 1; ($y := $x; $x := 2; [$y, $x]))", [1, 2]),
        ("($make := function($n){function($x){$x + $n}}; $a := $make(1); $b := $make(10); [$a(1), $b(1)])", [2, 11]),
        ("($f := [1..3].($x := $; function(){$x}); $f.$())", [1, 2, 3]),
        ("function($x, $y){$y}(1)", UNDEFINED),
        ("($add := function($x, $y){$x + $y}; $inc := $add(?, 1); $inc(4))", 5),
        ("($first := $substring(?, 0, 2); $first('hello'))", "he"),
        ("($f := $uppercase ~> $trim; $f(' a '))", "A"),
        ("'abc' ~> $uppercase", "ABC"),
        ("'abc' ~> $substring(1)", "bc"),
        ("($even := function($n){$n = 0 ? true : $odd($n - 1)}; $odd := function($n){$n = 0 ? false : $even($n - 1)}; "
         "$even(5001))", False),
        ("($f := function($n){$n = 0 ? 1 : $n * $f($n - 1)}; $f(20))", 2432902008176640000),
        ("function($x)<n-:n>{$x + 1}(2)", 3),
        ("(3).function($x)<n-:n>{$x + 1}()", 4),
        ("$map([1, 2], function($v, $i, $a){$v + $i + $count($a)})", [3, 5]),
        ("$map([1, 2], $string)", ["1", "2"]),
        ("$filter([1, 2, 3], function($v){$v > 1})", [2, 3]),
        ("$reduce([1, 2, 3], function($a, $b){$a + $b}, 10)", 16),
        ("$single([1, 2, 3], function($v){$v = 2})", 2),
        ("$sift({'a': 1, 'b': 2}, function($v, $k){$k = 'b'})", {"b": 2}),
        ("$each({'a': 1}, function($v, $k){$k & $v})", "a1"),
        ("$sort([3, 1, 2])", [1, 2, 3]),
        ("$sort([{'v': 2}, {'v': 1}], function($a, $b){$a.v > $b.v}).v", [1, 2]),
        ("$sort([{'v': 1}, {'v': 2}], function($a, $b){$a.v < $b.v}).v", [2, 1]),
        ("$sort([1, 'a', 2], function($a, $b){$string($a) > $string($b)})", [1, 2, "a"]),
        ("$count([1, 2])", 2),
        ("$sum([])", 0),
        ("$average([1, 2])", 1.5),
        ("$max([1, 5, 2])", 5),
        ("$distinct([1, 1, {'a': 1}, {'a': 1}, true])", [1, {"a": 1}, True]),
        ("$append([1], 2)", [1, 2]),
        ("$reverse([1, 2])", [2, 1]),
        ("$zip([1, 2], [3, 4, 5])", [[1, 3], [2, 4]]),
        ("$keys([{'a': 1}, {'b': 1}])", ["a", "b"]),
        ("$lookup([{'a': 1}, {'a': 2}], 'a')", [1, 2]),
        ("$spread({'a': 1, 'b': 2})", [{"a": 1}, {"b": 2}]),
        ("$merge([{'a': 1}, {'a': 2, 'b': 3}])", {"a": 2, "b": 3}),
        ("$type($sum)", "function"),
        ("$string($sum)", ""),
        ("$string({'a': [1, null]}, true)", '{\n  "a": [\n    1,\n    null\n  ]\n}'),
        ("$string(0.1 + 0.2)", "0.3"),
        ("$number('0x1f')", 31),
        ("$number('-1.50')", -1.5),
        ("$round(2.5)", 2),
        ("$round(-3.5)", -4),
        ("$round(125, -1)", 120),
        ("$round(4.525, 2)", 4.52),
        ("$power(2, 10)", 1024),
        ("$sqrt(9)", 3),
        ("$substring('hello', -3, 2)", "ll"),
        ("$substring('😀bc', 1)", "bc"),
        ("$pad('x', -3, '#')", "##x"),
        ("$pad('x', 4, 'ab')", "xaba"),
        ("$trim('  a \\n b ')", "a b"),
        ("$split('a, b', /,\\s*/)", ["a", "b"]),
        ("$join(['a', 'b'], '-')", "a-b"),
        ("$replace('John Smith', /(\\w+)\\s(\\w+)/, '$2, $1')", "Smith, John"),
        ("$replace('a.b.c', '.', '$0', 1)", "a$0b.c"),
        ("$replace('ab', /b/, function($m){$uppercase($m.match)})", "aB"),
        ("$match('a1b22', /[0-9]+/).match", ["1", "22"]),
        ("$match('😀b', /b/).index", 2),
        ("$contains('abc', /B/i)", True),
        ("$base64encode('hi')", "aGk="),
        ("$base64decode('aGk=')", "hi"),
        ("$encodeUrlComponent('a b/ü')", "a%20b%2F%C3%BC"),
        ("$encodeUrl('a b/ü')", "a%20b/%C3%BC"),
        ("$decodeUrlComponent('%C3%BC%2F')", "ü/"),
        ("$decodeUrl('%C3%BC%2F')", "ü%2F"),
        ("$eval('[1, $x]')", [1, 5]),
        ("($y := 2; $eval('$y + 1'))", 3),
        ("$boolean([0, 1])", True),
        ("$not({})", True),
        ("$clone({'a': [1]})", {"a": [1]}),
        ("$exists($nothing)", False),
        ("$assert(true)", UNDEFINED),
        ("$formatBase(255, 16)", "ff"),
        ("$formatInteger(1999, 'I')", "MCMXCIX"),
        ("$fromMillis(0)", "1970-01-01T00:00:00.000Z"),
        ("$toMillis('1970-01-01T00:00:01Z')", 1000),
    ],
)  # fmt: skip
def test_a_value(text, expected):
    assert expected == value(text, x=5)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("$error('no')", "D3137", "no"),
        ("$assert(false, 'must')", "D3141", "must"),
        ("$number('a')", "D3030", 'Unable to cast value to a number: "a"'),
        ("$decodeUrl('%E0%A4%A')", "D3140", "Malformed URL passed to $decodeUrl(): \"%E0%A4%A\""),
        ("$eval('1+')", "D3120", None),
        ("$eval('1+null')", "D3121", None),
        ("$single([1, 2])", "D3138", None),
        ("$sort([1, 'a'])", "D3070", None),
        ("$replace('a', /x*/, 'b')", "D1004", None),
        ("$replace('a', function($s){{'match': 1}}, 'b')", "T1010", None),
        ("sum(?)", "T1007", None),
        ("nothing(?)", "T1008", None),
    ],
)  # fmt: skip
def test_an_error(text, code, message):
    with pytest.raises(JSONataError) as caught:
        value(text)

    assert code == caught.value.code
    assert message in (None, caught.value.message)


def test_callables_of_the_host_are_functions():
    assert 3 == value("$add(1, 2)", add=lambda a, b: a + b)
    assert [2, 3] == value("$map([1, 2], $more)", more=lambda v: v + 1)
    assert 9 == value("$sum([1, 2])", sum=lambda values: 9)
    assert 3 == value("$sum([1, 2])")


def test_time_and_chance_can_be_given():
    expression = compile_jsonata("[$now(), $millis(), [$random()], [$shuffle([1..9])]]")

    first, second = [expression.evaluate(now=1000, random=Random(7)) for _ in range(2)]

    assert first == second
    assert ["1970-01-01T00:00:01.000Z", 1000] == first[:2]
    assert sorted(first[3]) == list(range(1, 10)) != first[3]


def test_functions_can_be_added_and_taken_away():
    functions = {"twice": (lambda runtime, number: 2 * number, "<n-:n>")}

    assert 4 == compile_jsonata("$twice(2)", functions).evaluate()
    with pytest.raises(JSONataError, match="T0410"):
        compile_jsonata("$twice('a')", functions).evaluate()
    with pytest.raises(JSONataError, match="T1006"):
        compile_jsonata("$eval('1')", without=["eval"]).evaluate()


def test_an_expression_tells_what_it_reads_of_its_input():
    """Names, `$` and `$$` where the input is the whole one, and not where a path or a function gives another."""
    expression = compile_jsonata("$x.a & b.c & $count($$.d) & [e[f]] & {'g': $}.h.i & $map($x, function($y){j})")

    assert [("b", 8), ("$$", 22), ("e", 30), ("$", 44)] == expression.reads()
