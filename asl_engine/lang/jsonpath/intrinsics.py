"""Intrinsic calls: from text to a tree of `Call`s, and from the tree to an `Expr`.

`intrinsics.lark` defines the language. Since lark takes 60 ms to import and 40 µs for each call, texts are read by a
scanner of thirty lines first; the grammar is consulted when the scanner gives up, to say what is wrong and where. A
test keeps the two in agreement.

What can be known from the text is checked here: names, number and kinds of the arguments, bounds of literals, escapes,
nesting. A call of which every argument is a literal is made once, now.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias, cast

from asl_engine.errors import did_you_mean
from asl_engine.lang.budget import FREE, Budget
from asl_engine.lang.expr import Expr, ExpressionFailed, ExpressionSyntaxError, Scope, compile_literal
from asl_engine.lang.jsonpath.allowance import MANY, allowing, taking
from asl_engine.lang.jsonpath.intrinsic_functions import ESCAPES, FUNCTIONS
from asl_engine.lang.jsonpath.paths import Path, compile_path
from asl_engine.lang.jsonpath.signatures import Function, FunctionFailed, InvalidArgument, Parameter
from asl_engine.lang.jsonpath.terms import PathNotFound
from asl_engine.remembered import remembered
from asl_engine.values import ABSENT, JSON, bound_of, json_text, parse_json

if TYPE_CHECKING:
    from lark import Lark

MAX_NESTING: Final = 10
"""How deep calls may be nested in one field (developer guide)."""

MAX_LENGTH: Final = 100_000
"""Longest text of an intrinsic that is read."""


class Literal:
    """A string, number, boolean or null; `raw` is a string with its escapes in place, for format templates."""

    __slots__ = ("raw", "value")

    def __init__(self, value: JSON, raw: str | None = None) -> None:
        self.value = value
        self.raw = raw


class Call:
    """A call with its arguments; `text` is its part of the field."""

    __slots__ = ("arguments", "function", "text")

    def __init__(self, function: Function, arguments: tuple[Argument, ...], text: str) -> None:
        self.function = function
        self.arguments = arguments
        self.text = text


Argument: TypeAlias = Call | Path | Literal


def is_intrinsic(text: str) -> bool:
    """Tell whether a text is meant as an intrinsic call (and may still be a wrong one)."""
    return text.lstrip().startswith("States.")


@remembered(8192)
def compile_path_or_intrinsic(text: str) -> Expr:
    """Return the expression for what may stand under a `.$` key; raise ExpressionSyntaxError if it is neither."""
    return compile_intrinsic(text) if is_intrinsic(text) else compile_path(text).evaluate


@remembered(8192)
def compile_intrinsic(text: str) -> Expr:
    """Return the expression for a call such as `States.Format('{}', $.a)`; raise ExpressionSyntaxError."""
    call = parse_intrinsic(text)
    return allowing(_compile_call(call, is_large=True)) if _count(call) > MANY else _compile_call(call)


def _count(call: Call) -> int:
    """Return how many arguments stand in a call, those of calls in it included."""
    return sum(1 + (_count(argument) if isinstance(argument, Call) else 0) for argument in call.arguments)


def parse_intrinsic(text: str) -> Call:
    """Return the tree of a call; raise ExpressionSyntaxError for what is not one."""
    if len(text) > MAX_LENGTH:
        raise ExpressionSyntaxError(f"An intrinsic call has at most {MAX_LENGTH:,} characters", MAX_LENGTH)
    try:
        call, end = _scan_call(text, 0, 1)
    except _Unreadable:
        return _parse_by_grammar(text)
    return _parse_by_grammar(text) if text[end:].strip() else call


# --- the scanner ----------------------------------------------------------------------------------------------------


class _Unreadable(Exception):
    """The scanner meets what it does not understand."""


_head = re.compile(r"\s*(States\.\w+)\s*\(\s*")
_between = re.compile(r"\s*([,)])\s*")
_token = re.compile(
    r"""(\$(?:[^\s,()\[\]'"]|\['[^'\\]*'\]|\[-?[0-9]+\])*)(?=\s*[,)])"""
    r"""|('(?:[^'\\]|\\.)*')"""
    r"""|(-?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?|true|false|null)(?=\s*[,)])""",
    re.DOTALL,
)


def _scan_call(text: str, at: int, depth: int) -> tuple[Call, int]:
    head = _head.match(text, at)
    if head is None:
        raise _Unreadable
    if depth > MAX_NESTING:
        _refuse_depth(at)
    arguments: list[Argument] = []
    at = head.end()
    sign = text[at : at + 1]
    end = at + 1
    while sign != ")":
        argument, at = _scan_argument(text, at, depth)
        arguments.append(argument)
        between = _between.match(text, at)
        if between is None:
            raise _Unreadable
        sign, at, end = between[1], between.end(), between.end(1)
    return _call(head[1], arguments, text[head.start(1) : end], head.start(1)), end


def _scan_argument(text: str, at: int, depth: int) -> tuple[Argument, int]:
    if text.startswith("States.", at):
        return _scan_call(text, at, depth + 1)
    token = _token.match(text, at)
    if token is None:
        raise _Unreadable
    path, quoted, plain = token.groups()
    if path:
        return _path(path, at), token.end()
    return _string(quoted, at) if quoted else Literal(_constant(plain, at)), token.end()


def _refuse_depth(at: int) -> NoReturn:
    raise ExpressionSyntaxError(f"Intrinsic calls can be nested {MAX_NESTING} deep", at)


# --- the grammar ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _parser() -> Lark:
    from lark import Lark

    grammar = File(__file__).with_suffix(".lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", start="call", propagate_positions=True, maybe_placeholders=False)


def _parse_by_grammar(text: str) -> Call:
    from lark import UnexpectedInput

    try:
        tree = _parser().parse(text)
    except UnexpectedInput as refusal:
        is_end = getattr(getattr(refusal, "token", None), "type", "") == "$END"
        at = len(text) if is_end else refusal.pos_in_stream or 0
        beginning = "end" if is_end else repr(text[at : at + 12])
        raise ExpressionSyntaxError(f"This is not an intrinsic call: unexpected {beginning}", at) from None
    return _from_tree(tree, text, 1)


def _from_tree(tree: Any, text: str, depth: int) -> Call:
    if depth > MAX_NESTING:
        _refuse_depth(tree.meta.start_pos)
    name, *children = tree.children
    arguments = [_from_node(node, text, depth) for node in children]
    return _call(str(name), arguments, text[tree.meta.start_pos : tree.meta.end_pos], tree.meta.start_pos)


def _from_node(node: Any, text: str, depth: int) -> Argument:
    if node.data == "call":
        return _from_tree(node, text, depth + 1)
    if node.data in _constants:
        return Literal(_constants[node.data])
    token = node.children[0]
    if node.data == "number":
        return Literal(_constant(token, token.start_pos))
    return _path(str(token), token.start_pos) if node.data == "path" else _string(str(token), token.start_pos)


_constants: Final[dict[str, JSON]] = {"true": True, "false": False, "null": None}


# --- what both make: the parts of the tree --------------------------------------------------------------------------


def _constant(text: str, at: int) -> JSON:
    try:
        return parse_json(text)
    except ValueError:
        raise ExpressionSyntaxError(f"'{text}' is not a number", at) from None


def _path(text: str, at: int) -> Path:
    try:
        return compile_path(text)
    except ExpressionSyntaxError as refusal:
        raise ExpressionSyntaxError(str(refusal), at + (refusal.offset or 0)) from None


_escape = re.compile(r"\\(?s:.)")


def _string(quoted: str, at: int) -> Literal:
    """Return the literal; AWS refuses a definition with another escape than those of `ESCAPES` [conformance corpus]."""
    raw = quoted[1:-1]
    if "\\" not in raw:
        return Literal(raw, raw)
    for match in _escape.finditer(raw):
        if match[0] not in ESCAPES:
            raise ExpressionSyntaxError(f"'{match[0]}' is not an escape sequence", at + 1 + match.start())
    return Literal(_escape.sub(lambda match: ESCAPES[match[0]], raw), raw)


def _call(name: str, arguments: list[Argument], text: str, at: int) -> Call:
    function = FUNCTIONS.get(name)
    if function is None:
        raise ExpressionSyntaxError(f"There is no intrinsic function {name}.{did_you_mean(name, list(FUNCTIONS))}", at)
    refusal = function.wrong_count(len(arguments)) or _mismatch(function, arguments)
    if refusal:
        raise ExpressionSyntaxError(refusal, at)
    return Call(function, tuple(arguments), text)


def _mismatch(function: Function, arguments: list[Argument]) -> str | None:
    """Return what is wrong with the arguments as far as their text tells."""
    for number, argument in enumerate(arguments):
        parameter = function.parameter(number)
        try:
            _check(parameter, argument)
        except FunctionFailed as refusal:
            return f"{function.name}: {refusal}"
    if function.mismatch:
        known = (_known(function.parameter(number), argument) for number, argument in enumerate(arguments))
        return function.mismatch(*known)
    return None


def _known(parameter: Parameter, argument: Argument) -> JSON:
    if not isinstance(argument, Literal):
        return ABSENT
    return argument.raw if parameter.is_template else argument.value


def _check(parameter: Parameter, argument: Argument) -> None:
    if isinstance(argument, Literal):
        parameter.accept(argument.value)
    elif isinstance(argument, Call):
        kind = argument.function.returns
        if parameter.kind not in ("any", kind) and kind != "any":
            parameter.refuse(kind)


# --- from the tree to an expression ---------------------------------------------------------------------------------


def _compile_call(call: Call, is_large: bool = False) -> Expr:
    function = call.function
    arguments = [
        _compile_argument(function.parameter(at), argument, is_large) for at, argument in enumerate(call.arguments)
    ]
    if function.is_random:
        return _explained(_called_with_chance(function, arguments), call)
    caller = _called_and_charged if function.name in _GO_OVER else _callers[min(len(arguments), 3)]
    expr = _explained(caller(function.call, *arguments), call)
    if all(isinstance(argument, Literal) for argument in call.arguments):
        return _made_now(expr)
    return expr


def _compile_argument(parameter: Parameter, argument: Argument, is_large: bool) -> Expr:
    if isinstance(argument, Literal):
        return compile_literal(argument.raw if parameter.is_template else parameter.accept(argument.value))
    expr = argument.evaluate if isinstance(argument, Path) else _compile_call(argument, is_large)
    if is_large:
        expr = taking(expr)
    if parameter.kind == "any":
        return expr
    accept = parameter.accept
    return lambda scope: accept(expr(scope))


def _made_now(expr: Expr) -> Expr:
    """Return the expression for a call that depends on nothing; what fails, fails now."""
    try:
        return compile_literal(expr(cast(Scope, Budget())))  # which is all of a scope that it could ask for
    except ExpressionFailed as failure:
        raise ExpressionSyntaxError(failure.cause) from None


def _explained(expr: Expr, call: Call) -> Expr:
    """Name the call in the failure of its function or of a path, in AWS's words (recorded, September 2026; of paths
    measured by users); failures of nested calls pass."""
    sentence = f"There was an error while evaluating the intrinsic function: {call.text}."

    def evaluate(scope: Scope) -> JSON:
        try:
            return expr(scope)
        except InvalidArgument:
            raise ExpressionFailed(f"{sentence} Invalid arguments in {call.function.name}") from None
        except FunctionFailed as failure:
            raise ExpressionFailed(f"{sentence} {failure}") from None
        except RecursionError:
            raise ExpressionFailed(f"{sentence} It was given a value that is nested too deeply") from None
        except PathNotFound as failure:
            missing = f"The JsonPath argument for the field '{failure.path}' could not be found in the input"
            cause = f"The function '{call.text}' had the following error: {missing} '{json_text(failure.searched)}'"
            raise ExpressionFailed(cause) from None

    return evaluate


def _called_with_chance(function: Function, arguments: list[Expr]) -> Expr:
    call = function.call
    return lambda scope: call(scope.random(), *[argument(scope) for argument in arguments])


def _called(call: Callable[..., JSON], *arguments: Expr) -> Expr:
    return lambda scope: call(*[argument(scope) for argument in arguments])


_GO_OVER: Final = frozenset(
    f"States.{name}"
    for name in ("ArrayContains", "ArrayPartition", "ArrayUnique", "JsonToString", "StringSplit", "StringToJson")
)
"""The functions that take their time with a large argument, however little they return."""


def _called_and_charged(call: Callable[..., JSON], *arguments: Expr) -> Expr:
    def evaluate(scope: Scope) -> JSON:
        values = [argument(scope) for argument in arguments]
        work = sum(map(_work_over, values))
        if work > FREE:
            scope.charge(work)
        return call(*values)

    return evaluate


def _work_over(value: JSON) -> int:
    """Return what it costs to go over a value, in items of a search."""
    if type(value) is str:
        return len(value) >> 3
    return bound_of(value, sys.maxsize) >> 5 if type(value) is list or type(value) is dict else 1


def _called_with_none(call: Callable[..., JSON]) -> Expr:
    return lambda scope: call()


def _called_with_one(call: Callable[..., JSON], argument: Expr) -> Expr:
    return lambda scope: call(argument(scope))


def _called_with_two(call: Callable[..., JSON], first: Expr, second: Expr) -> Expr:
    return lambda scope: call(first(scope), second(scope))


_callers: Final[tuple[Callable[..., Expr], ...]] = (_called_with_none, _called_with_one, _called_with_two, _called)
