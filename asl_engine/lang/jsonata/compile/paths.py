"""Paths: steps that are applied to every value of the step before.

Three ways to run one, chosen when it is compiled. A path of names alone is tried as plain subscripts first, which is
all there is to `$states.input.order.id`; where that fails, because a list or nothing is on the way, it is run step by
step. A path in which something is bound beside the values (`@`, `#`, `%`) runs in `tuples`, and no other pays for that.

A step is code from a list to a list. Its results are gathered flat; the last step may leave a lone array as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import compress
from typing import Any, Final, TypeAlias

from asl_engine.lang.jsonata.compile.bodies import Body, body_of
from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.ordering import compile_sort
from asl_engine.lang.jsonata.compile.scopes import Scope
from asl_engine.lang.jsonata.compile.shortcuts import beginning, subscripts
from asl_engine.lang.jsonata.syntax.tree import (
    Array,
    Block,
    Descendants,
    Literal,
    Name,
    Node,
    Path,
    Sort,
    Variable,
    Wildcard,
)
from asl_engine.lang.jsonata.values.functions import Code, Env
from asl_engine.lang.jsonata.values.judgements import is_number, truth
from asl_engine.lang.jsonata.values.sequences import (
    MADE,
    Kept,
    Outer,
    Sequence,
    Tuples,
    Whole,
    appended,
    collapse,
    gathered,
    looked_up,
)
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value

Filter: TypeAlias = Callable[[Value, Env], "list[Any]"]
Step: TypeAlias = Callable[["list[Any]", Env], "list[Any]"]


def compile_path(compiler: Compiler, node: Path, scope: Scope, depth: int) -> Code:
    """Return the code of a path, with its grouping."""
    if any(step.is_tuple for step in node.steps):
        return compiler.codes.tuple_path(compiler, node, scope, depth)
    if node.group is None and not node.keep_array and not node.keeps_singleton:
        fast = subscripts(compiler, node, scope, _later(lambda: _collapsed(_stepwise(compiler, node, scope, depth))))
        if fast:
            return fast
    run = _stepwise(compiler, node, scope, depth)
    if node.group is not None:
        group = compiler.codes.group(compiler, node.group, scope, depth + 1)
        return lambda i, e: group(run(i, e), e)
    return run if node.keep_array else _collapsed(run)


def _later(compile_it: Callable[[], Code]) -> Code:
    """Return code that is compiled when it is first needed, which may be never."""
    compiled: list[Code] = []

    def code(i: Value, e: Env) -> Value:
        if not compiled:
            compiled.append(compile_it())
        return compiled[0](i, e)

    return code


def _collapsed(run: Step) -> Code:
    def code(i: Value, e: Env) -> Value:
        value: Value = run(i, e)
        kind = type(value)
        if kind is Sequence:
            if len(value) > 1:
                return value
            return value[0] if value else UNDEFINED
        return UNDEFINED if kind is Kept and not value else value

    return code


# --- step by step


def _stepwise(compiler: Compiler, node: Path, scope: Scope, depth: int) -> Step:
    last = len(node.steps) - 1
    steps = [compile_step(compiler, step, scope, depth + 1, n == last) for n, step in enumerate(node.steps)]
    is_absolute = isinstance(node.steps[0], Variable)
    if is_kept_whole(node.steps[0]):
        whole = compiler.value(node.steps[0], scope, depth + 1)
        steps[0] = lambda seq, e: listed(whole(seq, e))
    if (start := beginning(compiler, node, scope)) is None:
        run = _run(steps, is_absolute)
    else:
        reach, count = start
        filters = _filters(compiler, node.steps[count - 1], scope, depth + 2)
        run = _run_on(reach, filters, count == len(steps), steps[count:], _run(steps, is_absolute))
    return _keeping(run) if node.keeps_singleton else run


def _run(steps: list[Step], is_absolute: bool) -> Code:
    def run(i: Value, e: Env) -> Value:
        values = i if isinstance(i, list) and not is_absolute else Sequence((i,))
        for step in steps:
            values = step(values, e)
            if not values:
                break
        return values

    return run


def _run_on(reach: Code, filters: list[Filter], is_last: bool, steps: list[Step], stepwise: Code) -> Code:
    """Return code that tries the names with which a path begins as subscripts, and goes on from there."""

    def run(i: Value, e: Env) -> Value:
        try:
            value = reach(i, e)
        except (KeyError, TypeError):
            return stepwise(i, e)
        if type(value) in MADE or value is UNDEFINED:
            return stepwise(i, e)
        for keep in filters:
            value = keep(value, e)
        values = value if type(value) is Sequence else gathered([value], is_last)
        for step in steps:
            if not values:
                break
            values = step(values, e)
        return values

    return run


def listed(value: Value) -> list[Any]:
    """Return what a constructor gave as the input of the next step, which takes the characters of a text one by one."""
    return value if isinstance(value, list) else list(value) if isinstance(value, str) else Sequence()


def is_kept_whole(step: Node) -> bool:
    """Tell whether a first step is evaluated once, with the whole input."""
    return step.is_kept_whole and isinstance(step, (Array, Block))


def _keeping(run: Step) -> Step:
    return lambda i, e: kept(run(i, e))


def kept(values: Any) -> Any:
    """Mark the sequence so that one value stays in its list."""
    if type(values) is Whole:
        return Kept((values,))
    return Kept(values) if isinstance(values, Sequence) else values


def compile_step(compiler: Compiler, step: Node, scope: Scope, depth: int, is_last: bool) -> Step:
    """Return the code of one step."""
    filters = _filters(compiler, step, scope, depth + 1)
    if isinstance(step, Sort):
        return _sort_step(compiler, step, scope, depth, filters)
    if isinstance(step, Name) and not step.predicates and step.group is None:
        return _name_step(step.name, filters, is_last)
    return _value_step(body_of(compiler, step, scope, depth), filters, is_last)


def _filters(compiler: Compiler, step: Node, scope: Scope, depth: int) -> list[Filter]:
    return [compile_filter(compiler, stage, scope, depth) for stage in step.stages or () if isinstance(stage, Node)]


def _sort_step(compiler: Compiler, step: Sort, scope: Scope, depth: int, filters: list[Filter]) -> Step:
    sort = compile_sort(compiler, step, scope, depth)

    def code(values: list[Any], e: Env) -> list[Any]:
        result = sort(values, e)
        for keep in filters:
            result = keep(result, e)
        return result

    return code


def _value_step(body: Body, filters: list[Filter], is_last: bool) -> Step:
    def code(values: list[Any], e: Env) -> list[Any]:
        if len(values) > 1:
            e[1].charge(len(values))
        value = body.code(len(values))
        results = [result for item in values if (result := value(item, e)) is not UNDEFINED or filters]
        for keep in filters:
            results = [keep(result, e) for result in results]
        return gathered(results, is_last, e[1].charge)

    return code


def _name_step(name: str, filters: list[Filter], is_last: bool) -> Step:
    def code(values: list[Any], e: Env) -> list[Any]:
        if len(values) > 1:
            e[1].charge(len(values))
        results = [result for item in values if (result := field(item, name)) is not UNDEFINED or filters]
        for keep in filters:
            results = [keep(result, e) for result in results]
        return gathered(results, is_last, e[1].charge)

    return code


def field(item: Value, name: str) -> Value:
    """Return the field of an object, or the fields of an array's objects as what their sequence is."""
    if type(item) is dict:
        return item.get(name, UNDEFINED)
    return collapse(looked_up(item, name))


# --- filters


def compile_filter(compiler: Compiler, predicate: Node, scope: Scope, depth: int) -> Filter:
    """Return code that keeps what a predicate holds for, or what stands at its number."""
    if is_index(predicate):
        return _at(math.floor(predicate.value))  # type: ignore[attr-defined]
    return _where(body_of(compiler, predicate, scope, depth))


def is_index(predicate: Node) -> bool:
    """Tell whether the predicate is a number of the text."""
    return isinstance(predicate, Literal) and type(predicate.value) in (int, float)


def _at(index: int) -> Filter:
    def keep(value: Value, e: Env) -> list[Any]:
        if not isinstance(value, list):
            return Sequence((value,)) if index in (0, -1) and value is not UNDEFINED else Sequence()
        return item_at(value, index)

    return keep


def item_at(values: list[Any], index: int) -> list[Any]:
    """Return the item as a sequence; an array stays itself."""
    if not -len(values) <= index < len(values):
        return Sequence()
    item = values[index]
    if type(values) is Tuples:
        return Tuples((item,))
    return item if isinstance(item, list) else Sequence((item,)) if item is not UNDEFINED else Sequence()


def _where(body: Body) -> Filter:
    def keep(value: Value, e: Env) -> list[Any]:
        if not isinstance(value, list):
            e[1].is_mixed |= value is UNDEFINED
            value = (value,)
        elif len(value) > 1:
            e[1].charge(len(value))
        holds = body.code(len(value))
        results = [holds(item, e) for item in value]
        if CONDITIONS.issuperset(map(type, results)):
            return Sequence(compress(value, results))
        out = Sequence()
        for place, (item, result) in enumerate(zip(value, results, strict=True)):
            out.extend([item] * hits(result, place, len(value)))
        return out

    return keep


CONDITIONS: Final = frozenset({bool, type(UNDEFINED)})
"""What most predicates give."""


def hits(result: Value, place: int, length: int) -> int:
    """Return how often a predicate's value picks the item at this place: numbers are places, all else conditions."""
    if type(result) in (int, float) and is_number(result):
        result = [result]
    if isinstance(result, list) and all(type(n) in (int, float) and is_number(n) for n in result):
        places = (math.floor(number) for number in result)
        return sum((n + length if n < 0 else n) == place for n in places)
    return int(truth(result))


def with_filter(code: Code, keep: Filter) -> Code:
    """Return code that filters what the code gives."""
    return lambda i, e: keep(code(i, e), e)


# --- names and wildcards as values


def compile_name(compiler: Compiler, node: Name, scope: Scope, depth: int) -> Code:
    """Return the code of a field as a step."""
    name = node.name
    return lambda i, e: field(i, name)


def compile_wildcard(compiler: Compiler, node: Wildcard, scope: Scope, depth: int) -> Code:
    """Return the code of `*`."""

    def code(i: Value, e: Env) -> Value:
        if type(i) is Outer:
            i = i[0]
        out: list[Any] = Sequence()
        for value in i.values() if isinstance(i, dict) else i if isinstance(i, list) else ():
            if isinstance(value, list):
                out = appended(out, _flat(value, e))
            else:
                out.append(value)
        return out

    return code


def _flat(value: list[Any], e: Env) -> list[Any]:
    e[1].charge(len(value))
    out: list[Any] = []
    for item in value:
        if isinstance(item, list):
            out.extend(_flat(item, e))
        else:
            out.append(item)
    return out


def compile_descendants(compiler: Compiler, node: Descendants, scope: Scope, depth: int) -> Code:
    """Return the code of `**`."""

    def code(i: Value, e: Env) -> Value:
        if i is UNDEFINED:
            return UNDEFINED
        out = Sequence()
        waiting = [i]
        while waiting:
            value = waiting.pop()
            e[1].charge(1)
            if isinstance(value, list):
                waiting.extend(reversed(value))
                continue
            out.append(value)
            if isinstance(value, dict):
                waiting.extend(reversed(value.values()))
        return out

    return code
