"""What an ARN names that executions can be started of: a state machine as it is now, a version of it, or an alias."""

from __future__ import annotations

import random
import re
from typing import Final

from asl_engine.server.arns import check_arn
from asl_engine.server.errors import machine_does_not_exist
from asl_engine.store import Alias, Machine, Revision, Store, Version

_VERSION: Final = re.compile(r":stateMachine:[^:]+:[0-9]+\Z")


class Target:
    """A machine, and the version or alias that was named. `revision` is what is to run: a later update of the machine
    does not change it."""

    __slots__ = ("alias", "machine", "revision", "version")

    def __init__(self, machine: Machine, version: Version | None = None, alias: Alias | None = None) -> None:
        self.machine = machine
        self.version = version
        self.alias = alias
        self.revision: Revision = machine.revision if version is None else version.revision


def find_target(store: Store, arn: str) -> Target | None:
    """Return what an ARN names; None if there is nothing of that name. An alias picks one of its versions."""
    machine = store.machine(arn)
    if machine is not None:
        return Target(machine)
    base, _, last = arn.rpartition(":")
    machine = store.machine(base)
    if machine is None:
        return None
    alias = None if last.isdecimal() else store.alias(machine, last)
    if alias is not None:
        arns = [route["stateMachineVersionArn"] for route in alias.routes]
        last = random.choices(arns, [route["weight"] for route in alias.routes])[0].rpartition(":")[2]
    version = store.version(machine, int(last)) if last.isdecimal() else None
    return Target(machine, version, alias) if version is not None else None


def target_of(store: Store, arn: str) -> Target:
    """Return what an ARN names: a state machine, a version, an alias; raise ApiError if there is none."""
    check_arn(arn, "stateMachine")
    target = find_target(store, arn)
    if target is None:
        raise machine_does_not_exist(arn, "Version " if _VERSION.search(arn) else "")
    return target


def machine_of(store: Store, arn: str) -> Machine:
    """Return the state machine of an ARN, which must name no version; raise ApiError if there is none."""
    check_arn(arn, "stateMachine")
    machine = store.machine(arn)
    if machine is None:
        raise machine_does_not_exist(arn)
    return machine
