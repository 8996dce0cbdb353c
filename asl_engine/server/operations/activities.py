"""Activities: work that is done by whoever asks for it."""

from __future__ import annotations

import time

from asl_engine.kernel import ActivityStarted
from asl_engine.quotas import MAX_ACTIVITIES, POLL_SECONDS
from asl_engine.server.account import Account
from asl_engine.server.arns import check_arn, check_name
from asl_engine.server.encryption import with_defaults
from asl_engine.server.errors import ApiError, refused_when_full
from asl_engine.server.operations.keyed import keyed
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.paging import read_page
from asl_engine.server.service import Service
from asl_engine.server.tagging import add_tags
from asl_engine.store import Activity, Token


@operation
@keyed
def create_activity(service: Service, account: Account, request: Request) -> Response:
    """Create an activity; again, with the same name, it is answered as the first time."""
    name, store = request["name"], service.store
    check_name(name)
    arn = account.arn("activity", name)
    encryption = with_defaults(request.get("encryptionConfiguration"))
    activity = store.activity(arn)
    if activity is not None and activity.encryption != encryption:
        raise ApiError("ActivityAlreadyExists", f"Activity Already Exists: '{arn}'")
    if activity is None:
        if store.count_activities(account.id, account.region) >= MAX_ACTIVITIES:
            raise ApiError("ActivityLimitExceeded", f"Activity Limit Exceeded: '{MAX_ACTIVITIES}'")
        activity = Activity(arn, account.id, account.region, name, encryption, time.time())
        with refused_when_full("ActivityLimitExceeded"):
            add_tags(store, arn, request.get("tags", []))
            store.add_activity(activity)
    return {"activityArn": arn, "creationDate": activity.created_at}


def _activity(service: Service, arn: str) -> Activity:
    check_arn(arn, "activity")
    activity = service.store.activity(arn)
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
    rows, token = read_page(
        request,
        account.arn("activity", ""),
        str,
        lambda after, limit: service.store.list_activities(account.id, account.region, after, limit),
    )
    listed = [{"activityArn": row.arn, "name": row.name, "creationDate": row.created_at} for row in rows]
    return {"activities": listed} | token


@operation
def delete_activity(service: Service, account: Account, request: Request) -> Response:
    """Delete an activity; one that is not there is deleted already."""
    check_arn(request["activityArn"], "activity")
    service.store.delete_activity(request["activityArn"])
    return {}


@operation
async def get_activity_task(service: Service, account: Account, request: Request) -> Response:
    """Give a worker the oldest work of an activity; without any for a minute, an answer without a token."""
    arn = _activity(service, request["activityArn"]).arn

    def take() -> Token | None:
        while (token := service.store.take_task(arn)) is not None:
            if service.driver_of(token) is not None:
                return token
        return None

    token = await service.workers.next(arn, take, POLL_SECONDS)
    driver = service.driver_of(token) if token is not None else None
    if token is None or driver is None:
        return {}
    driver.post(ActivityStarted(driver.clock(), token.op, request.get("workerName")))
    return {"taskToken": token.token, "input": token.input_text}
