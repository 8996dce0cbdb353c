"""The store that ends with its process: dictionaries, and limits of what they may hold."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from heapq import nlargest, nsmallest
from itertools import count
from typing import Final, TypeVar

from asl_engine.history.records import Records, memory_of_records
from asl_engine.quotas import MAX_REDRIVE_TOKENS
from asl_engine.store.records import Activity, Alias, Execution, Machine, MapRun, Page, Row, Token, Version
from asl_engine.store.store import StoreFull

MAX_EXECUTIONS: Final = 100_000
"""How many executions are kept; the oldest that have ended are forgotten first."""

MAX_MEMORY: Final = 1024**3
"""How many bytes the histories of ended executions may take before the oldest are forgotten."""

MAX_MAP_RUNS: Final = 10_000
"""How many Map Runs are kept; the oldest that have ended are forgotten first."""

MAX_ENDED_TOKENS: Final = 10_000
"""How many tokens are remembered after they are over, so that who comes late learns why."""

Named = TypeVar("Named", Machine, Alias, Activity)


class MemoryExecutions:
    """Executions with their histories and redrives; the oldest that have ended go when there are too many."""

    def __init__(self, max_executions: int, max_memory: int) -> None:
        self.max_executions = max_executions
        self.max_memory = max_memory
        self.memory = 0
        self._execution_ids = count(1)
        self._executions: dict[str, Execution] = {}
        self._histories: dict[str, tuple[Records, int]] = {}
        self._redrives: dict[str, OrderedDict[str, float]] = {}
        self._forgotten: list[str] = []

    def add_execution(self, execution: Execution) -> Execution | None:
        """Remember an execution; one of the same name is an obstacle, unless its machine was deleted."""
        known = self._executions.get(execution.arn)
        if known is not None:
            if known.machine_id == execution.machine_id and execution.revision.type == "STANDARD":
                return known
            self._forget(known.arn)
        self._make_room()
        execution.id = next(self._execution_ids)
        self._executions[execution.arn] = execution
        return None

    def _make_room(self) -> None:
        while len(self._executions) >= self.max_executions or self.memory > self.max_memory:
            ended = next((arn for arn, row in self._executions.items() if row.stopped_at is not None), None)
            if ended is None:
                break
            self._forget(ended)
        if len(self._executions) >= self.max_executions:
            raise StoreFull(len(self._executions))

    def _forget(self, arn: str) -> None:
        del self._executions[arn]
        self.memory -= self._histories.pop(arn, ([], 0))[1]
        self._redrives.pop(arn, None)
        self._forgotten.append(arn)

    def journal(self, arn: str) -> None:
        """There is none: what runs ends with the process, as this store does."""

    def execution(self, arn: str) -> Execution | None:
        """Return the execution of an ARN."""
        return self._executions.get(arn)

    def update_execution(self, execution: Execution) -> None:
        """Nothing is to be done: the row is the store's own."""

    def keep_history(self, execution: Execution, history: Records) -> None:
        """Keep what happened, as long as the execution itself is known, and count its memory."""
        if self._executions.get(execution.arn) is execution:
            size = memory_of_records(history)
            self.memory += size - self._histories.get(execution.arn, ([], 0))[1]
            self._histories[execution.arn] = history, size

    def history(self, arn: str) -> Records:
        """Return the record of an execution that has ended."""
        return self._histories.get(arn, ([], 0))[0]

    def list_executions(
        self,
        machine: Machine,
        version_arn: str | None,
        alias_arn: str | None,
        status: str | None,
        after: int | None,
        limit: int,
    ) -> Page[Execution, int]:
        """Return the executions of a state machine, the newest first."""
        rows = (
            row
            for row in self._executions.values()
            if row.machine_id == machine.id
            and row.map_run_arn is None
            and version_arn in (None, row.version_arn)
            and alias_arn in (None, row.alias_arn)
            and status in (None, row.status)
        )
        return newest_first(rows, _id_of, after, limit)

    def list_children(
        self, map_run_arn: str, status: str | None, is_redriven: bool | None, after: int | None, limit: int
    ) -> Page[Execution, int]:
        """Return the children of a Map Run, the newest first."""
        rows = (
            row
            for row in self._executions.values()
            if row.map_run_arn == map_run_arn
            and status in (None, row.status)
            and is_redriven in (None, row.redrive_count > 0)
        )
        return newest_first(rows, _id_of, after, limit)

    def redrive(self, arn: str, client_token: str) -> float | None:
        """Return when an execution was redriven by a request with this client token."""
        redrives = self._redrives.get(arn)
        return redrives.get(client_token) if redrives is not None else None

    def add_redrive(self, arn: str, client_token: str, at: float) -> None:
        """Remember the client token of a redrive."""
        redrives = self._redrives.setdefault(arn, OrderedDict())
        redrives[client_token] = at
        while len(redrives) > MAX_REDRIVE_TOKENS:
            redrives.popitem(last=False)

    def take_forgotten(self) -> list[str]:
        """Return what was forgotten since the last call."""
        forgotten, self._forgotten = self._forgotten, []
        return forgotten


class MemoryTokens:
    """Tokens, and activities with their queues."""

    def __init__(self) -> None:
        self._activities: dict[str, Activity] = {}
        self._queues: dict[str, dict[str, Token]] = {}
        self._tokens: dict[str, Token] = {}
        self._open: dict[str, list[str]] = {}  # by execution
        self._ended: OrderedDict[str, None] = OrderedDict()

    def add_token(self, token: Token) -> None:
        """Remember a token that is out; one of an activity is the last in its queue."""
        self._tokens[token.token] = token
        self._open.setdefault(token.execution_arn, []).append(token.token)
        if token.activity_arn in self._queues:
            self._queues[token.activity_arn][token.token] = token

    def token(self, token: str) -> Token | None:
        """Return a token that is out, or was."""
        return self._tokens.get(token)

    def end_tokens(self, execution_arn: str) -> None:
        """All tokens of an execution are over: they leave the queues, and the oldest of all are forgotten."""
        for text in self._open.pop(execution_arn, ()):
            queue = self._queues.get(self._tokens[text].activity_arn or "")
            if queue is not None:
                queue.pop(text, None)
            self._tokens[text].input = None  # nobody is given it any more, and it can be large
            self._ended[text] = None
        while len(self._ended) > MAX_ENDED_TOKENS:
            del self._tokens[self._ended.popitem(last=False)[0]]

    def take_task(self, activity_arn: str) -> Token | None:
        """Take the oldest token out of an activity's queue."""
        queue = self._queues.get(activity_arn)
        return queue.pop(next(iter(queue))) if queue else None

    def add_activity(self, activity: Activity) -> None:
        """Remember an activity."""
        self._activities[activity.arn] = activity
        self._queues[activity.arn] = {}

    def activity(self, arn: str) -> Activity | None:
        """Return the activity of an ARN."""
        return self._activities.get(arn)

    def drop_activity(self, arn: str) -> None:
        """Forget an activity with its queue."""
        self._activities.pop(arn, None)
        self._queues.pop(arn, None)

    def count_activities(self, account: str, region: str) -> int:
        """Return how many activities an account has in a region."""
        return sum(row.account == account and row.region == region for row in self._activities.values())

    def list_activities(self, account: str, region: str, after: str | None, limit: int) -> Page[Activity, str]:
        """Return activities in the order of their names."""
        rows = (row for row in self._activities.values() if row.account == account and row.region == region)
        return by_name(rows, after, limit)


class MemoryMachines:
    """State machines, with their versions, aliases and tags."""

    def __init__(self) -> None:
        self._machine_ids = count(1)
        self._machines: dict[str, Machine] = {}
        self._versions: dict[int, dict[int, Version]] = {}
        self._aliases: dict[int, dict[str, Alias]] = {}
        self._tags: dict[str, dict[str, str]] = {}

    def add_machine(self, machine: Machine) -> None:
        """Remember a state machine and give it its id."""
        machine.id = next(self._machine_ids)
        self._machines[machine.arn] = machine
        self._versions[machine.id], self._aliases[machine.id] = {}, {}

    def machine(self, arn: str) -> Machine | None:
        """Return the state machine of an ARN."""
        return self._machines.get(arn)

    def update_machine(self, machine: Machine) -> None:
        """Nothing is to be done: the row is the store's own."""

    def delete_machine(self, arn: str) -> None:
        """Forget a state machine with all that is its."""
        machine = self._machines.pop(arn, None)
        if machine is not None:
            del self._versions[machine.id], self._aliases[machine.id]
        self._tags.pop(arn, None)

    def count_machines(self, account: str, region: str) -> int:
        """Return how many state machines an account has in a region."""
        return sum(row.account == account and row.region == region for row in self._machines.values())

    def list_machines(self, account: str, region: str, after: str | None, limit: int) -> Page[Machine, str]:
        """Return state machines in the order of their names."""
        rows = (row for row in self._machines.values() if row.account == account and row.region == region)
        return by_name(rows, after, limit)

    def publish(self, machine: Machine, description: str | None, now: float) -> Version:
        """Return the version of the machine's revision, or make one."""
        versions = self._versions[machine.id]
        for version in versions.values():
            if version.revision.id == machine.revision.id:
                return version
        machine.last_version += 1
        number = machine.last_version
        if number == 1:
            machine.first_description = description
        version = versions[number] = Version(f"{machine.arn}:{number}", number, machine.revision, description, now)
        return version

    def version(self, machine: Machine, number: int) -> Version | None:
        """Return a version of a state machine."""
        return self._versions[machine.id].get(number)

    def delete_version(self, machine: Machine, number: int) -> None:
        """Forget a version."""
        self._versions[machine.id].pop(number, None)

    def list_versions(self, machine: Machine, after: int | None, limit: int) -> Page[Version, int]:
        """Return versions, the newest first."""
        return newest_first(self._versions[machine.id].values(), lambda version: version.number, after, limit)

    def save_alias(self, machine: Machine, alias: Alias) -> None:
        """Remember an alias."""
        self._aliases[machine.id][alias.name] = alias

    def alias(self, machine: Machine, name: str) -> Alias | None:
        """Return an alias of a state machine."""
        return self._aliases[machine.id].get(name)

    def delete_alias(self, machine: Machine, name: str) -> None:
        """Forget an alias."""
        self._aliases[machine.id].pop(name, None)

    def list_aliases(
        self, machine: Machine, version_arn: str | None, after: str | None, limit: int
    ) -> Page[Alias, str]:
        """Return aliases in the order of their names."""
        rows = (
            row
            for row in self._aliases[machine.id].values()
            if version_arn is None or any(route["stateMachineVersionArn"] == version_arn for route in row.routes)
        )
        return by_name(rows, after, limit)

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a resource."""
        return dict(self._tags.get(arn, {}))

    def save_tags(self, arn: str, tags: dict[str, str]) -> None:
        """Remember the tags of a resource."""
        self._tags[arn] = tags


class MemoryStore(MemoryMachines, MemoryExecutions, MemoryTokens):
    """A store in memory: machines, executions, tokens, and Map Runs."""

    def __init__(self, max_executions: int = MAX_EXECUTIONS, max_memory: int = MAX_MEMORY) -> None:
        MemoryMachines.__init__(self)
        MemoryExecutions.__init__(self, max_executions, max_memory)
        MemoryTokens.__init__(self)
        self._map_runs: dict[str, MapRun] = {}
        self._map_run_ids = count(1)

    def end_execution(self, execution: Execution, history: Records) -> None:
        """Remember how an execution has ended; its tokens are over."""
        self.keep_history(execution, history)
        self.end_tokens(execution.arn)

    def delete_activity(self, arn: str) -> None:
        """Forget an activity with its queue and its tags."""
        self.drop_activity(arn)
        self._tags.pop(arn, None)

    def add_map_run(self, run: MapRun) -> None:
        """Remember a Map Run; forget the oldest that has ended when there are too many."""
        if len(self._map_runs) >= MAX_MAP_RUNS:
            ended = next((arn for arn, row in self._map_runs.items() if row.stopped_at is not None), None)
            if ended is not None:
                del self._map_runs[ended]
        run.id = next(self._map_run_ids)
        self._map_runs[run.arn] = run

    def map_run(self, arn: str) -> MapRun | None:
        """Return the Map Run of an ARN."""
        return self._map_runs.get(arn)

    def update_map_run(self, run: MapRun) -> None:
        """Nothing is to be done: the row is the store's own."""

    def list_map_runs(self, execution_arn: str, after: int | None, limit: int) -> Page[MapRun, int]:
        """Return the Map Runs of an execution, the newest first."""
        rows = (row for row in self._map_runs.values() if row.execution_arn == execution_arn)
        return newest_first(rows, _id_of, after, limit)


def _id_of(row: Execution | MapRun) -> int:
    return row.id


def newest_first(rows: Iterable[Row], key: Callable[[Row], int], after: int | None, limit: int) -> Page[Row, int]:
    """Return those of the rows with the largest keys that are below the last one seen."""
    chosen = nlargest(limit + 1, (row for row in rows if after is None or key(row) < after), key)
    return Page(chosen[:limit], key(chosen[limit - 1]) if len(chosen) > limit else None)


def by_name(rows: Iterable[Named], after: str | None, limit: int) -> Page[Named, str]:
    """Return those of the rows with the first names that are behind the last one seen."""
    chosen = nsmallest(limit + 1, (row for row in rows if after is None or row.name > after), lambda row: row.name)
    return Page(chosen[:limit], chosen[limit - 1].name if len(chosen) > limit else None)
