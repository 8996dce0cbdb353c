"""Answers to task tokens: success, failure, and signs of life."""

from __future__ import annotations

from asl_engine.kernel import TaskFailed, TaskHeartbeat, TaskSucceeded
from asl_engine.quotas import MAX_BYTES
from asl_engine.server.callbacks import Attempt
from asl_engine.server.errors import ApiError
from asl_engine.server.machines import Account
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.service import Service
from asl_engine.values import parse_json, private_copy


def _attempt(service: Service, request: Request) -> Attempt:
    """Return the attempt of a token; one that nobody gave out is invalid."""
    attempt = service.callbacks.attempts.get(request["taskToken"])
    if attempt is None:
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
    return attempt


def _settle(service: Service, attempt: Attempt, event: TaskSucceeded | TaskFailed | TaskHeartbeat) -> Response:
    """Hand on an answer, unless it comes too late; of activities that is told with the name (recorded)."""
    if not attempt.is_open:
        resource = attempt.task.resource
        told = resource.text if resource.family == "Activity" else "Provided task does not exist anymore"
        raise ApiError("TaskTimedOut", f"Task Timed Out: '{told}'")
    attempt.driver.answer(event)
    return {}


@operation
def send_task_success(service: Service, account: Account, request: Request) -> Response:
    """The task is done, and this is its result: a JSON text, which is looked at first (recorded, September 2026)."""
    attempt = _attempt(service, request)
    text = request["output"]
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ApiError("InvalidOutput", f"Invalid Output: 'Output is larger than {MAX_BYTES} bytes'")
    try:
        output = private_copy(parse_json(text))
    except ValueError:
        raise ApiError("InvalidOutput", f"Invalid Output: '{text}' is not valid JSON.") from None
    return _settle(service, attempt, TaskSucceeded(attempt.driver.clock(), attempt.task.op, output))


@operation
def send_task_failure(service: Service, account: Account, request: Request) -> Response:
    """The task has failed; error and cause may each be missing."""
    attempt = _attempt(service, request)
    failed = TaskFailed(attempt.driver.clock(), attempt.task.op, request.get("error"), request.get("cause"))
    return _settle(service, attempt, failed)


@operation
def send_task_heartbeat(service: Service, account: Account, request: Request) -> Response:
    """The task is still being worked on: the time until the next sign of life starts anew."""
    attempt = _attempt(service, request)
    return _settle(service, attempt, TaskHeartbeat(attempt.driver.clock(), attempt.task.op))
