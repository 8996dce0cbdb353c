"""The values of tokens: strings with their escapes, numbers as doubles, names in backquotes."""

from __future__ import annotations

import math
import re
from typing import Final

from asl_engine.lang.jsonata.errors import JSONataError

MAX_SAFE: Final = 2**53

_escape = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_escapes = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def unquote(token: str, position: int) -> str:
    """Return the string that the literal stands for."""
    text = token[1:-1]
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1], 16))
        if match[2] in _escapes:
            return _escapes[match[2]]
        at = position + 2 + match.start()
        raise JSONataError("S0104", at) if match[2] == "u" else JSONataError("S0103", at, match[2])

    return joined_surrogates(_escape.sub(replace, text))


def joined_surrogates(text: str) -> str:
    """Return the text with each pair of surrogates as the one character that it means."""
    if text.isascii() or not any("\ud800" <= character <= "\udbff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def number_of(token: str, position: int) -> float:
    """Return the double that the literal names, as an int where it is whole."""
    if token.isdecimal() and len(token) < 16:
        return int(token)
    number = float(token)
    if math.isinf(number):
        raise JSONataError("S0102", position, token)
    return normal(number)


def normal(number: float) -> float:
    """Return the number as an int if it is a whole double that an int can stand for, else as a float."""
    if isinstance(number, int):
        return number if -MAX_SAFE <= number <= MAX_SAFE else _rounded(number)
    if number.is_integer() and -MAX_SAFE <= number <= MAX_SAFE:
        return int(number)
    return number


def _rounded(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
