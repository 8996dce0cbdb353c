"""Parameters and results of AWS calls: between the JSON of a state machine and the values that boto3 takes and gives.

A state machine names everything in PascalCase, also where the API has camelCase. What the API wants as text and is
something else is sent as its JSON text (recorded: SNS messages, SQS bodies, inputs of executions, bodies of objects).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from asl_engine.catalogue.parameters import boolean_of
from asl_engine.catalogue.sdk import member_name
from asl_engine.quotas import MAX_BYTES
from asl_engine.values import JSON, json_text, parse_timestamp


def _as_it_is(name: str) -> str:
    return name[:1].upper() + name[1:]


class WrongParameters(Exception):
    """The parameters cannot be sent; the text says why, as AWS says it."""


def request_of(shape: Any, value: JSON, name: str = "") -> Any:
    """Return the value that botocore takes for a shape. Members that are null are left out, as the service would see
    them."""
    if shape.type_name == "structure":
        return _structure(shape, value, name)
    if shape.type_name == "list":
        if not isinstance(value, list):
            raise WrongParameters(f"The value for the field '{name}' must be an array")
        return [request_of(shape.member, item, name) for item in value]
    if shape.type_name == "map":
        if not isinstance(value, dict):
            raise WrongParameters(f"The value for the field '{name}' must be an object")
        return {key: request_of(shape.value, item, name) for key, item in value.items()}
    return _scalar(shape, value, name)


def _structure(shape: Any, value: JSON, name: str) -> Any:
    if getattr(shape, "is_document_type", False):
        return value
    if isinstance(value, str) and "S" in shape.members:  # a value of DynamoDB
        return {"S": value}
    if not isinstance(value, dict):
        raise WrongParameters(f"The value for the field '{name}' must be an object")
    request = {}
    for key, item in value.items():
        member = _member(shape, key)
        if item is not None or shape.members[member].serialization.get("streaming"):  # recorded: a body of `null`
            sent = request_of(shape.members[member], item, key)
            if sent is not None:  # a boolean of "" or "null" is none
                request[member] = sent
    return request


def _member(shape: Any, key: str) -> str:
    """Return the API's name for a member: PascalCase always, also where its own is camelCase, and with abbreviations as
    the API writes them or as words (`DBInstanceIdentifier`, `DbInstanceIdentifier`)."""
    for known in (key, key[:1].lower() + key[1:]):
        if known in shape.members and key[:1] == key[:1].upper():
            return known
    for known in shape.members:
        if member_name(known) == key:
            return str(known)
    raise WrongParameters(f'The field "{key}" is not supported by Step Functions')


def _scalar(shape: Any, value: JSON, name: str) -> Any:
    kind = shape.type_name
    if kind == "string":
        return value if isinstance(value, str) else json_text(value)
    if kind == "blob":
        return (value if isinstance(value, str) else json_text(value)).encode("utf-8", "surrogatepass")
    if kind == "timestamp" and isinstance(value, str):
        moment = parse_timestamp(value)
        if moment is None:
            raise WrongParameters(f"The value for the field '{name}' must be a valid timestamp")
        return datetime.fromtimestamp(moment, UTC)
    if kind == "boolean":
        return boolean_of(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WrongParameters(f"The value for the field '{name}' must be a number")
    return int(value) if kind in ("integer", "long") and value == value // 1 else value


def as_text(moment: datetime) -> str:
    """Return a time as the SDK for Java writes it: with a fraction only where there is one."""
    moment = moment.astimezone(UTC)
    fraction = f".{moment.microsecond // 1000:03d}" if moment.microsecond >= 1000 else ""
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


class Results:
    """Makes the JSON of a task's result of what boto3 gave.

    `spell` makes the names of members, which stand in the order of the alphabet (recorded, September 2026), `listed`
    what times become that stand in lists.
    """

    def __init__(self, spell: Callable[[str], str] = _as_it_is, listed: Callable[[datetime], JSON] = as_text) -> None:
        self.spell = spell
        self.listed = listed

    def of(self, shape: Any, value: Any, instant: Callable[[datetime], JSON] = as_text) -> JSON:
        """Return a value of a shape as JSON."""
        if shape.type_name == "structure" and isinstance(value, dict):
            if getattr(shape, "is_document_type", False):
                return value
            members = ((self.spell(key), shape.members.get(key), item) for key, item in value.items())
            known = sorted((item for item in members if item[1] is not None), key=itemgetter(0))
            return {name: self.of(member, item, instant) for name, member, item in known}
        if shape.type_name == "list":
            return [self.of(shape.member, item, self.listed) for item in value]
        if shape.type_name == "map":
            return {str(key): self.of(shape.value, item, instant) for key, item in value.items()}
        return _plain(value, instant)


def _plain(value: Any, instant: Callable[[datetime], JSON]) -> JSON:
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")  # recorded, September 2026: blobs are text
    if hasattr(value, "read"):
        # One byte more than a result may have is enough to refuse it.
        return str(value.read(MAX_BYTES + 1).decode("utf-8", "replace"))
    plain: JSON = value
    return plain
