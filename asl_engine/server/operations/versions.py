"""Versions of state machines: revisions that were published under a number."""

from __future__ import annotations

from asl_engine.server.arns import check_arn
from asl_engine.server.errors import ApiError
from asl_engine.server.machines import Account
from asl_engine.server.operations.machines import machine_of
from asl_engine.server.operations.paging import page
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.service import Service

FIRST_REVISION = "INITIAL"
"""The id of a revision that was never updated (service reference)."""


@operation
def publish_state_machine_version(service: Service, account: Account, request: Request) -> Response:
    """Publish the revision of now; a revision that has a version keeps it."""
    machine = machine_of(service, request["stateMachineArn"])
    current, wanted = machine.revision.id or FIRST_REVISION, request.get("revisionId")
    if wanted is not None and wanted != current:
        told = f"Failed to publish the State Machine version for revision {wanted}."
        raise ApiError("ConflictException", f"{told} The current State Machine revision is {current}.")
    version = machine.publish(request.get("description"))
    return {"creationDate": version.created_at, "stateMachineVersionArn": version.arn}


@operation
def list_state_machine_versions(service: Service, account: Account, request: Request) -> Response:
    """List the versions, the newest first."""
    machine = machine_of(service, request["stateMachineArn"])
    newest_first = sorted(machine.versions.values(), key=lambda version: -version.number)
    listed, token = page(newest_first, request, f"{machine.arn} versions")
    found = [{"stateMachineVersionArn": one.arn, "creationDate": one.created_at} for one in listed]
    return {"stateMachineVersions": found} | token


@operation
def delete_state_machine_version(service: Service, account: Account, request: Request) -> Response:
    """Delete a version that no alias uses; one that is not there is deleted already."""
    arn = request["stateMachineVersionArn"]
    check_arn(arn, "stateMachine")
    base, _, number = arn.rpartition(":")
    machine = service.machines.get(base)
    if machine is None or not number.isdecimal():
        return {}
    users = [
        alias.name
        for alias in machine.aliases.values()
        if any(route["stateMachineVersionArn"] == arn for route in alias.routes)
    ]
    if users:
        told = "Version to be deleted must not be referenced by an alias."
        raise ApiError(
            "ConflictException",
            f"{told} Current list of aliases referencing this version: [{', '.join(users)}]",
        )
    machine.versions.pop(int(number), None)
    return {}
