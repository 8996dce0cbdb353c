"""The data flow of a state, stage by stage, in both query languages.

Each function here does one half of the flow and notes in `told`, under AWS's names, what the stages made of it. Which
stages are told of which state is as recorded: a Pass with a `Result` tells nothing of its first half, a Parallel
nothing of its own, and in JSONata a Task tells `afterArguments` and the others nothing.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from asl_engine.catalogue.resource import parse_resource
from asl_engine.inspection.limit import limited
from asl_engine.inspection.scope import Scope
from asl_engine.lang.aws_jsonata import compile_query
from asl_engine.lang.jsonpath.templates import compile_template
from asl_engine.model import states as model
from asl_engine.model.maps import ItemReader
from asl_engine.program import jsonata, states
from asl_engine.program.dataflow import compile_enter, compile_input_path, compile_result_path
from asl_engine.program.moves import Move
from asl_engine.program.numbers import at_least_zero, integer_of, percentage_of, seconds_of
from asl_engine.program.program import State
from asl_engine.program.states import selected_items, tolerated_failures, with_function_name
from asl_engine.values import ABSENT, JSON, json_text, size_of

Told: TypeAlias = dict[str, Any]
"""What each stage made, by AWS's name of the stage."""


def move_of(state: model.State, compiled: State, scope: Scope, is_jsonata: bool) -> Move:
    """Return the move of a state that needs nobody to do its work."""
    runs = jsonata.RUNS if is_jsonata else states.RUNS
    return runs[type(state)](state, compiled, ())(scope)


def select_input(state: model.State, scope: Scope, told: Told) -> JSON:
    """InputPath: from the raw input to the selection, which becomes `$`."""
    selection = compile_input_path(getattr(state, "input_path", "$"))
    if selection is not None:
        scope.data = selection(scope)
    told["afterInputPath"] = limited(scope.data)
    return scope.data


def task_payload(state: model.Task, scope: Scope, told: Told, is_jsonata: bool) -> JSON:
    """Parameters or Arguments: what the task is called with."""
    resource = parse_resource(state.resource)
    if is_jsonata:
        enter = jsonata.arguments_of(state.arguments)
    else:
        select_input(state, scope, told)
        enter = compile_enter("$", state.parameters)
    if resource.is_invoke:
        enter = with_function_name(enter)
    payload = limited(enter(scope))
    if not is_jsonata:
        told["afterParameters"] = payload
    elif state.arguments is not ABSENT:
        told["afterArguments"] = payload
    return payload


def task_timeout(state: model.Task, scope: Scope, is_jsonata: bool) -> int | None:
    """How many seconds the task may take; None when it says nothing."""
    if is_jsonata:
        return jsonata.number_of("TimeoutSeconds", state.timeout_seconds)(scope)
    read = seconds_of("TimeoutSeconds", state.timeout_seconds, state.timeout_seconds_path)
    return read(scope) if read is not None else None


def pass_result(state: model.Pass, scope: Scope, told: Told, is_jsonata: bool) -> JSON:
    """Parameters of a Pass, or its fixed `Result`, of which alone is told."""
    if is_jsonata:
        return scope.data
    first_half: Told = told if state.result in (ABSENT, None) else {}
    select_input(state, scope, first_half)
    first_half["afterParameters"] = result = limited(compile_enter("$", state.parameters)(scope))
    if first_half is told:
        return result
    told["result"] = state.result
    return state.result


def parallel_input(state: model.Parallel, scope: Scope, is_jsonata: bool) -> JSON:
    """What each branch would get; nothing of it is told (recorded)."""
    if is_jsonata:
        return limited(jsonata.arguments_of(state.arguments)(scope))
    return limited(compile_enter(state.input_path, state.parameters)(scope))


def map_inputs(
    state: model.Map, scope: Scope, told: Told, is_jsonata: bool, read: list[JSON] | None
) -> tuple[list[JSON], float | None]:
    """The items of a Map, as its iterations would get them, and how many may fail.

    `read` are the items that an `ItemReader` would have read.
    """
    items = _items_jsonata(state, scope, read) if is_jsonata else _items_jsonpath(state, scope, told, read)
    if read is not None and state.item_reader is not None and _points(state.item_reader):
        told["afterItemsPointer"] = limited(read)
    data, inputs = scope.data, items
    template = state.item_selector if state.item_selector is not ABSENT else state.parameters
    if template is not ABSENT:
        select = compile_query(template, "ItemSelector") if is_jsonata else compile_template(template)
        inputs = selected_items(select, scope, data, items)
        told["afterItemSelector"] = limited(inputs)
        scope.data = data
    if state.item_batcher is not None:
        inputs = _batches(state, scope, inputs, is_jsonata)
        told["afterItemBatcher"] = limited(inputs)
        scope.data = data
    return inputs, _limits(state, scope, told, is_jsonata, len(items))


def _points(reader: ItemReader) -> bool:
    return reader.reader_config is not None and reader.reader_config.items_pointer is not None


def _items_jsonata(state: model.Map, scope: Scope, read: list[JSON] | None) -> list[JSON]:
    items: list[JSON] = read if read is not None else jsonata.items_of(state.items)(scope)
    return items


def _items_jsonpath(state: model.Map, scope: Scope, told: Told, read: list[JSON] | None) -> list[JSON]:
    select_input(state, scope, told)
    if read is not None:
        return read
    items: list[JSON] = states.items_of(state.items_path)(scope)
    told["afterItemsPath"] = limited(items)
    return items


def _limits(state: model.Map, scope: Scope, told: Told, is_jsonata: bool, items: int) -> float | None:
    """MaxConcurrency and the tolerated failures; the latter are told where the state names them."""
    if is_jsonata:
        limit_of = jsonata.number_of("MaxConcurrency", state.max_concurrency, least=0)
        count_of = jsonata.number_of("ToleratedFailureCount", state.tolerated_failure_count, least=0)
        share_of = jsonata.percentage_of("ToleratedFailurePercentage", state.tolerated_failure_percentage)
    else:
        limit_of = integer_of("MaxConcurrencyPath", state.max_concurrency, state.max_concurrency_path)
        count_path, share_path = state.tolerated_failure_count_path, state.tolerated_failure_percentage_path
        count_of = integer_of("ToleratedFailureCountPath", state.tolerated_failure_count, count_path)
        share_of = percentage_of(state.tolerated_failure_percentage, share_path)
    told["maxConcurrency"] = at_least_zero("MaxConcurrency", limit_of(scope))
    count, share = count_of(scope), share_of(scope)
    if count is not None:
        told["toleratedFailureCount"] = count
    if share is not None:
        told["toleratedFailurePercentage"] = float(share)
    return tolerated_failures(count, share, items)


def _batches(state: model.Map, scope: Scope, items: list[JSON], is_jsonata: bool) -> list[JSON]:
    """Group items as `ItemBatcher` says: at most so many, and at most so many bytes, in the input of one child."""
    batcher = state.item_batcher
    assert batcher is not None
    most_items = _most(
        scope, "MaxItemsPerBatch", batcher.max_items_per_batch, batcher.max_items_per_batch_path, is_jsonata
    )
    most_bytes = _most(
        scope,
        "MaxInputBytesPerBatch",
        batcher.max_input_bytes_per_batch,
        batcher.max_input_bytes_per_batch_path,
        is_jsonata,
    )
    around: dict[str, JSON] = {}
    if batcher.batch_input is not ABSENT:
        template = batcher.batch_input
        make = compile_query(template, "ItemBatcher/BatchInput") if is_jsonata else compile_template(template)
        around = {"BatchInput": limited(make(scope))}
    batches: list[JSON] = []
    batch: list[JSON] = []
    used = empty = size_of({**around, "Items": []})
    for item in items:
        size = len(json_text(item).encode("utf-8", "surrogatepass")) + 1
        is_full = (most_items and len(batch) >= most_items) or (most_bytes and used + size > most_bytes)
        if batch and is_full:
            batches.append({**around, "Items": batch})
            batch, used = [], empty
        batch.append(item)
        used += size
    return [*batches, {**around, "Items": batch}] if batch else batches


def _most(scope: Scope, field: str, fixed: Any, path: str | None, is_jsonata: bool) -> int:
    read = jsonata.number_of(field, fixed) if is_jsonata else integer_of(field + "Path", fixed, path)
    return at_least_zero(field, read(scope))


def select_result(state: model.State, scope: Scope, told: Told, result: JSON) -> JSON:
    """The second half in JSONPath: ResultSelector, ResultPath, OutputPath."""
    if isinstance(state, (model.Task, model.Parallel, model.Map, model.Pass)):
        selector = getattr(state, "result_selector", None)
        if selector is not None:
            scope.data = result
            result = limited(compile_template(selector)(scope))
        told["afterResultSelector"] = result
        result = compile_result_path(state.result_path)(scope, result)
        told["afterResultPath"] = limited(result)
    output = compile_input_path(getattr(state, "output_path", "$"))
    if output is None:
        return result
    scope.data = result
    return output(scope)
