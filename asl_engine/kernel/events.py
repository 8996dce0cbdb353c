"""What the outside tells the kernel. Every event carries the time at which it happened: the kernel has no clock."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from asl_engine.kernel.commands import DEADLINE
from asl_engine.kernel.identity import Identity
from asl_engine.values import JSON


class ExecutionStarted:
    """The first event. `seed` is the source of every UUID, random number and jitter of the execution; `size` is the
    input's, in bytes of its text, where somebody has measured it already; `text` is the input as it was written, where
    it came as text."""

    __slots__ = ("at", "identity", "input", "seed", "size", "text")

    op: ClassVar[str] = DEADLINE  # what it is about is the execution as a whole

    def __init__(
        self,
        at: float,
        input: JSON,
        identity: Identity,
        seed: int = 0,
        size: int | None = None,
        text: str | None = None,
    ) -> None:
        self.at = at
        self.input = input
        self.identity = identity
        self.seed = seed
        self.size = size
        self.text = text


class TaskSucceeded:
    """The attempt `op` has a result: a JSON value that nobody else will change; with its `text` where it came as it
    was written."""

    __slots__ = ("at", "op", "result", "text")

    def __init__(self, at: float, op: str, result: JSON, text: str | None = None) -> None:
        self.at = at
        self.op = op
        self.result = result
        self.text = text


class TaskFailed:
    """The attempt `op` failed. Either name or cause may be missing (SendTaskFailure without fields)."""

    __slots__ = ("at", "cause", "error", "op")

    def __init__(self, at: float, op: str, error: str | None, cause: str | None) -> None:
        self.at = at
        self.op = op
        self.error = error
        self.cause = cause


class TaskSubmitted:
    """A task that is answered later by its token was handed over; `output` is what the handing over returned."""

    __slots__ = ("at", "op", "output")

    def __init__(self, at: float, op: str, output: JSON) -> None:
        self.at = at
        self.op = op
        self.output = output


class ActivityStarted:
    """A worker has taken up the attempt `op` at an activity; it may have told its name."""

    __slots__ = ("at", "op", "worker")

    def __init__(self, at: float, op: str, worker: str | None) -> None:
        self.at = at
        self.op = op
        self.worker = worker


class TaskHeartbeat:
    """The worker of attempt `op` is alive."""

    __slots__ = ("at", "op")

    def __init__(self, at: float, op: str) -> None:
        self.at = at
        self.op = op


class MapRunSucceeded:
    """The Map Run `op` has processed its items; `result` is the Map's: a JSON value that nobody else will change."""

    __slots__ = ("at", "op", "result")

    def __init__(self, at: float, op: str, result: JSON) -> None:
        self.at = at
        self.op = op
        self.result = result


class MapRunFailed:
    """The Map Run `op` failed: its items could not be read, too many of them failed, or results not be written."""

    __slots__ = ("at", "cause", "error", "op")

    def __init__(self, at: float, op: str, error: str, cause: str) -> None:
        self.at = at
        self.op = op
        self.error = error
        self.cause = cause


class TimerFired:
    """The moment that the timer `op` was set for has come."""

    __slots__ = ("at", "op")

    def __init__(self, at: float, op: str) -> None:
        self.at = at
        self.op = op


class Continued:
    """There is time to calculate again: answers `Continue`, with its op."""

    __slots__ = ("at", "op")

    def __init__(self, at: float, op: str = DEADLINE) -> None:
        self.at = at
        self.op = op


class ExecutionStopped:
    """Somebody stopped the execution (StopExecution). A child execution is stopped by the op of its end."""

    __slots__ = ("at", "cause", "error", "op")

    def __init__(self, at: float, error: str | None = None, cause: str | None = None, op: str = DEADLINE) -> None:
        self.at = at
        self.op = op
        self.error = error
        self.cause = cause


class ExecutionBroken:
    """Whoever runs the execution cannot go on with it, for a reason of his own: it fails with States.Runtime."""

    __slots__ = ("at", "cause", "op")

    def __init__(self, at: float, cause: str, op: str = DEADLINE) -> None:
        self.at = at
        self.op = op
        self.cause = cause


class ExecutionRedriven:
    """Somebody wants an execution that did not succeed to go on from where it failed (RedriveExecution)."""

    __slots__ = ("at", "op")

    def __init__(self, at: float, op: str = DEADLINE) -> None:
        self.at = at
        self.op = op


Event: TypeAlias = (
    ExecutionStarted
    | TaskSucceeded
    | TaskFailed
    | TaskSubmitted
    | ActivityStarted
    | TaskHeartbeat
    | MapRunSucceeded
    | MapRunFailed
    | TimerFired
    | Continued
    | ExecutionStopped
    | ExecutionBroken
    | ExecutionRedriven
)
