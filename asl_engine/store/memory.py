"""The store that ends with its process: dictionaries, and limits of what they may hold."""

from __future__ import annotations

from collections import OrderedDict
from itertools import count
from typing import Final

from asl_engine.history.records import Records, memory_of_records
from asl_engine.quotas import MAX_REDRIVE_TOKENS
from asl_engine.store.memory_machines import MemoryMachines
from asl_engine.store.memory_tokens import MemoryTokens
from asl_engine.store.pages import newest_first
from asl_engine.store.records import Execution, Machine, MapRun, Page
from asl_engine.store.room import ROW, Revisions, Room, Shelf, texts
from asl_engine.store.store import StoreFull

MAX_EXECUTIONS: Final = 100_000
"""How many executions are kept; the oldest that have ended are forgotten first."""

MAX_MEMORY: Final = 1024**3
"""How many bytes all that is remembered may take before the oldest executions that have ended are forgotten; and before
nothing more is taken in, when there are none."""

MAX_MAP_RUNS: Final = 10_000
"""How many Map Runs are kept; the oldest that have ended are forgotten first."""


class MemoryExecutions:
    """Executions with their histories and redrives; the oldest that have ended go when there is no room."""

    def __init__(self, room: Room, revisions: Revisions, max_executions: int) -> None:
        self.max_executions = max_executions
        self._room, self._held = room, revisions
        self._execution_ids = count(1)
        self._executions: Shelf[str, Execution] = Shelf(room, _weight_of_execution)
        self._histories: Shelf[str, Records] = Shelf(room, memory_of_records)
        self._ended: dict[str, None] = {}  # in the order in which they ended
        self._redrives: dict[str, OrderedDict[str, float]] = {}
        self._forgotten: list[str] = []
        room.forget = self._forget_oldest

    def add_execution(self, execution: Execution) -> Execution | None:
        """Remember an execution; one of the same name is an obstacle, unless its machine was deleted."""
        known = self._executions.rows.get(execution.arn)
        if known is not None:
            if known.machine_id == execution.machine_id and execution.revision.type == "STANDARD":
                return known
            self.forget_execution(known)
        while len(self._executions.rows) >= self.max_executions and self._forget_oldest():
            pass
        if len(self._executions.rows) >= self.max_executions:
            raise StoreFull(f"{self.max_executions} executions are running")
        self._room.make()
        execution.id = next(self._execution_ids)
        self._executions.put(execution.arn, execution)
        self._held.hold(execution.revision)
        return None

    def _forget_oldest(self) -> bool:
        for arn in self._ended:
            self.forget_execution(self._executions.rows[arn])
            return True
        return False

    def forget_execution(self, execution: Execution) -> None:
        """Let go of an execution with all that is its; whoever keeps it alive is told."""
        arn = execution.arn
        self._executions.drop(arn)
        self._histories.drop(arn)
        self._held.release(execution.revision)
        self._redrives.pop(arn, None)
        self._ended.pop(arn, None)
        self._forgotten.append(arn)

    def execution(self, arn: str) -> Execution | None:
        """Return the execution of an ARN."""
        return self._executions.rows.get(arn)

    def update_execution(self, execution: Execution) -> None:
        """Weigh the row again, which is the store's own; one that goes on after its end is not forgotten."""
        if self.knows(execution):
            self._executions.put(execution.arn, execution)
            if execution.stopped_at is None:
                self._ended.pop(execution.arn, None)

    def knows(self, execution: Execution) -> bool:
        """Whether this is the execution that has its ARN now: it was not forgotten, and its name not given anew."""
        return self._executions.rows.get(execution.arn) is execution

    def keep_history(self, execution: Execution, history: Records) -> None:
        """Keep what happened in an execution that has ended."""
        self._executions.put(execution.arn, execution)
        self._histories.put(execution.arn, history)
        self._ended[execution.arn] = None

    def history(self, arn: str) -> Records:
        """Return the record of an execution that has ended."""
        return self._histories.rows.get(arn, [])

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
            for row in self._executions.rows.values()
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
            for row in self._executions.rows.values()
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


class MemoryStore(MemoryMachines, MemoryExecutions, MemoryTokens):
    """A store in memory: machines, executions, tokens, and Map Runs."""

    is_durable = False

    def __init__(self, max_executions: int = MAX_EXECUTIONS, max_memory: int = MAX_MEMORY) -> None:
        room = Room(max_memory)
        revisions = Revisions(room)
        MemoryMachines.__init__(self, room, revisions)
        MemoryExecutions.__init__(self, room, revisions, max_executions)
        MemoryTokens.__init__(self, room)
        self._map_runs: Shelf[str, MapRun] = Shelf(room, lambda run: 4 * ROW)
        self._ended_map_runs: dict[str, None] = {}
        self._map_run_ids = count(1)

    @property
    def memory(self) -> int:
        """How many bytes all that is remembered takes."""
        return self._room.taken

    def saved(self) -> None:
        """Nothing is on its way: what is remembered is remembered."""

    def end_execution(self, execution: Execution, history: Records) -> None:
        """Remember how an execution has ended, unless it was forgotten; its tokens are over."""
        if self.knows(execution):
            self.keep_history(execution, history)
            self.end_tokens(execution.arn)

    def forget_execution(self, execution: Execution) -> None:
        """Let go of an execution; its tokens are over, for its name may be another's next."""
        super().forget_execution(execution)
        self.end_tokens(execution.arn)

    def delete_activity(self, arn: str) -> None:
        """Forget an activity with its queue and its tags."""
        self.drop_activity(arn)
        self._tags.drop(arn)

    def add_map_run(self, run: MapRun) -> None:
        """Remember a Map Run; forget the oldest that has ended when there are too many."""
        if len(self._map_runs.rows) >= MAX_MAP_RUNS and self._ended_map_runs:
            oldest = next(iter(self._ended_map_runs))
            del self._ended_map_runs[oldest]
            self._map_runs.drop(oldest)
        run.id = next(self._map_run_ids)
        self.update_map_run(run)

    def map_run(self, arn: str) -> MapRun | None:
        """Return the Map Run of an ARN."""
        return self._map_runs.rows.get(arn)

    def update_map_run(self, run: MapRun) -> None:
        """Keep the row; note whether it has ended."""
        self._map_runs.put(run.arn, run)
        if run.stopped_at is None:
            self._ended_map_runs.pop(run.arn, None)
        else:
            self._ended_map_runs[run.arn] = None

    def list_map_runs(self, execution_arn: str, after: int | None, limit: int) -> Page[MapRun, int]:
        """Return the Map Runs of an execution, the newest first."""
        rows = (row for row in self._map_runs.rows.values() if row.execution_arn == execution_arn)
        return newest_first(rows, _id_of, after, limit)


def _weight_of_execution(row: Execution) -> int:
    return ROW + row.memory + texts(row.input_text, row.output_text, row.error, row.cause, row.trace_header)


def _id_of(row: Execution | MapRun) -> int:
    return row.id
