"""The parts of a Map state: where items come from, how they are grouped, who processes them, where results go."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from asl_engine.model.base import Arguments, Integer, Parameters, Part, Template
from asl_engine.model.kinds import NUMBER, REFERENCE_PATH, Kind
from asl_engine.quotas import MAX_BYTES, MAX_ITEMS
from asl_engine.values import ABSENT


class ProcessorConfig(Part):
    """How the iterations run: inside the execution, or as executions of their own."""

    mode: Literal["INLINE", "DISTRIBUTED"] = "INLINE"
    execution_type: Literal["STANDARD", "EXPRESS"] | None = None


class ReaderConfig(Part):
    """What the source of a Distributed Map looks like."""

    input_type: str | None = None
    manifest_type: str | None = None
    transformation: str | None = None
    csv_header_location: str | None = Field(None, alias="CSVHeaderLocation")
    csv_headers: list[str] | str | None = Field(None, alias="CSVHeaders")
    csv_delimiter: str | None = Field(None, alias="CSVDelimiter")
    items_pointer: str | None = None
    max_items: Annotated[Integer | None, Kind(NUMBER, least=0, most=MAX_ITEMS)] = None
    max_items_path: Annotated[str | None, Kind(REFERENCE_PATH, twin="max_items")] = None


class ItemReader(Part):
    """Where a Distributed Map reads its items from."""

    resource: str
    reader_config: ReaderConfig | None = None
    parameters: Parameters = ABSENT
    arguments: Arguments = ABSENT


class ItemBatcher(Part):
    """How a Distributed Map groups items into the input of one child execution."""

    max_items_per_batch: Annotated[Integer | None, Kind(NUMBER, least=1)] = None
    max_items_per_batch_path: Annotated[str | None, Kind(REFERENCE_PATH, twin="max_items_per_batch")] = None
    max_input_bytes_per_batch: Annotated[Integer | None, Kind(NUMBER, least=1, most=MAX_BYTES)] = None
    max_input_bytes_per_batch_path: Annotated[str | None, Kind(REFERENCE_PATH, twin="max_input_bytes_per_batch")] = None
    batch_input: Template = ABSENT


class WriterConfig(Part):
    """The form of a Distributed Map's result files."""

    output_type: Literal["JSON", "JSONL"] | None = None
    transformation: Literal["NONE", "COMPACT", "FLATTEN"] | None = None


class ResultWriter(Part):
    """Where a Distributed Map writes its results to."""

    resource: str | None = None
    writer_config: WriterConfig | None = None
    parameters: Parameters = ABSENT
    arguments: Arguments = ABSENT
