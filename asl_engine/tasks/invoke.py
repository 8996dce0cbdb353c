"""One attempt at a task: which function, with what, and what its end means.

`prepare` finds the function and makes its arguments, a driver calls it in the way it knows, and `Call.succeeded` or `Call.failed`
turn the end into a result or a `Failure`, in the form in which Lambda and the service report it.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from typing import Any

from asl_engine.errors import FunctionNotFound, did_you_mean
from asl_engine.kernel.commands import StartTask
from asl_engine.kernel.identity import Identity
from asl_engine.tasks.context import LambdaContext, function_arn, request_id
from asl_engine.tasks.registry import Function, Functions, split_name
from asl_engine.values import JSON, NotJSON, private_copy


class Failure:
    """How an attempt failed: the error name and the cause."""

    __slots__ = ("cause", "error")

    def __init__(self, error: str | None, cause: str | None) -> None:
        self.error = error
        self.cause = cause


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

    def failed(self, problem: BaseException) -> Failure:
        """Return the failure for what the function raised: the error's name is the name of its class."""
        if isinstance(problem, SystemExit):
            message = f"RequestId: {self.context.aws_request_id} Error: Runtime exited with error: exit status {problem.code or 0}"
            return self._lambda_failure("Runtime.ExitError", message, None)
        frames = traceback.extract_tb(problem.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith(_OURS)]
        return self._lambda_failure(type(problem).__name__, str(problem), traceback.format_list(own))

    def timed_out(self) -> Failure:
        """Return the failure for a function that used up the time it was registered with."""
        message = f"RequestId: {self.context.aws_request_id} Error: Task timed out after {self.function.timeout:.2f} seconds"
        return self._lambda_failure("Sandbox.Timedout", message, None)

    def _lambda_failure(self, error: str, message: str, trace: list[str] | None) -> Failure:
        payload: dict[str, Any] = {"errorMessage": message, "errorType": error, "requestId": self.context.aws_request_id}
        if trace is not None:
            payload["stackTrace"] = trace
        return Failure(error, json.dumps(payload))


_OURS = __file__.rsplit("tasks", 1)[0]


def prepare(
    functions: Functions, task: StartTask, identity: Identity, clock: Callable[[], float], is_strict: bool = True
) -> Call | Failure:
    """Return the call that a task asks for.

    A function that is not registered raises FunctionNotFound, or with `is_strict` false fails the attempt as it does on AWS.
    """
    resource, payload = task.resource, task.payload
    function = functions.find(resource.text)
    if function is not None:
        return Call(function, private_copy(payload), LambdaContext(function, task.op, identity, clock), False)
    wanted = resource.text
    if resource.service == "lambda" and resource.action == "invoke":
        qualifier = payload.get("Qualifier")
        wanted = payload["FunctionName"] + (f":{qualifier}" if qualifier else "")
        function = functions.find(wanted)
        if function is not None:
            version = split_name(wanted)[1] or "$LATEST"
            event = private_copy(payload.get("Payload", {}))
            return Call(function, event, LambdaContext(function, task.op, identity, clock, version), True)
    if is_strict:
        raise FunctionNotFound(_nobody(wanted, task, functions))
    return not_found(wanted, task.op, identity)


def _nobody(wanted: str, task: StartTask, functions: Functions) -> str:
    hint = did_you_mean(wanted, list(functions)) or " None is registered: pass functions={name: function}."
    return f"the state {task.state!r} calls {wanted!r}, and no such function is registered.{hint}"


def not_found(wanted: str, op: str, identity: Identity) -> Failure:
    """Return the failure for a function that does not exist, in the service's words (recorded)."""
    name, qualifier = split_name(wanted)
    arn = function_arn(name, identity, qualifier or "$LATEST")
    service = f"(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: {request_id(identity, op)}; Proxy: null)"
    return Failure("Lambda.ResourceNotFoundException", f"Function not found: {arn} {service}")


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
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": request},
        "StatusCode": 200,
    }
