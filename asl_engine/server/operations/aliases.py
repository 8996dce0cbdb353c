"""Aliases: names for versions, which can share the executions between two."""

from __future__ import annotations

import re
import time
from typing import Any, Final

from asl_engine.quotas import MAX_ALIASES
from asl_engine.server.account import Account
from asl_engine.server.arns import check_arn
from asl_engine.server.errors import ApiError, refused_when_full
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.paging import read_page
from asl_engine.server.service import Service
from asl_engine.server.targets import machine_of
from asl_engine.store import Alias, Machine, Store

_VERSION: Final = re.compile(r"(?P<machine>arn:[^:]+:states:[^:]*:[^:]*:stateMachine:[^:]+):(?P<number>[0-9]+)")


def _no_such_resource() -> ApiError:
    return ApiError("ResourceNotFound", "Request references a resource that does not exist.")


def _misrouted(problem: str, received: str) -> ApiError:
    message = f"{problem} Received: [{received}]"
    return ApiError("ValidationException", message, reason="INVALID_ROUTING_CONFIGURATION")


def _routed(store: Store, routes: list[dict[str, Any]]) -> Machine:
    """Return the state machine whose versions a routing configuration names; refuse one that does not add up."""
    arns = [route["stateMachineVersionArn"] for route in routes]
    contain = "Routing configuration must contain"
    if len(set(arns)) < len(arns):
        raise _misrouted(f"{contain} distinct state machine version ARNs.", ", ".join(arns))
    matches = [match for match in map(_VERSION.fullmatch, arns) if match is not None]
    if len(matches) < len(arns):
        raise _misrouted(f"{contain} state machine version ARNs.", ", ".join(arns))
    weights = [route["weight"] for route in routes]
    if sum(weights) != 100:
        raise _misrouted("Sum of routing configuration weights must equal 100.", ", ".join(map(str, weights)))
    names = {match["machine"] for match in matches}
    if len(names) > 1:
        raise _misrouted(f"{contain} state machine version ARNs for the same state machine.", ", ".join(arns))
    machine = store.machine(names.pop())
    if machine is None or any(store.version(machine, int(match["number"])) is None for match in matches):
        raise _no_such_resource()
    return machine


@operation
def create_state_machine_alias(service: Service, account: Account, request: Request) -> Response:
    """Create an alias; the same request again is answered as the first time."""
    routes, description, name = request["routingConfiguration"], request.get("description"), request["name"]
    store = service.store
    machine = _routed(store, routes)
    alias = store.alias(machine, name)
    if alias is not None and (alias.routes, alias.description) != (routes, description):
        problem = "an alias with the same name and a different routing configuration already exists."
        raise ApiError("ConflictException", f"Failed to create alias because {problem}")
    if alias is None:
        if len(store.list_aliases(machine, None, None, MAX_ALIASES).rows) >= MAX_ALIASES:
            raise ApiError("ServiceQuotaExceededException", f"A state machine has at most {MAX_ALIASES} aliases.")
        alias = Alias(f"{machine.arn}:{name}", name, routes, description, time.time())
        _save(store, machine, alias)
    return {"stateMachineAliasArn": alias.arn, "creationDate": alias.created_at}


def _alias(store: Store, arn: str) -> tuple[Machine, Alias] | None:
    check_arn(arn, "stateMachine")
    base, _, name = arn.rpartition(":")
    machine = store.machine(base)
    alias = store.alias(machine, name) if machine is not None else None
    return (machine, alias) if machine is not None and alias is not None else None


def _save(store: Store, machine: Machine, alias: Alias) -> None:
    with refused_when_full("ServiceQuotaExceededException"):
        store.save_alias(machine, alias)


@operation
def describe_state_machine_alias(service: Service, account: Account, request: Request) -> Response:
    """Tell about an alias; when it was updated, where it was (recorded, September 2026)."""
    match = _alias(service.store, request["stateMachineAliasArn"])
    if match is None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{request['stateMachineAliasArn']}'")
    _, alias = match
    response = {
        "stateMachineAliasArn": alias.arn,
        "name": alias.name,
        "routingConfiguration": alias.routes,
        "creationDate": alias.created_at,
    }
    optional = {"updateDate": alias.updated_at, "description": alias.description}
    return response | {name: value for name, value in optional.items() if value is not None}


@operation
def update_state_machine_alias(service: Service, account: Account, request: Request) -> Response:
    """Change where an alias leads, or its description."""
    match = _alias(service.store, request["stateMachineAliasArn"])
    if match is None:
        raise _no_such_resource()
    machine, alias = match
    if not request.keys() & {"description", "routingConfiguration"}:
        raise ApiError("ValidationException", "Either description or routing configuration must be specified")
    if "routingConfiguration" in request:
        if _routed(service.store, request["routingConfiguration"]).arn != machine.arn:
            raise ApiError("ValidationException", "Routing configuration must contain versions of one state machine.")
        alias.routes = request["routingConfiguration"]
    alias.description = request.get("description", alias.description)
    alias.updated_at = time.time()
    _save(service.store, machine, alias)
    return {"updateDate": alias.updated_at}


@operation
def list_state_machine_aliases(service: Service, account: Account, request: Request) -> Response:
    """List the aliases of a state machine, or those of one of its versions, in the order of their names."""
    arn, store = request["stateMachineArn"], service.store
    version = _VERSION.fullmatch(arn)
    machine = machine_of(store, version["machine"] if version is not None else arn)
    version_arn = arn if version is not None else None
    rows, token = read_page(
        request, f"{arn} aliases", str, lambda after, limit: store.list_aliases(machine, version_arn, after, limit)
    )
    listed = [{"stateMachineAliasArn": row.arn, "creationDate": row.created_at} for row in rows]
    return {"stateMachineAliases": listed} | token


@operation
def delete_state_machine_alias(service: Service, account: Account, request: Request) -> Response:
    """Delete an alias; one that is not there is deleted already."""
    match = _alias(service.store, request["stateMachineAliasArn"])
    if match is not None:
        service.store.delete_alias(match[0], match[1].name)
    return {}
