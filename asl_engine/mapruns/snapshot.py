"""An execution with its Map Runs and their children as plain data, and back.

A Map Run goes on where it was: with its counts, the children that are open, those that a redrive may want, what they
gave so far, and as many items read as had been taken in. What a driver was to do for it is asked for again. Of children
that have ended, and that nobody can redrive, there is nothing but their results.
"""

from __future__ import annotations

import json
from collections.abc import Container
from typing import Any, Final

from asl_engine.kernel import Kernel, StartMapRun
from asl_engine.kernel import snapshot as kernel_snapshot
from asl_engine.mapruns.children import Child, Counts
from asl_engine.mapruns.family import Family, Watcher
from asl_engine.mapruns.map_run import MapRun
from asl_engine.mapruns.s3_objects import Objects
from asl_engine.program.program import Program
from asl_engine.values import JSON

_RUN_FACTS: Final = (
    "op", "status", "error", "cause", "started_at", "now", "stopped_at", "limit", "tolerated_count", "tolerated_share",
    "started", "is_busy", "is_written", "redrive_count", "redriven_at",
)  # fmt: skip
_COUNT_FACTS: Final = ("pending", "running", "written")


def take(family: Family) -> dict[str, JSON]:
    """Return what an execution and those inside it remember, as a JSON value. Call it between two events."""
    runs = _runs_of(family)
    return {
        "root": kernel_snapshot.take(family.root),
        "now": family.now,
        "runs": [_run_as_data(run) for run in runs],
        "working": [[op, run.arn, kind] for op, (run, kind) in family.working.items() if run in runs],
    }


def copy_of(family: Family, watcher: Watcher) -> Family:
    """Return an execution that has ended, and what a redrive of it needs, a second time; nothing of it is shared."""
    return restore(family.root.program, json.loads(json.dumps(take(family))), family.objects, watcher)


def restore(
    program: Program,
    data: dict[str, JSON],
    objects: Objects,
    watcher: Watcher | None = None,
    activities: Container[str] | None = None,
) -> Family:
    """Return a family that goes on where the snapshot was taken. Raises ValueError for a format that it does not
    know."""
    root = kernel_snapshot.restore(program, data["root"], activities)
    family = Family(root, objects, watcher)
    family.now = data["now"]
    kernels = {root.parent_op: root}
    by_arn = {}
    for run_data in data["runs"]:
        run = _run_from_data(family, kernels, run_data, activities)
        by_arn[run.arn] = run
        if run.stopped_at is None:
            family.runs[run.op] = run
        else:
            family.unsuccessful_runs[run.arn] = run
    family.working = {op: (by_arn[arn], kind) for op, arn, kind in data["working"]}
    return family


def _runs_of(family: Family) -> list[MapRun]:
    """Return the Map Runs that can go on: those under way, and those before whose state a walk still stands, which has
    failed. Parents come before what is in them, as the op of a child begins with that of its parent."""
    known = {family.root}
    runs = []
    every = [*family.runs.values(), *family.unsuccessful_runs.values()]
    for run in sorted(every, key=lambda run: len(run.parent.parent_op)):
        if run.parent in known and run.frame.op == run.op and run.frame in run.parent.frames():
            runs.append(run)
            children = [*run.open.values(), *run.unsuccessful.values(), *run.to_redrive]
            known.update(child.kernel for child in children)
    return runs


def _run_as_data(run: MapRun) -> dict[str, JSON]:
    return {
        **{name: getattr(run, name) for name in _RUN_FACTS},
        "parent_op": run.parent.parent_op,
        "frame": run.frame.number,
        "command": kernel_snapshot.command_as_data(run.command),
        "items": _counts_as_data(run.items),
        "executions": _counts_as_data(run.executions),
        "intake": run.intake.as_data(),
        "results": run.results.as_data(),
        "open": [_child_as_data(child) for child in run.open.values()],
        "unsuccessful": [_child_as_data(child) for child in run.unsuccessful.values()],
        "to_redrive": [_child_as_data(child) for child in run.to_redrive],
    }


def _run_from_data(
    family: Family, kernels: dict[str, Kernel], data: dict[str, JSON], activities: Container[str] | None
) -> MapRun:
    parent = kernels[data["parent_op"]]
    [frame] = [frame for frame in parent.frames() if frame.number == data["frame"]]
    command = kernel_snapshot.command_from_data(frame.state, data["command"])
    assert isinstance(command, StartMapRun)
    run = family.map_run(parent, frame, command)
    for name in _RUN_FACTS:
        setattr(run, name, data[name])
    run.items, run.executions = _counts_from_data(data["items"]), _counts_from_data(data["executions"])
    run.intake.go_on_from(data["intake"])
    run.results.go_on_from(data["results"])
    children = {
        kind: [_child_from_data(run, child, kernels, activities) for child in data[kind]]
        for kind in ("open", "unsuccessful", "to_redrive")
    }
    run.open = {child.index: child for child in children["open"]}
    run.unsuccessful = {child.index: child for child in children["unsuccessful"]}
    run.to_redrive.extend(children["to_redrive"])
    for child in children["open"]:
        for op in (child.kernel.deadline_op, *child.kernel.waiting):
            family.owners[op] = (run, child)
    return run


def _child_as_data(child: Child) -> dict[str, JSON]:
    return {
        "index": child.index,
        "items": child.items,
        "stopped_at": child.stopped_at,
        "kernel": kernel_snapshot.take(child.kernel),
    }


def _child_from_data(
    run: MapRun, data: dict[str, JSON], kernels: dict[str, Kernel], activities: Container[str] | None
) -> Child:
    kernel = kernel_snapshot.restore(run.program, data["kernel"], activities)
    kernels[kernel.parent_op] = kernel
    child = Child(run.arn, kernel, data["index"], data["items"])
    child.stopped_at = data["stopped_at"]
    return child


def _counts_as_data(counts: Counts) -> dict[str, JSON]:
    return {**{name: getattr(counts, name) for name in _COUNT_FACTS}, "ended": dict(counts.ended)}


def _counts_from_data(data: dict[str, Any]) -> Counts:
    counts = Counts()
    for name in _COUNT_FACTS:
        setattr(counts, name, data[name])
    counts.ended = dict(data["ended"])
    return counts
