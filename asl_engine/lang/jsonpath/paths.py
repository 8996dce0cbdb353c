"""JSONPath as the service reads it: `$` the data, `$$` the context object, `$name` a variable.

Nearly all paths in real definitions are *reference paths*: names and single indexes. One regular expression reads
those, and they become closures made for their length; nothing else is imported. The rest of the dialect (wildcards,
slices, unions, `..`, filters, functions) is Jayway's; `syntax` reads it and `walk` compiles it, both
imported on first use.

What a path gives follows from its text alone. A *definite* path names at most one value: it gives that value, and fails
when there is none. An *indefinite* one gives a list, empty when nothing matches.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from asl_engine.lang.expr import Expr, ExpressionSyntaxError, Scope
from asl_engine.lang.jsonpath.terms import (
    DOUBLE_QUOTED,
    INTEGER,
    NAME,
    SINGLE_QUOTED,
    NullData,
    PathNotFound,
    Step,
    explain,
    explain_in_data,
    unquoted,
)
from asl_engine.remembered import remembered
from asl_engine.values import JSON

Root: TypeAlias = Literal["input", "context", "variable"]

MAX_LENGTH: Final = 10_000
"""Longest path that is read; the longest one seen in a real definition has 200 characters."""


class Path:
    """A compiled path.

    `steps` holds the names and indexes of a reference path and is None for any other; `root` tells where the path
    starts, and `variable` is the name of that variable, if it starts at one.
    """

    __slots__ = ("evaluate", "is_definite", "root", "steps", "text", "variable")

    def __init__(
        self, text: str, evaluate: Expr, variable: str | None, is_definite: bool, steps: tuple[Step, ...] | None
    ) -> None:
        self.text = text
        self.evaluate = evaluate
        self.root: Root = "input" if variable is None else "context" if variable == "$" else "variable"
        self.variable = variable if self.root == "variable" else None
        self.is_definite = is_definite
        self.steps = steps

    def __repr__(self) -> str:
        return f"Path({self.text!r})"


# A name without brackets may hold what Jayway lets it hold ("input-value", "@type", "${Placeholder}") except what is
# far more likely a mistake: quotes, commas, comparison signs.
_root = re.compile(r"\$(\$|[^\W\d]\w*)?")
_step = re.compile(rf"\.({NAME})|\.?\[\s*(?:({INTEGER})|({SINGLE_QUOTED}|{DOUBLE_QUOTED}))\s*\]", re.DOTALL)


@remembered(8192)
def compile_path(text: str) -> Path:
    """Return the compiled path; raise ExpressionSyntaxError if the text is not one.

    Blanks around the path are allowed, as on AWS.
    """
    path, variable, start = read_root(text)
    steps, end = _read_steps(path, start)
    if end == len(path):
        return Path(text, _compile_steps(path, variable, steps), variable, True, steps)
    from asl_engine.lang.jsonpath.syntax import read_tree
    from asl_engine.lang.jsonpath.walk import compile_tree

    search, is_definite = compile_tree(path, read_tree(path, start))
    root = _from_root(path, variable, lambda value: value)
    return Path(text, lambda scope: search(root(scope), scope.charge), variable, is_definite, None)


def compile_reference_path(text: str) -> Path:
    """Return the compiled path; raise ExpressionSyntaxError if it could name more than a single node.

    > A Reference Path is a Path with syntax limited in such a way that it can only identify a single node.
    """
    if not text.lstrip().startswith("$"):
        raise ExpressionSyntaxError("Value is not a Reference Path: Reference path didn't start with '$'", 0)
    path = compile_path(text)
    if path.steps is None:
        raise ExpressionSyntaxError(f"Value is not a Reference Path: '{text}' can name more than a single node")
    return path


def read_root(text: str) -> tuple[str, str | None, int]:
    """Return the path without blanks around it, what follows its first dollar sign, and where the steps begin."""
    path = text.strip()
    if len(path) > MAX_LENGTH:
        raise ExpressionSyntaxError(f"A path has at most {MAX_LENGTH} characters", MAX_LENGTH)
    root = _root.match(path)
    if root is None:
        raise ExpressionSyntaxError("A path starts with '$'", 0)
    return path, root[1], root.end()


def _read_steps(path: str, start: int) -> tuple[tuple[Step, ...], int]:
    """Return the names and indexes from `start` on, and where they end: the end of the text in a reference path."""
    steps: list[Step] = []
    end = start
    while match := _step.match(path, end):
        name, index, quoted = match.groups()
        steps.append(name or (unquoted(quoted) if quoted else int(index)))
        end = match.end()
    return tuple(steps), end


# --- closures for reference paths -----------------------------------------------------------------------------------
#
# A missing key is KeyError, a name looked up in anything but an object TypeError; both cost nothing until they happen.
# An index needs a look at the type first: Python also indexes strings. All failures are explained by a second, slow
# walk.


def _compile_steps(path: str, variable: str | None, steps: tuple[Step, ...]) -> Expr:
    if variable is None and len(steps) < len(_by_names) and all(type(step) is str for step in steps):
        return _by_names[len(steps)](path, *steps)
    if variable is None and [type(step) for step in steps] == [str, int]:
        return _by_name_and_index(path, str(steps[0]), int(steps[1]))
    if variable == "$" and steps[:2] == ("Map", "Item"):
        return _from_item(path, steps)
    return _from_root(path, variable, _descend(path, steps))


def _at_root(path: str) -> Expr:
    def evaluate(scope: Scope) -> JSON:
        data = scope.data
        if data is None:
            raise NullData
        return data

    return evaluate


def _by_one_name(path: str, name: str) -> Expr:
    def evaluate(scope: Scope) -> JSON:
        try:
            return scope.data[name]
        except (KeyError, TypeError):
            explain_in_data(path, (name,), scope.data)

    return evaluate


def _by_two_names(path: str, first: str, second: str) -> Expr:
    def evaluate(scope: Scope) -> JSON:
        try:
            return scope.data[first][second]
        except (KeyError, TypeError):
            explain_in_data(path, (first, second), scope.data)

    return evaluate


def _by_three_names(path: str, first: str, second: str, third: str) -> Expr:
    def evaluate(scope: Scope) -> JSON:
        try:
            return scope.data[first][second][third]
        except (KeyError, TypeError):
            explain_in_data(path, (first, second, third), scope.data)

    return evaluate


_by_names: Final[tuple[Callable[..., Expr], ...]] = (_at_root, _by_one_name, _by_two_names, _by_three_names)


def _by_name_and_index(path: str, name: str, index: int) -> Expr:

    def evaluate(scope: Scope) -> JSON:
        try:
            items = scope.data[name]
            if type(items) is list:
                return items[index]
        except (LookupError, TypeError):
            pass
        return explain_in_data(path, (name, index), scope.data)

    return evaluate


def _from_item(path: str, steps: tuple[Step, ...]) -> Expr:
    """Return the expression for `$$.Map.Item...`, which has no need of the whole context object unless it fails."""
    from_item, from_context = _descend(path, steps[2:]), _descend(path, steps)

    def evaluate(scope: Scope) -> JSON:
        if scope.item is not None:
            try:
                return from_item(scope.item)
            except PathNotFound:
                pass
        return from_context(scope.context())

    return evaluate


def _descend(path: str, steps: tuple[Step, ...]) -> Callable[[JSON], JSON]:
    marked: tuple[tuple[Any, bool], ...] = tuple((step, type(step) is int) for step in steps)

    def descend(root: JSON) -> JSON:
        value = root
        try:
            for step, is_index in marked:
                if is_index and type(value) is not list:
                    explain(path, steps, root)
                value = value[step]
            return value
        except (LookupError, TypeError):
            explain(path, steps, root)

    return descend


def _present(data: JSON) -> JSON:
    if data is None:
        raise NullData
    return data


def _from_root(path: str, variable: str | None, search: Callable[[JSON], JSON]) -> Expr:
    if variable is None:
        return lambda scope: search(_present(scope.data))
    if variable == "$":
        return lambda scope: search(scope.context())

    def evaluate(scope: Scope) -> JSON:
        variables = scope.variables
        if variable not in variables:
            raise PathNotFound(path, f"No results for path: ${variable}", dict(variables))
        return search(variables[variable])

    return evaluate
