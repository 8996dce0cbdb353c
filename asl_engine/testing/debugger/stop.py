"""Where an execution in the debugger stands: before the work of a state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from asl_engine.errors import UsageError
from asl_engine.history import read_events
from asl_engine.history.story import read_story
from asl_engine.inspection import Inspection, Setting, Subject
from asl_engine.kernel.memory import Frame
from asl_engine.testing.debugger.rerun import Edit, Rerun
from asl_engine.values import JSON, private_copy


class Failed(NamedTuple):
    """A failure on the way: the state, the error name, and the cause as a person reads it."""

    state: str
    error: str | None
    cause: str | None

    def __str__(self) -> str:
        return f"{self.state}: {self.error}{f': {self.cause}' if self.cause else ''}"


class Stop:
    """Where the execution stands: before the work of a state. `number` counts the stops that were possible, from 1.

    `input`, `variables` and `context` are what the state sees. `depth` is how many Parallels and Maps it stands in;
    `attempt` how many retries have been made; `time` how much virtual time has passed, in seconds; `news` are failures
    since the stop before. `before` is the stop before this one on the same walk, None at its beginning.
    """

    def __init__(
        self,
        number: int,
        frame: Frame,
        depth: int,
        news: list[Failed],
        before: Stop | None,
        rerun: Rerun,
        subject_of: Callable[[str], Subject],
    ) -> None:
        self.number = number
        self.frame = frame
        self.depth = depth
        self.news = news
        self.before = before
        self.state = frame.state.name
        self.type = frame.state.type
        self.input = frame.input
        self.variables = frame.variables
        self.context = frame.context()
        self.attempt = frame.attempt
        self.now = frame.memory.now
        self.time = self.now - frame.memory.started_at
        self._rerun = rerun
        self._subject_of = subject_of

    @property
    def path(self) -> list[str]:
        """The states entered before this one."""
        return [visit.state for visit in read_story(read_events(self.frame.memory.records or []))]

    def stages(self) -> dict[str, JSON]:
        """Return what each stage of the data flow makes, as far as it is known before the state's work, and where the
        state would fail."""
        return _stages(self._entered())

    def last(self) -> dict[str, JSON]:
        """Return the same for the state before this one, to its end. Raises UsageError where there is none."""
        before = self.before
        if before is None:
            raise UsageError("this walk begins here: no state was left on it")
        visits = read_story(read_events(self.frame.memory.records or []))
        visit = next(visit for visit in reversed(visits) if visit.state == before.state)
        inspection = before._entered()
        if inspection.status == "RUNNING" and visit.attempts:
            attempt = visit.attempts[-1]
            if attempt.status == "SUCCEEDED":
                inspection.succeed(attempt.result)
            else:
                inspection.fail(attempt.error, attempt.cause)
        return {"state": before.state, **_stages(inspection), "output": visit.output}

    def _entered(self) -> Inspection:
        memory = self.frame.memory
        known: dict[str, Any] = {"variables": self.variables, "context": self.context, "retries": self.attempt}
        setting = Setting(memory.identity, self.now, memory.seed, **known)
        inspection = Inspection(self._subject_of(self.state), self.input, setting)
        inspection.enter()
        return inspection

    def set_input(self, value: JSON) -> None:
        """Let the state have another input."""
        self._rerun.edit(self.number, self.frame, Edit(None, private_copy(value, "the input")))
        self.input = self.frame.input

    def set_variable(self, name: str, value: JSON) -> None:
        """Let a variable have another value, from this state on."""
        self._rerun.edit(self.number, self.frame, Edit(name, private_copy(value, "the value")))
        self.variables = self.frame.variables


def _stages(inspection: Inspection) -> dict[str, JSON]:
    stages: dict[str, JSON] = {name: value for name, value in inspection.stages.items() if name != "variables"}
    if inspection.error is not None:
        stages["error"] = {"Error": inspection.error, "Cause": inspection.cause}
    if inspection.status in ("SUCCEEDED", "CAUGHT_ERROR"):
        stages |= {"output": inspection.output, "next": inspection.next_state}
    return stages
