"""From the tree to code: each node becomes a Python closure of the input and the frame.

A node's code gives the value as the reference's evaluator would: sequences collapsed, filters applied. What is known
when the expression is compiled is not asked again while it runs: where a variable is, whether a step needs bindings
beside its values, which function a name of the library means. `names_taken` are those names of the library that this
evaluation binds to something else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from asl_engine.lang.jsonata.compile.scopes import FIRST, Scope, bound_in, variable
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import TOO_DEEP
from asl_engine.lang.jsonata.syntax.tree import (
    Binary,
    Block,
    Call,
    Condition,
    Descendants,
    Node,
    Path,
    Variable,
    Wildcard,
)
from asl_engine.lang.jsonata.values.functions import UNBOUND, Code, Env, Native
from asl_engine.lang.jsonata.values.judgements import truth
from asl_engine.lang.jsonata.values.sequences import Kept, Sequence, Tuples, collapse
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value

Make: TypeAlias = "Callable[[Compiler, Any, Scope, int], Code]"

_MAKING: Final = (Wildcard, Descendants)
"""Nodes whose code gives sequences that are not collapsed yet."""

_BOOLEAN: Final = frozenset({"=", "!=", "in", "and", "or"})


class Codes(NamedTuple):
    """How the code of each kind of node is made: `nodes.CODES`, handed in as its makers call the compiler in turn."""

    nodes: Mapping[type[Node], Make]
    with_tail: Mapping[type[Node], Callable[[Compiler, Any, Scope, int, bool], Code]]
    filtered: Callable[[Compiler, Node, Code, Node, Scope, int], Code]
    """From a node, its code, a predicate behind it, the scope and the depth."""
    group: Make
    tuple_path: Make
    """Of a path in which something is bound."""


class Compiler:
    """Compiles for one library. What is nested below `deepest` levels of the text has code that fails."""

    def __init__(
        self,
        codes: Codes,
        library: Mapping[str, Native],
        names_taken: frozenset[str] = frozenset(),
        binds: bool = True,
        deepest: int = sys.maxsize,
    ) -> None:
        self.codes = codes
        self.library = library
        self.names_taken = names_taken
        self._binds = binds
        self.deepest = deepest

    def within(self, binds: bool) -> Compiler:
        """Return a compiler for an expression within this one."""
        return Compiler(self.codes, self.library, self.names_taken, binds, self.deepest)

    def bound_in(self, *nodes: Node) -> list[str]:
        """Return the names that the nodes bind in the frame that they are evaluated in."""
        return bound_in(*nodes) if self._binds else []

    def value(self, node: Node, scope: Scope, depth: int, is_tail: bool = False) -> Code:
        """Return the code of a node with its filters and grouping; a tail may give a `TailCall`."""
        if depth > self.deepest:
            return too_deep
        is_tail = is_tail and not node.predicates and node.group is None and not node.keep_array
        code = self.bare(node, scope, depth, is_tail)
        for predicate in node.predicates or ():
            code = self.codes.filtered(self, node, code, predicate, scope, depth + 1)
        if node.group is not None and not isinstance(node, Path):
            code = _grouping(code, self.codes.group(self, node.group, scope, depth + 1))
        if node.keep_array:
            return _keeping(code)
        return _collapsing(code) if node.predicates or isinstance(node, _MAKING) else code

    def bare(self, node: Node, scope: Scope, depth: int, is_tail: bool = False) -> Code:
        """Return the code of a node without what follows it."""
        if isinstance(node, (Call, Condition, Block)):
            return self.codes.with_tail[type(node)](self, node, scope, depth, is_tail)
        return self.codes.nodes[type(node)](self, node, scope, depth)

    def test(self, node: Node, scope: Scope, depth: int) -> Code:
        """Return code that gives the node's value as a Python bool."""
        code = self.value(node, scope, depth)
        if isinstance(node, Binary) and node.operator in _BOOLEAN and not node.predicates and node.group is None:
            return code
        return _as_test(code)

    def known(self, node: Node, scope: Scope) -> Native | None:
        """Return the function of the library that the node is sure to mean."""
        if not isinstance(node, Variable) or node.predicates or node.group is not None:
            return None
        if node.name in self.names_taken or scope.candidates(node.name):
            return None
        return self.library.get(node.name)

    def blank(self, size: int) -> list[Any]:
        """Return the variables of a new frame of that size."""
        return [UNBOUND] * (size - FIRST)

    def variable(self, name: str, scope: Scope) -> Code:
        """Return the code for `$name`."""
        return variable(name, scope, self.library.get(name, UNDEFINED))


def too_deep(i: Value, e: Env) -> Value:
    """The code of what is nested deeper than is evaluated; it fails where it is reached, and not before."""
    raise JSONataError("U1001", message=TOO_DEEP)


def _keeping(code: Code) -> Code:
    def kept(i: Value, e: Env) -> Value:
        value = code(i, e)
        if isinstance(value, Sequence) and type(value) is not Tuples:
            return Kept(value) if value else UNDEFINED
        return value

    return kept


def _collapsing(code: Code) -> Code:
    return lambda i, e: collapse(code(i, e))


def _grouping(code: Code, group: Code) -> Code:
    """Return code that groups what the code gives."""
    return lambda i, e: group(code(i, e), e)


def _as_test(value: Code) -> Code:
    """Return code that gives the value as a Python bool."""

    def code(i: Value, e: Env) -> bool:
        result = value(i, e)
        return result is True or (result is not False and result is not UNDEFINED and truth(result))

    return code
