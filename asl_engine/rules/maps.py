"""Rules about Map and Parallel states: their blocks, their limits, and what only a distributed Map may have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.maps import ItemBatcher, ReaderConfig, ResultWriter
from asl_engine.model.states import ItemProcessor, Map, Parallel
from asl_engine.quotas import INLINE_CONCURRENCY, MAX_LABEL
from asl_engine.rules.outline import Outline, StateSite, is_distributed, is_open
from asl_engine.rules.ranges import out_of_range
from asl_engine.rules.registry import rule


@rule("ASL621", "empty-branches")
def empty_branches(outline: Outline) -> Iterator[Finding]:
    """A Parallel state has no branch.

    Bad:
        {"Type": "Parallel", "Branches": [], "End": true}

    Good:
        {"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}], "End": true}
    """
    for site in outline.of(Parallel):
        if not site.part.branches:
            text = "Value cannot be empty"
            yield Finding(site.at("branches"), "Branches holds no branch", on_key=True, aws_text=text)


@rule("ASL622", "map-processor")
def map_processor(outline: Outline) -> Iterator[Finding]:
    """A Map state does not have exactly one processor: `ItemProcessor`, or `Iterator` in older definitions.

    Bad:
        {"Type": "Map", "End": true}

    Good:
        {"Type": "Map", "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}, "End": true}
    """
    for site in outline.of(Map):
        if site.part.item_processor is None and site.part.iterator is None:
            text = "These fields are required: [ItemProcessor]"
            yield Finding(site.pointer, f"state {site.name!r} needs 'ItemProcessor'", on_key=True, aws_text=text)
        elif site.part.item_processor is not None and site.part.iterator is not None:
            message = "Iterator is the old name of ItemProcessor; keep one of them"
            yield Finding(site.at("iterator"), message, on_key=True)


@rule("ASL623", "selector-twice")
def selector_twice(outline: Outline) -> Iterator[Finding]:
    """A Map state has both `ItemSelector` and `Parameters`, its old name.

    Bad:
        {"Type": "Map", "ItemSelector": {}, "Parameters": {}, "End": true,
         "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}

    Good:
        {"Type": "Map", "ItemSelector": {}, "End": true,
         "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}
    """
    for site in outline.of(Map):
        if {"item_selector", "parameters"} <= site.fields:
            message = "Parameters is the old name of ItemSelector; keep one of them"
            yield Finding(site.at("parameters"), message, on_key=True, aws_at=site.pointer)


def processor_of(site: StateSite) -> tuple[str, ItemProcessor] | None:
    """Return a Map's processor and the pointer of it, under whichever name it has."""
    if site.part.item_processor is not None:
        return site.at("item_processor"), site.part.item_processor
    return (site.at("iterator"), site.part.iterator) if site.part.iterator is not None else None


def is_inline(site: StateSite, outline: Outline) -> bool:
    """Tell whether a Map certainly runs its iterations inside the execution."""
    processor = processor_of(site)
    if processor is None or outline.is_unclear(f"{processor[0]}/ProcessorConfig/Mode"):
        return False
    config = processor[1].processor_config
    return config is None or config.mode == "INLINE"


@rule("ASL624", "distributed-field-inline", aws=None, severity=Severity.WARNING)
def distributed_field_inline(outline: Outline) -> Iterator[Finding]:
    """An inline Map has `ItemReader`, `ItemBatcher` or `ResultWriter`, which only a distributed one can use.

    It is only a warning: AWS takes the definition, and fails with `States.Runtime` when the Map runs.

    Bad:
        {"Type": "Map", "ItemBatcher": {"MaxItemsPerBatch": 5}, "End": true,
         "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}

    Good:
        {"Type": "Map", "ItemBatcher": {"MaxItemsPerBatch": 5}, "End": true,
         "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
           "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}
    """
    for site in outline.of(Map):
        for name in ("item_reader", "item_batcher", "result_writer"):
            if getattr(site.part, name) is not None and is_inline(site, outline):
                written = site.written(name)
                near = " Set Mode to DISTRIBUTED in the ProcessorConfig."
                yield Finding(site.at(name), f"only a distributed Map can have {written}", near, on_key=True)


@rule("ASL625", "distributed-without-type")
def distributed_without_type(outline: Outline) -> Iterator[Finding]:
    """The processor of a distributed Map does not say of which type its executions are.

    Bad:
        {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"},
           "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}

    Good:
        {"Type": "Map", "End": true,
         "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
           "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}
    """
    for site in outline.of(Map):
        processor = processor_of(site)
        config = processor[1].processor_config if processor else None
        if processor and config and config.mode == "DISTRIBUTED" and config.execution_type is None:
            pointer = f"{processor[0]}/ProcessorConfig"
            if not outline.is_unclear(f"{pointer}/ExecutionType"):
                message = "a distributed Map needs ExecutionType: STANDARD or EXPRESS"
                text = "These fields are required: [ExecutionType]"
                yield Finding(pointer, message, on_key=True, aws_text=text)


_FORBIDDEN: Final = re.compile(r"[\s?*<>{}\[\]\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")
"""What a name may not hold (service model, and one recorded refusal for each)."""


@rule("ASL626", "bad-label", aws="INVALID_LABEL_NAME")
def bad_label(outline: Outline) -> Iterator[Finding]:
    """The `Label` of a Map is empty, longer than 40 characters, or has a character that names may not have.

    Bad:
        {"Type": "Map", "Label": "", "End": true,
         "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}

    Good:
        {"Type": "Map", "Label": "Orders", "End": true,
         "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}
    """
    for site in outline.of(Map):
        label = site.part.label
        if label is not None and not is_open(label) and (problem := _label_problem(label)):
            yield Finding(site.at("label"), problem)


def _label_problem(label: str) -> str:
    if not 1 <= len(label) <= MAX_LABEL:
        return f"a Label has 1 to {MAX_LABEL} characters, and this one has {len(label)}"
    character = _FORBIDDEN.search(label)
    return f"a Label may not have the character {character.group()!r}" if character else ""


@rule("ASL627", "duplicate-label", aws="DUPLICATE_LABEL_NAME")
def duplicate_label(outline: Outline) -> Iterator[Finding]:
    """Two Map states have one `Label`.

    Bad:
        {"StartAt": "A", "States": {
          "A": {"Type": "Map", "Label": "L", "Next": "B",
            "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}},
          "B": {"Type": "Map", "Label": "L", "End": true,
            "ItemProcessor": {"StartAt": "D", "States": {"D": {"Type": "Succeed"}}}}}}

    Good:
        {"StartAt": "A", "States": {
          "A": {"Type": "Map", "Label": "L", "Next": "B",
            "ItemProcessor": {"StartAt": "C", "States": {"C": {"Type": "Succeed"}}}},
          "B": {"Type": "Map", "Label": "M", "End": true,
            "ItemProcessor": {"StartAt": "D", "States": {"D": {"Type": "Succeed"}}}}}}
    """
    seen: dict[str, StateSite] = {}
    for site in outline.of(Map):
        label = site.part.label
        if label is not None and not is_open(label) and seen.setdefault(label, site) is not site:
            yield Finding(site.at("label"), f"the Label {label!r} is that of state {seen[label].name!r} too")


@rule("ASL628", "map-out-of-range")
def map_out_of_range(outline: Outline) -> Iterator[Finding]:
    """A number of a Map state is outside of what the service takes.

    Bad:
        {"Type": "Map", "ToleratedFailurePercentage": 105, "End": true,
         "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}

        {"Type": "Map", "MaxConcurrency": -1, "End": true,
         "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}

    Good:
        {"Type": "Map", "MaxConcurrency": 0, "ToleratedFailurePercentage": 5.5, "End": true,
         "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}
    """
    yield from out_of_range((*outline.of(Map), *outline.map_parts))


@rule("ASL629", "reader-config")
def reader_config(outline: Outline) -> Iterator[Finding]:
    """The `ReaderConfig` of a distributed Map does not say enough about its source, or contradicts itself.

    `CSVHeaderLocation` `GIVEN` needs `CSVHeaders`; the words of the other fields are fixed.

    Bad:
        {"Type": "Map", "End": true, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
           "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN"},
           "Parameters": {"Bucket": "b", "Key": "k"}},
         "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
           "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}

    Good:
        {"Type": "Map", "End": true, "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
           "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["id"]},
           "Parameters": {"Bucket": "b", "Key": "k"}},
         "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
           "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}
    """
    for site in outline.map_parts:
        config = site.part
        if isinstance(config, ReaderConfig):
            if config.csv_header_location == "GIVEN" and not config.csv_headers:
                yield Finding(site.pointer, "CSVHeaderLocation GIVEN needs CSVHeaders", on_key=True)
            for name, words in _WORDS.items():
                value = getattr(config, name)
                if value is not None and value not in words and not is_open(value):
                    text = f"The field '{site.written(name)}' should have one of these values: [{', '.join(words)}]"
                    yield Finding(site.at(name), f"{value!r} must be one of {', '.join(words)}", aws_text=text)


_WORDS: Final = {
    "input_type": ("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"),
    "manifest_type": ("ATHENA_DATA", "S3_INVENTORY"),
    "transformation": ("NONE", "LOAD_AND_FLATTEN"),
    "csv_header_location": ("FIRST_ROW", "GIVEN"),
    "csv_delimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
}


@rule("ASL630", "empty-map-part")
def empty_map_part(outline: Outline) -> Iterator[Finding]:
    """An `ItemBatcher` or `ResultWriter` says nothing.

    A batcher has at least one of `MaxItemsPerBatch` and `MaxInputBytesPerBatch` (or their paths); a writer has a
    `WriterConfig` with a field in it, or a `Resource` with `Parameters` (in JSONata `Arguments`).

    Bad:
        {"Type": "Map", "ResultWriter": {"WriterConfig": {}}, "End": true,
         "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
           "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}

    Good:
        {"Type": "Map", "ResultWriter": {"WriterConfig": {"OutputType": "JSONL"}}, "End": true,
         "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
           "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}
    """
    for site in outline.map_parts:
        part, fields = site.part, site.fields
        if isinstance(part, ItemBatcher) and not any(name.startswith(("max_items", "max_input")) for name in fields):
            yield Finding(site.pointer, "ItemBatcher needs MaxItemsPerBatch or MaxInputBytesPerBatch", on_key=True)
        if isinstance(part, ResultWriter):
            if part.writer_config is not None and not part.writer_config.model_fields_set:
                yield Finding(site.at("writer_config"), "WriterConfig needs OutputType or Transformation", on_key=True)
            elif part.writer_config is None and part.resource is None and not is_open(str(fields)):
                yield Finding(site.pointer, "ResultWriter needs WriterConfig, or Resource and Parameters", on_key=True)


@rule("ASL631", "more-than-inline-can", aws=None, severity=Severity.INFO, is_default=False)
def more_than_inline_can(outline: Outline) -> Iterator[Finding]:
    """`MaxConcurrency` of an inline Map is above 40, and 40 iterations run at once.

    Bad:
        {"Type": "Map", "MaxConcurrency": 100, "End": true,
          "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}}

    Good:
        {"Type": "Map", "MaxConcurrency": 40, "End": true,
          "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}}
    """
    for site in outline.of(Map):
        value = site.part.max_concurrency
        if isinstance(value, int) and value > INLINE_CONCURRENCY and not is_distributed(site):
            yield Finding(site.at("max_concurrency"), f"an inline Map runs {INLINE_CONCURRENCY} iterations at once")


@rule("ASL632", "distributed-without-writer", aws=None, severity=Severity.WARNING, is_default=False)
def distributed_without_writer(outline: Outline) -> Iterator[Finding]:
    """A distributed Map returns the results of all items in one array, which may hold 256 KiB.

    Bad:
        {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}},
          "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}}

    Good:
        {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}},
          "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}},
          "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}}

        {"Type": "Map", "End": true, "ResultPath": null,
          "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}},
          "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}}
    """
    for site in outline.of(Map):
        is_dropped = "result_path" in site.fields and site.part.result_path is None
        if is_distributed(site) and "result_writer" not in site.fields and not is_dropped:
            near = " Give it a ResultWriter."
            yield Finding(site.pointer, "the results of all items together may pass 256 KiB", near, on_key=True)
