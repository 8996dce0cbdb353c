"""What an execution tells: its end, its path, its history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.errors import NotRedrivable, NotSupported, RenderError
from asl_engine.history import Event, read_events, states_entered
from asl_engine.kernel import ExecutionRedriven
from asl_engine.kernel.copies import copy_of
from asl_engine.kernel.redrive import why_not
from asl_engine.tasks.perform import Performer
from asl_engine.tasks.registry import AnyFunctions, Functions
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.kernel import Kernel
    from asl_engine.mapruns.children import Child
    from asl_engine.mapruns.family import Family
    from asl_engine.mapruns.kept_children import Keeper
    from asl_engine.mapruns.map_run import MapRun
    from asl_engine.model.states import StateMachine as Model


class History(Sequence[Event]):
    """The events of an execution as GetExecutionHistory gives them, made when somebody looks; timestamps are
    datetimes."""

    def __init__(self, records: list[Any], count: int) -> None:
        self._records = records
        self._count = count

    @cached_property
    def _events(self) -> list[Event]:
        return read_events(self._records)

    def __getitem__(self, index: Any) -> Any:
        return self._events[index]

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Event]:
        """Yield the events; they are made once."""
        return iter(self._events)


class MapRunOutcome:
    """How a Map Run ended.

    `status` is SUCCEEDED, FAILED or ABORTED; `state` is the name of the Map. `items` and `executions` count by status
    (`succeeded`, `failed`, `timedOut`, `aborted`, `pending`, `running`, `total`), as DescribeMapRun does. `children`
    are the child executions that were kept.
    """

    def __init__(self, run: MapRun, children: Iterable[Child]) -> None:
        self.arn = run.arn
        self.state = run.state
        self.status = run.status
        self.error = run.error
        self.cause = run.cause
        self.duration = (run.now if run.stopped_at is None else run.stopped_at) - run.started_at
        self.items = run.items.as_dict()
        self.executions = run.executions.as_dict()
        self.children = [Execution(child.kernel) for child in children]

    def __repr__(self) -> str:
        return f"<MapRun of {self.state!r} {self.status}: {self.items['succeeded']} of {self.items['total']} items>"


class Execution:
    """One run of a state machine that has ended.

    Input, output and history belong to the engine: read them, and copy them before you change them.
    """

    def __init__(
        self,
        kernel: Kernel,
        keeper: Keeper | None = None,
        model: Model | None = None,
        family: Family | None = None,
    ) -> None:
        self._kernel = kernel
        self._family = family
        self._keeper = keeper
        self._model = model

    @property
    def status(self) -> str:
        """SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return self._kernel.status

    @property
    def input(self) -> JSON:
        """What it was started with."""
        return self._kernel.input

    @property
    def output(self) -> JSON:
        """What it gave; None unless it succeeded."""
        return self._kernel.output

    @property
    def error(self) -> str | None:
        """The error name of its failure, if it failed and has one."""
        return self._kernel.error

    @property
    def cause(self) -> str | None:
        """The cause of its failure, if it failed and has one."""
        return self._kernel.cause

    @property
    def started_at(self) -> float:
        """When it started, in seconds since 1970."""
        return self._kernel.started_at

    @property
    def duration(self) -> float:
        """How long it took, in seconds of the clock that it ran on."""
        return self._kernel.now - self._kernel.started_at

    @property
    def name(self) -> str:
        """The name of the execution."""
        return self._kernel.identity.execution_name

    @property
    def arn(self) -> str:
        """The ARN of the execution."""
        return self._kernel.identity.execution_arn

    @cached_property
    def history(self) -> History:
        """The events, as AWS writes them. Empty when it ran without history."""
        records = self._kernel.records
        return History(records or [], self._kernel.event_count if records else 0)

    @cached_property
    def path(self) -> list[str]:
        """The names of the states entered, in order."""
        return [state.name for state in states_entered(self._kernel.records or [])]

    @property
    def succeeded(self) -> bool:
        """Whether the execution ended well."""
        return self.status == "SUCCEEDED"

    @cached_property
    def map_runs(self) -> list[MapRunOutcome]:
        """The Map Runs of distributed Maps, in the order of their start; those of child executions too."""
        keeper = self._keeper
        return [] if keeper is None else [MapRunOutcome(*each) for each in keeper.kept()]

    def redrive(self, functions: AnyFunctions = None) -> Execution:
        """Go on from where it failed, timed out or was stopped, and return the execution as it ends then.

        What succeeded stays as it is; states that did not succeed do their work again, with `functions`, from the same
        input and with their retries counted anew. Time is virtual, and goes on where it stood. This execution stays as
        it is. A Map Run goes on with the children that did not succeed, and the items that none was started for, in the
        buckets that it had; children are kept as before. Raises NotRedrivable for one that AWS would not redrive,
        NotSupported where more children failed than were kept, and what `StateMachine.run` raises.
        """
        kernel = self._kernel
        reason = "Express executions cannot be redriven" if kernel.program.type == "EXPRESS" else why_not(kernel)
        if reason is not None:
            raise NotRedrivable(f"{self.name}: {reason}; run the machine again")
        performer, event = Performer(Functions.of(functions)), ExecutionRedriven(kernel.now)
        if kernel.program.is_distributed:
            return self._redriven_with_children(performer, event)
        redriven = copy_of(kernel)
        VirtualDriver(redriven, performer).run(event)
        return Execution(redriven, model=self._model)

    def _redriven_with_children(self, performer: Performer, event: ExecutionRedriven) -> Execution:
        from asl_engine.mapruns import snapshot

        before, kept = self._family, self._keeper
        if before is None or kept is None:
            raise NotSupported("with a distributed Map, only what StateMachine.run returned can be redriven")
        runs = before.unsuccessful_runs.values()
        forgotten = sum(run.executions.unsuccessful - len(run.unsuccessful) for run in runs)
        if forgotten:
            raise NotSupported(f"{forgotten} children that failed were not kept: run the machine with children='all'")
        with kept.successor() as keeper:
            family = snapshot.copy_of(before, keeper)
            keeper.runs |= family.unsuccessful_runs
            driver = VirtualDriver(family.root, performer, objects=family.objects, watcher=keeper)
            driver.family = family
            driver.run(event)
        return Execution(family.root, keeper, self._model, family)

    @cached_property
    def items_by_map(self) -> dict[str, dict[str, int]]:
        """How many items of each distributed Map ended how, by the name of the state; all its Map Runs together."""
        sums: dict[str, Counter[str]] = {}
        for run in self.map_runs:
            sums.setdefault(run.state, Counter()).update(run.items)
        return {name: dict(counts) for name, counts in sums.items()}

    def _repr_svg_(self) -> str | None:
        """Draw in a notebook how it went; where nothing can draw, its text stands there instead."""
        if self._model is None:
            return None
        from asl_engine.render.draw import draw

        with suppress(RenderError):
            return str(draw(self._model, list(self.history), self.items_by_map, "svg", {}))
        return None

    def __repr__(self) -> str:
        end = f", {self.error}: {self.cause}" if self.error is not None else ""
        return f"<Execution {self.name!r} {self.status}{end}>"
