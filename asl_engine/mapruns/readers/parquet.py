"""Parquet, by pyarrow (the extra `parquet`)."""

from __future__ import annotations

import math
import shutil
from base64 import b64encode
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from asl_engine.errors import NotSupported
from asl_engine.mapruns.problems import reader_failed
from asl_engine.program.distributed import Reading
from asl_engine.values import JSON

ROWS: Final = 1_000
"""How many rows are decoded at a time."""

IN_MEMORY: Final = 16 * 1024**2
"""How many bytes of a file that cannot be read from its end are held in memory; a larger one goes to disk."""


def parquet_items(stream: IO[bytes], reading: Reading) -> Iterator[tuple[JSON, str | None]]:
    """Yield each row as an object. Raises NotSupported without pyarrow."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        message = "reading Parquet needs the package pyarrow: pip install 'asl-engine[parquet]'"
        raise NotSupported(message) from None
    try:
        for batch in parquet.ParquetFile(_seekable(stream)).iter_batches(ROWS):
            for row in batch.to_pylist():
                yield _plain(row), None
    except (pyarrow.ArrowException, ValueError) as problem:
        raise reader_failed(f"The object is not a Parquet file: {problem}") from None


def _seekable(stream: IO[bytes]) -> IO[bytes]:
    """Return a stream that can be read from its end, as Parquet is."""
    if getattr(stream, "seekable", bool)():
        return stream
    copy: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - it lives as long as it is read
    shutil.copyfileobj(stream, copy)
    copy.seek(0)
    return copy


def _plain(value: Any) -> JSON:
    """Return a value of Parquet's as JSON: moments as ISO-8601, bytes in base64, what is no number as null."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
    return b64encode(value).decode() if isinstance(value, bytes) else value
