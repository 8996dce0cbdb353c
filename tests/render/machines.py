"""Definitions and histories that the tests of this folder share."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from asl_engine.model.states import StateMachine


def machine(start_at: str, **states: dict[str, Any]) -> StateMachine:
    return StateMachine.model_validate({"StartAt": start_at, "States": states})


def named(*names: str) -> StateMachine:
    """A chain of Pass states with these names."""
    states = {name: {"Type": "Pass", "Next": after} for name, after in pairwise(names)}
    states[names[-1]] = {"Type": "Pass", "End": True}
    return StateMachine.model_validate({"StartAt": names[0], "States": states})


def order() -> StateMachine:
    """A loop, a Parallel with a catch, a retry, a failure."""
    return machine(
        "Check",
        Check={
            "Type": "Task",
            "Resource": "arn:aws:lambda:eu-west-1:1:function:F",
            "Next": "Stock",
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}],
        },
        Stock={
            "Type": "Choice",
            "Default": "Wait",
            "Choices": [{"Variable": "$.n", "NumericGreaterThan": 0, "Next": "Both"}],
        },
        Wait={"Type": "Wait", "Seconds": 60, "Next": "Check"},
        Both={
            "Type": "Parallel",
            "Next": "Done",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refund"}],
            "Branches": [
                {"StartAt": "Charge", "States": {"Charge": {"Type": "Task", "Resource": "arn:x", "End": True}}},
                {"StartAt": "Ship", "States": {"Ship": {"Type": "Task", "Resource": "arn:x", "End": True}}},
            ],
        },
        Refund={"Type": "Fail", "Error": "NoMoney"},
        Done={"Type": "Succeed"},
    )


def history(*rows: tuple[str, int, str]) -> list[dict[str, Any]]:
    """Return events from (type, previousEventId, name of the state or of the error)."""
    return [_event(number, *row) for number, row in enumerate(rows, 1)]


def _event(number: int, kind: str, previous: int, word: str) -> dict[str, Any]:
    event: dict[str, Any] = {"id": number, "type": kind, "previousEventId": previous}
    if kind.endswith("StateEntered"):
        return event | {"stateEnteredEventDetails": {"name": word, "input": "{}"}}
    if kind.endswith("StateExited"):
        return event | {"stateExitedEventDetails": {"name": word, "output": "{}"}}
    return event | ({kind[0].lower() + kind[1:] + "EventDetails": {"error": word, "cause": ""}} if word else {})
