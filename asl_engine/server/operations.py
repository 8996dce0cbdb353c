"""The operations of the service: one function each, from (service, account, request) to the response.

A request has passed the checks of `requests.py`. Times in responses are seconds since 1970, as the protocol wants them.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeAlias

from asl_engine.errors import DefinitionError, NotSupported
from asl_engine.server.arns import check_arn, check_name
from asl_engine.server.errors import ApiError, execution_does_not_exist, machine_does_not_exist
from asl_engine.server.service import MAX_MACHINES, Account, Machine, Run, Service
from asl_engine.values import JSON, MAX_BYTES, parse_json, private_copy

Request: TypeAlias = dict[str, Any]
Response: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[[Service, Account, Request], Response]

OPERATIONS: dict[str, Operation] = {}
"""The operations that this endpoint has, by AWS's name."""


def operation(function: Operation) -> Operation:
    """Register an operation under the name that AWS gives it."""
    OPERATIONS["".join(word.title() for word in function.__name__.split("_"))] = function
    return function


@operation
def create_state_machine(service: Service, account: Account, request: Request) -> Response:
    """Create a state machine; the same request again is answered as the first time."""
    name = request["name"]
    check_name(name)
    _check_logging(request.get("loggingConfiguration"))
    machine = Machine(account, request, _loaded(request))
    known = service.machines.get(machine.arn)
    if known is not None and not known.is_same(request):
        raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{machine.arn}'")
    if known is None:
        if len(service.machines) >= MAX_MACHINES:
            raise ApiError("StateMachineLimitExceeded", f"State Machine Limit Exceeded: '{MAX_MACHINES}'")
        known = service.machines[machine.arn] = machine
    response = {"stateMachineArn": known.arn, "creationDate": known.created_at}
    if request.get("publish"):
        response["stateMachineVersionArn"] = f"{known.arn}:1"
    return response


def _loaded(request: Request) -> Any:
    from asl_engine.engine import StateMachine
    from asl_engine.rules.aws import aws_message

    try:
        machine = StateMachine.from_text(
            request["definition"], type=request.get("type", "STANDARD"), name=request["name"], format="json"
        )
        _ = machine.program
    except DefinitionError as problem:
        raise ApiError("InvalidDefinition", aws_message(problem.report)) from None
    except NotSupported as problem:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{problem}'") from None
    return machine


def _check_logging(logging: dict[str, Any] | None) -> None:
    """Refuse logging without a destination, unless it is off (recorded)."""
    if logging is None:
        return
    destinations = logging.get("destinations", [])
    is_on = logging.get("level", "OFF") != "OFF"
    if (is_on and len(destinations) != 1) or len(destinations) > 1 or {} in destinations:
        problem = "Invalid Logging Configuration: Must specify exactly one Log Destination."
        raise ApiError("InvalidLoggingConfiguration", problem)


@operation
def describe_state_machine(service: Service, account: Account, request: Request) -> Response:
    """Tell about a state machine."""
    machine = _machine(service, request["stateMachineArn"])
    return {
        "stateMachineArn": machine.arn,
        "name": machine.name,
        "status": "ACTIVE",
        "definition": machine.definition,
        "roleArn": machine.role_arn,
        "type": machine.machine.type,
        "creationDate": machine.created_at,
        "loggingConfiguration": machine.logging,
        "tracingConfiguration": machine.tracing,
    }


def _machine(service: Service, arn: str) -> Machine:
    if arn.startswith("arn:"):
        check_arn(arn, "stateMachine")
    machine = service.machines.get(arn)
    if machine is None:
        raise machine_does_not_exist(arn)
    return machine


@operation
def list_state_machines(service: Service, account: Account, request: Request) -> Response:
    """List the state machines of the account, in the order of their names."""
    prefix = f"arn:aws:states:{account.region}:{account.id}:"
    machines = [machine for arn, machine in service.machines.items() if arn.startswith(prefix)]
    page, token = _page(sorted(machines, key=lambda machine: machine.name), request, prefix)
    listed = [
        {"stateMachineArn": one.arn, "name": one.name, "type": one.machine.type, "creationDate": one.created_at}
        for one in page
    ]
    return {"stateMachines": listed} | token


def _page(items: list[Any], request: Request, what: str) -> tuple[list[Any], dict[str, str]]:
    """Return one page and the token of the next. A token is opaque to whoever gets it, and refused where it was not
    made: `what` is listed is part of it."""
    size, begin = request.get("maxResults") or 100, 0
    mark = sha256(what.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    if "nextToken" in request:
        begin = _begin_of(request["nextToken"], mark)
    end = begin + size
    following = {"nextToken": b64encode(f"{end}:{mark}".encode()).decode()} if end < len(items) else {}
    return items[begin:end], following


def _begin_of(token: str, mark: str) -> int:
    try:
        found = re.fullmatch(rf"([0-9]{{1,9}}):{mark}", b64decode(token, validate=True).decode("ascii"))
    except ValueError:
        found = None
    if found is None:
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
    return int(found[1])


@operation
def delete_state_machine(service: Service, account: Account, request: Request) -> Response:
    """Delete a state machine; one that is not there is deleted already. Its executions go on."""
    check_arn(request["stateMachineArn"], "stateMachine")
    service.machines.pop(request["stateMachineArn"], None)
    return {}


@operation
def start_execution(service: Service, account: Account, request: Request) -> Response:
    """Start an execution; the same name with the same input, while it runs, is answered as the first time."""
    machine = _machine(service, request["stateMachineArn"])
    name, text = request.get("name"), request.get("input") or "{}"
    if name is not None:
        check_name(name)
    value = _input(text)
    known = service.known_run(machine, name)
    if known is not None:
        if known.stopped_at is None and known.input_text == text:
            return {"executionArn": known.arn, "startDate": known.started_at}
        raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{known.arn}'")
    run = service.start(machine, name, text, value)
    return {"executionArn": run.arn, "startDate": run.started_at}


def _input(text: str) -> JSON:
    from asl_engine.source.jackson import jackson_error

    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        constraint = f"Member must have length less than or equal to {MAX_BYTES}"
        raise ApiError(
            "ValidationException",
            f"1 validation error detected: Value at 'input' failed to satisfy constraint: {constraint}",
        )
    try:
        return private_copy(parse_json(text))  # which also refuses what is too deep, or infinite
    except ValueError:
        found = jackson_error(text)
        told = "".join(found) if found else "Invalid execution input."
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{told}'") from None


@operation
def describe_execution(service: Service, account: Account, request: Request) -> Response:
    """Tell about an execution."""
    run = _run(service, request["executionArn"])
    kernel = run.kernel
    response: Response = {
        "executionArn": run.arn,
        "stateMachineArn": run.machine.arn,
        "name": run.name,
        "status": "RUNNING" if kernel.status == "PENDING" else kernel.status,
        "startDate": run.started_at,
        "input": run.input_text,
        "inputDetails": {"included": True},
        "redriveCount": 0,
    }
    return response | _end(run)


def _end(run: Run) -> Response:
    """What is there only when the execution has ended."""
    from asl_engine.values import json_text

    kernel = run.kernel
    if kernel.status in ("PENDING", "RUNNING"):
        reason = "Execution is RUNNING and cannot be redriven"
        return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    end: Response = {"stopDate": run.stopped_at or run.driver.clock()}
    if kernel.status == "SUCCEEDED":
        reason = "Execution is SUCCEEDED and cannot be redriven"
        end |= {"output": json_text(kernel.output), "outputDetails": {"included": True}}
        return end | {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    texts = {"error": kernel.error, "cause": kernel.cause}
    return end | {name: text for name, text in texts.items() if text is not None} | {"redriveStatus": "REDRIVABLE"}


def _run(service: Service, arn: str) -> Run:
    check_arn(arn, "execution")
    run = service.runs.get(arn)
    if run is None:
        raise execution_does_not_exist(arn)
    return run


@operation
def get_execution_history(service: Service, account: Account, request: Request) -> Response:
    """Return the events of an execution, the newest first when asked."""
    events = _run(service, request["executionArn"]).events()
    if request.get("reverseOrder"):
        events.reverse()
    page, token = _page(events, request, f"{request['executionArn']} {request.get('reverseOrder', False)}")
    wants_data = request.get("includeExecutionData", True)
    return {"events": [_on_the_wire(event, wants_data) for event in page]} | token


def _on_the_wire(event: dict[str, Any], wants_data: bool) -> dict[str, Any]:
    timestamp = event["timestamp"]
    assert isinstance(timestamp, datetime)
    sent = {**event, "timestamp": timestamp.timestamp()}
    if not wants_data:
        sent = {name: _without_data(member) if isinstance(member, dict) else member for name, member in sent.items()}
    return sent


def _without_data(details: dict[str, Any]) -> dict[str, Any]:
    hidden = {
        "input",
        "output",
        "inputDetails",
        "outputDetails",
        "parameters",
        "assignedVariables",
        "assignedVariablesDetails",
    }
    return {name: value for name, value in details.items() if name not in hidden}
