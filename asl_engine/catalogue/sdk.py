"""What AWS's SDK can do, by name: its services, their actions, and the members of each action's request.

The table is made of botocore's models by `docs/write_services.py` and kept compressed beside this file, so that a check
needs no botocore and reads no model of megabytes.

A Resource has the names of AWS's SDK for Java 2: the service id in small letters in the ARN
(`aws-sdk:cloudwatchlogs`), and in camel case in errors (`CloudWatchLogs.ResourceNotFoundException`).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

TABLE: Final = Path(__file__).with_name("sdk.zip")
"""What `docs/write_services.py` makes of botocore's models: a file for each service, and `SERVICES`, which lists them.

A line of a service is an operation, or with a dot in front a structure, and its members: `Name:kind`, with an asterisk
(`Name*:kind`) where it must be there. Kinds are written so:

    s text    i integer    l long    f float    d double    b boolean    t time    D any JSON
    x bytes   y the body of the request   [k list of k   {k map of k   .Name a structure   ? what a retired service took
"""

SERVICES: Final = "services"

_TWINS: Final = {"cloudwatchevents": "eventbridge"}
"""Services that the SDK for Java has twice, and botocore, which the table is made of, once."""


class SdkService(NamedTuple):
    """A service: as a Resource names it, as botocore does, and its id (`Secrets Manager`).

    What AWS has retired has no name in botocore.
    """

    name: str
    botocore: str
    service_id: str


class Shape(NamedTuple):
    """An operation's request, or a structure in it: the kinds of its members by their names in PascalCase, in the order
    of the model, and which of them must be there."""

    name: str
    members: dict[str, str]
    required: tuple[str, ...]


@cache
def _file(name: str) -> list[str]:
    """Return the lines of one file of the table; none for what is not in it."""
    from zipfile import ZipFile

    with ZipFile(TABLE) as table:
        return table.read(name).decode("ascii").splitlines() if name in table.NameToInfo else []


@cache
def sdk_services() -> dict[str, SdkService]:
    """Return all services by their names as they stand in a Resource: `dynamodb`, `cognitoidentityprovider`."""
    services = (line.split(" ", 2) for line in _file(SERVICES))
    return {name: SdkService(name, "" if botocore == "-" else botocore, id) for name, botocore, id in services}


def find_service(name: str) -> SdkService | None:
    """Return a service by its name in a Resource, also by one that ends with `service`; None if there is none."""
    name = service_name(name)
    return sdk_services().get(_TWINS.get(name, name))


@lru_cache(maxsize=256)
def operations_of(name: str) -> dict[str, Shape] | None:
    """Return the requests of the operations of a service by the operations' names as they stand in a Resource
    (`getItem`); None for no service."""
    service = find_service(name)
    if service is None:
        return None
    lines = (line for line in _file(service.name) if line[0] != ".")
    return {action_name(shape.name): shape for shape in map(_shape, lines)}


@lru_cache(maxsize=1024)
def structure_of(service: str, name: str) -> Shape:
    """Return a structure of a service by its name in the model."""
    known = find_service(service)
    assert known is not None
    return _shape(next(line for line in _file(known.name) if line.startswith(f".{name} ")))


def _shape(line: str) -> Shape:
    name, *members = line.split()
    kinds = dict(member.split(":") for member in members)
    required = tuple(member[:-1] for member in kinds if member[-1] == "*")
    return Shape(name.removeprefix("."), {member.rstrip("*"): kind for member, kind in kinds.items()}, required)


def botocore_name(name: str) -> str:
    """Return botocore's name for a service of the SDK; for one that the table does not have, what it may be.

    >>> botocore_name("directory"), botocore_name("cloudwatchevents"), botocore_name("databasemigrationservice")
    ('ds', 'events', 'dms')
    """
    service = find_service(name)
    return (service.botocore if service is not None else "") or name


def action_name(operation: str) -> str:
    """Return the name of an operation as it stands in a Resource: `getItem` for `GetItem`."""
    return operation[:1].lower() + operation[1:]


def operation_name(action: str) -> str:
    """Return the name that the API has for an action of a Resource: `GetItem` for `getItem`."""
    return action[:1].upper() + action[1:]


def service_name(service_id: str) -> str:
    """Return the name of a service in a Resource, for its id: as AWS's SDK for Java 2 calls its package.

    >>> service_name("Cognito Identity Provider"), service_name("Config Service"), service_name("dynamodb")
    ('cognitoidentityprovider', 'config', 'dynamodb')
    """
    return re.sub(r"[\s-]", "", service_id).lower().removesuffix("service")


def member_name(name: str) -> str:
    """Return the name that an SDK integration has for a member: as the SDK for Java 2 spells its methods, in
    PascalCase. An abbreviation at the beginning becomes a word, one behind it stays (recorded: S3's `ChecksumCRC32`).

    >>> member_name("DBInstanceIdentifier"), member_name("SSEKMSKeyId"), member_name("ETag"), member_name("tableName")
    ('DbInstanceIdentifier', 'SsekmsKeyId', 'ETag', 'TableName')
    >>> member_name("ChecksumCRC32"), member_name("MD5OfMessageBody"), member_name("ARN")
    ('ChecksumCRC32', 'Md5OfMessageBody', 'Arn')
    """
    abbreviation = _ABBREVIATION.match(name)
    end = abbreviation.end() if abbreviation else 1
    return name[:1].upper() + name[1:end].lower() + name[end:]


AS_THE_API: Final = frozenset({"dynamodb"})
"""The services whose members have the API's own names in an SDK integration, too: the types of DynamoDB's values."""


def spelling_of(service: str, member: str) -> str:
    """Return the name of a member in an SDK integration of a service."""
    return member if service in AS_THE_API else member_name(member)


_ABBREVIATION: Final = re.compile(r"[A-Z]+(?![a-z])")


def class_name(name: str) -> str:
    """Return the name that the SDK for Java 2 gives to a class: abbreviations become words wherever they stand.

    >>> class_name("DynamoDB"), class_name("SESv2"), class_name("WAFV2"), class_name("CloudWatch Logs")
    ('DynamoDb', 'SesV2', 'Wafv2', 'CloudWatchLogs')
    >>> class_name("InvalidVPCNetworkState"), class_name("EC2AccessDenied")
    ('InvalidVpcNetworkState', 'Ec2AccessDenied')
    """
    for pattern, replacement in _WORDS:
        name = pattern.sub(replacement, name)
    return "".join(word[:1].upper() + word[1:].lower() for word in name.split())


_WORDS: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[^A-Za-z0-9]+", " "),
        (r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 "),
        (r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 "),
        (r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " "),
        (r"([A-Z]+)([A-Z][a-z])", r"\1 \2"),
        (r"([0-9])([a-zA-Z])", r"\1 \2"),
    )
)
"""Where that SDK's generator sees a new word: `Utils.splitOnWordBoundaries`, github.com/aws/aws-sdk-java-v2."""


def error_prefix(service_id: str) -> str:
    """Return what stands before the dot of a service's errors in SDK integrations, and after `Service:` in causes.

    >>> error_prefix("SFN"), error_prefix("Database Migration Service"), error_prefix("S3")
    ('Sfn', 'DatabaseMigration', 'S3')
    """
    name = class_name(service_id)
    return name.removesuffix("Service") or name


def exception_class(shape: str) -> str:
    """Return the class of the SDK for Java 2 for an error of a model.

    >>> exception_class("DBClusterNotFoundFault"), exception_class("NoSuchKey"), exception_class("KMSDisabledException")
    ('DbClusterNotFoundException', 'NoSuchKeyException', 'KmsDisabledException')
    """
    return class_name(shape.removesuffix("Fault").removesuffix("Exception")) + "Exception"
