"""Tags of state machines and activities, by ARN."""

from __future__ import annotations

from typing import Any

from asl_engine.quotas import MAX_TAGS
from asl_engine.server.arns import check_arn
from asl_engine.server.errors import ApiError
from asl_engine.server.machines import Account
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.service import Service


def _check(service: Service, arn: str) -> None:
    check_arn(arn, "stateMachine", "activity")
    if arn not in service.machines and arn not in service.callbacks.activities:
        raise ApiError("ResourceNotFound", f"Resource not found: '{arn}'")


def tag_at_creation(service: Service, arn: str, tags: list[dict[str, Any]]) -> None:
    """Keep the tags that a resource is created with."""
    _add(service, arn, tags)


def _add(service: Service, arn: str, tags: list[dict[str, Any]]) -> None:
    if any(tag.get("key", "").startswith("aws:") for tag in tags):
        raise ApiError("AccessDeniedException", "Caller is an end user and not allowed to mutate system tags")
    known = service.tags.get(arn, {}) | {tag.get("key", ""): tag.get("value", "") for tag in tags}
    if len(known) > MAX_TAGS:
        raise ApiError("TooManyTags", f"Too many tags: '{arn}'")
    service.tags[arn] = known


@operation
def tag_resource(service: Service, account: Account, request: Request) -> Response:
    """Add tags, in place of those with the same keys."""
    _check(service, request["resourceArn"])
    _add(service, request["resourceArn"], request["tags"])
    return {}


@operation
def untag_resource(service: Service, account: Account, request: Request) -> Response:
    """Take tags away; keys that are not there are gone already."""
    _check(service, request["resourceArn"])
    tags = service.tags.get(request["resourceArn"], {})
    for key in request["tagKeys"]:
        tags.pop(key, None)
    return {}


@operation
def list_tags_for_resource(service: Service, account: Account, request: Request) -> Response:
    """List the tags of a resource; a version has none (recorded, September 2026)."""
    target = service.target(request["resourceArn"])
    if target is None or target.version is None:
        _check(service, request["resourceArn"])
    tags = service.tags.get(request["resourceArn"], {})
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}
