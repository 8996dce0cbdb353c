"""Functions that take functions: `$map`, `$filter`, `$reduce` and their like, and the loops for lambdas in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.values.functions import arity_of, caller
from asl_engine.lang.jsonata.values.judgements import is_uniform, truth
from asl_engine.lang.jsonata.values.merging import merge_sorted
from asl_engine.lang.jsonata.values.sequences import MADE, Sequence
from asl_engine.lang.jsonata.values.value import UNDEFINED, Function, Value


def _caller(function: Value, runtime: Runtime) -> Callable[[Value, Value, Value], Value]:
    """Return what calls the function with as many of an item, its place and the whole as it takes."""
    return caller(function, max(1, min(arity_of(function), 3)), runtime)


def is_true(value: Value) -> bool:
    """Tell whether an argument is true; a function is not."""
    return not isinstance(value, Function) and truth(value)


def map_(runtime: Runtime, values: Any, function: Value) -> Value:
    """`$map`."""
    if values is UNDEFINED:
        return UNDEFINED
    call = _caller(function, runtime)
    runtime.charge(len(values))
    out = Sequence()
    for place, value in enumerate(values):
        result = call(value, place, values)
        if result is not UNDEFINED:
            runtime.is_mixed = runtime.is_mixed or type(result) in MADE
            out.append(result)
    return out


def filter_(runtime: Runtime, values: Any, function: Value) -> Value:
    """`$filter`."""
    if values is UNDEFINED:
        return UNDEFINED
    call = _caller(function, runtime)
    runtime.charge(len(values))
    return Sequence([value for place, value in enumerate(values) if is_true(call(value, place, values))])


def single(runtime: Runtime, values: Any, function: Value = UNDEFINED) -> Value:
    """`$single`."""
    if values is UNDEFINED:
        return UNDEFINED
    runtime.charge(len(values))
    call = _caller(function, runtime) if function is not UNDEFINED else lambda value, place, whole: True
    hits = [value for place, value in enumerate(values) if is_true(call(value, place, values))]
    if len(hits) != 1:
        raise JSONataError("D3138" if hits else "D3139")
    return hits[0]


def reduce(runtime: Runtime, values: Any, function: Value, start: Value = UNDEFINED) -> Value:
    """`$reduce`."""
    if values is UNDEFINED:
        return UNDEFINED
    arity = arity_of(function)
    if arity < 2:
        raise JSONataError("D3050", index=1)
    runtime.charge(len(values))
    first = 0
    if start is UNDEFINED and values:
        start, first = values[0], 1
    call = caller(function, min(arity, 4), runtime)
    for place in range(first, len(values)):
        start = call(start, values[place], place, values)
    return start


def sift(runtime: Runtime, fields: Any, function: Value = UNDEFINED) -> Value:
    """`$sift`."""
    if not isinstance(fields, dict):
        return UNDEFINED
    call = _caller(function, runtime)
    runtime.charge(len(fields))
    out = {key: item for key, item in fields.items() if is_true(call(item, key, fields))}
    return out or UNDEFINED


def each(runtime: Runtime, fields: Any, function: Value) -> Value:
    """`$each`."""
    if not isinstance(fields, dict):
        return Sequence()
    call = _caller(function, runtime)
    runtime.charge(len(fields))
    out = Sequence()
    for key, item in fields.items():
        result = call(item, key, fields)
        if result is not UNDEFINED:
            runtime.is_mixed = runtime.is_mixed or type(result) in MADE
            out.append(result)
    return out


def sort(runtime: Runtime, values: Any, function: Value = UNDEFINED) -> Value:
    """`$sort`."""
    if values is UNDEFINED or len(values) <= 1:
        return values
    runtime.charge(len(values))
    if function is not UNDEFINED:
        call = caller(function, 2, runtime)
        return merge_sorted(list(values), lambda a, b: is_true(call(a, b)))
    if not is_uniform(values):
        raise JSONataError("D3070", index=1)
    return sorted(values)


def sort_by(values: Any, keys: list[Value], is_descending: bool) -> Value:
    """`$sort` by a comparator that compares one value of each item; None where their kinds are mixed."""
    if not is_uniform(keys):
        return None
    places = sorted(range(len(keys)), key=keys.__getitem__, reverse=is_descending)
    return [values[place] for place in places]
