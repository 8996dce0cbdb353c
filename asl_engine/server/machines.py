"""What can be started: state machines with their revisions, versions and aliases, and who they belong to."""

from __future__ import annotations

import random
import time
import uuid
from typing import Any

from asl_engine.engine import StateMachine


class Account:
    """Who asks: the account and region of a request."""

    __slots__ = ("id", "region")

    def __init__(self, id: str, region: str) -> None:
        self.id = id
        self.region = region


def with_defaults(encryption: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return an encryption with how many seconds a data key is used, if it is not said (recorded, September 2026)."""
    if encryption is None or encryption.get("type") != "CUSTOMER_MANAGED_KMS_KEY":
        return encryption
    return {"kmsDataKeyReusePeriodSeconds": 300} | encryption


NO_LOGGING: dict[str, Any] = {"level": "OFF", "includeExecutionData": False}


class Revision:
    """What a state machine is between two updates. `id` is None for the first one, as AWS tells none for it."""

    def __init__(self, machine: StateMachine, request: dict[str, Any], before: Revision | None = None) -> None:
        self.machine = machine
        self.id = str(uuid.uuid4()) if before is not None else None
        self.definition: str = machine.definition
        self.role_arn: str = request.get("roleArn") or (before.role_arn if before else "")
        logging = request.get("loggingConfiguration")
        self.logging: dict[str, Any] = (
            NO_LOGGING | logging if logging is not None else before.logging if before else NO_LOGGING
        )
        tracing = request.get("tracingConfiguration")
        self.tracing: dict[str, Any] = tracing or (before.tracing if before else {"enabled": False})
        encryption = with_defaults(request.get("encryptionConfiguration"))
        self.encryption: dict[str, Any] | None = encryption or (before.encryption if before else None)
        self.updated_at = time.time()

    def is_same(self, other: Revision) -> bool:
        """Whether nothing differs from another: then an update makes no new revision."""
        return self.role_arn == other.role_arn and self.creates_same(other)

    def creates_same(self, other: Revision) -> bool:
        """Whether nothing differs from another by which a creation is known again: the role does not count (recorded,
        September 2026)."""
        mine, theirs = (
            (one.definition, one.machine.type, one.logging, one.tracing, one.encryption) for one in (self, other)
        )
        return mine == theirs


class Version:
    """A revision that was published under a number, which never changes."""

    def __init__(self, arn: str, number: int, revision: Revision, description: str | None) -> None:
        self.arn = arn
        self.number = number
        self.revision = revision
        self.description = description
        self.created_at = time.time()


class Alias:
    """A name for one version, or for two of which each gets its share of the executions, by weight in per cent."""

    def __init__(self, arn: str, name: str, routes: list[dict[str, Any]], description: str | None) -> None:
        self.arn = arn
        self.name = name
        self.routes = routes
        self.description = description
        self.created_at = time.time()
        self.updated_at: float | None = None

    def choose(self) -> str:
        """Return the ARN of the version that the next execution gets."""
        arns = [route["stateMachineVersionArn"] for route in self.routes]
        chosen: str = random.choices(arns, [route["weight"] for route in self.routes])[0]
        return chosen


class Machine:
    """A state machine that was created: its revision of now, its versions by number and its aliases by name."""

    def __init__(self, account: Account, name: str, revision: Revision) -> None:
        self.account = account
        self.name = name
        self.arn = f"arn:aws:states:{account.region}:{account.id}:stateMachine:{name}"
        self.revision = revision
        self.versions: dict[int, Version] = {}
        self.last_version = 0
        self.first_version: Version | None = None
        self.aliases: dict[str, Alias] = {}
        self.created_at = revision.updated_at

    def publish(self, description: str | None) -> Version:
        """Return the version of the revision of now: a new one, or the one that it has already."""
        for version in self.versions.values():
            if version.revision is self.revision:
                return version
        self.last_version += 1
        number = self.last_version
        version = self.versions[number] = Version(f"{self.arn}:{number}", number, self.revision, description)
        self.first_version = self.first_version or version
        return version


class Target:
    """What an ARN names that executions can be started of: a machine as it is now, one version, or an alias.

    `revision` is what is to run; an update of the machine later does not change it.
    """

    def __init__(self, machine: Machine, version: Version | None = None, alias: Alias | None = None) -> None:
        self.machine = machine
        self.version = version
        self.alias = alias
        self.revision: Revision = machine.revision if version is None else version.revision
