"""Mocks: what stands in for the work of Tasks while a workflow is tested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from asl_engine.catalogue.resource import invoked_function, parse_resource
from asl_engine.errors import MockError, did_you_mean
from asl_engine.kernel.commands import StartTask
from asl_engine.model import states as model
from asl_engine.model.walk import states
from asl_engine.tasks.registry import split_name
from asl_engine.testing.mock import Mock


class Mockable:
    """What of a machine can be mocked: its Task states, the functions that they call, and their resources."""

    def __init__(self, machine: model.StateMachine) -> None:
        self._states: dict[str, str] = {}
        self._functions: set[str] = set()
        self._readers: set[str] = set()
        self._is_dynamic = False
        for _, name, state, _ in states(machine):
            if isinstance(state, model.Task):
                function = function_of(state)
                self._states[name] = state.resource
                if function is not None:
                    self._functions.add(function)
                elif parse_resource(state.resource).is_invoke:
                    self._is_dynamic = True
            elif isinstance(state, model.Map) and state.item_reader is not None:
                self._readers.add(state.item_reader.resource)
        self._others = {name for _, name, _, _ in states(machine)} - set(self._states)

    def key(self, name: str) -> str:
        """Return what a name means: a state, a function (also by its ARN), or a resource. Raises MockError for none."""
        known = self.names()
        if not isinstance(name, str):
            raise MockError(f"mocks stand for a state, a function or a resource by its name, not for {name!r}")
        if name in self._readers:
            raise MockError(f"{name!r} reads the items of a Map: pass buckets={{NAME: FOLDER}} with the objects")
        if name in self._others:
            raise MockError(f"the state {name!r} is not a Task, so it cannot be mocked")
        short, qualifier = split_name(name)
        if name not in self._states and short in self._functions:
            return name if qualifier and name in known else short
        if name not in known:
            reason = "no Task of the state machine has this name, calls such a function, or has such a resource"
            raise MockError(f"cannot mock {name!r}: {reason}.{did_you_mean(name, known)}")
        return name

    def names(self) -> list[str]:
        """Return all names that can be mocked: of states, of functions, and of resources."""
        return list(dict.fromkeys([*self._states, *sorted(self._functions), *self._states.values()]))

    def callable_names(self) -> frozenset[str] | None:
        """Return the names that calls can be asked for; None where a Task computes which function it calls."""
        if self._is_dynamic:
            return None
        return frozenset(self.names()) | {parse_resource(resource).event_name for resource in self._states.values()}


class Mocks:
    """The mocks of a workflow, by what they stand in for: a state, a function, or a resource.

    A state's mock gives the result of its Task, which for `lambda:invoke` is `{"Payload": ...}` and more; a function's
    mock gives what the function returns.
    """

    def __init__(self, mockable: Mockable, mocks: Mapping[str, Mock] | None = None) -> None:
        self.mockable = mockable
        self._by_key = {mockable.key(name): mock for name, mock in (mocks or {}).items()}

    def add(self, name: str, mock: Mock) -> None:
        """Let a mock stand in for the Task state, function or resource of a name, in place of the one before."""
        self._by_key[self.mockable.key(name)] = mock

    def find(self, task: StartTask) -> tuple[str, Mock, bool] | None:
        """Return what stands in for a task: its name, the mock, and whether it is that of a function."""
        for name, is_function in _names(task):
            mock = self._by_key.get(name)
            if mock is not None:
                return name, mock, is_function
        return None

    def with_others(self, others: Mapping[str, Mock]) -> Mocks:
        """Return the mocks of one execution, some of them its own."""
        own = {self.mockable.key(name): mock for name, mock in others.items()}
        return Mocks(self.mockable, {**self._by_key, **own})

    def items(self) -> list[tuple[str, Mock]]:
        """Return each mock with its name."""
        return list(self._by_key.items())


def _names(task: StartTask) -> Iterable[tuple[str, bool]]:
    """Yield the names that a task can be mocked under, the closest first, and whether each is that of a function."""
    resource, payload = task.resource, task.payload
    yield task.state, False
    if resource.is_invoke and isinstance(payload, dict):
        wanted = payload.get("FunctionName")
        if isinstance(wanted, str):
            yield wanted, True
            yield split_name(wanted)[0], True
    yield resource.text, False
    if resource.family == "LambdaFunction":
        yield split_name(resource.text)[0], False


def function_of(task: model.Task) -> str | None:
    """Return the name of the function that a Task calls; None where it calls none, or computes which."""
    is_function = parse_resource(task.resource).family == "LambdaFunction"
    called = task.resource if is_function else invoked_function(task.resource, task.parameters, task.arguments)
    return None if called is None else split_name(called)[0]
