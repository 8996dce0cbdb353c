"""JSONata as a `Language`: any field may be, or hold, an expression in `{% %}`.

    raw input --Arguments--> payload                           `$states.input`, `$states.context`
    raw result --Output--> state output                        and `$states.result`
    error output --the catcher's Output--> state output        and `$states.errorOutput`

`Assign` and `Output` are evaluated together on what was there when the state was left; new values are seen by the next.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from asl_engine.lang.aws_jsonata import QUERY_ERROR, Sees, compile_query, is_expression, of_kind
from asl_engine.lang.expr import Expr, ExpressionFailed, Scope, compile_literal
from asl_engine.model import states as model
from asl_engine.model.base import Part, written
from asl_engine.model.choice import ChoiceRule
from asl_engine.model.failures import Catcher
from asl_engine.model.maps import ItemReader, ResultWriter
from asl_engine.model.shape import fields_of
from asl_engine.program.dataflow import Leave, Predicate, Stage, pass_on
from asl_engine.program.size_estimates import UNBOUNDED, Growth
from asl_engine.quotas import MAX_SECONDS
from asl_engine.values import ABSENT, JSON, anew, json_text, parse_timestamp

items_stage = ""

# --- the data flow ----------------------------------------------------------------------------------------------------


def enter(state: model.State) -> Expr:
    """`Arguments`, where the state can have them."""
    return _payload(state) or pass_on


def entering(state: model.State) -> Sequence[Stage]:
    """`Arguments`, or nothing."""
    payload = _payload(state)
    return [] if payload is None else [Stage("afterArguments", lambda scope, value: payload(scope))]


def _payload(state: model.State) -> Expr | None:
    if not isinstance(state, (model.Task, model.Parallel)):
        return None
    return _written_anew(value(state, "arguments"), state.arguments)


def _written_anew(expr: Expr | None, template: JSON) -> Expr | None:
    """Return what gives the value of a field that can be the input itself, which then is not handed on as it was
    written, but made anew."""
    if expr is None or not isinstance(template, str):
        return expr

    def evaluate(scope: Scope) -> JSON:
        made = expr(scope)
        return anew(made) if made is scope.input else made

    return evaluate


def leaving(state: model.State, rule: ChoiceRule | None = None, place: str = "") -> Sequence[Stage]:
    """`Output`: of the rule that leads out of a Choice, else of the state."""
    return [] if isinstance(state, model.Fail) else [Stage("", _output(rule or state, place))]


def catching(catcher: Catcher, place: str) -> Stage:
    """The catcher's `Output`."""
    return Stage("", _output(catcher, place))


def assign(part: Part, place: str = "") -> Expr | None:
    """`Assign`, which sees the same as `Output`."""
    variables = getattr(part, "assign", None)
    return compile_query(variables, f"{place}Assign", _sight(part)) if variables else None


def _output(part: Part, place: str) -> Leave | None:
    """Return what makes the state output by an `Output`; None where the result is the output."""
    expr = _written_anew(value(part, "output", place), written(part, "output"))
    if expr is None:
        return None

    def leave(scope: Scope, result: JSON) -> JSON:
        scope.data = result
        return expr(scope)

    return leave


def _sight(part: Part) -> Sees:
    if isinstance(part, Catcher):
        return "errorOutput"
    return "result" if isinstance(part, model.WorkState) else None


# --- fields -----------------------------------------------------------------------------------------------------------


def value(part: Part, name: str, place: str = "") -> Expr | None:
    """JSON with expressions in its strings; `Output` sees more than the other fields."""
    template = written(part, name)
    if template is ABSENT:
        return None
    return compile_query(template, _field(part, name, place), _sight(part) if name == "output" else None)


def _field(part: Part, name: str, place: str = "") -> str:
    return place + fields_of(type(part))[name]


def _calculated(part: Part, name: str, kind: str, place: str = "") -> Expr | None:
    """Return what gives the value of an expression, which must be of a kind; None where there is no expression."""
    source, field = getattr(part, name), _field(part, name, place)
    if not (isinstance(source, str) and is_expression(source)):
        return None
    return of_kind(compile_query(source, field), kind, source, field)


def _fixed(part: Part, name: str) -> Callable[[Scope], Any] | None:
    constant = getattr(part, name)
    return compile_literal(constant) if constant is not None else None


def arguments(part: ItemReader | ResultWriter, place: str) -> Expr:
    """`Arguments`."""
    return value(part, "arguments", place) or (lambda scope: {})


def text(state: model.Fail, name: str) -> Callable[[Scope], str | None]:
    """A text, or an expression that gives one."""
    return _calculated(state, name, "string") or compile_literal(getattr(state, name))


def seconds(state: model.Task, name: str) -> Callable[[Scope], int] | None:
    """A number of seconds, or an expression that gives one."""
    return integer(state, name, 1, most=MAX_SECONDS)


_LONGEST: Final = 2**63 - 1
"""The largest integer that the service reads as a number."""


def integer(
    part: Part, name: str, least: int | None = None, place: str = "", most: float = _LONGEST
) -> Callable[[Scope], int] | None:
    """An integer, or an expression that gives one."""
    expr, field = _calculated(part, name, "number", place), _field(part, name, place)
    if expr is None:
        return _fixed(part, name)
    lowest = -_LONGEST - 1 if least is None else least

    def read(scope: Scope) -> int:
        number = expr(scope)
        if number != int(number) or not lowest <= number <= most:
            wanted = f"an integer of at most {most}" if number > most else f"an integer of at least {lowest}"
            raise ExpressionFailed(f"The {field} field must be {wanted} but was: {number}", QUERY_ERROR, location=field)
        return int(number)

    return read


def percentage(state: model.Map, name: str) -> Callable[[Scope], float] | None:
    """A number from 0 to 100, or an expression that gives one."""
    expr, field = _calculated(state, name, "number"), _field(state, name)
    if expr is None:
        return _fixed(state, name)

    def read(scope: Scope) -> float:
        share: float = expr(scope)
        if not 0 <= share <= 100:
            raise ExpressionFailed(f"{field} must be between 0 and 100.", QUERY_ERROR, location=field)
        return share

    return read


def delay(state: model.Wait) -> Callable[[Scope], float] | None:
    """`Seconds`."""
    return integer(state, "seconds", 0, most=math.inf)  # what is too long for a wait, the wait itself says


def moment(state: model.Wait) -> Callable[[Scope], float]:
    """`Timestamp`."""
    expr = _calculated(state, "timestamp", "string") or compile_literal(state.timestamp)

    def read(scope: Scope) -> float:
        timestamp = expr(scope)
        at = parse_timestamp(timestamp)
        if at is None:
            problem = "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string"
            raise ExpressionFailed(f"{problem}: {timestamp}", QUERY_ERROR, location="Timestamp")
        return at

    return read


def condition(rule: ChoiceRule, place: str) -> Predicate:
    """`Condition`, an expression that gives true or false."""
    field = f"{place}Condition"
    return of_kind(compile_query(rule.condition, field), "boolean", rule.condition, field)


def items(state: model.Map, takes_object: bool = False) -> Expr:
    """`Items`, or the state's input when there are none."""
    if state.items is None:
        return lambda scope: _items_of_input(scope, takes_object)
    expr = compile_query(state.items, "Items")
    if not isinstance(state.items, str):
        return expr
    arrays = of_kind(expr, "array", state.items, "Items")
    return _or_object(expr, arrays) if takes_object else arrays


def _or_object(expr: Expr, arrays: Expr) -> Expr:
    def read(scope: Scope) -> JSON:
        items = expr(scope)
        return items if isinstance(items, (dict, list)) else arrays(scope)

    return read


def _items_of_input(scope: Scope, takes_object: bool) -> JSON:
    if not (isinstance(scope.data, list) or (takes_object and isinstance(scope.data, dict))):
        raise ExpressionFailed(f"Map state input must be an array but was: {json_text(scope.data)}", QUERY_ERROR)
    return scope.data


def selector(state: model.Map) -> Expr | None:
    """`ItemSelector`."""
    return value(state, "item_selector")


# --- sizes ------------------------------------------------------------------------------------------------------------


def growth(state: model.State) -> Growth | None:
    """Nothing is known of what an expression makes."""
    parts = [state, *getattr(state, "choices", ())]
    return (
        Growth(UNBOUNDED, 0, is_weighed=True)
        if any(getattr(part, "output", ABSENT) is not ABSENT for part in parts)
        else None
    )


def enter_growth(state: model.Task) -> Growth | None:
    """Nothing is known of what `Arguments` make."""
    return Growth(UNBOUNDED, 0, is_weighed=True) if state.arguments is not ABSENT else None
