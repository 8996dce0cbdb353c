"""Where Python's `re` means what JavaScript means, and how it is spelled there."""

from __future__ import annotations

from typing import Final

from asl_engine.lang.regex.costs import shortest
from asl_engine.lang.regex.sets import source
from asl_engine.lang.regex.syntax import Back, Chars, Choice, Edge, Group, Look, Node, Repeat, Sequence


def means_the_same(node: Node) -> bool:
    """Return whether a translation finds the same, with the same groups, as JavaScript."""
    match node:
        case Sequence(items) | Choice(items):
            return all(map(means_the_same, items))
        case Group(body):
            return means_the_same(body)
        case Repeat(body, _, high, _, groups):
            once = high == 1
            return (once or not groups) and shortest(body) > 0 and means_the_same(body)
        case Look(body, behind, _):
            return not behind and not _has_groups(body) and means_the_same(body)
        case Back():
            return False
    return True


def _has_groups(node: Node) -> bool:
    match node:
        case Group():
            return True
        case Sequence(items) | Choice(items):
            return any(map(_has_groups, items))
        case Repeat(body) | Look(body):
            return _has_groups(body)
    return False


_EDGES: Final = {
    "start": r"\A", "end": r"\Z", "line start": r"(?<![^\n\r\u2028\u2029])", "line end": r"(?![^\n\r\u2028\u2029])",
    "word": r"\b", "not word": r"(?!\b)",
}  # fmt: skip


def translate(node: Node) -> str:
    """Return the node as Python's `re` writes it, to be compiled with ASCII, on which only `\\b` depends."""
    match node:
        case Chars(ranges):
            return source(ranges)
        case Sequence(items):
            return "".join(map(translate, items))
        case Choice(options):
            return "(?:" + "|".join(map(translate, options)) + ")"
        case Group(body):
            return f"({translate(body)})"
        case Repeat(body, low, high, lazy):
            bounds = f"{{{low},{'' if high is None else high}}}"
            return f"(?:{translate(body)}){bounds}" + "?" * lazy
        case Look(body, _, negative):
            return f"(?{'!' if negative else '='}{translate(body)})"
        case Edge(kind):
            return _EDGES[kind]
    raise AssertionError(node)
