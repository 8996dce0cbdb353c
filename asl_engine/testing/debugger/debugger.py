"""The debugger itself: runs an execution in virtual time, stops before states, and runs it again to go back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asl_engine.drivers.hooks import Hooks
from asl_engine.drivers.launch import Launch, for_maps
from asl_engine.engine import Buckets, Moment, StateMachine, checked_input, moment
from asl_engine.errors import FunctionNotFound, NotSupported
from asl_engine.history import failures_of
from asl_engine.history.summary import message_of
from asl_engine.inspection import Subject
from asl_engine.kernel import Identity, Kernel, StartTask
from asl_engine.kernel.memory import Frame, Memory
from asl_engine.program.compile import compile_program
from asl_engine.program.program import Move, Run, State
from asl_engine.tasks.answer import Answer
from asl_engine.tasks.context import LambdaContext
from asl_engine.tasks.invoke import Call, Failure
from asl_engine.tasks.perform import Clock, Performer, Prepared
from asl_engine.tasks.registry import AnyFunctions, Function, Functions
from asl_engine.testing.debugger.breakpoints import Breakpoints
from asl_engine.testing.debugger.front import Front, GoBack
from asl_engine.testing.debugger.rerun import Rerun
from asl_engine.testing.debugger.stop import Failed, Stop
from asl_engine.testing.execution import TestedExecution
from asl_engine.testing.state import TestedState
from asl_engine.testing.workflow import START
from asl_engine.values import JSON


class Debugger:
    """Debugs one execution of a machine; see the package. `front` is asked at stops."""

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
        self.rerun = Rerun()
        self.buckets = buckets or {}
        self._wants: Callable[[Stop], bool] = lambda stop: True
        self._number = self._target = 0
        self._kernel: Kernel | None = None
        self._seen: dict[Memory, int] = {}
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

    def _once(self, value: JSON, size: int) -> TestedExecution:
        program = compile_program(self.machine.model, self.machine.type)
        program.instrument(self._watched)
        self._number = 0
        kernel = Kernel(program)
        self._kernel, self._seen, self._stood = kernel, {}, {}
        identity = Identity("debug", self.machine.name, type=self.machine.type)
        objects, keeper = for_maps(self.buckets) if program.is_distributed else (None, None)
        hooks = Hooks(
            intercept=self.rerun.answers_of,
            on_event=lambda event: self.rerun.remember(self._number, event),  # before the kernel: one may go back there
        )
        launch = Launch(kernel, _Asking(self), value, identity, self.seed, size, hooks, objects, keeper)
        launch.in_virtual_time().run(launch.started(self.start))
        return TestedExecution(kernel, keeper)

    def _subject_of(self, state: str) -> Subject:
        """Return a state to look into."""
        return TestedState(self.machine, state, self.start, self.seed).subject

    def _watched(self, _: State, run: Run) -> Run:
        def watched(frame: Any) -> Move:
            self._before(frame)
            return run(frame)

        return watched

    def _before(self, frame: Frame) -> None:
        self._number += 1
        self.rerun.redo(self._number, frame)
        before = self._stood.get(frame)
        if before is not None and before.attempt < frame.attempt:
            before = before.before  # the state itself, before it was tried again
        elif before is not None:
            before.before = None  # nobody looks back farther
        depth = _depth(frame) + (frame.memory is not self._kernel)  # a child execution stands in its Map
        news = self._news(frame.memory)
        stop = Stop(self._number, frame, depth, news, before, self.rerun, self._subject_of)
        self._stood[frame] = stop
        if self._number < self._target:
            return
        is_target = self._number == self._target
        if is_target or self._wants(stop) or self.breakpoints.hold(stop):
            self._target = 0
            self._wants = self.front.stopped(stop)

    def _news(self, memory: Memory) -> list[Failed]:
        """Return the failures that the record has since the last look."""
        records = memory.records or []
        since, self._seen[memory] = self._seen.get(memory, 0), len(records)
        return [
            Failed(state.name, failure.error, message_of(failure.cause) if failure.cause else None)
            for state, failure in failures_of(records, since)
        ]


def _depth(frame: Frame) -> int:
    return 0 if frame.parent is None else 1 + _depth(frame.parent)


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
