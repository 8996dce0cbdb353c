"""An execution with Map Runs written down after every event, with all its children, and gone on with from there."""

from __future__ import annotations

import json

import pytest
from conftest import chain
from map_stories import START, distributed, reader

from asl_engine import Answer, Functions, StateMachine
from asl_engine.drivers.hooks import NO_HOOKS, Hooks
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.history import read_events
from asl_engine.kernel import ExecutionRedriven, ExecutionStarted, Identity, Kernel
from asl_engine.mapruns.family import Watcher
from asl_engine.mapruns.family_messages import Work
from asl_engine.mapruns.s3_objects import Folders
from asl_engine.mapruns.snapshot import restore, take
from asl_engine.tasks.perform import Performer


class Following(Watcher):
    """Remembers how each child ended, also across restores."""

    keeps_history = True
    max_unsuccessful = float("inf")

    def __init__(self):
        self.ends = []

    def child_ended(self, run, child):
        kernel = child.kernel
        self.ends.append((kernel.parent_op, kernel.status, kernel.output, kernel.cause, read_events(kernel.records)))


class Amnesiac(VirtualDriver):
    """A driver whose executions are written as JSON text and read again after every event."""

    forgotten = 0

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.hooks = Hooks(on_commit=self.forget)

    def forget(self, event):
        text = json.dumps(take(self.family))
        family = self.family
        self.family = restore(self.kernel.program, json.loads(text), family.objects, family.watcher)
        assert json.loads(text) == json.loads(json.dumps(take(self.family)))
        for run in family.runs.values():
            run.intake.close()
            run.results.close()
        self.kernel = self.family.root
        works = {command.op: command for command in self.family.outstanding() if type(command) is Work}
        for at, command in enumerate(self.commands):
            self.commands[at] = works.get(command.op, command) if type(command) is Work else command
        self.forgotten += 1


def work_of():
    """Return functions that fail for some items at first, and people who take their time."""
    seen = []

    def work(item, context):
        seen.append(item)
        if isinstance(item, int) and item % 4 == 2 and seen.count(item) == 1:
            raise ValueError(item)
        return {"item": item, "times": seen.count(item)}

    def ask(event, context):
        return Answer(event["n"], after=5 + event["n"])

    return Functions({"Work": work, "ask": ask})


def told_by(driver_class, machine, input, objects, redrives):
    """Run, and redrive what failed; return all that there is to tell."""
    watcher = Following()
    driver = driver_class(Kernel(machine.program), Performer(work_of()), NO_HOOKS, objects, watcher)
    driver.run(ExecutionStarted(START, input, Identity("run-0"), 0))
    for _ in range(redrives):
        assert driver.kernel.status == "FAILED"
        driver.run(ExecutionRedriven(driver.kernel.now + 100))
    kernel = driver.kernel
    end = kernel.status, kernel.output, kernel.error, kernel.cause, kernel.now, read_events(kernel.records)
    return end, watcher.ends, getattr(driver, "forgotten", None)


ASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "ask", "Payload": {"n.$": "$", "token.$": "$$.Task.Token"}},
}
WORK = {"Type": "Task", "Resource": "Work"}
INNER = distributed(MaxConcurrency=2, ToleratedFailureCount=9)["States"]["Each"]
del INNER["End"]
WRITER = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "data", "Prefix": "out"}}
RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3, "JitterStrategy": "FULL"}]

STORIES = {
    "children that wait": (
        distributed(processor=chain(W={"Type": "Wait", "SecondsPath": "$"}, P={"Type": "Pass"}), MaxConcurrency=2),
        [3, 1, 2],
        0,
    ),
    "children that are asked": (distributed(processor=chain(A=ASK), MaxConcurrency=2), [3, 1, 2], 0),
    "Express children with retries": (distributed("EXPRESS", chain(T={**WORK, "Retry": RETRY})), [1, 2, 3, 6], 0),
    "Express children that are redriven": (distributed("EXPRESS", MaxConcurrency=2), [1, 2, 3], 1),
    "children that are redriven": (distributed(MaxConcurrency=2), [1, 2, 3, 6, 5], 2),
    "a Map that is retried": (distributed(MaxConcurrency=1, Retry=RETRY), [1, 2, 3], 0),
    "failures within what is tolerated": (distributed(ToleratedFailurePercentage=60, MaxConcurrency=1), [1, 2, 3], 0),
    "batches of what is read": (
        distributed(ItemReader=reader("few", InputType="JSON"), ItemBatcher={"MaxItemsPerBatch": 3}, MaxConcurrency=1),
        {},
        0,
    ),
    "more than is read at a time": (
        distributed(
            "EXPRESS", chain(P={"Type": "Pass"}), ItemReader=reader("many", InputType="JSON"), ResultWriter=WRITER
        ),
        {},
        0,
    ),
    "results that are written, in vain at first": (
        distributed(ResultWriter=WRITER, MaxConcurrency=1, ToleratedFailureCount=0),
        [1, 2, 3],
        1,
    ),
    "Map Runs in children": (
        distributed(processor=chain(P={"Type": "Pass"}, N=INNER, Z={"Type": "Pass"})),
        [[1, 2], [3]],
        0,
    ),
    "branches with Map Runs of which one fails": (
        chain(
            P={
                "Type": "Parallel",
                "Branches": [
                    distributed(processor=chain(W={"Type": "Wait", "Seconds": 9})),
                    chain(V={"Type": "Wait", "Seconds": 4}, T=WORK | {"Parameters": 2}),
                ],
            }
        ),
        [1, 3],
        1,
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_map_runs_survive_forgetting_after_every_event(tmp_path, name):
    """Counts, children, results and what was read are as they were, and so is the end of all."""
    definition, input, redrives = STORIES[name]
    machine = StateMachine.from_dict(definition)
    (tmp_path / "few").write_text(json.dumps([*range(8)]))
    (tmp_path / "many").write_text(json.dumps([f"item {number}" for number in range(1_100)]))

    whole, files = [], []
    for driver_class in (VirtualDriver, Amnesiac):
        whole.append(told_by(driver_class, machine, input, Folders({"data": tmp_path}), redrives))
        paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
        files.append({path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in paths})

    (end, children, _), (end_again, children_again, forgotten) = whole
    assert end[0] == "SUCCEEDED"
    assert end == end_again
    assert children == children_again
    assert files[0] == files[1]
    assert forgotten >= 3


def test_a_run_whose_failure_was_caught_is_not_remembered():
    """Nothing can redrive it: the state was left."""
    caught = {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "W"}], "Next": "W"}
    each = {key: value for key, value in distributed()["States"]["Each"].items() if key != "End"}
    machine = StateMachine.from_dict(
        {"StartAt": "Each", "States": {"Each": each | caught, "W": {"Type": "Wait", "Seconds": 9, "End": True}}}
    )
    kernel = Kernel(machine.program)
    snapshots = []
    hooks = Hooks(on_commit=lambda event: snapshots.append(take(driver.family)))
    driver = VirtualDriver(kernel, Performer(work_of()), hooks, None, Following())

    driver.run(ExecutionStarted(START, [2], Identity("run-0"), 0))

    assert kernel.status == "SUCCEEDED"
    assert [1, 0] == [len(snapshots[0]["runs"]), len(snapshots[-1]["runs"])]
