"""A workflow under test: a state machine with its mocks, in virtual time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, TypeAlias

from asl_engine.drivers.hooks import Hooks
from asl_engine.drivers.launch import Launch, for_maps
from asl_engine.engine import Buckets, Moment, StateMachine, checked_input, moment
from asl_engine.errors import AslError, MockError, UsageError, did_you_mean
from asl_engine.kernel import Identity, Kernel
from asl_engine.kernel.failures import RUNTIME
from asl_engine.program.compile import compile_program
from asl_engine.quotas import MAX_EVENTS
from asl_engine.rules.outline import MachineType
from asl_engine.tasks.mock_config import MockConfig, MockedStates
from asl_engine.tasks.registry import AnyFunctions, Functions
from asl_engine.testing.coverage.coverage import Covered, Reached, parts_of
from asl_engine.testing.endless import endless, limiting
from asl_engine.testing.execution import TestedExecution
from asl_engine.testing.mock import Mock
from asl_engine.testing.mocks import Mockable, Mocks
from asl_engine.testing.performer import MockedTasks, StandIns
from asl_engine.testing.schedule import Schedule, happenings, note_on, run_to_end
from asl_engine.testing.state import TestedState
from asl_engine.values import ABSENT, JSON, parse_json

START: Final = "2026-01-01T00:00:00Z"
"""When executions under test start, unless a test says otherwise: the same moment every time."""

Mode: TypeAlias = Literal["NONE", "PRESENT", "STRICT"]
Who: TypeAlias = tuple[str, int | None, Moment | None]
"""The name of an execution, and its seed and start where they are not the workflow's."""

OnRun: TypeAlias = Callable[[TestedExecution], None]


class Workflow:
    """A state machine under test. Every execution runs to its end in virtual time, within milliseconds.

    `machine` is a StateMachine, or the path of a definition; `functions` are real functions that may be called.
    `mock_config` is a MockConfigFile, or its content. `check_mocks` compares what mocks answer with the models of AWS's
    APIs: STRICT wants required fields too, PRESENT looks at the fields that are there, NONE at nothing; it needs the
    extra `server`, for botocore. `buckets` are folders that stand for buckets of S3.

    Raises SourceError, DefinitionError and NotSupported as loading and running a StateMachine do.
    """

    def __init__(
        self,
        machine: StateMachine | str | Path,
        functions: AnyFunctions = None,
        *,
        type: MachineType = "STANDARD",
        seed: int = 0,
        start_time: Moment = START,
        mock_config: str | Path | Mapping[str, Any] | None = None,
        check_mocks: Mode = "NONE",
        buckets: Buckets = None,
        on_run: OnRun | None = None,
    ) -> None:
        if check_mocks not in ("NONE", "PRESENT", "STRICT"):
            raise UsageError(f"check_mocks is NONE, PRESENT or STRICT, not {check_mocks!r}")
        if not isinstance(machine, (StateMachine, str, Path)):
            raise UsageError(f"a workflow is a StateMachine or the path of a definition, not {machine!r}")
        if type not in ("STANDARD", "EXPRESS"):
            raise UsageError(f"type is STANDARD or EXPRESS, not {type!r}")
        _check_seed(seed)
        moment(start_time)
        self.machine = machine if isinstance(machine, StateMachine) else StateMachine.load(machine, type)
        self.machine.program  # noqa: B018 # what this engine cannot run is refused here, and not at the first run
        self.functions = Functions.of(functions)
        self.seed = seed
        self.start_time = start_time
        self.mocks = Mocks(Mockable(self.machine.model))
        self.check_mocks = check_mocks
        self.buckets = buckets
        self.on_run = on_run
        self._config = None if mock_config is None else read_config(mock_config)
        self._program = compile_program(self.machine.model, self.machine.type)
        self._reached = Reached(self._program)
        self._own_mocks: list[tuple[str, Mock]] = []
        """The mocks that single executions had, by name; `unused_mocks` looks at them too."""

    def mock(self, name: str, *answers: Any, on_call: Mapping[int, Any] | None = None, takes: float = 0.0) -> Workflow:
        """Let a mock stand in for a Task state, a function, or a resource, in every execution from now on.

        One answer is given to every call; several are given one to each call. See `Mock` for what an answer can be; a
        `Mock` itself will do as well.
        Raises MockError for a name that nothing in the machine has, with those that are close.
        """
        __tracebackhide__ = True  # pytest shows the line of the test
        try:
            is_alone = len(answers) == 1 and on_call is None and takes == 0
            self.mocks.add(name, Mock.of(answers[0]) if is_alone else Mock(*answers, on_call=on_call, takes=takes))
        except MockError as problem:
            raise problem.with_traceback(None) from None
        return self

    def run(
        self,
        input: JSON = ABSENT,
        *,
        mocks: Mapping[str, Any] | None = None,
        at: Schedule | None = None,
        case: str | None = None,
        name: str = "test",
        seed: int | None = None,
        start_time: Moment | None = None,
        max_events: int | None = MAX_EVENTS,
    ) -> TestedExecution:
        """Run an execution to its end in virtual time.

        `mocks` stand in for this execution alone: answers or `Mock`s by name. `at` has what happens from outside, by
        seconds after the start: `{3600: stop()}`. `case` is a test case of the mock configuration. The input is `{}`
        unless given.

        Raises MockError for a task that nothing stands in for, EndlessExecution for an execution that writes more than
        `max_events` history events (None: as many as AWS allows, and then it fails), Deadlock for one that waits for an
        answer that cannot come, and UsageError.
        """
        __tracebackhide__ = True  # pytest shows the line of the test
        try:
            _check_run(name, seed, max_events)
            stand_ins = self._stand_ins(mocks)
            who = (name, seed, start_time)
            return self.run_with(stand_ins, input, {} if at is None else at, case, who, max_events)
        except AslError as problem:
            raise problem.with_traceback(None) from None
        except AssertionError as problem:  # in a mock: the test's own lines are what its author looks for
            problem.__traceback__ = _without_engine(problem.__traceback__)
            raise

    def run_with(
        self,
        stand_ins: StandIns,
        input: JSON,
        schedule: Schedule,
        case: str | None = None,
        who: Who = ("test", None, None),
        max_events: int | None = MAX_EVENTS,
        max_visits: int | None = None,
    ) -> TestedExecution:
        """Run an execution in which something else than the workflow's own mocks does the tasks."""
        performer = MockedTasks(stand_ins, self.functions, self._case(case), self._answered(schedule), self.check_mocks)
        execution = self._go(performer, input, schedule, (max_events, max_visits), who)
        if self.on_run is not None:
            self.on_run(execution)
        return execution

    def _answered(self, schedule: Schedule) -> frozenset[str]:
        """Return the states whose tasks somebody answers from outside. Raises UsageError for one that is not there."""
        names = frozenset(event.state for _, event in happenings(schedule) if event.state is not None)
        for name in names:
            self._check_state(name)
        return names

    def _check_state(self, name: str) -> None:
        known = [state.name for state in self._program.states.values()]
        if name not in known:
            raise UsageError(f"there is no state {name!r} in {self.machine.name!r}.{did_you_mean(name, known)}")

    def _stand_ins(self, mocks: Mapping[str, Any] | None) -> Mocks:
        """Return the mocks of one execution."""
        if mocks is not None and not isinstance(mocks, Mapping):
            raise MockError(f"mocks={mocks!r}: expected answers, or Mocks, by name")
        own = {name: Mock.of(answer) for name, answer in (mocks or {}).items()}
        stand_ins = self.mocks.with_others(own)
        self._own_mocks += own.items()
        return stand_ins

    def _go(
        self,
        performer: MockedTasks,
        input: JSON,
        schedule: Schedule,
        limits: tuple[int | None, int | None],
        who: Who,
    ) -> TestedExecution:
        name, seed, start_time = who
        value, size = checked_input({} if input is ABSENT else input)
        start = moment(self.start_time if start_time is None else start_time)
        kernel = Kernel(self._program)
        identity = Identity(name, self.machine.name, type=self.machine.type)
        hooks = Hooks(on_commit=limiting(kernel, *limits))
        objects, keeper = for_maps(self.buckets) if self._program.is_distributed else (None, None)
        seed = self.seed if seed is None else seed
        launch = Launch(kernel, performer, value, identity, seed, size, hooks, objects, keeper)
        driver = launch.in_virtual_time()
        pending = note_on(driver, start, schedule)
        try:
            run_to_end(driver, launch.started(start))
        finally:
            self._count(kernel, keeper)
        max_events, _ = limits
        if max_events is not None and _is_full(kernel):
            raise endless(kernel, min(max_events, MAX_EVENTS))
        return TestedExecution(kernel, keeper, tuple(pending), self.mocks.mockable.callable_names())

    def _count(self, kernel: Kernel, keeper: Any) -> None:
        self._reached.add(kernel.records or [])
        for _, children in keeper.kept() if keeper is not None else ():
            for child in children:
                self._reached.add(child.kernel.records or [])

    def _case(self, case: str | None) -> MockedStates | None:
        if case is None:
            return None
        if self._config is None:
            raise UsageError(f"the test case {case!r} is of no mock configuration: pass mock_config=FILE")
        known = self.cases()
        if case not in known:
            message = f"the mock configuration has no test case {case!r} for {self.machine.name!r}"
            raise UsageError(f"{message}.{did_you_mean(case, known)}")
        return self._config.states(self.machine.name, case)

    def cases(self) -> list[str]:
        """Return the names of the test cases that the mock configuration has for this state machine."""
        return [] if self._config is None else list(self._config.cases.get(self.machine.name, ()))

    def state(self, name: str) -> TestedState:
        """Return one state of the machine, to be tested by itself; see `TestedState`. Raises UsageError if there is
        none of this name."""
        self._check_state(name)
        return TestedState(self.machine, name, self.start_time, self.seed)

    def unused_mocks(self, but: Collection[Mock] = ()) -> list[str]:
        """Return the names of the mocks that no execution has asked, those given to single executions among them; `but`
        are mocks that do not count."""
        own = [name for name, mock in self.mocks.items() if not mock.asked and mock not in but]
        asked = {name for name, mock in self._own_mocks if mock.asked}
        return [*own, *dict.fromkeys(name for name, _ in self._own_mocks if name not in asked)]

    @property
    def reached(self) -> Counter[str]:
        """How often each part of the machine was reached so far, by its pointer; it goes on counting."""
        return self._reached.counts

    @property
    def coverage(self) -> Covered:
        """Which parts of the machine all executions together have reached."""
        return Covered(self.machine.name, parts_of(self.machine.model), self._reached.counts)


def _check_run(name: Any, seed: Any, max_events: Any) -> None:
    if not isinstance(name, str) or not name:
        raise UsageError(f"name={name!r}: the name of an execution is a text")
    if seed is not None:
        _check_seed(seed)
    if max_events is not None and (type(max_events) is not int or max_events < 1):
        raise UsageError(f"max_events={max_events!r} is not a number of history events")


def _check_seed(seed: Any) -> None:
    """Refuse a seed that is no integer: of another object it may not be the same again."""
    if type(seed) is not int:
        raise UsageError(f"seed={seed!r}: a seed is an integer")


_PACKAGE: Final = __file__.rpartition("testing")[0]


def _without_engine(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of this package."""
    if trace is None:
        return None
    rest = _without_engine(trace.tb_next)
    if trace.tb_frame.f_code.co_filename.startswith(_PACKAGE):
        return rest
    return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


def _is_full(kernel: Kernel) -> bool:
    return kernel.error == RUNTIME and kernel.event_count >= MAX_EVENTS


def read_config(source: str | Path | Mapping[str, Any]) -> MockConfig:
    """Return a MockConfigFile that was read, from its path or its content. Raises UsageError for what is none."""
    if isinstance(source, Mapping):
        return MockConfig(dict(source))
    if not isinstance(source, (str, Path)):
        raise UsageError(f"a mock configuration is the path of a file, or its content, not {source!r}")
    try:
        content = parse_json(Path(source).read_text(encoding="utf-8-sig"))
    except OSError as problem:
        raise UsageError(f"{source}: {problem.strerror}") from None
    except ValueError as problem:
        raise UsageError(f"{source} is not JSON: {problem}") from None
    return MockConfig(content)
