"""What a test asks of an execution."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any

from asl_engine.execution import Execution
from asl_engine.history import Mark
from asl_engine.history.story import Attempt, Visit, read_story
from asl_engine.tasks.invoke import event_of
from asl_engine.tasks.registry import split_name
from asl_engine.values import JSON

if TYPE_CHECKING:
    from asl_engine.kernel import Kernel
    from asl_engine.mapruns.keeping import Keeper


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


class TestedExecution(Execution):
    """An execution of a workflow under test. Everything of `Execution`, and what tests ask beside."""

    __test__ = False  # pytest takes classes of such names for tests

    def __init__(self, kernel: Kernel, keeper: Keeper | None = None, left_over: tuple[str, ...] = ()) -> None:
        super().__init__(kernel, keeper)
        self.left_over = left_over
        """Outside events whose moment came after the end."""

    @cached_property
    def path(self) -> Path:
        """The names of the states entered, in order."""
        return Path(super().path, self)

    @cached_property
    def story(self) -> list[Visit]:
        """Every visit to a state, in order, with what it was given, what it tried, and how it was left."""
        return read_story(self.history)

    def failed(self, error: str | None = None, cause: str | None = None) -> bool:
        """Whether the execution failed: with this error name, if one is given, and a cause that holds this text."""
        return (
            self.status in ("FAILED", "TIMED_OUT")
            and error in (None, self.error)
            and (cause is None or cause in (self.cause or ""))
        )

    def visits(self, state: str) -> list[Visit]:
        """Return the visits to a state, in order; none if it was not entered."""
        return [visit for visit in self.story if visit.state == state]

    def calls(self, name: str) -> list[Call]:
        """Return the calls of a Task state, or those to a function or resource, in the order in which they were made.

        The payload of a function's calls is what the function got; that of a state's what its resource got.
        """
        found = []
        for visit in self.story:
            for attempt in visit.attempts:
                payload = _payload(name, visit, attempt)
                if payload is not None:
                    found.append((attempt.began_at, Call(visit.state, attempt, payload[0], self._since(attempt))))
        return [call for _, call in sorted(found, key=lambda entry: entry[0])]

    def _since(self, attempt: Attempt) -> float:
        return round(attempt.began_at - self.started_at, 3)

    @property
    def caught(self) -> list[str]:
        """The names of the states whose failure a catcher took, in order."""
        return [state.name for mark, state, _ in self._marks() if mark is Mark.CAUGHT]

    @property
    def retries(self) -> Counter[str]:
        """How often each state was tried again."""
        return Counter(state.name for mark, state, _ in self._marks() if mark is Mark.RETRIED)

    def _marks(self) -> Any:
        records = self._kernel.records or []
        return zip(records[::3], records[1::3], records[2::3], strict=True)

    def account(self) -> str:
        """Return what happened as text: a line for each visit, and what the last of them was given."""
        from asl_engine.testing.account import account

        return account(self)


def _payload(name: str, visit: Visit, attempt: Attempt) -> tuple[JSON] | None:
    """Return what was called under a name got, in a tuple; None if the attempt was not at that name."""
    payload, resource = attempt.payload, attempt.resource
    if name == visit.state:
        return (payload,)
    if resource.startswith("lambda:invoke") and isinstance(payload, dict):
        wanted = payload.get("FunctionName")
        if isinstance(wanted, str) and name in (wanted, split_name(wanted)[0]):
            return (event_of(payload),)
    names = (resource, f"arn:aws:states:::{resource}", split_name(resource)[0])
    return (payload,) if name in names else None
