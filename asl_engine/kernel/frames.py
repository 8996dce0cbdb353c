"""A frame: one walk through one `States` block. The execution is one, each branch is one, each Map iteration is one.

A frame is the scope of the expressions of the state that it stands in. It is plain data: `snapshot.py` writes it as
JSON.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from asl_engine.program.moves import Fork
from asl_engine.program.program import Block, State
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.kernel.kernel import Kernel

NO_VARIABLES: dict[str, JSON] = {}


class Join:
    """A fork in progress: which walks are open, what the finished ones gave, what is still to start.

    `op` is the position of the fork, from which its walks have theirs.
    """

    __slots__ = ("failures", "fork", "input_bound", "lost", "next", "op", "open", "result_bound", "results")

    def __init__(self, fork: Fork, op: str) -> None:
        self.fork = fork
        self.op = op
        self.next = 0
        self.open: dict[int, Frame] = {}
        self.lost: dict[int, Frame] = {}  # walks that failed, or were aborted because another one did
        self.results: dict[int, JSON] = {}
        self.failures = 0
        self.result_bound = 2
        self.input_bound = 0


class Frame:
    """One walk through one block.

    `path` is the position of the walk and stable: `Process#1.0[3]` is the fourth walk of the first attempt at state
    `Process`, which was the first state of the walk around it. `visit` counts the states entered; `attempt` the retries
    of this one; `attempts` those per retrier. `entered_id` is the id of the event that entered the state, and 0 as long
    as there is none; `entered_when` its time. `bound` is an upper bound of the size of the input in bytes.
    """

    __slots__ = (
        "_chance",
        "attempt",
        "attempts",
        "block",
        "bound",
        "data",
        "entered_id",
        "entered_when",
        "has_begun",
        "index",
        "input",
        "is_iteration",
        "is_open",
        "item",
        "item_bound",
        "join",
        "kernel",
        "number",
        "ops",
        "parent",
        "result_bound",
        "state",
        "variables",
        "visit",
    )

    def __init__(
        self,
        kernel: Kernel,
        number: int,
        block: Block,
        input: JSON,
        bound: int,
        parent: Frame | None = None,
        index: int = 0,
    ) -> None:
        self.kernel = kernel
        self.number = number
        self.block = block
        self.state: State = block.start
        self.input = self.data = input
        self.bound = bound
        self.parent = parent
        self.index = index
        self.item: dict[str, JSON] | None = parent.item if parent is not None else None
        self.item_bound: int = parent.item_bound if parent is not None else 0
        self.variables: dict[str, JSON] = parent.variables if parent is not None else NO_VARIABLES
        self.visit = 1
        self.attempt = 0
        self.attempts: list[int] | None = None
        self.entered_id = 0
        self.entered_when = 0.0
        self.result_bound = 0
        self.ops: tuple[str, ...] = ()
        self.join: Join | None = None
        self.is_open = True
        self.is_iteration = parent is not None and parent.state.is_map
        self.has_begun = parent is None
        self._chance: tuple[str, Random] | None = None

    @property
    def path(self) -> str:
        """Where the walk is in the whole."""
        parent = self.parent
        return self.kernel.place if parent is None or parent.join is None else f"{parent.join.op}[{self.index}]"

    @property
    def op(self) -> str:
        """The id of this attempt at this state, made of its position alone."""
        state, parent = self.state, self.parent
        is_first = self.visit == 1 and not self.attempt
        here = state.first_op if is_first else f"/{state.name}#{self.visit}.{self.attempt}"
        return (
            self.kernel.place + here
            if parent is None or parent.join is None
            else f"{parent.join.op}[{self.index}]{here}"
        )

    @property
    def entered_at(self) -> float:
        """When the state was entered, in seconds since 1970."""
        return self.entered_when if self.entered_id else self.kernel.now

    def go_to(self, state: State, value: JSON, bound: int) -> None:
        """Stand before the next state with its raw input."""
        self.state = state
        self.input = value
        self.bound = bound
        self.visit += 1

    def context(self) -> dict[str, JSON]:
        """Return the context object (`$$`), in the order in which the service shows it."""
        state = self.state
        about: dict[str, JSON] = {"Name": state.name, "EnteredTime": self.kernel.stamp(self.entered_at)}
        if state.counts_retries:
            about["RetryCount"] = self.attempt
        context = {**self.kernel.context, "State": about}
        if self.item is not None:
            context["Map"] = {"Item": self.item}
        if state.resource is not None and state.resource.waits_for_token:
            context["Task"] = {"Token": self.kernel.token(self.op)}
        return context

    def time(self) -> float:
        """Return the time of the execution, in seconds since 1970."""
        return self.kernel.now

    def random(self) -> Random:
        """Return the source of chance of this attempt: seeded by the execution's seed and the position alone."""
        op = self.op
        if self._chance is None or self._chance[0] != op:
            self._chance = op, Random(f"{self.kernel.seed}:{op}")
        return self._chance[1]

    def random_state(self) -> list[JSON] | None:
        """Return where the source of chance of this attempt stands, as plain data; None if it was not used."""
        if self._chance is None or self._chance[0] != self.op:
            return None
        version, numbers, gauss = self._chance[1].getstate()
        return [version, list(numbers), gauss]

    def restore_random(self, state: list[JSON] | None) -> None:
        """Set what `random_state` returned, from a snapshot."""
        if state is not None:
            version, numbers, gauss = state
            self.random().setstate((version, tuple(numbers), gauss))
