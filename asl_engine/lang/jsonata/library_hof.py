"""Functions that take functions: `$map`, `$filter`, `$reduce` and their like, and the loops for lambdas in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .errors import JSONataError
from .functions import Code, Env, apply, arity_of
from .judgements import NUMBERS, truth
from .merging import merge_sorted
from .runtime import Runtime
from .sequences import MADE, Sequence, collapse
from .values import UNDEFINED, Function, Value


def _called(function: Value, arity: int, runtime: Runtime, value: Value, place: Value, whole: Value) -> Value:
    """Call the function with as many of the three as it takes."""
    arguments = [value, place, whole][: max(1, min(arity, 3))]
    return collapse(apply(function, arguments, None, runtime))


def is_true(value: Value) -> bool:
    """Tell whether an argument is true; a function is not."""
    return not isinstance(value, Function) and truth(value)


def map_(runtime: Runtime, values: Any, function: Value) -> Value:
    """`$map`."""
    if values is UNDEFINED:
        return UNDEFINED
    arity = arity_of(function)
    runtime.charge(len(values))
    out = Sequence()
    for place, value in enumerate(values):
        result = _called(function, arity, runtime, value, place, values)
        if result is not UNDEFINED:
            runtime.is_mixed = runtime.is_mixed or type(result) in MADE
            out.append(result)
    return out


def filter_(runtime: Runtime, values: Any, function: Value) -> Value:
    """`$filter`."""
    if values is UNDEFINED:
        return UNDEFINED
    arity = arity_of(function)
    runtime.charge(len(values))
    return Sequence(
        [
            value
            for place, value in enumerate(values)
            if is_true(_called(function, arity, runtime, value, place, values))
        ]
    )


def single(runtime: Runtime, values: Any, function: Value = UNDEFINED) -> Value:
    """`$single`."""
    if values is UNDEFINED:
        return UNDEFINED
    runtime.charge(len(values))
    arity = 0 if function is UNDEFINED else arity_of(function)
    found = [
        value
        for place, value in enumerate(values)
        if function is UNDEFINED or is_true(_called(function, arity, runtime, value, place, values))
    ]
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
    for place in range(first, len(values)):
        arguments = [start, values[place], place, values][: max(2, min(arity, 4))]
        start = collapse(apply(function, arguments, None, runtime))
    return start


def sift(runtime: Runtime, fields: Any, function: Value = UNDEFINED) -> Value:
    """`$sift`."""
    if not isinstance(fields, dict):
        return UNDEFINED
    arity = arity_of(function)
    runtime.charge(len(fields))
    out = {key: item for key, item in fields.items() if is_true(_called(function, arity, runtime, item, key, fields))}
    return out or UNDEFINED


def each(runtime: Runtime, fields: Any, function: Value) -> Value:
    """`$each`."""
    if not isinstance(fields, dict):
        return Sequence()
    arity = arity_of(function)
    runtime.charge(len(fields))
    out = Sequence()
    for key, item in fields.items():
        result = _called(function, arity, runtime, item, key, fields)
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
        return merge_sorted(list(values), lambda a, b: is_true(collapse(apply(function, [a, b], None, runtime))))
    kinds = set(map(type, values))
    if not (kinds <= NUMBERS or kinds == {str}):
        raise JSONataError("D3070", index=1)
    return sorted(values)


# --- loops for a lambda that is written as the argument


def _frames(arity: int, blank: list[Any]) -> Callable[[Env, Value, Value, Any], Env]:
    if arity == 1:
        return lambda e, value, place, whole: [e, e[1], value, *blank]
    return lambda e, value, place, whole: [e, e[1], *(value, place, whole)[:arity], *blank]


def _listed(value: Value) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _map_loop(values: Code, body: Code, arity: int, blank: list[Any]) -> Code:
    frame = _frames(arity, blank)

    def code(i: Value, e: Env) -> Value:
        items = values(i, e)
        if items is UNDEFINED:
            return UNDEFINED
        items = _listed(items)
        runtime = e[1]
        runtime.charge(len(items))
        if arity == 1 and not blank:
            found = [body(i, [e, runtime, item]) for item in items]
        else:
            found = [body(i, frame(e, item, place, items)) for place, item in enumerate(items)]
        out = Sequence([each for each in found if each is not UNDEFINED])
        if not runtime.is_mixed and not MADE.isdisjoint(map(type, out)):
            runtime.is_mixed = True
        return collapse(out)

    return code


def _filter_loop(values: Code, body: Code, arity: int, blank: list[Any]) -> Code:
    frame = _frames(arity, blank)

    def code(i: Value, e: Env) -> Value:
        items = values(i, e)
        if items is UNDEFINED:
            return UNDEFINED
        items = _listed(items)
        runtime = e[1]
        runtime.charge(len(items))
        out = Sequence()
        for place, item in enumerate(items):
            result = body(i, [e, runtime, item] if arity == 1 and not blank else frame(e, item, place, items))
            if result is True or (result is not False and is_true(result)):
                out.append(item)
        return collapse(out)

    return code


SPECIALISED: Final[dict[str, Callable[[Code, Code, int, list[Any]], Code]]] = {
    "map": _map_loop,
    "filter": _filter_loop,
}
