"""The loops of `$map` and `$filter` where a lambda is written as their argument, which never becomes a value."""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from typing import Any, Final

from asl_engine.lang.jsonata.compile.bodies import Body
from asl_engine.lang.jsonata.library.higher_order import is_true
from asl_engine.lang.jsonata.values.functions import Code, Env
from asl_engine.lang.jsonata.values.sequences import MADE, Sequence, collapse
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value


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
            results = [code_of(i, [e, runtime, item]) for item in items]
        else:
            results = [code_of(i, frame(e, item, place, items)) for place, item in enumerate(items)]
        out = Sequence([each for each in results if each is not UNDEFINED])
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


LOOPS: Final[dict[str, Callable[[Code, Body, int, list[Any]], Code]]] = {
    "map": _map_loop,
    "filter": _filter_loop,
}
