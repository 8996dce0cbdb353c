"""Paths with bindings beside their values: `@$v` and `#$i`, and the objects that a `%` further on will ask for.

The values of such a path are dicts: the value at "@", and each binding under its name (those of `%` have labels that
no variable can have). For each step and each filter a tuple becomes a frame. Where the path begins without bindings,
its first steps run as in any other path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.constructors import add_item, gathered_items, made_of
from asl_engine.lang.jsonata.compile.ordering import compile_sort, ordered
from asl_engine.lang.jsonata.compile.paths import (
    compile_filter,
    compile_step,
    hits,
    is_index,
    is_kept_whole,
    item_at,
    kept,
    listed,
)
from asl_engine.lang.jsonata.compile.scopes import Scope, bound_in
from asl_engine.lang.jsonata.syntax.tree import Block, Node, Object, Path, Sort, Variable
from asl_engine.lang.jsonata.values.functions import UNBOUND, Code, Env
from asl_engine.lang.jsonata.values.sequences import Sequence, Tuples, appended, collapse
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value

Bindings: TypeAlias = "dict[str, Value]"
TupleStep: TypeAlias = Callable[["list[Any]", "list[Bindings] | None", Env], "list[Bindings]"]


class Frames:
    """Makes the frames of one path's tuples."""

    def __init__(self, path: Path, outer: Scope) -> None:
        names = list(dict.fromkeys(names_of(path)))
        self.scope = Scope(outer, later=[*names, *bound_in(*path.steps)])
        self.places = [(name, self.scope.places[name]) for name in names]
        self.blank = self.scope.blank

    def frame(self, bindings: Bindings, e: Env) -> Env:
        """Return the frame of one tuple."""
        frame = [e, e[1], *self.blank]
        for name, place in self.places:
            frame[place] = bindings.get(name, UNBOUND)
        return frame


def names_of(path: Path) -> list[str]:
    """Return the names that the tuples of a path may have, those of paths within included."""
    names: list[str] = []
    for step in path.steps:
        names += [name for name in (step.focus, step.index) if name is not None]
        names += [stage for stage in step.stages or () if isinstance(stage, str)]
        if step.ancestor is not None:
            names.append(step.ancestor.label)
        inner = step.expressions[-1] if isinstance(step, Block) and step.expressions else step
        while isinstance(inner, Block) and inner.expressions:
            inner = inner.expressions[-1]
        if isinstance(inner, Path):
            names += names_of(inner)
    return names


def compile_tuple_path(compiler: Compiler, node: Path, scope: Scope, depth: int) -> Code:
    """Return the code of a path in which something is bound."""
    frames = Frames(node, scope)
    first = next(number for number, step in enumerate(node.steps) if step.is_tuple)
    last = len(node.steps) - 1
    plain = [compile_step(compiler, step, scope, depth + 1, n == last) for n, step in enumerate(node.steps[:first])]
    if plain and is_kept_whole(node.steps[0]):
        whole = compiler.value(node.steps[0], scope, depth + 1)
        plain[0] = lambda seq, e: listed(whole(seq, e))
    steps = [_tuple_step(compiler, step, frames, depth + 1) for step in node.steps[first:]]
    finish = _finish(compiler, node, frames, depth)
    is_absolute = isinstance(node.steps[0], Variable)

    def code(i: Value, e: Env) -> Value:
        values = i if isinstance(i, list) and not is_absolute else Sequence((i,))
        for step in plain:
            values = step(values, e)
            if not values:
                return finish(Tuples(), e) if node.group is not None else collapse(values)
        bindings: list[Bindings] | None = None
        for tuple_step in steps:
            bindings = tuple_step(values, bindings, e)
        return finish(bindings or Tuples(), e)

    return code


def _finish(compiler: Compiler, node: Path, frames: Frames, depth: int) -> Callable[[list[Bindings], Env], Value]:
    if node.group is not None:
        return _grouping(compiler, node.group, frames, depth + 1)
    if node.is_tuple:
        return lambda bindings, e: bindings
    keep: Callable[[Value], Value] = kept if node.keeps_singleton else (lambda values: values)
    settle: Callable[[Value], Value] = (lambda values: values) if node.keep_array else collapse
    return lambda bindings, e: settle(keep(Sequence([each["@"] for each in bindings])))


# --- steps


def _tuple_step(compiler: Compiler, step: Node, frames: Frames, depth: int) -> TupleStep:
    stages = [_stage(compiler, stage, frames, depth + 1) for stage in step.stages or ()]
    run = _sorted(compiler, step, frames, depth) if isinstance(step, Sort) else _bound(compiler, step, frames, depth)

    def code(values: list[Any], bindings: list[Bindings] | None, e: Env) -> list[Bindings]:
        result = run(values, bindings, e)
        for stage in stages:
            result = stage(result, e)
        return result

    return code


def _sorted(compiler: Compiler, step: Sort, frames: Frames, depth: int) -> TupleStep:
    sort = compile_sort(compiler, step, frames.scope, depth)
    sort_tuples = _tuple_sort(compiler, step, frames, depth)
    index = step.index

    def code(values: list[Any], bindings: list[Bindings] | None, e: Env) -> list[Bindings]:
        if bindings is not None:
            return sort_tuples(bindings, e)
        items = sort(values, frames.frame({}, e))
        number = {} if index is None else {index: 0}
        return Tuples([{"@": item, **dict.fromkeys(number, place)} for place, item in enumerate(items)])

    return code


def _tuple_sort(compiler: Compiler, node: Sort, frames: Frames, depth: int) -> Callable[[list[Any], Env], list[Any]]:
    """Return code that sorts tuples."""
    terms: list[Code] = [compiler.value(term, frames.scope, depth + 1) for term, _ in node.terms]
    descending = [is_descending for _, is_descending in node.terms]

    def code(values: list[Any], e: Env) -> list[Any]:
        if len(values) <= 1:
            return values
        e[1].charge(len(values) * len(terms))
        inner = [(item["@"], frames.frame(item, e)) for item in values]
        keys = [[term(value, frame) for value, frame in inner] for term in terms]
        return Tuples([values[n] for n in ordered(keys, descending, node.position)])

    return code


_ROOM: Final = 16
"""What the bindings of one tuple take, in items."""


def _bound(compiler: Compiler, step: Node, frames: Frames, depth: int) -> TupleStep:
    value = compiler.value(step, frames.scope, depth)

    def code(values: list[Any], bindings: list[Bindings] | None, e: Env) -> list[Bindings]:
        before = [{"@": item} for item in values] if bindings is None else bindings
        out = Tuples()
        for each in before:
            result = value(each["@"], frames.frame(each, e))
            if result is not UNDEFINED:
                results = result if isinstance(result, list) else (result,)
                e[1].charge(len(results) * _ROOM)
                out.extend(_extended(step, each, results))
        return out

    return code


def _extended(step: Node, before: Bindings, results: Any) -> list[Bindings]:
    """Return the tuples for the results of one tuple."""
    if type(results) is Tuples:
        return [{**before, **result} for result in results]
    out = []
    for place, result in enumerate(results):
        bindings = {**before, "@": result} if step.focus is None else {**before, step.focus: result}
        if step.index is not None:
            bindings[step.index] = place
        if step.ancestor is not None:
            bindings[step.ancestor.label] = before["@"]
        out.append(bindings)
    return out


# --- stages


def _stage(compiler: Compiler, stage: Node | str, frames: Frames, depth: int) -> Callable[[Any, Env], Any]:
    if isinstance(stage, str):
        return lambda bindings, e: Tuples([{**each, stage: place} for place, each in enumerate(bindings)])
    if is_index(stage):
        index = int(stage.value // 1)  # type: ignore[attr-defined]
        return lambda bindings, e: item_at(bindings, index)
    return _tuple_filter(compiler.value(stage, frames.scope, depth), frames)


def _tuple_filter(predicate: Code, frames: Frames) -> Callable[[Any, Env], Any]:
    def keep(bindings: list[Bindings], e: Env) -> list[Bindings]:
        out = Tuples()
        for place, each in enumerate(bindings):
            result = predicate(each["@"], frames.frame(each, e))
            if result is not UNDEFINED:
                out.extend([each] * hits(result, place, len(bindings)))
        return out

    return keep


def with_tuple_filter(compiler: Compiler, node: Node, code: Code, predicate: Node, scope: Scope, depth: int) -> Code:
    """Return code that filters the tuples which a block gives because of a `%` in the filter."""
    frames = Frames(Path([node], node.position), scope)
    keep_tuples = _stage(compiler, predicate, frames, depth)
    keep = compile_filter(compiler, predicate, scope, depth)

    def filtered(i: Value, e: Env) -> Value:
        value = code(i, e)
        return keep_tuples(value, e) if type(value) is Tuples else keep(value, e)

    return filtered


# --- groupings


def _grouping(compiler: Compiler, node: Object, frames: Frames, depth: int) -> Callable[[list[Bindings], Env], Value]:
    pairs = [
        (compiler.value(key, frames.scope, depth + 1), compiler.value(value, frames.scope, depth + 1))
        for key, value in node.pairs
    ]

    def code(bindings: list[Bindings], e: Env) -> Value:
        groups: dict[str, tuple[int, list[Value]]] = {}
        for each in bindings or [{"@": UNDEFINED}]:
            for number, (key, _) in enumerate(pairs):
                add_item(groups, key(each["@"], frames.frame(each, e)), number, each, node.position)
        fields = {}
        for name, (number, group) in groups.items():
            merged = merged_bindings(group)
            fields[name] = pairs[number][1](merged["@"], frames.frame(merged, e))
        return made_of(fields, e)

    return code


def merged_bindings(group: list[Value]) -> Bindings:
    """Return one tuple for a group of them: each binding is the array of what it was."""
    if len(group) == 1:
        return dict(group[0])
    names = dict.fromkeys(name for each in group for name in each)
    return {name: gathered_items([each.get(name, UNDEFINED) for each in group]) for name in names}


__all__ = ["Frames", "appended", "compile_tuple_path"]
