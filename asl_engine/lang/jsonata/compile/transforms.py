"""`|pattern|update, delete|`: a function that copies its argument and changes what the pattern finds in the copy.

Only the copy is changed. A pattern that leads elsewhere, to the input document for instance, finds objects that are
not the copy's: those stay as they are, because values are never changed in place here.
"""

from __future__ import annotations

from typing import Any

from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.scopes import Scope
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.syntax.tree import Transform
from asl_engine.lang.jsonata.values.functions import Code, Env, Native, apply
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value, is_function


def compile_transform(compiler: Compiler, node: Transform, scope: Scope, depth: int) -> Code:
    """Return the code that makes the function."""
    pattern = compiler.value(node.pattern, scope, depth + 1)
    update = compiler.value(node.update, scope, depth + 1)
    delete = None if node.delete is None else compiler.value(node.delete, scope, depth + 1)
    clone = compiler.variable("clone", scope)

    def code(i: Value, e: Env) -> Value:
        def transform(runtime: Runtime, value: Value) -> Value:
            if value is UNDEFINED:
                return UNDEFINED
            function = clone(i, e)
            if not is_function(function):
                raise JSONataError("T2013", node.position)
            copy = apply(function, [value], None, runtime)
            own = _objects_in(copy, runtime)
            matches = pattern(copy, e)
            for match in matches if isinstance(matches, list) else [matches]:
                if match is not UNDEFINED:
                    _changed(match, update, delete, e, node, id(match) in own)
            return copy

        return Native("", transform, "<(oa):o>", 1)

    return code


def _objects_in(value: Value, runtime: Runtime) -> set[int]:
    places = set()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        runtime.charge(1)
        if isinstance(item, dict):
            places.add(id(item))
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return places


def _changed(match: Any, update: Code, delete: Code | None, e: Env, node: Transform, is_own: bool) -> None:
    changes = update(match, e)
    if changes is not UNDEFINED:
        if not isinstance(changes, dict):
            raise JSONataError("T2011", node.update.position, value=changes)
        if is_own:
            match.update(changes)
    names = UNDEFINED if delete is None else delete(match, e)
    if names is UNDEFINED:
        return
    listed = names if isinstance(names, list) else [names]
    if not all(isinstance(name, str) for name in listed):
        raise JSONataError("T2012", node.delete.position if node.delete else 0, value=names)
    for name in listed if is_own else ():
        match.pop(name, None)
