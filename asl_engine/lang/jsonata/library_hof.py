"""Functions that take functions: `$map`, `$filter`, `$reduce` and their like, and the loops for lambdas in place."""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from typing import TYPE_CHECKING, Any, Final

from .errors import JSONataError
from .functions import Code, Env, arity_of, caller
from .judgements import is_uniform, truth
from .merging import merge_sorted
from .runtime import Runtime
from .sequences import MADE, Sequence, collapse
from .values import UNDEFINED, Function, Value

if TYPE_CHECKING:
    from .straight import Body


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
    found = [value for place, value in enumerate(values) if is_true(call(value, place, values))]
    if len(found) != 1:
        raise JSONataError("D3138" if found else "D3139")
    return found[0]


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


# --- loops for a lambda that is written as the argument


def _frames(arity: int, blank: list[Any]) -> Callable[[Env, Value, Value, Any], Env]:
    if arity == 1:
        return lambda e, value, place, whole: [e, e[1], value, *blank]
    return lambda e, value, place, whole: [e, e[1], *(value, place, whole)[:arity], *blank]


_BOOLS: Final = frozenset({bool})


def _listed(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _map_loop(values: Code, body: Body, arity: int, blank: list[Any]) -> Code:
    frame = _frames(arity, blank)

    def code(i: Value, e: Env) -> Value:
        items = values(i, e)
        if items is UNDEFINED:
            return UNDEFINED
        items = _listed(items)
        runtime = e[1]
        runtime.charge(len(items))
        code_of = body.code(len(items))
        if arity == 1 and not blank:
            found = [code_of(i, [e, runtime, item]) for item in items]
        else:
            found = [code_of(i, frame(e, item, place, items)) for place, item in enumerate(items)]
        out = Sequence([each for each in found if each is not UNDEFINED])
        if not runtime.is_mixed and not MADE.isdisjoint(map(type, out)):
            runtime.is_mixed = True
        return collapse(out)

    return code


def _filter_loop(values: Code, body: Body, arity: int, blank: list[Any]) -> Code:
    frame = _frames(arity, blank)

    def code(i: Value, e: Env) -> Value:
        items = values(i, e)
        if items is UNDEFINED:
            return UNDEFINED
        items = _listed(items)
        runtime = e[1]
        runtime.charge(len(items))
        holds = body.code(len(items))
        if arity == 1 and not blank:
            tests = [holds(i, [e, runtime, item]) for item in items]
        else:
            tests = [holds(i, frame(e, item, place, items)) for place, item in enumerate(items)]
        if not _BOOLS.issuperset(map(type, tests)):
            tests = list(map(is_true, tests))
        return collapse(Sequence(compress(items, tests)))

    return code


SPECIALISED: Final[dict[str, Callable[[Code, Body, int, list[Any]], Code]]] = {
    "map": _map_loop,
    "filter": _filter_loop,
}
