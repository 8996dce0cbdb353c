"""JSONata as Step Functions has it: expressions in `{% %}`, `$states`, variables, six functions more and one less.

An undefined result fails the state, and so do a function as a result and whatever an expression throws:
`States.QueryEvaluationError`, with the field that it stands in. Time and chance come from the scope, so executions can
be repeated. What is not there at the top level (`$`, `$$`, bare names) has no value there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from itertools import takewhile
from random import Random
from typing import Any, Final, Literal, TypeAlias

from asl_engine.lang.aws_functions import ADDED
from asl_engine.lang.budget import BETWEEN_LOOKS, FREE, MAX_WORK, BudgetSpent
from asl_engine.lang.expr import Expr, ExpressionFailed, ExpressionSyntaxError, Scope, compile_literal
from asl_engine.lang.jsonata import UNDEFINED, Expression, JSONataError, compile_jsonata
from asl_engine.lang.jsonata.runtime import TOO_DEEP, TOO_LONG, TOO_MUCH, Runtime
from asl_engine.lang.jsonata.standard import library
from asl_engine.lang.jsonata.syntax.tree import (
    Apply,
    Binary,
    Bind,
    Call,
    Lambda,
    Name,
    Path,
    Placeholder,
    Regex,
    Transform,
    Variable,
)
from asl_engine.remembered import remembered
from asl_engine.values import JSON, json_text, kind_of
from asl_engine.values import MAX_DEPTH as NESTED

QUERY_ERROR: Final = "States.QueryEvaluationError"

MAX_DEPTH: Final = 100
"""Nested evaluations: AWS ends the 101st (measured by users)."""

MAX_ITEMS: Final = 1_000_000
"""Items of the results of a field, each time they are met, and their characters by the sixteen: a value that holds
another twice, forty levels deep, ends nowhere else."""

MANY: Final = 8
"""Expressions in one field from which on the size of each result counts, also where it is only read."""

MAX_TAIL_CALLS: Final = 300_000
"""What loops without growing ends here, at the same place on every machine."""

MAX_PADDING: Final = 262_144
"""Characters that one `$pad` adds; `&` and `$join` make longer texts (recorded, September 2026)."""

MAX_MEMORY: Final = 6_990_256
"""Bytes that an expression may take, of which an item of a range takes eight (measured: `[1..873782]` is the last that
AWS makes), and a character is believed to take one (2^22 are made, 2^23 are not)."""

Sees: TypeAlias = Literal["result", "errorOutput"] | None
"""What `$states` has beside `input` and `context`."""


def is_expression(text: str) -> bool:
    """Tell whether a string is an expression: exactly `{% ... %}`, without blanks outside."""
    return text.startswith("{%") and text.endswith("%}") and len(text) >= 4


@remembered(4096)
def read_expression(text: str) -> Expression:
    """Return the expression between `{%` and `%}`; raise ExpressionSyntaxError with JSONata's words if it is none."""
    try:
        return compile_jsonata(text[2:-2], ADDED, ("eval",), MAX_DEPTH)
    except JSONataError as problem:
        if problem.code == "U1001":  # too deep to be read: AWS creates the machine, and fails when it runs
            return compile_jsonata("null", deepest=0)
        raise ExpressionSyntaxError(problem.message, problem.position) from None


def states_read(expression: Expression) -> Iterator[list[str]]:
    """Yield what an expression reads of `$states`: the names that follow it, one or more."""
    for node in expression.tree.walk():
        if isinstance(node, Path) and isinstance(node.steps[0], Variable) and node.steps[0].name == "states":
            names = takewhile(lambda step: isinstance(step, Name), node.steps[1:])
            if path := [step.name for step in names if isinstance(step, Name)]:
                yield path


def compile_query(value: JSON, field: str, sees: Sees = None) -> Expr:
    """Return the expression of a field: JSON with expressions in its strings, at any depth."""
    texts = list(_expressions_in(value))
    if not texts:
        return compile_literal(value)
    part = _compile(value, field, len(texts) > MANY)
    needs_context = any(_LOOKS_FURTHER.search(text) for text in texts)
    return lambda scope: part(_Query(scope, sees, needs_context))


def _expressions_in(value: JSON) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            if is_expression(item):
                yield item
        elif isinstance(item, (dict, list)):
            pending.extend(item.values() if isinstance(item, dict) else item)


class _Query(Runtime):
    """What the expressions of one field share: variables and `$states`, limits, time and chance.

    `work` is what the budget of the state does not know of yet.
    """

    max_depth = MAX_DEPTH
    max_work = MAX_WORK
    max_tail_calls = MAX_TAIL_CALLS
    max_padding = MAX_PADDING
    next_look = BETWEEN_LOOKS
    result_left = MAX_ITEMS
    prints_all_digits = True

    def __init__(self, scope: Scope, sees: Sees, needs_context: bool) -> None:
        states = {"input": scope.input}
        if sees is not None:
            states[sees] = scope.data
        if needs_context:
            states["context"] = scope.context()
        super().__init__(scope.variables, states=states)
        self.scope = scope

    def begin(self) -> None:
        """Begin the next expression of the field, which goes on with the work and the time that are left of it."""
        self.depth = self.tail_calls = 0
        self.is_mixed = False

    def look(self) -> None:
        """Charge the budget of the state; raise JSONataError where that is spent."""
        work, self.work = self.work, 0
        try:
            self.scope.charge(work)
        except BudgetSpent as spent:
            code, message = ("U1001", TOO_LONG) if spent.is_late else ("U1002", TOO_MUCH)
            raise JSONataError(code, message=message) from None

    def charge_result(self, amount: int) -> None:
        """Count what the results of the field hold, each time it is met; raise JSONataError where that is too much."""
        self.result_left -= amount
        if self.result_left < 0:
            raise JSONataError("U1002", message=TOO_MUCH)

    def charge_range(self, size: int) -> None:
        """Count the items of a range; raise JSONataError where AWS has no memory for them."""
        if size * 8 > MAX_MEMORY:
            raise JSONataError("U1002", message=TOO_MUCH)
        self.charge(size)

    def charge_text(self, length: int) -> None:
        """Count the characters of a text; raise JSONataError where AWS has no memory for them."""
        if length > MAX_MEMORY:
            raise JSONataError("U1002", message=TOO_MUCH)
        super().charge_text(length)

    @property
    def now(self) -> float:
        """The time of the execution in milliseconds."""
        return round(self.scope.time() * 1000)

    @property
    def random(self) -> Random:
        """The chance of the attempt."""
        if self._random is None:
            self._random = self.scope.random()
        return self._random


_LOOKS_FURTHER: Final = re.compile(r"\$states\b(?!\s*\.\s*(?:input|result|errorOutput)\b)")
"""`$states` as a whole, or another part of it than what is at hand."""

Part: TypeAlias = Callable[[_Query], JSON]


def _compile(value: JSON, field: str, is_one_of_many: bool) -> Part:
    if isinstance(value, str) and is_expression(value):
        return _compile_expression(value, field, is_one_of_many)
    if isinstance(value, dict) and any(_expressions_in(value)):
        parts = [(key, _compile(item, f"{field}/{key}", is_one_of_many)) for key, item in value.items()]
        return lambda query: {key: part(query) for key, part in parts}
    if isinstance(value, list) and any(_expressions_in(value)):
        items = [_compile(item, f"{field}[{index}]", is_one_of_many) for index, item in enumerate(value)]
        return lambda query: [item(query) for item in items]
    return lambda query: value


def _compile_expression(text: str, field: str, is_one_of_many: bool) -> Part:
    expression, source = read_expression(text), text[2:-2].strip()
    subject = f"The JSONata expression '{source}' specified for the field '{field}'"
    needs_look = len(text) > _LONG or _can_be_function(expression) or _calculates(expression)
    unseen = _SETTLED
    look: Callable[[Any, _Query], bool] = _is_settled
    if is_one_of_many:
        needs_look, unseen, look = True, _SMALL, _is_large_settled

    def evaluate(query: _Query) -> JSON:
        try:
            value = expression.evaluate_in(query)
            if query.work > FREE:
                query.look()
            is_settled = not needs_look or type(value) in unseen or look(value, query)
        except JSONataError as problem:
            raise ExpressionFailed(f"{subject} {_thrown(problem)}", QUERY_ERROR, location=field) from None
        except OverflowError:
            out_of_range = "threw an error during evaluation. D1001: Number out of range"
            raise ExpressionFailed(f"{subject} {out_of_range}", QUERY_ERROR, location=field) from None
        if value is UNDEFINED:
            raise ExpressionFailed(f"{subject} returned nothing (undefined).", QUERY_ERROR, location=field)
        if not is_settled:
            if not _is_json(value):
                raise ExpressionFailed(f"{subject} returned an unsupported result type.", QUERY_ERROR, location=field)
            return _finite(value)
        return value

    return evaluate


def _thrown(problem: JSONataError) -> str:
    """AWS puts the code before a message of JSONata's own, and none before that of a limit (measured by users)."""
    if problem.code.startswith("U"):
        return f"threw an error during evaluation: {problem.message}"
    return f"threw an error during evaluation. {problem.code}: {problem.message}"


def _can_be_function(expression: Expression) -> bool:
    """Whether a function could be the result, or in it: only then is the result worth a look."""
    known = library()
    called = {id(node.procedure) for node in expression.tree.walk() if isinstance(node, Call)}
    return any(
        isinstance(node, (Lambda, Placeholder, Regex, Transform))
        or (isinstance(node, Variable) and id(node) not in called and (node.name in known or node.name in ADDED))
        for node in expression.tree.walk()
    )


def _calculates(expression: Expression) -> bool:
    """Whether a number could be infinite, or a value hold another often: what reads a name after another does not."""
    return any(
        isinstance(node, (Binary, Bind, Call, Apply))
        or (isinstance(node, Path) and not all(type(step) is Name for step in node.steps[1:]))
        for node in expression.tree.walk()
    )


_SMALL: Final = frozenset({int, bool, type(None)})
_SETTLED: Final = _SMALL | {str}


_LONG: Final = 2_000
"""Characters of an expression that can name a value often enough for the result to be looked at."""

_FREE: Final = 64
"""Items of a result of which nothing more is counted: of few texts, none larger than a state may have."""


def _is_settled(value: Any, query: _Query) -> bool:
    """Whether a value is JSON throughout and all its numbers are finite: nearly all are, and need no second look.

    Raises JSONataError for a value that holds too much, or is nested deeper than is read anywhere.
    """
    is_settled, left, pending = True, _FREE, [value]
    while pending:
        item = pending.pop()
        kind = type(item)
        if kind is dict or kind is list:
            left -= len(item)
            if left < 0:
                return _is_large_settled(value, query)
            inner = item.values() if kind is dict else item
            if not _SETTLED.issuperset(map(type, inner)):
                pending.extend(inner)
        elif kind not in _SETTLED and not (kind is float and math.isfinite(item)):
            is_settled = False
    return is_settled


def _is_large_settled(value: Any, query: _Query) -> bool:
    """Tell the same of a value that may be large, and count what it holds."""
    is_settled, depth, level = True, 0, [value]
    while level:
        inner: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is dict or kind is list:
                parts = item.values() if kind is dict else item
                query.charge_result(len(item) + (sum(map(len, _texts(item))) >> 4))
                if not _SETTLED.issuperset(map(type, parts)):
                    inner.extend(part for part in parts if type(part) not in _SETTLED)
            elif kind is str:
                query.charge_result(len(item) >> 4)
            elif kind not in _SMALL and not (kind is float and math.isfinite(item)):
                is_settled = False
        level = inner
        depth += 1
        if depth > NESTED:
            raise JSONataError("U1001", message=TOO_DEEP)
    return is_settled


def _texts(item: dict[str, Any] | list[Any]) -> Iterator[str]:
    """Yield the texts right in an object or an array, keys included."""
    yield from (part for part in item if type(part) is str)
    if type(item) is dict:
        yield from (part for part in item.values() if type(part) is str)


def _is_json(value: Any) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        elif item is not None and not isinstance(item, (str, int, float)):
            return False
    return True


def _finite(value: JSON) -> JSON:
    """Return the value with texts for what no JSON number is: `[1/0]` is `["Infinity"]` on AWS (measured by users)."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value).replace("inf", "Infinity").replace("nan", "NaN")
    if isinstance(value, dict):
        changed = {key: _finite(item) for key, item in value.items()}
        return changed if any(changed[key] is not item for key, item in value.items()) else value
    if isinstance(value, list):
        items = list(map(_finite, value))
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def of_kind(expr: Expr, kind: str, source: JSON, field: str) -> Expr:
    """Return an expression whose value must be of a JSON kind (`array`, `boolean`, `number`, `string`)."""
    shown = source[2:-2].strip() if isinstance(source, str) and is_expression(source) else json_text(source)
    problem = f"The JSONata expression '{shown}' specified for the field '{field}' returned an unexpected result type."

    def evaluate(scope: Scope) -> JSON:
        value = expr(scope)
        if kind_of(value) != kind:
            mismatch = f"Expected '{kind}', but was '{kind_of(value)}' for value: {json_text(value)}"
            raise ExpressionFailed(f"{problem} {mismatch}", QUERY_ERROR, location=field)
        return value

    return evaluate
