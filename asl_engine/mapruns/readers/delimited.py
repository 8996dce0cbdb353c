"""CSV, and its relatives with other delimiters. Every value is a text; a short row is filled up, a long one cut
(recorded)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import IO, Final

from asl_engine.mapruns.problems import reader_failed
from asl_engine.mapruns.readers.streams import lines_of
from asl_engine.program.distributed import Reading
from asl_engine.quotas import MAX_BYTES, MAX_HEADER
from asl_engine.values import JSON

DELIMITERS: Final = {"COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "SPACE": " ", "TAB": "\t"}


def csv_items(stream: IO[bytes], reading: Reading) -> Iterator[tuple[JSON, str | None]]:
    """Yield each row as an object of texts."""
    records = rows(stream, DELIMITERS[reading.csv_delimiter or "COMMA"])
    if reading.csv_header_location == "GIVEN":
        headers = reading.csv_headers or []
    elif reading.csv_header_location == "FIRST_ROW":
        headers = next(records, [])
    else:
        raise reader_failed("The ReaderConfig of a CSV file needs a CSVHeaderLocation: FIRST_ROW or GIVEN.")
    for item in objects_of(records, headers):
        yield item, None


def rows(stream: IO[bytes], delimiter: str = ",") -> Iterator[list[str]]:
    """Yield the rows that are not empty."""
    if csv.field_size_limit() < MAX_BYTES:
        csv.field_size_limit(MAX_BYTES)  # the limit is the process's own, and too low for what an item may be
    try:
        yield from filter(None, csv.reader(lines_of(stream), delimiter=delimiter))
    except csv.Error as problem:
        raise reader_failed(f"The CSV file cannot be read: {problem}.") from None


def objects_of(records: Iterator[list[str]], headers: list[str]) -> Iterator[dict[str, JSON]]:
    """Yield rows as objects with these headers for names."""
    if not all(isinstance(header, str) for header in headers):
        raise reader_failed("CSV headers must be texts.")
    if sum(len(header.encode()) + 1 for header in headers) - 1 > MAX_HEADER:
        raise reader_failed(f"CSV headers cannot be longer than {MAX_HEADER} bytes.")
    if len(set(headers)) < len(headers):
        raise reader_failed("CSV headers cannot contain duplicates.")  # recorded
    order = hash_order(headers)
    names, width = [headers[at] for at in order], len(headers)
    is_sorted = order == list(range(width))
    for row in records:
        if len(row) < width:
            row += [""] * (width - len(row))
        values = row if is_sorted else [row[at] for at in order]
        yield dict(zip(names, values, strict=False))


def hash_order(names: list[str]) -> list[int]:
    """Return the order in which the service prints the columns: that of a hash map of Java's with these keys
    (recorded: the columns 0, True, {} are told as 0, {}, True)."""
    slots = 16
    while len(names) > slots * 3 // 4:
        slots *= 2
    return sorted(range(len(names)), key=lambda at: _slot(names[at], slots))


def _slot(name: str, slots: int) -> int:
    number = 0
    units = name.encode("utf-16-be", "surrogatepass")
    for high, low in zip(units[::2], units[1::2], strict=True):
        number = (31 * number + (high << 8 | low)) & 0xFFFFFFFF
    return (number ^ number >> 16) & (slots - 1)
