"""What this engine cannot run, although it is right: found before anything runs, with the place and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from asl_engine.model import states as model
from asl_engine.model.base import Part
from asl_engine.model.kinds import CONSTANT, NUMBER, Kind
from asl_engine.model.walk import states, values


def not_supported(machine: model.StateMachine) -> Iterator[tuple[str, str]]:
    """Yield (JSON pointer, reason) for each part of a machine that this engine cannot run."""
    yield from unfilled(machine)
    for at in states(machine):
        for field, reason in chain(unfilled(at.state), _unsupported(at.state)):
            yield at.pointer + field, reason


def _unsupported(state: model.State) -> Iterator[tuple[str, str]]:
    if not isinstance(state, model.Map) or state.is_distributed:
        return
    config = state.processor.processor_config if state.processor is not None else None
    if config is not None and config.execution_type is not None:
        place = "/ItemProcessor" if state.item_processor is not None else "/Iterator"
        yield place + "/ProcessorConfig/ExecutionType", "ExecutionType belongs to Distributed Map"


def unfilled(part: Part) -> Iterator[tuple[str, str]]:
    """Yield the places of a part where the placeholder of a template stands for a number or truth value."""
    for pointer, value, kind in values(part, _is_constant_or_number):
        if isinstance(value, str) and not (kind.form == NUMBER and value.startswith("{%")):
            yield pointer, f"{value!r} stands where a value is needed to run; fill in the placeholder"


def _is_constant_or_number(kind: Kind) -> bool:
    return kind.form in (NUMBER, CONSTANT)
