"""CSV, and its relatives with other delimiters. Every value is a text; a short row is filled up, a long one cut
(recorded).

A doubled quote is a quote, also in a field that is not quoted. A backslash takes what follows for itself: a quote, a
delimiter, another backslash; before anything else that means that it is dropped (developer guide).
"""

from __future__ import annotations

import re
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
    lines = lines_of(stream)
    plain = re.compile(rf'[^"\\{re.escape(delimiter)}\r\n]+')
    for line in lines:
        if '"' in line or "\\" in line:
            yield _row(line, lines, delimiter, plain)
        elif text := line.rstrip("\r\n"):
            yield text.split(delimiter)


_QUOTED: Final = re.compile(r'[^"\\]+')


def _row(line: str, lines: Iterator[str], delimiter: str, plain: re.Pattern[str]) -> list[str]:
    """Return the row that begins with a line; a quoted field may go on in the next ones."""
    fields, field, at, is_quoted, has_begun = [], "", 0, False, False
    while line:
        run = (_QUOTED if is_quoted else plain).match(line, at)
        char = line[at]
        if run is not None:
            field, at = field + run[0], run.end()
        elif char == "\\":
            taken = line[at + 1 : at + 2].rstrip("\r\n")
            field, at = field + taken, at + 1 + len(taken)
        elif has_begun and line.startswith('""', at):
            field, at = field + '"', at + 2
        elif char == '"' and (is_quoted or not has_begun):
            is_quoted, at = not is_quoted, at + 1
        elif char == '"':
            field, at = field + char, at + 1
        elif char == delimiter:
            fields.append(field)
            field, at = "", at + 1
        else:
            at += 1  # the end of the line
        has_begun = char != delimiter or is_quoted or run is not None
        if len(field) > MAX_BYTES:
            raise reader_failed(f"The CSV file cannot be read: a field has more than {MAX_BYTES} characters.")
        if at == len(line):
            line, at = next(lines, "") if is_quoted else "", 0
    return [*fields, field]


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
