"""The driver with a virtual clock."""

from __future__ import annotations

import asyncio
import threading

import pytest
from conftest import PATIENCE, START, chain, one_state, scripted

from asl_engine import Answer, Deadlock, Functions, StateMachine

TOKEN = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "f"},
}


def test_functions_are_called_in_the_order_of_virtual_time(run):
    """A branch that waits longer calls later, whatever its place."""
    seen = []
    branches = [
        chain(
            **{
                f"W{n}": {"Type": "Wait", "Seconds": 10 - n},
                f"T{n}": {"Type": "Task", "Resource": "f", "Parameters": {"n": n}},
            }
        )
        for n in range(4)
    ]

    run(one_state(Type="Parallel", Branches=branches), f=lambda event, context: seen.append(event["n"]))

    assert [3, 2, 1, 0] == seen


def test_nobody_can_answer(run):
    """A token without an answer and without a time limit is a deadlock, and the message says what to do."""
    with pytest.raises(Deadlock, match="Answer"):
        run(one_state(**TOKEN), f=scripted("handed over"))


def test_a_time_limit_of_the_machine_is_no_deadlock(run):
    """The machine's own limit ends the wait for a token."""
    execution = run({**one_state(**TOKEN), "TimeoutSeconds": 5}, f=scripted(None))

    assert ("TIMED_OUT", 5.0) == (execution.status, execution.duration)


def test_what_is_cancelled_before_it_began_is_not_called(run):
    """The first branch fails at once, so the function of the second is never called."""
    work = scripted("never")
    branches = [chain(F={"Type": "Fail", "Error": "E"}), chain(T={"Type": "Task", "Resource": "f"})]

    execution = run(one_state(Type="Parallel", Branches=branches), f=work)

    assert ("FAILED", []) == (execution.status, work.calls)


def test_answers_of_cancelled_tasks_are_forgotten(run):
    """An answer that would have come later does not disturb what happens instead."""
    branches = [chain(T=TOKEN), chain(W={"Type": "Wait", "Seconds": 5}, F={"Type": "Fail", "Error": "E"})]
    catch = [{"ErrorEquals": ["E"], "Next": "Z"}]
    machine = chain(P={"Type": "Parallel", "Branches": branches, "Catch": catch}, Z={"Type": "Wait", "Seconds": 60})

    execution = run(machine, f=lambda event, context: Answer("late", after=30))

    assert ("SUCCEEDED", 65.0) == (execution.status, execution.duration)


def test_a_function_that_never_ends_is_left_behind():
    """With a time limit of its own it times out as Lambda does, and the execution goes on."""
    functions, release = Functions(), threading.Event()
    functions.add("f", lambda event, context: release.wait(PATIENCE), timeout=0.02)

    execution = StateMachine.from_dict(one_state(Type="Task", Resource="f")).run(functions=functions, start_time=START)
    release.set()

    assert ("FAILED", "Sandbox.Timedout") == (execution.status, execution.error)


def test_async_functions_work_in_virtual_time_too(run):
    """Each runs to its end in a loop of its own."""

    async def work(event, context):
        await asyncio.sleep(0)
        return event["n"] + 1

    assert 2 == run(one_state(Type="Task", Resource="f"), {"n": 1}, f=work).output


def test_an_async_function_that_cancels_itself_fails(run):
    """Its CancelledError is a failure of the task."""

    async def work(event, context):
        raise asyncio.CancelledError("mine")

    assert "CancelledError" == run(one_state(Type="Task", Resource="f"), f=work).error


def test_the_same_seed_gives_the_same_execution():
    """Every UUID, random number and jitter comes from the seed."""
    definition = one_state(Type="Pass", Parameters={"id.$": "States.UUID()", "n.$": "States.MathRandom(0, 1000000)"})
    machine = StateMachine.from_dict(definition)

    first, again, other = (machine.run(seed=seed, start_time=START) for seed in (1, 1, 2))

    assert list(first.history) == list(again.history)
    assert first.output != other.output


def test_an_answer_cannot_come_before_its_question():
    """Times of an Answer are checked where it is made."""
    for wrong in ({"after": -1}, {"heartbeat_every": 0}):
        with pytest.raises(ValueError):
            Answer("x", **wrong)
