"""State machines in memory, with their versions, aliases and tags."""

from __future__ import annotations

from itertools import count

from asl_engine.store.pages import by_name, newest_first
from asl_engine.store.records import Alias, Machine, Page, Revision, Version
from asl_engine.store.room import ROW, Revisions, Room, Shelf, texts, texts_in


class MemoryMachines:
    """State machines, with their versions, aliases and tags."""

    def __init__(self, room: Room, revisions: Revisions) -> None:
        self._room, self._held = room, revisions
        self._machine_ids = count(1)
        self._machines: Shelf[str, Machine] = Shelf(room, lambda machine: ROW)
        self._current: dict[int, Revision] = {}  # by machine
        self._versions: dict[int, Shelf[int, Version]] = {}
        self._aliases: dict[int, Shelf[str, Alias]] = {}
        self._tags: Shelf[str, dict[str, str]] = Shelf(room, _weight_of_tags)

    def add_machine(self, machine: Machine) -> None:
        """Remember a state machine and give it its id."""
        self._room.make()
        machine.id = next(self._machine_ids)
        self._machines.put(machine.arn, machine)
        self._take_revision(machine)
        self._versions[machine.id] = Shelf(self._room, lambda version: ROW + texts(version.description))
        self._aliases[machine.id] = Shelf(self._room, _weight_of_alias)

    def _take_revision(self, machine: Machine) -> None:
        before = self._current.get(machine.id)
        self._held.hold(machine.revision)
        self._current[machine.id] = machine.revision
        if before is not None:
            self._held.release(before)

    def machine(self, arn: str) -> Machine | None:
        """Return the state machine of an ARN."""
        return self._machines.rows.get(arn)

    def update_machine(self, machine: Machine) -> None:
        """Put a row in place of the one that was."""
        self._room.make()
        self._machines.put(machine.arn, machine)
        self._take_revision(machine)

    def delete_machine(self, arn: str) -> None:
        """Forget a state machine with all that is its."""
        machine = self._machines.drop(arn)
        if machine is not None:
            self._held.release(self._current.pop(machine.id))
            for version in self._versions[machine.id].rows.values():
                self._held.release(version.revision)
            self._versions.pop(machine.id).clear()
            self._aliases.pop(machine.id).clear()
        self._tags.drop(arn)

    def count_machines(self, account: str, region: str) -> int:
        """Return how many state machines an account has in a region."""
        return sum(row.account == account and row.region == region for row in self._machines.rows.values())

    def list_machines(self, account: str, region: str, after: str | None, limit: int) -> Page[Machine, str]:
        """Return state machines in the order of their names."""
        rows = (row for row in self._machines.rows.values() if row.account == account and row.region == region)
        return by_name(rows, after, limit)

    def publish(self, machine: Machine, description: str | None, now: float) -> Version:
        """Return the version of the machine's revision, or make one."""
        versions = self._versions[machine.id]
        for version in versions.rows.values():
            if version.revision.id == machine.revision.id:
                return version
        self._room.make()
        machine.last_version += 1
        number = machine.last_version
        if number == 1:
            machine.first_description = description
        version = Version(f"{machine.arn}:{number}", number, machine.revision, description, now)
        versions.put(number, version)
        self._held.hold(version.revision)
        return version

    def version(self, machine: Machine, number: int) -> Version | None:
        """Return a version of a state machine."""
        return self._versions[machine.id].rows.get(number)

    def delete_version(self, machine: Machine, number: int) -> None:
        """Forget a version."""
        version = self._versions[machine.id].drop(number)
        if version is not None:
            self._held.release(version.revision)

    def list_versions(self, machine: Machine, after: int | None, limit: int) -> Page[Version, int]:
        """Return versions, the newest first."""
        return newest_first(self._versions[machine.id].rows.values(), lambda version: version.number, after, limit)

    def save_alias(self, machine: Machine, alias: Alias) -> None:
        """Remember an alias."""
        self._room.make()
        self._aliases[machine.id].put(alias.name, alias)

    def alias(self, machine: Machine, name: str) -> Alias | None:
        """Return an alias of a state machine."""
        return self._aliases[machine.id].rows.get(name)

    def delete_alias(self, machine: Machine, name: str) -> None:
        """Forget an alias."""
        self._aliases[machine.id].drop(name)

    def list_aliases(
        self, machine: Machine, version_arn: str | None, after: str | None, limit: int
    ) -> Page[Alias, str]:
        """Return aliases in the order of their names."""
        rows = (
            row
            for row in self._aliases[machine.id].rows.values()
            if version_arn is None or any(route["stateMachineVersionArn"] == version_arn for route in row.routes)
        )
        return by_name(rows, after, limit)

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a resource."""
        return dict(self._tags.rows.get(arn, {}))

    def save_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Remember the tags of a resource."""
        if len(tags) > len(self.tags(arn)):
            self._room.make()
        self._tags.put(arn, tags)


def _weight_of_tags(tags: dict[str, str]) -> int:
    return texts_in(tags) + texts_in(tags.values())


def _weight_of_alias(row: Alias) -> int:
    return ROW + texts(row.description) + sum(texts_in(route.values()) for route in row.routes)
