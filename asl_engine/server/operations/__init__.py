"""What the endpoint can do: one file for each kind of thing, one function for each operation."""

from asl_engine.server.operations import activities, callbacks, executions, machines, tags
from asl_engine.server.operations.registry import OPERATIONS

__all__ = ["OPERATIONS", "activities", "callbacks", "executions", "machines", "tags"]
