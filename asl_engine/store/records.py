"""The rows of a store. Times are seconds since 1970; an `id` is given by the store, and grows.

Dataclasses, as nothing here is on the way of a transition and nobody imports them without an endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")
Key = TypeVar("Key", int, str)


@dataclass(slots=True)
class Page(Generic[Row, Key]):
    """A part of a list. `last` is the key of its last row, to ask for what follows; None when nothing does."""

    rows: list[Row]
    last: Key | None


@dataclass(slots=True)
class Revision:
    """What a state machine is between two updates. `id` is None for the first one, as AWS tells none for it."""

    id: str | None
    type: str
    definition: str
    role_arn: str
    logging: dict[str, Any]
    tracing: dict[str, Any]
    encryption: dict[str, Any]
    updated_at: float


@dataclass(slots=True)
class Machine:
    """A state machine that was created. One that is deleted and made again is another, with another `id`."""

    arn: str
    account: str
    region: str
    name: str
    revision: Revision
    created_at: float
    last_version: int = 0
    first_description: str | None = None  # of version 1, by which a creation is known again
    id: int = 0


@dataclass(slots=True)
class Version:
    """A revision that was published under a number, which never changes."""

    arn: str
    number: int
    revision: Revision
    description: str | None
    created_at: float


@dataclass(slots=True)
class Alias:
    """A name for one version, or for two of which each gets its share of the executions, by weight in per cent."""

    arn: str
    name: str
    routes: list[dict[str, Any]]
    description: str | None
    created_at: float
    updated_at: float | None = None


@dataclass(slots=True)
class Execution:
    """An execution, or a child of a Map Run, whose `machine_arn` ends with the label of its Map.

    `status` is RUNNING until `stopped_at` is known, also when it was redriven. `redrive_refusal` says, once it has
    ended, why it cannot be redriven whenever that be. `memory` is how many bytes it takes beside its row and its
    history, as far as that is known: its input, and the children that a redrive would go on with. `test_case`
    names what of the MockConfigFile answers for its states.
    """

    arn: str
    machine_id: int
    machine_arn: str
    name: str
    revision: Revision
    input_text: str
    started_at: float
    version_arn: str | None = None
    alias_arn: str | None = None
    trace_header: str | None = None
    map_run_arn: str | None = None
    items: int = 0
    status: str = "RUNNING"
    stopped_at: float | None = None
    output_text: str | None = None
    error: str | None = None
    cause: str | None = None
    redrive_count: int = 0
    redriven_at: float | None = None
    redrive_refusal: str | None = None
    memory: int = 0
    test_case: str | None = None
    id: int = 0

    def reopen(self, at: float) -> None:
        """Go on after an end, by a redrive at a moment."""
        self.status, self.stopped_at, self.redrive_refusal = "RUNNING", None, None
        self.output_text = self.error = self.cause = None
        self.redrive_count += 1
        self.redriven_at = at


@dataclass(slots=True)
class Token:
    """A task token that is out: one attempt, `op`, of an execution. `root_arn` is the execution that was started, where
    a child's is its Map Run's. `activity_arn` is where a worker finds it, if it is an activity's, and `input_text` what
    the worker gets."""

    token: str
    execution_arn: str
    root_arn: str
    op: str
    resource: str
    input_text: str
    activity_arn: str | None = None


@dataclass(slots=True)
class Activity:
    """An activity that was created."""

    arn: str
    account: str
    region: str
    name: str
    encryption: dict[str, Any]
    created_at: float


@dataclass(slots=True)
class MapRun:
    """A Map Run: `items` and `executions` are its counts under the names of DescribeMapRun, as they were last written
    down. `root_arn` is the execution that was started, `execution_arn` the one that has the Map."""

    arn: str
    execution_arn: str
    root_arn: str
    machine_arn: str
    op: str
    started_at: float
    status: str = "RUNNING"
    stopped_at: float | None = None
    max_concurrency: int = 0
    tolerated_count: int = 0
    tolerated_percentage: float = 0.0
    items: dict[str, int] = field(default_factory=dict)
    executions: dict[str, int] = field(default_factory=dict)
    redrive_count: int = 0
    redriven_at: float | None = None
    id: int = 0
