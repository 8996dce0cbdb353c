"""A compiled state machine, and the moves that its states ask for: slotted objects with direct references to what comes
next, and plain functions.

Nothing here is looked up by name while an execution runs, nothing is parsed, and nothing asks for the query language.
A move says *what*, never *how*: states know nothing of retries, time or threads; the kernel turns moves into commands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from asl_engine.catalogue.resource import Resource
from asl_engine.lang.expr import Expr, Scope
from asl_engine.program.dataflow import Leave
from asl_engine.program.distributed import Distribution
from asl_engine.program.size_estimates import Growth
from asl_engine.values import JSON


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
    `route` is its Default. `select` shapes each item of a Map; `distribution` is what only a distributed Map has, and
    `processor` the program of its children.
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
        "select",
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
        self.select: Expr | None = None
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

    __slots__ = ("blocks", "is_distributed", "query_language", "states", "timeout", "type")

    def __init__(self, type: str, timeout: float | None, query_language: str = "JSONPath") -> None:
        super().__init__("")
        self.type = type
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

    def of_children(self, block: Block, type: str) -> Program:
        """Return the program of the child executions that go through a block of this one."""
        program = Program(type, None, self.query_language)
        program.pointer = block.pointer
        program.start, program.states, program.blocks = block.start, self.states, self.blocks
        return program


# --- moves: what an entered state asks for, exactly one of these ------------------------------------------------------


class Done:
    """The state's work is done: go where `route` says, with `result` on its way to become the output."""

    __slots__ = ("result", "route")

    def __init__(self, result: JSON, route: Route) -> None:
        self.result = result
        self.route = route


class Failed:
    """The state failed. `matched_as` is what retriers and catchers may also call the error (heartbeats have two
    names). `is_of_map_run` says that a Map Run failed: then history tells of the end of the Map as a whole."""

    __slots__ = ("cause", "error", "is_of_map_run", "matched_as")

    def __init__(
        self, error: str | None, cause: str | None, matched_as: str | None = None, is_of_map_run: bool = False
    ) -> None:
        self.error = error
        self.cause = cause
        self.matched_as = matched_as
        self.is_of_map_run = is_of_map_run


class Sleep:
    """Wait for `seconds`, or until the moment `until` (seconds since 1970), then make the move `then`."""

    __slots__ = ("seconds", "then", "until")

    def __init__(self, then: Done | Enter, seconds: float | None = None, until: float | None = None) -> None:
        self.then = then
        self.seconds = seconds
        self.until = until


class Enter:
    """Do the state's work once more, from its input: what a retry does when its delay is over."""

    __slots__ = ()


class TimedOut:
    """A limit of the attempt has passed: what its timer lets a state do. `matched_as` as in `Failed`."""

    __slots__ = ("matched_as",)

    def __init__(self, matched_as: str | None = None) -> None:
        self.matched_as = matched_as


class Invoke:
    """Have the state's resource do its work with `payload`; the limits are in seconds."""

    __slots__ = ("credentials", "heartbeat", "payload", "timeout")

    def __init__(
        self, payload: JSON, timeout: int | None = None, heartbeat: int | None = None, credentials: JSON = None
    ) -> None:
        self.payload = payload
        self.timeout = timeout
        self.heartbeat = heartbeat
        self.credentials = credentials


class Fork:
    """Walk through blocks side by side: the branches of a Parallel, or a Map's processor once for each item.

    `inputs[i]` is the input of walk *i*, through `blocks[i]` or, when there is one block, through that. At most `limit`
    walks are open at a time; the first failure fails the whole, or, when `tolerated` says so, the first one above that
    number. `items` are a Map's items, for the context object; they are the inputs as well, until the state's `select`
    has shaped them.
    """

    __slots__ = ("blocks", "inputs", "items", "limit", "tolerated")

    def __init__(
        self,
        blocks: tuple[Block, ...],
        inputs: list[JSON],
        items: list[JSON] | None = None,
        limit: int = 0,
        tolerated: float | None = None,
    ) -> None:
        self.blocks = blocks
        self.inputs = inputs
        self.items = items
        self.limit = limit
        self.tolerated = tolerated


class Shape:
    """Have the state's `select` make the input of the next walk of a fork that is not open yet, `$` being `data`. Items
    are shaped one by one, as a walk may give way between two of them, and all of them before any walk begins."""

    __slots__ = ("data", "fork")

    def __init__(self, fork: Fork, data: JSON) -> None:
        self.fork = fork
        self.data = data


class Distribute:
    """Have a Map Run process items by child executions. `items` is the array or object that the state has already, None
    where they are read; the state's `distribution` says the rest, and evaluates it when history has begun the Map."""

    __slots__ = ("items",)

    def __init__(self, items: list[JSON] | dict[str, JSON] | None) -> None:
        self.items = items


class Redistribute:
    """Have the Map Run `arn`, which did not succeed, process what it has not."""

    __slots__ = ("arn",)

    def __init__(self, arn: str) -> None:
        self.arn = arn


Move: TypeAlias = Done | Failed | Sleep | Enter | TimedOut | Invoke | Fork | Shape | Distribute | Redistribute

Run: TypeAlias = Callable[[Scope], Move]


def _never(scope: Scope) -> Move:
    raise AssertionError("a state was run before it was compiled")


_NOWHERE = State("", "", "")
