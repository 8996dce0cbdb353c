"""Which variables an expression takes from outside of itself."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.lang.jsonata.syntax.tree import Apply, Bind, Block, Call, Lambda, Node, Path, Variable


def free_variables(tree: Node) -> frozenset[str]:
    """Return the names of the variables that are read and not bound before; without what is only called."""
    try:
        return frozenset(_free(tree, set()))
    except RecursionError:  # deeper than is ever evaluated: what it reads, nobody comes to
        return frozenset()


def _free(node: Node, bound: set[str]) -> set[str]:
    """Return the variables that a node reads of those that are not bound; what it binds is bound from there on."""
    if isinstance(node, Variable):
        return {node.name} - bound - {"", "$"}
    if isinstance(node, Lambda):
        return _free(node.body, bound | set(node.parameters))
    if isinstance(node, Bind):
        names = _free(node.value, bound | {node.name} if isinstance(node.value, Lambda) else bound)
        bound.add(node.name)
        return names
    within = set(bound) if isinstance(node, (Block, Path)) else bound
    names = set[str]()
    for child in _evaluated(node):
        names |= _free(child, within)
        within |= {name for name in (child.focus, child.index) if name}
    return names


def _evaluated(node: Node) -> Iterator[Node]:
    called = node.procedure if isinstance(node, Call) else node.right if isinstance(node, Apply) else None
    return (child for child in node.children() if child is not called or not isinstance(child, Variable))
