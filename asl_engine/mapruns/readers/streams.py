"""Bytes to text, a line or a piece at a time; compressed objects are recognised by their first bytes."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

from asl_engine.mapruns.problems import reader_failed
from asl_engine.quotas import MAX_BYTES

LONGEST_LINE: Final = 8 * MAX_BYTES
"""How many characters a line may have: no item of 256 KiB needs more, however it is written."""

GZIP: Final = b"\x1f\x8b"
ZSTANDARD: Final = b"\x28\xb5\x2f\xfd"


class _Raw(io.RawIOBase):
    """Anything with `read(size)`, as what `io` can buffer."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def plain_bytes(stream: IO[bytes]) -> Any:
    """Return the bytes of an object, unpacked if it is compressed with gzip."""
    raw: Any = _Raw(stream)
    buffered = io.BufferedReader(raw, 1 << 18)
    begin = buffered.peek(4)[:4]
    if begin.startswith(GZIP):
        return gzip.GzipFile(fileobj=buffered)
    if begin == ZSTANDARD:
        raise reader_failed("The object is compressed with zstd, which this engine cannot read; use gzip.")
    return buffered


def text_of(stream: IO[bytes]) -> io.TextIOWrapper:
    """Return the text of an object: UTF-8, with or without a byte order mark."""
    return io.TextIOWrapper(plain_bytes(stream), encoding="utf-8-sig", newline="")


def lines_of(stream: IO[bytes]) -> Iterator[str]:
    """Yield the lines of an object, with their ends."""
    text = text_of(stream)
    with told_as_reader_failed():
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE and not line.endswith("\n"):
                raise reader_failed(f"The object has a line of more than {LONGEST_LINE} characters.")
            yield line


@contextmanager
def told_as_reader_failed() -> Iterator[None]:
    """Turn what is wrong with bytes into the problem of a reader."""
    try:
        yield
    except UnicodeDecodeError as problem:
        raise reader_failed(f"The object is not UTF-8: {problem.reason} in byte {problem.start}.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
        raise reader_failed(f"The compressed object is damaged: {problem}") from None
