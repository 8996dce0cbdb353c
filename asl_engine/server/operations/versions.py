"""Versions of state machines: revisions that were published under a number."""

from __future__ import annotations

from asl_engine.quotas import MAX_ALIASES
from asl_engine.server.account import Account
from asl_engine.server.arns import check_arn
from asl_engine.server.errors import ApiError
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.paging import read_page
from asl_engine.server.publishing import publish
from asl_engine.server.service import Service
from asl_engine.server.targets import machine_of

FIRST_REVISION = "INITIAL"
"""The id of a revision that was never updated (service reference)."""


@operation
def publish_state_machine_version(service: Service, account: Account, request: Request) -> Response:
    """Publish the revision of now; a revision that has a version keeps it."""
    machine = machine_of(service.store, request["stateMachineArn"])
    current, wanted = machine.revision.id or FIRST_REVISION, request.get("revisionId")
    if wanted is not None and wanted != current:
        problem = f"Failed to publish the State Machine version for revision {wanted}."
        raise ApiError("ConflictException", f"{problem} The current State Machine revision is {current}.")
    version = publish(service.store, machine, request.get("description"))
    return {"creationDate": version.created_at, "stateMachineVersionArn": version.arn}


@operation
def list_state_machine_versions(service: Service, account: Account, request: Request) -> Response:
    """List the versions, the newest first."""
    store, machine = service.store, machine_of(service.store, request["stateMachineArn"])
    rows, token = read_page(
        request, f"{machine.arn} versions", int, lambda after, limit: store.list_versions(machine, after, limit)
    )
    listed = [{"stateMachineVersionArn": row.arn, "creationDate": row.created_at} for row in rows]
    return {"stateMachineVersions": listed} | token


@operation
def delete_state_machine_version(service: Service, account: Account, request: Request) -> Response:
    """Delete a version that no alias uses; one that is not there is deleted already."""
    arn = request["stateMachineVersionArn"]
    check_arn(arn, "stateMachine")
    base, _, number = arn.rpartition(":")
    machine = service.store.machine(base)
    if machine is None or not number.isdecimal():
        return {}
    users = service.store.list_aliases(machine, arn, None, MAX_ALIASES).rows
    if users:
        problem = "Version to be deleted must not be referenced by an alias."
        names = ", ".join(alias.name for alias in users)
        raise ApiError("ConflictException", f"{problem} Current list of aliases referencing this version: [{names}]")
    service.store.delete_version(machine, int(number))
    return {}
