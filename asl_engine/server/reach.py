"""What a request can reach: what is in its own account and region, and is not being deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asl_engine.server.account import Account
from asl_engine.server.arns import owner_of
from asl_engine.server.deletion import Deletions, deleting
from asl_engine.server.errors import ApiError, execution_does_not_exist, machine_does_not_exist

REFUSE_DELETING: Final = frozenset(
    {
        "ListStateMachineAliases",
        "PublishStateMachineVersion",
        "StartExecution",
        "StartSyncExecution",
        "UpdateStateMachine",
    }
)
"""The operations that refuse a state machine which is being deleted (service model)."""

NO_SUCH: Final[dict[str, Callable[[str], ApiError]]] = {
    "stateMachineArn": machine_does_not_exist,
    "executionArn": execution_does_not_exist,
    "activityArn": lambda arn: ApiError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'"),
    "mapRunArn": lambda arn: ApiError("ResourceNotFound", f"Resource not found: '{arn}'"),
    "stateMachineAliasArn": lambda arn: ApiError("ResourceNotFound", f"Resource not found: '{arn}'"),
    "stateMachineVersionArn": machine_does_not_exist,
    "resourceArn": lambda arn: ApiError("ResourceNotFound", f"Resource not found: '{arn}'"),
}
"""The error for what is not there, by the member that names it."""


def foreign_member(account: Account, request: dict[str, Any]) -> str | None:
    """Return the member of a request that names what belongs to another account or region: the service is one of each
    region (developer guide), so there it is not."""
    for member in NO_SUCH:
        owner = owner_of(request.get(member, ""))
        if owner is not None and owner != (account.region, account.id):
            return member
    return None


def owner_named(request: dict[str, Any]) -> Account | None:
    """Return the account and region of what a request names: a task acts there, where its role may; that is not
    checked here."""
    owners = (owner_of(request.get(member, "")) for member in NO_SUCH)
    owner = next(filter(None, owners), None)
    return Account(owner[1], owner[0]) if owner is not None else None


def check_deletion(deletions: Deletions, operation: str, request: dict[str, Any]) -> None:
    """Refuse to begin anything with a state machine that is being deleted."""
    if operation in REFUSE_DELETING:
        arn = ":".join(request["stateMachineArn"].split(":")[:7]).partition("#")[0]
        if deletions.machine(arn) is not None:
            raise deleting(arn)
