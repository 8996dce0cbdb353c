"""From the tree of a path to a function, with the semantics of Jayway's JsonPath, which is what the service runs.

A path is a *definite prefix* (names and single indexes, one node each) and a rest. Each segment of the rest maps a
list of nodes to a list of nodes, so `[*].price` over a thousand items is two list comprehensions and not two thousand
calls.

What Jayway does and one might not expect:

- a missing property is an error in the prefix of a definite path, and an empty result in that of an indefinite one;
- `['a','b']` at the end gives *one object* with those of the fields that are there, and so is definite;
- a filter applied to an object asks the object itself, applied to an array each item;
- a slice, union or filter at the end of a definite prefix fails on a value of the wrong kind (`$[1:]` on an object),
  where `[*]` gives an empty list [recorded on AWS for `$[*]`];
- a function after `..` gets the whole list, after another indefinite segment each match.

Whatever goes over nodes charges the document for them first (see `document`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn, TypeAlias

from jsonpath_ng import Child, Descendants, Fields, Index, JSONPath, Slice, Wildcard

from asl_engine.lang.expr import ExpressionSyntaxError
from asl_engine.lang.jsonpath.document import Document
from asl_engine.lang.jsonpath.functions import FUNCTIONS, NotApplicable
from asl_engine.lang.jsonpath.syntax import Applied, Filtered, read_tree
from asl_engine.lang.jsonpath.terms import PathNotFound, Step, explain
from asl_engine.values import JSON, json_text

Nodes: TypeAlias = list[JSON]
Segment: TypeAlias = Callable[[Nodes, Document], Nodes]
"""From the nodes so far to the next nodes of the document."""
Search: TypeAlias = Callable[[JSON], JSON]
Charge: TypeAlias = Callable[[int], None]
"""Counts nodes that are about to be visited."""
Relative: TypeAlias = Callable[[JSON, Document], JSON]
"""From a node of the document to what a path from there gives."""


def compile_tree(path: str, tree: JSONPath) -> tuple[Callable[[JSON, Charge], JSON], bool]:
    """Return the search from a root, which raises PathNotFound for what is not there, and whether it is definite."""
    search, is_definite = compile_relative(path, tree)
    return lambda root, charge: search(root, Document(root, charge)), is_definite


def compile_relative(path: str, tree: JSONPath) -> tuple[Relative, bool]:
    """Return the search from a node within a document, as filters need it (`@`)."""
    links = _links(tree)
    steps, rest = _split(links)
    if not rest:
        return _definite(path, steps, lambda node, document: node), True
    if len(rest) == 1 and (last := _definite_end(*rest[0])):
        return _definite(path, steps, _blaming(path, last)), True
    end = rest[-1][1]
    if isinstance(rest[0][1], Applied):
        name = rest[0][1].name
        raise ExpressionSyntaxError(f"A name, '*' or '[' is expected after '..', and not {name}()", len(path))
    if isinstance(end, Applied) and any(is_scan for is_scan, _ in rest):
        return _applied_to_all(_indefinite(path, steps, rest[:-1]), _blaming(path, _function(end))), True
    return _indefinite(path, steps, rest), False


Link: TypeAlias = tuple[bool, JSONPath]
"""A segment, and whether '..' stands before it."""


def _links(tree: JSONPath) -> list[Link]:
    links: list[Link] = []
    while isinstance(tree, Child | Descendants):
        links.append((isinstance(tree, Descendants), tree.right))
        tree = tree.left
    return links[::-1]


def _split(links: list[Link]) -> tuple[tuple[Step, ...], list[Link]]:
    steps: list[Step] = []
    for is_scan, node in links:
        keys = node.fields if isinstance(node, Fields) else node.indices if isinstance(node, Index) else ()
        if is_scan or len(keys) != 1:
            break
        steps.append(keys[0])
    return tuple(steps), links[len(steps) :]


# --- whole paths ----------------------------------------------------------------------------------------------------


def _prefix(path: str, steps: tuple[Step, ...]) -> Search:
    def descend(root: JSON) -> JSON:
        value = root
        for step in steps:
            if isinstance(step, int) and not isinstance(value, list):
                explain(path, steps, root)
            try:
                value = value[step]
            except (LookupError, TypeError):
                explain(path, steps, root)
        return value

    return descend


def _definite(path: str, steps: tuple[Step, ...], last: Relative) -> Relative:
    descend = _prefix(path, steps)
    return lambda node, document: last(descend(node), document)


def _indefinite(path: str, steps: tuple[Step, ...], rest: list[Link]) -> Relative:
    descend = _prefix(path, steps)
    suits = _suits(*rest[0])
    segments = [_compile_segment(is_scan, node, path, at + 1 == len(rest)) for at, (is_scan, node) in enumerate(rest)]

    def search(node: JSON, document: Document) -> Nodes:
        try:
            start = descend(node)
        except PathNotFound as failure:
            document.charge(1 + (len(failure.cause) >> 6))  # which can quote a large value
            return []
        if not suits(start):
            _refuse(path, rest[0][1], start, document.root)
        nodes = [start]
        for segment in segments:
            nodes = segment(nodes, document)
        return nodes

    return search


def _applied_to_all(find: Relative, function: Relative) -> Relative:
    return lambda node, document: function(find(node, document), document)


def _suits(is_scan: bool, node: JSONPath) -> Callable[[JSON], bool]:
    """Return the test that the value at the end of the definite prefix must pass for the search to go on at all."""
    if is_scan or isinstance(node, Wildcard | Fields | Applied):
        return lambda value: True
    if isinstance(node, Filtered):
        return lambda value: value is None or isinstance(value, list | dict)
    return lambda value: value is None or isinstance(value, list)


def _refuse(path: str, node: JSONPath, value: JSON, root: JSON) -> NoReturn:
    kinds = "can not be applied to primitives" if isinstance(node, Filtered) else "can only be applied to arrays"
    raise PathNotFound(path, f"Filter: {_fragment(node)} {kinds}. Current context is: {json_text(value)}", root)


def _fragment(node: JSONPath) -> str:
    if isinstance(node, Slice):
        return f"[{node.start or ''}:{'' if node.end is None else node.end}]"
    return f"[{','.join(map(str, node.indices))}]" if isinstance(node, Index) else "[?]"


# --- what ends a definite path --------------------------------------------------------------------------------------


def _definite_end(is_scan: bool, node: JSONPath) -> Relative | None:
    """Return what the last segment makes of one node, if it makes one value of it."""
    if is_scan:
        return None
    if isinstance(node, Applied):
        return _function(node)
    return _picked(node) if isinstance(node, Fields) else None


def _picked(node: Fields) -> Relative:
    names = node.fields
    listed = ", ".join(f"'{name}'" for name in names)

    def pick(value: JSON, document: Document) -> JSON:
        if not isinstance(value, dict):
            raise NotApplicable(f"Property [{listed}] not found in path")
        return {name: value[name] for name in names if name in value}

    return pick


def _function(node: Applied) -> Relative:
    function = FUNCTIONS[node.name]
    arguments = [_argument(node.name, argument) for argument in node.arguments]

    def apply(value: JSON, document: Document) -> JSON:
        values = [argument(document.root, document) for argument in arguments]
        document.charge(sum(map(_length, (value, *values))))
        if node.name == "concat" and isinstance(value, list):
            document.charge(sum(len(item) for item in value if isinstance(item, str)) >> 3)
        return function(value, values)

    return apply


def _length(value: JSON) -> int:
    """Return how many items a function goes over; eight characters are as much work as one."""
    if type(value) is str:
        return len(value) >> 3
    return len(value) if type(value) is list or type(value) is dict else 1


def _argument(function: str, argument: JSON) -> Relative:
    if isinstance(argument, JSONPath):
        return compile_relative(f"the argument of {function}()", argument)[0]
    return lambda root, document: argument


def _blaming(path: str, last: Relative) -> Relative:
    def evaluate(value: JSON, document: Document) -> JSON:
        try:
            return last(value, document)
        except NotApplicable as refusal:
            raise PathNotFound(path, str(refusal), document.root) from None

    return evaluate


# --- segments: nodes to nodes ---------------------------------------------------------------------------------------


def _compile_segment(is_scan: bool, node: JSONPath, path: str, is_last: bool) -> Segment:
    segment = _children(node, path, is_last)
    if not is_scan:
        return segment
    if isinstance(node, Filtered):
        return _scan_filtered(node)
    return lambda nodes, document: segment(containers(nodes, document), document)


def _children(node: JSONPath, path: str, is_last: bool) -> Segment:
    if isinstance(node, Fields):
        return _fields(node.fields, is_last)
    if isinstance(node, Applied):
        ending = _blaming(path, _function(node))
        return lambda nodes, document: [ending(value, document) for value in nodes]
    return _by_kind[type(node)](node)


def _fields(names: tuple[str, ...], is_last: bool) -> Segment:
    if len(names) == 1:
        return _field(names[0])

    def pick(nodes: Nodes, document: Document) -> Nodes:
        document.charge(len(nodes) * len(names))
        if is_last:
            return [{name: node[name] for name in names if name in node} for node in nodes if type(node) is dict]
        return [node[name] for node in nodes if type(node) is dict for name in names if name in node]

    return pick


def _field(name: str) -> Segment:
    def pick(nodes: Nodes, document: Document) -> Nodes:
        document.charge(len(nodes))
        return [node[name] for node in nodes if type(node) is dict and name in node]

    return pick


def _wildcard(node: Wildcard) -> Segment:
    def spread(nodes: Nodes, document: Document) -> Nodes:
        document.charge(len(nodes) + sum(len(node) for node in nodes if type(node) is list or type(node) is dict))
        return [child for parent in nodes for child in _items(parent)]

    return spread


def _items(parent: JSON) -> Nodes:
    return parent if type(parent) is list else list(parent.values()) if type(parent) is dict else []


def _index(node: Index) -> Segment:
    indexes = node.indices

    def pick(nodes: Nodes, document: Document) -> Nodes:
        document.charge(len(nodes) * len(indexes))
        lists = [items for items in nodes if type(items) is list]
        return [  # null past the end of an array, as Jayway has it on Jackson's trees (measured by users)
            items[index] if -len(items) <= index < len(items) else None for items in lists for index in indexes
        ]

    return pick


def _slice(node: Slice) -> Segment:
    part = slice(node.start, node.end)

    def cut(nodes: Nodes, document: Document) -> Nodes:
        document.charge(len(nodes) + sum(len(items) for items in nodes if type(items) is list))
        return [child for items in nodes if type(items) is list for child in items[part]]

    return cut


def _filtered(node: Filtered) -> Segment:
    holds = _condition(node)

    def keep(nodes: Nodes, document: Document) -> Nodes:
        kept = []
        for value in nodes:
            candidates = value if type(value) is list else [value] if type(value) is dict else []
            document.charge(1 + len(candidates))
            kept += [candidate for candidate in candidates if holds(candidate, document)]
        return kept

    return keep


_by_kind: Final[dict[type[JSONPath], Callable[..., Segment]]] = {
    Wildcard: _wildcard,
    Index: _index,
    Slice: _slice,
    Filtered: _filtered,
}


def _scan_filtered(node: Filtered) -> Segment:
    """After '..' the filter asks every object once, wherever it is; not the items of every array as well."""
    holds = _condition(node)

    def keep(nodes: Nodes, document: Document) -> Nodes:
        candidates = containers(nodes, document)
        return [value for value in candidates if type(value) is dict and holds(value, document)]

    return keep


def _condition(node: Filtered) -> Callable[[JSON, Document], bool]:
    """Compile the condition of a filter, and the paths in it; only filters need lark."""
    from asl_engine.lang.jsonpath.filters import compile_filter

    return compile_filter(node.text, lambda text: compile_relative(text, read_tree(text, 1, node.depth))[0])


def containers(nodes: Nodes, document: Document) -> Nodes:
    """Return all objects and arrays among the nodes and below, parents first; without recursion, however deep."""
    out: Nodes = []
    pending = nodes[::-1]
    charge = document.charge
    charge(len(nodes))
    while pending:
        node = pending.pop()
        if type(node) is dict:
            charge(len(node))
            out.append(node)
            pending += reversed(node.values())
        elif type(node) is list:
            charge(len(node))
            out.append(node)
            pending += reversed(node)
    return out
