"""TestState: one state, run once, and told as much of as was asked for."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from asl_engine.catalogue.resource import parse_resource
from asl_engine.drivers.launch import Launch
from asl_engine.engine import StateMachine
from asl_engine.errors import AslError, DefinitionError, NotSupported, UsageError
from asl_engine.inspection import Inspection, Setting, Subject, read_subject
from asl_engine.kernel import Identity, Kernel
from asl_engine.lang.expr import ExpressionSyntaxError
from asl_engine.model import states as model
from asl_engine.model.walk import inner_blocks
from asl_engine.quotas import TEST_STATE_SECONDS
from asl_engine.rules.aws import aws_message
from asl_engine.server.account import Account
from asl_engine.server.errors import ApiError
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.operations.state_test_mocks import (
    check_failures,
    check_length,
    check_mock,
    items_read,
    mocked_result,
    refusal,
)
from asl_engine.server.service import Service
from asl_engine.server.starting import input_of
from asl_engine.values import ABSENT, JSON, json_text, parse_json, private_copy

_NO_MAP = "TestState API does not support Map or Parallel states. "
_SUPPORTED = "Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]"
_NO_PATTERN = "TestState API does not support '.sync' or '.waitForTaskToken' integration patterns."
_NO_COUNT = "TestState does not support MapIterationFailureCount when a mock is not specified."


@operation
async def test_state(service: Service, account: Account, request: Request) -> Response:
    """Run one state with an input, and tell what it did."""
    mock = request.get("mock")
    if mock is not None:
        check_mock(mock)
        if request.get("revealSecrets"):
            raise refusal("TestState does not support RevealSecrets when a mock is specified.")
    subject = _subject(request)
    setting = _setting(account, request)
    if mock is None:
        _check_without_mock(subject.state, request, setting)
        result = ABSENT
    else:
        if setting.failed_iterations is not None and not isinstance(subject.state, model.Map):
            raise refusal("MapIterationFailureCount is only supported when testing a Map state.")
        result = mocked_result(mock, subject.state)
        read = _json(request.get("stateConfiguration", {}), "mapItemReaderData", ABSENT)
        setting.items_read = items_read(subject.state, read)
    setting.context = _context(request, subject.state)
    _check_cause(request.get("stateConfiguration", {}).get("errorCausedByState"), subject.state, mock)
    inspection = Inspection(subject, input_of(request.get("input", "{}")), setting)
    try:
        await _run(service, inspection, mock, result)
    except ExpressionSyntaxError as problem:  # the placeholder of a template, which the rules take for a path
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{problem}'") from None
    await _wait(service, inspection)
    return _response(inspection, request.get("inspectionLevel", "INFO"), _request_texts(request, inspection, result))


async def _run(service: Service, inspection: Inspection, mock: dict[str, Any] | None, result: JSON) -> None:
    payload = inspection.enter()
    if inspection.status != "RUNNING":
        return
    if mock is None:
        await _work(service, inspection, payload)
    elif result is ABSENT:
        inspection.fail(mock["errorOutput"]["error"], mock["errorOutput"].get("cause"))
    else:
        if isinstance(payload, list) and isinstance(inspection.state, model.Map):
            check_failures(inspection.setting.failed_iterations, len(payload))
            if not inspection.has_too_many_failed:
                check_length(result, len(payload))
        inspection.succeed(result)


def _subject(request: Request) -> Subject:
    try:
        return read_subject(request["definition"], request.get("stateName"))
    except DefinitionError as problem:
        raise ApiError("InvalidDefinition", aws_message(problem.report)) from None
    except NotSupported as problem:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{problem}'") from None
    except UsageError as problem:
        raise refusal(str(problem)) from None


def _setting(account: Account, request: Request) -> Setting:
    configuration = request.get("stateConfiguration", {})
    variables = _json(request, "variables", {})
    if not isinstance(variables, dict):
        raise refusal("Variables must be a JSON object.")
    return Setting(
        identity=Identity(
            str(uuid.uuid4()), str(uuid.uuid4()), request.get("roleArn", ""), account.id, account.region, "EXPRESS"
        ),
        now=time.time(),
        seed=random.SystemRandom().getrandbits(64),
        has_role="roleArn" in request,
        variables=variables,
        retries=configuration.get("retrierRetryCount", 0),
        failed_iterations=configuration.get("mapIterationFailureCount"),
    )


def _json(request: dict[str, Any], member: str, default: JSON) -> JSON:
    """Return the value of a member that is JSON text."""
    if member not in request:
        return default
    try:
        return private_copy(parse_json(request[member]))  # which also refuses what is too deep, or infinite
    except ValueError:
        raise refusal(f"{member[:1].upper()}{member[1:]} must be valid JSON") from None


def _check_without_mock(state: model.State, request: Request, setting: Setting) -> None:
    """Refuse what can be tested with a mock only, and work that nobody may do."""
    if setting.failed_iterations is not None:
        raise refusal(_NO_COUNT)
    if isinstance(state, (model.Map, model.Parallel)):
        raise ApiError("InvalidDefinition", _NO_MAP + _SUPPORTED)
    if isinstance(state, model.Task):
        if "roleArn" not in request:
            raise refusal("RoleArn must be specified when testing a Task state")
        resource = parse_resource(state.resource)
        if resource.pattern:
            raise ApiError("InvalidDefinition", _NO_PATTERN)
        if resource.family == "Activity":
            raise refusal(f"TestState does not support the resource {state.resource} when a mock is not specified.")


def _check_cause(name: str | None, state: model.State, mock: dict[str, Any] | None) -> None:
    """Refuse an inner state that is said to be the origin of a mocked error, and cannot be."""
    if name is None:
        return
    if mock is None:
        raise refusal("TestState does not support ErrorCausedByState when a mock is not specified.")
    if not any(name in block.states for block in _blocks_in(state)):
        raise refusal(f"The state '{name}', which causes the error, is not found in the state under test")


def _blocks_in(state: model.State) -> Iterator[model.Block]:
    """Yield the blocks in a state, at any depth."""
    for _, block in inner_blocks(state):
        yield block
        for inner in block.states.values():
            yield from _blocks_in(inner)


_FIELDS: Final[dict[str, dict[str, tuple[str, tuple[type, ...]]]]] = {
    "Execution": {
        "Id": ("a string", (str,)),
        "Input": ("JSON", (object,)),
        "Name": ("a string", (str,)),
        "RoleArn": ("a string", (str,)),
        "StartTime": ("a string", (str,)),
        "RedriveCount": ("a number", (int,)),
        "RedriveTime": ("a string", (str,)),
    },
    "State": {
        "EnteredTime": ("a string", (str,)),
        "Name": ("a string", (str,)),
        "RetryCount": ("a number", (int,)),
    },
    "StateMachine": {"Id": ("a string", (str,)), "Name": ("a string", (str,))},
    "Task": {"Token": ("a string", (str,))},
}
"""What a context object may have, and of which type."""


def _context(request: Request, state: model.State) -> dict[str, JSON] | None:
    """Return the context object that is given; refuse one that no state could have."""
    if "context" not in request:
        return None
    context = _json(request, "context", {})
    if not isinstance(context, dict):
        raise _no_context("Context object must be a JSON object")
    if "Map" in context:
        raise _no_context("'Map' field is not supported when mocking a Context object")
    for part, fields in context.items():
        if part not in _FIELDS:
            raise _no_context(f"Field '{part}' is not allowed")
        if not isinstance(fields, dict):
            raise _no_context(f"{part} must be an object")
        for field, value in fields.items():
            if field not in _FIELDS[part]:
                raise _no_context(f"Field '{field}' is not allowed")
            wanted, kinds = _FIELDS[part][field]
            if not isinstance(value, kinds):
                raise _no_context(f"{part}.{field} must be {wanted}")
    if "Task" in context and not (isinstance(state, model.Task) and parse_resource(state.resource).pattern):
        raise _no_context(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' "
            "service integration pattern"
        )
    return context


def _no_context(problem: str) -> ApiError:
    return refusal(f"Invalid Context object provided: {problem}")


async def _work(service: Service, inspection: Inspection, payload: JSON) -> None:
    """Do the work of a Task as one attempt: a machine of this task alone, with the payload as its input."""
    state = inspection.state
    assert isinstance(state, model.Task)
    task: dict[str, Any] = {"Type": "Task", "Resource": state.resource, "End": True}
    if inspection.timeout is not None:
        task["TimeoutSeconds"] = inspection.timeout
    alone = {"StartAt": "Task", "States": {"Task": task}, "TimeoutSeconds": TEST_STATE_SECONDS}
    machine = StateMachine.from_dict(alone)
    kernel = Kernel(machine.program, keeps_history=False)
    launch = Launch(kernel, service.performer, payload, inspection.setting.identity)
    driver = launch.in_real_time(service.skips_time)
    try:
        await driver.run(launch.started(driver.clock()))
    except AslError as problem:
        inspection.fail("States.Runtime", str(problem))
        return
    if kernel.status == "SUCCEEDED":
        inspection.succeed(kernel.output)
    else:
        inspection.fail(kernel.error, kernel.cause)


async def _wait(service: Service, inspection: Inspection) -> None:
    """Let the time of a Wait pass, unless time is skipped. One that takes longer than a test may take fails."""
    seconds = inspection.wait
    if inspection.until is not None:
        seconds = inspection.until - time.time()
    if seconds is None or seconds <= 0:
        return
    if not service.skips_time:
        await asyncio.sleep(min(seconds, TEST_STATE_SECONDS))
    if seconds > TEST_STATE_SECONDS:
        inspection.fail("States.Timeout", None)


Texts: TypeAlias = dict[int, str]
"""The texts that a request has of its values, by the values' identities: what is passed on is told as it came."""


def _request_texts(request: Request, inspection: Inspection, result: JSON) -> Texts:
    texts = [(inspection.stages["input"], request.get("input", "{}")), (result, request.get("mock", {}).get("result"))]
    return {id(value): text for value, text in texts if isinstance(value, (dict, list))}


def _response(inspection: Inspection, level: str, texts: Texts) -> Response:
    response: Response = {"status": inspection.status}
    if inspection.output is not ABSENT:
        response["output"] = _text(inspection.output, texts)
    if inspection.error is not None:
        response["error"] = inspection.error
    if inspection.cause is not None:
        response["cause"] = inspection.cause
    if inspection.next_state is not None:
        response["nextState"] = inspection.next_state
    if level != "INFO":
        response["inspectionData"] = _data(inspection, texts)
    return response


_PLAIN: Final = frozenset({"maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage"})
"""What is told as a number; everything else is JSON text."""

_LISTED: Final = frozenset({"afterItemsPath", "afterItemSelector", "afterItemBatcher"})
"""What is told as a list of JSON texts."""


def _data(inspection: Inspection, texts: Texts) -> Response:
    data: Response = {}
    for name, value in inspection.stages.items():
        if name in _PLAIN:
            data[name] = value
        elif name in _LISTED:
            data[name] = _list_text(value if name != "afterItemBatcher" else [_batch(batch) for batch in value])
        else:
            data[name] = _text(value, texts)
    if inspection.error_details:
        data["errorDetails"] = inspection.error_details
    return data


def _text(value: JSON, texts: Texts) -> str:
    return texts.get(id(value)) or json_text(value)


def _list_text(values: list[JSON]) -> str:
    """Return items as this operation prints them: with a blank after each comma between them (recorded)."""
    return f"[{', '.join(map(json_text, values))}]"


def _batch(batch: dict[str, Any]) -> JSON:
    """Return a batch as it is told, with the text of each item (recorded, September 2026)."""
    return {**batch, "Items": [json_text(item) for item in batch["Items"]]}
