"""An execution with Map Runs made anew of its journal after every event, with all its children."""

from __future__ import annotations

import json

import pytest
from map_stories import START, STORIES, distributed, everything, reader
from replaying import Replaying

from asl_engine import StateMachine
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.journal import Circumstances, Diverged, Journal, replay
from asl_engine.kernel import ExecutionStarted, Identity, Kernel
from asl_engine.mapruns.family import Family
from asl_engine.mapruns.family_messages import Work, WorkDone
from asl_engine.mapruns.s3_objects import Folders


@pytest.mark.parametrize("name", STORIES)
def test_map_runs_are_replayed(tmp_path, name):
    """Counts, children and results are as they were, and so is the end of all; what was read is read again."""
    definition, input, redrives = STORIES[name]
    machine = StateMachine.from_dict(definition)
    (tmp_path / "few").write_text(json.dumps([*range(8)]))
    (tmp_path / "many").write_text(json.dumps([f"item {number}" for number in range(1_100)]))

    whole, files = [], []
    for driver_class in (VirtualDriver, Replaying):
        whole.append(everything(driver_class, machine, input, Folders({"data": tmp_path}), redrives))
        paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
        files.append({path.relative_to(tmp_path): path.read_text(encoding="utf-8") for path in paths})

    (end, children, _), (end_again, children_again, _) = whole
    assert end[0] == "SUCCEEDED"
    assert end == end_again
    assert children == children_again
    assert files[0] == files[1]


def test_items_that_have_changed_are_noticed(tmp_path):
    """Children were started with the items of before: to go on with others would be another run."""
    machine = StateMachine.from_dict(distributed(ItemReader=reader("few", InputType="JSON")))
    (tmp_path / "few").write_text("[1, 2, 3]")
    identity, entries = Identity("run-0"), []
    family, circumstances = Family(Kernel(machine.program), Folders({"data": tmp_path})), Circumstances()
    journal = Journal(family.root, family, circumstances, entries.append)
    event = ExecutionStarted(START, {}, identity, 0)
    for _ in range(2):
        journal.on_event(event)
        commands = family.handle(event)
        journal.on_commit(event)
        work = next((command for command in commands if type(command) is Work), None)
        event = None if work is None else WorkDone(START + 1, work.op, work.work())

    (tmp_path / "few").write_text("[1, 2, 4]")
    again = Family(Kernel(machine.program), Folders({"data": tmp_path}))
    with pytest.raises(Diverged, match="their source has changed"):
        replay(again.root, again, Circumstances(), entries, "{}", identity)
