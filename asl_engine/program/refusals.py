"""What this engine cannot run, although it is right: found before anything runs, with the place and the reason."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from asl_engine.model import states as model
from asl_engine.model.base import Part, given
from asl_engine.model.choice import ChoiceRule
from asl_engine.model.failures import Retrier
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
    for name in sorted(given(state) & DISTRIBUTED_ONLY):
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
    for name in sorted(part.model_fields_set):
        value = getattr(part, name)
        if isinstance(value, str):
            is_calculated = value.startswith("{%") and not isinstance(part, Retrier)
            if _wants_no_text(part, name) and not is_calculated:
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


_NUMBERS = frozenset({
    "timeout_seconds", "heartbeat_seconds", "seconds", "max_concurrency", "tolerated_failure_count",
    "tolerated_failure_percentage", "interval_seconds", "max_attempts", "backoff_rate", "max_delay_seconds",
})  # fmt: skip


def _wants_no_text(part: Part, name: str) -> bool:
    if isinstance(part, ChoiceRule):
        return name.startswith(("numeric_", "boolean_", "is_")) and not name.endswith("_path")
    return name in _NUMBERS
