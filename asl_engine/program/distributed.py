"""What only a distributed Map has: where items come from, how they are grouped, how many may fail, where results go.

A `Distribution` is compiled once with its state; it makes a `Plan`, the values of one Map Run, from what the state
sees. A plan is plain data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asl_engine.lang.expr import Scope
from asl_engine.model.maps import ReaderConfig
from asl_engine.model.states import Map
from asl_engine.program.dataflow import value_of
from asl_engine.program.language import Language
from asl_engine.quotas import MAX_CHILDREN
from asl_engine.values import ABSENT, JSON


class Reading:
    """Where items are read, and what they look like there: the fields of an `ItemReader`, evaluated."""

    __slots__ = (
        "arguments",
        "csv_delimiter",
        "csv_header_location",
        "csv_headers",
        "input_type",
        "items_pointer",
        "lists",
        "manifest_type",
        "max_items",
        "transformation",
    )

    def __init__(self, lists: bool, arguments: dict[str, JSON], **config: Any) -> None:
        self.lists = lists  # the objects of a bucket are the items, and not what is in one object
        self.arguments = arguments
        self.input_type: str | None = config.get("input_type")
        self.manifest_type: str | None = config.get("manifest_type")
        self.transformation: str | None = config.get("transformation")
        self.csv_header_location: str | None = config.get("csv_header_location")
        self.csv_headers: list[str] | None = config.get("csv_headers")
        self.csv_delimiter: str | None = config.get("csv_delimiter")
        self.items_pointer: str | None = config.get("items_pointer")
        self.max_items: int | None = config.get("max_items")


class Batching:
    """How many items make the input of one child execution: by number, by bytes, or by what is reached first."""

    __slots__ = ("batch_input", "max_bytes", "max_items")

    def __init__(self, max_items: int | None, max_bytes: int | None, batch_input: JSON = ABSENT) -> None:
        self.max_items = max_items
        self.max_bytes = max_bytes
        self.batch_input = batch_input


class Writing:
    """Where and how results are written: `arguments` hold Bucket and Prefix, and are None when the state's result is
    where they go."""

    __slots__ = ("arguments", "output_type", "transformation")

    def __init__(
        self, arguments: dict[str, JSON] | None, output_type: str | None = None, transformation: str | None = None
    ) -> None:
        self.arguments = arguments
        self.output_type = output_type or "JSON"
        self.transformation = transformation or ("COMPACT" if arguments is None else "NONE")


class Plan:
    """The values of one Map Run. `data` is the state's effective input, for `ItemSelector`; `tolerated_share` is in
    per cent. `items` is None where `reading` says whence they come."""

    __slots__ = (
        "batching",
        "data",
        "items",
        "limit",
        "reading",
        "tolerated_count",
        "tolerated_share",
        "writing",
    )

    def __init__(
        self,
        items: list[JSON] | dict[str, JSON] | None,
        data: JSON,
        limit: int = MAX_CHILDREN,
        tolerated_count: int | None = None,
        tolerated_share: float | None = None,
        reading: Reading | None = None,
        batching: Batching | None = None,
        writing: Writing | None = None,
    ) -> None:
        self.items = items
        self.data = data
        self.limit = limit
        self.tolerated_count = tolerated_count
        self.tolerated_share = tolerated_share
        self.reading = reading
        self.batching = batching
        self.writing = writing


def plan_as_data(plan: Plan) -> dict[str, JSON]:
    """Return a plan as a JSON value, for a snapshot."""
    data = _slots(plan)
    for name, kind in PARTS.items():
        part = getattr(plan, name)
        data[name] = _slots(part) if isinstance(part, kind) else None
    return data


def plan_from_data(data: dict[str, JSON]) -> Plan:
    """Return the plan that `plan_as_data` wrote down."""
    parts: dict[str, Any] = {name: kind(**data[name]) for name, kind in PARTS.items() if data[name] is not None}
    return Plan(**{**data, **dict.fromkeys(PARTS), **parts})


def _slots(part: Any) -> dict[str, JSON]:
    values = ((name, getattr(part, name)) for name in type(part).__slots__)
    return {name: value for name, value in values if value is not ABSENT}


PARTS: Final[dict[str, type]] = {"reading": Reading, "batching": Batching, "writing": Writing}


# --- compilation ------------------------------------------------------------------------------------------------------

FIXED: Final = (
    "csv_delimiter", "csv_header_location", "input_type", "items_pointer", "manifest_type", "transformation",
)  # fmt: skip
"""The fields of a ReaderConfig that are never calculated."""


class Distribution:
    """What a distributed Map is compiled to; `plan` makes the values of a Map Run."""

    __slots__ = ("label", "plan")

    def __init__(self, label: str | None, plan: Callable[[Scope, list[JSON] | dict[str, JSON] | None], Plan]) -> None:
        self.label = label
        self.plan = plan


def distribution_of(state: Map, language: Language) -> Distribution:
    """Compile what a distributed Map has beside an inline one."""
    limit_of = language.integer(state, "max_concurrency", 0)
    count_of = language.integer(state, "tolerated_failure_count", 0)
    share_of = language.percentage(state, "tolerated_failure_percentage")
    read, batch, write = _reader(state, language), batching_of(state, language), _writer(state, language)

    def plan(scope: Scope, items: list[JSON] | dict[str, JSON] | None) -> Plan:
        data = scope.data
        return Plan(
            items,
            data,
            min(value_of(limit_of, scope) or MAX_CHILDREN, MAX_CHILDREN),
            value_of(count_of, scope),
            value_of(share_of, scope),
            value_of(read, scope),
            value_of(batch, scope),
            value_of(write, scope),
        )

    return Distribution(state.label, plan)


def _reader(state: Map, language: Language) -> Callable[[Scope], Reading] | None:
    reader = state.item_reader
    if reader is None:
        return None
    config, place = reader.reader_config or ReaderConfig.model_construct(), "ItemReader/ReaderConfig/"
    arguments_of = language.arguments(reader, "ItemReader/")
    fixed = {name: getattr(config, name) for name in FIXED}
    max_items_of = language.integer(config, "max_items", place=place)
    headers_of = language.value(config, "csv_headers", place)
    lists = reader.resource.endswith(":listObjectsV2")

    def read(scope: Scope) -> Reading:
        return Reading(
            lists,
            arguments_of(scope),
            **fixed,
            csv_headers=value_of(headers_of, scope),
            max_items=value_of(max_items_of, scope),
        )

    return read


def batching_of(state: Map, language: Language) -> Callable[[Scope], Batching] | None:
    """Return what evaluates an `ItemBatcher`; None where there is none."""
    batcher, place = state.item_batcher, "ItemBatcher/"
    if batcher is None:
        return None
    items_of = language.integer(batcher, "max_items_per_batch", 1, place)
    bytes_of = language.integer(batcher, "max_input_bytes_per_batch", 1, place)
    input_of = language.value(batcher, "batch_input", place)
    return lambda scope: Batching(
        value_of(items_of, scope),
        value_of(bytes_of, scope),
        input_of(scope) if input_of is not None else ABSENT,
    )


def _writer(state: Map, language: Language) -> Callable[[Scope], Writing] | None:
    writer = state.result_writer
    if writer is None:
        return None
    config = writer.writer_config
    form = (config.output_type, config.transformation) if config is not None else (None, None)
    if writer.resource is None:
        return lambda scope: Writing(None, *form)
    arguments_of = language.arguments(writer, "ResultWriter/")
    return lambda scope: Writing(arguments_of(scope), *form)
