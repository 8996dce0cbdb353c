"""Where the items of a Map Run come from, by the fields of its `ItemReader`: one file for each form.

Everything is read as a stream, so a source may be larger than memory; what is wrong with it is a MapRunProblem, in the
service's words where they are known.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import islice
from typing import IO, TypeAlias

from asl_engine.kernel import Identity
from asl_engine.mapruns.items import Item
from asl_engine.mapruns.problems import reader_failed
from asl_engine.mapruns.readers.delimited import csv_items
from asl_engine.mapruns.readers.documents import json_items, json_line_items
from asl_engine.mapruns.readers.listing import listed_items
from asl_engine.mapruns.readers.manifests import athena_files, inventory_items
from asl_engine.mapruns.readers.parquet import parquet_items
from asl_engine.mapruns.s3_objects import ObjectProblem, Objects
from asl_engine.program.distributed import Reading
from asl_engine.values import JSON

Format: TypeAlias = Callable[[IO[bytes], Reading], Iterator[tuple[JSON, str | None]]]
"""From the bytes of an object to its items, each with its key when it was a member of an object."""

FORMATS: dict[str, Format] = {
    "CSV": csv_items,
    "JSON": json_items,
    "JSONL": json_line_items,
    "PARQUET": parquet_items,
}


def open_items(reading: Reading, objects: Objects, identity: Identity) -> Generator[Item]:
    """Yield the items that an `ItemReader` names. Blocks while it reads, and raises MapRunProblem."""
    if reading.max_items is not None and reading.max_items < 0:
        raise reader_failed("field MaxItems must be positive")  # recorded
    try:
        with closing(_items(reading, objects, identity)) as items:
            yield from islice(items, reading.max_items or None)  # 0 is no limit (recorded, September 2026)
    except ObjectProblem as problem:
        raise reader_failed(str(problem)) from None
    except OSError as problem:
        raise reader_failed(f"The object cannot be read: {problem}") from None


def _items(reading: Reading, objects: Objects, identity: Identity) -> Generator[Item]:
    bucket = _text(reading, "Bucket")
    if reading.lists:
        prefix = _text(reading, "Prefix", "")
        if reading.transformation != "LOAD_AND_FLATTEN":
            yield from listed_items(objects.list(identity, bucket, prefix), bucket)
            return
        for summary in objects.list(identity, bucket, prefix):
            if not summary.key.endswith("/"):
                yield from _of_object(reading, objects, identity, bucket, summary.key)
        return
    key, version = _text(reading, "Key"), reading.arguments.get("VersionId")
    if reading.manifest_type == "ATHENA_DATA":
        with objects.open(identity, bucket, key, version) as stream:
            for data_bucket, data_key in athena_files(stream):
                yield from _of_object(reading, objects, identity, data_bucket, data_key)
    elif reading.manifest_type == "S3_INVENTORY" or reading.input_type == "MANIFEST":
        yield from inventory_items(objects, identity, bucket, key, version)
    else:
        yield from _of_object(reading, objects, identity, bucket, key, version)


def _of_object(
    reading: Reading, objects: Objects, identity: Identity, bucket: str, key: str, version: str | None = None
) -> Iterator[Item]:
    read = FORMATS.get(reading.input_type or "")
    if read is None:
        known = ", ".join(FORMATS)
        raise reader_failed(f"The ReaderConfig needs an InputType, one of {known}, and has {reading.input_type}.")
    source = f"s3://{bucket}/{key}"
    with objects.open(identity, bucket, key, version) as stream:
        for value, name in read(stream, reading):
            yield Item(value, source, name)


def _text(reading: Reading, name: str, default: str | None = None) -> str:
    value = reading.arguments.get(name, default)
    if not isinstance(value, str):
        raise reader_failed(f"The field '{name}' of the ItemReader must be a text, and is {value!r}.")
    return value
