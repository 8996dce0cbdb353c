"""What others wrote, as a terminal and a log may have it: names, errors, causes, file names."""

from __future__ import annotations

import re
from typing import Final

_COMMANDS_OF_TERMINALS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tabs and line feeds, and what turns the direction of a line around."""

_COMMANDS_OF_LOGS: Final = re.compile(r"^(?=\s*::)|(?<=#)(?=#\[)", re.MULTILINE)
"""Where a line would be a command to GitHub Actions: `::error::`, `##[error]`."""


def printable(text: str) -> str:
    """Return a text in which nothing commands a terminal or a log; each such character is U+FFFD. Lines stay."""
    return _COMMANDS_OF_LOGS.sub("\ufffd", _COMMANDS_OF_TERMINALS.sub("\ufffd", encodable(text)))


def on_one_line(text: str) -> str:
    """Return a text for a part of a line: nothing commands a terminal or a log, or breaks the line."""
    line = _COMMANDS_OF_TERMINALS.sub("\ufffd", encodable(text).replace("\n", "\ufffd").replace("\t", "\ufffd"))
    return line.replace("##[", "#\ufffd#[")


def printable_json(text: str) -> str:
    """Return the text of a JSON value with escapes for what commands a terminal, so that it means the same."""
    return _COMMANDS_OF_TERMINALS.sub(lambda match: f"\\u{ord(match[0]):04x}", encodable(text))


def encodable(text: str) -> str:
    """Return a text with escapes for what no encoding has: halves of characters, which JSON can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
