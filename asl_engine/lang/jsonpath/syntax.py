"""From the text of a path to its tree, for what is more than a reference path.

The tree is made of jsonpath-ng's nodes (`Root`, `This`, `Child`, `Fields`, `Index`, `Slice`, `Wildcard`,
`Descendants`), so that it prints as a path and can be read by whoever knows that library; `Filtered` and `Applied`
are added for what it does not have. Its *parser* is not used: it refuses what the service takes (names beyond ASCII,
`${...}`, names such as `where`, `=~ /x/i`, `in`, functions at the end), takes what the service refuses (backquotes,
arithmetic, a lone `&`), treats backslashes in brackets differently, and needs 0.5 ms for each path. A scanner reads
the segments here; the text of a filter is read with lark (`filters`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from jsonpath_ng import Child, Descendants, Fields, Index, JSONPath, Root, Slice, This, Wildcard

from asl_engine.lang.expr import ExpressionSyntaxError
from asl_engine.lang.jsonpath.functions import FUNCTIONS
from asl_engine.lang.jsonpath.terms import DOUBLE_QUOTED, INTEGER, NAME, SINGLE_QUOTED, unquoted
from asl_engine.values import JSON, json_text, parse_json

MAX_NESTING: Final = 10
"""Deepest nesting of filters within filters."""


class Filtered(JSONPath):
    """`[?(...)]`: keeps what the condition holds for. `depth` says within how many filters its paths stand."""

    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.depth = depth

    def __str__(self) -> str:
        return f"[?{self.text}]"


class Applied(JSONPath):
    """A function at the end of a path, as in `$.items.length()`; `arguments` are JSON values or trees of paths."""

    def __init__(self, name: str, arguments: tuple[JSON, ...]) -> None:
        self.name = name
        self.arguments = arguments

    def __str__(self) -> str:
        return f"{self.name}({', '.join(str(a) if isinstance(a, JSONPath) else json_text(a) for a in self.arguments)})"


_quoted = f"(?:{SINGLE_QUOTED}|{DOUBLE_QUOTED})"
_name = re.compile(rf"({NAME})(\()?")
_wildcard = re.compile(r"\*|\[\s*\*\s*\]")
_names = re.compile(rf"\[\s*({_quoted}(?:\s*,\s*{_quoted})*)\s*\]", re.DOTALL)
_indexes = re.compile(rf"\[\s*({INTEGER}(?:\s*,\s*{INTEGER})*)\s*\]")
_slice = re.compile(rf"\[\s*({INTEGER})?\s*:\s*({INTEGER})?\s*\]")
_filter = re.compile(r"\[\s*\?")
_each_quoted = re.compile(_quoted, re.DOTALL)
_inert = re.compile(rf"{_quoted}|/(?:[^/\\]|\\.)+/|[^'\"/\[\]()]+|/", re.DOTALL)


def read_tree(path: str, start: int, depth: int = 0) -> JSONPath:
    """Return the tree of the path, whose segments begin at `start`; raise ExpressionSyntaxError if it is not one."""
    if depth > MAX_NESTING:
        raise ExpressionSyntaxError(f"Filters are nested deeper than {MAX_NESTING} levels", start)
    tree: JSONPath = This() if path.startswith("@") else Root()
    end = start
    while end < len(path):
        if isinstance(tree, Child) and isinstance(tree.right, Applied):
            raise ExpressionSyntaxError(f"A function ends its path: unexpected '{path[end:]}'", end)
        joined, begin = _read_dots(path, end)
        segment, end = _read_segment(path, begin, is_dotted=begin > end, depth=depth)
        tree = joined(tree, segment)
    return tree


def _read_dots(path: str, at: int) -> tuple[Callable[[JSONPath, JSONPath], JSONPath], int]:
    dots = len(path) - at - len(path[at:].lstrip("."))
    if dots > 2 or at + dots == len(path):
        raise ExpressionSyntaxError("A name, '*' or '[' is expected after '.'", at + dots)
    return (Descendants if dots == 2 else Child), at + dots


def _read_segment(path: str, at: int, is_dotted: bool, depth: int) -> tuple[JSONPath, int]:
    if path[at] != "[" and not is_dotted:
        raise ExpressionSyntaxError(f"Unexpected '{path[at]}': '.' or '[' is expected", at)
    for pattern, build in _segments:
        if match := pattern.match(path, at):
            return build(match), match.end()
    if _filter.match(path, at):
        return _read_filter(path, at, depth)
    match = _name.match(path, at)
    if match is None:
        raise ExpressionSyntaxError(f"Unexpected '{path[at]}' in a path", at)
    return _read_function(path, match, depth) if match[2] else (_fields(match[1]), match.end())


_segments: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], JSONPath]], ...]] = (
    (_wildcard, lambda match: Wildcard()),
    (_names, lambda match: _fields(*(unquoted(name) for name in _each_quoted.findall(match[1])))),
    (_indexes, lambda match: Index(*(int(index) for index in match[1].split(",")))),
    (_slice, lambda match: Slice(int(match[1] or 0), int(match[2]) if match[2] else None)),
)


def _fields(*names: str) -> Fields:
    """Return the node for exactly these names; the constructor would take a field called '*' for a wildcard."""
    node = Fields()
    node.fields = names
    return node


def _read_filter(path: str, at: int, depth: int) -> tuple[JSONPath, int]:
    end = matching_bracket(path, at)
    text = path[at + 1 : end].strip()[1:].strip()
    return Filtered(text, depth + 1), end + 1


def _read_function(path: str, match: re.Match[str], depth: int) -> tuple[JSONPath, int]:
    name = match[1]
    if name not in FUNCTIONS:
        raise ExpressionSyntaxError(f"JSONPath has no function {name}(); it has {', '.join(FUNCTIONS)}", match.start())
    end = matching_bracket(path, match.end() - 1)
    return Applied(name, _read_arguments(path[match.end() : end], match.end(), depth)), end + 1


def _read_arguments(text: str, at: int, depth: int) -> tuple[JSON, ...]:
    """Return the arguments of a function: JSON values, or paths from the root."""
    if not text.strip():
        return ()
    if text.lstrip().startswith("$"):
        return (read_tree(text.strip(), 1, depth + 1),)
    try:
        arguments = parse_json(f"[{text}]")
    except ValueError:
        raise ExpressionSyntaxError(f"'{text}' is neither a path nor JSON values", at) from None
    return tuple(arguments)


def matching_bracket(path: str, at: int) -> int:
    """Return where the bracket at `at` is closed; strings and regular expressions hide what is in them."""
    expected: list[str] = []
    while at < len(path):
        sign = path[at]
        if sign in "[(":
            expected.append("]" if sign == "[" else ")")
        elif sign in "])":
            if sign != expected.pop():
                break
            if not expected:
                return at
        elif match := _inert.match(path, at):
            at = match.end() - 1
        else:
            break
        at += 1
    raise ExpressionSyntaxError("A bracket or a quote is not closed", min(at, len(path)))
