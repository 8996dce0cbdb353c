"""Tasks that call Step Functions itself: this endpoint answers them, without going through HTTP.

`states:startExecution` starts an execution; with `.sync` the task waits for its end, and with `.sync:2` input and
output are JSON in the result and not text. `aws-sdk:sfn:<action>` is any operation of the endpoint.
"""

from __future__ import annotations

import asyncio
import inspect
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from asl_engine.catalogue.optimised import OPTIMISED
from asl_engine.catalogue.resource import Integration
from asl_engine.catalogue.service import sdk_metadata
from asl_engine.drivers.realtime import ANSWERED
from asl_engine.drivers.turns import turns
from asl_engine.kernel import ExecutionStopped, Identity, StartTask
from asl_engine.kernel.failures import TASK_FAILED
from asl_engine.server.account import Account
from asl_engine.server.errors import ApiError
from asl_engine.server.operations.registry import OPERATIONS
from asl_engine.server.reach import owner_named
from asl_engine.server.requests import check_request, service_model
from asl_engine.server.service import Service
from asl_engine.tasks.integrations.aws_call import sdk_failure, unusable
from asl_engine.tasks.integrations.models import class_of_error
from asl_engine.tasks.integrations.shapes import WrongParameters, request_of
from asl_engine.tasks.invoke import Failure, failure_of
from asl_engine.tasks.perform import Job, Work
from asl_engine.values import JSON, format_timestamp, json_text, parse_json

STEP_FUNCTIONS: Final = OPTIMISED["states"]

STARTS: Final = ("StartExecution", "StartSyncExecution")

MAX_RUNNING: Final = 5_000
"""While so many executions run, a task starts no further one: a machine that starts itself twice would otherwise leave
no room for anybody else."""


def is_nested(task: StartTask) -> bool:
    """Whether a task calls Step Functions."""
    return isinstance(task.resource, Integration) and task.resource.sdk_service == "sfn"


def prepare_nested(service: Service, task: StartTask, identity: Identity) -> Work | Job | Failure:
    """Return the work of a task that calls Step Functions."""
    account, resource = Account(identity.account, identity.region), task.resource
    call = partial(_call, service, account, resource.action, resource.service != STEP_FUNCTIONS.name, task.payload)
    if not resource.is_sync:
        return _work(call)

    async def ended(started: JSON) -> JSON | Failure:
        return await _end(service, account, identity.execution_arn, started, resource.pattern == "sync:2")

    return Job(_work(call), ended, 0.0)


def _work(call: Callable[[], Any]) -> Work:
    async def work() -> JSON | Failure:
        outcome: JSON | Failure = await call()
        return outcome

    return work


async def _call(service: Service, account: Account, action: str, is_sdk: bool, parameters: JSON) -> JSON | Failure:
    name, request_id = action[:1].upper() + action[1:], str(uuid.uuid4())
    if name not in service_model().operation_names:
        return Failure("States.Runtime", f"Step Functions has no action {action}.")
    shapes = service_model().operation_model(name)
    try:
        request = request_of(shapes.input_shape, parameters)
    except WrongParameters as problem:
        return unusable(parameters, problem)
    try:
        check_request(name, request)
        answer = await turns().take(lambda: _operate(service, account, name, request))
        if inspect.isawaitable(answer):
            answer = await answer
    except ApiError as problem:
        return _refused(problem, is_sdk, request_id)
    result = _result(shapes.output_shape, answer, is_sdk)
    return result if is_sdk else result | _metadata(answer, request_id)


def _operate(service: Service, account: Account, name: str, request: dict[str, Any]) -> Any:
    if name in STARTS and service.running >= MAX_RUNNING:
        raise ApiError("ExecutionLimitExceeded", f"{MAX_RUNNING} executions are running: a task starts no other.")
    return OPERATIONS[name](service, owner_named(request) or account, request)


def _metadata(answer: dict[str, Any], request_id: str) -> dict[str, JSON]:
    """What HTTP would have said of an answer (recorded)."""
    headers = {
        "Content-Length": str(len(json_text(answer))),
        "Content-Type": "application/x-amz-json-1.0",
        "connection": "keep-alive",
        "x-amzn-RequestId": request_id,
    }
    return sdk_metadata(headers, 200, request_id)


def _refused(problem: ApiError, is_sdk: bool, request_id: str) -> Failure:
    """Return the failure for an operation that was refused (recorded for both kinds of integrations)."""
    shape = class_of_error(service_model(), {"Code": problem.code})
    if is_sdk:
        return sdk_failure("Sfn", shape, problem.message, 400, request_id)
    return failure_of(STEP_FUNCTIONS.refusal(shape, problem.code, problem.message, 400, request_id))


def _result(shape: Any, value: Any, is_sdk: bool) -> Any:
    """Return a response as a task's result: names in PascalCase; times as the SDK writes them, or in milliseconds."""
    if shape.type_name == "structure":
        members = ((name, shape.members[name], value[name]) for name in shape.members if name in value)
        result = {name[:1].upper() + name[1:]: _result(member, item, is_sdk) for name, member, item in members}
        return dict(sorted(result.items()))  # recorded, September 2026
    if shape.type_name == "list":
        return [_result(shape.member, item, is_sdk) for item in value]
    if shape.type_name == "timestamp":
        return format_timestamp(value) if is_sdk else round(value * 1000)
    return value


def _cut_short(parent: str) -> str:
    """Return why an execution was stopped whose task is no more (measured by others, 2026)."""
    return f"The Task state in AWS Step Functions execution [{parent}] which was managing this resource was aborted"


async def _end(service: Service, account: Account, parent: str, started: JSON, as_json: bool) -> JSON | Failure:
    """Wait for an execution's end, and return its description; stop it when the task of its parent that waits is
    stopped."""
    assert isinstance(started, dict)
    arn = str(started["ExecutionArn"])
    row = service.store.execution(arn)
    if row is not None and row.stopped_at is None:
        ending = service.ending(arn)
        try:
            await ending.wait()
        except asyncio.CancelledError as cut:
            if not (ANSWERED in cut.args or ending.is_set() or service.is_closing):
                live = service.awake(arn)
                if live is not None:
                    live.driver.post(ExecutionStopped(live.driver.clock(), cause=_cut_short(parent)))
            raise
    try:
        response: Any = _operate(service, account, "DescribeExecution", {"executionArn": arn})
    except ApiError as problem:  # Express executions cannot be described, and the oldest are forgotten
        return _refused(problem, False, str(uuid.uuid4()))
    described = _result(service_model().operation_model("DescribeExecution").output_shape, response, False)
    if response["status"] != "SUCCEEDED":
        return Failure(TASK_FAILED, json_text(described))
    if as_json:
        described |= {name: parse_json(described[name]) for name in ("Input", "Output")}
    return described
