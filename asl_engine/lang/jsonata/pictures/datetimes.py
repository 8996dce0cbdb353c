"""Times as text: `$fromMillis`, `$toMillis` and what `$now` prints.

Without a picture both speak ISO 8601. What is read then is a date or a date with a time, in UTC where no zone is named.
The reference leaves the rest to JavaScript's `Date.parse`, which finds meaning in a few texts that are no dates
(`2018.5`); they are NaN here, like days that do not exist.
"""

from __future__ import annotations

import math
import re
import time as clock
from typing import Final

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.pictures.calendar import DAY, civil, utc
from asl_engine.lang.jsonata.pictures.dates import format_time
from asl_engine.lang.jsonata.pictures.parsing import parse_time
from asl_engine.lang.jsonata.values.value import Undefined

ISO_PICTURE: Final = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

_LAST_COMMON: Final = 253_402_300_799_999
"""The end of the year 9999."""

_accepted = re.compile(
    r"[0-9]{4}(-[0-3][0-9])*(T[0-2][0-9]:[0-5][0-9]:[0-5][0-9])*(\.[0-9]+)?([+-][0-2][0-9]:?[0-5][0-9]|Z)?"
)
"""What the reference lets pass; not all of it is a time."""

_iso = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?"
    r"(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:([+-])([0-9]{2}):?([0-9]{2})|Z)?|Z)?"
)


def from_millis(ms: float, picture: str | None = None, timezone: str | None = None) -> str:
    """Return a time as text, as the picture says or in ISO 8601, in a zone such as `+0100` or in UTC.

    Raise D3130 to D3135 for the picture; a time that JavaScript has not (8.64e15 ms) gives `NaN` for its numbers.
    """
    if picture is None and timezone is None and 0 <= ms <= _LAST_COMMON:
        return _common(int(ms))
    return format_time(ms, ISO_PICTURE if picture is None else picture, timezone)


def _common(ms: int) -> str:
    days, rest = divmod(ms, DAY)
    year, month, day = civil(days)
    seconds, millis = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    return f"{year:04}-{month:02}-{day:02}T{minutes // 60:02}:{minutes % 60:02}:{second:02}.{millis:03}Z"


def to_millis(text: str, picture: str | None = None, now: float | None = None) -> float | Undefined:
    """Return the time that a text names, UNDEFINED where it does not fit the picture, NaN where there is no such time.

    `now` (milliseconds since 1970; by default the clock) gives what the picture leaves out before its first component.
    Raise D3110 for a text that is not ISO 8601, and D3130 to D3136 or U1002 for a picture.
    """
    if picture is None:
        return _from_iso(text)
    return parse_time(text, picture, clock.time() * 1000 if now is None else now)


def _from_iso(text: str) -> float:
    if not _accepted.fullmatch(text):
        raise JSONataError("D3110", value=text)
    match = _iso.fullmatch(text)
    if not match:
        return math.nan
    year, month, day, hour, minute, second = (int(match[group] or (group < 4)) for group in range(1, 7))
    zone_hours, zone_minutes = int(match[9] or 0), int(match[10] or 0)
    is_time = hour < 24 or (hour == 24 and minute == second == 0 and not (match[7] or "").strip("0"))
    if not (1 <= month <= 12 and 1 <= day <= 31 and is_time and zone_hours < 24):
        return math.nan
    millis = int((match[7] or "0")[:3].ljust(3, "0"))
    zone = (zone_hours * 60 + zone_minutes) * (-1 if match[8] == "-" else 1)
    # a year below 100 is meant as it is written, so it is moved by whole cycles of the calendar and back
    return utc(year + 400, month - 1, day, hour, minute, second, millis) - 146_097 * DAY - zone * 60_000
