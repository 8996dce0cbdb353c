"""The ARNs of the service: their making and their refusal."""

from __future__ import annotations

import re

from asl_engine.server.errors import ApiError

_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,80}")
_ARN = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(?P<type>[^:]+):(?P<rest>.+)", re.DOTALL)


_OWNER = re.compile(r"arn:[^:]+:states:(?P<region>[^:]*):(?P<account>[^:]*):")


def owner_of(arn: str) -> tuple[str, str] | None:
    """Return the region and the account of an ARN of the service; None for what is no such ARN."""
    match = _OWNER.match(arn)
    return (match["region"], match["account"]) if match is not None else None


def check_role(arn: str | None) -> None:
    """Refuse what is no ARN of a role (measured on AWS, 2026)."""
    if arn is not None and _ROLE.fullmatch(arn) is None:
        raise ApiError("InvalidArn", f"Invalid Role Arn: '{arn}'")


_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+", re.DOTALL)


def check_name(name: str) -> None:
    """Refuse a name with characters that the service does not take (recorded)."""
    if _NAME.fullmatch(name) is None:
        raise ApiError("InvalidName", f"Invalid Name: '{name}'")


def check_arn(arn: str, *types: str) -> str:
    """Return the resource type of an ARN. Refuses what is no ARN of the service, or not of one of the types."""
    if not arn.startswith("arn:"):
        prefix = arn.split(":")[0]
        raise ApiError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {prefix}'")
    match = _ARN.fullmatch(arn)
    if match is None:
        raise ApiError("InvalidArn", f"Invalid Arn: '{arn}'")
    if match["type"] not in types:
        raise ApiError("InvalidArn", f"Invalid Arn: 'Resource type not valid in this context: {match['type']}'")
    return match["type"]
