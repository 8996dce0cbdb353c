"""State machines with their versions, aliases and tags."""

from __future__ import annotations

import json

from asl_engine.store.records import Alias, Machine, Page, Version
from asl_engine.store.sqlite.database import Part, page_of
from asl_engine.store.sqlite.shared import json_to_store, text_to_store
from asl_engine.store.sqlite.tables import ALIASES, MACHINES, VERSIONS


class Machines(Part):
    """State machines, and what is theirs."""

    def add_machine(self, machine: Machine) -> None:
        """Remember a state machine and give it its id, which was never another's."""
        with self.database.transaction() as execute:
            machine.id = execute(*MACHINES.insert(self.database.shared, machine)).lastrowid or 0

    def machine(self, arn: str) -> Machine | None:
        """Return the state machine of an ARN."""
        return self.database.row(MACHINES, "arn = ?", arn)

    def update_machine(self, machine: Machine) -> None:
        """Remember what has changed in a state machine."""
        with self.database.transaction() as execute:
            before = execute("SELECT revision FROM machine WHERE id = ?", (machine.id,)).fetchall()
            execute(*MACHINES.update(self.database.shared, machine, "id = ?", machine.id))
            self.database.shared.release_revisions(number for (number,) in before)

    def delete_machine(self, arn: str) -> None:
        """Forget a state machine with its versions, aliases and tags, but not its executions."""
        key = text_to_store(arn)
        with self.database.transaction() as execute:
            for number, revision in execute("SELECT id, revision FROM machine WHERE arn = ?", (key,)).fetchall():
                versions = execute("SELECT revision FROM version WHERE machine = ?", (number,)).fetchall()
                execute("DELETE FROM version WHERE machine = ?", (number,))
                execute("DELETE FROM alias WHERE machine = ?", (number,))
                execute("DELETE FROM machine WHERE id = ?", (number,))
                self.database.shared.release_revisions({revision, *(published for (published,) in versions)})
            execute("DELETE FROM tag WHERE arn = ?", (key,))

    def count_machines(self, account: str, region: str) -> int:
        """Return how many state machines an account has in a region."""
        [(count,)] = self.database.fetch(
            "SELECT count(*) FROM machine WHERE account = ? AND region = ?", account, region
        )
        return int(count)

    def list_machines(self, account: str, region: str, after: str | None, limit: int) -> Page[Machine, str]:
        """Return state machines in the order of their names."""
        condition = "account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?"
        rows = self.database.rows(MACHINES, condition, account, region, after or "", limit + 1)
        return page_of(rows, limit, lambda row: row.name)

    def publish(self, machine: Machine, description: str | None, now: float) -> Version:
        """Return the version of the machine's revision, or make one."""
        shared = self.database.shared
        with self.database.transaction() as execute:
            revision = shared.revision_id(machine.revision)
            known = self.database.row(VERSIONS, "machine = ? AND revision = ?", machine.id, revision)
            if known is not None:
                return known
            machine.last_version += 1
            number = machine.last_version
            if number == 1:
                machine.first_description = description
            version = Version(f"{machine.arn}:{number}", number, machine.revision, description, now)
            execute(*VERSIONS.insert(shared, version, machine.id))
            execute(*MACHINES.update(shared, machine, "id = ?", machine.id))
        return version

    def version(self, machine: Machine, number: int) -> Version | None:
        """Return a version of a state machine."""
        return self.database.row(VERSIONS, "machine = ? AND number = ?", machine.id, number)

    def delete_version(self, machine: Machine, number: int) -> None:
        """Forget a version."""
        with self.database.transaction() as execute:
            condition = "machine = ? AND number = ?"
            revisions = execute(f"SELECT revision FROM version WHERE {condition}", (machine.id, number)).fetchall()
            execute(f"DELETE FROM version WHERE {condition}", (machine.id, number))
            self.database.shared.release_revisions(revision for (revision,) in revisions)

    def list_versions(self, machine: Machine, after: int | None, limit: int) -> Page[Version, int]:
        """Return versions, the newest first."""
        condition = "machine = ? AND number < ? ORDER BY number DESC LIMIT ?"
        rows = self.database.rows(VERSIONS, condition, machine.id, before(after), limit + 1)
        return page_of(rows, limit, lambda row: row.number)

    def save_alias(self, machine: Machine, alias: Alias) -> None:
        """Remember an alias, new or changed."""
        with self.database.transaction() as execute:
            execute(*ALIASES.insert(self.database.shared, alias, machine.id, verb="INSERT OR REPLACE"))

    def alias(self, machine: Machine, name: str) -> Alias | None:
        """Return an alias of a state machine."""
        return self.database.row(ALIASES, "machine = ? AND name = ?", machine.id, name)

    def delete_alias(self, machine: Machine, name: str) -> None:
        """Forget an alias."""
        with self.database.transaction() as execute:
            execute("DELETE FROM alias WHERE machine = ? AND name = ?", (machine.id, text_to_store(name)))

    def list_aliases(
        self, machine: Machine, version_arn: str | None, after: str | None, limit: int
    ) -> Page[Alias, str]:
        """Return aliases in the order of their names; which are of a version is looked up in each, as there are few."""
        rows = self.database.rows(ALIASES, "machine = ? AND name > ? ORDER BY name", machine.id, after or "")
        chosen = [
            row
            for row in rows
            if version_arn is None or any(route["stateMachineVersionArn"] == version_arn for route in row.routes)
        ]
        return page_of(chosen, limit, lambda row: row.name)

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a resource."""
        tags: dict[str, str] = {}
        for (text,) in self.database.fetch("SELECT tags FROM tag WHERE arn = ?", arn):
            tags = json.loads(text)
        return tags

    def save_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Remember the tags of a resource."""
        with self.database.transaction() as execute:
            execute("INSERT OR REPLACE INTO tag (arn, tags) VALUES (?, ?)", (text_to_store(arn), json_to_store(tags)))


def before(key: int | None) -> int:
    """Return the number that all rows of a page are below."""
    return 2**62 if key is None else key
