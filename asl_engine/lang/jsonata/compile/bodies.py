"""What runs often: code that is exchanged for better code when it is warm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.scopes import Scope
from asl_engine.lang.jsonata.compile.straight import straight
from asl_engine.lang.jsonata.syntax.tree import Node
from asl_engine.lang.jsonata.values.functions import Code

WARM: Final = 200
"""Evaluations after which generated code is worth its making."""


class Body:
    """The code of a node that is evaluated many times, exchanged for better code when it is warm.

    `warm` is the code from then on, and None before.
    """

    __slots__ = ("_cold", "_make", "_seen", "warm")

    def __init__(self, cold: Code, make: Callable[[Code], Code | None]) -> None:
        self.warm: Code | None = None
        self._cold = cold
        self._make = make
        self._seen = 0

    def code(self, times: int = 1) -> Code:
        """Return the code, to be run so many times."""
        if self.warm is not None:
            return self.warm
        self._seen += times
        if self._seen <= WARM:
            return self._cold
        self.warm = self._make(self._cold) or self._cold
        return self.warm


def body_of(compiler: Compiler, node: Node, scope: Scope, depth: int) -> Body:
    """Return the body of a loop."""
    code = compiler.value(node, scope, depth)
    return Body(code, lambda slow: straight(compiler, node, scope, depth, slow))


def whole(compiler: Compiler, node: Node, scope: Scope | None = None) -> tuple[Body, int]:
    """Return the body of an expression and the size of the frame that it runs in."""
    own = Scope(scope, later=compiler.bound_in(node))
    return body_of(compiler, node, own, 1), own.size
