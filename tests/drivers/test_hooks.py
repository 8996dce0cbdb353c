"""Looking into a driver without overriding it: what a journal, a replay and a debugger need."""

from __future__ import annotations

import asyncio
import time

import pytest
from conftest import START, chain

from asl_engine import Functions, StateMachine
from asl_engine.drivers.hooks import Hooks
from asl_engine.drivers.launch import Launch
from asl_engine.drivers.outcome import attempt, outcome_of
from asl_engine.kernel import Identity, Kernel, StartTask, TaskSucceeded
from asl_engine.tasks.perform import Performer

TWO_TASKS = StateMachine.from_dict(chain(A={"Type": "Task", "Resource": "f"}, B={"Type": "Task", "Resource": "f"}))


def launch(function, hooks):
    kernel = Kernel(TWO_TASKS.program)
    return Launch(kernel, Performer(Functions({"f": function})), 0, Identity("run"), hooks=hooks)


def in_virtual_time(function, hooks):
    """Run the two tasks on a clock that jumps; return the output."""
    ready = launch(function, hooks)
    ready.in_virtual_time().run(ready.started(START))
    return ready.kernel.output


def in_real_time(function, hooks):
    """Run them on asyncio."""
    ready = launch(function, hooks)

    async def go():
        await ready.in_real_time().run(ready.started(time.time()))

    asyncio.run(go())
    return ready.kernel.output


def in_a_loop(function, hooks):
    """Run them with the least that is a driver: events in, commands carried out, and what came of each is an event."""
    ready = launch(function, hooks)
    kernel, events = ready.kernel, [ready.started(START)]
    for event in events:
        if hooks.on_event is not None:
            hooks.on_event(event)
        commands = list(kernel.handle(event))
        if hooks.on_commit is not None:
            hooks.on_commit(event)
        for task in commands:
            if isinstance(task, StartTask):
                events += (hooks.intercept and hooks.intercept(task)) or [perform(ready, task)]
    return kernel.output


def perform(ready, task):
    call = ready.performer.prepare(task, ready.kernel.identity, lambda: START, START)
    return outcome_of(task, call, attempt(call), START)


each = pytest.mark.parametrize("run", [in_virtual_time, in_real_time, in_a_loop])


@each
def test_an_event_is_committed_before_its_commands_leave(run):
    """A journal writes what happened ahead of what is done because of it."""
    journal = []

    def work(event, context):
        journal.append("called")
        return event + 1

    run(work, Hooks(on_commit=lambda event: journal.append(type(event).__name__)))

    assert ["ExecutionStarted", "called", "TaskSucceeded", "called", "TaskSucceeded"] == journal


def test_commands_wait_for_a_commit_that_takes_its_time():
    """In real time a commit is awaited: many executions can share one."""
    journal = []

    async def commit(event):
        journal.append("commit")
        await asyncio.sleep(0)
        journal.append("committed")

    in_real_time(lambda event, context: journal.append("called"), Hooks(on_commit=commit))

    assert ["commit", "committed", "called"] * 2 == journal[:6]


@each
def test_a_task_that_is_intercepted_is_not_done(run):
    """Its answer is known already, for example from an execution before."""
    called = []

    def known(task):
        return [TaskSucceeded(START, task.op, 41)] if task.state == "A" else None

    def work(event, context):
        called.append(event)
        return event + 1

    assert (42, [41]) == (run(work, Hooks(intercept=known)), called)


@each
def test_an_event_is_shown_before_the_kernel_takes_it_in(run):
    """Who throws the kernel away then still knows what was answered."""
    events = []

    def remember(event):
        events.append(type(event).__name__)
        if len(events) == 2:
            raise KeyError("enough")

    with pytest.raises(KeyError):
        run(lambda event, context: 0, Hooks(on_event=remember))

    assert ["ExecutionStarted", "TaskSucceeded"] == events


def test_what_is_over_before_it_begins_is_not_called():
    """A machine so busy that the time of a task has passed, and is written down, before its function had a turn."""
    limited = StateMachine.from_dict(chain(A={"Type": "Task", "Resource": "f", "TimeoutSeconds": 1}))
    called, kernel = [], Kernel(limited.program)

    async def busy(event):
        driver.skipped += 10
        await asyncio.sleep(0)

    functions = Functions({"f": lambda event, context: called.append(event)})
    ready = Launch(kernel, Performer(functions), 0, Identity("run"), hooks=Hooks(on_commit=busy))
    driver = ready.in_real_time()
    asyncio.run(driver.run(ready.started(time.time())))

    assert ("FAILED", "States.Timeout", []) == (kernel.status, kernel.error, called)
