"""What the stories of the test harness share: states, and workflows of them."""

from __future__ import annotations

from typing import Any

from conftest import chain

from asl_engine import StateMachine
from asl_engine.testing import Workflow

TOKEN = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def calls(function: str, **fields: Any) -> dict[str, Any]:
    """Return a Task that calls a function by its ARN."""
    return {"Type": "Task", "Resource": f"arn:aws:lambda:us-east-1:123456789012:function:{function}", **fields}


def invokes(function: str, **fields: Any) -> dict[str, Any]:
    """Return a Task that calls a function through the Lambda integration, with its whole input."""
    given = {"FunctionName": function, "Payload.$": "$"}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": given, **fields}


def asks(**fields: Any) -> dict[str, Any]:
    """Return a Task that hands its token to a queue, and waits."""
    given = {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}
    return {"Type": "Task", "Resource": TOKEN, "Parameters": given, **fields}


def sends(**fields: Any) -> dict[str, Any]:
    """Return a Task that sends a message to a queue."""
    given = {"QueueUrl": "q", "MessageBody": "m"}
    return {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": given, **fields}


def retries(*errors: str, **fields: Any) -> list[dict[str, Any]]:
    """Return the one retrier of a state."""
    return [{"ErrorEquals": list(errors), "IntervalSeconds": 1, "BackoffRate": 2, **fields}]


def catches(to: str, *errors: str, **fields: Any) -> list[dict[str, Any]]:
    """Return the one catcher of a state."""
    return [{"ErrorEquals": list(errors or ["States.ALL"]), "Next": to, **fields}]


def machine_of(**states: Any) -> StateMachine:
    """Return a machine that walks through states in order."""
    return StateMachine.from_dict(chain(**states))


def flow(**states: Any) -> Workflow:
    """Return a workflow under test that walks through states in order."""
    return Workflow(machine_of(**states))


def payment() -> Workflow:
    """Return a workflow that charges a card, tries again when the bank is busy, and cancels when the card is bad."""
    states = {
        "Charge": calls(
            "ChargeCard", Retry=retries("Busy", MaxAttempts=2), Catch=catches("Cancel", "CardDeclined"), Next="Ship"
        ),
        "Ship": invokes("ShipGoods", OutputPath="$.Payload", End=True),
        "Cancel": {"Type": "Fail", "Error": "Cancelled", "Cause": "the card is bad"},
    }
    return Workflow(StateMachine.from_dict({"StartAt": "Charge", "States": states}))
