"""Run, test, check and draw AWS Step Functions state machines in plain Python.

machine = StateMachine.load("order.asl.json")
execution = machine.run({"orderId": 7}, functions={"ChargeCard": charge_card})
execution.status, execution.output, execution.path
machine.render("order.svg", execution=execution)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from asl_engine.engine import StateMachine
from asl_engine.errors import (
    AslError,
    Deadlock,
    DefinitionError,
    FunctionNotFound,
    InputError,
    NotSupported,
    RenderError,
    SourceError,
)
from asl_engine.execution import Execution

if TYPE_CHECKING:
    from asl_engine.tasks.answer import Answer
    from asl_engine.tasks.registry import Functions

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "AslError",
    "Deadlock",
    "DefinitionError",
    "Execution",
    "FunctionNotFound",
    "Functions",
    "InputError",
    "NotSupported",
    "RenderError",
    "SourceError",
    "StateMachine",
]

_LATER = {"Answer": "asl_engine.tasks.answer", "Functions": "asl_engine.tasks.registry"}


def __getattr__(name: str) -> Any:
    """Import on first use what costs time to import."""
    if name in _LATER:
        from importlib import import_module

        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
