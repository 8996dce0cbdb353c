"""What the rules about budgets count is what the engine writes, and what is not certain is not told."""

from __future__ import annotations

import json

import pytest

from asl_engine import StateMachine
from asl_engine.rules.check import check_text
from asl_engine.rules.outline import MachineType
from asl_engine.rules.selection import EVERY

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}


def block(**states):
    return {"StartAt": next(iter(states)), "States": states}


def over(items, processor, **fields):
    return {"Type": "Map", "ItemProcessor": processor, "End": True, **fields, **({"Items": items} if items else {})}


def found(definition, code, kind: MachineType = "STANDARD"):
    report = check_text(json.dumps(definition), "a.json", kind, EVERY)
    return [one for one in report.diagnostics if one.code == code]


FORK = block(
    A={"Type": "Parallel", "Branches": [block(B={**TASK, "End": True}), block(C={"Type": "Succeed"})], "Next": "D"},
    D={"Type": "Wait", "Seconds": 1, "End": True},
)
CHOICE = block(
    A={"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "B"}], "Default": "C"},
    B={"Type": "Pass", "End": True},
    C={"Type": "Fail"},
)


@pytest.mark.parametrize(
    "processor", [block(A={**TASK, "End": True}), FORK, CHOICE, block(N=over([1, 2, 3], block(A={"Type": "Succeed"})))]
)
def test_events_are_counted_as_the_engine_writes_them(processor):
    """So many that the history is too long, and what is told of it follows from a run with ten."""
    few, many = ({"QueryLanguage": "JSONata", **block(M=over(f"{{% [1..{n}] %}}", processor))} for n in (10, 5000))
    execution = StateMachine.from_dict(few).run({}, {"f": lambda event, context: event})
    each = (len(list(execution.history)) - 2 - 4) // 10

    assert execution.succeeded
    assert f"write {4 + 5000 * each:,} events at least" in found(many, "ASL208")[0].message
    assert [] == found(few, "ASL208")
    assert [] == found(many, "ASL208", "EXPRESS")


@pytest.mark.parametrize(
    ("before", "fields", "is_known"),
    [
        ({"Result": [0] * 9000}, {}, True),
        ({"Result": {"a": {"b": [0] * 9000}}}, {"ItemsPath": "$.a.b"}, True),
        ({"Result": [0] * 9000, "ResultPath": "$.list"}, {"ItemsPath": "$.list"}, True),
        ({"Result": [0] * 9000, "ResultPath": "$.list"}, {"ItemsPath": "$.other"}, False),
        ({"Result": [0] * 9000, "OutputPath": "$[0]"}, {}, False),
        ({"Result": [0] * 9000}, {"InputPath": "$[0]"}, False),
        ({"Result": [0] * 9}, {}, False),
        ({"Result": "text"}, {"ItemsPath": "$.a"}, False),
        ({}, {}, False),
    ],
)
def test_the_items_of_a_pass_are_counted(before, fields, is_known):
    machine = block(P={"Type": "Pass", **before, "Next": "M"}, M=over(None, block(A={"Type": "Succeed"}), **fields))

    assert is_known == bool(found(machine, "ASL208"))


def test_a_loop_is_told_once_and_at_its_first_state():
    loop = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "E"}], "Default": "B"}
    machine = block(A={"Type": "Pass", "Next": "B"}, B={**TASK, "Next": "C"}, C=loop, E={"Type": "Succeed"})
    [one] = found(machine, "ASL209")

    assert "/States/B" == one.pointer
    assert "about 3,571 rounds" in one.message


@pytest.mark.parametrize(
    "rest",
    [
        {"Type": "Wait", "Seconds": 1},
        {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}},
        {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a"},
        {"Type": "Task", "Resource": "${Work}"},
        {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}},
        {"Type": "Parallel", "Branches": [block(W={"Type": "Wait", "Seconds": 1, "End": True})]},
        {
            "Type": "Map",
            "ItemProcessor": {
                **block(P={"Type": "Pass", "End": True}),
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            },
        },
    ],
)
def test_a_loop_that_rests_or_counts_is_none(rest):
    loop = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "E"}], "Default": "B"}

    assert [] == found(block(B={**rest, "Next": "C"}, C=loop, E={"Type": "Succeed"}), "ASL209")
