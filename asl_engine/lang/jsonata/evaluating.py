"""`$eval`: an expression read while another is evaluated.

Where it is called by its name it sees the variables of the place, as in the reference; handed on as a value it sees
the globals. What it binds itself is gone when it ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import JSONataError
from .functions import Code, Env
from .runtime import Runtime
from .scopes import Scope
from .sequences import Outer, Sequence
from .values import UNDEFINED, Value

if TYPE_CHECKING:
    from .compile import Compiler


def evaluate_text(runtime: Runtime, text: Value, focus: Value = UNDEFINED) -> Value:
    """`$eval` as a value."""
    from .compile import Compiler
    from .library import library

    if text is UNDEFINED:
        return UNDEFINED
    return _evaluated(Compiler(library()), text, UNDEFINED, focus, None, [None, runtime])


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
    from .precedence import parse

    if focus is not UNDEFINED:
        i = Outer((focus,)) if isinstance(focus, list) and not isinstance(focus, Sequence) else focus
    try:
        e[1].charge(100 + len(text))
        parsed = parse(text)
        body, size = compiler.within(parsed.binds).whole(parsed.tree, scope)
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
