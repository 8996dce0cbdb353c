"""What values and operators of an expression mean."""

from __future__ import annotations

import math

import pytest

from asl_engine.lang.jsonata import UNDEFINED, JSONataError, compile_jsonata

DATA = {"a": 1, "name": "Ann", "list": [1, 2, 3], "deep": {"x": [{"y": 1}, {"y": 2}, {}]}, "none": None}


def value(text, data=DATA, **bindings):
    return compile_jsonata(text).evaluate(data, bindings)


def code(text, data=DATA, **bindings):
    with pytest.raises(JSONataError) as caught:
        value(text, data, **bindings)
    return caught.value.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3.5),
        ("8 / 2", 4),
        ("-7 % 3", -1),
        ("0.1 + 0.2", 0.30000000000000004),
        ("9007199254740993", 9007199254740992),
        ("1e3", 1000),
        ("missing + 1", UNDEFINED),
        ("'a' & 1 & true & null & missing", "a1truenull"),
        ("1 & ''", "1"),
        ("1e21 & ''", "1e+21"),
        ("0.0000001 & ''", "1e-7"),
        ("[1, {'b': 1.5}] & ''", '[1,{"b":1.5}]'),
        ("1 = 1.0", True),
        ("1 = '1'", False),
        ("true = 1", False),
        ("[1, {'a': [2]}] = [1, {'a': [2]}]", True),
        ("missing = missing", False),
        ("missing != 1", False),
        ("'b' > 'a'", True),
        ("missing > 1", UNDEFINED),
        ("2 in list", True),
        ("1 in 1", True),
        ("missing in list", False),
        ("[1..3]", [1, 2, 3]),
        ("[3..1]", []),
        ("true and missing", False),
        ("0 or 'x'", True),
        ("a ? 'yes' : 'no'", "yes"),
        ("missing ? 1", UNDEFINED),
        ("and and or", False),
        ("'\\u00e9\\n'", "é\n"),
        ("'\\uD83D\\uDE00' ~> $length()", 1),
        ("`name`", "Ann"),
        ("/* nothing */ a", 1),
        ("none", None),
    ],
)
def test_a_value(text, expected):
    assert expected == value(text)
    assert type(expected) is type(value(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 'a'", "T2002"),
        ("'a' + 1", "T2001"),
        ("-'a'", "D1002"),
        ("1 < 'a'", "T2009"),
        ("1 < true", "T2010"),
        ("[1.5..2]", "T2003"),
        ("[1..'x']", "T2004"),
        ("[1..1e9]", "D2014"),
        ("1 / 0 + 1", "D1001"),
        ("{1: 2}", "T1003"),
        ("{'a': 1, 'a': 2}", "D1009"),
        ("nothing()", "T1006"),
        ("sum(list)", "T1005"),
        ("list ~> 1", "T2006"),
        ("$sum('a')", "T0412"),
        ("$uppercase(1)", "T0410"),
        ("a.$uppercase()", "T0411"),
    ],
)
def test_an_error(text, expected):
    assert expected == code(text)


def test_an_error_tells_its_place_and_details():
    with pytest.raises(JSONataError) as caught:
        value('a + "x"')

    error = caught.value
    assert ("T2002", 3, "+", "x") == (error.code, error.position, error.token, error.value)
    assert 'The right side of the "+" operator must evaluate to a number' == error.message
    assert "T2002: The right side" in str(error)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"abc', "S0101"),
        ("1e999", "S0102"),
        ('"\\x"', "S0103"),
        ('"\\u12"', "S0104"),
        ("`abc", "S0105"),
        ("/* abc", "S0106"),
        ("1 2", "S0201"),
        ("(1 2)", "S0202"),
        ("[1", "S0203"),
        ("{'a'", "S0203"),
        ("!a", "S0204"),
        ("1 +", "S0207"),
        ("function(a){1}", "S0208"),
        ("[a]{'x': 1}[0]", "S0209"),
        ("a{'x': 1}{'y': 1}", "S0210"),
        ("[1,]", "S0211"),
        ("a := 1", "S0212"),
        ("a.1", "S0213"),
        ("a.true", "S0213"),
        ("a@b", "S0214"),
        ("a[0]@$v", "S0215"),
        ("a^(b)@$v", "S0216"),
        ("%", "S0217"),
        ("a.b.%.%.%", "S0217"),
        ("//", "S0301"),
        ("/a", "S0302"),
        ("/(/", "S0303"),
        ("function($x)<n<s>>{1}", "S0401"),
        ("function($x)<(n<s>)>{1}", "S0402"),
        ("a ?? b", "S0211"),
        ("a ?: b", "S0211"),
    ],
)
def test_a_text_that_is_no_expression(text, expected):
    with pytest.raises(JSONataError) as caught:
        compile_jsonata(text)

    assert expected == caught.value.code


def test_infinite_numbers_are_values_until_they_are_used():
    assert math.inf == value("1/0")
    assert math.isnan(value("0/0"))


def test_a_suffix_of_low_power_takes_all_before_it():
    """`^` binds less than `+`, and `.` may follow it all the same."""
    assert 3 == value("1 + 2^($)")
    assert [1, 2] == value("[{'v': 2}, {'v': 1}]^(v).v")
    assert 1 == value("-missing.x{'k': 1}.k", {})
