"""Calls, lambdas and partial applications.

A function of the library that nothing shadows is known when the expression is compiled, and a lambda written as the
argument of `$map` or `$filter` never becomes a value: its body runs in a loop. Any other call finds out what it calls
when it happens. Calls count how deep they are nested (see `runtime`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from asl_engine.lang.jsonata.compile.bodies import body_of
from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.evaluating import compile_eval
from asl_engine.lang.jsonata.compile.loops import LOOPS
from asl_engine.lang.jsonata.compile.scopes import Scope
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.library.higher_order import sort_by
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.syntax.tree import Apply, Binary, Call, Literal, Name, Node, Path, Placeholder, Variable
from asl_engine.lang.jsonata.syntax.tree import Lambda as LambdaNode
from asl_engine.lang.jsonata.values.functions import (
    Code,
    Env,
    Lambda,
    Native,
    Partial,
    Special,
    TailCall,
    apply,
    placed,
    run_lambda,
)
from asl_engine.lang.jsonata.values.sequences import MADE, collapse
from asl_engine.lang.jsonata.values.signatures import parse_signature
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value, is_function

Arguments: TypeAlias = Callable[[Value, Env], "list[Value]"]
Settle: TypeAlias = Callable[[Value], Value]

TAKING_FUNCTIONS: Final = frozenset(
    {"map", "filter", "single", "reduce", "sift", "each", "sort", "replace", "match", "split", "contains", "eval"}
)


def compile_lambda(compiler: Compiler, node: LambdaNode, scope: Scope, depth: int) -> Code:
    """Return the code that makes a function."""
    inner = Scope(scope, node.parameters, compiler.bound_in(node.body))
    body = compiler.value(node.body, inner, 1, is_tail=True)
    arity, size = len(node.parameters), inner.size - 2
    signature = None if node.signature is None else parse_signature(node.signature)
    return lambda i, e: Lambda(body, arity, size, signature, i, e)


def token_of(procedure: Node) -> Any:
    """Return the name that an error of a call mentions."""
    if isinstance(procedure, Path):
        return getattr(procedure.steps[0], "name", None)
    return procedure.name if isinstance(procedure, Variable) else getattr(procedure, "value", None)


def compile_call(
    compiler: Compiler, node: Call, scope: Scope, depth: int, is_tail: bool = False, first: Code | None = None
) -> Code:
    """Return the code of a call; `first` gives an argument before those that are written."""
    if node.is_partial:
        return _partial(compiler, node, scope, depth)
    codes = [compiler.value(argument, scope, depth + 1) for argument in node.arguments]
    if first is not None:
        codes.insert(0, first)
    arguments = _arguments(codes)
    token = token_of(node.procedure)
    settle = _as_is if node.keep_array else collapse
    native = compiler.known(node.procedure, scope)
    if native is not None:
        if native.name == "eval":
            return compile_eval(compiler, codes, scope, node.position)
        if first is None and not node.keep_array and (special := _specialised(compiler, native, node, scope, depth)):
            return special
        if len(codes) == 1 and native.name not in TAKING_FUNCTIONS:
            return _native_call_of_one(native, codes[0], node.position, token, settle)
        return _native_call(native, arguments, node.position, token, depth, settle)
    procedure = _procedure(compiler, node, scope, depth, "T1005")
    if is_tail:
        return _tail_call(procedure, arguments, node.position, token)
    return _call(procedure, arguments, node.position, token, depth, settle)


def _arguments(codes: list[Code]) -> Arguments:
    if len(codes) == 1:
        only = codes[0]
        return lambda i, e: [only(i, e)]
    return lambda i, e: [code(i, e) for code in codes]


def _procedure(compiler: Compiler, node: Call, scope: Scope, depth: int, code: str) -> Code:
    """Return the code of what is called; a name without `$` that would be a function is told so."""
    procedure = compiler.value(node.procedure, scope, depth + 1)
    name = token_of(node.procedure)
    if not isinstance(node.procedure, Path) or name is None:
        return procedure
    meant = compiler.variable(name, scope)

    def checked(i: Value, e: Env) -> Value:
        function = procedure(i, e)
        if function is UNDEFINED and meant(i, e) is not UNDEFINED:
            raise JSONataError(code, node.position, name)
        return function

    return checked


def _as_is(value: Value) -> Value:
    return value


def _call(procedure: Code, arguments: Arguments, position: int, token: Any, depth: int, settle: Settle) -> Code:
    def code(i: Value, e: Env) -> Value:
        function = procedure(i, e)
        values = arguments(i, e)
        runtime: Runtime = e[1]
        before = runtime.depth
        runtime.depth = before + depth
        if before + depth >= runtime.max_depth:
            raise runtime.too_deep()
        try:
            result = apply(function, values, i, runtime)
        except JSONataError as error:
            placed(error, position, token)
            raise
        runtime.depth = before
        return settle(result)

    return code


def _tail_call(procedure: Code, arguments: Arguments, position: int, token: Any) -> Code:
    return lambda i, e: TailCall(procedure(i, e), arguments(i, e), i, position, token)


def _native_call(native: Native, arguments: Arguments, position: int, token: Any, depth: int, settle: Settle) -> Code:
    if native.name in TAKING_FUNCTIONS:
        return _call(lambda i, e: native, arguments, position, token, depth, settle)
    implementation, signature = native.implementation, native.signature

    def code(i: Value, e: Env) -> Value:
        values = arguments(i, e)
        try:
            result = implementation(e[1], *signature.checked(values, i))
        except JSONataError as error:
            placed(error, position, token)
            raise
        return settle(result) if type(result) in MADE else result

    return code


def _native_call_of_one(native: Native, argument: Code, position: int, token: Any, settle: Settle) -> Code:
    implementation, checked = native.implementation, native.signature.checked

    def code(i: Value, e: Env) -> Value:
        value = argument(i, e)
        try:
            result = implementation(e[1], *checked([value], i))
        except JSONataError as error:
            placed(error, position, token)
            raise
        return settle(result) if type(result) in MADE else result

    return code


def _specialised(compiler: Compiler, native: Native, node: Call, scope: Scope, depth: int) -> Code | None:
    """Return a loop for `$map(values, function(...){...})` and the like."""
    if native.name == "sort":
        return _sort_by_key(compiler, native, node, scope, depth)
    loop = LOOPS.get(native.name)
    if loop is None or len(node.arguments) != 2:
        return None
    written = node.arguments[1]
    if not isinstance(written, LambdaNode) or written.signature is not None or written.predicates or written.group:
        return None
    if not 1 <= len(written.parameters) <= 3:
        return None
    values = compiler.value(node.arguments[0], scope, depth + 1)
    inner = Scope(scope, written.parameters, compiler.bound_in(written.body))
    body = body_of(compiler, written.body, inner, depth + 2)
    blank = inner.blank[len(written.parameters) :]
    return loop(values, body, len(written.parameters), blank)


def _sort_by_key(compiler: Compiler, native: Native, node: Call, scope: Scope, depth: int) -> Code | None:
    """Return code for `$sort(values, function($a, $b){$a.x > $b.x})` that takes `x` of each value once."""
    if len(node.arguments) != 2 or (order := key_order(node.arguments[1])) is None:
        return None
    key_node, parameter, is_descending = order
    values = compiler.value(node.arguments[0], scope, depth + 1)
    key = body_of(compiler, key_node, Scope(scope, [parameter]), depth + 2)
    written = compiler.value(node.arguments[1], scope, depth + 1)

    def code(i: Value, e: Env) -> Value:
        items = values(i, e)
        runtime: Runtime = e[1]
        if isinstance(items, list) and len(items) > 1:
            runtime.charge(len(items))
            key_of = key.code(len(items))
            result = sort_by(items, [key_of(i, [e, runtime, item]) for item in items], is_descending)
            if result is not None:
                return result
        try:
            return collapse(apply(native, [items, written(i, e)], i, runtime))
        except JSONataError as error:
            placed(error, node.position, "sort")
            raise

    return code


def key_order(function: Node) -> tuple[Node, str, bool] | None:
    """Return the key, its variable and whether it descends, if the function compares the same fields of both items."""
    if not isinstance(function, LambdaNode) or len(set(function.parameters)) != 2 or function.signature is not None:
        return None
    body = function.body
    if not isinstance(body, Binary) or body.operator not in ("<", ">") or body.predicates or body.group:
        return None
    left, right = _fields_of(body.left), _fields_of(body.right)
    if left is None or right is None or left[1] != right[1] or {left[0], right[0]} != set(function.parameters):
        return None
    is_forward = left[0] == function.parameters[0]
    return body.left, left[0], (body.operator == "<") is is_forward


def _fields_of(node: Node) -> tuple[str, list[str]] | None:
    """Return the variable and the names of a path that has nothing else."""
    steps = node.steps if isinstance(node, Path) else [node]
    first, *rest = steps
    names = [step.name for step in rest if isinstance(step, Name)]
    if not isinstance(first, Variable) or len(names) != len(rest) or node.keep_array or node.group is not None:
        return None
    is_bare = not any(step.stages or step.predicates or step.keep_array or step.is_tuple for step in steps)
    return (first.name, names) if is_bare else None


def _partial(compiler: Compiler, node: Call, scope: Scope, depth: int) -> Code:
    blanks = [number for number, argument in enumerate(node.arguments) if isinstance(argument, Placeholder)]
    arguments = [
        compiler.value(Literal(None, 0) if isinstance(argument, Placeholder) else argument, scope, depth + 1)
        for argument in node.arguments
    ]
    procedure = _procedure(compiler, node, scope, depth, "T1007")

    def code(i: Value, e: Env) -> Value:
        values = [argument(i, e) for argument in arguments]
        function = procedure(i, e)
        if not is_function(function):
            raise JSONataError("T1008", node.position, token_of(node.procedure))
        return Partial(function, values, blanks)

    return code


def compile_apply(compiler: Compiler, node: Apply, scope: Scope, depth: int) -> Code:
    """Return the code of `x ~> f`."""
    left = compiler.value(node.left, scope, depth + 1)
    settle = _as_is if node.keep_array else collapse
    if isinstance(node.right, Call) and not node.right.is_partial:
        return compile_call(compiler, node.right, scope, depth + 1, first=left)
    right = compiler.value(node.right, scope, depth + 1)

    def code(i: Value, e: Env) -> Value:
        value = left(i, e)
        function = right(i, e)
        if not is_function(function):
            raise JSONataError("T2006", node.position, value=function)
        if is_function(value):
            return composed(value, function)
        return settle(apply(function, [value], None, e[1]))

    return code


def composed(first: Value, second: Value) -> Special:
    """Return the function that applies one after the other."""

    def run(runtime: Runtime, *arguments: Value) -> Value:
        runtime.charge(1)
        between = collapse(apply(first, [arguments[0] if arguments else UNDEFINED], None, runtime))
        return apply(second, [between], None, runtime)

    return Special(run, 1)


__all__ = ["compile_apply", "compile_call", "compile_lambda", "run_lambda"]
