"""State machines on their way out: deleting one takes its time, and longer while executions run.

The store forgets a machine at once. What is kept here for the while answers DescribeStateMachine, and has its
executions fail at what they would do next (recorded, September 2026).
"""

from __future__ import annotations

import time
from typing import Final

from asl_engine.server.errors import ApiError
from asl_engine.server.live import LiveExecution, has_been_deleted
from asl_engine.store import Machine

DELETING_SECONDS: Final = 1.0
"""How long a deletion takes at the least; on AWS it is seconds to minutes."""


class Deletions:
    """The state machines that are being deleted, and the executions that are alive."""

    def __init__(self, live: dict[str, LiveExecution]) -> None:
        self._live = live
        self._machines: dict[str, tuple[Machine, float]] = {}

    def begin(self, machine: Machine) -> None:
        """Delete a machine, which the store forgets: its executions go no further."""
        for arn in list(self._machines):
            self.machine(arn)  # which forgets what is over
        self._machines[machine.arn] = (machine, time.time() + DELETING_SECONDS)
        for live in self._live.values():
            if live.row.machine_id == machine.id:
                live.kernel.refusal = has_been_deleted(machine.name)

    def machine(self, arn: str) -> Machine | None:
        """Return the machine of an ARN while it is being deleted."""
        entry = self._machines.get(arn)
        if entry is None:
            return None
        machine, until = entry
        if time.time() < until or self._runs(machine):
            return machine
        del self._machines[arn]
        return None

    def make_way(self, arn: str) -> None:
        """Let a machine be created anew: where nothing runs any more, the deletion is over that moment. Raises
        StateMachineDeleting where something does."""
        machine = self.machine(arn)
        if machine is not None and self._runs(machine):
            raise deleting(arn)
        self._machines.pop(arn, None)

    def _runs(self, machine: Machine) -> bool:
        rows = (live.row for live in self._live.values())
        return any(row.machine_id == machine.id and row.stopped_at is None for row in rows)


def deleting(arn: str) -> ApiError:
    """Return the error for a state machine that is being deleted (recorded, September 2026)."""
    return ApiError("StateMachineDeleting", f"State Machine is being deleted: '{arn}'")
