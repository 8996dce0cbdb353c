"""An execution made anew of its journal after every event, and gone on with from there."""

from __future__ import annotations

import json

import pytest
from conftest import START, chain
from hypothesis import given, settings
from random_machines import BLOCKS, CHOICES, JSON, named
from replaying import Replaying

from asl_engine import Functions, StateMachine
from asl_engine.drivers.hooks import Hooks
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.history import read_events
from asl_engine.journal import Circumstances, Diverged, Journal, replay
from asl_engine.kernel import ExecutionRedriven, ExecutionStarted, Identity, Kernel, StartTask, TaskSucceeded
from asl_engine.tasks.perform import Performer


def end_of(driver, input, redrives=0):
    """Run to the end; return all that can be seen of it."""
    driver.run(ExecutionStarted(START, input, Identity("run-0", "StateMachine"), 7))
    for _ in range(redrives):
        driver.run(ExecutionRedriven(driver.kernel.now + 100))
    kernel = driver.kernel
    return kernel.status, kernel.output, kernel.error, kernel.cause, kernel.now, list(read_events(kernel.records))


def flaky():
    """Return a function that fails at first for each input, with chance of its own."""
    seen = []

    def f(event, context):
        seen.append(json.dumps(event, sort_keys=True, default=str))
        if seen.count(seen[-1]) == 1:
            raise ValueError(event)
        return event

    return Functions({"f": f})


@settings(max_examples=60)
@given(BLOCKS, CHOICES, JSON)
def test_a_replay_equals_what_happened(block, choices, input):
    """After each event the execution is thrown away, and one that was replayed goes on: to the same end and history."""
    machine = StateMachine.from_dict(named(block, iter(range(1000)), choices))
    ends = [end_of(kind(Kernel(machine.program), Performer(flaky())), input) for kind in (VirtualDriver, Replaying)]

    assert ends[0] == ends[1]


class GivingWay(VirtualDriver):
    """Gives way as `Replaying` does, and keeps its execution."""

    def __init__(self, *arguments, often):
        super().__init__(*arguments)
        self.given_way = 0
        self.hooks = Hooks(on_event=lambda event: self.begin(often), on_commit=self.count)

    def begin(self, often):
        asked = iter(range(often))
        self.kernel.is_spent = lambda: next(asked, None) is None

    def count(self, event):
        self.given_way += self.kernel.has_given_way


ITEMS = {"Type": "Map", "ItemsPath": "$.rows", "MaxConcurrency": 2}
TASK = {"Type": "Task", "Resource": "f"}
STEPS = chain(A={"Type": "Pass", "Assign": {"x.$": "$"}}, B={"Type": "Wait", "Seconds": 2}, C=TASK, D={"Type": "Pass"})


@pytest.mark.parametrize("often", [0, 1, 2])
def test_a_replay_gives_way_where_the_execution_did(often):
    """That is chance to the kernel, so the journal has it: the moments of what came after are the same."""
    machine = StateMachine.from_dict(chain(M={**ITEMS, "ItemProcessor": STEPS}, P={"Type": "Pass"}, Q={"Type": "Pass"}))
    drivers = [
        kind(Kernel(machine.program), Performer(Functions({"f": lambda event, context: event})), often=often)
        for kind in (GivingWay, Replaying)
    ]
    ends = [end_of(driver, {"rows": [1, 2, 3]}) for driver in drivers]

    assert drivers[0].given_way > 0
    assert ends[0] == ends[1]


@pytest.mark.parametrize("redrives", [1, 2])
def test_what_was_redriven_is_replayed(redrives):
    """The walks that failed, also those of an attempt before, are there for the next redrive."""
    branches = [chain(E={"Type": "Pass"}), chain(F=TASK), STEPS]
    machine = StateMachine.from_dict(chain(P={"Type": "Parallel", "Branches": branches}, T={**TASK, "Parameters": 9}))
    ends = [
        end_of(kind(Kernel(machine.program), Performer(flaky())), {"n": 1}, redrives)
        for kind in (VirtualDriver, Replaying)
    ]

    assert ends[0] == ends[1]
    assert ends[0][0] == ("FAILED" if redrives == 1 else "SUCCEEDED")


def journaled(machine, events):
    """Have an execution take in events; return its journal."""
    entries, kernel, circumstances = [], Kernel(machine.program), Circumstances()
    journal = Journal(kernel, None, circumstances, entries.append)
    for event in events:
        journal.on_event(event)
        kernel.handle(event)
        journal.on_commit(event)
    return entries


def test_a_replay_that_goes_another_way_stops_at_that_event():
    """Before anybody is asked for a task that the execution never asked for."""
    identity = Identity("run-0", "StateMachine")
    began = ExecutionStarted(START, {}, identity, 7)
    before = StateMachine.from_dict(chain(A=TASK, B=TASK))
    op = "/A#1.0"
    entries = journaled(before, [began, TaskSucceeded(START + 1, op, 5)])
    after = Kernel(StateMachine.from_dict(chain(A=TASK, C=TASK)).program)

    with pytest.raises(Diverged) as diverged:
        replay(after, None, Circumstances(), entries, "{}", identity)

    assert (2, "TaskSucceeded", op) == diverged.value.entry[:1] + diverged.value.entry[2:4]


def test_activities_that_did_not_exist_do_not_exist_in_a_replay():
    """Whatever has been created or deleted since."""
    arn = "arn:aws:states:us-east-1:123456789012:activity:paint"
    machine = StateMachine.from_dict(chain(A={"Type": "Task", "Resource": arn}))
    kernel, entries, identity = Kernel(machine.program), [], Identity("run-0")
    kernel.activities = circumstances = Circumstances(set())
    journal, began = Journal(kernel, None, circumstances, entries.append), ExecutionStarted(START, {}, identity, 7)
    journal.on_event(began)
    kernel.handle(began)
    journal.on_commit(began)
    assert kernel.status == "FAILED"

    again, existing = Kernel(machine.program), Circumstances({arn})
    again.activities = existing
    replay(again, None, existing, entries, "{}", identity)

    assert ("FAILED", kernel.cause) == (again.status, again.cause)
    assert arn in existing


def test_half_characters_and_large_numbers_come_back():
    """What a store keeps is ASCII."""
    machine = StateMachine.from_dict(chain(A=TASK, B=TASK))
    value = {"half \ud800": "\udfff", "n": 10**30, "f": 1e-300, "s": "ü\u2028", "none": None}
    identity = Identity("run-0")
    began = ExecutionStarted(START, {}, identity, 2**64 - 1)
    entries = journaled(machine, [began, TaskSucceeded(START + 1, "/A#1.0", value)])

    again = Kernel(machine.program)
    known = replay(again, None, Circumstances(), entries, "{}", identity)
    [task] = [command for command in again.outstanding() if isinstance(command, StartTask)]

    assert (2, value, 2**64 - 1) == (known.seq, task.payload, again.seed)
    assert all(entry.body.isascii() for entry in entries)


def test_texts_come_back_as_they_were_written():
    """Blanks and the spelling of numbers, of the input and of results."""
    machine = StateMachine.from_dict(chain(A=TASK, B={"Type": "Pass"}))
    identity = Identity("run-0")
    events = [
        ExecutionStarted(START, {"n": 1.0}, identity, 7, None, '{ "n": 1.00 }'),
        TaskSucceeded(START + 1, "/A#1.0", [1.0], "[ 1.0e0 ]"),
    ]
    kernel, entries, circumstances = Kernel(machine.program), [], Circumstances()
    journal = Journal(kernel, None, circumstances, entries.append)
    for event in events:
        journal.on_event(event)
        kernel.handle(event)
        journal.on_commit(event)

    again = Kernel(machine.program)
    replay(again, None, Circumstances(), entries, '{ "n": 1.00 }', identity)

    histories = [list(read_events(each.records)) for each in (kernel, again)]
    assert histories[0] == histories[1]
    assert "[ 1.0e0 ]" in str(histories[0][-1])
