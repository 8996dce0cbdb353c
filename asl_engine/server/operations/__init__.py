"""What the endpoint can do: one file for each kind of thing, one function for each operation."""

from asl_engine.server.operations import executions, machines, test_state
from asl_engine.server.operations.registry import OPERATIONS

__all__ = ["OPERATIONS", "executions", "machines", "test_state"]
