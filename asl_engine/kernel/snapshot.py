"""An execution between two events as plain data, and back.

Everything that a kernel remembers is in its frames, in what it waits for, and in its record; `take` writes that as a
JSON value and `restore` reads it, in the same process or another. The definition is not in it: a snapshot is restored
with the program that it was taken from. `FORMAT` changes whenever older snapshots can no longer be read.
"""

from __future__ import annotations

from typing import Any

from asl_engine.history import Mark
from asl_engine.kernel.commands import Command, StartMapRun, StartTask, StartTimer
from asl_engine.kernel.frames import Frame, Join
from asl_engine.kernel.identity import Identity
from asl_engine.kernel.kernel import ENTER, Kernel
from asl_engine.program.moves import Done, Enter, Fork, Invoke, Move
from asl_engine.program.plan import plan_as_data, plan_from_data
from asl_engine.program.program import Program, State
from asl_engine.values import JSON

FORMAT = 2

_FACTS = (
    "status", "input", "output", "error", "cause", "seed", "started_at", "redriven_at", "redrive_count", "now",
    "event_count", "frame_count", "focus", "is_deadline_set", "around", "input_bound",
)  # fmt: skip
_FRAME_FACTS = (
    "input", "bound", "index", "item", "item_bound", "variables", "visit", "attempt", "attempts", "entered_id",
    "result_bound", "has_begun",
)  # fmt: skip


def take(kernel: Kernel) -> dict[str, JSON]:
    """Return what the kernel remembers, as a JSON value. Call it between two events."""
    frames = _open_frames(kernel.root)
    return {
        "format": FORMAT,
        **{name: getattr(kernel, name) for name in _FACTS},
        "identity": kernel.identity.as_dict(),
        "frames": [_frame_as_data(frame) for frame in frames],
        "waiting": [[frame.number, _command_as_data(command)] for frame, command in kernel.waiting.values()],
        "sleeping": {op: _move_as_data(move) for op, move in kernel.sleeping.items()},
        "records": None if kernel.records is None else [_slot_as_data(slot) for slot in kernel.records],
    }


def restore(program: Program, data: dict[str, JSON]) -> Kernel:
    """Return a kernel that goes on where the snapshot was taken. Raises ValueError for a format that it does not
    know."""
    if data.get("format") != FORMAT:
        raise ValueError(f"the snapshot has format {data.get('format')!r}, and this version reads format {FORMAT}")
    kernel = Kernel(program, data["records"] is not None)
    for name in _FACTS:
        setattr(kernel, name, data[name])
    kernel.identity = Identity(**data["identity"])
    frames: dict[int, Frame] = {}
    for one in data["frames"]:
        frames[one["number"]] = _frame_from_data(kernel, one, frames)
    kernel.root = frames.get(0)
    for number, command in data["waiting"]:
        _wait_again(kernel, frames[number], command)
    for op, move in data["sleeping"].items():
        kernel.sleeping[op] = _move_from_data(move, kernel.waiting[op][0])
    if data["records"] is not None:
        kernel.records = [_slot_from_data(slot, program) for slot in data["records"]]
    return kernel


def _open_frames(root: Frame | None) -> list[Frame]:
    """Every frame that still walks, parents before children."""
    frames: list[Frame] = []
    pending = [root] if root is not None and root.is_open else []
    while pending:
        frame = pending.pop()
        frames.append(frame)
        if frame.join is not None:
            pending.extend(reversed(frame.join.open.values()))  # the order of the walks is part of the state
    return frames


def _frame_as_data(frame: Frame) -> dict[str, JSON]:
    return {
        "number": frame.number,
        "parent": None if frame.parent is None else frame.parent.number,
        "block": frame.block.pointer,
        "state": frame.state.pointer,
        "entered_at": frame.entered_at,
        "ops": list(frame.ops),
        "random": frame.random_state(),
        "join": None if frame.join is None else _join_as_data(frame.join),
        **{name: getattr(frame, name) for name in _FRAME_FACTS},
        "attempts": None if frame.attempts is None else list(frame.attempts),
    }


def _frame_from_data(kernel: Kernel, data: dict[str, JSON], frames: dict[int, Frame]) -> Frame:
    program = kernel.program
    parent = None if data["parent"] is None else frames[data["parent"]]
    frame = Frame(
        kernel, data["number"], program.blocks[data["block"]], data["input"], data["bound"], parent, data["index"]
    )
    for name in _FRAME_FACTS:
        setattr(frame, name, data[name])
    frame.state = program.states[data["state"]]
    frame.entered_when = data["entered_at"]
    frame.attempts = None if data["attempts"] is None else list(data["attempts"])
    frame.ops = tuple(data["ops"])
    frame.restore_random(data["random"])
    if data["join"] is not None:
        frame.join = _join_from_data(data["join"], program)
    if parent is not None and parent.join is not None:
        parent.join.open[frame.index] = frame
    return frame


def _join_as_data(join: Join) -> dict[str, JSON]:
    fork = join.fork
    return {
        "blocks": [block.pointer for block in fork.blocks],
        "inputs": fork.inputs,
        "items": fork.items,
        "limit": fork.limit,
        "tolerated": fork.tolerated,
        "op": join.op,
        "next": join.next,
        "results": [[index, result] for index, result in join.results.items()],
        "failures": join.failures,
        "result_bound": join.result_bound,
        "input_bound": join.input_bound,
    }


def _join_from_data(data: dict[str, JSON], program: Program) -> Join:
    blocks = tuple(program.blocks[pointer] for pointer in data["blocks"])
    join = Join(Fork(blocks, data["inputs"], data["items"], data["limit"], data["tolerated"]), data["op"])
    join.next, join.failures, join.result_bound = data["next"], data["failures"], data["result_bound"]
    join.results = dict(data["results"])
    join.input_bound = data["input_bound"]
    return join


def _command_as_data(command: Command) -> dict[str, JSON]:
    if isinstance(command, StartTask):
        return {
            "op": command.op,
            "payload": command.payload,
            "timeout": command.timeout,
            "heartbeat": command.heartbeat,
        }
    if isinstance(command, StartMapRun):
        return {"op": command.op, "map_run": command.arn, "plan": plan_as_data(command.plan)}
    assert isinstance(command, StartTimer)
    return {"op": command.op, "at": command.at}


def _wait_again(kernel: Kernel, frame: Frame, data: dict[str, JSON]) -> None:
    command: Command
    if "at" in data:
        command = StartTimer(data["op"], data["at"])
    elif "map_run" in data:
        command = StartMapRun(data["op"], frame.state.name, data["map_run"], plan_from_data(data["plan"]))
    else:
        resource = frame.state.resource
        assert resource is not None
        command = StartTask(data["op"], resource, data["payload"], frame.state.name, data["timeout"], data["heartbeat"])
    kernel.waiting[data["op"]] = (frame, command)


def _move_as_data(move: Move) -> dict[str, JSON]:
    return {"result": move.result} if isinstance(move, Done) else {}


def _move_from_data(data: dict[str, JSON], frame: Frame) -> Done | Enter:
    return Done(data["result"], frame.state.route) if data else ENTER


def _slot_as_data(slot: Any) -> dict[str, JSON]:
    """Write one reference of the record; the key says what it is, so no JSON value can be taken for something else."""
    if isinstance(slot, State):
        return {"state": slot.pointer}
    if isinstance(slot, Mark):
        return {"mark": slot.name}
    if isinstance(slot, Invoke):
        return {"invoke": {name: getattr(slot, name) for name in Invoke.__slots__}}
    if isinstance(slot, tuple):
        return {"tuple": [_slot_as_data(item) for item in slot]}
    return {"value": slot}


def _slot_from_data(data: dict[str, JSON], program: Program) -> Any:
    ((kind, content),) = data.items()
    match kind:
        case "state":
            return program.states[content]
        case "mark":
            return Mark.by_name[content]
        case "invoke":
            return Invoke(**content)
        case "tuple":
            return tuple(_slot_from_data(item, program) for item in content)
        case _:
            return content
