"""Operators between values, each compiled to code that tries the common types first."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any, Final

from asl_engine.lang.jsonata.compile.compiler import Compiler, too_deep
from asl_engine.lang.jsonata.compile.scopes import Scope
from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.syntax.literals import MAX_SAFE, normal
from asl_engine.lang.jsonata.syntax.tree import Binary, Literal, Negation, Node
from asl_engine.lang.jsonata.values.functions import Code, Env
from asl_engine.lang.jsonata.values.judgements import NUMBERS, compare_error, equal, is_number, is_strictly
from asl_engine.lang.jsonata.values.sequences import Sequence
from asl_engine.lang.jsonata.values.text import text_of
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value

MAX_RANGE: Final = 10_000_000


def compile_binary(compiler: Compiler, node: Binary, scope: Scope, depth: int) -> Code:
    """Return the code of any operator."""
    symbol = node.operator
    if symbol == "&":
        return _concatenation(compiler, node, scope, depth)
    if symbol in ("and", "or"):
        tests = compiler.test(node.left, scope, depth + 1), compiler.test(node.right, scope, depth + 1)
        return (_conjunction if symbol == "and" else _disjunction)(*tests, node.position)
    left = compiler.value(node.left, scope, depth + 1)
    right = compiler.value(node.right, scope, depth + 1)
    if symbol in _ARITHMETIC:
        if symbol == "*" and (factor := _number(node.right)) is not None:
            return _multiple(left, factor, node.position)
        return _arithmetic(symbol, left, right, node.position)
    if symbol in _ORDER:
        return _comparison(symbol, left, right, node)
    return _OTHERS[symbol](left, right, node)


# --- arithmetic


def divided(left: float, right: float) -> float:
    """Divide as doubles do."""
    if right == 0:
        return math.nan if left == 0 or left != left else math.copysign(math.inf, left) * math.copysign(1, right)
    return left / right


def remainder(left: float, right: float) -> float:
    """Return the remainder, which has the sign of the left number."""
    return math.nan if right == 0 else math.fmod(left, right)


_ARITHMETIC: Final[dict[str, Callable[[Any, Any], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divided,
    "%": remainder,
}


def _arithmetic(symbol: str, left: Code, right: Code, position: int) -> Code:
    if symbol == "+":
        return _sum(left, right, position)
    if symbol == "*":
        return _product(left, right, position)
    function = _ARITHMETIC[symbol]

    def code(i: Value, e: Env) -> Value:
        return calculated(symbol, function, left(i, e), right(i, e), position)

    return code


def _sum(left: Code, right: Code, position: int) -> Code:
    def code(i: Value, e: Env) -> Value:
        a = left(i, e)
        b = right(i, e)
        if type(a) in NUMBERS and type(b) in NUMBERS:
            c = a + b
            if type(c) is int:
                if -MAX_SAFE <= c <= MAX_SAFE:
                    return c
            elif not c.is_integer() and c - c == 0:
                return c
        return calculated("+", operator.add, a, b, position)

    return code


def _product(left: Code, right: Code, position: int) -> Code:
    def code(i: Value, e: Env) -> Value:
        a = left(i, e)
        b = right(i, e)
        if type(a) in NUMBERS and type(b) in NUMBERS:
            c = a * b
            if type(c) is int:
                if -MAX_SAFE <= c <= MAX_SAFE:
                    return c
            elif not c.is_integer() and c - c == 0:
                return c
        return calculated("*", operator.mul, a, b, position)

    return code


def _multiple(left: Code, factor: float, position: int) -> Code:
    def code(i: Value, e: Env) -> Value:
        a = left(i, e)
        if type(a) is int:
            c = a * factor
            if type(c) is int and -MAX_SAFE <= c <= MAX_SAFE:
                return c
        return calculated("*", operator.mul, a, factor, position)

    return code


def _number(node: Node) -> float | None:
    """Return the number that a node is, if it is one of the text."""
    is_number = isinstance(node, Literal) and type(node.value) in NUMBERS
    return node.value if is_number and not node.predicates and node.group is None else None  # type: ignore[attr-defined]


def calculated(symbol: str, function: Callable[[Any, Any], float], a: Value, b: Value, position: int) -> Value:
    """Apply the operator to two values; raise JSONataError where one of them is no number."""
    if type(a) not in NUMBERS or type(b) not in NUMBERS or not (-1e300 < a < 1e300 and -1e300 < b < 1e300):
        try:
            if a is not UNDEFINED and not is_number(a):
                raise JSONataError("T2001", position, symbol, a)
            if b is not UNDEFINED and not is_number(b):
                raise JSONataError("T2002", position, symbol, b)
        except JSONataError as error:
            error.position, error.token = position, symbol
            raise
        if a is UNDEFINED or b is UNDEFINED:
            return UNDEFINED
        a, b = float(a), float(b)
    result = function(a, b)
    if type(result) is float and (result - result) != 0:
        return result
    return normal(result)


def compile_negation(compiler: Compiler, node: Negation, scope: Scope, depth: int) -> Code:
    """Return the code of a minus sign."""
    operand = compiler.value(node.operand, scope, depth + 1)

    def code(i: Value, e: Env) -> Value:
        value = operand(i, e)
        if value is UNDEFINED:
            return value
        if not is_number(value):
            raise JSONataError("D1002", node.position, "-", value)
        return -value

    return code


# --- comparison


_ORDER: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _comparison(symbol: str, left: Code, right: Code, node: Binary) -> Code:
    holds = _ORDER[symbol]
    if (constant := _number(node.right)) is not None:
        return _comparison_with(symbol, left, constant, node.position)

    def code(i: Value, e: Env) -> Value:
        a = left(i, e)
        b = right(i, e)
        if (type(a) in NUMBERS and type(b) in NUMBERS) or (type(a) is str and type(b) is str):
            return holds(a, b)
        if error := compare_error(a, b, symbol, node.position):
            raise error
        return UNDEFINED

    return code


def _comparison_with(symbol: str, left: Code, constant: float, position: int) -> Code:
    holds = _ORDER[symbol]

    def code(i: Value, e: Env) -> Value:
        a = left(i, e)
        if type(a) in NUMBERS:
            return holds(a, constant)
        if error := compare_error(a, constant, symbol, position):
            raise error
        return UNDEFINED

    return code


def _equality(left: Code, right: Code, node: Binary) -> Code:
    if isinstance(node.right, Literal) and isinstance(node.right.value, str) and not node.right.predicates:
        text = node.right.value
        return lambda i, e: left(i, e) == text

    def code(i: Value, e: Env) -> Value:
        a = left(i, e)
        b = right(i, e)
        if type(b) is str:
            return a == b
        return a is not UNDEFINED and b is not UNDEFINED and equal(a, b, charge=e[1].charge)

    return code


def _inequality(left: Code, right: Code, node: Binary) -> Code:
    def code(i: Value, e: Env) -> Value:
        a = left(i, e)
        b = right(i, e)
        return a is not UNDEFINED and b is not UNDEFINED and not equal(a, b, charge=e[1].charge)

    return code


def _membership(left: Code, right: Code, node: Binary) -> Code:
    def code(i: Value, e: Env) -> Value:
        a = left(i, e)
        b = right(i, e)
        if a is UNDEFINED or b is UNDEFINED:
            return False
        if not isinstance(b, list):
            return is_strictly(b, a)
        e[1].charge(len(b))
        return any(is_strictly(item, a) for item in b)

    return code


# --- conditions, texts and ranges. An error on the right of `and` and `or` is told as theirs, as in the reference.


def _conjunction(left: Code, right: Code, position: int) -> Code:
    def code(i: Value, e: Env) -> Value:
        if not left(i, e):
            return False
        try:
            return right(i, e)
        except JSONataError as error:
            error.position, error.token = position, "and"
            raise

    return code


def _disjunction(left: Code, right: Code, position: int) -> Code:
    def code(i: Value, e: Env) -> Value:
        if left(i, e):
            return True
        try:
            return right(i, e)
        except JSONataError as error:
            error.position, error.token = position, "or"
            raise

    return code


def _concatenation(compiler: Compiler, node: Binary, scope: Scope, depth: int) -> Code:
    """Return the code for a whole chain of `&`, which is one text."""
    nodes = chain(node)
    if depth + len(nodes) - 1 > compiler.deepest:
        return too_deep  # the first part is the deepest
    parts = [compiler.value(part, scope, depth + 1) for part in nodes]
    if len(parts) == 2:
        return _pair(parts[0], parts[1], node.position)
    fixed = [_fixed_text(part) for part in nodes]
    changing = [(at, part) for at, (part, text) in enumerate(zip(parts, fixed, strict=True)) if text is None]

    def code(i: Value, e: Env) -> Value:
        texts: list[Any] = fixed.copy()
        for at, part in changing:
            value = part(i, e)
            texts[at] = value if type(value) is str else _text(value, e, node.position)
        return joined(texts, e)

    return code


def _fixed_text(node: Node) -> str | None:
    is_fixed = isinstance(node, Literal) and isinstance(node.value, str) and not node.predicates and node.group is None
    return node.value if is_fixed else None  # type: ignore[attr-defined]


def chain(node: Node) -> list[Node]:
    """Return the parts of a chain of `&`."""
    parts: list[Node] = []
    while type(node) is Binary and node.operator == "&" and not node.predicates and node.group is None:
        parts.append(node.right)
        node = node.left
    return [node, *reversed(parts)]


def _pair(left: Code, right: Code, position: int) -> Code:
    def code(i: Value, e: Env) -> Value:
        a = left(i, e)
        b = right(i, e)
        if type(a) is not str:
            a = _text(a, e, position)
        if type(b) is not str:
            b = _text(b, e, position)
        return joined([a, b], e)

    return code


def _text(value: Value, e: Env, position: int) -> str:
    if type(value) is int and -(10**15) < value < 10**15:
        return str(value)
    if value is UNDEFINED:
        return ""
    try:
        return text_of(value, e[1])
    except JSONataError as error:
        error.position, error.token = position, "&"
        raise


def joined(parts: list[str], e: Env) -> str:
    """Return the parts as one text, which counts if it is long."""
    text = "".join(parts)
    if len(text) > 64:
        e[1].charge_text(len(text))
    return text


def _range(left: Code, right: Code, node: Binary) -> Code:
    def code(i: Value, e: Env) -> Value:
        start = left(i, e)
        end = right(i, e)
        for value, error in ((start, "T2003"), (end, "T2004")):
            if value is not UNDEFINED and not _is_integer(value):
                raise JSONataError(error, node.position, "..", value)
        if start is UNDEFINED or end is UNDEFINED or start > end:
            return UNDEFINED
        size = int(end) - int(start) + 1
        if size > MAX_RANGE:
            raise JSONataError("D2014", node.position, "..", size)
        e[1].charge_range(size)
        return Sequence(range(int(start), int(end) + 1))

    return code


def _is_integer(value: Value) -> bool:
    return type(value) is int or (type(value) is float and value.is_integer())


_OTHERS: Final[dict[str, Callable[[Code, Code, Binary], Code]]] = {
    "=": _equality,
    "!=": _inequality,
    "in": _membership,
    "..": _range,
}
