"""What an execution is run again with: what its tasks have answered so far, and what the user has changed."""

from __future__ import annotations

from typing import NamedTuple

from asl_engine.kernel import Event, StartTask, TaskFailed, TaskHeartbeat, TaskSubmitted, TaskSucceeded
from asl_engine.kernel.memory import Frame
from asl_engine.mapruns.family import FamilyEvent
from asl_engine.values import JSON, size_of


class Edit(NamedTuple):
    """A value of the user's: of a variable, or, without a name, of the input."""

    variable: str | None
    value: JSON

    def change(self, frame: Frame) -> None:
        """Let the state that stands in a frame see the value."""
        if self.variable is None:
            frame.input = frame.data = self.value
            frame.max_size = size_of(self.value)
        else:
            frame.variables = {**frame.variables, self.variable: self.value}


class Answers:
    """What a task was answered, and after which stop it was asked."""

    __slots__ = ("events", "stop")

    def __init__(self, stop: int) -> None:
        self.stop = stop
        self.events: list[Event] = []


class Rerun:
    """Answers by task, and edits by stop. An edit makes void what came of the other value: answers and edits that are
    later than its stop."""

    def __init__(self) -> None:
        self._answers: dict[str, Answers] = {}
        self._edits: dict[int, list[Edit]] = {}

    def edit(self, stop: int, frame: Frame, edit: Edit) -> None:
        """Change what a state sees, now and whenever the execution is run again up to here."""
        self._edits = {number: edits for number, edits in self._edits.items() if number <= stop}
        self._answers = {op: answers for op, answers in self._answers.items() if answers.stop < stop}
        self._edits.setdefault(stop, []).append(edit)
        edit.change(frame)

    def redo(self, stop: int, frame: Frame) -> None:
        """Make the edits of a stop once more."""
        for edit in self._edits.get(stop, ()):
            edit.change(frame)

    def answers_of(self, task: StartTask) -> list[Event] | None:
        """Return what a task has answered before; None for a task that was not asked."""
        known = self._answers.get(task.op)
        return None if known is None else known.events

    def remember(self, stop: int, event: FamilyEvent) -> None:
        """Remember an answer to a task, if the event is one."""
        if not isinstance(event, (TaskSucceeded, TaskFailed, TaskHeartbeat, TaskSubmitted)):
            return
        answers = self._answers.setdefault(event.op, Answers(stop))
        if event not in answers.events:
            answers.events.append(event)
