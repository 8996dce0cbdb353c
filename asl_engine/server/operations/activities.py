"""Activities: work that is done by whoever asks for it."""

from __future__ import annotations

from typing import Final

from asl_engine.quotas import MAX_ACTIVITIES, POLL_SECONDS
from asl_engine.server.arns import check_arn, check_name
from asl_engine.server.callbacks import Activity
from asl_engine.server.errors import ApiError
from asl_engine.server.machines import Account, with_defaults
from asl_engine.server.operations.paging import page
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.operations.tags import tag_at_creation
from asl_engine.server.service import Service
from asl_engine.values import json_text

OWNED_KEY: Final = {"type": "AWS_OWNED_KEY"}


@operation
def create_activity(service: Service, account: Account, request: Request) -> Response:
    """Create an activity; again, with the same name, it is answered as the first time."""
    name = request["name"]
    check_name(name)
    arn = f"arn:aws:states:{account.region}:{account.id}:activity:{name}"
    encryption = with_defaults(request.get("encryptionConfiguration")) or OWNED_KEY
    activities = service.callbacks.activities
    activity = activities.get(arn)
    if activity is not None and activity.encryption != encryption:
        raise ApiError("ActivityAlreadyExists", f"Activity Already Exists: '{arn}'")
    if activity is None:
        if len(activities) >= MAX_ACTIVITIES:
            raise ApiError("ActivityLimitExceeded", f"Activity Limit Exceeded: '{MAX_ACTIVITIES}'")
        activity = activities[arn] = Activity(arn, name, encryption)
        tag_at_creation(service, arn, request.get("tags", []))
    return {"activityArn": arn, "creationDate": activity.created_at}


def _activity(service: Service, arn: str) -> Activity:
    check_arn(arn, "activity")
    activity = service.callbacks.activities.get(arn)
    if activity is None:
        raise ApiError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
    return activity


@operation
def describe_activity(service: Service, account: Account, request: Request) -> Response:
    """Tell about an activity."""
    activity = _activity(service, request["activityArn"])
    return {
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": activity.created_at,
        "encryptionConfiguration": activity.encryption,
    }


@operation
def list_activities(service: Service, account: Account, request: Request) -> Response:
    """List the activities of the account, in the order of their names."""
    prefix = f"arn:aws:states:{account.region}:{account.id}:activity:"
    activities = [one for arn, one in service.callbacks.activities.items() if arn.startswith(prefix)]
    listed, token = page(sorted(activities, key=lambda one: one.name), request, prefix)
    found = [{"activityArn": one.arn, "name": one.name, "creationDate": one.created_at} for one in listed]
    return {"activities": found} | token


@operation
def delete_activity(service: Service, account: Account, request: Request) -> Response:
    """Delete an activity; one that is not there is deleted already."""
    check_arn(request["activityArn"], "activity")
    service.callbacks.activities.pop(request["activityArn"], None)
    service.tags.pop(request["activityArn"], None)
    return {}


@operation
async def get_activity_task(service: Service, account: Account, request: Request) -> Response:
    """Give a worker the oldest work of an activity; without any for a minute, an answer without a token."""
    activity = _activity(service, request["activityArn"])
    attempt = await activity.next(POLL_SECONDS)
    if attempt is None:
        return {}
    service.callbacks.begin(attempt, request.get("workerName"))
    return {"taskToken": attempt.token, "input": json_text(attempt.payload)}
