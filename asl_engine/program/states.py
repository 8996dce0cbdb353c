"""Each state type as a function from scope to move.

`RUNS` at the foot of the file says which function compiles which type. What they share (the second half of the data
flow, retriers, catchers, transitions) is the business of `compile.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from asl_engine.catalogue.resource import parse_resource
from asl_engine.lang.expr import Expr, ExpressionFailed, Scope
from asl_engine.lang.jsonpath.intrinsics import compile_path_or_intrinsic
from asl_engine.lang.jsonpath.paths import compile_path
from asl_engine.lang.jsonpath.templates import compile_template
from asl_engine.lang.jsonpath.terms import PathNotFound
from asl_engine.model import states as model
from asl_engine.program.choices import Predicate, compile_rule
from asl_engine.program.dataflow import compile_enter, pass_on
from asl_engine.program.distribution import distribution_of
from asl_engine.program.moves import Distribute, Done, Failed, Fork, Invoke, Move, Sleep
from asl_engine.program.numbers import (
    at_least_zero,
    integer_of,
    percentage_of,
    plain,
    seconds_of,
    wait_seconds,
    wait_until,
)
from asl_engine.program.program import Block, Program, Route, State
from asl_engine.quotas import INLINE_CONCURRENCY
from asl_engine.values import ABSENT, JSON, json_text, parse_timestamp

Run: TypeAlias = Callable[[Scope], Move]


def compile_pass(state: model.Pass, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Pass is done at once: with its `Result`, or with its effective input, for which null stands as well (recorded,
    September 2026)."""
    route, enter = compiled.route, compile_enter(state.input_path, state.parameters)
    if state.result is not ABSENT and state.result is not None:
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
    if resource.is_invoke:
        enter = with_function_name(enter)
    credentials = compile_template(state.credentials) if state.credentials is not None else None
    timeout = seconds_of("TimeoutSeconds", state.timeout_seconds, state.timeout_seconds_path)
    heartbeat = seconds_of("HeartbeatSeconds", state.heartbeat_seconds, state.heartbeat_seconds_path)
    if timeout is None and heartbeat is None and credentials is None:
        return (lambda scope: Invoke(scope.data)) if enter is pass_on else (lambda scope: Invoke(enter(scope)))

    def run(scope: Scope) -> Move:
        payload = enter(scope)
        return Invoke(
            payload,
            timeout=timeout(scope) if timeout else None,
            heartbeat=heartbeat(scope) if heartbeat else None,
            credentials=credentials(scope) if credentials else None,
        )

    return run


def with_function_name(enter: Expr) -> Expr:
    """Return the same expression, checked: `lambda:invoke` cannot be scheduled without a function's name."""

    def checked(scope: Scope) -> JSON:
        payload = enter(scope)
        if not isinstance(payload, dict) or not isinstance(payload.get("FunctionName"), str):
            problem = "The field 'FunctionName' is required but was missing"
            told = f"The Parameters '{json_text(payload)}' could not be used to start the Task"
            raise ExpressionFailed(f"{told}: [{problem}]")
        return payload

    return checked


def compile_choice(state: model.Choice, compiled: State, blocks: tuple[Block, ...]) -> Run:
    """A Choice goes the way of the first rule that holds.

    The routes of the rules stand in `Program` order: `compile.py` gives each its target.
    """
    enter = compile_enter(state.input_path)
    compiled.rules = tuple(Route(assignment(rule.assign)) for rule in state.choices)
    default = compiled.route if state.default is not None else None
    return choose(enter, list(zip(map(compile_rule, state.choices), compiled.rules, strict=True)), default)


def choose(enter: Expr, rules: list[tuple[Predicate, Route]], default: Route | None) -> Run:
    """Return what goes the way of the first rule that holds, else of the default; the state fails without one."""

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
        read_seconds = wait_seconds(compile_path(state.seconds_path))
        return lambda scope: Sleep(Done(enter(scope), route), seconds=read_seconds(scope))
    read_until = wait_until(compile_path(state.timestamp_path or "$"))
    return lambda scope: Sleep(Done(enter(scope), route), until=read_until(scope))


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
    read_items = items_of(state.items_path)
    limit_of = integer_of("MaxConcurrencyPath", state.max_concurrency, state.max_concurrency_path)
    count, count_path = state.tolerated_failure_count, state.tolerated_failure_count_path
    count_of = integer_of("ToleratedFailureCountPath", count, count_path)
    share_of = percentage_of(state.tolerated_failure_percentage, state.tolerated_failure_percentage_path)
    select = _selector(state)

    def run(scope: Scope) -> Move:
        enter(scope)
        data, items = scope.data, read_items(scope)
        limit = at_least_zero("MaxConcurrency", limit_of(scope)) or INLINE_CONCURRENCY
        tolerated = tolerated_failures(count_of(scope), share_of(scope), len(items))
        try:
            inputs = items if select is None else selected_items(select, scope, data, items)
        except ExpressionFailed as problem:
            problem.items = len(items)
            raise
        return Fork(blocks, inputs, items, min(limit, INLINE_CONCURRENCY), tolerated)

    return run


def _selector(state: model.Map) -> Expr | None:
    template = state.item_selector if state.item_selector is not ABSENT else state.parameters
    return compile_template(template) if template is not ABSENT else None


def compile_distributed(state: model.Map, compiled: State, processor: Program) -> Run:
    """A distributed Map has child executions process its items; `ItemsPath` means nothing to a reader's (recorded)."""
    compiled.distribution = distribution_of(state, processor, _selector(state), PathFields())
    enter = compile_enter(state.input_path)
    read_items = items_of(state.items_path, (list, dict)) if state.item_reader is None else None

    def run(scope: Scope) -> Move:
        enter(scope)
        return Distribute(read_items(scope) if read_items is not None else None)

    return run


class PathFields:
    """How JSONPath states read the fields of a distributed Map."""

    def count(self, field: str, fixed: Any, path: str | None, least: int) -> Callable[[Scope], int | None]:
        """Return what gives a whole number, written or from a path."""
        name = field.rpartition("/")[2]
        read = integer_of(f"{name}Path", fixed, path)

        def count(scope: Scope) -> int | None:
            number = read(scope)
            if number is not None and number < least:
                raise ExpressionFailed(f"{name} cannot be negative." if least == 0 else f"{name} must be positive.")
            return number

        return count

    def share(self, fixed: Any, path: str | None) -> Callable[[Scope], float | None]:
        """Return what gives the tolerated percentage."""
        return percentage_of(fixed, path)

    def value(self, field: str, template: Any) -> Expr:
        """Return what gives the value of a template."""
        return compile_template(template)


def tolerated_failures(count: int | None, share: float | None, items: int) -> float | None:
    """How many failures are tolerated; None where nothing is said of that, and the first failure is the Map's."""
    if count is None and share is None:
        return None
    of_count = None if count is None else at_least_zero("ToleratedFailureCount", count)
    of_share = None if share is None else share * items / 100
    return min(some for some in (of_count, of_share) if some is not None)


def selected_items(select: Expr, scope: Scope, data: JSON, items: list[JSON]) -> list[JSON]:
    """Shape each item; meanwhile `$$.Map.Item` is that item, and `$` the Map's effective input."""
    outer, inputs = scope.item, []
    for index, item in enumerate(items):
        scope.item, scope.data = {"Index": index, "Value": item}, data
        inputs.append(select(scope))
    scope.item = outer
    return inputs


def items_of(path_text: str | None, kinds: type | tuple[type, ...] = list) -> Callable[[Scope], Any]:
    """Return what reads the items of a Map from its effective input."""
    if path_text is None or path_text == "$":
        return lambda scope: _items_of_input(scope, kinds)
    path = compile_path(path_text)
    shown = (
        path_text.removeprefix("$") if path_text.startswith("$$") else path_text
    )  # as a path into the context object

    def read(scope: Scope) -> JSON:
        items = path.evaluate(scope)
        if not isinstance(items, kinds):
            raise ExpressionFailed(f'Reference path "{shown}" must point to array.', names_place=False)
        return items

    return read


def _items_of_input(scope: Scope, kinds: type | tuple[type, ...]) -> JSON:
    items = scope.data
    if not isinstance(items, kinds):
        raise ExpressionFailed(f"Map state input must be an array but was: {json_text(items)}")
    return items


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
