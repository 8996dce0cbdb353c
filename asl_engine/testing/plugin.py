"""The pytest plugin: the fixture `workflow`, coverage, and failures that are explained."""

from __future__ import annotations

import json
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from asl_engine.engine import StateMachine
    from asl_engine.testing.coverage.report import CoverageRun
    from asl_engine.testing.execution import TestedExecution
    from asl_engine.testing.mock import Mock
    from asl_engine.testing.workflow import Workflow


class UnusedEvent(UserWarning):
    """An outside event whose moment came after the end of its execution."""


class UnusedMock(UserWarning):
    """A mock that no execution of its test has asked: it does not test what it seems to."""


TOLD: Final = 3
"""How many executions of a test that failed are told; no more are kept, as a test may run thousands."""

_STORY: pytest.StashKey[deque[TestedExecution]] = pytest.StashKey()
_LOADED: pytest.StashKey[list[Workflow]] = pytest.StashKey()
_DEFAULTS: pytest.StashKey[set[Mock]] = pytest.StashKey()
_MACHINES: pytest.StashKey[dict[Any, StateMachine]] = pytest.StashKey()
_COVERAGE: pytest.StashKey[CoverageRun] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; those of coverage come in the manner of pytest-cov."""
    group = parser.getgroup("asl", "state machines (asl_engine)")
    group.addoption(
        "--asl-cov",
        action="append",
        default=[],
        metavar="PATH",
        help="Measure the coverage of the definitions at PATH, a file or a folder; may be repeated.",
    )
    group.addoption(
        "--asl-cov-fail-under", type=float, metavar="PERCENT", help="Fail if less of the definitions was reached."
    )
    group.addoption(
        "--asl-cov-report",
        action="append",
        default=[],
        metavar="KIND[:PATH]",
        help="How coverage is reported: term (default), term-missing, json:FILE, html:FOLDER, svg:FOLDER, none.",
    )
    parser.addini("asl_check_mocks", "Compare mocks with AWS's APIs: NONE, PRESENT or STRICT.", default="NONE")
    parser.addini("asl_mock_configs", "MockConfigFiles whose test cases run as tests.", type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Begin to measure, if that is wanted."""
    wanted = [name for name in ("--asl-cov-report", "--asl-cov-fail-under") if config.getoption(name)]
    if wanted and not config.getoption("--asl-cov"):
        raise pytest.UsageError(f"{wanted[0]} needs --asl-cov=PATH, which says whose coverage is measured")
    if config.getoption("--asl-cov"):
        from asl_engine.strange_text import printable
        from asl_engine.testing.coverage.report import CoverageRun

        try:
            config.stash[_COVERAGE] = CoverageRun(config.getoption("--asl-cov"), config.getoption("--asl-cov-report"))
        except ValueError as problem:
            raise pytest.UsageError(printable(f"--asl-cov: {problem}")) from None


@pytest.fixture
def workflow(request: pytest.FixtureRequest) -> Iterator[Callable[..., Workflow]]:
    """Load a workflow to be tested: `workflow("order.asl.json")`; see `asl_engine.testing.Workflow`.

    A path is looked for beside the test file, and then in the root folder of pytest. Mocks that the test
    has set and no execution has asked are warned of at its end; those that fixtures have set are for many tests.
    """
    from asl_engine.errors import AslError
    from asl_engine.strange_text import on_one_line
    from asl_engine.testing.workflow import Workflow

    loaded = request.node.stash.setdefault(_LOADED, [])
    executions = request.node.stash.setdefault(_STORY, deque(maxlen=TOLD))
    late: dict[str, None] = {}

    def note(execution: TestedExecution) -> None:
        executions.append(execution)
        late.update(dict.fromkeys(execution.left_over))

    def load(machine: Any, functions: Any = None, **options: Any) -> Workflow:
        __tracebackhide__ = True  # pytest shows the line of the test
        options.setdefault("check_mocks", request.config.getini("asl_check_mocks"))
        path = _found(machine, request)
        options["mock_config"] = _found(options.get("mock_config"), request)
        try:
            if isinstance(path, Path) and options.get("type", "STANDARD") in ("STANDARD", "EXPRESS"):
                machine = _machine(path, options.get("type", "STANDARD"), request.config)
            made = Workflow(machine, functions, on_run=note, **options)
        except AslError as problem:
            raise problem.with_traceback(None) from None
        loaded.append(made)
        session = request.config.stash.get(_COVERAGE, None)
        if session is not None and isinstance(path, Path):
            session.watch(path, made)
        return made

    yield load
    defaults = request.node.stash.get(_DEFAULTS, set())
    for made in loaded:
        for name in made.unused_mocks(defaults):
            warnings.warn(UnusedMock(f"the mock of {name!r} was never asked"), stacklevel=1)
    for event in late:
        warnings.warn(UnusedEvent(f"{on_one_line(event)} came too late: the execution had ended"), stacklevel=1)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Note which mocks fixtures have set, now that the test itself begins."""
    item.stash[_DEFAULTS] = {mock for made in item.stash.get(_LOADED, []) for _, mock in made.mocks.items()}


def _found(source: Any, request: pytest.FixtureRequest) -> Any:
    """Return where a file is: beside the test, or in the root folder; the path itself if it is in neither. What is no
    path is returned as it is."""
    if not isinstance(source, (str, Path)):
        return source
    places = (folder / source for folder in (request.path.parent, request.config.rootpath))
    return next((place for place in places if place.exists()), Path(source))


def _machine(path: Path, kind: Any, config: pytest.Config) -> StateMachine:
    """Load a definition, once as long as its file stays the same: many tests ask for it."""
    from asl_engine.engine import StateMachine

    known = config.stash.setdefault(_MACHINES, {})
    state = path.stat() if path.is_file() else None
    key = path, kind, state and (state.st_mtime_ns, state.st_size)
    if state is None or key not in known:
        known[key] = StateMachine.load(path, kind)
    return known[key]


# --- failures that are explained --------------------------------------------------------------------------------------


def pytest_assertrepr_compare(op: str, left: Any, right: Any) -> list[str] | None:
    """Explain where a path differs from what was expected."""
    from asl_engine.testing.account import explain_path
    from asl_engine.testing.execution import Path as StatePath

    if op != "==" or (not isinstance(left, StatePath) and not isinstance(right, StatePath)):
        return None
    actual, expected = (left, right) if isinstance(left, StatePath) else (right, left)
    if not isinstance(expected, (list, tuple)):
        return None
    execution, names = actual.execution, [str(name) for name in expected]
    return ["path == expected", *explain_path(actual, names, execution, execution.story)]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Add what the last executions did to the report of a test that failed."""
    from asl_engine.strange_text import printable

    outcome: Any = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for execution in item.stash.get(_STORY, ()):
            report.sections.append((f"execution {execution.name!r}", printable(execution.account())))


# --- test cases of a MockConfigFile -----------------------------------------------------------------------------------


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the test cases of the MockConfigFiles that are named in the settings."""
    if file_path in parent.config.getini("asl_mock_configs"):
        return MockConfigCases.from_parent(parent, path=file_path)
    return None


class MockConfigCases(pytest.File):
    """A MockConfigFile. The definition of a state machine is the file of its name beside it, or in a folder below."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each test case."""
        from asl_engine.errors import UsageError
        from asl_engine.strange_text import on_one_line
        from asl_engine.testing.workflow import read_config

        try:
            config = read_config(self.path)
        except UsageError as problem:
            raise self.CollectError(on_one_line(str(problem))) from None
        for machine, cases in config.cases.items():
            for case in cases:
                name = on_one_line(f"{machine}#{case}")
                yield MockConfigCase.from_parent(self, name=name, machine=machine, case=case)


class MockConfigCase(pytest.Item):
    """One test case: it passes when its execution succeeds. Its input is the file `MACHINE.CASE.json` beside it, or
    `{}`."""

    def __init__(self, *, machine: str, case: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.machine = machine
        self.case = case

    def runtest(self) -> None:
        """Run the execution."""
        from asl_engine.errors import UsageError
        from asl_engine.testing.workflow import Workflow
        from asl_engine.values import parse_json

        workflow = Workflow(_definition_of(self.machine, self.path.parent), mock_config=self.path)
        session = self.config.stash.get(_COVERAGE, None)
        if session is not None:
            session.watch(_definition_of(self.machine, self.path.parent), workflow)
        input_file = self.path.parent / f"{self.machine}.{self.case}.json"
        try:
            value = parse_json(input_file.read_text(encoding="utf-8-sig")) if input_file.exists() else {}
        except ValueError as problem:
            raise UsageError(f"{input_file} is not JSON: {problem}") from None
        execution = workflow.run(value, case=self.case)
        if not execution.succeeded:
            raise CaseFailed(execution.account())

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Tell what happened, and not where in this plugin it was noticed."""
        from asl_engine.errors import AslError
        from asl_engine.strange_text import printable

        if isinstance(excinfo.value, (CaseFailed, AslError)):
            return printable(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the case stands."""
        return self.path, None, self.name


class CaseFailed(Exception):
    """The execution of a test case did not succeed."""


def _definition_of(machine: str, folder: Path) -> Path:
    from asl_engine.errors import UsageError
    from asl_engine.files import DEFINITIONS, files_below

    for ending in (*DEFINITIONS, ".json"):
        files, _ = files_below(folder, [machine + ending])
        named = [file for file in files if Path(file).name == machine + ending]
        if named:
            return Path(named[0])
    raise UsageError(f"there is no definition {machine}.asl.json in {folder}, nor in a folder below it")


# --- coverage ---------------------------------------------------------------------------------------------------------


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send what was reached in a worker of pytest-xdist to the process that reports."""
    measured = session.config.stash.get(_COVERAGE, None)
    output = getattr(session.config, "workeroutput", None)
    if measured is not None and output is not None:
        output["asl_coverage"] = json.dumps(measured.counts())  # names may hold what execnet cannot send
    elif measured is not None and measured.is_below(session.config.getoption("--asl-cov-fail-under")):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Take in what a worker of pytest-xdist has reached."""
    measured = node.config.stash.get(_COVERAGE, None)
    sent = getattr(node, "workeroutput", {}).get("asl_coverage")
    if measured is not None and sent is not None:
        measured.add(json.loads(sent))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table, and write the files."""
    measured = config.stash.get(_COVERAGE, None)
    if measured is None:
        return
    under = config.getoption("--asl-cov-fail-under")
    lines: Sequence[str] = measured.report()
    if lines:
        terminalreporter.section("coverage of state machines")
        for line in lines:
            terminalreporter.write_line(line)
    if measured.is_below(under):
        terminalreporter.write_line(
            f"--asl-cov-fail-under: {measured.percent:.1f} % was reached, and {under:g} % is required", red=True
        )
