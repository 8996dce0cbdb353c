"""What is wrong with a text that the grammar refuses, in the terms of the reference.

The reference reads one token at a time, and its errors tell where it stood: `S0211` where a value had to come,
`S0202` where a bracket had to close, `S0201` behind a complete expression, `S0203` and `S0207` at the end of the
text. The parser's state tells the same: what it would have accepted at that place.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from asl_engine.lang.jsonata.errors import JSONataError

if TYPE_CHECKING:
    from lark.exceptions import UnexpectedInput

_blank = re.compile(r"(?:[ \t\n\r\v]+|/\*.*?\*/)*", re.DOTALL)
_token = re.compile(r"\.\.|:=|!=|>=|<=|\*\*|~>|[^ \t\n\r\v.\[\]{}(),@#;:?+\-*/%|=<>^&!~]+|.", re.DOTALL)
_closers = {"RPAR": ")", "RSQB": "]", "RBRACE": "}", "BAR": "|", "LBRACE": "{", "COLON": ":", "LPAR": "("}
_openers = {"VARIABLE"}, {"LPAR"}


def refusal(text: str, error: UnexpectedInput) -> JSONataError:
    """Return the error of the language for the parser's."""
    at = _blank.match(text, _place(text, error)).end()  # type: ignore[union-attr]
    expected = _expected(error)
    needs_value = "NAME" in expected
    if at >= len(text):
        return _at_end(len(text), error, needs_value, expected)
    match = _token.match(text, at)
    assert match is not None
    token, end = match[0], match.end()
    if broken := _broken_token(text, at, needs_value):
        return broken
    if expected == {"VARIABLE"}:
        return JSONataError("S0214", end, text[:at].rstrip()[-1:])
    if needs_value:
        return JSONataError("S0211", end, token)
    closer = _closer(expected)
    return JSONataError("S0202", end, token, closer) if closer else JSONataError("S0201", end, token)


def _place(text: str, error: UnexpectedInput) -> int:
    token = getattr(error, "token", None)
    if token is not None:
        return len(text) if token.type == "$END" else int(token.start_pos)
    return error.pos_in_stream or 0


def _expected(error: UnexpectedInput) -> set[str]:
    """Return the names of the tokens that may come here."""
    return set(getattr(error, "accepts", None) or getattr(error, "allowed", None) or ())


def _closer(expected: set[str]) -> str | None:
    return next((text for name, text in _closers.items() if name in expected and not _may_go_on(name, expected)), None)


def _may_go_on(name: str, expected: set[str]) -> bool:
    """Tell a `(` or `{` that could follow a value from one that has to come."""
    return name in ("LPAR", "LBRACE") and "INFIX" in expected


def _at_end(end: int, error: UnexpectedInput, needs_value: bool, expected: set[str]) -> JSONataError:
    parser = getattr(error, "interactive_parser", None)
    if needs_value and parser is not None:
        from lark import Token

        parser = parser.copy()
        parser.feed_token(Token("NAME", "x"))
        expected = set(parser.accepts())
    closer = _closer(expected)
    if closer and not (closer == ":" and "$END" in expected):
        return JSONataError("S0203", end, "(end)", closer)
    return JSONataError("S0207", end, "(end)")


def _broken_token(text: str, at: int, needs_value: bool) -> JSONataError | None:
    """Return the error of a token that has no end, or that no token begins like."""
    first = text[at]
    if first in "\"'":
        whole = re.compile(rf"{first}(?:[^{first}\\]|\\.)*+{first}", re.DOTALL).match(text, at)
        return None if whole else JSONataError("S0101", len(text))
    if first == "`" and "`" not in text[at + 1 :]:
        return JSONataError("S0105", len(text))
    if text.startswith("/*", at):
        return JSONataError("S0106", at)
    if first == "/" and needs_value:
        return JSONataError("S0301" if text.startswith("//", at) else "S0302", at + 1)
    if first in "!~" and text[at : at + 2] not in ("!=", "~>"):
        return JSONataError("S0204", at + 1, first)
    return None
