"""Conditions of JSONPath filters: from text to a predicate, with Jayway's comparisons.

- An operand that leads nowhere is *undefined*: equal to nothing, not even to itself, so `@.x == null` asks for a field
  that is there and null.
- A number equals a string that spells it; booleans, nulls, arrays and objects equal their own kind only.
- Order is defined between numbers, between strings, and between the two as strings; otherwise it is false.
- `=~` must match the whole text.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path as File
from typing import Any, Final, TypeAlias

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import VisitError

from asl_engine.lang.budget import BudgetSpent
from asl_engine.lang.expr import ExpressionFailed, ExpressionSyntaxError
from asl_engine.lang.jsonpath.document import Document
from asl_engine.lang.jsonpath.terms import NAME
from asl_engine.lang.regex.compile import Matcher, compile_whole
from asl_engine.lang.regex.java import read_java
from asl_engine.lang.regex.matcher import TooManySteps
from asl_engine.lang.regex.syntax import BadPattern
from asl_engine.values import ABSENT, JSON, json_text, parse_json

Operand: TypeAlias = Callable[[JSON, Document], Any]
"""From the candidate (`@`) and the document (`$`) to a value or ABSENT."""
Predicate: TypeAlias = Callable[[JSON, Document], bool]
Comparison: TypeAlias = Callable[[Any, Any], bool]

MAX_CONDITION: Final = 5_000
MAX_PATTERN: Final = 1_000
MAX_PARENTHESES: Final = 50


@lru_cache(maxsize=1)
def _parser() -> Lark:
    grammar = File(__file__).with_suffix(".lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=False)


def compile_filter(text: str, compile_operand: Callable[[str], Operand]) -> Predicate:
    """Return the predicate of a condition such as `(@.price < 10 && @.kind == 'x')`; raise ExpressionSyntaxError.

    `compile_operand` compiles the paths in it, which may have filters of their own: it comes from whoever compiles
    paths.
    """
    if len(text) > MAX_CONDITION or _nesting(text) > MAX_PARENTHESES:
        raise ExpressionSyntaxError("The condition of a filter is too long or too deeply nested")
    try:
        return _Compiler(compile_operand).condition(_parser().parse(text))
    except UnexpectedInput as refusal:
        raise ExpressionSyntaxError(f"'{text}' is not a condition of a filter", refusal.pos_in_stream) from None
    except VisitError as wrapped:
        raise wrapped.orig_exc from None


def _nesting(text: str) -> int:
    return max(text.count("("), text.count("["), text.count("!"))


class _Compiler(Transformer[Token, Any]):
    """Builds the predicate bottom-up; one method for each alias of the grammar."""

    def __init__(self, compile_operand: Callable[[str], Operand]) -> None:
        super().__init__()
        self.compile_operand = compile_operand

    def condition(self, tree: Any) -> Predicate:
        predicate: Predicate = self.transform(tree)
        return predicate

    def any_of(self, parts: list[Predicate]) -> Predicate:
        return lambda item, document: any(part(item, document) for part in parts)

    def all_of(self, parts: list[Predicate]) -> Predicate:
        return lambda item, document: all(part(item, document) for part in parts)

    def negated(self, parts: list[Predicate]) -> Predicate:
        part = parts[0]
        return lambda item, document: not part(item, document)

    def exists(self, tokens: list[Token]) -> Predicate:
        find = self.path(tokens)
        return lambda item, document: find(item, document) is not ABSENT

    def comparison(self, parts: list[Any]) -> Predicate:
        left, sign, right = parts
        return _comparison(left, sign.lower(), right)

    def path(self, tokens: list[Token]) -> Operand:
        text = str(tokens[0])
        if plain := _plain_field.fullmatch(text):
            return _Field(plain[1])
        return partial(_find, self.compile_operand(text), text.startswith("@"))

    def word(self, tokens: list[Token]) -> Operand:
        """A word without quotes is text (public samples of AWS: `[?(@.category==home)]`)."""
        return _Constant(str(tokens[0]))

    def string(self, tokens: list[Token]) -> Operand:
        return _Constant(re.sub(r"\\(.)", _unescape, tokens[0][1:-1], flags=re.DOTALL))

    def json(self, tokens: list[Token]) -> Operand:
        return _Constant(_number(tokens[0]))

    def pattern(self, tokens: list[Token]) -> Operand:
        body, _, flags = tokens[0][1:].rpartition("/")
        return _Constant(_compile_pattern(body, flags))

    def array(self, operands: list[Operand]) -> Operand:
        return lambda item, document: [operand(item, document) for operand in operands]

    def empty_object(self, _: list[Token]) -> Operand:
        return _Constant({})

    def true(self, _: list[Token]) -> Operand:
        return _Constant(True)

    def false(self, _: list[Token]) -> Operand:
        return _Constant(False)

    def null(self, _: list[Token]) -> Operand:
        return _Constant(None)


def _comparison(left: Operand, sign: str, right: Operand) -> Predicate:
    if sign == "=~":
        return lambda item, document: _matches(left(item, document), right(item, document), document)
    compare = _OPERATORS[sign]
    if isinstance(left, _Field) and isinstance(right, _Constant) and sign in _PLAIN and type(right.value) in (int, str):
        return _field_to_constant(left.name, compare, _PLAIN[sign], right.value)
    charge = _charge_product if sign in _OVER_ITEMS else _charge_sum

    def holds(item: JSON, document: Document) -> bool:
        a, b = left(item, document), right(item, document)
        if type(a) in _LARGE or type(b) in _LARGE:
            charge(document, a, b)
        return compare(a, b)

    return holds


_LARGE: Final = frozenset({str, list, dict})
"""What may take long to compare."""

_OVER_ITEMS: Final = frozenset({"in", "nin", "contains", "subsetof", "anyof", "noneof", "all"})


def _charge_sum(document: Document, left: Any, right: Any) -> None:
    document.charge(document.weigh(left) + document.weigh(right))


def _charge_product(document: Document, left: Any, right: Any) -> None:
    document.charge(document.weigh(left) * document.weigh(right))


def _field_to_constant(name: str, compare: Comparison, plain: Comparison, constant: int | str) -> Predicate:
    """Return the predicate of nearly all filters, `@.name == 'x'`: five times faster when the types are the same."""
    kind = type(constant)

    def holds(item: JSON, document: Document) -> bool:
        value = item.get(name, ABSENT) if type(item) is dict else ABSENT
        return plain(value, constant) if type(value) is kind else compare(value, constant)

    return holds


class _Constant:
    """The operand that is a literal."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, item: JSON, document: Document) -> Any:
        return self.value


class _Field:
    """The operand `@.name`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, item: JSON, document: Document) -> Any:
        return item.get(self.name, ABSENT) if type(item) is dict else ABSENT


def _number(text: str) -> JSON:
    try:
        return parse_json(text)
    except ValueError:
        raise ExpressionSyntaxError(f"'{text}' is not a number") from None


def _unescape(match: re.Match[str]) -> str:
    return {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}.get(match[1], match[1])


_plain_field = re.compile(rf"@\.({NAME})")


def _find(search: Operand, is_relative: bool, item: JSON, document: Document) -> Any:
    try:
        return search(item if is_relative else document.root, document)
    except BudgetSpent:
        raise
    except ExpressionFailed as failure:
        document.charge(len(failure.cause) >> 6)  # which can quote a large value
        return ABSENT


# --- regular expressions ---------------------------------------------------------------------------------------------


def _compile_pattern(body: str, flags: str) -> Matcher:
    try:
        return compile_whole(*read_java(body.replace("\\/", "/"), flags), max_length=MAX_PATTERN)
    except BadPattern as problem:
        raise ExpressionSyntaxError(f"'{body}' is not a regular expression: {problem}") from None


def _matches(left: Any, right: Any, document: Document) -> bool:
    matcher, value = (right, left) if type(right) is Matcher else (left, right)
    if type(matcher) is not Matcher or type(value) is Matcher:
        return False
    return any(_matches_one(matcher, item, document) for item in (value if isinstance(value, list) else [value]))


def _matches_one(matcher: Matcher, value: Any, document: Document) -> bool:
    text = value if isinstance(value, str) else json_text(value) if type(value) in (int, float, bool) else ""
    document.charge(1 + (len(text) >> 6) + matcher.toll(text))
    try:
        return matcher(text, 0, document) is not None
    except TooManySteps:
        raise BudgetSpent("A regular expression of a filter takes too many steps on a text") from None


# --- comparisons ----------------------------------------------------------------------------------------------------


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


def _is_same(left: Any, right: Any) -> bool:
    """Compare two values of one kind: `1` and `1.0` are one number, `1` and `true` are not the same."""
    if left is ABSENT or right is ABSENT or _kind(left) is not _kind(right):
        return False
    if type(left) is list or type(left) is dict:
        return bool(_sorted_text(left) == _sorted_text(right))
    return bool(left == right)


_sorted_text: Final = json.JSONEncoder(sort_keys=True, check_circular=False).encode


def _equals(left: Any, right: Any) -> bool:
    kinds = _kind(left), _kind(right)
    if kinds == (str, float):
        return bool(_as_number(left) == right)
    return bool(_as_number(right) == left) if kinds == (float, str) else _is_same(left, right)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _orders(compare: Comparison) -> Comparison:
    def ordered(left: Any, right: Any) -> bool:
        kinds = _kind(left), _kind(right)
        if kinds == (float, float) or kinds == (str, str):
            return compare(left, right)
        if kinds == (float, str) or kinds == (str, float):
            return compare(*(value if isinstance(value, str) else json_text(value) for value in (left, right)))
        return False

    return ordered


def _is_in(left: Any, right: Any) -> bool:
    return isinstance(right, list) and any(_equals(left, item) for item in right)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right in left
    return _is_in(right, left)


def _subset(left: Any, right: Any) -> bool:
    return isinstance(left, list) and all(_is_in(item, right) for item in left)


def _any_of(left: Any, right: Any) -> bool:
    return isinstance(left, list) and any(_is_in(item, right) for item in left)


def _has_size(left: Any, right: Any) -> bool:
    return isinstance(left, str | list) and type(right) is int and len(left) == right


def _is_empty(left: Any, right: Any) -> bool:
    return isinstance(left, str | list | dict) and right is (not left)


_OPERATORS: Final[dict[str, Comparison]] = {
    "==": _equals,
    "!=": lambda left, right: not _equals(left, right),
    "===": _is_same,
    "!==": lambda left, right: not _is_same(left, right),
    "<": _orders(operator.lt),
    "<=": _orders(operator.le),
    ">": _orders(operator.gt),
    ">=": _orders(operator.ge),
    "in": _is_in,
    "nin": lambda left, right: not _is_in(left, right),
    "subsetof": _subset,
    "anyof": _any_of,
    "noneof": lambda left, right: isinstance(left, list) and not _any_of(left, right),
    "contains": _contains,
    "all": lambda left, right: isinstance(right, list) and _subset(right, left),
    "size": _has_size,
    "empty": _is_empty,
}

_PLAIN: Final[dict[str, Comparison]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""What an operator comes down to between two integers or two strings."""
