"""Where variables are: known when an expression is compiled, so that a reference is a number of steps and a place.

A frame is a list: the frame around it, the runtime, and its variables. Blocks that bind something, calls of lambdas
and the tuples of a path have frames. `:=` may bind a name that has not been bound yet when an inner expression asks
for it; then a frame holds `UNBOUND` at the place, and the frames around are asked in turn, and last the globals.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from asl_engine.lang.jsonata.syntax.tree import Bind, Block, Lambda, Node, Path
from asl_engine.lang.jsonata.values.functions import UNBOUND, Code, Env
from asl_engine.lang.jsonata.values.sequences import Outer
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value

RUNTIME: Final = 1
"""The place of the runtime in a frame; it has the globals by name."""

FIRST: Final = 2
"""The place of the first variable in a frame."""


class Scope:
    """The names of one frame. `given` are there from the start, `later` are bound as it goes."""

    def __init__(self, parent: Scope | None, bound: Iterable[str] = (), later: Iterable[str] = ()) -> None:
        self.parent = parent
        names = list(bound)
        self.places = {name: FIRST + number for number, name in enumerate(names)}
        self.sure = set(self.places)
        self.size = FIRST + len(names)
        for name in later:
            if name not in self.places:
                self.places[name] = self.size
                self.size += 1

    def candidates(self, name: str) -> list[tuple[int, int, bool]]:
        """Return the places where the name may be bound, from the inside out: steps, place, whether it is for sure."""
        candidates = []
        scope: Scope | None = self
        steps = 0
        while scope is not None:
            if name in scope.places:
                candidates.append((steps, scope.places[name], name in scope.sure))
                if name in scope.sure:
                    break
            scope, steps = scope.parent, steps + 1
        return candidates

    @property
    def blank(self) -> list[object]:
        """The variables of a new frame, all unbound."""
        return [UNBOUND] * (self.size - FIRST)


def bound_in(*nodes: Node | None) -> list[str]:
    """Return the names that the nodes bind in the frame that they are evaluated in."""
    names: dict[str, None] = {}
    waiting = [node for node in nodes if node is not None and not _has_frame(node)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Bind):
            names[node.name] = None
        waiting.extend(child for child in node.children() if not _has_frame(child))
    return list(names)


def _has_frame(node: Node) -> bool:
    return isinstance(node, (Block, Lambda)) or (isinstance(node, Path) and any(step.is_tuple for step in node.steps))


def variable(name: str, scope: Scope, default: Value) -> Code:
    """Return the code for `$name`; `default` is what it means if nobody binds it."""
    if name == "":
        return _context
    candidates = scope.candidates(name)
    if not candidates:
        return lambda i, e: e[1].get(name, default)
    steps, place, is_sure = candidates[0]
    if is_sure and steps < 3:
        return _near(steps, place)
    return _searched(candidates, name, default)


def _context(i: Value, e: Env) -> Value:
    return i[0] if type(i) is Outer else i


def _near(steps: int, place: int) -> Code:
    if steps == 0:
        return lambda i, e: e[place]
    if steps == 1:
        return lambda i, e: e[0][place]
    return lambda i, e: e[0][0][place]


def _searched(candidates: list[tuple[int, int, bool]], name: str, default: Value) -> Code:
    def code(i: Value, e: Env) -> Value:
        frame, at = e, 0
        for steps, place, _ in candidates:
            while at < steps:
                frame, at = frame[0], at + 1
            value = frame[place]
            if value is not UNBOUND:
                return value
        return e[1].get(name, default)

    return code


def nothing(i: Value, e: Env) -> Value:
    """Code that gives no value."""
    return UNDEFINED
