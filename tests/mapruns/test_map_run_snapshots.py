"""An execution with Map Runs written down after every event, with all its children, and gone on with from there."""

from __future__ import annotations

import json
from itertools import count

import pytest
from conftest import chain
from map_stories import START, STORIES, Following, distributed, everything, reader, work_of

from asl_engine import StateMachine
from asl_engine.drivers.hooks import Hooks
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.kernel import ExecutionStarted, Identity, Kernel
from asl_engine.mapruns.family_messages import Work
from asl_engine.mapruns.s3_objects import Folders
from asl_engine.mapruns.snapshot import restore, take
from asl_engine.tasks.perform import Performer


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


class Hasty(Amnesiac):
    """One that lets the family give way at every second look."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.hurry()

    def forget(self, event):
        super().forget(event)
        self.hurry()

    def hurry(self):
        looks = count()
        self.kernel.is_spent = lambda: next(looks) > 0


@pytest.mark.parametrize("name", STORIES)
def test_map_runs_survive_forgetting_after_every_event(tmp_path, name):
    """Counts, children, results and what was read are as they were, and so is the end of all."""
    definition, input, redrives = STORIES[name]
    machine = StateMachine.from_dict(definition)
    (tmp_path / "few").write_text(json.dumps([*range(8)]))
    (tmp_path / "many").write_text(json.dumps([f"item {number}" for number in range(1_100)]))

    whole, files = [], []
    for driver_class in (VirtualDriver, Amnesiac):
        whole.append(everything(driver_class, machine, input, Folders({"data": tmp_path}), redrives))
        paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
        files.append({path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in paths})

    (end, children, _), (end_again, children_again, forgotten) = whole
    assert end[0] == "SUCCEEDED"
    assert end == end_again
    assert children == children_again
    assert files[0] == files[1]
    assert forgotten >= 3


@pytest.mark.parametrize("source", ["state", "file"])
def test_a_map_run_gives_way_between_two_items(tmp_path, source):
    """While it shapes them others get their turn, and it can be gone on with in another process."""
    (tmp_path / "few").write_text(json.dumps([*range(50)]))
    config = {"ItemReader": reader("few", InputType="JSON")} if source == "file" else {}
    selector = {"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"}
    definition = distributed(
        processor=chain(P={"Type": "Pass"}), ItemSelector=selector, ItemBatcher={"MaxItemsPerBatch": 50}, **config
    )
    machine, input = StateMachine.from_dict(definition), [*range(50)] if source == "state" else {}
    end, children, forgotten = everything(Hasty, machine, input, Folders({"data": tmp_path}), 0)

    assert [{"Items": [{"v": n, "i": n} for n in range(50)]}] == end[1]
    assert 1 == len(children)
    assert forgotten >= 25


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
