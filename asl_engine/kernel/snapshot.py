"""An execution between two events as plain data, and back.

Everything that a kernel remembers is in its frames, in what it waits for, and in its record; `take` writes that as a
JSON value and `restore` reads it, in the same process or another. Frames whose walk has ended are there as well, as
long as a redrive could open them again. Three things are not in it, since they are not the execution's: the definition
(a snapshot is restored with the program that it was taken from), the activities of the account, and the children of its
Map Runs, which `mapruns/snapshot.py` writes. `FORMAT` changes whenever older snapshots can no longer be read.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Final

from asl_engine.history import Mark, RecordedFailure
from asl_engine.kernel.commands import Command, StartMapRun, StartTask, StartTimer
from asl_engine.kernel.identity import Identity
from asl_engine.kernel.kernel import ENTER, Kernel
from asl_engine.kernel.memory import Frame, Join, Memory
from asl_engine.program.distributed import plan_as_data, plan_from_data
from asl_engine.program.program import Done, Enter, Failed, Fork, Invoke, Move, Program, Shape, State, TimedOut
from asl_engine.values import JSON, parse_json

FORMAT: Final = 5

_FACTS: Final = (
    "status", "input", "output", "error", "cause", "seed", "started_at", "redriven_at", "redrive_count", "now",
    "frame_count", "has_given_way", "is_deadline_set", "envelope_size", "input_max_size",
)  # fmt: skip
_FRAME_FACTS: Final = (
    "input", "max_size", "index", "item", "item_max_size", "variables", "visit", "attempt", "retries",
    "entered_id", "result_max_size", "has_begun", "is_open", "is_submitted",
)  # fmt: skip


def take(memory: Memory) -> dict[str, JSON]:
    """Return what an execution remembers, as a JSON value. Call it between two events."""
    frames, texts = list(memory.frames()), memory.record.texts
    known = {frame.number for frame in frames}
    record = memory.record
    return {
        "format": FORMAT,
        **{name: getattr(memory, name) for name in _FACTS},
        "parent_op": memory.parent_op,
        "identity": memory.identity.as_dict(),
        "frames": [_frame_as_data(frame, texts) for frame in frames],
        "waiting": [[frame.number, command_as_data(command)] for frame, command in memory.waiting.values()],
        "sleeping": {op: _move_as_data(move, texts) for op, move in memory.sleeping.items()},
        "ready": [[frame.number, _move_as_data(move, texts)] for frame, move in memory.ready if frame.is_open],
        "map_runs": [[number, command_as_data(run)] for number, run in memory.map_runs.items() if number in known],
        "event_count": record.event_count,
        "focus": record.focus,
        "records": None if record.entries is None else [_slot_as_data(slot, texts) for slot in record.entries],
    }


def restore(program: Program, data: dict[str, JSON], activities: Container[str] | None = None) -> Kernel:
    """Return a kernel that goes on where the snapshot was taken; `activities` are those that exist, where somebody
    knows. Raises ValueError for a format that it does not know."""
    if data.get("format") != FORMAT:
        raise ValueError(f"the snapshot has format {data.get('format')!r}, and this version reads format {FORMAT}")
    kernel = Kernel(program, data["records"] is not None, data["parent_op"])
    for name in _FACTS:
        setattr(kernel, name, data[name])
    kernel.identity = Identity(**data["identity"])
    kernel.activities = activities
    as_written = _AsWritten()
    frames: dict[int, Frame] = {}
    for frame_data in data["frames"]:
        frames[frame_data["number"]] = _frame_from_data(kernel, frame_data, frames, as_written)
    kernel.root = frames.get(0)
    for number, command_data in data["waiting"]:
        command = command_from_data(frames[number].state, command_data)
        kernel.waiting[command.op] = (frames[number], command)
    for op, move in data["sleeping"].items():
        kernel.sleeping[op] = _move_from_data(move, kernel.waiting[op][0], as_written)
    for number, move in data["ready"]:
        kernel.ready.append((frames[number], _move_from_data(move, frames[number], as_written)))
    for number, command_data in data["map_runs"]:
        map_run = command_from_data(frames[number].state, command_data)
        assert isinstance(map_run, StartMapRun)
        kernel.map_runs[number] = map_run
    record = kernel.record
    record.event_count, record.focus = data["event_count"], data["focus"]
    if data["records"] is not None:
        record.entries = [_slot_from_data(slot, program, as_written) for slot in data["records"]]
        record.texts = {id(value): text for text, value in as_written.items()}
    return kernel


class _AsWritten(dict[str, JSON]):
    """The values that came from outside, by their texts: restored, they are the same object wherever they stand."""

    def __missing__(self, text: str) -> JSON:
        value = self[text] = parse_json(text)
        return value


def _frame_as_data(frame: Frame, texts: dict[int, str]) -> dict[str, JSON]:
    return {
        "input_text": texts.get(id(frame.input)),
        "number": frame.number,
        "parent": None if frame.parent is None else frame.parent.number,
        "block": frame.block.pointer,
        "state": frame.state.pointer,
        "entered_at": frame.entered_at,
        "ops": list(frame.ops),
        "random": _random_as_data(frame),
        "join": None if frame.join is None else _join_as_data(frame.join),
        "is_unsuccessful": _is_unsuccessful(frame),
        **{name: getattr(frame, name) for name in _FRAME_FACTS},
        "retries": None if frame.retries is None else list(frame.retries),
    }


def _random_as_data(frame: Frame) -> list[JSON] | None:
    """Return where the source of chance of this attempt stands, as plain data; None if it was not used."""
    if frame.chance is None or frame.chance[0] != frame.op:
        return None
    version, numbers, gauss = frame.chance[1].getstate()
    return [version, list(numbers), gauss]


def _restore_random(frame: Frame, state: list[JSON] | None) -> None:
    if state is not None:
        version, numbers, gauss = state
        frame.random().setstate((version, tuple(numbers), gauss))


def _is_unsuccessful(frame: Frame) -> bool:
    join = frame.parent.join if frame.parent is not None else None
    return join is not None and join.unsuccessful.get(frame.index) is frame


def _frame_from_data(kernel: Kernel, data: dict[str, JSON], frames: dict[int, Frame], as_written: _AsWritten) -> Frame:
    program = kernel.program
    parent = None if data["parent"] is None else frames[data["parent"]]
    frame = Frame(
        kernel, data["number"], program.blocks[data["block"]], data["input"], data["max_size"], parent, data["index"]
    )
    for name in _FRAME_FACTS:
        setattr(frame, name, data[name])
    if data["input_text"] is not None:
        frame.input = as_written[data["input_text"]]
    frame.data = frame.input
    frame.state = program.states[data["state"]]
    frame.entered_stamp = data["entered_at"]
    frame.retries = None if data["retries"] is None else list(data["retries"])
    frame.ops = tuple(data["ops"])
    if data["join"] is not None:
        frame.join = _join_from_data(data["join"], program)
    if parent is not None and parent.join is not None:
        walks = parent.join.unsuccessful if data["is_unsuccessful"] else parent.join.open
        walks[frame.index] = frame
    _restore_random(frame, data["random"])  # at last: it asks for the op, which the parent's join is a part of
    return frame


def _join_as_data(join: Join) -> dict[str, JSON]:
    return {
        "fork": _fork_as_data(join.fork),
        "op": join.op,
        "next": join.next,
        "results": [[index, result] for index, result in join.results.items()],
        "failures": join.failures,
        "result_max_size": join.result_max_size,
        "input_max_size": join.input_max_size,
    }


def _join_from_data(data: dict[str, JSON], program: Program) -> Join:
    join = Join(_fork_from_data(data["fork"], program), data["op"])
    join.next, join.failures, join.result_max_size = data["next"], data["failures"], data["result_max_size"]
    join.results = dict(data["results"])
    join.input_max_size = data["input_max_size"]
    return join


def _fork_as_data(fork: Fork) -> dict[str, JSON]:
    return {**_slots(fork), "blocks": [block.pointer for block in fork.blocks], "inputs": list(fork.inputs)}


def _fork_from_data(data: dict[str, JSON], program: Program) -> Fork:
    blocks = tuple(program.blocks[pointer] for pointer in data["blocks"])
    return Fork(**{**data, "blocks": blocks, "inputs": list(data["inputs"])})


def command_as_data(command: Command) -> dict[str, JSON]:
    """Return a command that waits for its answer as a JSON value."""
    if isinstance(command, StartTask):
        return {name: value for name, value in _slots(command).items() if name not in ("resource", "state")}
    if isinstance(command, StartMapRun):
        plan = plan_as_data(command.plan)
        return {"op": command.op, "map_run": command.arn, "plan": plan, "redrives": command.redrives}
    assert isinstance(command, StartTimer)
    return {"op": command.op, "at": command.at}


def command_from_data(state: State, data: dict[str, JSON]) -> StartTask | StartTimer | StartMapRun:
    """Return the command that `command_as_data` wrote down, for the state that waits for it."""
    op = data["op"]
    if "at" in data:
        return StartTimer(op, data["at"])
    if "map_run" in data:
        return StartMapRun(op, state.name, data["map_run"], plan_from_data(data["plan"]), data["redrives"])
    assert state.resource is not None
    return StartTask(resource=state.resource, state=state.name, **data)


def _move_as_data(move: Move | None, texts: dict[int, str]) -> dict[str, JSON]:
    """Return what a frame is to do, as a JSON value. Without a move its walk begins, which enters its state as well."""
    if isinstance(move, Done):
        text = texts.get(id(move.result))
        return {"result": move.result} if text is None else {"result_text": text}
    if isinstance(move, Failed):
        return {"failed": [move.error, move.cause, move.matched_as, move.is_of_map_run]}
    if isinstance(move, Shape):
        return {"shape": _fork_as_data(move.fork), "data": move.data}
    return {"matched_as": move.matched_as} if isinstance(move, TimedOut) else {}


def _move_from_data(
    data: dict[str, JSON], frame: Frame, as_written: _AsWritten
) -> Done | Enter | Failed | Shape | TimedOut:
    if "result_text" in data:
        return Done(as_written[data["result_text"]], frame.state.route)
    if "result" in data:
        return Done(data["result"], frame.state.route)
    if "failed" in data:
        return Failed(*data["failed"])
    if "shape" in data:
        return Shape(_fork_from_data(data["shape"], frame.memory.program), data["data"])
    return TimedOut(data["matched_as"]) if "matched_as" in data else ENTER


def _slots(part: StartTask | Fork | Invoke) -> dict[str, JSON]:
    return {name: getattr(part, name) for name in type(part).__slots__}


def _slot_as_data(slot: Any, texts: dict[int, str]) -> dict[str, JSON]:
    """Write one reference of the record; the key says what it is, so no JSON value can be taken for something else."""
    if isinstance(slot, State):
        return {"state": slot.pointer}
    if isinstance(slot, Mark):
        return {"mark": slot.name}
    if isinstance(slot, Invoke):
        return {"invoke": _slots(slot) | {"payload_text": texts.get(id(slot.payload))}}
    if isinstance(slot, RecordedFailure):
        return {"failure": list(slot)}
    if isinstance(slot, tuple):
        return {"tuple": [_slot_as_data(item, texts) for item in slot]}
    text = texts.get(id(slot))
    return {"value": slot} if text is None else {"as_written": text}


def _slot_from_data(data: dict[str, JSON], program: Program, as_written: _AsWritten) -> Any:
    ((kind, content),) = data.items()
    match kind:
        case "state":
            return program.states[content]
        case "mark":
            return Mark.by_name[content]
        case "invoke":
            payload = content.pop("payload_text")
            return Invoke(**(content if payload is None else content | {"payload": as_written[payload]}))
        case "failure":
            return RecordedFailure(*content)
        case "tuple":
            return tuple(_slot_from_data(item, program, as_written) for item in content)
        case "as_written":
            return as_written[content]
        case _:
            return content
