"""Errors as the service answers them."""

from __future__ import annotations


class ApiError(Exception):
    """A request that the service refuses: AWS's code, and the words that come after it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


def machine_does_not_exist(arn: str) -> ApiError:
    """Return the error for a state machine that is not there."""
    return ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def execution_does_not_exist(arn: str) -> ApiError:
    """Return the error for an execution that is not there."""
    return ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
