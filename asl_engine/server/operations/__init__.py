"""What the endpoint can do: one file for each kind of thing, one function for each operation."""

from asl_engine.server.operations import (
    activities,
    aliases,
    callbacks,
    executions,
    express,
    machines,
    map_runs,
    state_tests,
    tags,
    validation,
    versions,
)
from asl_engine.server.operations.registry import OPERATIONS

__all__ = [
    "OPERATIONS",
    "activities",
    "aliases",
    "callbacks",
    "executions",
    "express",
    "machines",
    "map_runs",
    "state_tests",
    "tags",
    "validation",
    "versions",
]
