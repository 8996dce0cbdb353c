"""A compiled expression: the public face of the package."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from random import Random
from typing import Any

from asl_engine.lang.jsonata.compile.bodies import Body, whole
from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.nodes import CODES
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import TOO_DEEP, Runtime
from asl_engine.lang.jsonata.standard import library
from asl_engine.lang.jsonata.syntax.precedence import parse
from asl_engine.lang.jsonata.syntax.tree import Lambda, Name, Node, Path, Transform, Variable
from asl_engine.lang.jsonata.values.functions import UNBOUND, Native, arity_of
from asl_engine.lang.jsonata.values.sequences import MADE, Outer, plain
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value


class Expression:
    """An expression, ready to be evaluated any number of times, also by several threads.

    `tree` is what was parsed (see `syntax.tree`). Values are never changed, and results may share parts with what was
    given: treat both as constant.
    """

    def __init__(self, text: str, functions: Mapping[str, Native], deepest: int = sys.maxsize) -> None:
        self.text = text
        self.tree, names, self._binds = parse(text)
        self._functions = functions
        self._deepest = deepest
        self._bodies: dict[frozenset[str], tuple[Body, list[Any]]] = {}
        self._named = names & functions.keys()
        self._needs_root = not names.isdisjoint(("$", "eval"))
        self._body = self._compiled(frozenset())

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def evaluate(
        self,
        data: Value = UNDEFINED,
        bindings: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        max_depth: int | None = None,
        *,
        max_work: int | None = None,
        now: float | None = None,
        random: Random | None = None,
        clock: Callable[[], float] | None = None,
    ) -> Value:
        """Return the value for the data, or UNDEFINED.

        `bindings` are variables by name, without `$`: JSON values, or Python callables that take and return values.
        Past `timeout` seconds (by `clock`) or `max_depth` nested evaluations it ends with U1001, past `max_work` items
        and characters by the eight with U1002. `now` (milliseconds) and `random` are what `$now()`, `$millis()`,
        `$random()` and `$shuffle()` see.
        """
        runtime = Runtime(bindings or ())
        if timeout is not None or max_depth is not None or max_work is not None:
            runtime.limit(timeout, max_depth, max_work, clock)
        if now is not None or random is not None:
            runtime.give(now, random)
        return self.evaluate_in(runtime, data)

    def evaluate_in(self, runtime: Runtime, data: Value = UNDEFINED) -> Value:
        """Return the value for the data, with the globals and the limits of a runtime, which can serve again."""
        if runtime.work or runtime.is_mixed:
            runtime.begin()
        if self._needs_root:
            runtime.setdefault("$", data)
        body, blank = self._body
        if self._named and not self._named.isdisjoint(runtime):
            body, blank = self._compiled(frozenset(self._named & runtime.keys()))
        code = body.warm or body.code()
        try:
            result = code(Outer((data,)) if isinstance(data, list) else data, [None, runtime, *blank])
            if runtime.is_mixed or type(result) in MADE:
                result = _as_json(result, runtime, data)
        except RecursionError:
            raise JSONataError("U1001", message=TOO_DEEP) from None
        return result

    def reads(self) -> list[tuple[str, int]]:
        """Return what is read of the input as a whole, with positions: names that begin a path, `$` and `$$`.

        Not what has an input of its own: a later step of a path, a predicate, a grouping, the body of a function.
        """
        names: list[tuple[str, int]] = []
        waiting: list[Node] = [self.tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Path):
                waiting.append(node.steps[0])
            elif isinstance(node, Name):
                names.append((node.name, node.position))
            elif isinstance(node, Variable):
                names += [(f"${node.name}", node.position)] if node.name in ("", "$") else []
            elif not isinstance(node, (Lambda, Transform)):
                waiting.extend(node.parts())
        return sorted(names, key=lambda read: read[1])

    def _compiled(self, names_taken: frozenset[str]) -> tuple[Body, list[Any]]:
        if names_taken not in self._bodies:
            try:
                body, size = whole(Compiler(CODES, self._functions, names_taken, self._binds, self._deepest), self.tree)
            except RecursionError:
                raise JSONataError("U1001", 0, message="The expression is nested too deeply") from None
            self._bodies[names_taken] = body, [UNBOUND] * (size - 2)
        return self._bodies[names_taken]


def _as_json(result: Value, runtime: Runtime, data: Value) -> Value:
    """Return the result with arrays for sequences; what was given is known to have none."""
    if not runtime.is_mixed:
        return list(result)
    known = [data, *runtime.values()]
    known += [inner for value in known if isinstance(value, dict) for inner in value.values()]
    return plain(result, {id(value) for value in known})


def compile_jsonata(
    text: str,
    functions: Mapping[str, tuple[Callable[..., Any], str]] | None = None,
    without: Iterable[str] = (),
    deepest: int = sys.maxsize,
) -> Expression:
    """Return the expression; raise JSONataError with a code that begins with S if the text is not one.

    `functions` adds to the library, or replaces in it: by name, a callable that is given the runtime (with `now`,
    `random` and `charge`) and the arguments, and its signature, as in `<s-n?:s>`. `without` names what is taken away.
    What is nested below `deepest` levels of the text ends with U1001 when it is reached.
    """
    return Expression(text, _functions(functions or {}, frozenset(without)), deepest)


def _functions(added: Mapping[str, tuple[Callable[..., Any], str]], without: frozenset[str]) -> Mapping[str, Native]:
    if not added and not without:
        return library()
    own = {name: _native(name, function, signature) for name, (function, signature) in added.items()}
    return {**{name: native for name, native in library().items() if name not in without}, **own}


@lru_cache(maxsize=64)
def _native(name: str, function: Callable[..., Any], signature: str) -> Native:
    """Return a function as one of the library; each expression has the same ones, and signatures are slow to read."""
    return Native(name, function, signature, max(0, arity_of(function) - 1))
