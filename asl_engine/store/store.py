"""What every store does. Each method is one transaction: after it, all or nothing of it is remembered."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from typing import Protocol

from asl_engine.history.records import Records
from asl_engine.journal.codec import Entry
from asl_engine.store.records import Activity, Alias, Execution, Machine, MapRun, Page, Token, Version


class StoreFull(Exception):
    """There is no room for more, and nothing that has ended to make some. The message says what takes it."""


class StoreFailed(Exception):
    """The store could not be written, or read; the message says why. What was not saved by then is not remembered."""


class Store(Protocol):
    """What is remembered. In lists, `after` is the key of the last entry that the caller has seen."""

    @property
    def is_durable(self) -> bool:
        """Whether executions can go on from this store in another process: it is a DurableStore."""
        ...

    def saved(self) -> Awaitable[None] | None:
        """Return what is done when all that was written so far is safe; None when nothing is on its way. Nobody may
        hear of what was written, or see what follows from it, before. Awaiting it raises StoreFailed when it is
        lost."""
        ...

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


class DurableStore(Store, Protocol):
    """A store from which executions go on in another process: it has their events, and knows which of them wait. Each
    method of a Store that writes may raise StoreFailed as well, and those that read when the store is damaged."""

    # --- the journal --------------------------------------------------------------------------------------------------

    def append(self, execution_id: int, entry: Entry) -> None:
        """Remember the next event of an execution, its children included. Raises StoreFailed for one that does not
        follow the last: what comes before it was lost, or another has written."""
        ...

    def entries(self, execution_id: int, after: int = 0) -> Iterator[Entry]:
        """Yield the events of an execution in order, from the one behind `after` on. Those of one that has ended are
        there as long as a redrive is possible."""
        ...

    def open_executions(self, after_id: int = 0) -> Iterator[Execution]:
        """Yield the executions that run and are not parked, in the order of their ids, from the one behind `after_id`
        on; without children of Map Runs, which run with their parent."""
        ...

    def park(self, execution: Execution, due_at: float | None) -> None:
        """Remember that an execution only waits: until a moment, or for a token alone (None)."""
        ...

    def unpark(self, execution: Execution) -> None:
        """Remember that an execution that was parked is driven again."""
        ...

    def due(self, now: float, limit: int) -> list[Execution]:
        """Return parked executions whose moment has come, the earliest first."""
        ...

    def next_due(self) -> float | None:
        """Return when the next of the parked executions is due; None when none will be."""
        ...

    def log_position(self, execution_id: int) -> int:
        """Return how many events of an execution were delivered to its log."""
        ...

    def save_log_position(self, execution_id: int, seen: int) -> None:
        """Remember how many events of an execution were delivered to its log."""
        ...

    # --- the store itself ---------------------------------------------------------------------------------------------

    def tidy(self, now: float) -> bool:
        """Take away a little of what is over for long; return whether there may be more. Call it again when that is
        saved, and then every hour or so."""
        ...

    def close(self) -> None:
        """Save what was written, and let go of the file. Raises StoreFailed."""
        ...
