"""Errors as the service answers them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

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


class ModelViolation(ApiError):
    """A request that does not fit the service's model, which another part of the service finds out."""


MODEL_CHECK: Final = "com.amazon.coral.validate#"
SERVICE: Final = "com.amazonaws.swf.service.v2.model#"
FRAMEWORK: Final = "com.amazon.coral.service#"

_OF_FRAMEWORK: Final = frozenset(
    {
        "AccessDeniedException", "InternalFailure", "MissingAuthenticationTokenException",
        "RequestEntityTooLargeException", "SerializationException", "ServiceUnavailable", "UnknownOperationException",
    }
)  # fmt: skip


def type_on_the_wire(problem: ApiError) -> str:
    """Return the name of an error as it is sent: with the part of the service that it is from (recorded, September
    2026; that of the framework is believed)."""
    if isinstance(problem, ModelViolation):
        return MODEL_CHECK + problem.code
    return (FRAMEWORK if problem.code in _OF_FRAMEWORK else SERVICE) + problem.code


def machine_does_not_exist(arn: str, part: str = "") -> ApiError:
    """Return the error for a state machine that is not there, or for a `part` of one."""
    return ApiError("StateMachineDoesNotExist", f"State Machine {part}Does Not Exist: '{arn}'")


def execution_does_not_exist(arn: str) -> ApiError:
    """Return the error for an execution that is not there."""
    return ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
