"""What the kernel tells the outside. `op` ties a command to the event that answers it.

An op comes from the position of the work (walk, state, visit, attempt) and never from the order of issue: the same id
is journal key, idempotency key and task token.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from asl_engine.catalogue.resource import Resource
from asl_engine.program.distributed import Plan
from asl_engine.values import JSON

DEADLINE: Final = "deadline"
"""The op of the timer that ends an execution."""


class StartTask:
    """Have `resource` do its work with `payload`, and answer with TaskSucceeded or TaskFailed.

    The kernel keeps the time limits itself; `timeout` and `heartbeat` (seconds) only let a driver that must block know
    how long that is worth. `state` is the name of the Task, for messages.
    """

    __slots__ = ("heartbeat", "op", "payload", "resource", "state", "timeout")

    def __init__(
        self,
        op: str,
        resource: Resource,
        payload: JSON,
        state: str,
        timeout: int | None,
        heartbeat: int | None = None,
    ) -> None:
        self.op = op
        self.resource = resource
        self.payload = payload
        self.state = state
        self.timeout = timeout
        self.heartbeat = heartbeat


class StartMapRun:
    """Have child executions process the items of `plan`, and answer with MapRunSucceeded or MapRunFailed.

    `state` is the name of the Map. With `redrives`, the run was there before, and did not succeed: only what it has not
    processed is to be processed now.
    """

    __slots__ = ("arn", "op", "plan", "redrives", "state")

    def __init__(self, op: str, state: str, arn: str, plan: Plan, redrives: int = 0) -> None:
        self.redrives = redrives
        self.op = op
        self.state = state
        self.arn = arn
        self.plan = plan


class StartTimer:
    """Answer with TimerFired at the moment `at` (seconds since 1970)."""

    __slots__ = ("at", "op")

    def __init__(self, op: str, at: float) -> None:
        self.op = op
        self.at = at


class Cancel:
    """The task or timer `op` no longer matters: stop it if that can be done; its answer will be ignored."""

    __slots__ = ("op",)

    def __init__(self, op: str) -> None:
        self.op = op


class Continue:
    """The budget of work is spent, and there is more to calculate: answer with Continued when its time has come. `op`
    is that of the execution's end."""

    __slots__ = ("op",)

    def __init__(self, op: str) -> None:
        self.op = op


Command: TypeAlias = StartTask | StartTimer | StartMapRun | Cancel | Continue
