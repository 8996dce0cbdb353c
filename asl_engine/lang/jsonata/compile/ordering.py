"""`^(...)`: a sequence in the order of its terms.

The terms are evaluated once for each item. Where all values of a term are numbers or all are texts, as nearly always,
Python sorts by them; else the items are compared two by two, in the order of the reference, to find what is wrong or
what has no value and comes last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asl_engine.lang.jsonata.compile.bodies import body_of
from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.scopes import Scope
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.syntax.tree import Sort
from asl_engine.lang.jsonata.values.functions import Env
from asl_engine.lang.jsonata.values.judgements import NUMBERS, is_uniform
from asl_engine.lang.jsonata.values.merging import merge_sorted
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value


def compile_sort(compiler: Compiler, node: Sort, scope: Scope, depth: int) -> Callable[[list[Any], Env], list[Any]]:
    """Return code that sorts values."""
    terms = [body_of(compiler, term, scope, depth + 1) for term, _ in node.terms]
    descending = [is_descending for _, is_descending in node.terms]

    def code(values: list[Any], e: Env) -> list[Any]:
        if len(values) <= 1:
            return values
        e[1].charge(len(values) * len(terms))
        codes = [term.code(len(values)) for term in terms]
        keys = [[code_of(item, e) for item in values] for code_of in codes]
        return [values[n] for n in ordered(keys, descending, node.position)]

    return code


def ordered(keys: list[list[Value]], descending: list[bool], position: int) -> list[int]:
    """Return the places of the items in their order; `keys` holds for each term the values of all items."""
    places = list(range(len(keys[0])))
    if all(map(is_uniform, keys)):
        for values, is_descending in reversed(list(zip(keys, descending, strict=True))):
            places.sort(key=values.__getitem__, reverse=is_descending)
        return places
    rows = list(zip(*keys, strict=True))

    def is_after(a: int, b: int) -> bool:
        return _compared(rows[a], rows[b], descending, position) > 0

    return merge_sorted(places, is_after)


def _compared(left: Any, right: Any, descending: list[bool], position: int) -> int:
    for a, b, is_descending in zip(left, right, descending, strict=True):
        if a is UNDEFINED or b is UNDEFINED:
            if a is not b:
                return 1 if a is UNDEFINED else -1
            continue
        _check(a, b, position)
        if a != b:
            return (1 if a > b else -1) * (-1 if is_descending else 1)
    return 0


def _check(a: Value, b: Value, position: int) -> None:
    for value in (a, b):
        if type(value) is not str and type(value) not in NUMBERS:
            raise JSONataError("T2008", position, value=value)
    if (type(a) is str) is not (type(b) is str):
        raise JSONataError("T2007", position, value=a, value2=b)
