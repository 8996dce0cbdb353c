"""What this engine cannot run, although it is right: found before anything runs, with the place and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from asl_engine.model import states as model
from asl_engine.model.base import Part
from asl_engine.model.kinds import CONSTANT, NUMBER
from asl_engine.model.shape import kinds_of
from asl_engine.model.walk import states

DISTRIBUTED_ONLY = frozenset({"item_reader", "item_batcher", "result_writer"})


def not_supported(machine: model.StateMachine) -> Iterator[tuple[str, str]]:
    """Yield (JSON pointer, reason) for each part of a machine that this engine cannot run."""
    yield from unfilled(machine)
    for at in states(machine):
        for field, reason in chain(unfilled(at.state), _unsupported(at.state)):
            yield at.pointer + field, reason


def _unsupported(state: model.State) -> Iterator[tuple[str, str]]:
    if not isinstance(state, model.Map) or state.is_distributed:
        return
    for name in sorted(state.model_fields_set & DISTRIBUTED_ONLY):
        field = _alias(state, name)
        yield field, f"{field[1:]} belongs to Distributed Map; set Mode to DISTRIBUTED in the ProcessorConfig"
    config = state.processor.processor_config if state.processor is not None else None
    if config is not None and config.execution_type is not None:
        place = "/ItemProcessor" if state.item_processor is not None else "/Iterator"
        yield place + "/ProcessorConfig/ExecutionType", "ExecutionType belongs to Distributed Map"


def _alias(part: Part, name: str) -> str:
    return f"/{type(part).model_fields[name].alias}"


def unfilled(part: Part) -> Iterator[tuple[str, str]]:
    """Yield the places of a part where the placeholder of a template stands for a number or truth value."""
    kinds = kinds_of(type(part))
    for name in sorted(part.model_fields_set):
        value = getattr(part, name)
        if isinstance(value, str):
            kind = kinds.get(name)
            is_calculated = value.startswith("{%") and kind is not None and kind.form == NUMBER
            if kind is not None and kind.form in (NUMBER, CONSTANT) and not is_calculated:
                yield _alias(part, name), f"{value!r} stands where a value is needed to run; fill in the placeholder"
        elif isinstance(value, Part):
            if not isinstance(value, model.Block):
                yield from _below(part, name, "", value)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, Part) and not isinstance(item, model.Block):
                    yield from _below(part, name, f"/{index}", item)


def _below(part: Part, name: str, index: str, inner: Part) -> Iterator[tuple[str, str]]:
    for field, reason in unfilled(inner):
        yield _alias(part, name) + index + field, reason
