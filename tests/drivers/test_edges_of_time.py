"""The beginning of time, functions that are left behind, and event loops inside event loops."""

from __future__ import annotations

import asyncio
import threading

import pytest
from conftest import one_state

from asl_engine import Functions, StateMachine

TASK = {"Type": "Task", "Resource": "f"}


def machine_of(**state) -> StateMachine:
    return StateMachine.from_dict(one_state(**state))


def test_an_execution_may_start_at_the_beginning_of_time():
    """1970 is a time like any other: every event has it."""
    execution = machine_of(Type="Pass").run({}, start_time=0)
    assert all(event["timestamp"].year == 1970 for event in execution.history)


def test_a_function_that_never_ends_takes_the_time_it_was_given():
    """The attempt fails as Lambda's would, after the function's own limit on the virtual clock."""
    functions, forever = Functions(), threading.Event()
    functions.add("f", lambda event, context: forever.wait(), timeout=0.05)

    execution = machine_of(**TASK).run({}, functions)
    forever.set()

    assert ("FAILED", "Sandbox.Timedout", 0.05) == (execution.status, execution.error, round(execution.duration, 3))


def test_a_function_that_never_ends_ends_with_the_machine():
    """The machine's own limit is enough to end it, and its status says so."""
    forever = threading.Event()
    machine = StateMachine.from_dict({**one_state(**TASK), "TimeoutSeconds": 1})

    execution = machine.run({}, {"f": lambda event, context: forever.wait()})
    forever.set()

    assert ("TIMED_OUT", 1.0) == (execution.status, execution.duration)


def test_an_async_function_runs_beside_a_running_event_loop():
    """A notebook has one; virtual time is no matter of loops."""

    async def double(event, context):
        await asyncio.sleep(0)
        return event * 2

    async def notebook():
        return machine_of(**TASK).run(4, {"f": double})

    assert 8 == asyncio.run(notebook()).output


def test_events_cannot_be_watched_without_a_history():
    """The watcher reads the record, and would never be called."""
    with pytest.raises(ValueError, match="on_event"):
        machine_of(Type="Pass").run({}, history=False, on_event=print)
