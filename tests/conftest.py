"""What the stories share: running a machine by its states, and functions that follow a script."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings

from asl_engine import Execution, Functions, StateMachine
from asl_engine.engine import checked_input
from asl_engine.kernel import ExecutionStarted, Identity, Kernel
from asl_engine.tasks.perform import Performer
from asl_engine.values import ABSENT

settings.register_profile("patient", deadline=None)  # a busy machine is no failure
settings.register_profile("repeatable", settings.get_profile("patient"), derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))

pytest_plugins = ["pytester"]  # tests of the pytest plugin run pytest

PATIENCE = 120.0
"""Seconds after which what never comes is given up; nothing is measured by it, so a slow machine is no failure."""

START = 1_700_000_000.0
"""When the executions of the stories begin: 2023-11-14T22:13:20Z."""

Definition = dict[str, Any]


def one_state(**fields: Any) -> Definition:
    """Return a machine of one state `S`, which ends it unless its type says so by itself."""
    if fields["Type"] not in ("Succeed", "Fail", "Choice"):
        fields.setdefault("End", True)
    return {"StartAt": "S", "States": {"S": fields}}


def chain(**states: Definition) -> Definition:
    """Return a machine that walks through states in the order in which they stand; those with a way out keep it."""
    names = list(states)
    connected = {}
    for name, following in zip(names, [*names[1:], None], strict=True):
        state = states[name]
        has_way = {"Next", "End", "Choices"} & set(state) or state["Type"] in ("Succeed", "Fail")
        way = {} if has_way else {"Next": following} if following else {"End": True}
        connected[name] = {**state, **way}
    return {"StartAt": names[0], "States": connected}


def scripted(*script: Any) -> Callable[[Any, Any], Any]:
    """Return a function that gives or raises its script's entries in turn; `calls` collects the events it saw."""

    def function(event: Any, context: Any) -> Any:
        function.calls.append(event)  # type: ignore[attr-defined]
        entry = script[len(function.calls) - 1]  # type: ignore[attr-defined]
        if isinstance(entry, BaseException):
            raise entry
        return entry

    function.calls = []  # type: ignore[attr-defined]
    return function


def play(definition: Definition, input: Any = ABSENT, *, kind: Any = "STANDARD", **functions: Any) -> Execution:
    """Run a definition in virtual time from `START`; functions are keyword arguments."""
    return StateMachine.from_dict(definition, type=kind).run(input, functions=functions, start_time=START)


def play_forgetting(definition: Definition, input: Any = ABSENT, *, kind: Any = "STANDARD", **functions: Any) -> Any:
    """Run as `play` does, with a driver that forgets everything after every event but what a snapshot has of it."""
    from forgetting import Amnesiac

    machine = StateMachine.from_dict(definition, type=kind)
    value, size = checked_input({} if input is ABSENT else input)
    driver = Amnesiac(Kernel(machine.program), Performer(Functions.of(functions)))
    driver.run(ExecutionStarted(START, value, Identity("run-0", machine.name, type=kind), 0, size))
    return Execution(driver.kernel, None, machine.model)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let each story of the kernel be one of a snapshot as well."""
    if "run" in metafunc.fixturenames and metafunc.definition.path.parent.name == "kernel":
        metafunc.parametrize("run", [play, play_forgetting], ids=["", "forgetting"])


@pytest.fixture
def run() -> Callable[..., Execution]:
    """Run a definition in virtual time: `run(definition, input, name=function)`."""
    return play


@pytest.fixture
def bucket(tmp_path):
    """A folder that stands for the bucket `data`."""
    folder = tmp_path / "bucket"
    folder.mkdir()
    return folder
