"""Aliases: names for versions, which can share the executions between two."""

from __future__ import annotations

import re
import time
from typing import Any, Final

from asl_engine.quotas import MAX_ALIASES
from asl_engine.server.arns import check_arn
from asl_engine.server.errors import ApiError
from asl_engine.server.machines import Account, Alias, Machine
from asl_engine.server.operations.machines import machine_of
from asl_engine.server.operations.paging import page
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.service import Service

_VERSION: Final = re.compile(r"(?P<machine>arn:[^:]+:states:[^:]*:[^:]*:stateMachine:[^:]+):(?P<number>[0-9]+)")


def _no_such_resource() -> ApiError:
    return ApiError("ResourceNotFound", "Request references a resource that does not exist.")


def _misrouted(problem: str, received: str) -> ApiError:
    told = f"{problem} Received: [{received}]"
    return ApiError("ValidationException", told, reason="INVALID_ROUTING_CONFIGURATION")


def _routed(service: Service, routes: list[dict[str, Any]]) -> Machine:
    """Return the state machine whose versions a routing configuration names; refuse one that does not add up."""
    arns = [route["stateMachineVersionArn"] for route in routes]
    contain = "Routing configuration must contain"
    if len(set(arns)) < len(arns):
        raise _misrouted(f"{contain} distinct state machine version ARNs.", ", ".join(arns))
    found = [_VERSION.fullmatch(arn) for arn in arns]
    if not all(found):
        raise _misrouted(f"{contain} state machine version ARNs.", ", ".join(arns))
    weights = [route["weight"] for route in routes]
    if sum(weights) != 100:
        raise _misrouted("Sum of routing configuration weights must equal 100.", ", ".join(map(str, weights)))
    names = {match["machine"] for match in found if match is not None}
    if len(names) > 1:
        raise _misrouted(f"{contain} state machine version ARNs for the same state machine.", ", ".join(arns))
    machine = service.machines.get(names.pop())
    if machine is None or any(int(match["number"]) not in machine.versions for match in found if match is not None):
        raise _no_such_resource()
    return machine


@operation
def create_state_machine_alias(service: Service, account: Account, request: Request) -> Response:
    """Create an alias; the same request again is answered as the first time."""
    routes, description, name = request["routingConfiguration"], request.get("description"), request["name"]
    machine = _routed(service, routes)
    known = machine.aliases.get(name)
    if known is not None and (known.routes, known.description) != (routes, description):
        told = "an alias with the same name and a different routing configuration already exists."
        raise ApiError("ConflictException", f"Failed to create alias because {told}")
    if known is None:
        if len(machine.aliases) >= MAX_ALIASES:
            raise ApiError("ServiceQuotaExceededException", f"A state machine has at most {MAX_ALIASES} aliases.")
        known = machine.aliases[name] = Alias(f"{machine.arn}:{name}", name, routes, description)
    return {"stateMachineAliasArn": known.arn, "creationDate": known.created_at}


def _alias(service: Service, arn: str) -> Alias | None:
    check_arn(arn, "stateMachine")
    base, _, name = arn.rpartition(":")
    machine = service.machines.get(base)
    return machine.aliases.get(name) if machine is not None else None


@operation
def describe_state_machine_alias(service: Service, account: Account, request: Request) -> Response:
    """Tell about an alias; when it was updated, where it was (recorded, September 2026)."""
    alias = _alias(service, request["stateMachineAliasArn"])
    if alias is None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{request['stateMachineAliasArn']}'")
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
    alias = _alias(service, request["stateMachineAliasArn"])
    if alias is None:
        raise _no_such_resource()
    if not request.keys() & {"description", "routingConfiguration"}:
        raise ApiError("ValidationException", "Either description or routing configuration must be specified")
    if "routingConfiguration" in request:
        machine = _routed(service, request["routingConfiguration"])
        if machine.arn != alias.arn.rpartition(":")[0]:
            raise ApiError("ValidationException", "Routing configuration must contain versions of one state machine.")
        alias.routes = request["routingConfiguration"]
    alias.description = request.get("description", alias.description)
    alias.updated_at = time.time()
    return {"updateDate": alias.updated_at}


@operation
def list_state_machine_aliases(service: Service, account: Account, request: Request) -> Response:
    """List the aliases of a state machine, or those of one of its versions."""
    arn = request["stateMachineArn"]
    version = _VERSION.fullmatch(arn)
    machine = machine_of(service, version["machine"] if version is not None else arn)
    aliases = [
        alias
        for alias in machine.aliases.values()
        if version is None or any(route["stateMachineVersionArn"] == arn for route in alias.routes)
    ]
    listed, token = page(aliases, request, f"{arn} aliases")
    found = [{"stateMachineAliasArn": one.arn, "creationDate": one.created_at} for one in listed]
    return {"stateMachineAliases": found} | token


@operation
def delete_state_machine_alias(service: Service, account: Account, request: Request) -> Response:
    """Delete an alias; one that is not there is deleted already."""
    arn = request["stateMachineAliasArn"]
    check_arn(arn, "stateMachine")
    base, _, name = arn.rpartition(":")
    if base in service.machines:
        service.machines[base].aliases.pop(name, None)
    return {}
