"""Answers to task tokens: success, failure, and signs of life."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from asl_engine.kernel import TaskFailed, TaskHeartbeat, TaskSucceeded
from asl_engine.quotas import MAX_BYTES
from asl_engine.server.account import Account
from asl_engine.server.errors import ApiError
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.service import Service
from asl_engine.store import Token
from asl_engine.values import parse_json, private_copy

Answer: TypeAlias = TaskSucceeded | TaskFailed | TaskHeartbeat


def _token(service: Service, request: Request) -> Token:
    """Return a token that was given out; any other is invalid."""
    token = service.store.token(request["taskToken"])
    if token is None:
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
    return token


async def _settle(service: Service, token: Token, answer: Callable[[float, str], Answer]) -> Response:
    """Hand on an answer, unless it comes too late; of activities that is told with the name (recorded)."""
    driver = service.driver_of(token)
    if driver is None or not await driver.answer(answer(driver.clock(), token.op)):
        subject = token.activity_arn or "Provided task does not exist anymore"
        raise ApiError("TaskTimedOut", f"Task Timed Out: '{subject}'")
    return {}


@operation
async def send_task_success(service: Service, account: Account, request: Request) -> Response:
    """The task is done, and this is its result: a JSON text, which is looked at first (recorded, September 2026)."""
    token, text = _token(service, request), request["output"]
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ApiError("InvalidOutput", f"Invalid Output: 'Output is larger than {MAX_BYTES} bytes'")
    try:
        output = private_copy(parse_json(text))
    except ValueError:
        raise ApiError("InvalidOutput", f"Invalid Output: '{text}' is not valid JSON.") from None
    return await _settle(service, token, lambda at, op: TaskSucceeded(at, op, output, text))


@operation
async def send_task_failure(service: Service, account: Account, request: Request) -> Response:
    """The task has failed; error and cause may each be missing."""
    error, cause = request.get("error"), request.get("cause")
    return await _settle(service, _token(service, request), lambda at, op: TaskFailed(at, op, error, cause))


@operation
async def send_task_heartbeat(service: Service, account: Account, request: Request) -> Response:
    """The task is still being worked on: the time until the next sign of life starts anew."""
    return await _settle(service, _token(service, request), TaskHeartbeat)
