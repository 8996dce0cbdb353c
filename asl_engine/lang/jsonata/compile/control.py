"""Conditions, blocks, bindings, and regular expressions as functions."""

from __future__ import annotations

from typing import Any

from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.scopes import Scope, nothing
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.syntax.tree import Bind, Block, Condition, Regex
from asl_engine.lang.jsonata.values.functions import Code, Env, Special
from asl_engine.lang.jsonata.values.text import text_of
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value


def compile_condition(compiler: Compiler, node: Condition, scope: Scope, depth: int, is_tail: bool) -> Code:
    """Return the code of `a ? b : c`."""
    test = compiler.test(node.test, scope, depth + 1)
    then = compiler.value(node.then, scope, depth + 1, is_tail)
    other = nothing if node.other is None else compiler.value(node.other, scope, depth + 1, is_tail)
    return lambda i, e: then(i, e) if test(i, e) else other(i, e)


def compile_block(compiler: Compiler, node: Block, scope: Scope, depth: int, is_tail: bool) -> Code:
    """Return the code of `(...; ...)`, with a frame if it binds something."""
    if not node.expressions:
        return nothing
    names = compiler.bound_in(*node.expressions)
    inner = Scope(scope, later=names) if names else scope
    codes = [compiler.value(part, inner, depth + 1) for part in node.expressions[:-1]]
    last = compiler.value(node.expressions[-1], inner, depth + 1, is_tail)
    if not names:
        return _all_of(codes, last) if codes else last
    blank = inner.blank

    def code(i: Value, e: Env) -> Value:
        frame = [e, e[1], *blank]
        for part in codes:
            part(i, frame)
        return last(i, frame)

    return code


def _all_of(codes: list[Code], last: Code) -> Code:
    def code(i: Value, e: Env) -> Value:
        for part in codes:
            part(i, e)
        return last(i, e)

    return code


def compile_bind(compiler: Compiler, node: Bind, scope: Scope, depth: int) -> Code:
    """Return the code of `$name := value`."""
    value = compiler.value(node.value, scope, depth + 1)
    place = scope.places[node.name]

    def code(i: Value, e: Env) -> Value:
        result = e[place] = value(i, e)
        return result

    return code


def compile_regex_literal(compiler: Compiler, node: Regex, scope: Scope, depth: int) -> Code:
    """Return the code of `/pattern/flags`, which is a function from a text to its first match."""
    from asl_engine.lang.jsonata.patterns import compiled_pattern

    try:
        matcher = compiled_pattern(node.pattern, node.flags)
    except JSONataError as error:
        error.position = node.position
        raise
    function = matching(matcher, node.pattern, node.position)
    return lambda i, e: function


def matching(matcher: Any, source: str, position: int) -> Special:
    """Return the function that finds a match, and in it the function that finds the next."""

    from asl_engine.lang.jsonata.patterns import first_match

    def find(runtime: Runtime, text: Value = UNDEFINED, start: Value = 0, *rest: Value) -> Value:
        if not isinstance(text, str):
            text = "undefined" if text is UNDEFINED else text_of(text, runtime)
        runtime.charge(matcher.toll(text))
        return _found(runtime, text, start if isinstance(start, int) else 0)

    def _found(runtime: Runtime, text: str, start: int) -> Value:
        runtime.charge(1 + (len(text) >> 6))
        match = first_match(matcher, text, start, runtime)
        if match is None:
            return UNDEFINED
        following = Special(lambda runtime, *ignored: _next(runtime, text, match.end), 0)
        groups = [UNDEFINED if group is None else group for group in match.groups]
        return {"match": match.text, "start": match.start, "end": match.end, "groups": groups, "next": following}

    def _next(runtime: Runtime, text: str, end: int) -> Value:
        if end >= len(text):
            return UNDEFINED
        match = _found(runtime, text, end)
        if match is not UNDEFINED and match["match"] == "":
            raise JSONataError("D1004", position, value=source)
        return match

    return Special(find, 2)
