"""The limit of 256 KiB on what a stage may make.

A template of a few kilobytes can ask for its input a thousand times over. The parts are shared, so the value is small;
its text would not be, and is made only where it stays small.
"""

from __future__ import annotations

from asl_engine.inspection.subject import NAME
from asl_engine.kernel.failures import DATA_LIMIT
from asl_engine.kernel.sizes import check_assignment, too_large
from asl_engine.lang.expr import ExpressionFailed
from asl_engine.quotas import MAX_BYTES
from asl_engine.values import JSON, size_of, weight_of


def limited(value: JSON) -> JSON:
    """Return the value; raise ExpressionFailed with `States.DataLimitExceeded` for one that is too large."""
    if _is_surely_larger(value) or size_of(value) > MAX_BYTES:
        raise ExpressionFailed(too_large(NAME), DATA_LIMIT, names_place=False)
    return value


def limited_variables(assigned: dict[str, JSON]) -> dict[str, JSON]:
    """Return what an `Assign` assigns; raise ExpressionFailed with `States.DataLimitExceeded` where it is too much."""
    for value in assigned.values():
        if isinstance(value, (dict, list)) and _is_surely_larger(value):  # its size would take too long to tell
            limited(value)
    check_assignment(NAME, assigned)
    return assigned


def _is_surely_larger(value: JSON) -> bool:
    """Tell whether the text must be larger than the limit, without making it."""
    return weight_of(value, MAX_BYTES) > MAX_BYTES
