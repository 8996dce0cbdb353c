"""What AWS says of a text that is no JSON: its reader is Jackson, and its words and places reach the caller verbatim.

Recorded are `Unrecognized token` (a definition and an execution's input) and the missing double quote before a name;
the other words are Jackson's own for the same situations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NoReturn

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_WORD: Final = re.compile(r"[^\W\d][\w$]*")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_STRING_BODY: Final = re.compile(r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_STRING: Final = re.compile(f'"{_STRING_BODY.pattern}"')
_VALUES: Final = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"


class _Wrong(Exception):
    """The text is wrong; `end` is the offset after what was read last."""

    def __init__(self, message: str, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.end = end


def jackson_error(text: str) -> tuple[str, str] | None:
    """Return the message and the place (`[Source: (String)"..."; line: 1, column: 4]`), or None for a JSON text."""
    try:
        _Reader(text).read()
    except _Wrong as wrong:
        return wrong.message, _source(text, wrong.end)
    return None


def _source(text: str, end: int) -> str:
    shown = f'"{text[:500]}"' + (f"[truncated {len(text) - 500} chars]" if len(text) > 500 else "")
    before = text[:end]
    column = end - (before.rfind("\n") + 1) + 1
    return f"[Source: (String){shown}; line: {before.count(chr(10)) + 1}, column: {column}]"


@dataclass(slots=True)
class _Reader:
    """Walks a text until something is wrong. `open` holds the offset of each bracket that waits to be closed."""

    text: str
    at: int = 0
    open: list[int] = field(default_factory=list)

    def read(self) -> None:
        is_due = True
        while is_due or self.open:
            is_due = self._value() if is_due else self._next()

    def _is_object(self) -> bool:
        return self.text[self.open[-1]] == "{"

    def _peek(self) -> str:
        """Return the next character that is no blank; the end of the text inside of brackets is an error."""
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        if self.at < len(self.text):
            return self.text[self.at]
        if not self.open:
            raise _Wrong("No content to map due to end-of-input", self.at)
        kind = "Object" if self._is_object() else "Array"
        start = _source(self.text, self.open[-1])
        raise _Wrong(f"Unexpected end-of-input: expected close marker for {kind} (start marker at {start})", self.at)

    def _value(self) -> bool:
        """Read a scalar, or the bracket that opens an array or object; tell whether another value must follow."""
        first = self._peek()
        if first in "{[":
            self.open.append(self.at)
            self.at += 1
            return self._first_of(first)
        if first == '"':
            self._string()
        elif number := _NUMBER.match(self.text, self.at):
            self.at = number.end()
        else:
            self._word()
        return False

    def _first_of(self, bracket: str) -> bool:
        if self._peek() == ("}" if bracket == "{" else "]"):
            return self._close()
        return self._name() if bracket == "{" else True

    def _close(self) -> bool:
        self.at += 1
        self.open.pop()
        return False

    def _next(self) -> bool:
        return self._next_member() if self._is_object() else self._next_element()

    def _next_member(self) -> bool:
        character = self._peek()
        if character == "}":
            return self._close()
        if character != ",":
            self._unexpected("was expecting comma to separate Object entries")
        self.at += 1
        return self._name()

    def _next_element(self) -> bool:
        character = self._peek()
        if character == "]":
            return self._close()
        if character != ",":
            self._unexpected("was expecting comma to separate Array entries")
        self.at += 1
        return True

    def _name(self) -> bool:
        if self._peek() != '"':
            self._unexpected("was expecting double-quote to start field name")
        self._string()
        if self._peek() != ":":
            self._unexpected("was expecting a colon to separate field name and value")
        self.at += 1
        return True

    def _unexpected(self, wanted: str) -> NoReturn:
        character = self._peek()
        if character in "}]" and "comma" in wanted:
            kind, close = ("Object", "}") if self._is_object() else ("Array", "]")
            expected = f"expected '{close}' (for {kind} starting at {_source(self.text, self.open[-1])})"
            raise _Wrong(f"Unexpected close marker '{character}': {expected}", self.at + 1)
        raise _Wrong(f"Unexpected character ('{character}' (code {ord(character)})): {wanted}", self.at + 1)

    def _word(self) -> None:
        match = _WORD.match(self.text, self.at)
        if match is None:
            self._unexpected(f"expected a valid value {_VALUES}")
        elif match.group() not in ("null", "true", "false"):
            raise _Wrong(f"Unrecognized token '{match.group()}': was expecting {_VALUES}", match.end())
        else:
            self.at = match.end()

    def _string(self) -> None:
        match = _STRING.match(self.text, self.at)
        if match is None:
            raise self._bad_string()
        self.at = match.end()

    def _bad_string(self) -> _Wrong:
        sound = _STRING_BODY.match(self.text, self.at + 1)
        at = sound.end() if sound else self.at + 1
        if at >= len(self.text):
            return _Wrong("Unexpected end-of-input in VALUE_STRING", len(self.text))
        return _bad_character(self.text, at)


def _bad_character(text: str, at: int) -> _Wrong:
    if text[at] == "\\":
        escaped = text[at + 1 : at + 2]
        if not escaped:
            return _Wrong("Unexpected end-of-input in character escape sequence", len(text))
        return _Wrong(f"Unrecognized character escape '{escaped}' (code {ord(escaped)})", at + 2)
    message = f"Illegal unquoted character ((CTRL-CHAR, code {ord(text[at])})): has to be escaped using backslash"
    return _Wrong(f"{message} to be included in string value", at + 1)
