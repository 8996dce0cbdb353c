"""State machines: created, described, listed, deleted."""

from __future__ import annotations

import re
from typing import Any, Final

from asl_engine.engine import StateMachine
from asl_engine.errors import DefinitionError, NotSupported
from asl_engine.quotas import MAX_MACHINES
from asl_engine.server.arns import check_arn, check_name
from asl_engine.server.errors import ApiError, machine_does_not_exist
from asl_engine.server.machines import Account, Machine, Revision, Target
from asl_engine.server.operations.paging import page
from asl_engine.server.operations.references import uses_jsonata_or_variables, variable_references
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.operations.tags import tag_at_creation
from asl_engine.server.service import Service


@operation
def create_state_machine(service: Service, account: Account, request: Request) -> Response:
    """Create a state machine; the same request again is answered as the first time."""
    name = request["name"]
    check_name(name)
    _check_logging(request.get("loggingConfiguration"))
    if "versionDescription" in request and not request.get("publish"):
        raise ApiError("ValidationException", "Version description can only be set when publish is true")
    machine = Machine(account, name, Revision(loaded(request, name, request.get("type", "STANDARD")), request))
    known = service.machines.get(machine.arn)
    if known is not None:
        _check_same(known, machine, request)
    else:
        if len(service.machines) >= MAX_MACHINES:
            raise ApiError("StateMachineLimitExceeded", f"State Machine Limit Exceeded: '{MAX_MACHINES}'")
        known = service.machines[machine.arn] = machine
        tag_at_creation(service, machine.arn, request.get("tags", []))
        service.prepare_logs(machine.revision.logging, account)
    response: Response = {"stateMachineArn": known.arn, "creationDate": known.created_at}
    if request.get("publish"):
        version = known.first_version or known.publish(request.get("versionDescription"))
        response["stateMachineVersionArn"] = version.arn
    return response


def _check_same(known: Machine, machine: Machine, request: Request) -> None:
    """Refuse to create a state machine anew that is there and another.

    One that has versions is the same only for a request that publishes with the description of the first of them, even
    if that was published later, and others since (recorded, September 2026).
    """
    told = "State Machine Already Exists:"
    if not known.revision.creates_same(machine.revision):
        raise ApiError("StateMachineAlreadyExists", f"{told} '{machine.arn}'")
    if known.first_version is None:
        return
    told = f"{told} This state machine was already created with a published version"
    if not request.get("publish"):
        raise ApiError("StateMachineAlreadyExists", f"{told}.")
    if known.first_version.description != request.get("versionDescription"):
        raise ApiError("StateMachineAlreadyExists", f"{told} using a different description.")


@operation
def update_state_machine(service: Service, account: Account, request: Request) -> Response:
    """Give a state machine a new revision; one that changes nothing leaves the one that is there."""
    if not request.keys() & UPDATES:
        needed = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration"
        raise ApiError("MissingRequiredParameter", f"{needed} must be specified")
    machine = machine_of(service, request["stateMachineArn"])
    _check_logging(request.get("loggingConfiguration"))
    before = machine.revision
    runs = before.machine
    if "definition" in request:
        runs = loaded(request, machine.name, before.machine.type)
    after = Revision(runs, request, before)
    if not after.is_same(before):
        machine.revision = after
    response: Response = {"updateDate": machine.revision.updated_at}
    if machine.revision.id is not None:
        response["revisionId"] = machine.revision.id
    if request.get("publish"):
        response["stateMachineVersionArn"] = machine.publish(request.get("versionDescription")).arn
    return response


_VERSION: Final = re.compile(r":stateMachine:[^:]+:[0-9]+\Z")


UPDATES: Final = frozenset(
    {"definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"}
)
"""What an update can change."""


AWS_OWNED: Final = {"type": "AWS_OWNED_KEY"}
"""How everything is encrypted unless another key is named."""


def wants_data(request: Request) -> bool:
    """Whether a request asks for more than metadata."""
    return bool(request.get("includedData") != "METADATA_ONLY")


def loaded(request: Request, name: str, kind: Any) -> StateMachine:
    """Return the state machine of a request's definition; refuse, in AWS's words, what is none."""
    from asl_engine.rules.aws import aws_message

    try:
        machine = StateMachine.from_text(request["definition"], type=kind, name=name, format="json")
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
    """Tell about a state machine, as it is now or as a version of it was published."""
    target = target_of(service, request["stateMachineArn"])
    version = target.version
    response = {
        "stateMachineArn": target.machine.arn if version is None else version.arn,
        "status": "ACTIVE",
        "type": target.revision.machine.type,
        "creationDate": target.machine.created_at if version is None else version.created_at,
    }
    if version is not None and version.description is not None:
        response["description"] = version.description
    return response | about(target, request)


def about(target: Target, request: Request) -> Response:
    """Return what DescribeStateMachine and DescribeStateMachineForExecution both tell.

    An encryption that was not asked for is told of where variables or JSONata are used: recordings of such machines
    have it, and those of machines without, which are all older, do not.
    """
    revision = target.revision
    model = revision.machine.model
    optional = {
        "revisionId": revision.id,
        "definition": revision.definition if wants_data(request) else None,
        "encryptionConfiguration": revision.encryption or (AWS_OWNED if uses_jsonata_or_variables(model) else None),
        "variableReferences": variable_references(model) or None,
    }
    return {
        "name": target.machine.name,
        "roleArn": revision.role_arn,
        "loggingConfiguration": revision.logging,
        "tracingConfiguration": revision.tracing,
    } | {name: value for name, value in optional.items() if value is not None}


def target_of(service: Service, arn: str) -> Target:
    """Return what an ARN names: a state machine, a version, an alias; raise ApiError if there is none."""
    if arn.startswith("arn:"):
        check_arn(arn, "stateMachine")
    target = service.target(arn)
    if target is None:
        raise machine_does_not_exist(arn, "Version " if _VERSION.search(arn) else "")
    return target


def machine_of(service: Service, arn: str) -> Machine:
    """Return the state machine of an ARN, which must name no version; raise ApiError if there is none."""
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
        {
            "stateMachineArn": one.arn,
            "name": one.name,
            "type": one.revision.machine.type,
            "creationDate": one.created_at,
        }
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
