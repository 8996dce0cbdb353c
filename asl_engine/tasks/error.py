"""Failing a task with an error name of one's own choice."""

from __future__ import annotations

from asl_engine.errors import UsageError


class TaskError(Exception):
    """Raise this in a function to fail its task with just this error name and cause.

    Any other exception fails the task as it does in Lambda: the name is that of its class, the cause an error payload.
    Names that no Python class can have are those of AWS itself:

        raise TaskError("Lambda.TooManyRequestsException", "Rate exceeded")
    """

    def __init__(self, error: str, cause: str | None = None) -> None:
        if not isinstance(error, str) or not isinstance(cause, (str, type(None))):
            raise UsageError(f"a TaskError has an error name and a cause, which are texts, not {error!r} and {cause!r}")
        super().__init__(error if cause is None else f"{error}: {cause}")
        self.error = error
        self.cause = cause
