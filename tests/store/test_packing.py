"""Histories of what has ended: packed into few bytes, and read as the events that they were."""

from __future__ import annotations

import pytest
from conftest import START, chain, one_state, scripted

from asl_engine import StateMachine
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.history import read_events
from asl_engine.kernel import ExecutionStarted, Identity, Kernel
from asl_engine.program.program import State
from asl_engine.store import StoreFailed
from asl_engine.store.sqlite.packing import FORMAT, pack, unpack
from asl_engine.tasks.perform import Performer
from asl_engine.tasks.registry import Functions

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:f"
WORK = {
    "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 9, "HeartbeatSeconds": 5,
    "Parameters": {"FunctionName": "f", "Payload.$": "$"},
    "Retry": [{"ErrorEquals": ["ValueError"], "MaxAttempts": 1}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.caught", "Next": "Both"}],
}  # fmt: skip
EVERYTHING = chain(
    Begin={"Type": "Pass", "Result": {"n": 1, "x": 1.0, "big": 10**30, "text": "\ud800é"}, "Assign": {"v.$": "$.n"}},
    Work=WORK,
    Both={
        "Type": "Parallel", "ResultPath": "$.both",
        "Branches": [chain(Left={"Type": "Pass"}), chain(Right={"Type": "Wait", "Seconds": 5})],
    },
    Each={"Type": "Map", "ItemsPath": "$.both", "ItemProcessor": one_state(Type="Task", Resource=LAMBDA), "End": True},
)  # fmt: skip


def records_of(definition, value, *script):
    """Return what the kernel wrote down of an execution whose function follows a script."""
    kernel = Kernel(StateMachine.from_dict(definition).program)
    driver = VirtualDriver(kernel, Performer(Functions.of({"f": scripted(*script)})))
    driver.run(ExecutionStarted(START, value, Identity("run"), 0))
    return kernel.records


@pytest.mark.parametrize(
    ("definition", "script"),
    [
        (EVERYTHING, (ValueError("no"), KeyError("really"), 1, 2)),
        (EVERYTHING, (ValueError("no"), {"ok": True}, 1, ZeroDivisionError("late"))),
        (one_state(Type="Fail", Error="E", Cause="C"), ()),
        (one_state(Type="Wait", SecondsPath="$.none"), ()),
    ],
)
def test_a_packed_history_is_the_original(definition, script):
    """Slot by slot, with marks and failures, values shared as before; events as AWS writes them; and again."""
    records = records_of(definition, {"start": None}, *script)
    body = pack(records)
    again = unpack(body)

    assert read_events(records) == read_events(again)
    assert [(mine.name, mine.pointer) if type(mine) is State else "" for mine in records] == [
        (other.name, other.pointer) if type(other) is State else "" for other in again
    ]
    assert body == pack(again)


def test_a_value_is_there_once():
    """A hundred states hand the same 5 kB on: what they take together is what one does, and a few bytes each."""
    value = {"text": [f"item {number}" for number in range(500)]}
    states = {f"P{number}": {"Type": "Pass"} for number in range(100)}

    alone, many = (len(pack(records_of(definition, value))) for definition in (chain(P0=states["P0"]), chain(**states)))
    assert many < alone + 100 * 12


def test_a_format_of_a_newer_version_is_refused():
    body = pack(["a record"])

    with pytest.raises(StoreFailed, match=f"a history has format {FORMAT + 1}, and this version reads format {FORMAT}"):
        unpack(bytes((FORMAT + 1,)) + body[1:])
