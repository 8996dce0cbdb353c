"""State machines: created, described, listed, deleted."""

from __future__ import annotations

from typing import Any

from asl_engine.errors import DefinitionError, NotSupported
from asl_engine.server.arns import check_arn, check_name
from asl_engine.server.errors import ApiError, machine_does_not_exist
from asl_engine.server.operations.paging import page
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.operations.tags import tag_at_creation
from asl_engine.server.service import MAX_MACHINES, Account, Machine, Service


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
        tag_at_creation(service, machine.arn, request.get("tags", []))
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
    machine = machine_of(service, request["stateMachineArn"])
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


def machine_of(service: Service, arn: str) -> Machine:
    """Return the state machine of an ARN; raise ApiError if there is none."""
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
    listed, token = page(sorted(machines, key=lambda machine: machine.name), request, prefix)
    listed = [
        {"stateMachineArn": one.arn, "name": one.name, "type": one.machine.type, "creationDate": one.created_at}
        for one in listed
    ]
    return {"stateMachines": listed} | token


@operation
def delete_state_machine(service: Service, account: Account, request: Request) -> Response:
    """Delete a state machine; one that is not there is deleted already. Its executions go on."""
    check_arn(request["stateMachineArn"], "stateMachine")
    service.machines.pop(request["stateMachineArn"], None)
    service.tags.pop(request["stateMachineArn"], None)
    return {}
