"""One attempt at a task as a function call, and what its end means.

A driver calls the function in the way it knows; `Call.succeeded` and `Call.failed` turn the end into a result or a
`Failure`, in the form in which Lambda and the service report it.
"""

from __future__ import annotations

import json
import traceback
from typing import Any, final

from asl_engine.catalogue.service import Refusal, sdk_metadata
from asl_engine.tasks.answer import Answer
from asl_engine.tasks.context import LambdaContext
from asl_engine.tasks.error import TaskError
from asl_engine.tasks.registry import Function
from asl_engine.values import JSON, NotJSON, json_text, parse_json, private_copy


@final
class Failure:
    """How an attempt failed: the error name and the cause."""

    __slots__ = ("cause", "error")

    def __init__(self, error: str | None, cause: str | None) -> None:
        self.error = error
        self.cause = cause


def failure_of(refusal: Refusal) -> Failure:
    """Return the failure that an integration's refusal is."""
    return Failure(refusal.error, refusal.cause)


@final
class AsWritten:
    """A result that came as text, and is told with it as long as nothing changes it."""

    __slots__ = ("text", "value")

    def __init__(self, value: JSON, text: str) -> None:
        self.value = value
        self.text = text


@final
class Call:
    """A function with its arguments, ready to be called as `call.function.handler(call.event, call.context)`."""

    __slots__ = ("context", "event", "function", "is_enveloped")

    def __init__(self, function: Function, event: JSON, context: LambdaContext, is_enveloped: bool) -> None:
        self.function = function
        self.event = event
        self.context = context
        self.is_enveloped = is_enveloped

    def succeeded(self, returned: Any) -> JSON | Failure:
        """Return the result of the task for what the function returned; a failure when that is not JSON."""
        try:
            result = private_copy(returned, "the result")
        except NotJSON as problem:
            try:
                result = json.loads(json.dumps(returned, allow_nan=False))  # keys of other types, as Lambda takes them
            except (TypeError, ValueError, RecursionError):
                return self._lambda_failure("Runtime.MarshalError", f"Unable to marshal response: {problem}", [])
        return envelope(result, self.context) if self.is_enveloped else result

    def ended(self, answer: Answer) -> Answer:
        """Return when a call that takes its time is over, and what comes of it."""
        limit = self.function.timeout
        if limit is not None and answer.after >= limit:
            after, outcome = limit, self.timed_out()
        elif answer.is_failure:
            return Answer.failure(answer.error, answer.cause, answer.after)
        else:
            after, outcome = answer.after, self.succeeded(answer.output)
        is_failure = isinstance(outcome, Failure)
        return Answer.failure(outcome.error, outcome.cause, after) if is_failure else Answer(outcome, after=after)

    def failed(self, problem: BaseException) -> Failure:
        """Return the failure for what the function raised: its error is the name of its class, or a TaskError's."""
        if isinstance(problem, TaskError):
            return Failure(problem.error, problem.cause)
        if isinstance(problem, SystemExit):
            exited = f"Runtime exited with error: exit status {problem.code or 0}"
            message = f"RequestId: {self.context.aws_request_id} Error: {exited}"
            return self._lambda_failure("Runtime.ExitError", message, None)
        frames = traceback.extract_tb(problem.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith(_OURS)]
        return self._lambda_failure(type(problem).__name__, _text_of(problem), traceback.format_list(own))

    def timed_out(self) -> Failure:
        """Return the failure for a function that used up the time it was registered with."""
        message = (
            f"RequestId: {self.context.aws_request_id} Error: Task timed out after {self.function.timeout:.2f} seconds"
        )
        return self._lambda_failure("Sandbox.Timedout", message, None)

    def _lambda_failure(self, error: str, message: str, trace: list[str] | None) -> Failure:
        payload: dict[str, Any] = {
            "errorMessage": message,
            "errorType": error,
            "requestId": self.context.aws_request_id,
        }
        if trace is not None:
            payload["stackTrace"] = trace
        return Failure(error, json_text(payload) if self.is_enveloped else json.dumps(payload))


_OURS = __file__.rsplit("tasks", 1)[0]


def _text_of(problem: BaseException) -> str:
    try:
        return str(problem)
    except Exception as other:  # the class is the user's, and so is this mistake
        return f"<the text of {type(problem).__name__} cannot be made: {type(other).__name__}>"


def event_of(parameters: dict[str, JSON]) -> JSON:
    """Return the event that `lambda:invoke` sends for its parameters.

    Without a `Payload`, or with null, it is `{}`; a string that is itself JSON text is sent as that JSON (recorded:
    `invoke_json_values`).
    """
    payload = parameters.get("Payload")
    if payload is None:
        return {}
    if isinstance(payload, str):
        try:
            return parse_json(payload)
        except ValueError:
            return payload
    return payload


def envelope(result: JSON, context: LambdaContext) -> dict[str, JSON]:
    """Return what `arn:aws:states:::lambda:invoke` wraps around a function's result (recorded)."""
    length, request = str(len(json.dumps(result))), context.aws_request_id
    headers = {
        "Connection": "keep-alive",
        "Content-Length": length,
        "Content-Type": "application/json",
        "X-Amz-Executed-Version": context.function_version,
        "x-amzn-RequestId": request,
    }
    return {
        "ExecutedVersion": context.function_version,
        "Payload": result,
        **sdk_metadata(headers, 200, request),
        "StatusCode": 200,
    }
