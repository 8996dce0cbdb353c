"""Where in a template each character of a text stands that the template holds as a string.

JSON and YAML write strings with quotes, escapes, indentation and folded lines, so that the text of a definition is not
as long as what stands in the template. The two are walked side by side.
"""

from __future__ import annotations

import re
from typing import Final

_PAIR: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
"""A character in two halves."""

_JSON: Final = re.compile(rf"{_PAIR}|\\u[0-9a-fA-F]{{4}}|\\.|[^\\]", re.DOTALL)
_YAML: Final = re.compile(rf"{_PAIR}|\\(?:x[0-9a-fA-F]{{2}}|u[0-9a-fA-F]{{4}}|U[0-9a-fA-F]{{8}}|[^\n])")
_PROPERTIES: Final = re.compile(r"(?:[!&]\S*\s+)*")
_BLANKS: Final = " \t\r\n"


def origins_of(source: str, start: int, text: str, format: str) -> list[int] | None:
    """Return the offset in `source` of each character of a string that begins at `start` and means `text`.

    None if the two do not go together.
    """
    return _in_json(source, start, text) if format == "json" else _in_yaml(source, start, text)


def _in_json(source: str, start: int, text: str) -> list[int] | None:
    origins: list[int] = []
    at = start + 1
    while len(origins) < len(text):
        token = _JSON.match(source, at)
        if token is None:
            return None
        origins.append(at)
        at = token.end()
    return origins


def _in_yaml(source: str, start: int, text: str) -> list[int] | None:
    """Walk a YAML scalar of any style: what is no blank stands in the source in the same order."""
    at, quote = _opening(source, start)
    origins: list[int] = []
    for character in text:
        if character not in _BLANKS:
            while source[at : at + 1] in tuple(_BLANKS) or (quote == '"' and source.startswith("\\\n", at)):
                at += 1 if source[at] != "\\" else 2
        origins.append(at)
        step = _step(source, at, character, quote)
        if step is None:
            return None
        at += step
    return origins


def _opening(source: str, start: int) -> tuple[int, str]:
    """Return where the characters of a scalar begin, after tag, anchor, quote or head of a block, and the quote."""
    properties = _PROPERTIES.match(source, start)
    at = properties.end() if properties else start
    first = source[at : at + 1]
    if first in ("|", ">"):
        return source.find("\n", at) + 1, ""
    return (at + 1, first) if first in ("'", '"') else (at, "")


def _step(source: str, at: int, character: str, quote: str) -> int | None:
    """Return how long a character is in the source: a blank that was folded has no length."""
    if quote == '"' and (escape := _YAML.match(source, at)):
        return escape.end() - at
    if quote == "'" and character == "'":
        return 2
    if source.startswith(character, at):
        return 1
    return 0 if character in _BLANKS else None
