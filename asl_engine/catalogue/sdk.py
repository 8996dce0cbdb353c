"""What AWS's services can do, by name: their actions, and the members of each action's request.

The table is a text of botocore's models, made by `docs/write_services.py` and kept compressed beside this file, so
that a check needs no botocore and reads no model of megabytes. `[service]` begins a section; each line of it is an
action and its members, those that are required with an asterisk.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

TABLE: Final = Path(__file__).with_name("sdk.txt.gz")
_GZIP: Final = 31
"""The `wbits` with which zlib expects the head and the foot of a gzip file."""


class Action(NamedTuple):
    """An action of a service, as the API writes it: its members in PascalCase, and which of them must be there."""

    name: str
    members: tuple[str, ...]
    required: tuple[str, ...]


@lru_cache(maxsize=1)
def _table() -> str:
    return zlib.decompress(TABLE.read_bytes(), wbits=_GZIP).decode("ascii")


def service_names() -> list[str]:
    """Return the names of all services, as they stand in a Resource: `dynamodb`, `cognitoidentityprovider`."""
    return re.findall(r"^\[(\w+)\]$", _table(), re.MULTILINE)


@lru_cache(maxsize=256)
def actions_of(service: str) -> dict[str, Action] | None:
    """Return the actions of a service by their names as they stand in a Resource (`getItem`); None if there is none."""
    name = sdk_service(service)
    _, found, section = f"\n{_table()}".partition(f"\n[{name}]\n")
    if not found:
        return None
    actions = map(_action, section.partition("\n[")[0].splitlines())
    return {in_resource(action.name): action for action in actions}


def _action(line: str) -> Action:
    name, *members = line.split()
    required = tuple(member[:-1] for member in members if member.endswith("*"))
    return Action(name, tuple(member.rstrip("*") for member in members), required)


def in_resource(name: str) -> str:
    """Return the name of an action as it stands in a Resource: `getItem` for `GetItem`."""
    return name[:1].lower() + name[1:]


def sdk_service(service_id: str) -> str:
    """Return the name of a service in a Resource, for its id: as AWS's SDK for Java 2 calls its package.

    >>> sdk_service("Cognito Identity Provider"), sdk_service("Config Service"), sdk_service("dynamodb")
    ('cognitoidentityprovider', 'config', 'dynamodb')
    """
    return re.sub(r"[\s-]", "", service_id).lower().removesuffix("service")


def sdk_name(name: str) -> str:
    """Return the name that an SDK integration has for a member: the SDK for Java 2 writes abbreviations as words.

    >>> sdk_name("DBInstanceIdentifier"), sdk_name("SSEKMSKeyId"), sdk_name("S3Bucket"), sdk_name("tableName")
    ('DbInstanceIdentifier', 'SsekmsKeyId', 'S3Bucket', 'TableName')
    """
    words = re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+", name)
    return "".join(word[:1].upper() + word[1:].lower() for word in words)
