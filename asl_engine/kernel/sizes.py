"""The 256 KiB limit, without making the text of each value.

Each frame carries an upper bound of its input's size, `max_size`. Leaving a state, the bound of the output is estimated
from that by arithmetic (`Growth`), and something is measured only when the estimate passes the limit.
"""

from __future__ import annotations

from typing import Final

from asl_engine.kernel.failures import DATA_LIMIT
from asl_engine.kernel.memory import Frame, Memory
from asl_engine.lang.expr import Expr, ExpressionFailed
from asl_engine.program.size_estimates import Growth
from asl_engine.quotas import MAX_BYTES, MAX_VARIABLES
from asl_engine.values import JSON, anew, bound_of, size_of, weight_of


def output_max_size(frame: Frame, growth: Growth | None, seen: int, others: int, output: JSON) -> int:
    """Return a bound of the output's size that is above the limit only when the output itself is.

    `seen` is that of the raw input and the result, `others` that of what else expressions can see. In the cheapest way
    that can tell: by arithmetic, by the part that is new, by that and the part it replaced, and only then whole.
    """
    if growth is not None:
        estimate = growth.factor * (seen + others) + growth.constant
        if estimate <= MAX_BYTES:
            return int(estimate)
        if growth.spliced_at:
            near = _spliced_max_size(frame, growth.spliced_at, output)
            if near <= MAX_BYTES:
                return near
        if growth.factor > _FEW and not growth.is_weighed and weight_of(output, MAX_BYTES) > MAX_BYTES:
            return MAX_BYTES + 1
    return bound_of(output, MAX_BYTES // 8)  # rough only where later estimates have room for it


_FEW: Final = 8
"""How often a template may repeat what it sees, for the text of the value to be made without weighing it first."""

_LARGE: Final = 16 * MAX_BYTES
"""The weight of a variable of which the size is not told to the byte, as its text would fill the memory."""


def _spliced_max_size(frame: Frame, steps: tuple[str | int, ...], output: JSON) -> int:
    """Bound an output that is the raw input with one place changed."""
    spine = sum(size_of(step) + 4 for step in steps)
    near = frame.max_size + size_of(_value_at(output, steps)) + spine
    if near <= MAX_BYTES:
        return near
    try:
        replaced = _value_at(frame.input, steps)
    except (LookupError, TypeError):
        return near
    return near - size_of(replaced) - spine


def _value_at(value: JSON, steps: tuple[str | int, ...]) -> JSON:
    for step in steps:
        value = value[step]
    return value


def assign(memory: Memory, frame: Frame, make: Expr) -> dict[str, JSON]:
    """Return what an `Assign` makes; raise ExpressionFailed where the variables pass a limit.

    There are three (AWS quotas): 256 KiB for one variable, as much for all of one `Assign`, and 10 MiB for an
    execution. The texts of the values count, and not their names (recorded, September 2026).
    """
    assigned: dict[str, JSON] = make(frame)
    if texts := memory.record.texts:
        assigned = {name: anew(value) if id(value) in texts else value for name, value in assigned.items()}
    is_huge = weight_of(assigned, _LARGE) > _LARGE
    size = _LARGE if is_huge else bound_of(assigned)
    if size > MAX_BYTES:
        check_assignment(frame.state.name, assigned)
    memory.envelope_size += size
    if memory.envelope_size <= MAX_VARIABLES:
        return assigned
    variables = {**frame.variables, **assigned}
    memory.envelope_size = min(memory.envelope_size, size_of(variables) + memory.input_max_size)
    over = sum(map(size_of, variables.values())) - MAX_VARIABLES
    if over > 0:
        excess = f"State '{frame.state.name}' assigned variables that exceed the total execution limit by {over} bytes."
        raise _of_assign(f"Execution total variable size limit exceeded. {excess}")
    return assigned


def check_assignment(state_name: str, assigned: dict[str, JSON]) -> None:
    """Raise ExpressionFailed for what is too large for one `Assign`, in AWS's words (recorded, September 2026)."""
    held = 0
    for name, value in assigned.items():
        if weight_of(value, _LARGE) > _LARGE:
            variable = f"Variable '{name}' in state '{state_name}' was assigned more than {_LARGE} bytes"
            raise _of_assign(f"Variable size limit exceeded. {variable}.")
        size = size_of(value)
        held += size
        variable = f"Variable '{name}' in state '{state_name}' was assigned {size} bytes"
        if size > MAX_BYTES:
            raise _of_assign(f"Variable size limit exceeded. {variable}.")
        if held > MAX_BYTES:
            excess = f"the size of variables assigned in the state to exceed its limit by {held - MAX_BYTES} bytes."
            raise _of_assign(f"State total variable size limit exceeded. {variable}, which caused {excess}")


def _of_assign(cause: str) -> ExpressionFailed:
    return ExpressionFailed(cause, DATA_LIMIT, names_place=False, location="Assign")


def is_payload_too_large(frame: Frame, growth: Growth | None, others: int, payload: JSON) -> bool:
    """Tell whether an effective input passes the limit; without `Parameters` it cannot be larger than the input."""
    if growth is None or growth.factor * (frame.max_size + others) + growth.constant <= MAX_BYTES:
        return False
    if growth.factor > _FEW and not growth.is_weighed and weight_of(payload, MAX_BYTES) > MAX_BYTES:
        return True
    return size_of(payload) > MAX_BYTES


def too_large(label: str) -> str:
    """Return the cause of States.DataLimitExceeded (recorded)."""
    excess = "returned a result with a size exceeding the maximum number of bytes service limit."
    return f"The state/task '{label}' {excess}"
