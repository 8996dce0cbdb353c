"""State machines: created, described, listed, deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from asl_engine.quotas import MAX_MACHINES
from asl_engine.server.account import Account
from asl_engine.server.arns import check_arn, check_name, check_role
from asl_engine.server.descriptions import about
from asl_engine.server.errors import ApiError, machine_does_not_exist, refused_when_full
from asl_engine.server.labels import processor_of
from asl_engine.server.operations.keyed import keyed
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.paging import read_page
from asl_engine.server.publishing import publish
from asl_engine.server.revisions import compiled, creates_same, first_revision, is_same, next_revision
from asl_engine.server.service import Service
from asl_engine.server.tagging import add_tags
from asl_engine.server.targets import Target, machine_of, target_of
from asl_engine.store import Machine, Revision


@operation
@keyed
def create_state_machine(service: Service, account: Account, request: Request) -> Response:
    """Create a state machine; the same request again is answered as the first time."""
    name, store = request["name"], service.store
    check_name(name)
    check_role(request["roleArn"])
    _check_logging(request.get("loggingConfiguration"))
    if "versionDescription" in request and not request.get("publish"):
        raise ApiError("ValidationException", "Version description can only be set when publish is true")
    revision = first_revision(request)
    compiled(revision.definition, revision.type)  # which refuses what is no definition
    arn = account.arn("stateMachine", name)
    service.deletions.make_way(arn)
    machine = store.machine(arn)
    if machine is not None:
        _check_same(machine, revision, request)
    else:
        if store.count_machines(account.id, account.region) >= MAX_MACHINES:
            raise ApiError("StateMachineLimitExceeded", f"State Machine Limit Exceeded: '{MAX_MACHINES}'")
        machine = Machine(arn, account.id, account.region, name, revision, revision.updated_at)
        with refused_when_full("StateMachineLimitExceeded"):
            add_tags(store, arn, request.get("tags", []))
            store.add_machine(machine)
        service.prepare_logs(revision.logging, account)
    response: Response = {"stateMachineArn": arn, "creationDate": machine.created_at}
    if request.get("publish"):
        if not machine.last_version:
            publish(store, machine, request.get("versionDescription"))
        response["stateMachineVersionArn"] = f"{arn}:1"
    return response


def _check_same(machine: Machine, revision: Revision, request: Request) -> None:
    """Refuse to create a state machine anew that is there and another.

    One that has versions is the same only for a request that publishes with the description of the first of them, even
    if that was published later, and others since (recorded, September 2026).
    """
    problem = "State Machine Already Exists:"
    if not creates_same(machine.revision, revision):
        raise ApiError("StateMachineAlreadyExists", f"{problem} '{machine.arn}'")
    if not machine.last_version:
        return
    problem = f"{problem} This state machine was already created with a published version"
    if not request.get("publish"):
        raise ApiError("StateMachineAlreadyExists", f"{problem}.")
    if machine.first_description != request.get("versionDescription"):
        raise ApiError("StateMachineAlreadyExists", f"{problem} using a different description.")


@operation
@keyed
def update_state_machine(service: Service, account: Account, request: Request) -> Response:
    """Give a state machine a new revision; one that changes nothing leaves the one that is there."""
    if not request.keys() & UPDATES:
        needed = "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration"
        raise ApiError("MissingRequiredParameter", f"{needed} must be specified")
    if "encryptionConfiguration" in request and "definition" not in request:
        needed = "The definition must be specified when updating the EncryptionConfiguration"
        raise ApiError("MissingRequiredParameter", needed)  # recorded, September 2026
    check_role(request.get("roleArn"))
    store = service.store
    machine = machine_of(store, request["stateMachineArn"])
    _check_logging(request.get("loggingConfiguration"))
    after = next_revision(request, machine.revision)
    if "definition" in request:
        compiled(after.definition, after.type)  # which refuses what is no definition
    if not is_same(after, machine.revision):
        machine = replace(machine, revision=after)
        with refused_when_full("ServiceQuotaExceededException"):
            store.update_machine(machine)
    response: Response = {"updateDate": machine.revision.updated_at}
    if machine.revision.id is not None:
        response["revisionId"] = machine.revision.id
    if request.get("publish"):
        version = publish(store, machine, request.get("versionDescription"))
        response["stateMachineVersionArn"] = version.arn
    return response


UPDATES: Final = frozenset(
    {"definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"}
)
"""What an update can change."""


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
    """Tell about a state machine, as it is now or as a version of it was published; or about one of its Maps."""
    machine_arn, slash, labels = request["stateMachineArn"].partition("/")
    deleted = service.deletions.machine(machine_arn)
    target = target_of(service.store, machine_arn) if deleted is None else Target(deleted)
    version = target.version
    arn = (target.machine.arn if version is None else version.arn) + slash + labels
    if slash and processor_of(target.revision, arn) is None:
        raise machine_does_not_exist(arn)
    response = {
        "status": "ACTIVE" if deleted is None else "DELETING",
        "type": target.revision.type,
        "creationDate": target.machine.created_at if version is None else version.created_at,
    }
    if version is not None and version.description is not None:
        response["description"] = version.description
    return response | about(arn, target.revision, request)


@operation
def list_state_machines(service: Service, account: Account, request: Request) -> Response:
    """List the state machines of the account, in the order of their names."""
    rows, token = read_page(
        request,
        account.arn("stateMachine", ""),
        str,
        lambda after, limit: service.store.list_machines(account.id, account.region, after, limit),
    )
    listed = [
        {
            "stateMachineArn": row.arn,
            "name": row.name,
            "type": row.revision.type,
            "creationDate": row.created_at,
        }
        for row in rows
    ]
    return {"stateMachines": listed} | token


@operation
def delete_state_machine(service: Service, account: Account, request: Request) -> Response:
    """Delete a state machine; one that is not there is deleted already. Its executions fail at what they would do
    next."""
    check_arn(request["stateMachineArn"], "stateMachine")
    machine = service.store.machine(request["stateMachineArn"])
    if machine is not None:
        service.deletions.begin(machine)
        service.store.delete_machine(machine.arn)
    return {}
