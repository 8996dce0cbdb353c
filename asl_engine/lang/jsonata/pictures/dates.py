"""Pictures of dates and times, `[D1o] [MNn] [Y0001]`: reading them, and writing a time by them.

A picture is text with markers in brackets (doubled brackets are text). A marker is a letter for a component, then how
it is presented (an integer picture, or `N`, `n`, `Nn` for names, with `o` for ordinals and `t` for `Z`), then after a
comma the least and greatest width. Source: fn:format-dateTime of XPath F&O 3.1, section 9.8.4, as version 2.0.6 of the
reference has it, with its components `X` and `x` for the year and the month that a week belongs to. Two things that it
writes as `undefined` are errors here: a component that does not exist (D3132) and the name of a day of no time (D1001).
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.pictures.calendar import clip, component
from asl_engine.lang.jsonata.pictures.integers import (
    IntegerPicture,
    check_length,
    format_with,
    integer_picture,
    leading_integer,
)

MAX_WIDTH: Final = 1_000
"""The greatest width of a component; it bounds what a short picture can produce."""

_PRESENTATIONS: Final = {
    "Y": "1", "M": "1", "D": "1", "d": "1", "F": "n", "W": "1", "w": "1", "X": "1", "x": "1", "H": "1", "h": "1",
    "P": "n", "m": "01", "s": "01", "f": "1", "Z": "01:01", "z": "01:01", "C": "n", "E": "n",
}  # fmt: skip
"""What stands for a presentation that is not given; its keys are all components."""

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Marker:
    """A component and its look: `names` is lower, upper or title for names; `digits` is how many a year is cut to."""

    component: str
    integer: IntegerPicture | None = None
    names: str | None = None
    modifier: str = ""
    widest: int | None = None
    digits: int | None = None


def name_table(letter: str) -> tuple[str, ...]:
    """Return the names that a component can have; raise D3133 where it has none."""
    if letter in "Mx":
        return MONTHS
    if letter == "F":
        return DAYS
    raise JSONataError("D3133", value=letter)


# --- reading pictures -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def date_picture(picture: str) -> tuple[str | Marker, ...]:
    """Cut a picture into texts and markers; raise D3131, D3132, D3135 or U1002."""
    check_length(picture)
    parts: list[str | Marker] = []
    place = 0
    while (opening := picture.find("[", place)) != -1:
        parts.append(picture[place:opening].replace("]]", "]"))
        if picture[opening + 1 : opening + 2] == "[":
            parts.append("[")
            place = opening + 2
            continue
        closing = picture.find("]", opening)
        if closing == -1:
            raise JSONataError("D3135")
        parts.append(_marker("".join(picture[opening + 1 : closing].split())))
        place = closing + 1
    parts.append(picture[place:].replace("]]", "]"))
    return tuple(part for part in parts if part)


def _marker(text: str) -> Marker:
    letter = text[:1]
    if letter not in _PRESENTATIONS:
        raise JSONataError("D3132", value=letter)
    shape, comma, widths = text[1:].rpartition(",")
    least, widest = _widths(widths) if comma else (None, None)
    shape = shape if comma else text[1:]
    modifier = shape[-1] if len(shape) > 1 and shape[-1] in "atco" else ""
    presentation = shape.removesuffix(modifier) or _PRESENTATIONS[letter]
    if letter in "Zz":
        return Marker(letter, integer_picture(presentation), modifier=modifier)
    if presentation[0] in "nN":
        return Marker(letter, names=_case(presentation), widest=widest)
    if letter in "PCE":
        return Marker(letter)
    return _integer_marker(letter, presentation + ";" + modifier, least, widest)


def _case(presentation: str) -> str:
    if presentation[0] == "n":
        return "lower"
    return "title" if presentation[1:2] == "n" else "upper"


def _widths(text: str) -> tuple[int | None, int | None]:
    least, dash, widest = text.partition("-")
    return _width(least), _width(widest) if dash else None


def _width(text: str) -> int | None:
    number = leading_integer(text)
    if number > MAX_WIDTH:
        raise JSONataError("U1002", message=f"A component of a date has a width of at most {MAX_WIDTH}")
    return int(number) if number >= 0 else None


def _integer_marker(letter: str, presentation: str, least: int | None, widest: int | None) -> Marker:
    integer = integer_picture(presentation)
    if integer.style == "decimal":
        integer = dataclasses.replace(integer, mandatory=max(integer.mandatory, least or 0))
    if letter not in "YMD":
        return Marker(letter, integer, widest=widest)
    if widest is not None:
        return Marker(letter, dataclasses.replace(integer, mandatory=widest), widest=widest, digits=widest)
    size = integer.mandatory + integer.optional
    return Marker(letter, integer, digits=size if size >= 2 else None)


# --- writing ----------------------------------------------------------------------------------------------------------


def format_time(time: float, picture: str, timezone: str | None) -> str:
    """Return the time as a picture says, in a time zone like `-0500`; raise D3130 to D3135, D1001 or U1002."""
    hours, minutes = _offset(timezone)
    local = clip(time + (hours * 60 + minutes) * 60_000)
    return "".join(
        part if isinstance(part, str) else _component(part, local, hours, minutes) for part in date_picture(picture)
    )


def _offset(timezone: str | None) -> tuple[float, float]:
    """Return hours and minutes of a zone. As in the reference `-0530` is six hours and thirty minutes behind."""
    number = 0.0 if timezone is None else leading_integer(timezone)
    if not math.isfinite(number):
        return math.nan, math.nan
    return math.floor(number / 100), int(math.fmod(number, 100))


def _component(marker: Marker, local: float, hours: float, minutes: float) -> str:
    if marker.component in "Zz":
        return _zone(marker, hours, minutes)
    value = component(local, marker.component)
    if isinstance(value, str):
        return value.upper() if marker.component == "P" and marker.names == "upper" else value
    if marker.integer is None:
        return _name(marker, value)
    return format_with(_cut(value, marker), marker.integer)


def _cut(value: float, marker: Marker) -> float:
    if marker.component != "Y" or marker.digits is None or math.isnan(value):
        return value
    rest = int(abs(value)) % 10**marker.digits
    return float(rest if value >= 0 else -rest)


def _name(marker: Marker, value: float) -> str:
    table = name_table(marker.component)
    if math.isnan(value):
        raise JSONataError("D1001", value=value)
    name = table[int(value) - 1][: marker.widest]
    if marker.names == "title":
        return name
    return name.upper() if marker.names == "upper" else name.lower()


def _zone(marker: Marker, hours: float, minutes: float) -> str:
    offset = hours * 100 + minutes
    text = ("+" if offset >= 0 else "") + _zone_number(marker, offset, hours, minutes)
    if offset == 0 and marker.modifier == "t":
        return "Z"
    return "GMT" + text if marker.component == "z" else text


def _zone_number(marker: Marker, offset: float, hours: float, minutes: float) -> str:
    picture = marker.integer
    assert picture is not None  # zones always have one
    if picture.interval or (picture.style == "decimal" and 3 <= picture.mandatory <= 4):
        return format_with(offset, picture)
    if picture.style != "decimal" or picture.mandatory > 4:
        raise JSONataError("D3134", value=picture.mandatory)
    text = format_with(hours, picture)
    return text if minutes == 0 else text + ":" + format_with(minutes, integer_picture("00"))
