"""Payload templates: what is dynamic in them, what is wrong with them, and how they fail."""

from __future__ import annotations

from typing import Any

import pytest
from jsonpath_scope import Seen

from asl_engine.lang.expr import ExpressionFailed, ExpressionSyntaxError
from asl_engine.lang.jsonpath.templates import (
    MAX_NESTING,
    TemplateSyntaxError,
    compile_template,
    dynamic_texts,
    template_problems,
)

DATA = {"a": 1, "b": {"c": [10, 20]}}


def filled(template: Any, data: Any = DATA) -> Any:
    return compile_template(template)(Seen(data, variables={"v": 9}, context_object={"Id": "e"}))


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ({"x.$": "$.a"}, {"x": 1}),
        ({"x.$": "$.a", "y.$": "$.b.c"}, {"x": 1, "y": [10, 20]}),
        ({"x.$": "$.a", "y.$": "$v", "z.$": "$$.Id"}, {"x": 1, "y": 9, "z": "e"}),
        ({"1.$": "$.a", "2.$": "$.a", "3.$": "$.a", "4.$": "$v"}, {"1": 1, "2": 1, "3": 1, "4": 9}),
        ({f"{n}.$": "$.a" for n in range(6)}, {str(n): 1 for n in range(6)}),
        ({"x.$": "States.MathAdd($.a, 1)", "k": "literal"}, {"x": 2, "k": "literal"}),
        ({"in": {"deep": [{"x.$": "$.a"}, "$.a", 3]}}, {"in": {"deep": [{"x": 1}, "$.a", 3]}}),
        ({"x": "$.a", "y": "States.UUID()"}, {"x": "$.a", "y": "States.UUID()"}),
        ([{"x.$": "$"}], [{"x": DATA}]),
        ({"x.$": "$.b.c[*]"}, {"x": [10, 20]}),
        ({"x.$": "  $.a "}, {"x": 1}),
        ({".$": "$.a"}, {"": 1}),
        ({"x.$.$": "$.a"}, {"x.$": 1}),
        ("$.a", "$.a"),
        (None, None),
        ({}, {}),
    ],
)
def test_a_template_is_filled(template: Any, value: Any) -> None:
    """Keys that end in `.$` take a path or a call and lose the ending; everything else stands for itself."""
    assert value == filled(template)


@pytest.mark.parametrize(
    ("template", "keys"),
    [
        ({"z": 1, "a.$": "$.a", "m": {"n": 2}}, "z m a"),
        ({"state.$": "$.a", "order.$": "$.a", "amount.$": "$.a"}, "amount state order"),
        ({"deep": {"x.$": "$.a"}, "at.$": "$.a", "fixed": 1}, "deep fixed at"),
        ({"BB.$": "$.a", "Aa.$": "$.a"}, "BB Aa"),
        ({"Aa.$": "$.a", "BB.$": "$.a"}, "Aa BB"),
        ({f"{name}.$": "$.a" for name in "ponmlkjihgfe"}, "p e f g h i j k l m n o"),
        ({f"{name}.$": "$.a" for name in "ponmlkjihgfed"}, "d e f g h i j k l m n o p"),
        ({"\u00e9.$": "$.a", "\U0001f600.$": "$.a", "z.$": "$.a"}, "\U0001f600 \u00e9 z"),
    ],
    ids=["mixed", "paths", "nested", "one bucket", "as they came", "sixteen buckets", "thirty-two", "not ASCII"],
)
def test_members_come_in_the_order_of_the_service(template: Any, keys: str) -> None:
    """Those without a path as written, then those with one as in a hash table of Java (recorded, September 2026)."""
    assert keys.split() == list(filled(template))


def test_constants_are_shared() -> None:
    """Values are never changed in place, so a constant subtree is not copied for each use; nor is the data."""
    template = {"fixed": {"big": [1, 2, 3]}, "x.$": "$.b"}
    expr = compile_template(template)
    first, second = expr(Seen(DATA)), expr(Seen(DATA))

    assert first is not second
    assert first["fixed"] is second["fixed"] is template["fixed"]
    assert first["x"] is DATA["b"]
    constant = {"no": ["dynamic", "part"]}
    assert compile_template(constant)(Seen()) is constant


@pytest.mark.parametrize("others", [0, 1, 2, 3, 4])
def test_a_missing_path_names_its_field_and_the_input(others: int) -> None:
    """In the service's words, whatever the shape of the template."""
    template = {f"f{n}.$": "$.a" for n in range(others)} | {"value.$": "$.no"}

    with pytest.raises(ExpressionFailed) as caught:
        filled(template, {"a": 1})

    expected = "The JSONPath '$.no' specified for the field 'value.$' could not be found in the input '{\"a\":1}'"
    assert expected == caught.value.cause
    assert "States.Runtime" == caught.value.error


@pytest.mark.parametrize("path", ["$.list[2]", "$.list[-3]", "$.rows[0][0]", "$$.e[0]", "$v[5]"])
def test_an_index_past_the_end_gives_null(path: str) -> None:
    """Measured by users in two regions; it fails when something follows."""
    scope = Seen({"list": [1, 2], "rows": [[]]}, variables={"v": [1]}, context_object={"e": []})

    assert compile_template({"x.$": path})(scope) == {"x": None}
    with pytest.raises(ExpressionFailed, match="could not be found in the input"):
        compile_template({"x.$": path + ".more"})(scope)


def test_null_where_one_array_of_several_is_too_short() -> None:
    """As in `$.rows[*][0]` of three rows, of which one is empty (measured by users)."""
    assert {"x": [1, None, 2]} == filled({"x.$": "$.rows[*][0]"}, {"rows": [[1], [], [2]]})


@pytest.mark.parametrize(
    "path", ["$", "$.a", "$.a.b", "$.a[0]", "$.a.b.c.d", "$[0]", "$[*]", "$..a", "States.Array($)"]
)
def test_a_path_cannot_be_applied_to_null(path: str) -> None:
    """AWS calls this intended; what has no path lets null through (measured by users)."""
    with pytest.raises(ExpressionFailed, match=r"^Unable to apply Path transformation to null or empty input\.$"):
        filled({"x.$": path}, None)
    assert {"x": 1} == filled({"x": 1}, None)


def test_a_nested_field_is_named_without_its_place() -> None:
    """Only the key itself."""
    with pytest.raises(ExpressionFailed, match=r"'\$\.no' specified for the field 'x\.\$'"):
        filled({"outer": {"list": [{"x.$": "$.no"}]}, "other.$": "$.a"})


def test_the_first_field_that_fails_is_named() -> None:
    """In the order in which the members come out."""
    with pytest.raises(ExpressionFailed, match=r"the field 'third\.\$'"):
        filled({"first.$": "$.a", "second.$": "$.no", "third.$": "$.neither"})


@pytest.mark.parametrize("value", [1, None, ["$.a"], {"x": 1}, "plain", "", "States.Nope()", "$.", "{% $x %}", "'$.a'"])
def test_what_is_neither_path_nor_call_is_refused(value: Any) -> None:
    """The message is AWS's; the pointer names the object that holds the field."""
    with pytest.raises(TemplateSyntaxError) as caught:
        compile_template({"outer": [{"parsed.$": value}]})

    problem = caught.value
    message = "The value for the field 'parsed.$' must be a valid JSONPath or a valid intrinsic function call"
    assert (message, "/outer/0", "parsed.$") == (str(problem), problem.pointer, problem.field)
    assert problem.reason


def test_illegal_escapes_are_refused() -> None:
    """A backslash before a double quote is none of the escapes."""
    with pytest.raises(TemplateSyntaxError) as caught:
        compile_template({"x.$": "States.Format('say \\\"{}\\\"', $.a)"})
    assert 19 == caught.value.offset


def test_a_key_cannot_be_given_twice() -> None:
    """`x` and `x.$` are one key of the output."""
    with pytest.raises(TemplateSyntaxError, match="give the same key"):
        compile_template({"x": 1, "x.$": "$.a"})


def test_all_problems_are_told() -> None:
    """In the order of the document, with pointers as RFC 6901 writes them."""
    template = {"a.$": 1, "b/c": {"d.$": "x"}, "e": [{"f~": {"g.$": "$["}}], "ok.$": "$.a"}

    found = [(problem.pointer, problem.field) for problem in template_problems(template)]

    assert [("", "a.$"), ("/b~1c", "d.$"), ("/e/0/f~0", "g.$")] == found
    assert isinstance(next(template_problems(template)), ExpressionSyntaxError)


def test_dynamic_texts_are_listed() -> None:
    """Static analysis reads them; what is under a `.$` key and no text is passed over."""
    template = {"a.$": "$.x", "b": [{"c/d.$": "States.UUID()"}, "$.no"], "e.$": 5}

    assert ["$.x", "States.UUID()"] == sorted(dynamic_texts(template))


def test_nesting_has_a_bound() -> None:
    """A hostile template is refused, and does not exhaust the stack."""
    fine: Any = {"x.$": "$.a"}
    for _ in range(MAX_NESTING - 1):
        fine = [fine]
    assert filled(fine)

    hostile: Any = {"x.$": "$.a"}
    for _ in range(5_000):
        hostile = {"in": hostile}
    with pytest.raises(TemplateSyntaxError, match="nested deeper"):
        compile_template(hostile)
