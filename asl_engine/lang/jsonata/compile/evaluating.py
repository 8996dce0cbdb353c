"""`$eval`: an expression read while another is evaluated.

Where it is called by its name it sees the variables of the place, as in the reference; handed on as a value it sees
the globals. What it binds itself is gone when it ends.
"""

from __future__ import annotations

from collections.abc import Callable

from asl_engine.lang.jsonata.compile.bodies import whole
from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.scopes import Scope
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.syntax.precedence import parse
from asl_engine.lang.jsonata.values.functions import Code, Env
from asl_engine.lang.jsonata.values.sequences import Outer, Sequence
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value


def evaluator(compiler: Compiler) -> Callable[..., Value]:
    """Return `$eval` as a value."""

    def evaluate(runtime: Runtime, text: Value, focus: Value = UNDEFINED) -> Value:
        if text is UNDEFINED:
            return UNDEFINED
        return _evaluated(compiler, text, UNDEFINED, focus, None, [None, runtime])

    return evaluate


def compile_eval(compiler: Compiler, arguments: list[Code], scope: Scope, position: int) -> Code:
    """Return the code of `$eval(...)`."""
    signature = compiler.library["eval"].signature

    def code(i: Value, e: Env) -> Value:
        try:
            text, focus = signature.checked([argument(i, e) for argument in arguments], i)
            return UNDEFINED if text is UNDEFINED else _evaluated(compiler, text, i, focus, scope, e)
        except JSONataError as error:
            error.position, error.token = position, "eval"
            raise

    return code


def _evaluated(compiler: Compiler, text: str, i: Value, focus: Value, scope: Scope | None, e: Env) -> Value:
    if focus is not UNDEFINED:
        i = Outer((focus,)) if isinstance(focus, list) and not isinstance(focus, Sequence) else focus
    try:
        e[1].charge(100 + len(text))
        parsed = parse(text)
        body, size = whole(compiler.within(parsed.binds), parsed.tree, scope)
    except JSONataError as error:
        raise JSONataError("D3120", value=error.message) if error.code[0] != "U" else error from None
    e[1].depth += 10
    if e[1].depth > e[1].max_depth:
        raise e[1].too_deep()
    try:
        result = body.code()(i, [e, e[1], *compiler.blank(size)])
    except JSONataError as error:
        raise JSONataError("D3121", value=error.message) if error.code[0] != "U" else error from None
    e[1].depth -= 10
    return result
