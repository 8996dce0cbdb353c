"""Number pictures (`#,##0.00;(#)`) and number bases: `$formatNumber` and `$formatBase`.

A picture has one sub-picture or two, the second for negative numbers. A sub-picture is cut into a prefix, an active
part and a suffix; the active part into integer, fraction and exponent. It is checked and measured (fn:format-number of
XPath F&O 3.1, sections 4.7.3 and 4.7.4), then the number is scaled, rounded, written and grouped (4.7.5).

Where version 2.0.6 of the reference departs from the specification, so does this: of several errors the last is
reported; the place of the exponent is counted as if there were no prefix, so that a picture with both is refused;
further separators of the fraction are looked for in the integer. Only its endless loops (an exponent with zero or a
negative number) and its plain exceptions (a picture without digits) are replaced: by what the specification means, and
by D3085.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.pictures.integers import (
    check_length,
    format_integer,
    group_from_right,
    integer_text,
    parse_integer,
    regular_interval,
)
from asl_engine.lang.jsonata.values.value import number_text

__all__ = ["format_base", "format_integer", "format_number", "parse_integer", "round_half_even"]

_DEFAULTS: Final = {
    "decimal-separator": ".", "grouping-separator": ",", "exponent-separator": "e", "infinity": "Infinity",
    "minus-sign": "-", "NaN": "NaN", "percent": "%", "per-mille": "\u2030", "zero-digit": "0", "digit": "#",
    "pattern-separator": ";",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Symbols:
    """The characters that mean something in a picture, and the texts for what has no digits."""

    point: str
    group: str
    exponent: str
    infinity: str
    minus: str
    nan: str
    percent: str
    mille: str
    digits: str
    optional: str
    between: str

    def is_active(self, character: str) -> bool:
        others = (self.point, self.exponent, self.group, self.optional, self.between)
        return character in self.digits or character in others

    def count(self, part: str, optional: bool) -> int:
        """Return how many digits the part has, with or without the optional ones."""
        return sum(character in self.digits or (optional and character == self.optional) for character in part)


@dataclass(frozen=True, slots=True)
class _Parts:
    """A sub-picture, cut up; `exponent` is None where it has none."""

    text: str
    prefix: str
    suffix: str
    active: str
    mantissa: str
    integer: str
    fraction: str
    exponent: str | None


@dataclass(frozen=True, slots=True)
class _Measures:
    """What a sub-picture asks for; `groups` and `fraction_groups` count digits from the decimal point."""

    parts: _Parts
    groups: list[int]
    interval: int
    fraction_groups: list[int]
    scale: int
    min_integer: int
    min_fraction: int
    max_fraction: int
    min_exponent: int


def format_number(value: float, picture: str, options: dict[str, Any] | None = None) -> str:
    """Return the number as the picture says; `options` replace symbols by the names of XPath's decimal formats.

    Raise D3080 to D3093 for a bad picture, U1002 for one that is too long, T0410 for an option that is not a text or an
    empty symbol.
    """
    symbols = _symbols(options or {})
    pictures = _measured(picture, symbols)
    if math.isnan(value):
        return symbols.nan
    measures = pictures[0] if value >= 0 else pictures[-1]
    prefix = symbols.minus * (value < 0 and len(pictures) == 1) + measures.parts.prefix
    text = symbols.infinity if math.isinf(value) else _number(value, measures, symbols)
    return prefix + text + measures.parts.suffix


def _symbols(options: dict[str, Any]) -> _Symbols:
    names = {**_DEFAULTS, **{name: text for name, text in options.items() if name in _DEFAULTS}}
    texts = ("infinity", "NaN", "minus-sign")
    if not all(isinstance(text, str) and (text or name in texts) for name, text in names.items()):
        raise JSONataError("T0410", token="formatNumber", index=3)
    zero = min(ord(names["zero-digit"][0]), 0x10FFFF - 9)
    digits = "".join(chr(zero + digit) for digit in range(10))
    return _Symbols(
        point=names["decimal-separator"], group=names["grouping-separator"], exponent=names["exponent-separator"],
        infinity=names["infinity"], minus=names["minus-sign"], nan=names["NaN"], percent=names["percent"],
        mille=names["per-mille"], digits=digits, optional=names["digit"], between=names["pattern-separator"],
    )  # fmt: skip


# --- reading pictures -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _measured(picture: str, symbols: _Symbols) -> list[_Measures]:
    check_length(picture)
    pictures = picture.split(symbols.between)
    if len(pictures) > 2:
        raise JSONataError("D3080")
    parts = [_cut(picture, symbols) for picture in pictures]
    for part in parts:
        _check(part, symbols)
    return [_measure(part, symbols) for part in parts]


def _cut(text: str, symbols: _Symbols) -> _Parts:
    active = [at for at, character in enumerate(text) if symbols.is_active(character) and character != symbols.exponent]
    if not active:
        raise JSONataError("D3085")
    first, last = active[0], active[-1] + 1
    middle = text[first:last]
    place = text.find(symbols.exponent, first)
    has_exponent = 0 <= place <= last
    mantissa = middle[:place] if has_exponent else middle
    integer, _, fraction = mantissa.partition(symbols.point)
    exponent = middle[place + 1 :] if has_exponent else None
    return _Parts(text, text[:first], text[last:], middle, mantissa, integer, fraction, exponent)


def _check(parts: _Parts, symbols: _Symbols) -> None:
    """Raise the error of the last rule that the sub-picture breaks."""
    broken = [code for code, breaks in _RULES if breaks(parts, symbols)]
    if broken:
        raise JSONataError(broken[-1])


def _repeats(text: str, symbol: str) -> bool:
    return text.find(symbol) != text.rfind(symbol)


def _scales(parts: _Parts, symbols: _Symbols) -> bool:
    return symbols.percent in parts.text or symbols.mille in parts.text


def _group_beside_point(parts: _Parts, symbols: _Symbols) -> bool:
    before, point, after = parts.text.partition(symbols.point)
    return bool(point) and symbols.group in (before[-1:], after[:1])


def _group_at_end(parts: _Parts, symbols: _Symbols) -> bool:
    return symbols.point not in parts.text and parts.integer[-1:] == symbols.group


def _digit_before_optional(parts: _Parts, symbols: _Symbols) -> bool:
    before, optional, _ = parts.integer.partition(symbols.optional)
    return bool(optional) and symbols.count(before, optional=False) > 0


def _digit_after_optional(parts: _Parts, symbols: _Symbols) -> bool:
    _, optional, after = parts.fraction.rpartition(symbols.optional)
    return bool(optional) and symbols.count(optional + after, optional=False) > 0


def _bad_exponent(parts: _Parts, symbols: _Symbols) -> bool:
    exponent = parts.exponent
    return exponent is not None and (not exponent or symbols.count(exponent, optional=False) < len(exponent))


_Rule = Callable[[_Parts, _Symbols], bool]
_RULES: Final[tuple[tuple[str, _Rule], ...]] = (
    ("D3081", lambda parts, symbols: _repeats(parts.text, symbols.point)),
    ("D3082", lambda parts, symbols: _repeats(parts.text, symbols.percent)),
    ("D3083", lambda parts, symbols: _repeats(parts.text, symbols.mille)),
    ("D3084", lambda parts, symbols: symbols.percent in parts.text and symbols.mille in parts.text),
    ("D3085", lambda parts, symbols: symbols.count(parts.mantissa, optional=True) == 0),
    ("D3086", lambda parts, symbols: not all(symbols.is_active(character) for character in parts.active)),
    ("D3087", _group_beside_point),
    ("D3088", _group_at_end),
    ("D3089", lambda parts, symbols: symbols.group * 2 in parts.text),
    ("D3090", _digit_before_optional),
    ("D3091", _digit_after_optional),
    ("D3092", lambda parts, symbols: bool(parts.exponent) and _scales(parts, symbols)),
    ("D3093", _bad_exponent),
)


def _measure(parts: _Parts, symbols: _Symbols) -> _Measures:
    groups = [symbols.count(parts.integer[at:], optional=True) for at in _places(parts.integer, parts, symbols)]
    scale = symbols.count(parts.integer, optional=False)
    min_fraction, max_fraction = (symbols.count(parts.fraction, optional) for optional in (False, True))
    min_integer = scale
    if scale == max_fraction == 0:
        if parts.exponent is None:
            min_integer = 1
        else:
            min_fraction = max_fraction = 1
    if parts.exponent is not None and min_integer == 0 and symbols.optional in parts.integer:
        min_integer = 1
    if min_integer == min_fraction == 0:
        min_fraction = 1
    return _Measures(
        parts, groups, regular_interval(groups),
        [symbols.count(parts.fraction[:at], optional=True) for at in _places(parts.fraction, parts, symbols)],
        scale, min_integer, min_fraction, max_fraction, len(parts.exponent or ""),
    )  # fmt: skip


def _places(part: str, parts: _Parts, symbols: _Symbols) -> Iterator[int]:
    """Yield where separators of groups are; after the first always those of the integer, as the reference has it."""
    place = part.find(symbols.group)
    while place != -1:
        yield place
        place = parts.integer.find(symbols.group, place + 1)


# --- writing ----------------------------------------------------------------------------------------------------------


def _number(value: float, measures: _Measures, symbols: _Symbols) -> str:
    mantissa, exponent = _scaled(abs(value), measures, symbols)
    rounded = round_half_even(mantissa, measures.max_fraction)
    text = _digits(rounded, measures.max_fraction, symbols)
    text = text.replace(".", symbols.point) if "." in text else text + symbols.point
    text = _padded(text.strip(symbols.digits[0]), measures, symbols)
    text = _grouped(text, measures, symbols)
    if symbols.point not in measures.parts.text or text.endswith(symbols.point):
        text = text[:-1]
    return text if exponent is None else text + symbols.exponent + _exponent(exponent, measures, symbols)


def _scaled(size: float, measures: _Measures, symbols: _Symbols) -> tuple[float, int | None]:
    """Return the mantissa, after percent and exponent, and the exponent where the picture has one."""
    if symbols.percent in measures.parts.text:
        size *= 100
    elif symbols.mille in measures.parts.text:
        size *= 1000
    if measures.min_exponent == 0:
        return size, None
    lowest, highest, exponent = 10.0 ** (measures.scale - 1), 10.0**measures.scale, 0
    while 0 < size < lowest:
        size, exponent = size * 10, exponent - 1
    while highest < size < math.inf:
        size, exponent = size / 10, exponent + 1
    return size, exponent


def _digits(size: float, places: int, symbols: _Symbols) -> str:
    """Return what JavaScript's `toFixed` gives, in the digits of the picture."""
    text = f"{size:.{places}f}" if size < 1e21 else number_text(float(size))
    if symbols.digits[0] == "0":
        return text
    return "".join(symbols.digits[int(character)] if character in "0123456789" else character for character in text)


def _padded(text: str, measures: _Measures, symbols: _Symbols) -> str:
    zero, point = symbols.digits[0], text.find(symbols.point)
    left = zero * (measures.min_integer - point)
    return left + text + zero * (measures.min_fraction - (len(text) - point - 1))


def _grouped(text: str, measures: _Measures, symbols: _Symbols) -> str:
    point = text.find(symbols.point)
    integer, rest = text[:point], text[point:]
    if measures.interval:
        integer = group_from_right(integer, measures.interval, symbols.group) if integer else integer
        text = integer + rest
    else:
        text = _insert(text, [point + shift - position for shift, position in enumerate(measures.groups)], symbols)
    point = text.find(symbols.point)
    return _insert(text, [point + 1 + position for position in measures.fraction_groups], symbols)


def _insert(text: str, places: list[int], symbols: _Symbols) -> str:
    for place in places:
        text = text[:place] + symbols.group + text[place:]
    return text


def _exponent(exponent: int, measures: _Measures, symbols: _Symbols) -> str:
    digits = _digits(abs(exponent), 0, symbols).rjust(measures.min_exponent, symbols.digits[0])
    return symbols.minus * (exponent < 0) + digits


def round_half_even(number: float, places: int = 0) -> float:
    """Return the number rounded to so many decimal places, halves to the even neighbour, as `$round` does.

    The decimal point is shifted in the text of the number, since 4.475 times 100 is not 447.5.
    """
    shifted = _shift(number, places)
    if not math.isfinite(shifted):
        return number
    return _shift(float(round(shifted)), -places) + 0.0


def _shift(number: float, places: int) -> float:
    if not places:
        return number
    digits, _, exponent = number_text(number).partition("e")
    return float(f"{digits}e{int(exponent or 0) + places}")


# --- bases ------------------------------------------------------------------------------------------------------------

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def format_base(value: float, radix: float) -> str:
    """Return the number, rounded, in a base from 2 to 36 (rounded as well); raise D3100 for another base."""
    number, base = round_half_even(value), round_half_even(radix)
    if not 2 <= base <= 36:
        raise JSONataError("D3100", value=base)
    if not math.isfinite(number):
        return number_text(number)
    size = abs(number)
    return "-" * (number < 0) + (integer_text(size) if base == 10 else _in_base(float(size), int(base)))


def _in_base(number: float, base: int) -> str:
    """Return the digits as JavaScript has them: below the precision of a double they are zeros."""
    zeros, digits = 0, ""
    while number / base >= 2**53:
        number, zeros = number / base, zeros + 1
    while number > 0 or not digits:
        digit = math.fmod(number, base)
        number, digits = (number - digit) / base, _DIGITS[int(digit)] + digits
    return digits + "0" * zeros
