"""What every store does. Each method is one transaction: after it, all or nothing of it is remembered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from asl_engine.history.records import Records
from asl_engine.mapruns.family import FamilyEvent
from asl_engine.store.records import Activity, Alias, Execution, Machine, MapRun, Page, Token, Version

Journal: TypeAlias = Callable[[FamilyEvent], Awaitable[None] | None]
"""Takes in an event; it is safe when what is returned has been awaited."""


class StoreFull(Exception):
    """There is no room for more, and nothing that has ended to make some. The message says what takes it."""


class Store(Protocol):
    """What is remembered. In lists, `after` is the key of the last entry that the caller has seen."""

    # --- state machines, their versions and aliases, and tags ---------------------------------------------------------

    def add_machine(self, machine: Machine) -> None:
        """Remember a state machine, whose ARN is free, and give it its id. Raises StoreFull."""
        ...

    def machine(self, arn: str) -> Machine | None:
        """Return the state machine of an ARN."""
        ...

    def update_machine(self, machine: Machine) -> None:
        """Remember what has changed in a state machine. Raises StoreFull, and then remembers what was."""
        ...

    def delete_machine(self, arn: str) -> None:
        """Forget a state machine with its versions, aliases and tags, but not its executions."""
        ...

    def count_machines(self, account: str, region: str) -> int:
        """Return how many state machines an account has in a region."""
        ...

    def list_machines(self, account: str, region: str, after: str | None, limit: int) -> Page[Machine, str]:
        """Return state machines in the order of their names, which are the keys."""
        ...

    def publish(self, machine: Machine, description: str | None, now: float) -> Version:
        """Return the version of the machine's revision: the one that it has, or a new one with the next number. Raises
        StoreFull."""
        ...

    def version(self, machine: Machine, number: int) -> Version | None:
        """Return a version of a state machine."""
        ...

    def delete_version(self, machine: Machine, number: int) -> None:
        """Forget a version; its number is never given again."""
        ...

    def list_versions(self, machine: Machine, after: int | None, limit: int) -> Page[Version, int]:
        """Return versions, the newest first. Keys are their numbers."""
        ...

    def save_alias(self, machine: Machine, alias: Alias) -> None:
        """Remember an alias, new or changed. Raises StoreFull."""
        ...

    def alias(self, machine: Machine, name: str) -> Alias | None:
        """Return an alias of a state machine."""
        ...

    def delete_alias(self, machine: Machine, name: str) -> None:
        """Forget an alias."""
        ...

    def list_aliases(
        self, machine: Machine, version_arn: str | None, after: str | None, limit: int
    ) -> Page[Alias, str]:
        """Return aliases, of a version or all, in the order of their names, which are the keys."""
        ...

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a state machine or an activity, in the order in which they came."""
        ...

    def save_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Remember these tags of a resource in place of those that it had. Raises StoreFull."""
        ...

    # --- executions ---------------------------------------------------------------------------------------------------

    def add_execution(self, execution: Execution) -> Execution | None:
        """Remember an execution and give it its id; if its machine has one of that ARN already, return that and change
        nothing. Express executions may share a name: the last one is remembered. Raises StoreFull."""
        ...

    def journal(self, arn: str) -> Journal | None:
        """Return what writes down each event of an execution and its children before a command that follows from it is
        carried out; None for a store that could not go on with it anyway."""
        ...

    def execution(self, arn: str) -> Execution | None:
        """Return the execution of an ARN."""
        ...

    def update_execution(self, execution: Execution) -> None:
        """Remember what has changed in an execution that runs."""
        ...

    def end_execution(self, execution: Execution, history: Records) -> None:
        """Remember how an execution has ended, and what happened in it. Its tokens are over."""
        ...

    def history(self, arn: str) -> Records:
        """Return the record of an execution that has ended; an empty one if it is not known."""
        ...

    def list_executions(
        self,
        machine: Machine,
        version_arn: str | None,
        alias_arn: str | None,
        status: str | None,
        after: int | None,
        limit: int,
    ) -> Page[Execution, int]:
        """Return the executions of a state machine, perhaps of one version, alias or status, the newest first. Keys are
        ids. Children of Map Runs are not among them."""
        ...

    def list_children(
        self, map_run_arn: str, status: str | None, is_redriven: bool | None, after: int | None, limit: int
    ) -> Page[Execution, int]:
        """Return the children of a Map Run, the newest first. Keys are ids."""
        ...

    def redrive(self, arn: str, client_token: str) -> float | None:
        """Return when an execution was redriven by a request with this client token."""
        ...

    def add_redrive(self, arn: str, client_token: str, at: float) -> None:
        """Remember the client token of a redrive; only the last ten of an execution need be."""
        ...

    def take_forgotten(self) -> list[str]:
        """Return the ARNs of the executions that this store has forgotten by itself since it was last asked."""
        ...

    # --- Map Runs -----------------------------------------------------------------------------------------------------

    def add_map_run(self, run: MapRun) -> None:
        """Remember a Map Run and give it its id."""
        ...

    def map_run(self, arn: str) -> MapRun | None:
        """Return the Map Run of an ARN."""
        ...

    def update_map_run(self, run: MapRun) -> None:
        """Remember what has changed in a Map Run."""
        ...

    def list_map_runs(self, execution_arn: str, after: int | None, limit: int) -> Page[MapRun, int]:
        """Return the Map Runs of an execution, the newest first. Keys are ids."""
        ...

    # --- tokens and activities ----------------------------------------------------------------------------------------

    def add_token(self, token: Token) -> None:
        """Remember a token that is out; one of an activity is the last in its queue."""
        ...

    def token(self, token: str) -> Token | None:
        """Return a token that is out, or that was for a while after it was over."""
        ...

    def take_task(self, activity_arn: str) -> Token | None:
        """Take the oldest token out of an activity's queue: nobody else gets it."""
        ...

    def add_activity(self, activity: Activity) -> None:
        """Remember an activity, whose ARN is free. Raises StoreFull."""
        ...

    def activity(self, arn: str) -> Activity | None:
        """Return the activity of an ARN."""
        ...

    def delete_activity(self, arn: str) -> None:
        """Forget an activity with its queue and its tags."""
        ...

    def count_activities(self, account: str, region: str) -> int:
        """Return how many activities an account has in a region."""
        ...

    def list_activities(self, account: str, region: str, after: str | None, limit: int) -> Page[Activity, str]:
        """Return activities in the order of their names, which are the keys."""
        ...
