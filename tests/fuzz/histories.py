"""Fuzzes the readers of histories: replay, tests made of histories, pictures; `--seconds N --seed S`.

Executions of small machines are recorded; then events go, come again, change places, or hold what does not belong
there, and now and then the text of the file is changed, too. What is no history is refused with an error of
`errors.py`, whoever reads it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from campaign import main

from asl_engine import StateMachine, TaskError
from asl_engine.errors import AslError
from asl_engine.history.files import read_history, read_whole_history
from asl_engine.render.draw import draw
from asl_engine.testing.recording.from_history import test_from
from asl_engine.testing.recording.recording import read_recording
from asl_engine.testing.recording.replaying import replay

LAMBDA: Final = "arn:aws:lambda:us-east-1:123456789012:function:"


def _machine(**states: Any) -> StateMachine:
    return StateMachine.from_dict({"StartAt": next(iter(states)), "States": states})


TASK: Final = {"Type": "Task", "Resource": f"{LAMBDA}f"}
INNER: Final = [{"StartAt": f"I{n}", "States": {f"I{n}": {**TASK, "End": True}}} for n in range(3)]
RETRY: Final = [{"ErrorEquals": ["E"], "MaxAttempts": 2}]
CATCH: Final = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
MACHINES: Final = (
    _machine(A={**TASK, "Retry": RETRY, "Catch": CATCH, "Next": "C"},
             C={"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": True, "Next": "W"}]},
             W={"Type": "Wait", "Seconds": 5, "Next": "S"}, S={"Type": "Succeed"}),
    _machine(M={"Type": "Map", "ItemProcessor": INNER[0], "Catch": CATCH, "Next": "P"},
             P={"Type": "Parallel", "Branches": INNER[1:], "Catch": CATCH, "Next": "C"},
             C={"Type": "Pass", "Assign": {"v.$": "$"}, "End": True}),
    _machine(A={**TASK, "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": 9,
                "Parameters": {"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}}, "Catch": CATCH, "Next": "C"},
             C={"Type": "Fail", "Error": "E", "Cause": "c"}),
)  # fmt: skip


def _recorded(machine: StateMachine, chance: Random) -> list[dict[str, Any]]:
    def f(event: Any, context: Any) -> Any:
        if chance.random() < 0.4:
            raise TaskError(chance.choice(("E", "F")), "because")
        return {"n": chance.randrange(3)}

    execution = machine.run([1, 2], {"f": f}, seed=1)
    events: list[dict[str, Any]] = json.loads(json.dumps(list(execution.history), default=str))
    return events


RECORDED: Final = [
    (machine, _recorded(machine, Random(number))) for machine in MACHINES for number in range(4)
]  # fmt: skip

VALUES: Final = (
    None, True, 0, -1, 1.5, 10**30, 1e308, "", "x", "A", "I", "{}", "[", "[" * 2_000, "1e400", "9" * 5_000, "\ud800",
    "\x1b[2J", "NaN", [], {}, [[]], "2026-01-01T00:00:00Z", "9999-99-99", "x" * 50_000,
    "ExecutionStarted", "ExecutionSucceeded", "TaskStateEntered", "PassStateExited", "LambdaFunctionFailed",
    "MapIterationStarted", "I1", "ParallelStateStarted", "TaskTimedOut", "ExecutionRedriven", "MapRunStarted",
)  # fmt: skip


class Case(NamedTuple):
    """The text of a history, the number of the recording that it was once, and what reads it."""

    text: str
    recording: int
    reader: str


def _change(events: list[Any], chance: Random) -> None:
    at = chance.randrange(len(events)) if events else 0
    match chance.randrange(6) if events else 0:
        case 0:
            events.insert(at, chance.choice(VALUES))
        case 1:
            del events[at]
        case 2:
            events.insert(chance.randrange(len(events)), json.loads(json.dumps(events[at])))
        case 3:
            other = chance.randrange(len(events))
            events[at], events[other] = events[other], events[at]
        case _:
            _change_member(events[at], chance)


def _change_member(event: Any, chance: Random) -> None:
    holder = event
    while isinstance(holder, dict) and holder:
        name = chance.choice(sorted(holder))
        if isinstance(holder[name], dict) and chance.random() < 0.8:
            holder = holder[name]
            continue
        match chance.randrange(4):
            case 0:
                del holder[name]
            case 1:
                holder[chance.choice(("previousEventId", "input", "name", "x", "stateEnteredEventDetails"))] = holder[
                    name
                ]
            case _:
                holder[name] = chance.choice((*VALUES, chance.randrange(30), chance.randrange(30)))
        return


def make(chance: Random) -> Case:
    """Return a history that was sound once."""
    number = chance.randrange(len(RECORDED))
    events: list[Any] = json.loads(json.dumps(RECORDED[number][1]))
    for _ in range(chance.choice((0, 1, 1, 2, 5))):
        _change(events, chance)
    text = json.dumps(events if chance.random() < 0.1 else {"events": events})
    if chance.random() < 0.05:
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice((*'{}[]",:\\', "1e999", "NaN")) + text[at + chance.randrange(5) :]
    return Case(text, number, chance.choice(("replay", "replay", "test", "picture", "whole")))


def attempt(case: Case) -> str:
    """Read a history, and say how that ended."""
    machine = RECORDED[case.recording][0]
    try:
        events = read_history(json.loads(case.text), "h.json")
    except ValueError:  # also UsageError
        return "refused"
    try:
        return f"{case.reader}: {_read(case.reader, machine, events)}"
    except AslError:
        return f"{case.reader}: refused"


def _read(reader: str, machine: StateMachine, events: Any) -> str:
    match reader:
        case "replay":
            return _replayed(machine, events)
        case "test":
            compile(test_from(read_recording(events), "m.json", "a history", replay(machine, events).execution),
                    "test.py", "exec")  # fmt: skip
        case "picture":
            draw(machine.model, events, form="mermaid", look={})
            draw(machine.model, events, form="dot", look={})
        case "whole":
            read_whole_history(events)
    return "read"


def _replayed(machine: StateMachine, events: Any) -> str:
    result = replay(machine, events)
    if result.divergence is None:
        return "the same"
    str(result.divergence)
    if result.execution is not None:
        result.execution.account()
    return "different"


if __name__ == "__main__":
    main(make, attempt, __doc__ or "")
