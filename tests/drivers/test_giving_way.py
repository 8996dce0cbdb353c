"""Long calculations: they end where their time limits say, and let everything else through meanwhile."""

from __future__ import annotations

import asyncio
import time

import pytest
from conftest import PATIENCE, chain, one_state
from test_realtime import driver_for

from asl_engine import StateMachine
from asl_engine.kernel import ExecutionStopped

SLOW = "{% $sum([1..20000].($ * 2)) > 0 %}"


def circle(name):
    """Return a machine that walks in a circle until its history is full, which takes minutes."""
    a, b, z = name + "A", name + "B", name + "Z"
    choice = {"Type": "Choice", "Choices": [{"Condition": SLOW, "Next": a}], "Default": z}
    return chain(**{a: {"Type": "Pass", "Assign": {"n": SLOW}}, b: choice, z: {"Type": "Succeed"}})


LOOP = {"QueryLanguage": "JSONata", **circle("")}
FAILING = {
    "QueryLanguage": "JSONata",
    **chain(
        A={
            "Type": "Task",
            "Resource": "f",
            "Arguments": "{% $error($string($sum([1..20000].($ * 2)))) %}",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "A"}],
        }
    ),
}
EACH = {
    "QueryLanguage": "JSONata",
    **one_state(
        Type="Map",
        Items="{% [1..5000] %}",
        ItemProcessor=chain(P={"Type": "Pass", "Output": SLOW}),
    ),
}
FORKS = {"QueryLanguage": "JSONata", **one_state(Type="Parallel", Branches=[circle("X"), circle("Y")])}
CHILDREN = {
    "QueryLanguage": "JSONata",
    **one_state(
        Type="Map",
        Items="{% [1..5000] %}",
        ItemProcessor={
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            **chain(P={"Type": "Pass", "Output": SLOW}, Q={"Type": "Pass", "Output": SLOW}),
        },
    ),
}
LONG = {"a loop": LOOP, "failures": FAILING, "iterations": EACH, "branches": FORKS, "children": CHILDREN}


@pytest.mark.parametrize("definition", LONG.values(), ids=LONG)
def test_calculation_ends_at_the_limit_in_virtual_time(definition):
    """As much processor time as TimeoutSeconds says; the history tells of the moment that it says."""
    machine = StateMachine.from_dict({**definition, "TimeoutSeconds": 1})
    began = time.process_time()

    execution = machine.run({})

    assert execution.status == "TIMED_OUT"
    assert time.process_time() - began < 5
    first, last = execution.history[0], execution.history[-1]
    assert (last["timestamp"] - first["timestamp"]).total_seconds() == 1


@pytest.mark.parametrize("definition", LONG.values(), ids=LONG)
def test_calculation_ends_at_the_limit_in_real_time(definition):
    machine = StateMachine.from_dict({**definition, "TimeoutSeconds": 1})
    began = time.process_time()

    execution = asyncio.run(machine.run_async({}))

    assert execution.status == "TIMED_OUT"
    assert time.process_time() - began < 5


@pytest.mark.parametrize("definition", LONG.values(), ids=LONG)
def test_a_long_calculation_can_be_stopped(definition):
    """The event loop hears of it between two transitions."""

    async def story():
        driver, first = driver_for(definition, {})
        run = asyncio.ensure_future(driver.run(first))
        for _ in range(20):
            await asyncio.sleep(0)
        driver.post(ExecutionStopped(driver.clock()))
        await asyncio.wait_for(run, PATIENCE)
        return driver.kernel.status

    assert asyncio.run(story()) == "ABORTED"


def test_a_short_execution_is_not_held_up_by_many_long_ones():
    """Each waits for its turn, and all have the same; a short one needs only a few."""

    async def story():
        runs = []
        for _ in range(10):
            driver, first = driver_for(LOOP, {})
            runs.append(asyncio.ensure_future(driver.run(first)))
        await asyncio.sleep(0)
        began = time.process_time()
        driver, first = driver_for(chain(A={"Type": "Pass"}, B={"Type": "Succeed"}), {})
        await asyncio.wait_for(driver.run(first), PATIENCE)
        took = time.process_time() - began
        for run in runs:
            run.cancel()
        return driver.kernel.status, took

    status, took = asyncio.run(story())

    assert status == "SUCCEEDED"
    assert took < 2
