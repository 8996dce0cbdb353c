"""Arrays and objects that an expression makes, and groupings, which are objects made of a sequence.

An object is a grouping of one item. A grouping evaluates each key for each item, collects the items under their keys,
and then evaluates each value once with what was collected as its input.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.scopes import Scope
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.syntax.tree import Array, Literal, Node, Object
from asl_engine.lang.jsonata.values.functions import Code, Env
from asl_engine.lang.jsonata.values.sequences import MADE, Sequence, Tuples, Whole, appended
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value

Pairs: TypeAlias = "list[tuple[Code, Code]]"


def compile_array(compiler: Compiler, node: Array, scope: Scope, depth: int) -> Code:
    """Return the code of `[...]`."""
    items = [compiler.value(item, scope, depth + 1) for item in node.items]
    if node.is_kept_whole:
        return _whole(_array(items, node.explicit))
    if len(items) == 1 and not node.explicit[0]:
        return _single(items[0])
    return _array(items, node.explicit)


def _single(item: Code) -> Code:
    def code(i: Value, e: Env) -> Value:
        value = item(i, e)
        if isinstance(value, list):
            e[1].charge(len(value))
            return list(value)
        return [] if value is UNDEFINED else [value]

    return code


def _array(items: list[Code], explicit: list[bool]) -> Code:
    both = list(zip(items, explicit, strict=True))

    def code(i: Value, e: Env) -> Value:
        out: list[Any] = []
        for item, is_explicit in both:
            value = item(i, e)
            if value is UNDEFINED:
                continue
            if isinstance(value, list) and not is_explicit:
                e[1].charge(len(value))
                out.extend(value)
            else:
                out.append(value)
        return out

    return code


def _whole(array: Code) -> Code:
    def code(i: Value, e: Env) -> Value:
        e[1].is_mixed = True
        return Whole(array(i, e))

    return code


def compile_object(compiler: Compiler, node: Object, scope: Scope, depth: int) -> Code:
    """Return the code of `{...}` as a value."""
    names = [name for key, _ in node.pairs if (name := _constant(key)) is not None]
    if len(set(names)) == len(node.pairs):
        values = [compiler.value(value, scope, depth + 1) for _, value in node.pairs]
        return _constant_object(list(zip(names, values, strict=True)), compile_group(compiler, node, scope, depth))
    return compile_group(compiler, node, scope, depth)


def _constant(key: Node) -> str | None:
    if isinstance(key, Literal) and isinstance(key.value, str) and not key.predicates and key.group is None:
        return key.value
    return None


def _constant_object(pairs: list[tuple[str, Code]], group: Code) -> Code:
    """Return code for an object whose keys are texts of the expression; of an array it is a grouping."""

    def code(i: Value, e: Env) -> Value:
        if isinstance(i, list) and len(i) != 1:
            return group(i, e)
        item = i[0] if isinstance(i, list) else i
        out = {}
        for name, value in pairs:
            result = value(item, e)
            if result is not UNDEFINED:
                if type(result) in MADE:
                    result = settled_list(result, e)
                out[name] = result
        return out

    return code


def settled_list(values: Any, e: Env) -> Value:
    """Return a sequence as it is kept in an object: as an array, where nothing can tell the difference any more."""
    if type(values) is Sequence and len(values) > 1:
        return list(values)
    e[1].is_mixed = True
    return values


def compile_group(compiler: Compiler, node: Object, scope: Scope, depth: int) -> Code:
    """Return the code that groups a sequence, given as the input."""
    pairs = [
        (compiler.value(key, scope, depth + 1), compiler.value(value, scope, depth + 1)) for key, value in node.pairs
    ]

    def code(i: Value, e: Env) -> Value:
        items = (i or [UNDEFINED]) if isinstance(i, list) else [i]
        collected = _collected(items, pairs, e, node.position)
        return made_of({key: pairs[number][1](data, e) for key, (number, data) in collected.items()}, e)

    return code


def made_of(fields: dict[str, Value], e: Env) -> dict[str, Value]:
    """Return the fields that have a value."""
    return {
        key: settled_list(value, e) if type(value) in MADE else value
        for key, value in fields.items()
        if value is not UNDEFINED
    }


def _collected(items: list[Any], pairs: Pairs, e: Env, position: int) -> dict[str, tuple[int, Value]]:
    """Return the items by key, each key with the number of the pair that it comes from."""
    groups: dict[str, tuple[int, list[Value]]] = {}
    e[1].charge(len(items))
    for item in items:
        for number, (key_code, _) in enumerate(pairs):
            add_item(groups, key_code(item, e), number, item, position)
    return {key: (number, gathered_items(group)) for key, (number, group) in groups.items()}


def add_item(groups: dict[str, tuple[int, list[Value]]], key: Value, number: int, item: Value, position: int) -> None:
    """Put the item under its key; raise JSONataError if the key is no text, or another pair's."""
    if key is UNDEFINED:
        return
    if type(key) is not str:
        raise JSONataError("T1003", position, value=key)
    if key not in groups:
        groups[key] = (number, [item])
    elif groups[key][0] != number:
        raise JSONataError("D1009", position, value=key)
    else:
        groups[key][1].append(item)


def gathered_items(items: list[Value]) -> Value:
    """Return one item as itself and several as an array, arrays among them joined."""
    result = items[0]
    for item in items[1:]:
        if type(result) is list and result is not items[0]:
            result.extend(item) if isinstance(item, list) else result.append(item)
        else:
            result = appended(result, item)
    return result


__all__ = ["Tuples", "compile_array", "compile_group", "compile_object"]
