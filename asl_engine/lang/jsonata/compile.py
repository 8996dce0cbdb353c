"""From the tree to code: each node becomes a Python closure of the input and the frame.

A node's code gives the value as the reference's evaluator would: sequences collapsed, filters applied. What is known
when the expression is compiled is not asked again while it runs: where a variable is, whether a step needs bindings
beside its values, which function a name of the library means. `names_taken` are those names of the library that this
evaluation binds to something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from . import calls, constructors, control, operators, paths, transforms, tuples
from .functions import UNBOUND, Code, Env, Native
from .scopes import FIRST, Scope, bound_in, variable
from .sequences import Kept, Sequence, Tuples, collapse
from .straight import Body, body_of
from .tree import (
    Apply,
    Array,
    Binary,
    Bind,
    Block,
    Call,
    Condition,
    Descendants,
    Lambda,
    Literal,
    Name,
    Negation,
    Node,
    Object,
    Parent,
    Path,
    Regex,
    Transform,
    Variable,
    Wildcard,
)
from .values import UNDEFINED, Value

_BOOLEAN: Final = frozenset({"=", "!=", "in", "and", "or"})


class Compiler:
    """Compiles for one library."""

    def __init__(
        self, library: Mapping[str, Native], names_taken: frozenset[str] = frozenset(), binds: bool = True
    ) -> None:
        self.library = library
        self.names_taken = names_taken
        self._binds = binds

    def within(self, binds: bool) -> Compiler:
        """Return a compiler for an expression within this one."""
        return Compiler(self.library, self.names_taken, binds)

    def bound_in(self, *nodes: Node) -> list[str]:
        """Return the names that the nodes bind in the frame that they are evaluated in."""
        return bound_in(*nodes) if self._binds else []

    def group(self, node: Object, scope: Scope, depth: int) -> constructors.Group:
        """Return the code of a grouping."""
        return constructors.compile_group(self, node, scope, depth)

    def tuple_path(self, node: Path, scope: Scope, depth: int) -> Code:
        """Return the code of a path in which something is bound."""
        return tuples.compile_tuple_path(self, node, scope, depth)

    def whole(self, node: Node, scope: Scope | None = None) -> tuple[Body, int]:
        """Return the body of an expression and the size of the frame that it runs in."""
        own = Scope(scope, later=self.bound_in(node))
        return body_of(self, node, own, 1), own.size

    def value(self, node: Node, scope: Scope, depth: int, is_tail: bool = False) -> Code:
        """Return the code of a node with its filters and grouping; a tail may give a `TailCall`."""
        is_tail = is_tail and not node.predicates and node.group is None and not node.keep_array
        code = self.bare(node, scope, depth, is_tail)
        for predicate in node.predicates or ():
            code = self._filtered(node, code, predicate, scope, depth + 1)
        if node.group is not None and not isinstance(node, Path):
            code = constructors.with_group(code, constructors.compile_group(self, node.group, scope, depth + 1))
        if node.keep_array:
            return _keeping(code)
        return _collapsing(code) if node.predicates or isinstance(node, _MAKING) else code

    def _filtered(self, node: Node, code: Code, predicate: Node, scope: Scope, depth: int) -> Code:
        if node.is_tuple:
            return tuples.with_tuple_filter(self, node, code, predicate, scope, depth)
        return paths.with_filter(code, paths.compile_filter(self, predicate, scope, depth))

    def bare(self, node: Node, scope: Scope, depth: int, is_tail: bool = False) -> Code:
        """Return the code of a node without what follows it."""
        if isinstance(node, (Call, Condition, Block)):
            with_tail = _WITH_TAIL[type(node)]
            return with_tail(self, node, scope, depth, is_tail)
        return _BARE[type(node)](self, node, scope, depth)

    def test(self, node: Node, scope: Scope, depth: int) -> Code:
        """Return code that gives the node's value as a Python bool."""
        code = self.value(node, scope, depth)
        if isinstance(node, Binary) and node.operator in _BOOLEAN and not node.predicates and node.group is None:
            return code
        return operators.as_test(code)

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


def _keeping(code: Code) -> Code:
    def keeping(i: Value, e: Env) -> Value:
        value = code(i, e)
        if isinstance(value, Sequence) and type(value) is not Tuples:
            return Kept(value) if value else UNDEFINED
        return value

    return keeping


def _collapsing(code: Code) -> Code:
    return lambda i, e: collapse(code(i, e))


def _literal(compiler: Compiler, node: Literal, scope: Scope, depth: int) -> Code:
    value = node.value
    return lambda i, e: value


def _variable(compiler: Compiler, node: Variable, scope: Scope, depth: int) -> Code:
    return compiler.variable(node.name, scope)


def _parent(compiler: Compiler, node: Parent, scope: Scope, depth: int) -> Code:
    return variable(node.slot.label, scope, UNDEFINED)


_MAKING: Final = (Wildcard, Descendants)
"""Nodes whose code gives sequences that are not collapsed yet."""

_WITH_TAIL: Final[dict[type[Node], Callable[[Compiler, Any, Scope, int, bool], Code]]] = {
    Call: calls.compile_call,
    Condition: control.compile_condition,
    Block: control.compile_block,
}

_BARE: Final[dict[type[Node], Callable[[Compiler, Any, Scope, int], Code]]] = {
    Literal: _literal,
    Variable: _variable,
    Parent: _parent,
    Name: paths.compile_name,
    Wildcard: paths.compile_wildcard,
    Descendants: paths.compile_descendants,
    Path: paths.compile_path,
    Binary: operators.compile_binary,
    Negation: operators.compile_negation,
    Array: constructors.compile_array,
    Object: constructors.compile_object,
    Bind: control.compile_bind,
    Lambda: calls.compile_lambda,
    Apply: calls.compile_apply,
    Regex: control.compile_regex_literal,
    Transform: transforms.compile_transform,
}
