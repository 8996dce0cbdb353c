"""What a test asks of an execution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from asl_engine.catalogue.resource import parse_resource
from asl_engine.errors import UsageError, did_you_mean
from asl_engine.execution import Execution
from asl_engine.history import Mark
from asl_engine.history.story import read_story
from asl_engine.history.visits import Attempt, Visit
from asl_engine.tasks.invoke import event_of
from asl_engine.tasks.registry import split_name
from asl_engine.testing.account import account
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.kernel import Kernel
    from asl_engine.mapruns.kept_children import Keeper


class Path(list[str]):
    """The names of the states entered, in order. It is a list; pytest explains where it differs from another one."""

    def __init__(self, names: list[str], execution: TestedExecution) -> None:
        super().__init__(names)
        self.execution = execution


class Call:
    """A call to a function or other resource that an execution made; `payload` is what it got.

    `result`, or `error` and `cause`, are what came of it; `at` is when, in seconds after the start.
    """

    __slots__ = ("at", "cause", "error", "payload", "result", "state")

    def __init__(self, state: str, attempt: Attempt, payload: JSON, at: float) -> None:
        self.state = state
        self.payload = payload
        self.result = attempt.result
        self.error = attempt.error
        self.cause = attempt.cause
        self.at = at

    def __repr__(self) -> str:
        return f"<Call by {self.state!r} at {self.at:g} s: {self.payload!r}>"


class HasFailed:
    """Whether an execution failed: it is true if it did, and says, when it is called, whether it did so in some way.

    A plain method would be true as well in `assert execution.failed`, after every execution.
    """

    __slots__ = ("_execution",)

    def __init__(self, execution: Execution) -> None:
        self._execution = execution

    def __bool__(self) -> bool:
        return self._execution.status in ("FAILED", "TIMED_OUT")

    def __call__(self, error: str | None = None, cause: str | None = None) -> bool:
        """Whether it failed with this error name, if one is given, and a cause that holds this text."""
        execution = self._execution
        return bool(self) and error in (None, execution.error) and (cause is None or cause in (execution.cause or ""))

    def __repr__(self) -> str:
        return "failed"


class TestedExecution(Execution):
    """An execution of a workflow under test. Everything of `Execution`, and what tests ask beside.

    `visits`, `calls`, `retries` and `caught` tell of the child executions of distributed Maps too; `path`, `story` and
    `history` are of the execution alone, as on AWS.
    """

    __test__ = False  # pytest takes classes of such names for tests

    def __init__(
        self,
        kernel: Kernel,
        keeper: Keeper | None = None,
        left_over: tuple[str, ...] = (),
        callable_names: Collection[str] | None = None,
    ) -> None:
        super().__init__(kernel, keeper)
        self.left_over = left_over
        """Outside events whose moment came after the end."""
        self._callable_names = callable_names

    @cached_property
    def path(self) -> Path:
        """The names of the states entered, in order."""
        return Path(super().path, self)

    @cached_property
    def story(self) -> list[Visit]:
        """Every visit to a state, in order, with what it was given, what it tried, and how it was left."""
        return read_story(self.history)

    @cached_property
    def children(self) -> list[TestedExecution]:
        """The child executions of distributed Maps, those of children too, by Map Run."""
        keeper = self._keeper
        kept = () if keeper is None else keeper.kept()
        return [TestedExecution(child.kernel) for _, children in kept for child in children]

    @cached_property
    def _stories(self) -> list[Visit]:
        """The visits of the execution and its children, in the order of time."""
        visits = [visit for execution in (self, *self.children) for visit in execution.story]
        return sorted(visits, key=lambda visit: visit.entered_at) if self.children else visits

    @property
    def failed(self) -> HasFailed:
        """Whether the execution failed; `failed(error, cause)` whether it did so with this error, and such a cause."""
        return HasFailed(self)

    def visits(self, state: str) -> list[Visit]:
        """Return the visits to a state, in order; none if it was not entered. Raises UsageError for a state that the
        machine does not have, as a test that it was not entered would always pass."""
        __tracebackhide__ = True  # pytest shows the line of the test
        known = list(dict.fromkeys(each.name for each in self._kernel.program.states.values()))
        if state not in known:
            raise UsageError(f"there is no state {state!r}.{did_you_mean(str(state), known)}")
        return [visit for visit in self._stories if visit.state == state]

    def calls(self, name: str) -> list[Call]:
        """Return the calls of a Task state, or those to a function or resource, in the order in which they were made.

        The payload of a function's calls is what the function got; that of a state's what its resource got. Raises
        UsageError for a name that no Task has and none calls, as far as the definition tells.
        """
        __tracebackhide__ = True  # pytest shows the line of the test
        known = self._callable_names
        if known is not None and name not in known and split_name(str(name))[0] not in known:
            problem = "no Task has this name, calls such a function, or has such a resource"
            raise UsageError(f"calls({name!r}): {problem}.{did_you_mean(str(name), sorted(known))}")
        calls = []
        for visit in self._stories:
            for attempt in visit.attempts:
                payload = _payload(name, visit, attempt)
                if payload is not None:
                    calls.append((attempt.began_at, Call(visit.state, attempt, payload[0], self._since(attempt))))
        return [call for _, call in sorted(calls, key=lambda entry: entry[0])]

    def _since(self, attempt: Attempt) -> float:
        return round(attempt.began_at - self.started_at, 3)

    @property
    def caught(self) -> list[str]:
        """The names of the states whose failure a catcher took, in order."""
        return [name for mark, name in self._marks() if mark is Mark.CAUGHT]

    @property
    def retries(self) -> Counter[str]:
        """How often each state was tried again."""
        return Counter(name for mark, name in self._marks() if mark is Mark.RETRIED)

    def _marks(self) -> Iterator[tuple[Any, str]]:
        for execution in (self, *self.children):
            records: list[Any] = execution._kernel.records or []
            for mark, state in zip(records[::3], records[1::3], strict=True):
                if mark is Mark.CAUGHT or mark is Mark.RETRIED:
                    yield mark, state.name

    def account(self) -> str:
        """Return what happened as text: a line for each visit, and what the last of them was given."""
        return account(self, self.story, self.left_over)


def _payload(name: str, visit: Visit, attempt: Attempt) -> tuple[JSON] | None:
    """Return what was called under a name got, in a tuple; None if the attempt was not at that name."""
    payload, resource = attempt.payload, attempt.resource
    if name == visit.state:
        return (payload,)
    if resource.startswith("lambda:invoke") and isinstance(payload, dict):
        wanted = payload.get("FunctionName")
        if isinstance(wanted, str) and name in (wanted, split_name(wanted)[0]):
            return (event_of(payload),)
    is_called = name == split_name(resource)[0] or parse_resource(name).event_name == resource
    return (payload,) if is_called else None
