"""Each state type as a function from scope to move.

`RUNS` at the foot of the file says which function compiles which type. What they share (the second half of the data flow,
retriers, catchers, transitions) is the business of `compile.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from asl_engine.lang.expr import Expr, ExpressionFailed, Scope
from asl_engine.lang.intrinsics import compile_path_or_intrinsic
from asl_engine.lang.paths import Path, PathNotFound, compile_path
from asl_engine.lang.templates import compile_template
from asl_engine.model import states as model
from asl_engine.program.choices import Predicate, compile_rule
from asl_engine.program.dataflow import compile_enter
from asl_engine.program.moves import Done, Failed, Fork, Invoke, Move, Sleep
from asl_engine.program.program import Block, Route, State
from asl_engine.program.resources import parse_resource
from asl_engine.values import ABSENT, JSON, json_text, parse_timestamp

Run: TypeAlias = Callable[[Scope], Move]

INLINE_CONCURRENCY = 40
"""How many iterations of an inline Map the service runs at once when nothing smaller is asked for (AWS quota)."""


def compile_pass(state: model.Pass, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Pass is done at once: with its `Result`, or with its effective input."""
    route, enter = compiled.route, compile_enter(state.input_path, state.parameters)
    if state.result is not ABSENT:
        return _fixed_result(state.result, enter, route)
    if state.input_path == "$" and state.parameters is ABSENT:
        return lambda scope: Done(scope.data, route)
    return lambda scope: Done(enter(scope), route)


def _fixed_result(result: JSON, enter: Expr, route: Route) -> Run:
    def run(scope: Scope) -> Move:
        enter(scope)  # a path that leads nowhere fails the state, whatever its result
        return Done(result, route)

    return run


def compile_task(state: model.Task, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Task asks for its resource to be invoked with its effective input."""
    enter = compile_enter(state.input_path, state.parameters)
    resource = parse_resource(state.resource)
    if resource.service == "lambda" and resource.action == "invoke":
        enter = _with_function_name(enter)
    credentials = compile_template(state.credentials) if state.credentials is not None else None
    timeout = _seconds("TimeoutSeconds", state.timeout_seconds, state.timeout_seconds_path)
    heartbeat = _seconds("HeartbeatSeconds", state.heartbeat_seconds, state.heartbeat_seconds_path)
    if timeout is None and heartbeat is None and credentials is None:
        return lambda scope: Invoke(enter(scope))

    def run(scope: Scope) -> Move:
        payload = enter(scope)
        return Invoke(
            payload,
            timeout=timeout(scope) if timeout else None,
            heartbeat=heartbeat(scope) if heartbeat else None,
            credentials=credentials(scope) if credentials else None,
        )

    return run


def _with_function_name(enter: Expr) -> Expr:
    """`lambda:invoke` cannot be scheduled without a function's name."""

    def checked(scope: Scope) -> JSON:
        payload = enter(scope)
        if not isinstance(payload, dict) or not isinstance(payload.get("FunctionName"), str):
            problem = "The field 'FunctionName' is required but was missing"
            raise ExpressionFailed(f"The Parameters '{json_text(payload)}' could not be used to start the Task: [{problem}]")
        return payload

    return checked


def _seconds(field: str, fixed: Any, path: str | None) -> Callable[[Scope], int] | None:
    if path is not None:
        return _seconds_at(field + "Path", compile_path(path))
    return (lambda scope: fixed) if fixed is not None else None


def _seconds_at(field: str, path: Path) -> Callable[[Scope], int]:
    """Read a number of seconds that must be above zero; a path that leads nowhere fails as any path does."""

    def read(scope: Scope) -> int:
        value = path.evaluate(scope)
        seconds = whole_number(value)
        if seconds is None:
            raise ExpressionFailed(f"The {field} parameter cannot be parsed as a long value: {path.text} == {plain(value)}")
        if seconds <= 0:
            raise ExpressionFailed(f"The {field} parameter references a non-positive value: {path.text} == {seconds}")
        return seconds

    return read


def whole_number(value: JSON) -> int | None:
    """Return the integer that a value's text is; None when it is none. `"3"` is one, as the service reads texts (recorded)."""
    if type(value) is int:
        return value
    return int(value) if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value) else None


def plain(value: JSON) -> str:
    """Return a value as the service prints it inside a sentence: strings without quotes."""
    return value if isinstance(value, str) else json_text(value)


def compile_choice(state: model.Choice, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Choice goes the way of the first rule that holds.

    The routes of the rules stand in `Program` order: `compile.py` gives each its target.
    """
    enter = compile_enter(state.input_path)
    rules: list[tuple[Predicate, Route]] = [(compile_rule(rule), Route(assignment(rule.assign))) for rule in state.choices]
    compiled.rules = tuple(route for _, route in rules)
    default = compiled.route if state.default is not None else None

    def run(scope: Scope) -> Move:
        value = enter(scope)
        for holds, route in rules:
            if holds(scope):
                return Done(value, route)
        if default is None:
            raise ExpressionFailed(NO_CHOICE)
        return Done(value, default)

    return run


NO_CHOICE = "Failed to transition out of the state. The state does not point to a next state."


def assignment(assign: dict[str, Any] | None) -> Expr | None:
    """Return what makes the variables of an `Assign`; None when there are none."""
    return compile_template(assign) if assign else None


def compile_wait(state: model.Wait, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Wait sleeps, then passes its effective input on."""
    enter, route = compile_enter(state.input_path), compiled.route
    if state.seconds is not None:
        seconds = float(state.seconds)
        return lambda scope: Sleep(Done(enter(scope), route), seconds=seconds)
    if state.timestamp is not None:
        until = parse_timestamp(state.timestamp)
        return lambda scope: Sleep(Done(enter(scope), route), until=until)
    if state.seconds_path is not None:
        read_seconds = _wait_seconds(compile_path(state.seconds_path))
        return lambda scope: Sleep(Done(enter(scope), route), seconds=read_seconds(scope))
    read_until = _wait_until(compile_path(state.timestamp_path or "$"))
    return lambda scope: Sleep(Done(enter(scope), route), until=read_until(scope))


def _wait_seconds(path: Path) -> Callable[[Scope], float]:
    def read(scope: Scope) -> float:
        value = _referenced("SecondsPath", path, scope)
        seconds = whole_number(value)
        if seconds is None:
            raise ExpressionFailed(f"The SecondsPath parameter cannot be parsed as a long value: {path.text} == {plain(value)}")
        if seconds < 0:
            raise ExpressionFailed(f"The SecondsPath parameter references a negative value: {path.text} == {seconds}")
        return seconds

    return read


def _wait_until(path: Path) -> Callable[[Scope], float]:
    def read(scope: Scope) -> float:
        value = _referenced("TimestampPath", path, scope)
        moment = parse_timestamp(value) if isinstance(value, str) else None
        if moment is None:
            raise ExpressionFailed(
                "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: "
                f"{path.text} == {plain(value)}"
            )
        return moment

    return read


def _referenced(field: str, path: Path, scope: Scope) -> JSON:
    try:
        return path.evaluate(scope)
    except PathNotFound:
        raise ExpressionFailed(f"The {field} parameter does not reference an input value: {path.text}") from None


def compile_succeed(state: model.Succeed, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Succeed is done, and its route leads nowhere: the block ends."""
    enter, route = compile_enter(state.input_path), compiled.route
    return lambda scope: Done(enter(scope), route)


def compile_fail(state: model.Fail, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Fail fails with its error and cause, either of which may be missing."""
    error = _text_of("ErrorPath", state.error, state.error_path)
    cause = _text_of("CausePath", state.cause, state.cause_path)
    return lambda scope: Failed(error(scope), cause(scope))


def _text_of(field: str, fixed: str | None, path: str | None) -> Callable[[Scope], str | None]:
    if path is None:
        return lambda scope: fixed
    expr = compile_path_or_intrinsic(path)

    def read(scope: Scope) -> str | None:
        try:
            return plain(expr(scope))
        except PathNotFound:
            shown = json_text(scope.data)
            cause = f"The JSONPath '{path}' specified for the field '{field}' could not be found in the input '{shown}'"
            raise ExpressionFailed(cause) from None

    return read


def compile_parallel(state: model.Parallel, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Parallel forks: each branch gets the effective input."""
    enter, count = compile_enter(state.input_path, state.parameters), len(blocks)
    return lambda scope: Fork(blocks, [enter(scope)] * count, limit=count)


def compile_map(state: model.Map, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Map forks: its processor gets each item, shaped by `ItemSelector`."""
    enter = compile_enter(state.input_path)
    items_of = _items(state.items_path)
    limit_of = _integer_at("MaxConcurrencyPath", state.max_concurrency, state.max_concurrency_path)
    count_of = _integer_at("ToleratedFailureCountPath", state.tolerated_failure_count, state.tolerated_failure_count_path)
    share_of = _percentage(state.tolerated_failure_percentage, state.tolerated_failure_percentage_path)
    template = state.item_selector if state.item_selector is not ABSENT else state.parameters
    select = compile_template(template) if template is not ABSENT else None

    def run(scope: Scope) -> Move:
        enter(scope)
        data, items = scope.data, items_of(scope)
        limit = _at_least_zero("MaxConcurrency", limit_of(scope)) or INLINE_CONCURRENCY
        count, share = count_of(scope), share_of(scope)
        tolerated = None if count is share is None else max(_at_least_zero("ToleratedFailureCount", count), (share or 0) * len(items) / 100)
        inputs = items if select is None else _selected_items(select, scope, data, items)
        return Fork(blocks, inputs, items, min(limit, INLINE_CONCURRENCY), tolerated)

    return run


def _selected_items(select: Expr, scope: Scope, data: JSON, items: list[JSON]) -> list[JSON]:
    """Shape each item; meanwhile `$$.Map.Item` is that item, and `$` the Map's effective input."""
    outer, inputs = scope.item, []
    for index, item in enumerate(items):
        scope.item, scope.data = {"Index": index, "Value": item}, data
        inputs.append(select(scope))
    scope.item = outer
    return inputs


def _items(path_text: str | None) -> Callable[[Scope], list[JSON]]:
    if path_text is None or path_text == "$":
        return _items_of_input
    path = compile_path(path_text)

    def read(scope: Scope) -> list[JSON]:
        items = path.evaluate(scope)
        if not isinstance(items, list):
            raise ExpressionFailed(f'Reference path "{path_text}" must point to array.', names_place=False)
        return items

    return read


def _items_of_input(scope: Scope) -> list[JSON]:
    items = scope.data
    if not isinstance(items, list):
        raise ExpressionFailed(f"Map state input must be an array but was: {json_text(items)}")
    return items


def _integer_at(field: str, fixed: Any, path_text: str | None) -> Callable[[Scope], int | None]:
    if path_text is None:
        return lambda scope: fixed
    path = compile_path(path_text)

    def read(scope: Scope) -> int:
        value = path.evaluate(scope)
        number = whole_number(value)
        if number is None:
            raise ExpressionFailed(f'The {field} field refers to value "{plain(value)}" which is not a valid integer: {path_text}')
        return number

    return read


def _percentage(fixed: Any, path_text: str | None) -> Callable[[Scope], float | None]:
    path = compile_path(path_text) if path_text is not None else None

    def read(scope: Scope) -> float | None:
        share = fixed if path is None else _float_at(path, scope)
        if share is not None and not 0 <= share <= 100:
            raise ExpressionFailed("ToleratedFailurePercentage must be between 0 and 100.")
        return share

    return read


def _float_at(path: Path, scope: Scope) -> float:
    value = path.evaluate(scope)
    try:
        return float(plain(value))
    except ValueError:
        told = f'The ToleratedFailurePercentagePath field refers to value "{plain(value)}" which is not a valid float'
        raise ExpressionFailed(f"{told}: {path.text}") from None


def _at_least_zero(field: str, count: int | None) -> int:
    if count is not None and count < 0:
        raise ExpressionFailed(f"{field} cannot be negative.")
    return count or 0


RUNS: dict[type, Callable[..., Run]] = {
    model.Pass: compile_pass,
    model.Task: compile_task,
    model.Choice: compile_choice,
    model.Wait: compile_wait,
    model.Succeed: compile_succeed,
    model.Fail: compile_fail,
    model.Parallel: compile_parallel,
    model.Map: compile_map,
}
