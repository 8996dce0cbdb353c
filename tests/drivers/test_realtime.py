"""The driver on asyncio: real time, real concurrency, real cancelling."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from conftest import PATIENCE, chain, one_state, scripted

from asl_engine import Answer, FunctionNotFound, Functions, StateMachine
from asl_engine.drivers.realtime import RealTimeDriver
from asl_engine.kernel import (
    ExecutionStarted,
    ExecutionStopped,
    Identity,
    Kernel,
    TaskHeartbeat,
    TaskSucceeded,
)
from asl_engine.tasks.perform import Performer

TOKEN = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "f"},
}
HOUR = 3600


def run_async(definition, input=None, **functions):
    """Run in real time, and give up what never ends."""
    machine = StateMachine.from_dict(definition)

    async def go():
        return await asyncio.wait_for(machine.run_async(input, functions, seed=0), PATIENCE)

    return asyncio.run(go())


def driver_for(definition, functions, skips_time=False):
    """Return a driver and the event that begins its execution."""
    kernel = Kernel(StateMachine.from_dict(definition).program)
    driver = RealTimeDriver(kernel, Performer(Functions.of(functions)), skips_time)
    return driver, ExecutionStarted(time.time(), {}, Identity("run"), 0)


async def asked(driver):
    """Wait until the driver has carried out what the kernel wanted first."""
    while not driver.kernel.outstanding():
        await asyncio.sleep(0)
    await asyncio.sleep(0)


def mapped(limit=0, **task):
    return one_state(Type="Map", MaxConcurrency=limit, ItemProcessor=chain(T={"Type": "Task", "Resource": "f", **task}))


def test_async_functions_run_as_they_are():
    """They run on the loop's own thread, and plain functions in others."""
    threads = {}

    async def on_the_loop(event, context):
        threads["async"] = threading.current_thread()
        return 1

    def in_a_thread(event, context):
        threads["plain"] = threading.current_thread()
        return event + 1

    states = {"A": {"Type": "Task", "Resource": "a"}, "B": {"Type": "Task", "Resource": "b"}}
    execution = run_async(chain(**states), a=on_the_loop, b=in_a_thread)

    assert ("SUCCEEDED", 2) == (execution.status, execution.output)
    assert threading.main_thread() is threads["async"]
    assert threading.main_thread() is not threads["plain"]


@pytest.mark.parametrize(("limit", "most"), [(0, 6), (1, 1), (2, 2), (4, 4)])
def test_as_many_run_at_once_as_max_concurrency_allows(limit, most):
    """The most that ran at the same time is counted by the function itself."""
    now = {"running": 0, "most": 0}

    async def work(event, context):
        now["running"] += 1
        now["most"] = max(now["most"], now["running"])
        await asyncio.sleep(0.005)
        now["running"] -= 1
        return event

    execution = run_async(mapped(limit), [1, 2, 3, 4, 5, 6], f=work)

    assert ([1, 2, 3, 4, 5, 6], most) == (execution.output, now["most"])


def test_plain_functions_run_side_by_side():
    """Three threads meet at a barrier that nobody could pass alone."""
    barrier = threading.Barrier(3, timeout=PATIENCE)

    assert [1, 2, 3] == run_async(mapped(), [1, 2, 3], f=lambda event, context: barrier.wait() * 0 + event).output


def test_losers_are_cancelled():
    """When a branch fails, the async function of another one is told so."""
    told = []

    async def slow(event, context):
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    async def bad(event, context):
        await asyncio.sleep(0.005)
        raise ValueError("no")

    branches = [chain(A={"Type": "Task", "Resource": "slow"}), chain(B={"Type": "Task", "Resource": "bad"})]
    execution = run_async(one_state(Type="Parallel", Branches=branches), slow=slow, bad=bad)

    assert ("FAILED", "ValueError", ["cancelled"]) == (execution.status, execution.error, told)


def test_whoever_cancels_the_execution_cancels_its_functions():
    """The task that awaits the execution can be cancelled like any other."""
    told = []

    async def slow(event, context):
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    machine = StateMachine.from_dict(one_state(Type="Task", Resource="f"))
    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(asyncio.wait_for(machine.run_async(None, {"f": slow}), 0.02))

    assert ["cancelled"] == told


@pytest.mark.parametrize("error", [asyncio.CancelledError("mine"), TimeoutError(), TimeoutError("mine"), SystemExit(3)])
@pytest.mark.parametrize("timeout", [None, 30])
def test_what_a_function_raises_is_its_own_failure(error, timeout):
    """Errors that asyncio uses for itself are ordinary when a function raises them."""
    functions = Functions()

    @functions.register("f", timeout=timeout)
    async def raises(event, context):
        raise error

    machine = StateMachine.from_dict(one_state(Type="Task", Resource="f"))
    execution = asyncio.run(asyncio.wait_for(machine.run_async({}, functions), PATIENCE))

    name = "Runtime.ExitError" if isinstance(error, SystemExit) else type(error).__name__
    assert ("FAILED", name) == (execution.status, execution.error)


def test_a_missing_function_is_the_callers_mistake():
    """It is raised where the execution is awaited."""
    with pytest.raises(FunctionNotFound, match=r"'shipp'.*'ship'"):
        run_async(one_state(Type="Task", Resource="shipp"), ship=scripted())


@pytest.mark.parametrize("is_async", [True, False])
def test_a_function_that_takes_too_long_times_out(is_async):
    """The time a function was registered with ends it as Lambda does."""
    functions, release = Functions(), threading.Event()

    async def slow(event, context):
        await asyncio.sleep(30)

    functions.add("f", slow if is_async else lambda event, context: release.wait(PATIENCE), timeout=0.02)
    execution = StateMachine.from_dict(one_state(Type="Task", Resource="f")).run_realtime({}, functions)
    release.set()

    assert ("FAILED", "Sandbox.Timedout") == (execution.status, execution.error)
    assert "Task timed out after 0.02 seconds" in execution.cause


def test_time_can_be_skipped():
    """Where nobody works, an hour is over at once, and the clock shows that it is."""
    states = {
        "A": {"Type": "Wait", "Seconds": HOUR},
        "B": {"Type": "Task", "Resource": "f"},
        "C": {"Type": "Wait", "Seconds": HOUR},
    }
    driver, begin = driver_for(chain(**states), {"f": scripted("done")}, skips_time=True)

    asyncio.run(asyncio.wait_for(driver.run(begin), PATIENCE))

    assert ("SUCCEEDED", "done") == (driver.kernel.status, driver.kernel.output)
    assert 2 * HOUR <= driver.kernel.now - driver.kernel.started_at < 3 * HOUR


def test_time_is_not_skipped_while_somebody_works():
    """A function that takes a moment wins against a time limit of an hour."""

    async def work(event, context):
        await asyncio.sleep(0.01)
        return "in time"

    driver, begin = driver_for(one_state(Type="Task", Resource="f", TimeoutSeconds=HOUR), {"f": work}, skips_time=True)

    asyncio.run(asyncio.wait_for(driver.run(begin), PATIENCE))

    assert "in time" == driver.kernel.output
    assert driver.kernel.now - driver.kernel.started_at < HOUR


def test_an_execution_can_be_stopped():
    """What is posted from outside ends a wait of an hour."""
    driver, begin = driver_for(one_state(Type="Wait", Seconds=HOUR), {})

    async def story():
        running = asyncio.ensure_future(driver.run(begin))
        await asked(driver)
        driver.post(ExecutionStopped(driver.clock(), "Stop", "enough"))
        await asyncio.wait_for(running, PATIENCE)

    asyncio.run(story())

    assert ("ABORTED", "Stop", "enough") == (driver.kernel.status, driver.kernel.error, driver.kernel.cause)


@pytest.mark.parametrize("skips_time", [False, True])
def test_a_token_is_answered_from_outside(skips_time):
    """The answer names the op, whether time is skipped or not, and time is not skipped while somebody holds a token."""
    states = {"T": {**TOKEN, "TimeoutSeconds": HOUR}, "Z": {"Type": "Pass"}}
    driver, begin = driver_for(chain(**states), {"f": scripted(None)}, skips_time)

    async def story():
        running = asyncio.ensure_future(driver.run(begin))
        await asked(driver)
        [task] = [command for command in driver.kernel.outstanding() if command.op.endswith(".0")]
        driver.post(TaskHeartbeat(driver.clock(), task.op))
        driver.post(TaskSucceeded(driver.clock(), task.op, {"approved": True}))
        await asyncio.wait_for(running, PATIENCE)

    asyncio.run(story())

    assert ("SUCCEEDED", {"approved": True}) == (driver.kernel.status, driver.kernel.output)


def test_time_is_skipped_again_after_a_token_was_answered():
    """Nobody holds a token that was answered."""
    states = {"T": TOKEN, "W": {"Type": "Wait", "Seconds": HOUR}}
    driver, begin = driver_for(chain(**states), {"f": scripted(None)}, skips_time=True)

    async def story():
        running = asyncio.ensure_future(driver.run(begin))
        await asked(driver)
        driver.post(TaskSucceeded(driver.clock(), driver.kernel.outstanding()[0].op, 1))
        await asyncio.wait_for(running, PATIENCE)

    asyncio.run(story())

    assert "SUCCEEDED" == driver.kernel.status


def test_a_function_can_answer_its_own_token():
    """An Answer after an hour takes none when time is skipped, heartbeats included."""
    answer = Answer("yes", after=HOUR, heartbeat_every=50)
    driver, begin = driver_for(one_state(**TOKEN, HeartbeatSeconds=60), {"f": scripted(answer)}, skips_time=True)

    asyncio.run(asyncio.wait_for(driver.run(begin), PATIENCE))

    assert "yes" == driver.kernel.output


def test_real_and_virtual_time_tell_the_same_story():
    """The same machine has the same path, output and kinds of events in both."""
    work = lambda event, context: {"n": event["n"] + 1}  # noqa: E731
    definition = chain(A={"Type": "Task", "Resource": "f"}, B={"Type": "Pass"}, C={"Type": "Task", "Resource": "f"})

    real = StateMachine.from_dict(definition).run_realtime({"n": 0}, {"f": work})
    virtual = StateMachine.from_dict(definition).run({"n": 0}, {"f": work})

    assert (virtual.output, virtual.path) == (real.output, real.path)
    links = [(event["id"], event["previousEventId"], event["type"]) for event in virtual.history]
    assert links == [(event["id"], event["previousEventId"], event["type"]) for event in real.history]


def test_functions_may_raise_stop_iteration():
    """The one exception that a future cannot carry still fails the task."""
    assert "FAILED" == run_async(one_state(Type="Task", Resource="f"), f=scripted(StopIteration("x"))).status
