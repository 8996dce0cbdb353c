"""The façade: state machines that load, run and draw themselves, and executions that tell what happened."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict, Unpack, overload

from asl_engine.checking import refuse_no_path
from asl_engine.drivers.hooks import NO_HOOKS, Hooks, OnCommit
from asl_engine.drivers.launch import Launch, for_maps
from asl_engine.errors import DefinitionError, InputError, NotSupported, RenderError, UsageError
from asl_engine.execution import Execution
from asl_engine.files import write_whole
from asl_engine.history import EventReader
from asl_engine.kernel import Identity, Kernel
from asl_engine.quotas import MAX_BYTES
from asl_engine.tasks.perform import Performer
from asl_engine.tasks.registry import AnyFunctions, Functions
from asl_engine.values import ABSENT, JSON, NotJSON, parse_timestamp, private_copy, size_of

if TYPE_CHECKING:
    import networkx as nx

    from asl_engine.diagnostics import Report
    from asl_engine.mapruns.kept_children import Keep, OnProgress
    from asl_engine.model.states import StateMachine as Model
    from asl_engine.program.program import Program
    from asl_engine.render.draw import Format, Look, TextFormat
    from asl_engine.rules.check import Checked
    from asl_engine.rules.outline import MachineType

LATEST_START = 250_000_000_000.0
"""The latest start of an execution, in seconds since 1970: near the year 9892, so that a year more is still a date."""

Moment: TypeAlias = float | str | datetime
"""A time: seconds since 1970, an ISO-8601 text, or a datetime (a naive one means local time, as always in Python)."""

OnEvent: TypeAlias = Callable[[dict[str, Any]], None]
Buckets: TypeAlias = Mapping[str, "str | Path"] | None


class RealTimeOptions(TypedDict, total=False):
    """What `run_async` and `run_realtime` take by name, beside the functions."""

    seed: int | None
    history: bool
    name: str | None
    on_event: OnEvent | None
    buckets: Buckets
    children: Keep
    on_progress: OnProgress | None


class StateMachine:
    """A state machine that AWS would accept, ready to run.

    Loading parses the text and checks it with the rules and compiles it. Raises SourceError for what cannot be read
    and DefinitionError, with a report of every problem and its place, for what is no state machine.
    """

    def __init__(self, checked: Checked, type: MachineType, name: str, definition: str) -> None:
        assert checked.machine is not None
        self.report: Report = checked
        self.model: Model = checked.machine
        self.type = type
        self.name = name
        self.definition = definition
        self._refusal: NotSupported | None = None
        self._program: Program | None = None
        try:
            self._program = self._compiled()
        except NotSupported as refusal:
            self._refusal = refusal  # it can still be checked and drawn

    @classmethod
    def load(cls, path: str | Path, type: MachineType = "STANDARD") -> StateMachine:
        """Load a definition from a `.json`, `.yaml` or `.yml` file; the machine gets the file's name."""
        from asl_engine.rules.check import check_file
        from asl_engine.source import read_text

        refuse_no_path(path, "StateMachine.from_text(text)")
        name = Path(path).name.split(".")[0] or "StateMachine"
        checked = check_file(path, type)
        if checked.is_template:
            advice = "`asl validate` checks the state machines in it, and a definition of its own can be loaded"
            raise UsageError(f"{path} is a template; {advice}")
        return cls._accepted(checked, type, name, read_text(path))

    @classmethod
    def from_text(
        cls,
        text: str,
        type: MachineType = "STANDARD",
        name: str = "StateMachine",
        format: Literal["json", "yaml"] | None = None,
    ) -> StateMachine:
        """Load a definition from its text, JSON unless `format` says otherwise or the text is no JSON but YAML."""
        from asl_engine.rules.check import check_text

        return cls._accepted(check_text(text, type=type, format=format), type, name, text)

    @classmethod
    def from_dict(
        cls, definition: Mapping[str, Any], type: MachineType = "STANDARD", name: str = "StateMachine"
    ) -> StateMachine:
        """Load a definition from the value that its JSON text would have."""
        import json

        try:
            text = json.dumps(private_copy(definition, "the definition"), indent=2, ensure_ascii=False)
        except NotJSON as problem:
            raise UsageError(str(problem)) from None
        return cls.from_text(text, type, name, format="json")

    @classmethod
    def _accepted(cls, checked: Checked, type: MachineType, name: str, text: str) -> StateMachine:
        if checked.machine is None:
            raise DefinitionError(checked.text(), checked)
        return cls(checked, type, name, text)

    def _compiled(self) -> Program:
        from asl_engine.program.compile import compile_program

        return compile_program(self.model, self.type)

    @property
    def program(self) -> Program:
        """The compiled form. Raises NotSupported for what this engine cannot run."""
        if self._program is None:
            raise self._refusal or AssertionError("neither compiled nor refused")
        return self._program

    def missing(self, functions: AnyFunctions = None) -> dict[str, str]:
        """Return what the Tasks would call and nobody has registered, by the names of their states.

        Only what the definition names itself: a `FunctionName` that comes from the input is known when it is called.
        """
        from asl_engine.tasks.missing_functions import missing_functions

        return missing_functions(self.model, Functions.of(functions))

    def run(
        self,
        input: JSON = ABSENT,
        functions: AnyFunctions = None,
        *,
        seed: int = 0,
        start_time: Moment | None = None,
        history: bool = True,
        name: str | None = None,
        on_event: OnEvent | None = None,
        buckets: Buckets = None,
        children: Keep = "failed",
        on_progress: OnProgress | None = None,
    ) -> Execution:
        """Run to the end on a virtual clock, in this thread, and return the finished execution.

        `functions` are the Lambdas, by name or ARN. Waits, retries and timeouts take virtual time only, beginning at
        `start_time` (seconds since 1970; now, unless said); the same `seed` and start give the same execution. Without
        `history` nothing is written down. `on_event` is called with each history event as it happens. Without an input,
        the input is `{}`.

        `buckets` are the folders that stand for buckets of S3, by name: a distributed Map reads its items there and
        writes its results. Of its child executions `execution.map_runs` keeps `"all"`, or the `"failed"` ones; or they
        are written to files in the folder `children`, a line each. `on_progress` is called with the Map Run when one of
        its children has ended.

        Raises InputError, UsageError, FunctionNotFound, NotSupported and Deadlock; what goes wrong inside the execution
        is its own failure, and raises nothing.
        """
        at = moment(start_time)
        launch = self._launch(input, functions, seed, history, name, on_event)
        if not launch.kernel.program.is_distributed:
            launch.in_virtual_time().run(launch.started(at))
            return Execution(launch.kernel, None, self.model)
        objects, keeper = for_maps(buckets, children, history, on_progress)
        driver = launch._replace(objects=objects, watcher=keeper).in_virtual_time()
        with keeper:
            driver.run(launch.started(at))
        return Execution(launch.kernel, keeper, self.model, driver.family)

    async def run_async(
        self,
        input: JSON = ABSENT,
        functions: AnyFunctions = None,
        *,
        seed: int | None = None,
        history: bool = True,
        name: str | None = None,
        on_event: OnEvent | None = None,
        buckets: Buckets = None,
        children: Keep = "failed",
        on_progress: OnProgress | None = None,
    ) -> Execution:
        """Run to the end in real time on the running event loop; plain functions run in threads. Otherwise as `run`."""
        seed = time.time_ns() if seed is None else seed
        launch = self._launch(input, functions, seed, history, name, on_event)
        if not launch.kernel.program.is_distributed:
            await launch.in_real_time().run(launch.started(time.time()))
            return Execution(launch.kernel, None, self.model)
        objects, keeper = for_maps(buckets, children, history, on_progress)
        driver = launch._replace(objects=objects, watcher=keeper).in_real_time()
        with keeper:
            await driver.run(launch.started(time.time()))
        return Execution(launch.kernel, keeper, self.model, driver.family)

    def run_realtime(
        self, input: JSON = ABSENT, functions: AnyFunctions = None, **options: Unpack[RealTimeOptions]
    ) -> Execution:
        """Run to the end in real time, and wait for it. Takes what `run_async` takes.

        Beside a running event loop, as in a notebook, it runs on a loop of its own in another thread, and blocks that
        loop meanwhile; where others need the loop, `await run_async`.
        """
        from asl_engine.drivers.blocking import run_here

        return run_here(self.run_async(input, functions, **options))

    def _launch(
        self,
        input: JSON,
        functions: AnyFunctions,
        seed: int,
        history: bool,
        name: str | None,
        on_event: OnEvent | None,
    ) -> Launch:
        value, size = checked_input({} if input is ABSENT else input)
        kernel = Kernel(self.program, history)
        hooks = NO_HOOKS if on_event is None else Hooks(on_commit=_telling(kernel, on_event))
        identity = Identity(name or f"run-{seed}", self.name, type=self.type)
        return Launch(kernel, Performer(Functions.of(functions)), value, identity, seed, size, hooks)

    @overload
    def render(
        self,
        path: None = None,
        execution: Execution | None = None,
        *,
        format: TextFormat = "svg",
        history: Sequence[Mapping[str, Any]] | None = None,
        compared_with: StateMachine | None = None,
        **look: Unpack[Look],
    ) -> str: ...

    @overload
    def render(
        self,
        path: str | Path | None = None,
        execution: Execution | None = None,
        *,
        format: Format | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
        compared_with: StateMachine | None = None,
        **look: Unpack[Look],
    ) -> str | bytes: ...

    def render(
        self,
        path: str | Path | None = None,
        execution: Execution | None = None,
        *,
        format: Format | None = None,
        history: Sequence[Mapping[str, Any]] | None = None,
        compared_with: StateMachine | None = None,
        **look: Unpack[Look],
    ) -> str | bytes:
        """Return the picture, and write it to `path` if one is given.

        `format` is `svg`, `dot`, `mermaid` or `markdown`, which are text, or `png` or `pdf`, which are bytes and need
        the extra `pictures`; without it the suffix of `path` tells. On top of the picture stands an execution, or what
        the events of a history tell, or what changed since the machine that it is `compared_with`: one of the three.

        `look` takes `direction` (`"TB"`, from top to bottom, or `"LR"`), `is_folded` (no bodies of Parallel and Map)
        and a `title`. Raises RenderError when the picture cannot be made or written.
        """
        from asl_engine.render.draw import draw, draw_changes, format_of

        if sum(drawn is not None for drawn in (execution, history, compared_with)) > 1:
            raise RenderError("a picture shows one thing: an execution, a history, or what changed since a machine")
        form = format_of(path, format)
        if compared_with is not None:
            content, _ = draw_changes(compared_with.model, self.model, form, look)
        else:
            events = list(execution.history) if execution is not None else history
            content = draw(self.model, events, execution.items_by_map if execution is not None else None, form, look)
        if path is not None:
            _write(Path(path), content)
        return content

    def graph(self) -> nx.DiGraph:
        """Return the states and transitions as a networkx graph; see `asl_engine.render.graph` for its attributes."""
        from asl_engine.render.graph import state_graph

        return state_graph(self.model)

    def _repr_svg_(self) -> str | None:
        """Draw it in a notebook; where nothing can draw, its text stands there instead."""
        with suppress(RenderError):
            return self.render()
        return None

    def __repr__(self) -> str:
        return f"<StateMachine {self.name!r} of {len(self.model.states)} states>"


def _write(path: Path, content: str | bytes) -> None:
    try:
        write_whole(path, content)
    except (OSError, ValueError) as problem:
        raise RenderError(f"{path} cannot be written: {getattr(problem, 'strerror', None) or problem}") from None


def moment(value: Moment | None) -> float:
    """Return a moment in seconds since 1970; None means now. Raises UsageError for what is not a moment."""
    if value is None:
        return time.time()
    seconds: float | None = None
    with suppress(OverflowError, ValueError):  # the first year, and integers beyond all floats
        match value:
            case datetime():
                seconds = value.timestamp()
            case str():
                seconds = parse_timestamp(value)
            case int() | float():
                seconds = float(value)
    if seconds is None or not 0 <= seconds < LATEST_START:
        wanted = "a moment from 1970 on: seconds, a datetime, or a text such as 2026-03-14T09:00:00Z"
        raise UsageError(f"the start time {value!r} is not {wanted}")
    return seconds


def _telling(kernel: Kernel, on_event: OnEvent) -> OnCommit:
    """Return a hook that passes on the events of the history as they are made."""
    if kernel.records is None:
        raise UsageError("on_event reads the history, and history=False keeps none")
    reader = EventReader(kernel.records)

    def pass_on(_: object) -> None:
        for event in reader.new_events():
            on_event(event)

    return pass_on


def checked_input(value: JSON) -> tuple[JSON, int]:
    """Return an input as the execution's own value, with its size in bytes."""
    try:
        copied = private_copy(value, "the input")
    except NotJSON as problem:
        raise InputError(str(problem)) from None
    size = size_of(copied)
    if size > MAX_BYTES:
        raise InputError("the input is larger than 262,144 bytes of UTF-8, which is the most that the service takes")
    return copied, size
