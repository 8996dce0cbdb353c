"""What functions raise means the same to all drivers."""

from __future__ import annotations

import asyncio
import signal

import pytest
from conftest import PATIENCE, one_state

from asl_engine import Functions, StateMachine, TaskError


class Odd(BaseException):
    """What is no Exception."""


RAISED = {
    "an exception": (ValueError("x"), "ValueError"),
    "an error of its own": (TaskError("Mine", "x"), "Mine"),
    "an assertion": (AssertionError("x"), "AssertionError"),
    "the end of a process": (SystemExit(3), "Runtime.ExitError"),
    "an end of items": (StopIteration("x"), "StopIteration"),
    "an end of asynchronous items": (StopAsyncIteration("x"), "StopAsyncIteration"),
    "the end of a generator": (GeneratorExit("x"), "GeneratorExit"),
    "an interrupt": (KeyboardInterrupt("x"), "KeyboardInterrupt"),
    "a cancellation": (asyncio.CancelledError("x"), "CancelledError"),
    "a timeout": (TimeoutError("x"), "TimeoutError"),
    "a BaseException": (Odd("x"), "Odd"),
    "a group": (BaseExceptionGroup("x", [Odd("y")]), "BaseExceptionGroup"),
    "too deep": (RecursionError("x"), "RecursionError"),
}
TASK = StateMachine.from_dict(one_state(Type="Task", Resource="f"))


def in_virtual_time(functions):
    return TASK.run({}, functions)


def in_real_time(functions):
    return asyncio.run(asyncio.wait_for(TASK.run_async({}, functions), PATIENCE))


@pytest.fixture(autouse=True)
def _handler():
    """Ctrl-C is somebody else's here, so an interrupt can only be the function's own."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("run", [in_virtual_time, in_real_time])
@pytest.mark.parametrize("timeout", [None, 60])
@pytest.mark.parametrize("kind", ["def", "async def"])
@pytest.mark.parametrize("name", RAISED)
def test_what_is_raised_has_one_meaning(name, kind, timeout, run):
    """Whatever the clock, the form of the function, and its time limit."""
    problem, error = RAISED[name]

    def plain(event, context):
        raise problem

    async def awaited(event, context):
        await asyncio.sleep(0)
        raise problem

    functions = Functions()
    functions.add("f", plain if kind == "def" else awaited, timeout=timeout)
    if kind == "async def" and name == "an end of items":
        error = "RuntimeError"  # Python's own rule for coroutines

    execution = run(functions)

    assert ("FAILED", error) == (execution.status, execution.error)


@pytest.mark.parametrize("run", [in_virtual_time, in_real_time])
@pytest.mark.parametrize("timeout", [None, 60])
def test_a_function_that_cancels_its_own_task_has_failed(timeout, run):
    async def cancels(event, context):
        asyncio.current_task().cancel()
        await asyncio.sleep(60)

    functions = Functions()
    functions.add("f", cancels, timeout=timeout)

    assert run(functions).error == "CancelledError"


@pytest.mark.parametrize("run", [in_virtual_time, in_real_time])
def test_a_function_that_cancels_its_own_task_and_returns_has_succeeded(run):
    async def cancels(event, context):
        asyncio.current_task().cancel()
        return 7

    assert run({"f": cancels}).output == 7
