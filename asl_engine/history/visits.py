"""What a story is made of: the visits to states, and what happened in each of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from asl_engine.values import JSON

Status: TypeAlias = Literal["RUNNING", "SUCCEEDED", "CAUGHT", "FAILED", "ABORTED"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A failure that an event tells of: its error name and cause, where AWS has them, and when it was."""

    error: str | None
    cause: str | None
    at: float


@dataclass(slots=True)
class Attempt:
    """One attempt at the work of a Task. Times are in seconds since 1970; `ended_at` is None while it lasts.

    `resource` is what was asked to do it: a function's ARN, or `lambda:invoke`. `status` is RUNNING, SUCCEEDED or
    FAILED, the latter with an `error` and a `cause` where AWS has them; a timeout is a failure named `States.Timeout`,
    and `is_timeout`. `heartbeat` is after how many seconds without a sign of life it would time out.
    """

    resource: str
    payload: JSON
    began_at: float
    status: Status = "RUNNING"
    result: JSON = None
    error: str | None = None
    cause: str | None = None
    ended_at: float | None = None
    heartbeat: float | None = None
    is_timeout: bool = False


@dataclass(slots=True)
class Iteration:
    """One iteration of an inline Map: the number of its item, and what became of it."""

    index: int
    status: Status = "RUNNING"


@dataclass(slots=True)
class MapRunPart:
    """What the history of an execution says of a Map Run: its ARN, how it ended, how often it was redriven.

    What its children did stands in histories of their own.
    """

    arn: str
    status: Status = "RUNNING"
    redrives: int = 0


@dataclass(slots=True)
class Visit:
    """One time that a state was entered. Times are in seconds since 1970, and not a number where a history has none.

    `status` is CAUGHT when the state failed and a catcher took it. `failure` is what it has not got over: a retry or a
    redrive takes it back; `failures` are all of them. `redrives` has for each redrive the failure that it undid, None
    where the state was only aborted. `variables` are what it assigned. `parent` is the visit of the Parallel or Map
    that this one happened in, `iteration` the number of the Map's item, and `branch` the state that the branch of a
    Parallel began with. `before` is the visit that led to this one in its branch, and `next` the state that came after,
    of a visit that was CAUGHT the catcher's. `entry` and `exit` are the ids of the events that entered and left it.
    """

    state: str
    type: str
    input: JSON
    entered_at: float
    entry: int
    parent: Visit | None = None
    before: Visit | None = None
    iteration: int | None = None
    branch: str | None = None
    status: Status = "RUNNING"
    output: JSON = None
    failure: Failure | None = None
    failures: list[Failure] = field(default_factory=list)
    redrives: list[Failure | None] = field(default_factory=list)
    variables: dict[str, JSON] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)
    iterations: list[Iteration] = field(default_factory=list)
    map_runs: list[MapRunPart] = field(default_factory=list)
    next: str | None = None
    left_at: float | None = None
    exit: int | None = None

    @property
    def error(self) -> str | None:
        """The error name of its last failure, if it has not got over it."""
        return None if self.failure is None else self.failure.error

    @property
    def cause(self) -> str | None:
        """The cause of that failure."""
        return None if self.failure is None else self.failure.cause

    @property
    def duration(self) -> float | None:
        """How long the visit took, in seconds; None if it was never left, or the history has no times."""
        seconds = math.nan if self.left_at is None else self.left_at - self.entered_at
        return None if math.isnan(seconds) else seconds

    @property
    def retries(self) -> int:
        """How often its work was tried again by a retrier; what a redrive has done again is not counted."""
        final = self.failure is not None and self.status in ("FAILED", "CAUGHT")
        return len(self.failures) - final - sum(failure is not None for failure in self.redrives)
