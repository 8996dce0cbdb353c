"""Workflows tested like code: mocks, virtual time, assertions, coverage.

With pytest, the fixture `workflow` is there when `asl_engine` is installed:

    def test_a_declined_card(workflow):
        order = workflow("order.asl.json")
        order.mock("Charge", TaskError("CardDeclined"))

        execution = order.run({"orderId": 7})

        assert execution.path == ["Charge", "Cancel"]

Without pytest, `Workflow("order.asl.json")` is the same.

    workflow.py --mocks.py (mock.py), performer.py, schedule.py--> execution.py (account.py) --> coverage/
    state.py: one state; recording/: a history from AWS, run again;
    exploration/: which outcomes lead where; debugger/: step by step; plugin.py: pytest
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from asl_engine.tasks.answer import Answer
    from asl_engine.tasks.error import TaskError
    from asl_engine.testing.execution import TestedExecution
    from asl_engine.testing.exploration import explore
    from asl_engine.testing.mock import NO_ANSWER, Mock
    from asl_engine.testing.recording.likeness import alike
    from asl_engine.testing.recording.replaying import replay
    from asl_engine.testing.schedule import send_failure, send_heartbeat, send_success, stop
    from asl_engine.testing.strategies import inputs
    from asl_engine.testing.workflow import Workflow

__all__ = [
    "NO_ANSWER",
    "Answer",
    "Mock",
    "TaskError",
    "TestedExecution",
    "Workflow",
    "alike",
    "explore",
    "inputs",
    "replay",
    "send_failure",
    "send_heartbeat",
    "send_success",
    "stop",
]

_PLACES: Final = {
    "NO_ANSWER": "asl_engine.testing.mock",
    "Answer": "asl_engine.tasks.answer",
    "Mock": "asl_engine.testing.mock",
    "TaskError": "asl_engine.tasks.error",
    "TestedExecution": "asl_engine.testing.execution",
    "Workflow": "asl_engine.testing.workflow",
    "alike": "asl_engine.testing.recording.likeness",
    "explore": "asl_engine.testing.exploration",
    "inputs": "asl_engine.testing.strategies",
    "replay": "asl_engine.testing.recording.replaying",
    "send_failure": "asl_engine.testing.schedule",
    "send_heartbeat": "asl_engine.testing.schedule",
    "send_success": "asl_engine.testing.schedule",
    "stop": "asl_engine.testing.schedule",
}
"""Where each name is. They are imported when somebody asks for them: pytest loads the plugin, and with it this package,
in every run of an environment that has us installed, and most of those runs test something else."""


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return __all__
