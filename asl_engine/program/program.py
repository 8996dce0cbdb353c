"""A compiled state machine: slotted objects with direct references to what comes next, and plain functions.

Nothing here is looked up by name while an execution runs, nothing is parsed, and nothing asks for the query language.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from asl_engine.catalogue.resource import Resource
from asl_engine.lang.expr import Expr, Scope
from asl_engine.program.dataflow import Leave
from asl_engine.program.distributed import Distribution
from asl_engine.program.moves import Move
from asl_engine.program.size_estimates import Growth

Run: TypeAlias = Callable[[Scope], Move]


class Route:
    """A way out of a state: to `next` (None: the block ends here), assigning variables on the way.

    `leave` does the second half of the data flow, from the raw result to the state output (None: the result is the
    output).
    """

    __slots__ = ("assign", "leave", "next")

    def __init__(self, assign: Expr | None = None, leave: Leave | None = None) -> None:
        self.next: State | None = None
        self.assign = assign
        self.leave = leave


class Retrier:
    """One compiled element of `Retry`. Times are in seconds."""

    __slots__ = ("backoff_rate", "errors", "has_jitter", "interval", "max_attempts", "max_delay")

    def __init__(
        self,
        errors: frozenset[str],
        interval: float,
        max_attempts: int,
        backoff_rate: float,
        max_delay: float | None,
        has_jitter: bool,
    ) -> None:
        self.errors = errors
        self.interval = interval
        self.max_attempts = max_attempts
        self.backoff_rate = backoff_rate
        self.max_delay = max_delay
        self.has_jitter = has_jitter


class Catcher:
    """One compiled element of `Catch`: `output` makes the state's output from the error output."""

    __slots__ = ("errors", "output", "route")

    def __init__(self, errors: frozenset[str], output: Leave, route: Route) -> None:
        self.errors = errors
        self.output = output
        self.route = route


class State:
    """One compiled state.

    `run` does the first half of the data flow and asks for a move; the route that is taken does the second half, from
    the raw result to the state output. `growth` bounds the output, `enter_growth` the effective input. `first_op` is
    the position of the first attempt at the state when a walk begins with it. `rules` are the ways out of a Choice,
    `route` is its Default. `distribution` is what only a distributed Map has, and `processor` the program of
    its children.
    """

    __slots__ = (
        "catchers",
        "counts_retries",
        "distribution",
        "enter_growth",
        "entered_event",
        "exited_event",
        "first_op",
        "growth",
        "is_map",
        "name",
        "pointer",
        "processor",
        "resource",
        "retriers",
        "route",
        "rules",
        "run",
        "type",
    )

    def __init__(self, name: str, pointer: str, type_: str) -> None:
        self.name = name
        self.pointer = pointer
        self.type = type_
        self.is_map = type_ == "Map"
        self.first_op = f"/{name}#1.0"
        self.entered_event = type_ + "StateEntered"
        self.exited_event = type_ + "StateExited"
        self.run: Run = _never
        self.growth: Growth | None = None
        self.enter_growth: Growth | None = None
        self.route = Route()
        self.rules: tuple[Route, ...] = ()
        self.retriers: tuple[Retrier, ...] = ()
        self.catchers: tuple[Catcher, ...] = ()
        self.resource: Resource | None = None
        self.distribution: Distribution | None = None
        self.processor: Program | None = None
        self.counts_retries = type_ in ("Task", "Parallel", "Map")

    def __repr__(self) -> str:
        return f"<{self.type} {self.name!r}>"


class Block:
    """A compiled `States` block."""

    __slots__ = ("pointer", "start")

    def __init__(self, pointer: str) -> None:
        self.pointer = pointer
        self.start: State = _NOWHERE


class Program(Block):
    """A whole compiled machine. `states` are all of its states by JSON pointer; `timeout` is in seconds;
    `is_distributed` says that a Map in it runs its items as executions of their own."""

    __slots__ = ("blocks", "is_distributed", "kind", "query_language", "states", "timeout")

    def __init__(self, kind: str, timeout: float | None, query_language: str = "JSONPath") -> None:
        super().__init__("")
        self.kind = kind
        self.timeout = timeout
        self.query_language = query_language
        self.states: dict[str, State] = {}
        self.blocks: dict[str, Block] = {"": self}
        self.is_distributed = False

    def instrument(self, wrapped: Callable[[State, Run], Run]) -> None:
        """Have each state asked for its move through what `wrapped` makes of its `run`: for whoever measures or stops
        executions of this program. An execution that nobody looks into pays nothing for it."""
        for state in self.states.values():
            state.run = wrapped(state, state.run)

    def of_children(self, block: Block, kind: str) -> Program:
        """Return the program of the child executions that go through a block of this one."""
        program = Program(kind, None, self.query_language)
        program.pointer = block.pointer
        program.start, program.states, program.blocks = block.start, self.states, self.blocks
        return program


def _never(scope: Scope) -> Move:
    raise AssertionError("a state was run before it was compiled")


_NOWHERE = State("", "", "")
