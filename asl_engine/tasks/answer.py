"""What a function returns that takes its time: the answer to a token, or a result that comes later."""

from __future__ import annotations

from asl_engine.errors import UsageError
from asl_engine.values import JSON, private_copy


class Answer:
    """What will be said to a task, and after how many seconds.

    On AWS what a function returns to a `.waitForTaskToken` task is ignored, and somebody who has the token answers
    later. Here the function itself may return an `Answer`, which then stands for that somebody: a person, a consumer,
    another system. From any other task it is the function's own result, and `after` how long the function takes.

        @functions.register("AskManager")
        def ask_manager(event, context):
            return Answer({"approved": True}, after=3 * 24 * 3600)

    With `error` (and `cause`) the answer is a failure (SendTaskFailure). `heartbeat_every` says how often the worker
    sends a heartbeat until then, in seconds; without it there are none.
    """

    __slots__ = ("after", "cause", "error", "heartbeat_every", "is_failure", "output")

    def __init__(
        self,
        output: JSON = None,
        *,
        after: float = 0.0,
        error: str | None = None,
        cause: str | None = None,
        heartbeat_every: float | None = None,
    ) -> None:
        if not _is_time(after) or not (heartbeat_every is None or (_is_time(heartbeat_every) and heartbeat_every)):
            message = "an answer cannot come before the question, and heartbeats need a time between them"
            raise UsageError(f"{message}: after={after!r}, heartbeat_every={heartbeat_every!r}")
        for text in (error, cause):
            if text is not None and not isinstance(text, str):
                raise UsageError(f"the error name and the cause of an answer are texts, not {text!r}")
        self.output = private_copy(output, "the answer")
        self.after = after
        self.error = error
        self.cause = cause
        self.heartbeat_every = heartbeat_every
        self.is_failure = error is not None or cause is not None

    @classmethod
    def failure(cls, error: str | None = None, cause: str | None = None, after: float = 0.0) -> Answer:
        """Return a failure, also one that has neither a name nor a cause, as SendTaskFailure may leave out both."""
        answer = cls(error=error, cause=cause, after=after)
        answer.is_failure = True
        return answer


def _is_time(seconds: object) -> bool:
    return isinstance(seconds, (int, float)) and 0 <= seconds < float("inf")
