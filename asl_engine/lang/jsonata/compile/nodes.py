"""The code of every kind of node: what a compiler is made with."""

from __future__ import annotations

from typing import Final

from asl_engine.lang.jsonata.compile import calls, constructors, control, operators, paths, transforms, tuples
from asl_engine.lang.jsonata.compile.compiler import Codes, Compiler
from asl_engine.lang.jsonata.compile.scopes import Scope, variable
from asl_engine.lang.jsonata.syntax.tree import (
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
from asl_engine.lang.jsonata.values.functions import Code
from asl_engine.lang.jsonata.values.value import UNDEFINED


def _literal(compiler: Compiler, node: Literal, scope: Scope, depth: int) -> Code:
    value = node.value
    return lambda i, e: value


def _variable(compiler: Compiler, node: Variable, scope: Scope, depth: int) -> Code:
    return compiler.variable(node.name, scope)


def _parent(compiler: Compiler, node: Parent, scope: Scope, depth: int) -> Code:
    return variable(node.slot.label, scope, UNDEFINED)


def _filtered(compiler: Compiler, node: Node, code: Code, predicate: Node, scope: Scope, depth: int) -> Code:
    if node.is_tuple:
        return tuples.with_tuple_filter(compiler, node, code, predicate, scope, depth)
    return paths.with_filter(code, paths.compile_filter(compiler, predicate, scope, depth))


CODES: Final = Codes(
    nodes={
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
    },
    with_tail={
        Call: calls.compile_call,
        Condition: control.compile_condition,
        Block: control.compile_block,
    },
    filtered=_filtered,
    group=constructors.compile_group,
    tuple_path=tuples.compile_tuple_path,
)
