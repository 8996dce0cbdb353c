"""JSON, an array as a stream; and JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import IO, Final

from asl_engine.mapruns.problems import MapRunProblem, reader_failed
from asl_engine.mapruns.readers.streams import LONGEST_LINE, lines_of, text_of, told_as_reader_failed
from asl_engine.pointers import steps
from asl_engine.program.distributed import Reading
from asl_engine.values import JSON, JSON_DECODER, in_plain_words, parse_json

PIECE: Final = 1 << 16
"""How many characters are read at a time."""

MAX_DOCUMENT: Final = 256 * 1024**2
"""The longest document, in characters, of which a part can be pointed at: it is read whole."""

SPACE: Final = " \t\r\n"


def json_items(stream: IO[bytes], reading: Reading) -> Iterator[tuple[JSON, str | None]]:
    """Yield the elements of an array, or the members of an object with their keys: the object's value, or what
    `ItemsPointer` points at."""
    with told_as_reader_failed():
        if reading.items_pointer:
            yield from _pointed_at(stream, reading.items_pointer)
        else:
            yield from _Elements(stream)


def json_line_items(stream: IO[bytes], reading: Reading) -> Iterator[tuple[JSON, str | None]]:
    """Yield the value of each line that is not blank."""
    for number, line in enumerate(lines_of(stream), 1):
        if not line.isspace():
            try:
                yield parse_json(line), None
            except ValueError as problem:
                raise _no_json(problem, f"line {number}: ") from None


def _no_json(problem: ValueError, where: str = "") -> MapRunProblem:
    why = f"{problem.msg} at character {problem.pos}" if isinstance(problem, json.JSONDecodeError) else str(problem)
    return reader_failed(f"The object is not valid JSON: {where}{why}.")


class _Elements:
    """Walks through the text of an array, and holds no more of it than an element needs; an object is read whole."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.text = text_of(stream)
        self.held = ""
        self.at = 0
        self.is_over = False

    def __iter__(self) -> Iterator[tuple[JSON, str | None]]:
        if self._next_mark() != "[":
            yield from elements_of(self._whole())
            return
        self.at += 1
        if self._next_mark() == "]":
            self.at += 1
        else:
            yield self._element(), None
            while (mark := self._next_mark()) == ",":
                self.at += 1
                yield self._element(), None
            if mark != "]":
                where = "ends" if not mark else "goes on without a comma"
                raise reader_failed(f"The object is not valid JSON: it {where} inside an array.")
            self.at += 1
        if self._next_mark():
            raise reader_failed("The object is not valid JSON: something follows the array.")

    def _read_more(self) -> bool:
        piece = self.text.read(PIECE)
        self.held, self.at = self.held[self.at :] + piece, 0
        self.is_over = not piece
        return bool(piece)

    def _next_mark(self) -> str:
        """Return the next character that is no space; nothing at the end."""
        while True:
            held, at = self.held, self.at
            while at < len(held) and held[at] in SPACE:
                at += 1
            self.at = at
            if at < len(held):
                return held[at]
            if not self._read_more():
                return ""

    def _element(self) -> JSON:
        self._next_mark()
        while True:
            try:
                value, end = JSON_DECODER.raw_decode(self.held, self.at)
            except RecursionError:
                raise reader_failed("The object is not valid JSON: nested too deeply.") from None
            except ValueError as problem:
                goes_on = isinstance(problem, json.JSONDecodeError)  # no further text makes a number smaller
                if not goes_on or len(self.held) - self.at > LONGEST_LINE or not self._read_more():
                    raise _no_json(in_plain_words(problem)) from None
                continue
            if end < len(self.held) or not self._read_more():  # a number may go on in the next piece
                self.at = end if end < len(self.held) else len(self.held)
                return value

    def _whole(self) -> JSON:
        return _document(self.held[self.at :] + self.text.read(MAX_DOCUMENT + 1))


def _document(text: str) -> JSON:
    if len(text) > MAX_DOCUMENT:
        raise reader_failed(f"A document that is no array may have {MAX_DOCUMENT} characters, and this has more.")
    try:
        return parse_json(text)
    except ValueError as problem:
        raise _no_json(problem) from None


def _pointed_at(stream: IO[bytes], pointer: str) -> Iterator[tuple[JSON, str | None]]:
    yield from pointed_at(_document(text_of(stream).read(MAX_DOCUMENT + 1)), pointer)


def _is_index(name: str) -> bool:
    return len(name) < 10 and name.isdecimal()


def pointed_at(value: JSON, pointer: str) -> Iterator[tuple[JSON, str | None]]:
    """Yield the elements of what a JSON pointer leads to: of an array, or of an object with their keys."""
    for name in steps(pointer):
        if isinstance(value, list) and _is_index(name) and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            raise reader_failed(f"The ItemsPointer {pointer} leads to nothing in the object.")
    yield from elements_of(value)


def elements_of(value: JSON) -> Iterator[tuple[JSON, str | None]]:
    """Yield the elements of an array, or the members of an object with their keys (recorded, 2026)."""
    if isinstance(value, list):
        yield from ((item, None) for item in value)
    elif isinstance(value, dict):
        yield from ((item, key) for key, item in value.items())
    else:
        raise reader_failed("Attempting to map over non-iterable node.")
