"""A recorded execution: a history that was downloaded from AWS, or written here, and the answers in it."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

from asl_engine.errors import MockError
from asl_engine.history.files import read_whole_history
from asl_engine.history.story import Story
from asl_engine.history.visits import Attempt
from asl_engine.kernel.commands import StartTask
from asl_engine.tasks.answer import Answer
from asl_engine.testing.mock import NO_ANSWER, Mock
from asl_engine.testing.schedule import Schedule, stop
from asl_engine.values import JSON


class Recording:
    """An execution that was recorded: its input, its end, and the visits to states with what their tasks answered."""

    def __init__(self, story: Story) -> None:
        self.story = story.visits
        self.start = 0.0 if math.isnan(story.started_at) else story.started_at
        self.input = story.input
        self.status = story.status
        self.output = story.output
        self.error, self.cause = (story.failure.error, story.failure.cause) if story.failure else (None, None)
        end = self.start if story.ended_at is None or math.isnan(story.ended_at) else story.ended_at
        self.duration = end - self.start

    def attempts(self) -> dict[str, list[Attempt]]:
        """Return the attempts at each state's work, in the order in which they began."""
        by_state: defaultdict[str, list[Attempt]] = defaultdict(list)
        for visit in self.story:
            by_state[visit.state] += visit.attempts
        return {state: sorted(attempts, key=lambda attempt: attempt.began_at) for state, attempts in by_state.items()}

    @property
    def schedule(self) -> Schedule:
        """What happened from outside: that somebody stopped the execution."""
        return {max(0.0, self.duration): stop(self.error, self.cause)} if self.status == "ABORTED" else {}


def read_recording(history: Any) -> Recording:
    """Return a recording: from the path of a file that `aws stepfunctions get-execution-history` wrote, from its
    content, or from a list of events. Raises UsageError for what is none, or not all of one."""
    story = Story()
    for event in read_whole_history(history):
        story.take(event)
    return Recording(story)


class RecordedTasks:
    """The answers of a recording, in place of mocks: each state's in the order in which they were asked for."""

    def __init__(self, recording: Recording) -> None:
        self._attempts = {state: iter(attempts) for state, attempts in recording.attempts().items()}

    def find(self, task: StartTask) -> tuple[str, Mock, bool] | None:
        """Return what the recording has as the next answer to a task of this state."""
        attempt = next(self._attempts.get(task.state, iter(())), None)
        if attempt is None:
            raise Unrecorded(task.state, task.payload)
        return task.state, Mock(answer_of(attempt)), False


class Unrecorded(MockError):
    """The definition asks for a task that the recording has no answer to."""

    def __init__(self, state: str, payload: JSON) -> None:
        super().__init__(f"the recording has no further answer to a task of state {state!r}")
        self.state = state
        self.payload = payload


def answer_of(attempt: Attempt) -> Any:
    """Return what an attempt was answered, and after how long; a time limit's passing is the state's own doing.

    No history tells of heartbeats: where there must have been some, the answer has them.
    """
    if attempt.status == "RUNNING" or attempt.ended_at is None or attempt.is_timeout:
        return NO_ANSWER
    took = round(max(0.0, attempt.ended_at - attempt.began_at), 3)  # AWS writes milliseconds
    if attempt.status == "SUCCEEDED":
        answer = Answer(attempt.result, after=took)
    else:
        answer = Answer.failure(attempt.error, attempt.cause, took)
    if attempt.heartbeat and took >= attempt.heartbeat:
        answer.heartbeat_every = attempt.heartbeat / 2
    return answer
