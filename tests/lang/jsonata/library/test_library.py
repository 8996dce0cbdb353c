"""The functions of the library: what they give, what nothing becomes in them, and what they refuse."""

from __future__ import annotations

import pytest

from asl_engine.lang.jsonata import UNDEFINED, JSONataError, compile_jsonata

CREW = [{"name": "Ada", "age": 36}, {"name": "Grace", "age": 85}, {"name": "Alan", "age": 41}]


def value(text, data=UNDEFINED, **bindings):
    return compile_jsonata(text).evaluate(data, bindings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$substringBefore('2026-09-30T10:00', 'T')", "2026-09-30"),
        ("$substringBefore('a-b-c', '-')", "a"),
        ("$substringBefore('abc', 'x')", "abc"),
        ("$substringBefore('abc', '')", ""),
        ("'key=value' ~> $substringBefore('=')", "key"),
        ("$substringAfter('2026-09-30T10:00', 'T')", "10:00"),
        ("$substringAfter('a-b-c', '-')", "b-c"),
        ("$substringAfter('abc', 'x')", "abc"),
        ("$substringAfter('abc', '')", "abc"),
        ("$substringAfter('abc', 'c')", ""),
        ("'key=value' ~> $substringAfter('=')", "value"),
        ("$substring('hello', 5)", ""),
        ("$substring('hello', -3)", "llo"),
        ("$substring('hello', -9, 2)", "he"),
        ("$substring('hello', 1, 0)", ""),
        ("$lowercase('ÄBc')", "äbc"),
        ("$uppercase('äbc')", "ÄBC"),
        ("$trim('  a \\n b ')", "a b"),
        ("$pad('7', -3, '0')", "007"),
        ("$pad('7', 3)", "7  "),
        ("$pad('long', 2)", "long"),
        ("$join(['a', 'b'], '; ')", "a; b"),
        ("$join('alone')", "alone"),
        ("$base64decode($base64encode('läuft'))", "läuft"),
        ("$decodeUrlComponent($encodeUrlComponent('a b&c/ä'))", "a b&c/ä"),
        ("$encodeUrl('http://h/a b?c=ä')", "http://h/a%20b?c=%C3%A4"),
        ("$decodeUrl('http://h/a%20b')", "http://h/a b"),
    ],
)  # fmt: skip
def test_strings(text, expected):
    """Pieces of a text, its case, and its forms in other alphabets."""
    assert expected == value(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$formatNumber(1234.5, '#,##0.00')", "1,234.50"),
        ("$formatNumber(-1234.5, '#,##0.00')", "-1,234.50"),
        ("$formatNumber(-5, '0;(0)')", "(5)"),
        ("$formatNumber(0.256, '0.0%')", "25.6%"),
        ("$formatNumber(12, '0000')", "0012"),
        ("$formatNumber(1234.5678, '00.000e0')", "12.346e2"),
        ("$formatNumber(1.5, '0,0', {'decimal-separator': ',', 'grouping-separator': '.'})", "1,5"),
        ("3.14159 ~> $formatNumber('0.##')", "3.14"),
        ("$formatBase(255, 16)", "ff"),
        ("$formatInteger(2026, 'I')", "MMXXVI"),
        ("$parseInteger('1,000', '#,##0')", 1000),
        ("$floor(-1.5)", -2),
        ("$ceil(-1.5)", -1),
        ("$min([3, 1, 2])", 1),
        ("$max([3, 1, 2])", 3),
        ("$round(2.5)", 2),
        ("$round(3.5)", 4),
        ("$round(1234.56, -2)", 1200),
        ("$round(4, -3)", 0),
        ("$power(2, 0.5) = $sqrt(2)", True),
        ("$number('0x1F')", 31),
        ("$number(true)", 1),
        ("$number(7)", 7),
    ],
)  # fmt: skip
def test_numbers(text, expected):
    """Numbers after a picture, in another base, and rounded to the even neighbour."""
    result = value(text)

    assert (type(expected), expected) == (type(result), result)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$filter(crew, function($m){$m.age > 40}).name", ["Grace", "Alan"]),
        ("$filter(crew, function($m, $i){$i < 2}).name", ["Ada", "Grace"]),
        ("($old := function($m){$m.age > 80}; $filter(crew, $old).name)", "Grace"),
        ("($half := function($n, $i, $all){$i * 2 < $count($all)}; $filter([9, 8, 7, 6], $half))", [9, 8]),
        ("$map(crew, function($m, $i){$i & $m.name})", ["0Ada", "1Grace", "2Alan"]),
        ("$map([1, 2], function($n){function($x){$x + $n}}) ~> $count()", 2),
        ("$map([3, 4], $eval('function($x){$x + 1}'))", [4, 5]),
        ("$reduce([[1, 2], [3]], $append)", [1, 2, 3]),
        ("$reduce([7], function($a, $b){$a + $b})", 7),
        ("$spread(crew[[0..1]])", [{"name": "Ada"}, {"age": 36}, {"name": "Grace"}, {"age": 85}]),
        ("$spread('text')", "text"),
        ("$type(['a'])", "array"),
        ("$type({'a': 1})", "object"),
        ("$type(null)", "null"),
        ("$type(1)", "number"),
        ("$type(true)", "boolean"),
        ("$clone({'a': [1]})", {"a": [1]}),
        ("$map(['1 + 2', '2 * $'], $eval)", [3, 2]),
        ("$eval('$ * 2', 21)", 42),
        ("$eval('$count($)', [[1, 2]])", 1),
        ("$zip([1, 2], nothing)", []),
        ("$sort(crew, function($a, $b){$a.name > $b.name}).name", ["Ada", "Alan", "Grace"]),
        ("$sort(crew, function($a, $b){$a.age < $b.age}).name", ["Grace", "Alan", "Ada"]),
        ("$exists(crew[age > 100])", False),
        ("$random() < 1", True),
    ],
)  # fmt: skip
def test_functions_of_values(text, expected):
    """Functions that take functions, and those that look into any value."""
    assert expected == value(text, {"crew": CREW})


NOTHING = (
    "substringBefore(nothing, 'a') substringAfter(nothing, 'a') substring(nothing, 1) lowercase(nothing) "
    "uppercase(nothing) trim(nothing) pad(nothing,3) join(nothing) base64encode(nothing) base64decode(nothing) "
    "encodeUrl(nothing) decodeUrl(nothing) length(nothing) formatNumber(nothing,'0') formatBase(nothing) "
    "formatInteger(nothing,'0') parseInteger(nothing,'0') floor(nothing) ceil(nothing) round(nothing) sqrt(nothing) "
    "power(nothing,2) abs(nothing) number(nothing) min(nothing) max(nothing) sum(nothing) average(nothing) "
    "map(nothing,$string) filter(nothing,$boolean) single(nothing,$boolean) reduce(nothing,$append) sift(nothing,$not) "
    "sort(nothing) reverse(nothing) shuffle(nothing) distinct(nothing) merge(nothing) type(nothing) clone(nothing) "
    "eval(nothing) toMillis(nothing) fromMillis(nothing) split(nothing,'a') replace(nothing,'a','b') match(nothing,/a/)"
)


def test_nothing_stays_nothing():
    """A function of a value that is not there has none either, and is no error."""
    calls = NOTHING.replace(" '", "'").replace(" 1", "1").split()

    assert {} == {call: result for call in calls if (result := value("$" + call, {})) is not UNDEFINED}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("$sqrt(-1)", "D3060"),
        ("$power(-8, 0.5)", "D3061"),
        ("$power(10, 400)", "D3061"),
        ("$formatNumber(1, '0;0;0')", "D3080"),
        ("$formatNumber(1, '0%‰')", "D3084"),
        ("$replace('a', '', 'b')", "D3010"),
        ("$replace('a', 'a', 'b', -1)", "D3011"),
        ("$split('a,b', ',', -1)", "D3020"),
        ("$reduce([1, 2], function($a){$a})", "D3050"),
        ("$replace('abc', /b/, function($m){7})", "D3012"),
        ("$encodeUrl('\\ud800')", "D3140"),
        ("$single([1, 2], function($n){true})", "D3138"),
        ("$single([1, 2], function($n){false})", "D3139"),
        ("$eval('1 +')", "D3120"),
        ("$eval('$sqrt(-1)')", "D3121"),
        ("$error('as told')", "D3137"),
        ("$assert(false, 'not so')", "D3141"),
        ("$sort([{}, 1])", "D3070"),
    ],
)  # fmt: skip
def test_what_functions_refuse(text, code):
    """An argument without a meaning is an error with the code of the reference."""
    with pytest.raises(JSONataError) as caught:
        value(text)
    assert code == caught.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$replace('a1b22', /[0-9]+/, '<$0>')", "a<1>b<22>"),
        ("$replace('John Smith', /(\\w+)\\s(\\w+)/, '$2, $1')", "Smith, John"),
        ("$replace('abc', /b/, '$$')", "a$c"),
        ("$replace('abc', /(b)/, '$12')", "ab2c"),
        ("$replace('abc', /b/, '$x')", "a$xc"),
        ("$replace('abc', /b/, function($m){$uppercase($m.match)})", "aBc"),
        ("$replace('aaa', 'a', 'b', 2)", "bba"),
        ("$split('a, b;c', /[,;]\\s*/)", ["a", "b", "c"]),
        ("$split('a1b', function($s){$s = 'a1b' ? {'match': '1', 'start': 1, 'groups': [], 'next': function(){$x}}})",
         ["a", "b"]),
        ("$split('a,b,c', ',', 2)", ["a", "b"]),
        ("$split('a,b', ',', 0)", []),
        ("$contains('abc', /B/i)", True),
        ("$contains('abc', 'bc')", True),
        ("$contains('abc', /x/)", False),
        ("$match('a1b2', /[a-z](\\d)/).groups", ["1", "2"]),
        ("$match('a1b2', /[a-z](\\d)/, 1).index", 0),
        ("'x9' ~> /\\d/ ? 'digit' : 'none'", "digit"),
    ],
)  # fmt: skip
def test_matching(text, expected):
    """Patterns and texts are looked for alike; what replaces them may name groups or be a function."""
    assert expected == value(text)
