"""The ARNs of the service: their making and their refusal."""

from __future__ import annotations

import re

from asl_engine.server.errors import ApiError

_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,80}")
_ARN = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:(?P<type>[^:]+):(?P<rest>.+)", re.DOTALL)


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
