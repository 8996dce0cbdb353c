"""From the text of an expression to its rows: what `grammar.lark` sees, before operators are grouped.

Everything in brackets of any kind becomes a `Piece`, an expression within one a list of pieces and tokens. The parser
is built when the first expression is read; a text that it refuses is explained by `refusals`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

if TYPE_CHECKING:
    from lark import Lark, Token

Row: TypeAlias = "list[Token | Piece]"


class Piece(NamedTuple):
    """A bracketed part: its kind is the name of the rule, its parts are tokens and rows."""

    type: str
    parts: list[Any]
    end_pos: int


def read_rows(text: str) -> Row:
    """Return the row of the whole expression; raise JSONataError if the text is not one."""
    from lark.exceptions import UnexpectedInput

    try:
        return cast("Row", _parser().parse(text))
    except UnexpectedInput as error:
        from asl_engine.lang.jsonata.syntax.refusals import refusal

        raise refusal(text, error) from None


@cache
def _parser() -> Lark:
    from lark import Lark, Transformer

    def piece(kind: str) -> Any:
        def build(self: object, parts: list[Any]) -> Piece:
            first = parts[0]
            return Piece(kind, parts, getattr(first, "end_pos", 0))

        return build

    rows = {"start": lambda self, parts: parts[0], "expression": lambda self, parts: parts}
    kinds = "block array object range transform lambda predicate grouping call sorting term condition focus index"
    pieces = {kind: piece(kind) for kind in kinds.split()}
    transformer = type("Rows", (Transformer,), {**rows, **pieces})()
    grammar = (FilePath(__file__).parent / "grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=transformer)
