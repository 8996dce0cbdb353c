"""Errors as the service answers them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from asl_engine.store import StoreFull


class ApiError(Exception):
    """A request that the service refuses: AWS's code, the words that come after it, and the code of a reason."""

    def __init__(self, code: str, message: str, reason: str | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.reason = reason


@contextmanager
def refused_when_full(code: str) -> Iterator[None]:
    """Refuse with this code of AWS's what the store has no room for."""
    try:
        yield
    except StoreFull as problem:
        raise ApiError(code, str(problem)) from None


def machine_does_not_exist(arn: str, part: str = "") -> ApiError:
    """Return the error for a state machine that is not there, or for a `part` of one."""
    return ApiError("StateMachineDoesNotExist", f"State Machine {part}Does Not Exist: '{arn}'")


def execution_does_not_exist(arn: str) -> ApiError:
    """Return the error for an execution that is not there."""
    return ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
