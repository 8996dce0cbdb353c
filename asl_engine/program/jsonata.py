"""The states in JSONata: the same moves as in `states.py`, with expressions instead of paths.

    raw input --Arguments--> payload                           `$states.input`, `$states.context`
    raw result --Output--> state output                        and `$states.result`
    error output --the catcher's Output--> state output        and `$states.errorOutput`

`Assign` and `Output` are evaluated together on what was there when the state was left; new values are seen by the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asl_engine.catalogue.resource import parse_resource
from asl_engine.lang.aws_jsonata import QUERY_ERROR, Sees, compile_query, is_expression, of_kind
from asl_engine.lang.expr import Expr, ExpressionFailed, Scope
from asl_engine.model import states as model
from asl_engine.model.choice import ChoiceRule
from asl_engine.model.failures import Catcher as ModelCatcher
from asl_engine.program.choices import Predicate
from asl_engine.program.distribution import distribution_of
from asl_engine.program.growth import UNBOUNDED
from asl_engine.program.moves import Distribute, Done, Failed, Fork, Invoke, Move, Sleep
from asl_engine.program.numbers import at_least_zero
from asl_engine.program.program import Block, Growth, Leave, Program, Route, State
from asl_engine.program.states import Run, choose, selected_items, tolerated_failures, with_function_name
from asl_engine.quotas import INLINE_CONCURRENCY
from asl_engine.values import ABSENT, JSON, json_text, parse_timestamp


def pass_on(scope: Scope) -> JSON:
    """The first half where no field says otherwise: the raw input."""
    return scope.data


def compile_pass(state: model.Pass, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Pass is done at once; its `Output` is its route's business."""
    route = compiled.route
    return lambda scope: Done(scope.data, route)


def compile_task(state: model.Task, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Task sends its `Arguments`, or its input when there are none."""
    enter = arguments_of(state.arguments)
    resource = parse_resource(state.resource)
    if resource.is_invoke:
        enter = with_function_name(enter)
    credentials = compile_query(state.credentials, "Credentials") if state.credentials is not None else None
    timeout = number_of("TimeoutSeconds", state.timeout_seconds)
    heartbeat = number_of("HeartbeatSeconds", state.heartbeat_seconds)

    def run(scope: Scope) -> Move:
        return Invoke(enter(scope), timeout(scope), heartbeat(scope), credentials(scope) if credentials else None)

    return run


def arguments_of(arguments: Any) -> Expr:
    """Return what makes the payload: the `Arguments`, or the raw input when there are none."""
    return pass_on if arguments is ABSENT else compile_query(arguments, "Arguments")


def number_of(field: str, value: Any, least: int = 1) -> Callable[[Scope], int | None]:
    """Return what gives a whole number, written or calculated; None when there is none."""
    if not (isinstance(value, str) and is_expression(value)):
        return lambda scope: value
    expr = of_kind(compile_query(value, field), "number", value, field)

    def read(scope: Scope) -> int:
        number = expr(scope)
        if number != int(number) or number < least:
            wanted = f"an integer of at least {least}"
            raise ExpressionFailed(f"The {field} field must be {wanted} but was: {number}", QUERY_ERROR, location=field)
        return int(number)

    return read


def percentage_of(field: str, value: Any) -> Callable[[Scope], float | None]:
    """Return what gives a share of a hundred, written or calculated; None when there is none."""
    if not (isinstance(value, str) and is_expression(value)):
        return lambda scope: value
    expr = of_kind(compile_query(value, field), "number", value, field)

    def read(scope: Scope) -> float:
        share: float = expr(scope)
        if not 0 <= share <= 100:
            raise ExpressionFailed(f"{field} must be between 0 and 100.", QUERY_ERROR, location=field)
        return share

    return read


def compile_choice(state: model.Choice, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Choice goes the way of the first `Condition` that is true."""
    compiled.rules = tuple(
        Route(assignment(rule.assign, f"Choices[{at}]/Assign"), leave_by(rule.output, f"Choices[{at}]/Output"))
        for at, rule in enumerate(state.choices)
    )
    conditions = [_condition(rule, f"Choices[{at}]/Condition") for at, rule in enumerate(state.choices)]
    default = compiled.route if state.default is not None else None
    return choose(pass_on, list(zip(conditions, compiled.rules, strict=True)), default)


def _condition(rule: ChoiceRule, field: str) -> Predicate:
    return of_kind(compile_query(rule.condition, field), "boolean", rule.condition, field)


def compile_wait(state: model.Wait, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Wait sleeps for its `Seconds` or until its `Timestamp`."""
    route = compiled.route
    if state.seconds is not None:
        seconds = number_of("Seconds", state.seconds, least=0)
        return lambda scope: Sleep(Done(scope.data, route), seconds=seconds(scope))
    until = _moment(state.timestamp or "")
    return lambda scope: Sleep(Done(scope.data, route), until=until(scope))


def _moment(value: str) -> Callable[[Scope], float]:
    expr = compile_query(value, "Timestamp")
    if is_expression(value):
        expr = of_kind(expr, "string", value, "Timestamp")

    def read(scope: Scope) -> float:
        text = expr(scope)
        moment = parse_timestamp(text)
        if moment is None:
            told = "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string"
            raise ExpressionFailed(f"{told}: {text}", QUERY_ERROR, location="Timestamp")
        return moment

    return read


def compile_fail(state: model.Fail, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Fail fails with its error and cause, either of which may be missing."""
    error, cause = _text("Error", state.error), _text("Cause", state.cause)
    return lambda scope: Failed(error(scope), cause(scope))


def _text(field: str, value: str | None) -> Callable[[Scope], str | None]:
    if value is None or not is_expression(value):
        return lambda scope: value
    return of_kind(compile_query(value, field), "string", value, field)


def compile_parallel(state: model.Parallel, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Parallel forks: each branch gets the `Arguments`, or the input."""
    enter, count = arguments_of(state.arguments), len(blocks)
    return lambda scope: Fork(blocks, [enter(scope)] * count, limit=count)


def compile_map(state: model.Map, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Map forks: its processor gets each of the `Items`, shaped by `ItemSelector`."""
    read_items = items_of(state.items)
    limit_of = number_of("MaxConcurrency", state.max_concurrency, least=0)
    count_of = number_of("ToleratedFailureCount", state.tolerated_failure_count, least=0)
    share_of = percentage_of("ToleratedFailurePercentage", state.tolerated_failure_percentage)
    select = _selector(state)

    def run(scope: Scope) -> Move:
        items = read_items(scope)
        limit = at_least_zero("MaxConcurrency", limit_of(scope)) or INLINE_CONCURRENCY
        tolerated = tolerated_failures(count_of(scope), share_of(scope), len(items))
        inputs = items if select is None else selected_items(select, scope, scope.data, items)
        return Fork(blocks, inputs, items, min(limit, INLINE_CONCURRENCY), tolerated)

    return run


def _selector(state: model.Map) -> Expr | None:
    return compile_query(state.item_selector, "ItemSelector") if state.item_selector is not ABSENT else None


def compile_distributed(state: model.Map, compiled: State, processor: Program) -> Run:
    """A distributed Map has its items processed by child executions."""
    compiled.distribution = distribution_of(state, processor, _selector(state), QueryFields())
    if state.item_reader is not None:
        return lambda scope: Distribute(None)
    read_items = items_of(state.items, takes_object=True)
    return lambda scope: Distribute(read_items(scope))


class QueryFields:
    """How JSONata states read the fields of a distributed Map."""

    def count(self, field: str, fixed: Any, path: str | None, least: int) -> Callable[[Scope], int | None]:
        """Return what gives a whole number, written or from an expression."""
        return number_of(field, fixed, least)

    def share(self, fixed: Any, path: str | None) -> Callable[[Scope], float | None]:
        """Return what gives the tolerated percentage."""
        return percentage_of("ToleratedFailurePercentage", fixed)

    def value(self, field: str, template: Any) -> Expr:
        """Return what gives the value of a template."""
        return compile_query(template, field)


def items_of(items: Any, takes_object: bool = False) -> Callable[[Scope], Any]:
    """Return what gives the items of a Map: its `Items`, or its input when there are none."""
    if items is None:
        return lambda scope: _items_of_input(scope, takes_object)
    expr = compile_query(items, "Items")
    if not isinstance(items, str):
        return expr
    arrays = of_kind(expr, "array", items, "Items")
    return _or_object(expr, arrays) if takes_object else arrays


def _or_object(expr: Expr, otherwise: Expr) -> Expr:
    def read(scope: Scope) -> JSON:
        items = expr(scope)
        return items if isinstance(items, (dict, list)) else otherwise(scope)

    return read


def _items_of_input(scope: Scope, takes_object: bool) -> JSON:
    if not (isinstance(scope.data, list) or (takes_object and isinstance(scope.data, dict))):
        raise ExpressionFailed(f"Map state input must be an array but was: {json_text(scope.data)}", QUERY_ERROR)
    return scope.data


def assignment(assign: dict[str, Any] | None, field: str = "Assign", sees: Sees = None) -> Expr | None:
    """Return what makes the variables of an `Assign`; None when there are none."""
    return compile_query(assign, field, sees) if assign else None


def leave_by(output: Any, field: str = "Output", sees: Sees = None) -> Leave | None:
    """Return what makes the state output by an `Output`; None where the result is the output."""
    if output is ABSENT:
        return None
    expr = compile_query(output, field, sees)

    def leave(scope: Scope, result: JSON) -> JSON:
        scope.data = result
        return expr(scope)

    return leave


def finish(state: model.State, compiled: State) -> None:
    """Compile the second half of the data flow: `Assign` and `Output` of the state."""
    sees: Sees = "result" if isinstance(state, (model.Task, model.Parallel, model.Map)) else None
    compiled.route.assign = assignment(getattr(state, "assign", None), sees=sees)
    compiled.route.leave = leave_by(getattr(state, "output", ABSENT), sees=sees)
    routes = (compiled.route, *compiled.rules)
    compiled.growth = Growth(UNBOUNDED, 0) if any(route.leave is not None for route in routes) else None
    if isinstance(state, model.Task) and state.arguments is not ABSENT:
        compiled.enter_growth = Growth(UNBOUNDED, 0)


def catch(catcher: ModelCatcher, at: int) -> tuple[Leave, Expr | None]:
    """Return what a catcher makes of the error output, and its variables."""
    output = leave_by(catcher.output, f"Catch[{at}]/Output", "errorOutput")
    return output or (lambda scope, error: error), assignment(catcher.assign, f"Catch[{at}]/Assign", "errorOutput")


RUNS: dict[type, Callable[..., Run]] = {
    model.Pass: compile_pass,
    model.Task: compile_task,
    model.Choice: compile_choice,
    model.Wait: compile_wait,
    model.Succeed: compile_pass,
    model.Fail: compile_fail,
    model.Parallel: compile_parallel,
    model.Map: compile_map,
}
