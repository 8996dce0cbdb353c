"""The intrinsic functions: their bounds, and what their signatures tell."""

from __future__ import annotations

import doctest
from random import Random
from typing import Any

import pytest
from jsonpath_scope import Seen

from asl_engine.lang.expr import ExpressionFailed
from asl_engine.lang.jsonpath import intrinsic_functions as functions
from asl_engine.lang.jsonpath.intrinsic_functions import FUNCTIONS, STRING_FUNCTIONS
from asl_engine.lang.jsonpath.intrinsics import compile_intrinsic


def made(text: str, **data: Any) -> Any:
    return compile_intrinsic(text)(Seen(data))


def test_the_examples_in_the_docstrings_hold() -> None:
    """Each function shows itself at work."""
    results = doctest.testmod(functions)

    assert 0 == results.failed
    assert len(FUNCTIONS) <= results.attempted


def test_there_are_eighteen() -> None:
    """The list of the developer guide, each with a description for the reference page."""
    assert 18 == len(FUNCTIONS)
    assert all(function.description for function in FUNCTIONS.values())
    assert FUNCTIONS.keys() > STRING_FUNCTIONS


@pytest.mark.parametrize(
    ("name", "least", "most", "returns"),
    [
        ("States.Format", 1, None, "string"),
        ("States.Array", 0, None, "array"),
        ("States.MathRandom", 2, 3, "number"),
        ("States.UUID", 0, 0, "string"),
        ("States.JsonMerge", 3, 3, "object"),
        ("States.ArrayContains", 2, 2, "boolean"),
        ("States.ArrayGetItem", 2, 2, "any"),
    ],
)
def test_a_signature_is_the_arity(name: str, least: int, most: int | None, returns: str) -> None:
    """Rules read these instead of a table of their own."""
    function = FUNCTIONS[name]

    assert (least, most, returns) == (function.least, function.most, function.returns)


@pytest.mark.parametrize(
    ("text", "data", "value"),
    [
        ("States.MathAdd($.a, $.b)", {"a": 1.49, "b": 1.5}, 3),
        ("States.MathAdd($.a, $.b)", {"a": -0.5, "b": -2.5}, -2),
        ("States.ArrayRange($.a, $.b, 1)", {"a": 0.5, "b": 2.4}, [1, 2]),
        ("States.ArrayRange(5, 1, 1)", {}, []),
        ("States.ArrayRange(1, 1000, 1)", {}, list(range(1, 1001))),
        ("States.ArrayPartition($.a, 2)", {"a": []}, []),
        ("States.ArrayContains($.a, $.b)", {"a": [None], "b": None}, True),
        ("States.ArrayContains($.a, $.b)", {"a": [1], "b": True}, False),
        ("States.ArrayUnique($.a)", {"a": [True, 1, "1", [1], [True], [1]]}, [True, 1, "1", [1], [True]]),
        ("States.Format('{} {} {} {}', $.a, $.b, $.c, $.d)", {"a": None, "b": 1.5, "c": True, "d": [{"x": "ü"}]}, None),
        ("States.Format($.t, 1)", {"t": "\\{\\} {}"}, "{} 1"),
        ("States.StringToJson($.a)", {"a": "  "}, None),
        ("States.StringToJson($.a)", {"a": "-0"}, 0),
        ("States.JsonToString($.a)", {"a": {"ü": [1, 2.5, None]}}, '{"ü":[1,2.5,null]}'),
        ("States.StringSplit($.a, ',')", {"a": ", , ,"}, [" ", " "]),
        ("States.StringSplit($.a, '^]-\\\\')", {"a": "a]b-c^d\\e"}, ["a", "b", "c", "d", "e"]),
        ("States.StringSplit($.a, '')", {"a": "ab"}, ["ab"]),
        ("States.Base64Encode($.a)", {"a": ""}, ""),
        ("States.Base64Decode($.a)", {"a": "w7w"}, "ü"),
        ("States.Hash('', 'MD5')", {}, "d41d8cd98f00b204e9800998ecf8427e"),
    ],
)
def test_results(text: str, data: dict[str, Any], value: Any) -> None:
    """Rounding, equality, blanks and empty parts as recorded on AWS."""
    if "{} {} {} {}" in text:
        value = 'null 1.5 true [{"x":"ü"}]'
    assert repr(value) == repr(made(text, **data))


@pytest.mark.parametrize(
    ("text", "data", "reason"),
    [
        ("States.MathAdd($.a, 1)", {"a": 2**31}, "must be between"),
        ("States.MathAdd($.a, 1)", {"a": "1"}, "Invalid arguments in States.MathAdd"),
        ("States.MathAdd($.a, 1)", {"a": True}, "Invalid arguments in States.MathAdd"),
        ("States.MathAdd($.a, 1)", {"a": float("inf")}, "Invalid arguments in States.MathAdd"),
        ("States.ArrayRange(1, $.a, 1)", {"a": 1001}, "at most 1,000 items"),
        ("States.ArrayRange(1, 2, $.a)", {"a": 0}, "must not be 0"),
        ("States.ArrayRange(1, 2, $.a)", {"a": 0.2}, "must not be 0"),
        ("States.ArrayPartition($.a, $.n)", {"a": [], "n": 0}, "must be a positive integer"),
        ("States.ArrayGetItem($.a, 2)", {"a": [1, 2]}, "index 2 is out of bounds"),
        ("States.ArrayGetItem($.a, $.n)", {"a": [1, 2], "n": -1}, "index -1 is out of bounds"),
        ("States.ArrayLength($.a)", {"a": None}, "Invalid arguments in States.ArrayLength"),
        ("States.Format($.t, 1)", {"t": "{} {}"}, "2 placeholders for 1 values"),
        ("States.StringToJson($.a)", {"a": "{"}, "not valid JSON"),
        ("States.StringToJson($.a)", {"a": "1e999"}, "not valid JSON"),
        ("States.StringToJson($.a)", {"a": "[" * 500 + "]" * 500}, "nested deeper"),
        ("States.JsonMerge($.a, $.a, $.d)", {"a": {}, "d": True}, "must be false"),
        ("States.JsonMerge($.a, $.b, false)", {"a": {}, "b": []}, "Invalid arguments in States.JsonMerge"),
        ("States.Base64Encode($.a)", {"a": "x" * 10_001}, "at most 10,000 characters"),
        ("States.Base64Decode($.a)", {"a": "x" * 10_001}, "at most 10,000 characters"),
        ("States.Base64Decode($.a)", {"a": "!!!!"}, "not valid Base64"),
        ("States.Hash($.a, 'MD5')", {"a": "x" * 10_001}, "at most 10,000 characters"),
        ("States.Hash('x', $.a)", {"a": "SHA256"}, "must be one of"),
        ("States.MathRandom($.a, 3)", {"a": 3}, "must be less than"),
    ],
)
def test_what_a_function_refuses_fails_the_state(text: str, data: dict[str, Any], reason: str) -> None:
    """The cause names the call as it is written, and of arguments the function (recorded, September 2026)."""
    with pytest.raises(ExpressionFailed) as caught:
        made(text, **data)

    assert caught.value.cause.startswith(f"There was an error while evaluating the intrinsic function: {text}. ")
    assert reason in caught.value.cause
    assert "States.Runtime" == caught.value.error


def test_chance_comes_from_the_scope() -> None:
    """The same seed gives the same numbers, so an execution can be repeated."""
    numbers = [compile_intrinsic("States.MathRandom(0, 1000000)")(Seen(chance=Random(seed))) for seed in (1, 1, 2)]

    assert numbers[0] == numbers[1] != numbers[2]
    assert compile_intrinsic("States.UUID()")(Seen()) == compile_intrinsic("States.UUID()")(Seen())


def test_a_seed_of_its_own_makes_a_number_that_does_not_change() -> None:
    """`States.MathRandom` with a third argument does not ask the scope."""
    expr = compile_intrinsic("States.MathRandom(0, 1000000, $.seed)")

    assert expr(Seen({"seed": 3}, chance=Random(1))) == expr(Seen({"seed": 3}, chance=Random(2)))


def test_a_uuid_is_of_version_4() -> None:
    """Version and variant stand at their places."""
    scope = Seen()
    made_now = {compile_intrinsic("States.UUID()")(scope) for _ in range(50)}

    assert 50 == len(made_now)
    assert all(len(text) == 36 and text[14] == "4" and text[19] in "89ab" for text in made_now)


def test_results_share_and_leave_their_arguments() -> None:
    """Values are never changed in place, so nothing has to be copied."""
    first, second = {"a": {"x": 1}}, {"b": [1]}
    merged = made("States.JsonMerge($.f, $.s, false)", f=first, s=second)

    assert ({"a": {"x": 1}}, {"b": [1]}) == (first, second)
    assert merged["a"] is first["a"]
