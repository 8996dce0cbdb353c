"""User text on its way into a picture: made safe, measured, wrapped, and turned into ids.

Names are any Unicode text. Widths are estimated from a table and never asked of a font, so that the same definition
gives the same picture on every machine, one without fonts included.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from asl_engine.strange_text import on_one_line, printable

_ILLEGAL: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may contain, escaped or not."""

_NARROW: Final = frozenset("fijlrtI.,:;!|'`()[]{}/\\ ")
_WIDE: Final = frozenset("mwMW@%\u2014\u2026")

_WORDS = re.compile(r"\S+\s*")
_PIECES: Final = re.compile(r"(?:\$+\.)?[^\s_\-./:,]*[\s_\-./:,]+|[^\s_\-./:,]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

_PLAIN: Final = re.compile("[^A-Za-z0-9]")


def clean(text: str) -> str:
    """Return the text with what XML cannot hold replaced by U+FFFD, and what it does not keep by its like; none of it
    commands a log that the picture is written to."""
    return printable(_legal(text))


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " "))


def one_line(text: str) -> str:
    """Return the clean text with each run of line breaks and tabs as one blank, and nothing that turns what follows."""
    return on_one_line(re.sub(r"[\n\t\x85\u2028\u2029]+", " ", _legal(text)))


def element_id(pointer: str) -> str:
    """Return the id of a state's element: safe in XML, CSS and URLs, and another one for every other pointer.

    >>> element_id("/States/Check Stock")
    'asl-States-Check_20_Stock'
    """
    return "asl" + _PLAIN.sub(_id_character, pointer)


def _id_character(match: re.Match[str]) -> str:
    character = match.group()
    return {"/": "-", "_": "__"}.get(character) or f"_{ord(character):x}_"


@lru_cache(maxsize=4096)
def _advance(character: str) -> float:
    """Return the width of a character in ems, a little more than Arial's, as other fonts will be used too."""
    if character in _NARROW:
        return 0.32
    if character in _WIDE:
        return 0.95
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.05
    return 0.7 if character.isupper() else 0.57


def width(text: str, size: float) -> float:
    """Return about how wide the text is at a font size, in the unit of the size."""
    return sum(map(_advance, text)) * size


def wrap(text: str, ems: float, lines: int) -> list[str]:
    """Return the text in at most that many lines of that width, cut with an ellipsis where it does not fit.

    Lines break after blanks. A word that is wider than a line breaks after punctuation, then between the humps of
    camelCase, and anywhere only when there is no other way.

    >>> wrap("UpdateTransactionRecords", 11, 3)
    ['UpdateTransaction', 'Records']
    """
    rows = [""]
    for piece in _breakable(one_line(text), ems):
        if rows[-1] and width((rows[-1] + piece).rstrip(), 1) > ems:
            rows.append(piece)
        else:
            rows[-1] += piece
    if len(rows) > lines:
        rows[lines - 1 :] = [rows[lines - 1].rstrip() + "…"]
    return [row.strip() for row in rows]


def balance(text: str, ems: float, lines: int) -> list[str]:
    """Return the text wrapped into no more lines than `wrap` makes, of about the same length.

    >>> balance("one two three four five six", 11, 3)
    ['one two three', 'four five six']
    """
    rows = wrap(text, ems, lines)
    if len(rows) == 1 or rows[-1].endswith("…"):
        return rows
    widest = max(width(word, 1) for word in one_line(text).split())
    narrower = (wrap(text, limit, lines) for limit in range(int(max(ems / 2, widest)) + 1, int(ems)))
    return next((few for few in narrower if len(few) == len(rows) and not few[-1].endswith("…")), rows)


def _breakable(text: str, ems: float) -> list[str]:
    pieces: list[str] = []
    for word in _WORDS.findall(text):
        pieces.extend([word] if width(word.rstrip(), 1) <= ems else _parts_of(word, ems))
    return pieces


def _parts_of(word: str, ems: float) -> Iterator[str]:
    for piece in _PIECES.findall(word):
        humps = _HUMP.split(piece) if width(piece, 1) > ems else [piece]
        for hump in humps:
            yield from _cut(hump, ems)


def _cut(word: str, ems: float) -> list[str]:
    """Return a word that is wider than a line in parts that are not."""
    parts, room = [""], ems
    for character in word:
        room -= _advance(character)
        if room < 0 and not character.isspace():
            parts.append("")
            room = ems - _advance(character)
        parts[-1] += character
    return parts


def shorten(text: str, ems: float) -> str:
    """Return the text on one line, cut with an ellipsis where it is wider than that."""
    line = one_line(text)
    return line if width(line, 1) <= ems else _cut(line, ems - 1)[0].rstrip() + "…"


def duration(seconds: float) -> str:
    """Return a duration in its two largest units.

    >>> [duration(seconds) for seconds in (0.25, 12, 125, 7_260, 100_000)]
    ['0.25 s', '12 s', '2 min 5 s', '2 h 1 min', '1 d 4 h']
    """
    if seconds < 59.95:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s" if seconds < 10 else f"{seconds:.0f} s"
    for unit, size, smaller, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1)):
        if seconds >= size:
            count, rest = divmod(round(seconds / part), size // part)
            return f"{count} {unit}" + (f" {rest} {smaller}" if rest else "")
    return "1 min"
