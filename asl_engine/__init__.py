"""Run, test, check and draw AWS Step Functions state machines in plain Python.

machine = StateMachine.load("order.asl.json")
execution = machine.run({"orderId": 7}, functions={"ChargeCard": charge_card})
execution.status, execution.output, execution.path
machine.render("order.svg", execution=execution)
"""

from __future__ import annotations

from asl_engine.checking import check, check_text, explain
from asl_engine.engine import StateMachine
from asl_engine.errors import (
    AslError,
    Deadlock,
    DefinitionError,
    EndlessExecution,
    FunctionNotFound,
    InputError,
    MockError,
    NotRedrivable,
    NotSupported,
    RenderError,
    SourceError,
    UsageError,
)
from asl_engine.execution import Execution
from asl_engine.tasks.answer import Answer
from asl_engine.tasks.error import TaskError
from asl_engine.tasks.registry import Functions

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "AslError",
    "Deadlock",
    "DefinitionError",
    "EndlessExecution",
    "Execution",
    "FunctionNotFound",
    "Functions",
    "InputError",
    "MockError",
    "NotRedrivable",
    "NotSupported",
    "RenderError",
    "SourceError",
    "StateMachine",
    "TaskError",
    "UsageError",
    "check",
    "check_text",
    "explain",
]


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
