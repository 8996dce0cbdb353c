"""Intrinsic calls: what is one, what is refused when the definition is read, and what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath_scope import Seen

from asl_engine.lang.expr import ExpressionFailed, ExpressionSyntaxError
from asl_engine.lang.jsonpath import intrinsics
from asl_engine.lang.jsonpath.intrinsic_functions import FUNCTIONS
from asl_engine.lang.jsonpath.intrinsics import (
    Call,
    Literal,
    compile_intrinsic,
    compile_path_or_intrinsic,
    is_intrinsic,
    parse_intrinsic,
)
from asl_engine.lang.jsonpath.paths import Path


def made(text: str, data: Any = None) -> Any:
    return compile_intrinsic(text)(Seen(data, variables={"x": [1, 2]}, context_object={"Id": "e-1"}))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("States.Array('a', 1, -2.5, 1e2, true, false, null)", ["a", 1, -2.5, 100.0, True, False, None]),
        ("States.Array()", []),
        ("States.Array( )", []),
        ("  States.Array ( 'a' ,'b' )  ", ["a", "b"]),
        ("States.Array(\n  'a',\n  'b'\n)", ["a", "b"]),
        ("States.Array($, $.a, $$.Id, $x[1])", [{"a": 5}, 5, "e-1", 2]),
        ("States.Array($.a)", [5]),
        ("States.Array($['a'], $.['a'])", [5, 5]),
        ("States.Array($[?(@.a == 5)], $..a)", [[{"a": 5}], [5]]),
        ("States.Array($[?(@.a in [5, 'x)'])])", [[{"a": 5}]]),
        ("States.Array($x.length())", [2]),
        ("States.Format('{}, {}', States.Array(1), States.UUID())", None),
        ("States.ArrayGetItem(States.StringSplit('a-b', '-'), 1)", "b"),
        ("States.MathAdd(States.MathAdd(1, 2), States.ArrayLength($x))", 5),
        ("States.StringSplit('Hello\nWorld', '\n')", ["Hello", "World"]),
        ("States.StringToJson('{\"a\": [1]}')", {"a": [1]}),
    ],
)
def test_a_call(text: str, value: Any) -> None:
    """Arguments are paths, context paths, variables, literals and calls; white space does not matter."""
    result = made(text, {"a": 5})

    assert result == value or (value is None and result.startswith("[1], "))


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        (r"'it\'s'", "it's"),
        (r"'\{a\}'", "{a}"),
        (r"'a\\b'", "a\\b"),
        (r"'a\nb'", "a\nb"),
        ("'\"quoted\"'", '"quoted"'),
        ("'{}'", "{}"),
        ("''", ""),
        ("'ü🆗'", "ü🆗"),
    ],
)
def test_strings_and_their_escapes(literal: str, value: str) -> None:
    """Single quotes; a backslash before a quote, a brace or a backslash."""
    assert [value] == made(f"States.Array({literal})")


def test_escaped_braces_are_no_placeholders() -> None:
    """The template of a format keeps them until it is filled."""
    assert "{} of 3 {x}" == made(r"States.Format('\{\} of {} {x}', 3)")
    assert r"a\b 1" == made(r"States.Format('a\\b {}', 1)")


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        (r"States.Array('\"')", 14),
        (r"States.Array('ab\x')", 16),
        ('States.Array("a")', 13),
        ("States.Array('a'", 16),
        ("States.Array('a)", 13),
        ("States.Array('a' 'b')", 17),
        ("States.Array(,)", 13),
        ("States.Array('a',)", 17),
        ("States.Array(a)", 13),
        ("States.Array(01)", 13),
        ("States.Array('a') x", 18),
        ("States.Array('a'), States.Array()", 17),
        ("States.Array", 12),
        ("States.Array[0]", 12),
        ("States.Unknown(1)", 0),
        ("States.Array(States.Unknown(1))", 13),
        ("States.Array($.a[)", 16),
        ("States.Array($.a.b.)", 19),
        ("States.", 0),
        ("Format('a')", 0),
    ],
)
def test_what_is_no_call_is_refused_with_its_place(text: str, offset: int) -> None:
    """The offset points into the text of the whole field, also for a path within it."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_intrinsic(text)
    assert offset == caught.value.offset


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("States.UUID(1)", "States.UUID takes 0 arguments and was given 1"),
        ("States.MathAdd(1)", "takes 2 arguments and was given 1"),
        ("States.MathRandom(1)", "takes 2 or 3 arguments"),
        ("States.Format()", "takes at least 1 argument and was given 0"),
        ("States.Format('{} {}', $.a)", "2 placeholders for 1 values"),
        ("States.Format('none', $.a)", "0 placeholders for 1 values"),
        ("States.MathAdd($.a, 'x')", "must be a number but was a string"),
        ("States.MathAdd($.a, States.Array())", "must be a number but was an array"),
        ("States.JsonMerge($.a, $.b, true)", "must be false"),
        ("States.Hash($.a, 'SHA256')", "must be one of"),
        ("States.ArrayRange($.a, $.b, 0)", "must not be 0"),
        ("States.ArrayRange(1, 2000, 1)", "at most 1,000 items"),
        ("States.ArrayPartition($.a, 0)", "positive"),
        ("States.MathAdd(99999999999, $.a)", "must be between"),
        ("States.StringToJson('{')", "not valid JSON"),
    ],
)
def test_what_cannot_work_is_refused_before_it_runs(text: str, reason: str) -> None:
    """Arity, kinds and bounds, as far as the text tells."""
    with pytest.raises(ExpressionSyntaxError, match=reason):
        compile_intrinsic(text)


def test_ten_calls_deep_and_no_deeper() -> None:
    """The limit of the developer guide, whichever way the text is read."""
    ten = "States.Array(" * 10 + ")" * 10
    eleven = f"States.Array({ten})"

    assert [[[[[[[[[[]]]]]]]]]] == made(ten)
    for text in (eleven, "States.Array(" * 5_000, f"States.Array($[?(@.a)], {ten})"):
        with pytest.raises(ExpressionSyntaxError):
            compile_intrinsic(text)


def test_a_missing_path_is_told_apart_from_a_failing_function() -> None:
    """Both name the call (measured by users, and recorded)."""
    missing = (
        r"^The function 'States.Format\('{}', \$.no\)' had the following error: The JsonPath argument for the field"
    )
    with pytest.raises(ExpressionFailed, match=missing + r" '\$.no' could not be found in the input '{}'$"):
        made("States.Format('{}', $.no)", {})
    with pytest.raises(ExpressionFailed, match=r"field '\$.a\[1\]' could not be found"):
        made("States.Array($.a[1])", {"a": [1]})
    with pytest.raises(ExpressionFailed, match=r"intrinsic function: States.ArrayLength\(\$.a\). Invalid arguments in"):
        made("States.Format('{}', States.ArrayLength($.a))", {"a": 1})


def test_a_call_of_literals_is_made_once() -> None:
    """Its value is shared; one with chance in it is made anew."""
    constant = compile_intrinsic("States.StringSplit('a,b', ',')")

    assert constant(Seen()) is constant(Seen())
    scope = Seen()
    assert compile_intrinsic("States.UUID()")(scope) != compile_intrinsic("States.UUID()")(scope)


def test_a_field_holds_a_path_or_a_call() -> None:
    """`States.` makes the difference."""
    assert [True, True, False] == [is_intrinsic(text) for text in ("States.Foo(", "  States.Array()", "$.States.x")]
    assert 5 == compile_path_or_intrinsic("$.a")(Seen({"a": 5}))
    assert [5] == compile_path_or_intrinsic("States.Array($.a)")(Seen({"a": 5}))
    for text in ("plain", "", "States", "{% $x %}"):
        with pytest.raises(ExpressionSyntaxError):
            compile_path_or_intrinsic(text)


def shown(part: Any) -> Any:
    if isinstance(part, Call):
        return part.function.name, part.text, [shown(argument) for argument in part.arguments]
    return part.text if isinstance(part, Path) else ("literal", part.value, part.raw)


def grammar_reads(text: str) -> Any:
    try:
        return shown(intrinsics._parse_by_grammar(text))
    except ExpressionSyntaxError:
        return None


def whole_reads(text: str) -> Any:
    try:
        return shown(parse_intrinsic(text))
    except ExpressionSyntaxError:
        return None


literals = st.sampled_from(["'a'", r"'\''", r"'\{'", "'{}'", "1", "-2.5", "true", "null", "$", "$.a", "$x['b'].c[0]"])
arguments = st.recursive(
    literals,
    lambda inner: st.builds(
        lambda name, parts, gap: f"{name}({gap}{f',{gap}'.join(parts)}{gap})",
        st.sampled_from(sorted(FUNCTIONS)),
        st.lists(inner, max_size=3),
        st.sampled_from(["", " ", "\n"]),
    ),
    max_leaves=8,
)


@given(arguments)
def test_the_scanner_agrees_with_the_grammar(argument: str) -> None:
    """The fast way and the definition of the language read the same tree, and refuse the same texts."""
    text = f"States.Array({argument})"

    assert grammar_reads(text) == whole_reads(text)


@given(st.text(alphabet="States.Array()'\\,$[]{}1 -\n", max_size=25))
def test_they_agree_about_noise_too(noise: str) -> None:
    """Whatever the scanner takes for a call, the grammar takes for the same call."""
    text = f"States.Array({noise})"

    assert grammar_reads(text) == whole_reads(text)


def test_literals_keep_their_raw_text() -> None:
    """Which only format templates use."""
    call = parse_intrinsic(r"States.Array('\{')")

    assert isinstance(call.arguments[0], Literal)
    assert ("{", r"\{") == (call.arguments[0].value, call.arguments[0].raw)
