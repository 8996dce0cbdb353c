"""Exploration: which results and errors of its tasks lead a state machine to which ends.

Executions are run one after the other, each with a script: which outcome the n-th call of each state has. Where an
execution reached a part of the machine that none had reached before, the scripts that differ from its own in one
outcome are tried next. So every Catch and every Choice is reached that some outcome leads to, after a few hundred
executions of a tenth of a millisecond.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

from asl_engine.engine import Buckets, StateMachine
from asl_engine.errors import EndlessExecution, UsageError
from asl_engine.kernel.commands import StartTask
from asl_engine.model import states as model
from asl_engine.model.walk import states
from asl_engine.strange_text import on_one_line
from asl_engine.tasks.error import TaskError
from asl_engine.testing.coverage.coverage import Part
from asl_engine.testing.execution import TestedExecution
from asl_engine.testing.exploration.guesses import guesses
from asl_engine.testing.mock import NO_ANSWER, Mock
from asl_engine.testing.mocks import function_of
from asl_engine.testing.recording.literal import literal
from asl_engine.testing.workflow import Workflow
from asl_engine.values import ABSENT, JSON

MOST_RUNS: Final = 2_000
"""How many executions are tried, unless more are allowed."""

LONGEST: Final = 100
"""After how many visits more than it has states a machine counts as going round."""

Script = tuple[tuple[tuple[str, int], int], ...]
"""Which outcome a call has: ((state, number of the call), number of the outcome), for those that are not the first."""


class Way(NamedTuple):
    """A way for an execution to end, and an example that goes it: its input, and what its tasks answer in turn."""

    status: str
    error: str | None
    path: tuple[str, ...]
    input: JSON
    answers: dict[str, list[Any]]

    @property
    def end(self) -> str:
        """The end in words."""
        return f"{self.status}{f' {self.error}' if self.error is not None else ''} at {self.path[-1]!r}"

    def code(self, definition: str, name: str = "this_way") -> str:
        """Return the example as a test for pytest."""
        mocks = [
            f"    machine.mock({literal(state)}, {', '.join(map(_as_code, answers))})"
            for state, answers in self.answers.items()
        ]
        return "\n".join([
            f"def test_{name}(workflow):",
            f"    machine = workflow({literal(definition)})",
            *mocks,
            "",
            f"    execution = machine.run({literal(self.input, 4)})",
            "",
            f"    assert (execution.status, execution.path[-1]) == ({literal(self.status)}, {literal(self.path[-1])})",
        ])  # fmt: skip


def _as_code(answer: Any) -> str:
    if isinstance(answer, TaskError):
        return f"TaskError({literal(answer.error)})"
    return repr(answer) if answer is NO_ANSWER else literal(answer, 4)


@dataclass
class Exploration:
    """What was learned: the `ways` to different ends, the `circles` that executions did not leave, the parts of the
    machine that nothing reaches (`not_reached`), and how many executions there were (`runs`).

    Where it was `stopped` before all was tried, in words, it is not known what nothing reaches; the parts that were not
    reached until then are `not_tried`.
    """

    ways: list[Way] = field(default_factory=list)
    circles: list[str] = field(default_factory=list)
    not_reached: list[Part] = field(default_factory=list)
    not_tried: list[Part] = field(default_factory=list)
    runs: int = 0
    stopped: str | None = None

    def text(self) -> str:
        """Return it as text: an end and an example on each line, then what was not reached."""
        lines = [f"{_counted(self.runs, 'execution')}, {_counted(len(self.ways), 'different end')}"]
        for way in self.ways:
            lines += [f"{way.end}", f"  {' > '.join(_shortened(way.path))}", *_failures_of(way)]
        lines += [f"does not end: {circle}" for circle in self.circles]
        lines += [f"not reached: {part.words}" for part in self.not_reached]
        lines += [] if self.stopped is None else [self.stopped]
        lines += [f"not tried: {part.words}" for part in self.not_tried]
        return "\n".join(map(on_one_line, lines))


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def tests_of(exploration: Exploration, definition: str) -> str:
    """Return the examples as the text of a test file."""
    head = '"""An example of each end that the state machine can come to."""'
    imported = "from asl_engine.testing import NO_ANSWER, TaskError  # noqa: F401"
    tests = [way.code(definition, f"end_{number}") for number, way in enumerate(exploration.ways, 1)]
    return "\n\n\n".join([f"{head}\n\n{imported}", *tests]) + "\n"


tests_of.__test__ = False  # type: ignore[attr-defined] # pytest takes functions of such names for tests


def _shortened(path: Sequence[str]) -> Sequence[str]:
    return path if len(path) <= 20 else [*path[:10], "...", *path[-9:]]


def _failures_of(way: Way) -> list[str]:
    """Return the answers of an example that are no plain results."""
    return [
        f"  {state!r} answers {', '.join(_repeated(map(_as_code, answers)))[:200]}"
        for state, answers in way.answers.items()
        if any(isinstance(answer, TaskError) or answer is NO_ANSWER for answer in answers)
    ]


def _repeated(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts, those that follow each other and are the same once: with how often."""
    for text, same in groupby(texts):
        count = len(list(same))
        yield f"{text} ×{count}" if count > 1 else text


def explore(
    machine: StateMachine | str | Path,
    input: JSON = ABSENT,
    *,
    results: Mapping[str, Sequence[JSON]] | None = None,
    max_runs: int = MOST_RUNS,
    max_seconds: float = 10.0,
    buckets: Buckets = None,
) -> Exploration:
    """Try which results and errors of its tasks lead a machine to which ends.

    `results` are what a Task state, or a function, may give, by name; without, they are guessed from the fields that
    the machine reads and the values that its Choices compare them with. So is the input. The errors of a task are those
    that its retriers and catchers name, and one that they do not. It ends after `max_runs` executions or `max_seconds`
    of real time, and says how many executions there were. `buckets` are folders that stand for buckets of S3.
    """
    workflow = Workflow(machine, buckets=buckets)
    possible = {} if results is None else results
    if not isinstance(possible, Mapping) or not all(isinstance(values, (list, tuple)) for values in possible.values()):
        raise UsageError(f"results={results!r}: expected an array of results for each name")
    return _Explorer(workflow, input, possible, (max_runs, max_seconds)).explore()


class _Explorer:
    def __init__(
        self, workflow: Workflow, input: JSON, results: Mapping[str, Sequence[JSON]], limits: tuple[int, float]
    ) -> None:
        self.workflow = workflow
        self.result = Exploration()
        self.max_runs, self.max_seconds = limits
        guessed = guesses(workflow.machine.model)
        self.inputs = [*guessed, {}] if input is ABSENT else [input]
        self.until = time.monotonic() + self.max_seconds
        self.outcomes = _outcomes(workflow.machine.model, results, guessed)
        self.max_visits = len(workflow.machine.program.states) + LONGEST
        self.ends: set[tuple[str, str | None, str]] = set()
        self.reached: set[str] = set()
        self.tried: set[tuple[int, Script]] = set()
        self.pending: deque[tuple[int, Script]] = deque()

    def explore(self) -> Exploration:
        for number in range(len(self.inputs)):
            self._try(number, ())
        while self.pending and self.result.runs < self.max_runs and time.monotonic() < self.until:
            self._run(*self.pending.popleft())
        missing = self.workflow.coverage.missing()
        if not self.pending:
            self.result.not_reached = missing
            return self.result
        is_full = self.result.runs >= self.max_runs
        limit = (
            f"{_counted(self.max_runs, 'execution')} (max_runs)" if is_full else f"{self.max_seconds:g} s (max_seconds)"
        )
        self.result.stopped = f"stopped after {limit}, with {_counted(len(self.pending), 'variation')} not tried"
        self.result.not_tried = missing
        return self.result

    def _try(self, number: int, script: Script) -> None:
        if (number, script) not in self.tried:
            self.tried.add((number, script))
            self.pending.append((number, script))

    def _run(self, number: int, script: Script) -> None:
        tasks = _ScriptedTasks(self.outcomes, dict(script))
        self.result.runs += 1
        execution: TestedExecution | None = None
        try:
            execution = self.workflow.run_with(tasks, self.inputs[number], {}, max_visits=self.max_visits)
        except EndlessExecution as problem:
            if problem.where not in self.result.circles:
                self.result.circles.append(problem.where)
        if execution is not None:
            self._note(execution, number, tasks)
        if self._has_new_part():
            self._vary(number, script, tasks)

    def _note(self, execution: TestedExecution, number: int, tasks: _ScriptedTasks) -> None:
        path = execution.path
        end = execution.status, execution.error, path[-1]
        if end not in self.ends:
            self.ends.add(end)
            way = Way(execution.status, execution.error, tuple(path), self.inputs[number], tasks.answers)
            self.result.ways.append(way)

    def _has_new_part(self) -> bool:
        reached = {pointer for pointer, count in self.workflow.coverage.counts.items() if count}
        is_new = bool(reached - self.reached)
        self.reached |= reached
        return is_new

    def _vary(self, number: int, script: Script, tasks: _ScriptedTasks) -> None:
        """Try next what differs in one outcome, or in having the same outcome at every call of a state."""
        for state, calls in tasks.calls.items():
            for other in range(len(self.outcomes[state])):
                always = {(state, call): other for call in range(1, calls + 8)}
                self._try(number, _script({**dict(script), **always}))
                for call in range(1, calls + 1):
                    self._try(number, _script({**dict(script), (state, call): other}))


def _script(outcomes: dict[tuple[str, int], int]) -> Script:
    return tuple(sorted(item for item in outcomes.items() if item[1]))


def _outcomes(
    machine: model.StateMachine, results: Mapping[str, Sequence[JSON]], guessed: list[JSON]
) -> dict[str, list[Any]]:
    """Return what the task of each state may answer, the result first that is taken when nothing is said."""
    tasks = _tasks(machine)
    called = {name: function_of(task) or task.resource for name, task in tasks.items()}
    unknown = [name for name in results if name not in (*called, *called.values())]
    if unknown:
        raise UsageError(f"results for {unknown[0]!r}: no Task has this name, and none calls such a function")
    return {
        name: [*(results.get(name) or results.get(called[name], guessed)), *_errors(task)]
        for name, task in tasks.items()
    }


def _tasks(machine: model.StateMachine) -> dict[str, model.Task]:
    return {name: state for _, name, state, _ in states(machine) if isinstance(state, model.Task)}


def _errors(task: model.Task) -> list[Any]:
    """Return failures that a task can have: those that are handled, one that is not, silence where that has an end."""
    handlers: list[Any] = [*task.retry, *task.catch]
    names = [error for handler in handlers for error in handler.error_equals]
    errors: list[Any] = [TaskError(name) for name in dict.fromkeys(names) if not name.startswith("States.")]
    has_limit = task.timeout_seconds is not None or task.timeout_seconds_path is not None
    if has_limit:
        errors.append(NO_ANSWER)
    elif "States.Timeout" in names:
        errors.append(TaskError("States.Timeout"))
    return [*errors, TaskError("Unexpected")]


class _ScriptedTasks:
    """Answers as a script says, and remembers what it gave."""

    def __init__(self, outcomes: dict[str, list[Any]], script: dict[tuple[str, int], int]) -> None:
        self.outcomes = outcomes
        self.script = script
        self.calls: Counter[str] = Counter()
        self.answers: dict[str, list[Any]] = {}

    def find(self, task: StartTask) -> tuple[str, Mock, bool] | None:
        """Return the answer to the next call of a state."""
        state = task.state
        self.calls[state] += 1
        answer = self.outcomes[state][self.script.get((state, self.calls[state]), 0)]
        is_result = not isinstance(answer, TaskError) and answer is not NO_ANSWER
        if is_result and task.resource.gives_envelope:
            answer = {"Payload": answer}
        self.answers.setdefault(state, []).append(answer)
        return state, Mock(answer), False
