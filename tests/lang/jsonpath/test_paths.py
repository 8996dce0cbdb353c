"""Paths in stories: what a definite path gives, where it may start, and how it fails."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from jsonpath_scope import Seen

from asl_engine.lang.expr import ExpressionFailed, ExpressionSyntaxError
from asl_engine.lang.jsonpath.paths import MAX_LENGTH, compile_path, compile_reference_path
from asl_engine.lang.jsonpath.terms import PathNotFound

ORDER = {
    "id": 7,
    "customer": {"name": "Ann", "e-mail": "ann@example.org", "größe": "M"},
    "lines": [{"sku": "a", "tags": ["x", "y"]}, {"sku": "b", "tags": []}],
    "note": "fragile",
    "nothing": None,
}


def value_of(path: str, data: Any = ORDER) -> Any:
    return compile_path(path).evaluate(Seen(data))


def failure_of(path: str, data: Any = ORDER) -> PathNotFound:
    with pytest.raises(PathNotFound) as caught:
        value_of(path, data)
    return caught.value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", ORDER),
        ("$.id", 7),
        ("$.customer.name", "Ann"),
        ("$.lines[0]", {"sku": "a", "tags": ["x", "y"]}),
        ("$.lines[0].tags[1]", "y"),
        ("$.lines[-1].sku", "b"),
        ("$['customer']['name']", "Ann"),
        ('$["customer"].name', "Ann"),
        ("$.customer.['name']", "Ann"),
        ("$.lines.[1].sku", "b"),
        ("$.customer[ 'name' ]", "Ann"),
        ("$.customer.e-mail", "ann@example.org"),
        ("$.customer.größe", "M"),
        ("$.nothing", None),
        ("  $.id ", 7),
    ],
)
def test_a_reference_path_gives_the_value_it_names(path: str, value: Any) -> None:
    """Dots and brackets mean the same, and blanks around a path mean nothing."""
    assert value == value_of(path)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("$['a b']", "a b"),
        ("$['a.b']", "a.b"),
        ("$['it\\'s']", "it's"),
        ('$["say \\"hi\\""]', 'say "hi"'),
        ("$['back\\\\slash']", "back\\\\slash"),
        ('$[\'Test\\""x"\']', 'Test\\""x"'),
        ("$['*']", "*"),
        ("$['']", ""),
        ("$.${Placeholder}", "${Placeholder}"),
        ("$.@type", "@type"),
        ("$.aws:name", "aws:name"),
        ("$.where", "where"),
    ],
)
def test_keys_are_taken_literally(path: str, key: str) -> None:
    """In brackets a backslash escapes only the quote around the key, as AWS does; outside most signs are plain."""
    assert "found" == value_of(path, {key: "found"})


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("$.no", "No results for path: $['no']"),
        ("$.customer.no", "No results for path: $['customer']['no']"),
        ("$.no.deeper", "Missing property in path $['no']"),
        ("$.customer.no.deeper", "Missing property in path $['customer']['no']"),
        ("$.lines[9]", "No results for path: $['lines'][9]"),
        ("$.lines[9].sku", "No results for path: $['lines'][9]['sku']"),
        ("$.note.x", "Property ['x'] not found in path $['note']"),
        ("$.lines.sku", "Property ['sku'] not found in path $['lines']"),
        ("$.nothing.x", "Property ['x'] not found in path $['nothing']"),
        ("$.nothing[0]", "The path $['nothing'] is null"),
        ("$.note[0]", 'Filter: [0] can only be applied to arrays. Current context is: "fragile"'),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_stopped(path: str, detail: str) -> None:
    """The words are Jayway's; they differ for the last step, a step before it, and a value of the wrong kind."""
    failure = failure_of(path)

    assert (detail, path, ORDER) == (failure.detail, failure.path, failure.searched)
    assert f"Invalid path '{path}' : {detail}" == failure.cause
    assert "States.Runtime" == failure.error


def test_a_failure_can_name_the_field_instead() -> None:
    """Templates quote the input where path fields quote the place."""
    failure = failure_of("$.b", {"a": "ü"}).naming_field("x.$")

    expected = "The JSONPath '$.b' specified for the field 'x.$' could not be found in the input '{\"a\":\"ü\"}'"
    assert expected == failure.cause


def test_a_string_has_no_items() -> None:
    """Python would give the first letter."""
    failure_of("$[0]", "letters")
    failure_of("$.a.b[0].c", {"a": {"b": "letters"}})


def test_two_dollars_start_at_the_context_object() -> None:
    """`$$` is the context object, whatever the data is."""
    scope = Seen({"Execution": "mine"}, context_object={"Execution": {"Input": {"input-value": 5}}})

    assert 5 == compile_path("$$.Execution.Input.input-value").evaluate(scope)
    assert scope.context_object == compile_path("$$").evaluate(scope)
    with pytest.raises(PathNotFound, match=r"Missing property in path \$\['Task'\]"):
        compile_path("$$.Task.Token").evaluate(scope)


def test_the_item_of_a_map_needs_no_context_object() -> None:
    """`$$.Map.Item` is read from the scope itself; only its failure asks for the rest."""

    class Costly(Seen):
        def context(self) -> dict[str, Any]:
            raise AssertionError("the context object was made")

    scope = Costly(item={"Index": 3, "Value": {"sku": "a"}})

    assert 3 == compile_path("$$.Map.Item.Index").evaluate(scope)
    assert "a" == compile_path("$$.Map.Item.Value.sku").evaluate(scope)
    with pytest.raises(PathNotFound):
        compile_path("$$.Map.Item.Index").evaluate(Seen())


def test_a_name_after_the_dollar_is_a_variable() -> None:
    """A variable is the root of its path; one that nobody assigned fails."""
    scope = Seen({"x": "data"}, variables={"x": {"a": [10, 20]}, "größe": "M"})

    assert 20 == compile_path("$x.a[1]").evaluate(scope)
    assert {"a": [10, 20]} == compile_path("$x").evaluate(scope)
    assert "M" == compile_path("$größe").evaluate(scope)
    with pytest.raises(PathNotFound) as caught:
        compile_path("$y.a").evaluate(scope)
    assert "Invalid path '$y.a' : No results for path: $y" == caught.value.cause


@pytest.mark.parametrize(
    ("text", "root", "variable", "is_definite", "steps"),
    [
        ("$", "input", None, True, ()),
        ("$.a[0]['b c']", "input", None, True, ("a", 0, "b c")),
        ("$$.Map.Item", "context", None, True, ("Map", "Item")),
        ("$x.a", "variable", "x", True, ("a",)),
        ("$.a[*]", "input", None, False, None),
        ("$..a", "input", None, False, None),
        ("$.a.length()", "input", None, True, None),
        ("$['a','b']", "input", None, True, None),
    ],
)
def test_a_path_tells_what_it_is(
    text: str, root: str, variable: str | None, is_definite: bool, steps: tuple[Any, ...] | None
) -> None:
    """Static checks read the root, the variable and the steps without evaluating anything."""
    path = compile_path(text)

    assert (text, root, variable, is_definite, steps) == (
        path.text,
        path.root,
        path.variable,
        path.is_definite,
        path.steps,
    )


@pytest.mark.parametrize("text", ["$.a", "$.a[0]['b']", "$$.Execution.Id", "$x[1]"])
def test_reference_paths_are_accepted_where_one_node_is_asked_for(text: str) -> None:
    """Names and single indexes from any root."""
    assert compile_reference_path(text).steps is not None


@pytest.mark.parametrize(
    "text", ["$.a[*]", "$..a", "$.a[1:2]", "$['a','b']", "$[0,1]", "$[?(@.a)]", "$.a.length()", "a.b", "", "$.a["]
)
def test_other_paths_are_no_reference_paths(text: str) -> None:
    """What could name several nodes is refused, with AWS's beginning of the message where it is known."""
    with pytest.raises(ExpressionSyntaxError):
        compile_reference_path(text)


def test_a_reference_path_starts_with_a_dollar() -> None:
    """The message is the one that AWS gives for a Choice variable."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_reference_path("customer.name")
    assert "Value is not a Reference Path: Reference path didn't start with '$'" == str(caught.value)


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        ("", 0),
        ("a", 0),
        ("@.a", 0),
        ("$.", 2),
        ("$.a.", 4),
        ("$...a", 4),
        ("$.a b", 3),
        ("$a$b", 2),
        ("$$$", 2),
        ("$[", 1),
        ("$['a'", 1),
        ("$.a[1", 3),
        ("$.a[x]", 3),
        ("$.a['b'c]", 3),
        ("$.a,b", 3),
        ("$.a.length(", 11),
        ("$.a.nofunction()", 4),
        ("$.a.length().b", 12),
        ("$.a[?(@.b]", 9),
        ("$." + "a" * MAX_LENGTH, MAX_LENGTH),
    ],
)
def test_what_is_no_path_is_refused_with_its_place(text: str, offset: int) -> None:
    """The offset points at the first character that does not fit."""
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_path(text)
    assert offset == caught.value.offset


def test_the_same_text_is_compiled_once() -> None:
    """Definitions repeat their paths."""
    assert compile_path("$.repeated") is compile_path("$.repeated")


def test_simple_paths_import_no_parser() -> None:
    """Lark and jsonpath-ng together cost more than reading a thousand reference paths."""
    program = (
        "import sys; from asl_engine.lang.jsonpath.paths import compile_path; compile_path('$.a[0].b');"
        "from asl_engine.lang.jsonpath.intrinsics import compile_intrinsic;"
        "compile_intrinsic(\"States.Format('{}', $.a)\");"
        "print(sorted(name for name in sys.modules if name in ('lark', 'jsonpath_ng')))"
    )

    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert "[]" == printed.strip()


def test_failures_are_failures_of_the_state_machine() -> None:
    """Whoever evaluates an expression catches one class."""
    assert issubclass(PathNotFound, ExpressionFailed)
