"""Integers without digits: English words, Roman numerals and letters, both ways, as the reference writes them.

In the reference the words of NaN recurse without end and the letters of infinity never stop; such numbers are D1001
here. What cannot be read back is NaN, as it is there.
"""

from __future__ import annotations

import math
import re
from typing import Final

from asl_engine.lang.jsonata.errors import JSONataError

_SMALL: Final = (
    "Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve",
    "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
)  # fmt: skip
_SMALL_ORDINALS: Final = (
    "Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth",
    "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth",
    "Nineteenth",
)  # fmt: skip
_TENS: Final = ("Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety")
_POWERS: Final = ("Thousand", "Million", "Billion", "Trillion")
"""The names of 1000, 1000², ...; there is none above, so that 1e15 is a thousand trillion."""

MAX_ROMAN: Final = 10_000_000
"""From here on a numeral would be over 10,000 letters long; the reference overflows its stack near there."""


def to_words(number: float, ordinal: bool) -> str:
    """Return the words of a number that is not negative, each with a capital: `One Hundred and First`; D1001."""
    _require_finite(number)
    return _words(float(number), False, ordinal)


def _words(number: float, follows: bool, ordinal: bool) -> str:
    if number < 100:
        return (" and " if follows else "") + _below_hundred(int(number), ordinal)
    unit, name = _unit(number)
    count = float(math.floor(number / unit))
    rest = number - count * unit
    ending = _words(rest, True, ordinal) if rest > 0 else "th" * ordinal
    return (", " if follows else "") + _words(count, False, False) + " " + name + ending


def _unit(number: float) -> tuple[float, str]:
    if number < 1000:
        return 100.0, "Hundred"
    power = min(int(math.log10(number) / 3), len(_POWERS))
    return 1000.0**power, _POWERS[power - 1]


def _below_hundred(number: int, ordinal: bool) -> str:
    if number < 20:
        return (_SMALL_ORDINALS if ordinal else _SMALL)[number]
    tens, ones = _TENS[number // 10 - 2], number % 10
    if ones:
        return tens + "-" + _below_hundred(ones, ordinal)
    return tens[:-1] + "ieth" if ordinal else tens


def _word_values() -> dict[str, float]:
    values: dict[str, float] = {}
    for names in (_SMALL, _SMALL_ORDINALS):
        values |= {name.lower(): float(index) for index, name in enumerate(names)}
    for index, name in enumerate(_TENS, 2):
        values |= {name.lower(): index * 10.0, name.lower()[:-1] + "ieth": index * 10.0}
    for name, value in zip(["Hundred", *_POWERS], (1e2, 1e3, 1e6, 1e9, 1e12), strict=True):
        values |= {name.lower(): value, name.lower() + "th": value}
    return values


WORD_VALUES: Final = _word_values()
"""Each word that means a number, in small letters, with its value."""

_between_words = re.compile(r",\s|\sand\s|[\s\\-]")


def from_words(text: str) -> float:
    """Return the number of words in small letters, cardinal or ordinal; NaN where one of them is no number.

    A word below a hundred adds, every other multiplies what came before it; hence `nineteen hundred` works too.
    """
    sums = [0.0]
    for word in _between_words.split(text):
        value = WORD_VALUES.get(word, math.nan)
        if not value < 100:
            sums[-1] *= value
        elif sums[-1] >= 1000:
            sums.append(value)
        else:
            sums[-1] += value
    return sum(sums)


_NUMERALS: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_NUMERAL_VALUES: Final = {"M": 1000, "D": 500, "C": 100, "L": 50, "X": 10, "V": 5, "I": 1}


def to_roman(number: float) -> str:
    """Return the number as a Roman numeral in small letters, nothing for zero; D1001 above ten millions."""
    _require_finite(number)
    if number > MAX_ROMAN:
        raise JSONataError("D1001", value=number)
    rest, numeral = int(number), ""
    for value, letters in _NUMERALS:
        numeral += letters * (rest // value)
        rest %= value
    return numeral


def from_roman(text: str) -> float:
    """Return the number of a numeral in capitals: a letter counts negative where a greater one follows; or NaN."""
    if not set(text) <= _NUMERAL_VALUES.keys():
        return math.nan
    total, greatest = 0, 1
    for letter in reversed(text):
        value = _NUMERAL_VALUES[letter]
        total += value if value >= greatest else -value
        greatest = max(greatest, value)
    return total


def to_letters(number: float, first: str) -> str:
    """Return the number as columns of a spreadsheet are counted: a, b, ... z, aa; nothing for zero; D1001."""
    _require_finite(number)
    letters, rest = "", float(number)
    while rest > 0:
        letters = chr(ord(first) + int(math.fmod(rest - 1, 26))) + letters
        rest = float(math.floor((rest - 1) / 26))
    return letters


def from_letters(text: str, first: str) -> float:
    """Return the number of letters counted from the first one; letters outside the alphabet count on beyond it."""
    total = 0.0
    for letter in text:
        total = total * 26 + (ord(letter) - ord(first) + 1)
    return total


def _require_finite(number: float) -> None:
    if not math.isfinite(number):
        raise JSONataError("D1001", value=number)
