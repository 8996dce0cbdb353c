"""Tags of state machines and activities, by ARN."""

from __future__ import annotations

from asl_engine.server.account import Account
from asl_engine.server.arns import check_arn
from asl_engine.server.errors import ApiError, refused_when_full
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.service import Service
from asl_engine.server.tagging import add_tags
from asl_engine.server.targets import find_target


def _check(service: Service, arn: str) -> None:
    check_arn(arn, "stateMachine", "activity")
    if service.store.machine(arn) is None and service.store.activity(arn) is None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{arn}'")


@operation
def tag_resource(service: Service, account: Account, request: Request) -> Response:
    """Add tags, in place of those with the same keys."""
    _check(service, request["resourceArn"])
    with refused_when_full("TooManyTags"):
        add_tags(service.store, request["resourceArn"], request["tags"])
    return {}


@operation
def untag_resource(service: Service, account: Account, request: Request) -> Response:
    """Take tags away; keys that are not there are gone already."""
    arn = request["resourceArn"]
    _check(service, arn)
    tags = service.store.tags(arn)
    with refused_when_full("TooManyTags"):
        service.store.save_tags(arn, {key: value for key, value in tags.items() if key not in request["tagKeys"]})
    return {}


@operation
def list_tags_for_resource(service: Service, account: Account, request: Request) -> Response:
    """List the tags of a resource; a version has none (recorded, September 2026)."""
    target = find_target(service.store, request["resourceArn"])
    if target is None or target.version is None:
        _check(service, request["resourceArn"])
    tags = service.store.tags(request["resourceArn"])
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
