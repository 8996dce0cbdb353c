"""Step Functions as a service of its own tasks: `states:startExecution` and `aws-sdk:sfn:*`, answered in process.

The operations run on the event loop, as if the request had come from outside.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable
from typing import Any, Final

from asl_engine.kernel import ExecutionStopped, Identity, StartTask
from asl_engine.server.errors import ApiError
from asl_engine.server.operations.registry import OPERATIONS
from asl_engine.server.requests import check_request, service_model
from asl_engine.server.service import Account, Run, Service
from asl_engine.tasks.integrations.aws_service import OPTIMISED, described, error_of, from_response, to_request
from asl_engine.tasks.invoke import Failure
from asl_engine.tasks.perform import Job, Soon
from asl_engine.values import JSON, json_text, parse_json, to_datetime

STARTED: Final = "StartExecution"


def is_nested(task: StartTask) -> bool:
    """Tell whether a task is for Step Functions itself."""
    return task.resource.service in ("states", "aws-sdk:sfn")


class Nested:
    """Does the tasks of a service's executions that are for the service itself."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def prepare(self, task: StartTask, identity: Identity) -> Soon | Job | Failure:
        """Return what does a task; a failure for an action that is not there."""
        resource, account = task.resource, Account(identity.account, identity.region)
        operation = resource.action[:1].upper() + resource.action[1:]
        if operation not in OPERATIONS:
            return Failure("States.Runtime", f"There is no action {resource.text}.")
        if resource.service == "aws-sdk:sfn":
            return Soon(lambda: self._sdk(operation, account, task.payload))
        if resource.pattern in ("sync", "sync:2"):
            return Job(
                lambda: self._start(account, task.payload),
                lambda started: self._wait(started, resource.pattern == "sync:2"),
            )
        return Soon(lambda: self._start(account, task.payload))

    async def _call(self, operation: str, account: Account, parameters: JSON) -> Any:
        request = to_request(service_model().operation_model(operation).input_shape, parameters or {})
        check_request(operation, request)
        answer = OPERATIONS[operation](self.service, account, request)
        return await answer if isinstance(answer, Awaitable) else answer

    async def _sdk(self, operation: str, account: Account, parameters: JSON) -> JSON | Failure:
        try:
            answer = await self._call(operation, account, parameters)
        except ApiError as problem:
            return error_of(_response(problem), service_model(), None)
        shape = service_model().operation_model(operation).output_shape
        return from_response(shape, _with_dates(shape, answer)) if shape is not None else {}

    async def _start(self, account: Account, parameters: JSON) -> JSON | Failure:
        try:
            answer = await self._call(STARTED, account, parameters)
        except ApiError as problem:
            return error_of(_response(problem), service_model(), OPTIMISED["states"])
        started = {"ExecutionArn": answer["executionArn"], "StartDate": round(answer["startDate"] * 1000)}
        text = str(len(json_text(answer)))
        request_id = str(uuid.uuid4())
        headers = {
            "connection": "keep-alive",
            "Content-Length": text,
            "Content-Type": "application/x-amz-json-1.0",
            "Date": to_datetime(answer["startDate"]).strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "x-amzn-RequestId": request_id,
        }
        return started | described({"HTTPHeaders": headers, "HTTPStatusCode": 200, "RequestId": request_id})

    async def _wait(self, started: JSON, as_json: bool) -> JSON | Failure:
        """Wait for the end of an execution; stop it when nobody waits any longer."""
        run = self.service.runs[started["ExecutionArn"]]
        assert run.task is not None
        try:
            await asyncio.shield(run.task)
        except asyncio.CancelledError:
            run.driver.post(ExecutionStopped(run.driver.clock()))
            raise
        told = _described(run, as_json)
        return told if run.kernel.status == "SUCCEEDED" else Failure("States.TaskFailed", json_text(told))


def _described(run: Run, as_json: bool) -> dict[str, JSON]:
    """Return how an execution ended as `.sync` gives it: input and output as texts, with `.sync:2` as values."""
    kernel = run.kernel
    told: dict[str, JSON] = {
        "ExecutionArn": run.arn,
        "Input": parse_json(run.input_text) if as_json else run.input_text,
        "InputDetails": {"Included": True},
        "Name": run.name,
        "StartDate": round(run.started_at * 1000),
        "StateMachineArn": run.machine.arn,
        "Status": kernel.status,
        "StopDate": round((run.stopped_at or run.driver.clock()) * 1000),
    }
    if kernel.status == "SUCCEEDED":
        told["Output"] = kernel.output if as_json else json_text(kernel.output)
        told["OutputDetails"] = {"Included": True}
        return told
    texts = {"Error": kernel.error, "Cause": kernel.cause}
    return told | {name: text for name, text in texts.items() if text is not None}


def _response(problem: ApiError) -> dict[str, Any]:
    return {
        "Error": {"Code": problem.code, "Message": problem.message},
        "ResponseMetadata": {"HTTPStatusCode": 400, "RequestId": str(uuid.uuid4())},
    }


def _with_dates(shape: Any, value: Any) -> Any:
    """Return an answer with datetimes for the numbers that stand for moments."""
    if shape.type_name == "timestamp" and isinstance(value, (int, float)):
        return to_datetime(value)
    if shape.type_name == "structure":
        return {name: _with_dates(shape.members[name], item) for name, item in value.items() if name in shape.members}
    if shape.type_name == "list":
        return [_with_dates(shape.member, item) for item in value]
    return value
