"""Workflows tested like code: mocks, virtual time, assertions, coverage.

With pytest, the fixture `workflow` is there when `asl_engine` is installed:

    def test_a_declined_card(workflow):
        order = workflow("order.asl.json")
        order.mock("Charge", TaskError("CardDeclined"))

        execution = order.run({"orderId": 7})

        assert execution.path == ["Charge", "Cancel"]

Without pytest, `Workflow("order.asl.json")` is the same.

    workflow.py --mocks.py (mock.py), performer.py, outside.py--> execution.py (account.py) --coverage.py--> report.py
    state.py: one state; replay.py (recording.py): a history from AWS, run again; explore.py: which outcomes lead where;
    plugin.py: pytest
"""

from asl_engine.tasks.answer import Answer
from asl_engine.tasks.error import TaskError
from asl_engine.testing.execution import TestedExecution
from asl_engine.testing.explore import explore
from asl_engine.testing.mock import NO_ANSWER, Mock
from asl_engine.testing.outside import send_failure, send_heartbeat, send_success, stop
from asl_engine.testing.replay import replay
from asl_engine.testing.strategies import inputs
from asl_engine.testing.workflow import Workflow

__all__ = [
    "NO_ANSWER",
    "Answer",
    "Mock",
    "TaskError",
    "TestedExecution",
    "Workflow",
    "explore",
    "inputs",
    "replay",
    "send_failure",
    "send_heartbeat",
    "send_success",
    "stop",
]
