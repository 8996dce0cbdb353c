"""Reading JSON: the value by the standard library, the places and the plain words for errors by a scan of our own.

Templates hold placeholders, `"MaxConcurrency": ${Concurrency}`, that stand bare where a value should be. They are read
as the string `"${Concurrency}"`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Final

from asl_engine.errors import SourceError
from asl_engine.pointers import escape
from asl_engine.source.places import Place, Places
from asl_engine.values import JSON, MAX_DEPTH, TOO_DEEP

_STRING: Final = r'"[^"\\]*(?:\\.[^"\\]*)*"?'
"""A string; one without an end goes on to the end of the text, so that no quote in it is tried as a beginning."""

_TOKEN: Final = re.compile(rf'{_STRING}|\$\{{[^{{}}]*\}}|[\[\]{{}}:,]|[^\s\[\]{{}}:,"]+', re.DOTALL)
_BARE: Final = re.compile(rf'{_STRING}|\$\{{[^{{}}"\n]*\}}', re.DOTALL)


class _NotANumber(ValueError):
    """NaN or an infinity, which Python's reader would take."""


def parse(text: str, name: str) -> tuple[JSON, bool]:
    """Return the value of a JSON text, and whether an object has a key twice; raise `SourceError` if it is no JSON."""
    try:
        return _decode(text)
    except json.JSONDecodeError as error:
        if "${" in text:
            return _parse_template(text, name)
        raise _syntax_error(text, error.msg, error.pos, name) from None
    except _NotANumber as error:
        raise _at(text, _first_odd_number(text), f"{error} is not a JSON value", name) from None
    except RecursionError:
        raise SourceError(TOO_DEEP, name) from None
    except ValueError:
        raise SourceError("a number is too long to be read", name) from None


def _decode(text: str) -> tuple[JSON, bool]:
    duplicated = False

    def collected(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
        nonlocal duplicated
        built = dict(pairs)
        if len(built) != len(pairs):
            duplicated = True
        return built

    decoder = json.JSONDecoder(object_pairs_hook=collected, parse_float=_finite, parse_constant=_refuse)
    return decoder.decode(text), duplicated


def _refuse(constant: str) -> JSON:
    raise _NotANumber(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise _NotANumber("a number this large")
    return number


def _first_odd_number(text: str) -> int:
    """Return the offset of the first token that Python reads as NaN or infinite, or -1."""
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word in ("NaN", "Infinity", "-Infinity"):
            return token.start()
        if word[0] in "-0123456789" and _is_infinite(word):
            return token.start()
    return -1


def _is_infinite(word: str) -> bool:
    try:
        return not word.lstrip("-").isdecimal() and math.isinf(float(word))
    except ValueError:
        return False


def _parse_template(text: str, name: str) -> tuple[JSON, bool]:
    """Read a text again with its bare placeholders put in quotes; errors are told at their places in the original."""
    quoted, added = _quote_placeholders(text)
    try:
        return _decode(quoted)
    except json.JSONDecodeError as error:
        offset = error.pos - 2 * sum(start < error.pos for start in added)
        raise _syntax_error(text, error.msg, offset, name) from None
    except _NotANumber as error:
        raise _at(text, _first_odd_number(text), f"{error} is not a JSON value", name) from None
    except RecursionError:
        raise SourceError(TOO_DEEP, name) from None


def _quote_placeholders(text: str) -> tuple[str, list[int]]:
    """Return the text with bare placeholders in quotes, and where in the new text each of those begins."""
    pieces: list[str] = []
    added: list[int] = []
    last = length = 0
    for match in _BARE.finditer(text):
        if match.group()[0] == '"':
            continue
        between, quoted = text[last : match.start()], json.dumps(match.group(), ensure_ascii=False)
        added.append(length + len(between))
        pieces += [between, quoted]
        length += len(between) + len(quoted)
        last = match.end()
    return "".join([*pieces, text[last:]]), added


def _at(text: str, offset: int, problem: str, name: str) -> SourceError:
    before = text[: max(offset, 0)]
    line_start = max(before.rfind("\n"), before.rfind("\r") if "\n" not in before else -1) + 1
    return SourceError(problem, name, before.count("\n") + 1, len(before) - line_start + 1)


# --- plain words for errors -----------------------------------------------------------------------------------------


def _syntax_error(text: str, reason: str, offset: int, name: str) -> SourceError:
    offset = min(offset, len(text))
    if _depth(text[:offset]) > MAX_DEPTH:
        return SourceError(TOO_DEEP, name)
    rest = text[offset:].lstrip()
    before = text[:offset].rstrip()
    at = offset + len(text[offset:]) - len(rest)
    if rest[:1] in ("}", "]") and before.endswith(","):
        return _at(text, len(before) - 1, f"JSON allows no comma before the closing {rest[0]!r}", name)
    if reason.startswith("Illegal trailing comma"):
        closing = text[offset + 1 :].lstrip()[:1]  # Python 3.13 tells it apart, and points at the comma
        return _at(text, offset, f"JSON allows no comma before the closing {closing!r}", name)
    if not rest and not reason.startswith("Unterminated"):
        return _at(text, len(before), f"the text ends too early: {_wanted(reason)} is missing", name)
    return _at(text, at, _explained(reason, rest), name)


def _depth(text: str) -> int:
    """Return how many objects and arrays are open at the end of a text."""
    brackets = [word for word in _TOKEN.findall(text) if word in ("{", "[", "}", "]")]
    return 2 * sum(word in "{[" for word in brackets) - len(brackets)


_WANTED: Final = {
    "Expecting value": "a value",
    "Expecting property name enclosed in double quotes": "a name in double quotes, or the closing '}',",
    "Expecting ':' delimiter": "the ':' after a name",
    "Expecting ',' delimiter": "a comma or a closing bracket",
}


def _wanted(reason: str) -> str:
    return _WANTED.get(reason, "something")


def _explained(reason: str, rest: str) -> str:
    seen = _shown(rest)
    if rest.startswith(("//", "/*", "#")):
        return "JSON has no comments; Step Functions knows a field Comment"
    if rest.startswith("'") and reason in _WANTED:
        return "JSON strings stand in double quotes, not in single ones"
    if seen in _CASED:
        return f"{seen} is not a JSON value; did you mean {_CASED[seen]}?"
    if reason in _WANTED:
        return f"expected {_WANTED[reason].rstrip(',')} before {seen!r}"
    return _OTHER.get(reason.removesuffix(" at"), reason[:1].lower() + reason[1:])


_CASED: Final = {"True": "true", "False": "false", "None": "null", "undefined": "null", "Null": "null"}

_OTHER: Final = {
    "Extra data": "the document ends here, and more text follows",
    "Unterminated string starting": "the string that starts here has no closing quote",
    "Invalid control character": "a string may not hold a line break or another control character; write \\n or \\t",
    "Invalid \\escape": 'after a backslash JSON allows only " \\ / b f n r t and u; a backslash itself is \\\\',
    "Invalid \\uXXXX escape": "\\u needs four hexadecimal digits",
}


def _shown(rest: str) -> str:
    match = re.match(r"[\w.+-]+", rest)
    return match.group()[:30] if match else rest[:1]


# --- places ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """An array or object whose end has not been seen."""

    pointer: str
    key_start: int
    key_end: int
    start: int
    index: int
    key: str | None = None
    key_at: tuple[int, int] = (0, 0)


def places(text: str) -> Places:
    """Return the place of every part of a JSON text that `parse` has read, by its pointer, and the keys that repeat."""
    places = Places({}, [])
    open_: list[_Open] = []
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word in "{[":
            open_.append(_opened(open_, token.start(), token.end(), word))
        elif word in "}]":
            ended = open_.pop()
            places.by_pointer[ended.pointer] = Place(ended.key_start, ended.key_end, ended.start, token.end())
        elif word == ",":
            _next(open_[-1])
        elif word != ":":
            _scalar(open_, word, token.start(), token.end(), places)
    return places


def _next(holder: _Open) -> None:
    if holder.index >= 0:
        holder.index += 1
    holder.key = None


def _child(open_: list[_Open], start: int, end: int) -> tuple[str, int, int]:
    """Return the pointer of what begins here, and the place of its key: of itself when it has none."""
    if not open_:
        return "", start, end
    holder = open_[-1]
    if holder.index >= 0:
        return f"{holder.pointer}/{holder.index}", start, end
    return f"{holder.pointer}/{escape(holder.key or '')}", *holder.key_at


def _opened(open_: list[_Open], start: int, end: int, word: str) -> _Open:
    pointer, key_start, key_end = _child(open_, start, end)
    return _Open(pointer, key_start, key_end, start, 0 if word == "[" else -1)


def _scalar(open_: list[_Open], word: str, start: int, end: int, places: Places) -> None:
    holder = open_[-1] if open_ else None
    if holder is not None and holder.index < 0 and holder.key is None:
        holder.key = json.loads(word, strict=False) if word[0] == '"' else word
        holder.key_at = (start, end)
        _note_repetition(holder, places)
        return
    pointer, key_start, key_end = _child(open_, start, end)
    places.by_pointer[pointer] = Place(key_start, key_end, start, end)


def _note_repetition(holder: _Open, places: Places) -> None:
    pointer = f"{holder.pointer}/{escape(holder.key or '')}"
    if pointer in places.by_pointer:
        places.repeated.append((pointer, *holder.key_at))
