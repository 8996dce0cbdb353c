"""The objects of a bucket as items."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.mapruns.items import Item
from asl_engine.mapruns.s3_objects import Summary


def listed_items(summaries: Iterator[Summary], bucket: str) -> Iterator[Item]:
    """Yield what `s3:listObjectsV2` tells of each object; `LastModified` is in seconds since 1970."""
    for summary in summaries:
        facts = {
            "Etag": summary.etag,
            "Key": summary.key,
            "LastModified": int(summary.modified_at),
            "Size": summary.size,
            "StorageClass": summary.storage_class,
        }
        yield Item(facts, f"s3://{bucket}")
