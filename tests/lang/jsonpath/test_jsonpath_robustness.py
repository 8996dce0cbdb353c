"""Whatever text and data they are given, paths, calls and templates raise nothing but their own two errors."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath_scope import Seen

from asl_engine.lang.expr import Expr, ExpressionFailed, ExpressionSyntaxError
from asl_engine.lang.jsonpath.intrinsic_functions import FUNCTIONS
from asl_engine.lang.jsonpath.intrinsics import compile_intrinsic, compile_path_or_intrinsic
from asl_engine.lang.jsonpath.paths import compile_path
from asl_engine.lang.jsonpath.templates import compile_template, dynamic_texts, template_problems
from asl_engine.values import json_text

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "b", "é"]) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=15,
)
plain_parts = [
    ".a",
    ".b",
    ".é",
    "['a']",
    "['a','b']",
    "[0]",
    "[-1]",
    "[1:]",
    "[:-1]",
    "[0,1]",
    "[*]",
    ".*",
    "..a",
    "..*",
]
filter_parts = ["[?(@.a)]", "[?(@.a == 1 && !@.b)]", "[?(@.a =~ /x+/i)]", "[?(@ in ['a', 1])]", "[?(@.a < $.b)]"]
function_parts = [".length()", ".sum()", ".index(0)", ".append(1)", ".keys()", ".length($.a)", "..keys()"]
path_parts = st.sampled_from([*plain_parts, *filter_parts, *function_parts, *"[]()'\\ ?$@é."])
paths = st.builds(
    lambda root, parts: root + "".join(parts),
    st.sampled_from(["$", "$$", "$v", "", "@"]),
    st.lists(path_parts, max_size=6),
)
arguments = st.recursive(
    paths | st.sampled_from(["'a'", "'{}'", "'\\'", "1", "-1.5", "1e9", "true", "null", "'MD5'", "false", "''", ""]),
    lambda inner: st.builds(
        lambda name, parts: f"{name}({', '.join(parts)})",
        st.sampled_from(sorted(FUNCTIONS)),
        st.lists(inner, max_size=3),
    ),
    max_leaves=8,
)
noise = st.text(alphabet="$.[]()'\"*?@!&|<>=~/,:ab01 -\\\n{}é", max_size=30)


def survives(compiled: Any, text: Any, data: Any) -> None:
    """Compile and evaluate; the result must be JSON."""
    try:
        expr: Expr = compiled(text)
        result = expr(Seen(data, variables={"v": data}, context_object={"a": data}))
    except (ExpressionSyntaxError, ExpressionFailed):
        return
    assert json.loads(json_text(result)) is not NotImplemented


@given(paths | noise.map("$".__add__) | st.text(max_size=20), values)
def test_any_path(text: str, data: Any) -> None:
    """Made of parts of paths, or of noise."""
    survives(lambda text: compile_path(text).evaluate, text, data)


@given(noise, values)
def test_any_filter(text: str, data: Any) -> None:
    """Noise where a condition should be."""
    survives(lambda text: compile_path(text).evaluate, f"$..[?({text})]", data)


@given(arguments | noise.map("States.Array({})".format), values)
def test_any_call(text: str, data: Any) -> None:
    """Any function on any arguments."""
    survives(compile_path_or_intrinsic, text, data)


@given(st.sampled_from(sorted(FUNCTIONS)), st.lists(values, max_size=3))
def test_any_function_on_any_values(name: str, given_values: list[Any]) -> None:
    """Values that only the execution knows."""
    survives(compile_intrinsic, f"{name}({', '.join(f'$[{n}]' for n in range(len(given_values)))})", given_values)


@given(
    st.recursive(
        values | arguments,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["a", "b", "a.$", "b.$", "c.$"]), inner, max_size=4)
        ),
        max_leaves=8,
    ),
    values,
)
def test_any_template(template: Any, data: Any) -> None:
    """A template without problems compiles, and one with problems does not."""
    survives(compile_template, template, data)
    if not list(template_problems(template)):
        compile_template(template)
    assert all(isinstance(text, str) for text in dynamic_texts(template))


@pytest.mark.parametrize("path", ["$..length()", "$[0]..concat()", "$.a[?(@..keys())]"])
def test_a_function_right_after_a_search_is_refused(path):
    """There is nothing between them that the search could look for."""
    with pytest.raises(ExpressionSyntaxError, match="is expected after"):
        compile_path(path)
