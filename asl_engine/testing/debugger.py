"""The step debugger: an execution in virtual time that stops before states, and can go back.

It stops where a state is about to do its work: the user sees what it was given, may change that, and goes on. To go
back, the execution is run again from its start to an earlier stop, with what its tasks have answered so far, so nothing
is called twice. The debugger knows no terminal: a `Front` is told of stops, and says how to go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from asl_engine.drivers.hooks import Hooks
from asl_engine.drivers.launch import Launch, for_maps
from asl_engine.engine import Buckets, Moment, StateMachine, checked_input, moment
from asl_engine.errors import FunctionNotFound, NotSupported, UsageError, did_you_mean
from asl_engine.history import failures_of, read_events
from asl_engine.history.story import read_story
from asl_engine.history.summary import message_of
from asl_engine.inspection import Inspection, Setting
from asl_engine.kernel import (
    Event,
    Identity,
    Kernel,
    StartTask,
    TaskFailed,
    TaskHeartbeat,
    TaskSubmitted,
    TaskSucceeded,
)
from asl_engine.kernel.memory import Frame, Memory
from asl_engine.lang.jsonata import UNDEFINED, JSONataError, compile_jsonata
from asl_engine.mapruns.family import FamilyEvent
from asl_engine.program.compile import compile_program
from asl_engine.program.program import Move, Run, State
from asl_engine.tasks.answer import Answer
from asl_engine.tasks.context import LambdaContext
from asl_engine.tasks.invoke import Call, Failure
from asl_engine.tasks.perform import Clock, Performer, Prepared
from asl_engine.tasks.registry import AnyFunctions, Function, Functions
from asl_engine.testing.execution import TestedExecution
from asl_engine.testing.state import TestedState
from asl_engine.testing.workflow import START
from asl_engine.values import JSON, private_copy, size_of


class GoBack(Exception):
    """Raised through the kernel, which is then thrown away: run again up to the stop `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Quit(Exception):
    """The user has seen enough."""


class Failed(NamedTuple):
    """A failure on the way: the state, the error name, and the cause as a person reads it."""

    state: str
    error: str | None
    cause: str | None

    def __str__(self) -> str:
        return f"{self.state}: {self.error}{f': {self.cause}' if self.cause else ''}"


class Stop:
    """Where the execution stands: before the work of a state. `number` counts the stops that were possible, from 1.

    `input`, `variables` and `context` are what the state sees. `depth` is how many Parallels and Maps it stands in;
    `attempt` how many retries have been made; `time` how much virtual time has passed, in seconds; `news` are failures
    since the stop before. `before` is the stop before this one on the same walk, None at its beginning.
    """

    def __init__(self, debugger: Debugger, number: int, frame: Frame, news: list[Failed], before: Stop | None) -> None:
        self.debugger = debugger
        self.number = number
        self.frame = frame
        self.news = news
        self.before = before
        self.state = frame.state.name
        self.type = frame.state.type
        self.input = frame.input
        self.variables = frame.variables
        self.context = frame.context()
        self.attempt = frame.attempt
        self.depth = _depth(frame) + debugger.is_child(frame.memory)
        self.now = frame.memory.now
        self.time = self.now - frame.memory.started_at

    @property
    def path(self) -> list[str]:
        """The states entered before this one."""
        return [visit.state for visit in read_story(read_events(self.frame.memory.records or []))]

    def stages(self) -> dict[str, JSON]:
        """Return what each stage of the data flow makes, as far as it is known before the state's work, and where the
        state would fail."""
        return _stages(self._entered())

    def last(self) -> dict[str, JSON]:
        """Return the same for the state before this one, to its end. Raises UsageError where there is none."""
        before = self.before
        if before is None:
            raise UsageError("this walk begins here: no state was left on it")
        visits = read_story(read_events(self.frame.memory.records or []))
        visit = next(visit for visit in reversed(visits) if visit.state == before.state)
        inspection = before._entered()
        if inspection.status == "RUNNING" and visit.attempts:
            attempt = visit.attempts[-1]
            if attempt.status == "SUCCEEDED":
                inspection.succeed(attempt.result)
            else:
                inspection.fail(attempt.error, attempt.cause)
        return {"state": before.state, **_stages(inspection), "output": visit.output}

    def _entered(self) -> Inspection:
        memory = self.frame.memory
        known: dict[str, Any] = {"variables": self.variables, "context": self.context, "retries": self.attempt}
        setting = Setting(memory.identity, self.now, memory.seed, **known)
        inspection = Inspection(self.debugger.tested(self.state).subject, self.input, setting)
        inspection.enter()
        return inspection

    def set_input(self, value: JSON) -> None:
        """Let the state have another input."""
        self.debugger.edit(self, ("input", "", private_copy(value, "the input")))
        self.input = self.frame.input

    def set_variable(self, name: str, value: JSON) -> None:
        """Let a variable have another value, from this state on."""
        self.debugger.edit(self, ("variable", name, private_copy(value, "the value")))
        self.variables = self.frame.variables


def _stages(inspection: Inspection) -> dict[str, JSON]:
    stages: dict[str, JSON] = {name: value for name, value in inspection.stages.items() if name != "variables"}
    if inspection.error is not None:
        stages["error"] = {"Error": inspection.error, "Cause": inspection.cause}
    if inspection.status in ("SUCCEEDED", "CAUGHT_ERROR"):
        stages |= {"output": inspection.output, "next": inspection.next_state}
    return stages


def _depth(frame: Frame) -> int:
    return 0 if frame.parent is None else 1 + _depth(frame.parent)


class Front(Protocol):
    """Who is in front of the debugger. Both may raise GoBack and Quit."""

    def stopped(self, stop: Stop) -> Callable[[Stop], bool]:
        """Look around, and return what says of a later stop whether to stop there, breakpoints apart."""

    def asked(self, state: str, payload: JSON) -> JSON | Failure:
        """Return the result of a task that nobody does, or how it fails."""


class Breakpoints:
    """Where to stop, beside where the user steps: before states, after errors, and where a condition holds.

    A condition is a JSONata expression over the state's input; variables are its variables.
    """

    def __init__(self, machine: StateMachine) -> None:
        self._known = [state.name for state in machine.program.states.values()]
        self.states: list[str] = []
        self.errors: list[str] = []
        self.conditions: dict[str, Any] = {}

    def at_state(self, name: str) -> None:
        """Stop before a state. Raises UsageError if there is none of this name."""
        if name not in self._known:
            raise UsageError(f"there is no state {name!r}.{did_you_mean(name, self._known)}")
        self.states.append(name)

    def at_error(self, name: str = "States.ALL") -> None:
        """Stop after a failure of this name; States.ALL means any."""
        self.errors.append(name)

    def at_condition(self, text: str) -> None:
        """Stop where a condition holds. Raises UsageError for what is no expression."""
        try:
            self.conditions[text] = compile_jsonata(text)
        except JSONataError as problem:
            raise UsageError(f"{text!r} is not a JSONata expression: {problem}") from None

    def told(self) -> list[str]:
        """Return them as text."""
        errors = [f"error {name}" for name in self.errors]
        return [*map(repr, self.states), *errors, *(f"if {condition}" for condition in self.conditions)]

    def hold(self, stop: Stop) -> bool:
        """Whether one of them says to stop here."""
        if stop.state in self.states:
            return True
        if any(name in ("States.ALL", failed.error) for name in self.errors for failed in stop.news):
            return True
        return any(_is_true(condition, stop) for condition in self.conditions.values())


def _is_true(condition: Any, stop: Stop) -> bool:
    try:
        value = condition.evaluate(stop.input, stop.variables, timeout=1.0)
    except JSONataError:
        return False
    return value is not UNDEFINED and bool(value)


class Debugger:
    """Debugs one execution of a machine; see the module. `front` is asked at stops."""

    def __init__(
        self,
        machine: StateMachine,
        front: Front,
        functions: AnyFunctions = None,
        seed: int = 0,
        start_time: Moment = START,
        buckets: Buckets = None,
    ) -> None:
        self.machine = machine
        self.front = front
        self.breakpoints = Breakpoints(machine)
        self.functions = Functions.of(functions)
        self.seed = seed
        self.start = moment(start_time)
        self.answers: dict[str, _Answers] = {}
        self.edits: dict[int, list[tuple[str, str, JSON]]] = {}
        self.buckets = buckets or {}
        self._wants: Callable[[Stop], bool] = lambda stop: True
        self._number = self._target = 0
        self._told: dict[Memory, int] = {}
        self._stood: dict[Frame, Stop] = {}

    def run(self, input: JSON) -> TestedExecution:
        """Run to the end, stopping on the way. Raises Quit when the front does."""
        value, size = checked_input(input)
        while True:
            try:
                return self._once(value, size)
            except GoBack as back:
                self._target = max(1, back.number)
                self._wants = lambda stop: True

    def go_back(self, execution: TestedExecution, number: int) -> TestedExecution:
        """Go back from the end of an execution to one of its stops."""
        self._target, self._wants = max(1, number), lambda stop: True
        return self.run(execution.input)

    @property
    def stops(self) -> int:
        """How many stops there have been, whether they were made or not."""
        return self._number

    def is_child(self, memory: Memory) -> bool:
        """Whether this is a child execution, of a distributed Map, and not the one that is debugged."""
        return memory is not next(iter(self._told))

    def tested(self, state: str) -> TestedState:
        """Return a state to look into."""
        return TestedState(self.machine, state, self.start, self.seed)

    def edit(self, stop: Stop, edit: tuple[str, str, JSON]) -> None:
        """Change what a state is given, now and whenever the execution is run again up to here."""
        self.edits = {number: edits for number, edits in self.edits.items() if number <= stop.number}
        self.answers = {op: answers for op, answers in self.answers.items() if answers.stop < stop.number}
        self.edits.setdefault(stop.number, []).append(edit)
        _change(stop.frame, *edit)

    def _once(self, value: JSON, size: int) -> TestedExecution:
        program = compile_program(self.machine.model, self.machine.type)
        program.instrument(self._watched)
        self._number = 0
        kernel = Kernel(program)
        self._told, self._stood = {kernel: 0}, {}
        identity = Identity("debug", self.machine.name, kind=self.machine.type)
        objects, keeper = for_maps(self.buckets) if program.is_distributed else (None, None)
        hooks = Hooks(intercept=self._answers_of, on_event=self._remember)
        launch = Launch(kernel, _Asking(self), value, identity, self.seed, size, hooks, objects, keeper)
        launch.in_virtual_time().run(launch.started(self.start))
        return TestedExecution(kernel, keeper)

    def _watched(self, _: State, run: Run) -> Run:
        def watched(frame: Any) -> Move:
            self._before(frame)
            return run(frame)

        return watched

    def _answers_of(self, task: StartTask) -> list[Event] | None:
        """Return what a task has answered before, when the execution is run again."""
        known = self.answers.get(task.op)
        return None if known is None else known.events

    def _remember(self, event: FamilyEvent) -> None:
        """Remember an answer; before the kernel takes it in, from where somebody may go back."""
        if not isinstance(event, (TaskSucceeded, TaskFailed, TaskHeartbeat, TaskSubmitted)):
            return
        answers = self.answers.setdefault(event.op, _Answers(self.stops))
        if event not in answers.events:
            answers.events.append(event)

    def _before(self, frame: Frame) -> None:
        self._number += 1
        for edit in self.edits.get(self._number, ()):
            _change(frame, *edit)
        before = self._stood.get(frame)
        if before is not None and before.attempt < frame.attempt:
            before = before.before  # the state itself, before it was tried again
        elif before is not None:
            before.before = None  # nobody looks back farther
        stop = self._stood[frame] = Stop(self, self._number, frame, self._news(frame.memory), before)
        if self._number < self._target:
            return
        is_target = self._number == self._target
        if is_target or self._wants(stop) or self.breakpoints.hold(stop):
            self._target = 0
            self._wants = self.front.stopped(stop)

    def _news(self, memory: Memory) -> list[Failed]:
        """Return the failures that the record has since the last look."""
        records = memory.records or []
        since, self._told[memory] = self._told.get(memory, 0), len(records)
        return [
            Failed(state.name, failure.error, message_of(failure.cause) if failure.cause else None)
            for state, failure in failures_of(records, since)
        ]


def _change(frame: Frame, what: str, name: str, value: JSON) -> None:
    if what == "input":
        frame.input = frame.data = value
        frame.max_size = size_of(value)
    else:
        frame.variables = {**frame.variables, name: value}


class _Asking(Performer):
    """Does tasks by functions, or by asking the front."""

    def __init__(self, debugger: Debugger) -> None:
        super().__init__(debugger.functions)
        self.front = debugger.front

    def prepare(self, task: StartTask, identity: Identity, clock: Clock, now: float) -> Prepared:
        """Return the work of a task."""
        try:
            return super().prepare(task, identity, clock, now)
        except (FunctionNotFound, NotSupported):
            answer = self.front.asked(task.state, task.payload)
        if isinstance(answer, Failure):
            return answer
        if task.resource.waits_for_token:
            person = Function(task.state, lambda event, context: Answer(answer))
            return Call(person, task.payload, LambdaContext(person, task.op, identity, clock, now), False)
        return lambda: answer


class _Answers:
    """What a task was answered, and after which stop it was asked."""

    __slots__ = ("events", "stop")

    def __init__(self, stop: int) -> None:
        self.stop = stop
        self.events: list[Event] = []
