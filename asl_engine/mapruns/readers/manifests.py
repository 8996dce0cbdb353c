"""Lists of objects: the manifest of Athena's UNLOAD, and that of an S3 inventory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final

from asl_engine.kernel import Identity
from asl_engine.mapruns.items import Item
from asl_engine.mapruns.problems import reader_failed
from asl_engine.mapruns.readers.delimited import objects_of, rows
from asl_engine.mapruns.readers.streams import text_of, told_as_reader_failed
from asl_engine.mapruns.s3_objects import Objects
from asl_engine.values import JSON, parse_json

MAX_MANIFEST: Final = 64 * 1024**2
"""The longest manifest of an inventory, in characters."""


def athena_files(stream: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Yield (bucket, key) of each data file: a manifest has the URL of one in each line."""
    for row in rows(stream):
        scheme, _, place = row[0].strip().partition("://")
        bucket, _, key = place.partition("/")
        if scheme.lower() != "s3" or not bucket or not key:
            raise reader_failed(f"The manifest names {row[0]!r}, which is not s3://bucket/key.")
        yield bucket, key


def inventory_items(objects: Objects, identity: Identity, bucket: str, key: str, version: str | None) -> Iterator[Item]:
    """Yield a row for each object of an inventory, with the names of its `fileSchema`. Sizes that a manifest claims are
    not believed: files are read as they are."""
    with objects.open(identity, bucket, key, version) as stream, told_as_reader_failed():
        manifest = _manifest(text_of(stream).read(MAX_MANIFEST + 1))
    if manifest.get("fileFormat", "CSV") != "CSV":
        raise reader_failed(f"The inventory's format is {manifest['fileFormat']}, and only CSV can be read.")
    names = [name.strip() for name in str(manifest.get("fileSchema", "")).split(",")]
    place = str(manifest.get("destinationBucket") or bucket).rpartition(":")[2]
    for file in manifest["files"]:
        if not isinstance(file, dict) or not isinstance(file.get("key"), str):
            raise reader_failed("The inventory's manifest names a file without a key.")
        with objects.open(identity, place, file["key"]) as stream:
            for item in objects_of(rows(stream), names):
                yield Item(item, f"s3://{bucket}/{key}")


def _manifest(text: str) -> dict[str, JSON]:
    if len(text) > MAX_MANIFEST:
        raise reader_failed(f"The manifest has more than {MAX_MANIFEST} characters.")
    try:
        manifest = parse_json(text)
    except ValueError as problem:
        raise reader_failed(f"The manifest is not valid JSON: {problem}") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), list):
        raise reader_failed("The manifest of an inventory is an object with 'files'.")
    return manifest
