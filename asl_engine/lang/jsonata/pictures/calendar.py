"""The calendar that dates are read and written with: JavaScript's UTC, and the weeks of ISO 8601.

Times are milliseconds since 1970, NaN where there is no such time; days are counted from 1970 too. Python's calendar
ends at the year 9999 and JavaScript's near 275,760, both repeat every 400 years, so years are folded into the first
400. As in JavaScript, where a year is named in a computation, 0 to 99 mean 1900 to 1999.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Final

DAY: Final = 86_400_000
_LATEST: Final = 8_640_000_000_000_000
_CYCLE: Final = 146_097
"""Days in 400 years."""
_EPOCH: Final = date(1970, 1, 1).toordinal()


def utc(year: float, month: float, day: float = 1, *clock: float) -> float:
    """Return the time of a date (months from 0) and hour, minute, second, millisecond; all may run over, or be NaN."""
    numbers = (year, month, day, *clock)
    if not all(map(math.isfinite, numbers)):
        return math.nan
    years, months, days, *times = map(int, numbers)
    total = (_days(years, months) + days - 1) * DAY
    total += sum(count * unit for count, unit in zip(times, (3_600_000, 60_000, 1_000, 1), strict=False))
    return clip(total)


def clip(time: float) -> float:
    """Return the whole milliseconds of a time, NaN beyond the 100 million days around 1970 that JavaScript has."""
    return int(time) if abs(time) <= _LATEST else math.nan


def _days(year: int, month: int) -> int:
    """Return the day number of the first of a month, counted from 0, which may lie in another year."""
    year += 1900 if 0 <= year <= 99 else 0
    cycles, folded = divmod(year + month // 12 - 1, 400)
    return date(folded + 1, month % 12 + 1, 1).toordinal() + cycles * _CYCLE - _EPOCH


def civil(days: int) -> tuple[int, int, int]:
    """Return year, month (from 1) and day of a day number."""
    cycles, folded = divmod(days + _EPOCH - 1, _CYCLE)
    day = date.fromordinal(folded + 1)
    return day.year + cycles * 400, day.month, day.day


def component(time: float, letter: str) -> float | str:
    """Return what a component of a picture (any but time zones) is at a time; numbers of no time are NaN."""
    if letter in "CE":
        return "ISO"
    if math.isnan(time):
        return "am" if letter == "P" else math.nan
    days, rest = divmod(int(time), DAY)
    if letter in "HhPmsf":
        return _clock(rest, letter)
    year, month, day = civil(days)
    if letter in "YMD":
        return {"Y": year, "M": month, "D": day}[letter]
    return _derived(days, year, month - 1, day, letter)


def _clock(rest: int, letter: str) -> float | str:
    hour = rest // 3_600_000
    match letter:
        case "H":
            return hour
        case "h":
            return hour % 12 or 12
        case "P":
            return "pm" if hour >= 12 else "am"
        case "m":
            return rest // 60_000 % 60
        case "s":
            return rest // 1_000 % 60
    return rest % 1_000


def _derived(days: int, year: int, month: int, day: int, letter: str) -> float:
    today = _days(year, month) + day - 1
    match letter:
        case "d":
            return today - _days(year, 0) + 1
        case "F":
            return _weekday(days)
        case "W":
            return _week(today, (year, 0), (year - 1, 0), (year + 1, 0), 52)
        case "w":
            return _week(today, (year, month), _shift(year, month, -1), _shift(year, month, 1), 4)
        case "X":
            return year + _drift(days, (year, 0), (year + 1, 0))
    _, owner = _shift(year, month, _drift(days, (year, month), _shift(year, month, 1)))
    return owner + 1


def _weekday(days: int) -> int:
    """Return 1 for Monday to 7 for Sunday."""
    return (days + 3) % 7 + 1


def _shift(year: int, month: int, by: int) -> tuple[int, int]:
    return year + (month + by) // 12, (month + by) % 12


_Month = tuple[int, int]


def _first_week(of: _Month) -> int:
    """Return the Monday of the week that has the first Thursday of the year or month that starts there."""
    first = _days(*of)
    weekday = _weekday(first)
    return first - weekday + (8 if weekday > 4 else 1)


def _week(today: int, this: _Month, previous: _Month, following: _Month, longest: int) -> int:
    week = (today - _first_week(this)) // 7 + 1
    if week > longest and today >= _first_week(following):
        return 1
    return (today - _first_week(previous)) // 7 + 1 if week < 1 else week


def _drift(days: int, this: _Month, following: _Month) -> int:
    """Return -1 or 1 for a day whose week belongs to the year or month before or after, otherwise 0."""
    if days < _first_week(this):
        return -1
    return 1 if days >= _first_week(following) else 0
