"""An execution in real time that is killed, made again of its journal, and gone on with."""

from __future__ import annotations

import asyncio
import time

import pytest
from conftest import chain

from asl_engine import Functions, StateMachine
from asl_engine.drivers.hooks import Hooks
from asl_engine.drivers.realtime import RealTimeDriver
from asl_engine.journal import Circumstances, Journal, replay
from asl_engine.kernel import ExecutionStarted, Identity, Kernel, StartTask, TaskSucceeded
from asl_engine.tasks.perform import Performer

IDENTITY = Identity("run-0", "StateMachine")
ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
}


class Lives:
    """An execution that lives several times, each with what the last one wrote down. `calls` are those of all lives.

    `dies_after` is how many entries a life writes before it ends without a word.
    """

    def __init__(self, definition, functions):
        self.machine = StateMachine.from_dict(definition)
        self.functions = functions
        self.entries = []
        self.driver = None

    async def live(self, dies_after=None, on_hand_out=lambda driver, task: None):
        """Live once; return the kernel at the end."""
        kernel, circumstances = Kernel(self.machine.program), Circumstances()
        known = replay(kernel, None, circumstances, self.entries, '{"n": 1}', IDENTITY)
        killed = asyncio.Event()

        def append(entry):
            if killed.is_set():
                return asyncio.sleep(3600)  # nothing of it is written, so nothing follows from it
            self.entries.append(entry)
            if len(self.entries) == dies_after:
                killed.set()
                return asyncio.sleep(3600)
            return None

        journal = Journal(kernel, None, circumstances, append, known.seq)
        hooks = Hooks(on_event=journal.on_event, on_commit=journal.on_commit, budget=circumstances.budget)
        driver = RealTimeDriver(kernel, Performer(self.functions), hand_out=on_hand_out, hooks=hooks)
        self.driver = driver
        began = ExecutionStarted(time.time(), {"n": 1}, IDENTITY, 7)
        life = asyncio.ensure_future(driver.resume(known.submitted) if self.entries else driver.run(began))
        death = asyncio.ensure_future(killed.wait())
        await asyncio.wait({life, death}, return_when=asyncio.FIRST_COMPLETED)
        life.cancel()
        death.cancel()
        await asyncio.gather(life, death, return_exceptions=True)
        return kernel


STEPS = chain(
    A={"Type": "Task", "Resource": "f"},
    P={
        "Type": "Parallel",
        "Branches": [
            chain(B={"Type": "Task", "Resource": "f"}, W={"Type": "Wait", "Seconds": 0}),
            chain(C={"Type": "Pass"}, D={"Type": "Task", "Resource": "f"}),
        ],
        "ResultPath": "$.p",
    },
    E={"Type": "Task", "Resource": "f"},
)


@pytest.mark.parametrize("dies_after", range(1, 6))
def test_an_execution_goes_on_after_each_of_its_events(dies_after):
    """What was answered before is not asked again; what was under way is, with the key that it had."""
    calls = []

    def f(event, context):
        calls.append(context.aws_request_id)
        return {"n": event["n"] + 1}

    async def go():
        lives = Lives(STEPS, Functions({"f": f}))
        await lives.live(dies_after)
        return await lives.live(), len(lives.entries)

    kernel, count = asyncio.run(go())

    assert ("SUCCEEDED", {"n": 3}, 5) == (kernel.status, kernel.output, count)
    assert len(set(calls)) == 4
    assert len(calls) <= 6  # two may have been under way


def test_who_has_a_token_answers_in_the_next_life():
    """He is not asked a second time."""
    asked = []

    async def go():
        lives = Lives(chain(A=ASK, Z={"Type": "Pass"}), Functions({"ask": lambda event, context: asked.append(event)}))
        await lives.live(dies_after=2)  # started, and handed over
        lives.driver = None
        life = asyncio.ensure_future(lives.live())
        while lives.driver is None or not lives.driver.answers.handed_out:
            await asyncio.sleep(0)
        op = next(iter(lives.driver.answers.handed_out))
        counts = await lives.driver.answer(TaskSucceeded(time.time(), op, "yes"))
        return counts, await life

    counts, kernel = asyncio.run(go())

    assert (True, "SUCCEEDED", "yes") == (counts, kernel.status, kernel.output)
    assert len(asked) == 1


def test_a_life_that_ended_with_its_last_entry_is_over():
    """Nothing is done once more."""

    async def go():
        lives = Lives(chain(A={"Type": "Task", "Resource": "f"}), Functions({"f": lambda event, context: 5}))
        await lives.live(dies_after=2)
        return await lives.live(), len(lives.entries)

    kernel, count = asyncio.run(go())

    assert ("SUCCEEDED", 5, 2) == (kernel.status, kernel.output, count)
    assert not [command for command in kernel.outstanding() if isinstance(command, StartTask)]
