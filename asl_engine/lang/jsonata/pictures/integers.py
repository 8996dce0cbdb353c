"""Integer pictures (`#,##0;o`, `Ww`, `I`, `a`): what `$formatInteger`, `$parseInteger` and the dates share.

A picture is read once into an `IntegerPicture`. Any character of a decimal-digit pattern that is neither a digit nor
`#` is a separator of groups; separators that are alike and equally spaced repeat to the left without end, others stay
where they are. Reading back is as forgiving as in the reference: it drops separators and takes the number at the front
of the rest. Source: fn:format-integer of XPath F&O 3.1, with what version 2.0.6 of the reference makes of it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.pictures.words import from_letters, from_roman, from_words, to_letters, to_roman, to_words
from asl_engine.lang.jsonata.values.value import Value, number_text

MAX_PICTURE: Final = 10_000
"""The longest picture, in characters: no text with a meaning comes near, and it bounds what one call can produce."""

_FAMILIES: Final = (
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50, 0xED0,
    0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620,
    0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
)  # fmt: skip
_ZEROES: Final = {chr(zero + digit): zero for zero in _FAMILIES for digit in range(10)}
"""Each decimal digit that is known, with the code of the zero of its family."""

_STYLES: Final = {
    "A": ("letters", "upper"), "a": ("letters", "lower"), "I": ("roman", "upper"), "i": ("roman", "lower"),
    "W": ("words", "upper"), "Ww": ("words", "title"), "w": ("words", "lower"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class IntegerPicture:
    """How an integer looks: `style` is letters, roman, words, decimal or sequence; the last cannot be used (D3130).

    `zero` is the code of the digit zero, `separators` are (digits to the right, character) from left to right, and
    `interval` is the size of regular groups, 0 where they are not regular.
    """

    style: str
    case: str = "lower"
    ordinal: bool = False
    token: str = ""
    zero: int = 0x30
    mandatory: int = 0
    optional: int = 0
    separators: tuple[tuple[int, str], ...] = ()
    interval: int = 0


def format_integer(value: float, picture: str) -> str:
    """Return the number, rounded down, as the picture says; D3130 and D3131 for a bad picture, D1001."""
    whole = math.floor(value) if math.isfinite(value) else value
    return format_with(whole, integer_picture(picture))


def parse_integer(text: str, picture: str) -> float:
    """Return the number that the text spells under the picture, NaN where it spells none; D3130 and D3131."""
    return plain_number(parse_with(text, integer_picture(picture)))


def plain_number(value: float) -> float:
    """Return the double as an `int` where that is the same number."""
    return int(value) if abs(value) <= 2**53 and value == int(value) else value


def check_length(picture: Value) -> None:
    """Raise U1002 for a picture that is longer than any text needs, and T0410 for one that is not there."""
    if not isinstance(picture, str):
        raise JSONataError("T0410", token="a picture", index=2)
    if len(picture) > MAX_PICTURE:
        raise JSONataError("U1002", message=f"A picture string has at most {MAX_PICTURE} characters")


# --- reading pictures -------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def integer_picture(picture: str) -> IntegerPicture:
    """Read a picture; raise D3131 where it mixes families of digits, U1002 where it is too long."""
    check_length(picture)
    primary, semicolon, modifier = picture.rpartition(";")
    if not semicolon:
        primary, modifier = picture, ""
    ordinal = modifier.startswith("o")
    if primary in _STYLES:
        style, case = _STYLES[primary]
        return IntegerPicture(style, case, ordinal)
    return _decimal_picture(primary, ordinal)


def _decimal_picture(pattern: str, ordinal: bool) -> IntegerPicture:
    digits = [character for character in pattern if character in _ZEROES]
    if not digits:
        return IntegerPicture("sequence", ordinal=ordinal, token=pattern)
    zero, *others = {_ZEROES[digit] for digit in digits}
    if others:
        raise JSONataError("D3131")
    separators = _separators(pattern)
    return IntegerPicture(
        "decimal", "lower", ordinal, pattern, zero, len(digits), pattern.count("#"), separators, _interval(separators)
    )


def _separators(pattern: str) -> tuple[tuple[int, str], ...]:
    separators, digits = [], 0
    for character in reversed(pattern):
        if character in _ZEROES or character == "#":
            digits += 1
        else:
            separators.append((digits, character))
    return tuple(reversed(separators))


def _interval(separators: tuple[tuple[int, str], ...]) -> int:
    """Return the size of the groups where all separators are alike and equally spaced, otherwise 0."""
    alike = len({character for _, character in separators}) == 1
    return regular_interval([position for position, _ in separators]) if alike else 0


def regular_interval(positions: list[int]) -> int:
    """Return the distance d such that the positions are d, 2d, 3d, ..., in any order, or 0 where there is none."""
    distance = math.gcd(*positions)
    multiples = {distance * count for count in range(1, len(positions) + 1)}
    return distance if positions and multiples <= set(positions) else 0


# --- writing ----------------------------------------------------------------------------------------------------------


def format_with(value: float, picture: IntegerPicture) -> str:
    """Return a whole number as a picture says that was read before; raise D3130 or D1001."""
    size = abs(value)
    if picture.style == "decimal":
        text = _decimal(size, picture)
    elif picture.style == "sequence":
        raise JSONataError("D3130", value=picture.token)
    else:
        text = _lettered(size, picture)
    return "-" + text if value < 0 else text


def _lettered(size: float, picture: IntegerPicture) -> str:
    if picture.style == "letters":
        return to_letters(size, "A" if picture.case == "upper" else "a")
    text = to_roman(size) if picture.style == "roman" else to_words(size, picture.ordinal)
    if picture.case == "title":
        return text
    return text.upper() if picture.case == "upper" else text.lower()


def _decimal(size: float, picture: IntegerPicture) -> str:
    text = integer_text(size).rjust(picture.mandatory, "0")
    if picture.zero != 0x30:
        text = "".join(chr(ord(digit) - 0x30 + picture.zero) for digit in text)
    text = _grouped(text, picture)
    return text + _suffix(text) if picture.ordinal else text


def integer_text(size: float) -> str:
    """Return a whole number as JavaScript prints it: zeros below the shortest digits that name the double."""
    if 2**53 < size < 1e21:
        return f"{Decimal(repr(float(size))):f}".removesuffix(".0")
    return number_text(size)


def _grouped(text: str, picture: IntegerPicture) -> str:
    if picture.interval:
        return group_from_right(text, picture.interval, picture.separators[0][1])
    for position, separator in picture.separators:
        # a number too short for this place gets it in front, as a negative index counts from the end in JavaScript too
        place = len(text) - position
        text = text[: max(place, 0)] + separator + text[place:]
    return text


def group_from_right(text: str, interval: int, separator: str) -> str:
    """Return the text with a separator before each group of so many characters but the first."""
    head = len(text) % interval or interval
    return separator.join([text[:head], *(text[at : at + interval] for at in range(head, len(text), interval))])


def _suffix(text: str) -> str:
    teen = len(text) > 1 and text[-2] == "1"
    return "th" if teen else {"1": "st", "2": "nd", "3": "rd"}.get(text[-1], "th")


# --- reading back -----------------------------------------------------------------------------------------------------


def parse_with(text: str, picture: IntegerPicture) -> float:
    """Return the number that the text spells, or NaN; raise D3130 for a picture that is no style."""
    upper = picture.case == "upper"
    match picture.style:
        case "letters":
            return from_letters(text, "A" if upper else "a")
        case "roman":
            return from_roman(text if upper else text.upper())
        case "words":
            return from_words(text.lower())
        case "decimal":
            return _parse_decimal(text, picture)
    raise JSONataError("D3130", value=picture.token)


def _parse_decimal(text: str, picture: IntegerPicture) -> float:
    digits = text[:-2] if picture.ordinal else text
    for separator in [","] if picture.interval else [character for _, character in picture.separators]:
        # regular groups are always taken to be parted by commas: so it is in the reference
        digits = digits.replace(separator, "")
    if picture.zero != 0x30:
        digits = "".join(chr(max(ord(digit) - picture.zero + 0x30, 0)) for digit in digits)
    return leading_integer(digits)


_integer = re.compile(r"[\s\ufeff]*([-+]?)(?:0[xX]([0-9a-fA-F]*)|([0-9]+))")


def leading_integer(text: str) -> float:
    """Return the integer at the front of a text as JavaScript's `parseInt` finds it, NaN where there is none."""
    match = _integer.match(text)
    if not match:
        return math.nan
    size = float(match[3]) if match[3] else _hexadecimal(match[2])
    return -size if match[1] == "-" else size


def _hexadecimal(digits: str) -> float:
    if not digits:
        return math.nan
    significant = digits.lstrip("0") or "0"
    return float(int(significant, 16)) if len(significant) < 256 else math.inf
