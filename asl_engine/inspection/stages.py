"""The data flow of a state, stage by stage.

Each function here does one half of the flow and notes in `values`, under AWS's names, what the stages made of it. Which
stages are shown of which state is as recorded: a Pass with a `Result` shows nothing of its first half, a Parallel
nothing of its own, and in JSONata a Task shows `afterArguments` and the others nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from asl_engine.catalogue.resource import parse_resource
from asl_engine.inspection.limit import limited
from asl_engine.inspection.scope import Scope
from asl_engine.model import states as model
from asl_engine.model.maps import ItemReader
from asl_engine.program.batches import batched
from asl_engine.program.dataflow import Stage, selected_items, value_of
from asl_engine.program.distributed import Batching, batching_of
from asl_engine.program.language import Language
from asl_engine.program.states import check_function_name
from asl_engine.program.thresholds import tolerated_failures
from asl_engine.values import ABSENT, JSON

Values: TypeAlias = dict[str, Any]
"""What each stage made, by AWS's name of the stage."""


def through(stages: Sequence[Stage], scope: Scope, value: JSON, values: Values) -> JSON:
    """Go through the stages of one half, from `value` on; return what comes out."""
    for stage in stages:
        if stage.change is not None:
            value = limited(stage.change(scope, value))
        if stage.name:
            values[stage.name] = value
    return value


def task_payload(state: model.Task, language: Language, scope: Scope, values: Values) -> JSON:
    """What the task is called with."""
    payload = limited(through(language.entering(state), scope, scope.data, values))
    if parse_resource(state.resource).is_invoke:
        check_function_name(payload)
    return payload


def pass_result(state: model.Pass, language: Language, scope: Scope, values: Values) -> JSON:
    """The effective input of a Pass, or its fixed `Result`, which alone is shown."""
    has_result = state.result not in (ABSENT, None)
    effective = limited(through(language.entering(state), scope, scope.data, {} if has_result else values))
    if not has_result:
        return effective
    values["result"] = state.result
    return state.result


def map_inputs(
    state: model.Map, language: Language, scope: Scope, values: Values, read: list[JSON] | None
) -> tuple[list[JSON], float | None]:
    """The items of a Map, as its iterations would get them, and how many may fail.

    `read` are the items that an `ItemReader` would have read.
    """
    data = through(language.entering(state), scope, scope.data, values)
    inputs = items = _items(state, language, scope, values) if read is None else read
    if read is not None and state.item_reader is not None and _points(state.item_reader):
        values["afterItemsPointer"] = limited(read)
    select, batching = language.selector(state), batching_of(state, language)
    if select is not None:
        inputs = selected_items(select, scope, items)
        values["afterItemSelector"] = limited(inputs)
        scope.data = data
    if batching is not None:
        inputs = _batches(batching(scope), inputs)
        values["afterItemBatcher"] = limited(inputs)
    return inputs, _tolerated(state, language, scope, values, len(items))


def _points(reader: ItemReader) -> bool:
    return reader.reader_config is not None and reader.reader_config.items_pointer is not None


def _items(state: model.Map, language: Language, scope: Scope, values: Values) -> list[JSON]:
    items: list[JSON] = language.items(state)(scope)
    if language.items_stage:
        values[language.items_stage] = limited(items)
    return items


def _batches(batching: Batching, items: list[JSON]) -> list[JSON]:
    if batching.batch_input is not ABSENT:
        limited(batching.batch_input)
    return [batch.input for batch in batched(batching, items)]


def _tolerated(state: model.Map, language: Language, scope: Scope, values: Values, items: int) -> float | None:
    """MaxConcurrency and how many failures are tolerated; the latter is shown where the state names it."""
    values["maxConcurrency"] = value_of(language.integer(state, "max_concurrency", 0), scope) or 0
    count = value_of(language.integer(state, "tolerated_failure_count", 0), scope)
    share = value_of(language.percentage(state, "tolerated_failure_percentage"), scope)
    if count is not None:
        values["toleratedFailureCount"] = count
    if share is not None:
        values["toleratedFailurePercentage"] = float(share)
    return tolerated_failures(count, share, items)
