"""Replay: an execution that was recorded, on AWS or here, run again with what its tasks answered then.

The definition may be the same or a changed one. What the new execution does is compared with the recording, and the
first difference is told. Results, failures and how long they took come from the recording; waits and time limits from
the definition.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from asl_engine.engine import StateMachine
from asl_engine.errors import UsageError
from asl_engine.history.visits import Visit
from asl_engine.testing.account import short
from asl_engine.testing.execution import TestedExecution
from asl_engine.testing.recording.likeness import alike, names_told
from asl_engine.testing.recording.recording import RecordedTasks, Recording, Unrecorded, read_recording
from asl_engine.testing.workflow import Workflow
from asl_engine.values import JSON, NotJSON

Walks = defaultdict[int, defaultdict[Any, list[Visit]]]
"""The visits of each branch or item, by the identity of the visit that they are inside of."""


@dataclass(frozen=True)
class Divergence:
    """The first difference between a recording and what was done now. `state` is where; `what` says which of its
    values differ: `state`, `input`, `payload`, `outcome` or `output`."""

    state: str
    what: str
    recorded: JSON
    now: JSON

    def __str__(self) -> str:
        if self.what == "state":
            return f"the recording goes to {self.recorded!r} where now it goes to {self.now!r}"
        values = f"  recorded: {short(self.recorded)}\n  now:      {short(self.now)}"
        where = "the execution" if self.state == "the execution" else f"state {self.state!r}"
        return f"{self.what} of {where} differs:\n{values}"


@dataclass(frozen=True)
class Replay:
    """A replayed execution, and where it first differs from the recording; `divergence` is None where it does not.

    `execution` is None where the definition asked for something that the recording has no answer to; then the
    divergence says what.
    """

    execution: TestedExecution | None
    divergence: Divergence | None

    @property
    def matches(self) -> bool:
        """Whether everything was done as it was recorded."""
        return self.divergence is None


REPLAYED: Final = "replay-of-a-recorded-execution"
"""The name of a replayed execution where its recording does not tell it."""


def replay(machine: StateMachine | Workflow | str | Path, history: Any) -> Replay:
    """Run a recorded execution again, and compare.

    `machine` is the state machine as it was, or a changed one; `history` a file from `aws stepfunctions
    get-execution-history`, its content, or a list of events. The execution starts when the recorded one did, and has
    its name, where the machine tells it: no history has it otherwise. Parts of texts that cannot be the same (UUIDs,
    task tokens, times, ARNs of executions) count as equal when both are of that kind.
    """
    workflow = machine if isinstance(machine, Workflow) else Workflow(machine)
    recording = read_recording(history)
    name = None
    if "Execution" in workflow.machine.definition:
        scout = Workflow(workflow.machine, seed=workflow.seed, buckets=workflow.buckets)
        name = _recorded_name(recording, _replayed(scout, recording, REPLAYED).execution)
    return _replayed(workflow, recording, name or REPLAYED)


def _replayed(workflow: Workflow, recording: Recording, name: str) -> Replay:
    who = (name, None, recording.start)
    try:
        execution = workflow.run_with(RecordedTasks(recording), recording.input, recording.schedule, who=who)
    except NotJSON as wrong:
        raise UsageError(f"the history holds what no execution could have: {wrong}") from None
    except Unrecorded as problem:
        return Replay(None, Divergence(problem.state, "payload", "no such task", problem.payload))
    try:
        return Replay(execution, first_divergence(recording, execution))
    except RecursionError:
        raise UsageError("the states of the history are nested too deeply") from None


def _recorded_name(recording: Recording, scout: TestedExecution | None) -> str | None:
    """Return what the recording has where a scout, which is named REPLAYED, tells its name or its ARN."""
    if scout is None:
        return None
    pairs = [(recording.output, scout.output)]
    for visit, other in zip(recording.story, scout.story, strict=False):
        pairs += zip(_values(visit), _values(other), strict=False)
    names = Counter(name for then, now in pairs for name in names_told(then, now, REPLAYED))
    return names.most_common(1)[0][0] if names else None


def _values(visit: Visit) -> list[JSON]:
    return [visit.input, visit.output, dict(visit.variables), *(attempt.payload for attempt in visit.attempts)]


def first_divergence(recording: Recording, execution: TestedExecution) -> Divergence | None:
    """Return the first difference in what states were entered with, called, and gave; None where there is none."""
    divergence = _inside(_walks(recording.story), _walks(execution.story), None, None)
    ends = [recording.status, recording.error], [execution.status, execution.error]
    if divergence is None and not alike(*ends):
        return Divergence("the execution", "outcome", *ends)
    if divergence is None and not alike(recording.output, execution.output):
        return Divergence("the execution", "output", recording.output, execution.output)
    return divergence


def _walks(story: Sequence[Visit]) -> Walks:
    walks: Walks = defaultdict(lambda: defaultdict(list))
    for visit in story:
        branch = visit.iteration if visit.iteration is not None else visit.branch
        walks[id(visit.parent)][branch].append(visit)
    return walks


def _inside(recorded: Walks, now: Walks, visit: Visit | None, other: Visit | None) -> Divergence | None:
    """Compare what was walked inside of two visits; None for the executions themselves."""
    for branch, visits in recorded[id(visit)].items():
        divergence = _on_the_way(recorded, now, visits, now[id(other)][branch])
        if divergence is not None:
            return divergence
    return None


def _on_the_way(recorded: Walks, now: Walks, visits: list[Visit], others: list[Visit]) -> Divergence | None:
    for visit, other in zip(visits, others, strict=False):
        divergence = _at_entry(visit, other) or _inside(recorded, now, visit, other) or _at_exit(visit, other)
        if divergence is not None:
            return divergence
    if len(visits) > len(others):
        state = visits[len(others)].state
        return Divergence(state, "state", state, "the end")
    if len(others) > len(visits):
        state = others[len(visits)].state
        return Divergence(state, "state", "the end", state)
    return None


def _at_entry(recorded: Visit, now: Visit) -> Divergence | None:
    if recorded.state != now.state:
        return Divergence(recorded.state, "state", recorded.state, now.state)
    pairs: list[tuple[str, JSON, JSON]] = [("input", recorded.input, now.input)]
    for then, again in zip(recorded.attempts, now.attempts, strict=False):
        pairs.append(("payload", then.payload, again.payload))
        pairs.append(("outcome", [then.status, then.error], [again.status, again.error]))
    return _difference(recorded.state, [*pairs, ("number of attempts", len(recorded.attempts), len(now.attempts))])


def _at_exit(recorded: Visit, now: Visit) -> Divergence | None:
    pairs = [("outcome", recorded.status, now.status), ("output", recorded.output, now.output)]
    return _difference(recorded.state, pairs)


def _difference(state: str, pairs: Sequence[tuple[str, JSON, JSON]]) -> Divergence | None:
    differing = (Divergence(state, *pair) for pair in pairs if not alike(pair[1], pair[2]))
    return next(differing, None)
