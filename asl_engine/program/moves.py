"""What an entered state asks for: exactly one of these values.

A move says *what*, never *how*: states know nothing of retries, time or threads; the kernel turns moves into commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.program.program import Block, Route


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
    number. `items` are a Map's items, for the context object.
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


Move: TypeAlias = Done | Failed | Sleep | Enter | TimedOut | Invoke | Fork | Distribute | Redistribute
