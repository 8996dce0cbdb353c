"""Reading a time by a picture: what `$toMillis` does with its second argument.

A picture becomes a regular expression with one group for each part, which the bounded matcher runs: pictures such as
`[Y][M][D]` are ambiguous, and so a hostile one could take for ever. What the groups say must determine a time: from the
most to the least significant component that is given there may be no gap (D3136); what is more significant comes from
`now`, what is less significant is zero. Dates by weeks can be written but not read (D3136).
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.patterns import compiled_pattern, first_match
from asl_engine.lang.jsonata.pictures.calendar import DAY, civil, component, utc
from asl_engine.lang.jsonata.pictures.dates import Marker, date_picture, name_table
from asl_engine.lang.jsonata.pictures.integers import IntegerPicture, leading_integer, parse_with
from asl_engine.lang.jsonata.pictures.words import WORD_VALUES
from asl_engine.lang.jsonata.values.value import UNDEFINED, Undefined
from asl_engine.lang.regex.compile import Matcher

_Components = dict[str, float | str]

_WORDS: Final = "(?:" + "|".join([*WORD_VALUES, "and", "[\\-, ]"]) + ")+"
_special = re.compile(r"[.*+?^${}()|\[\]\\]")

_DATE_LETTERS: Final = frozenset("YXMxWwdD")
_TIME_LETTERS: Final = frozenset("PHhmsf")


def parse_time(text: str, picture: str, now: float) -> float | Undefined:
    """Return the time that a text names under a picture, UNDEFINED where it does not fit, NaN where there is no such.

    Raise D3130 to D3133, D3135 or D3136 for the picture, U1002 where matching takes too long.
    """
    parts = date_picture(picture)
    match = first_match(_matcher(parts), text)
    if match is None:
        return UNDEFINED
    markers = [(part, group) for part, group in zip(parts, match.groups, strict=True) if isinstance(part, Marker)]
    if not markers:
        return UNDEFINED
    values: _Components = {}
    for marker, group in markers:
        value = _read(marker, group or "")
        # a name that is not known still hides an earlier marker of the same component
        values.pop(marker.component, None)
        if value is not None:
            values[marker.component] = value
    return _time(values, now)


# --- from a picture to an expression ----------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _matcher(parts: tuple[str | Marker, ...]) -> Matcher:
    source = "".join(f"({_special.sub(_escape, part) if isinstance(part, str) else _source(part)})" for part in parts)
    return compiled_pattern(f"^{source}$", "i", max_length=None)


def _escape(match: re.Match[str]) -> str:
    return "\\" + match[0]


def _source(marker: Marker) -> str:
    if marker.component in "Zz":
        separator = _zone_separator(marker)
        return ("GMT" if marker.component == "z" else "") + "[-+][0-9]+" + (separator and separator + "[0-9]+")
    if marker.integer is not None:
        return _integer_source(marker.integer, marker.digits)
    if marker.component != "P":
        name_table(marker.component)
    return "[a-zA-Z]+"


def _zone_separator(marker: Marker) -> str:
    picture = marker.integer
    return picture.separators[0][1] if picture is not None and picture.interval else ""


def _integer_source(picture: IntegerPicture, digits: int | None) -> str:
    upper = picture.case == "upper"
    match picture.style:
        case "letters":
            return "[A-Z]+" if upper else "[a-z]+"
        case "roman":
            return "[MDCLXVI]+" if upper else "[mdclxvi]+"
        case "words":
            return _WORDS
        case "decimal":
            return "[0-9]" + _count(picture, digits) + ("(?:th|st|nd|rd)" if picture.ordinal else "")
    raise JSONataError("D3130", value=picture.token)


def _count(picture: IntegerPicture, digits: int | None) -> str:
    if not digits:
        return "+"
    return f"{{{digits - picture.optional},{digits}}}" if picture.optional else f"{{{digits}}}"


# --- from groups to components ----------------------------------------------------------------------------------------


def _read(marker: Marker, text: str) -> float | None:
    if marker.component in "Zz":
        return _zone(text[3:] if marker.component == "z" else text, _zone_separator(marker))
    if marker.integer is not None:
        return parse_with(text, marker.integer)
    if marker.component == "P":
        return {"am": 0, "AM": 0, "pm": 1, "PM": 1}.get(text)
    names = [name[: marker.widest or None] for name in name_table(marker.component)]
    return max((number for number, name in enumerate(names, 1) if name == text), default=None)


def _zone(text: str, separator: str) -> float:
    """Return the minutes of a zone. Its sign counts for the hours only, as in the reference."""
    if separator:
        hours, _, minutes = text.partition(separator)
    else:
        hours, minutes = (text, "0") if len(text) <= 3 else (text[:3], text[3:])
    return leading_integer(hours) * 60 + leading_integer(minutes)


# --- from components to a time ----------------------------------------------------------------------------------------


def _time(values: _Components, now: float) -> float:
    date_kind, date_parts = _date_kind(values)
    twelve_hours = _is_kind(values, _TIME_LETTERS, "Phmsf") and not _is_kind(values, _TIME_LETTERS, "Hmsf")
    _complete(values, date_parts + ("Phmsf" if twelve_hours else "Hmsf"), now)
    if date_kind == "weeks":
        raise JSONataError("D3136")
    year, month, day = _date(values, date_kind)
    hour = _afternoon(values) if twelve_hours else _number(values, "H")
    time = utc(year, month, day, hour, *(_number(values, letter) for letter in "msf"))
    zone = _number(values, "Z") or _number(values, "z")
    return time - zone * 60_000 if zone else time


def _is_kind(values: _Components, among: frozenset[str], letters: str) -> bool:
    """Return whether some of the letters and no others of their kind are given; zero and NaN do not count."""
    present = {letter for letter in among if (value := values.get(letter)) and value == value}
    return bool(present) and present <= set(letters)


def _date_kind(values: _Components) -> tuple[str, str]:
    """Return the kind of the date, and its components from the most to the least significant."""
    if _is_kind(values, _DATE_LETTERS, "YMD"):
        return "month", "YMD"
    if _is_kind(values, _DATE_LETTERS, "Yd"):
        return "day of the year", "YD"
    if _is_kind(values, _DATE_LETTERS, "Xxw"):
        return "weeks", "XxwF"
    return ("weeks", "XWF") if _is_kind(values, _DATE_LETTERS, "XW") else ("month", "YMD")


def _complete(values: _Components, letters: str, now: float) -> None:
    """Fill in what is missing before and after what is given; raise D3136 for a gap."""
    has_begun = has_ended = False
    for letter in letters:
        if letter in values:
            has_begun = True
            if has_ended:
                raise JSONataError("D3136")
        elif has_begun:
            values[letter] = 1 if letter in "MDd" else 0
            has_ended = True
        else:
            values[letter] = component(now, letter)


def _number(values: _Components, letter: str) -> float:
    value = values.get(letter, 0)
    return 0 if isinstance(value, str) else value


def _date(values: _Components, kind: str) -> tuple[float, float, float]:
    year, month, day = (_number(values, letter) for letter in "YMD")
    if kind == "month":
        return year, month - 1 if month > 0 else 0, day
    time = utc(year, 0) + (_number(values, "d") - 1) * DAY
    if math.isnan(time):
        return math.nan, math.nan, math.nan
    _, month, day = civil(int(time // DAY))
    return year, month - 1, day


def _afternoon(values: _Components) -> float:
    hour = _number(values, "h")
    return (0 if hour == 12 else hour) + (12 if values.get("P") == 1 else 0)
