"""What only a distributed Map has: where items come from, how they are grouped, how many may fail, where results go.

A `Distribution` is compiled once with its state; it makes a `Plan`, the values of one Map Run, from what the state
sees. A plan is plain data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

from asl_engine.lang.expr import Expr, Scope
from asl_engine.model.states import Map
from asl_engine.program.plan import Batching, Plan, Reading, Writing
from asl_engine.quotas import MAX_CHILDREN
from asl_engine.values import ABSENT, JSON

if TYPE_CHECKING:
    from asl_engine.program.program import Program

FIXED: Final = (
    "csv_delimiter", "csv_header_location", "input_type", "items_pointer", "manifest_type", "transformation",
)  # fmt: skip
"""The fields of a ReaderConfig that are never calculated."""


class Distribution:
    """What a distributed Map is compiled to. `select` shapes each item; `plan` makes the values of a Map Run."""

    __slots__ = ("label", "plan", "processor", "select")

    def __init__(
        self,
        processor: Program,
        label: str | None,
        select: Expr | None,
        plan: Callable[[Scope, list[JSON] | dict[str, JSON] | None], Plan],
    ) -> None:
        self.processor = processor
        self.label = label
        self.select = select
        self.plan = plan


class Fields(Protocol):
    """How a query language reads a field that may be calculated."""

    def count(self, field: str, fixed: Any, path: str | None, least: int) -> Callable[[Scope], int | None]:
        """Return what gives a whole number; None when there is none."""
        ...

    def share(self, fixed: Any, path: str | None) -> Callable[[Scope], float | None]:
        """Return what gives the tolerated percentage; None when there is none."""
        ...

    def value(self, field: str, template: Any) -> Expr:
        """Return what gives the value of a template, or of expressions at any depth."""
        ...


def distribution_of(state: Map, processor: Program, select: Expr | None, fields: Fields) -> Distribution:
    """Compile what a distributed Map has beside an inline one."""
    limit_of = fields.count("MaxConcurrency", state.max_concurrency, state.max_concurrency_path, 0)
    count_of = fields.count(
        "ToleratedFailureCount", state.tolerated_failure_count, state.tolerated_failure_count_path, 0
    )
    share_of = fields.share(state.tolerated_failure_percentage, state.tolerated_failure_percentage_path)
    read, batch, write = _reader(state, fields), _batcher(state, fields), _writer(state, fields)

    def plan(scope: Scope, items: list[JSON] | dict[str, JSON] | None) -> Plan:
        data = scope.data
        return Plan(
            items,
            data,
            min(limit_of(scope) or MAX_CHILDREN, MAX_CHILDREN),
            count_of(scope),
            share_of(scope),
            read(scope) if read is not None else None,
            batch(scope) if batch is not None else None,
            write(scope) if write is not None else None,
        )

    return Distribution(processor, state.label, select, plan)


def _reader(state: Map, fields: Fields) -> Callable[[Scope], Reading] | None:
    reader = state.item_reader
    if reader is None:
        return None
    config, place = reader.reader_config, "ItemReader/ReaderConfig"
    arguments_of = _arguments("ItemReader", reader.parameters, reader.arguments, fields)
    fixed: dict[str, Any] = {}
    headers_of = max_items_of = None
    if config is not None:
        fixed = {name: getattr(config, name) for name in FIXED}
        max_items_of = fields.count(f"{place}/MaxItems", config.max_items, config.max_items_path, -(2**63))
        if config.csv_headers is not None:
            headers_of = fields.value(f"{place}/CSVHeaders", config.csv_headers)
    lists = reader.resource.endswith(":listObjectsV2")

    def read(scope: Scope) -> Reading:
        return Reading(
            lists,
            arguments_of(scope),
            **fixed,
            csv_headers=headers_of(scope) if headers_of is not None else None,
            max_items=max_items_of(scope) if max_items_of is not None else None,
        )

    return read


def _batcher(state: Map, fields: Fields) -> Callable[[Scope], Batching] | None:
    batcher = state.item_batcher
    if batcher is None:
        return None
    items, size = batcher.max_items_per_batch, batcher.max_input_bytes_per_batch
    items_of = fields.count("ItemBatcher/MaxItemsPerBatch", items, batcher.max_items_per_batch_path, 1)
    size_of = fields.count("ItemBatcher/MaxInputBytesPerBatch", size, batcher.max_input_bytes_per_batch_path, 1)
    input_of = (
        fields.value("ItemBatcher/BatchInput", batcher.batch_input) if batcher.batch_input is not ABSENT else None
    )
    return lambda scope: Batching(items_of(scope), size_of(scope), ABSENT if input_of is None else input_of(scope))


def _writer(state: Map, fields: Fields) -> Callable[[Scope], Writing] | None:
    writer = state.result_writer
    if writer is None:
        return None
    config = writer.writer_config
    form = (config.output_type, config.transformation) if config is not None else (None, None)
    if writer.resource is None:
        return lambda scope: Writing(None, *form)
    arguments_of = _arguments("ResultWriter", writer.parameters, writer.arguments, fields)
    return lambda scope: Writing(arguments_of(scope), *form)


def _arguments(part: str, parameters: Any, arguments: Any, fields: Fields) -> Callable[[Scope], dict[str, JSON]]:
    if arguments is not ABSENT:
        return fields.value(f"{part}/Arguments", arguments)
    return fields.value(f"{part}/Parameters", parameters) if parameters is not ABSENT else lambda scope: {}
