"""Each state type as a function from scope to move.

`RUNS` at the foot of the file says which function compiles which type. What they share (the second half of the data
flow, retriers, catchers, transitions) is the business of `compile.py`; what differs between JSONPath and JSONata that
of their `Language`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from asl_engine.catalogue.resource import parse_resource
from asl_engine.lang.expr import Expr, ExpressionFailed, Scope
from asl_engine.model import states as model
from asl_engine.program.dataflow import Predicate, pass_on, value_of
from asl_engine.program.distributed import distribution_of
from asl_engine.program.language import Language
from asl_engine.program.program import (
    Block,
    Distribute,
    Done,
    Failed,
    Fork,
    Invoke,
    Move,
    Program,
    Route,
    Run,
    Sleep,
    State,
)
from asl_engine.program.thresholds import tolerated_failures
from asl_engine.quotas import INLINE_CONCURRENCY
from asl_engine.values import ABSENT, JSON, json_text

Blocks: TypeAlias = tuple[Block, ...]


def compile_pass(state: model.Pass, compiled: State, blocks: Blocks, language: Language) -> Run:
    """A Pass is done at once: with its `Result`, or with its effective input, for which null stands as well (recorded,
    September 2026)."""
    route, enter = compiled.route, language.enter(state)
    if state.result is not ABSENT and state.result is not None:
        return _fixed_result(state.result, enter, route)
    return _done(enter, route)


def _fixed_result(result: JSON, enter: Expr, route: Route) -> Run:
    def run(scope: Scope) -> Move:
        enter(scope)  # a path that leads nowhere fails the state, whatever its result
        return Done(result, route)

    return run


def _done(enter: Expr, route: Route) -> Run:
    if enter is pass_on:
        return lambda scope: Done(scope.data, route)
    return lambda scope: Done(enter(scope), route)


def compile_task(state: model.Task, compiled: State, blocks: Blocks, language: Language) -> Run:
    """A Task asks for its resource to be invoked with its effective input."""
    enter = language.enter(state)
    resource = parse_resource(state.resource)
    if resource.is_invoke:
        enter = with_function_name(enter)
    if resource.family == "Task" and (unread := _dynamic_key(state.parameters)) is not None:
        enter = _refusing_key(enter, unread)
    credentials = language.value(state, "credentials")
    timeout = language.seconds(state, "timeout_seconds")
    heartbeat = language.seconds(state, "heartbeat_seconds")
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


def _dynamic_key(template: JSON) -> str | None:
    """Return the first key that still ends in `.$` when the template has been applied."""
    if isinstance(template, dict):
        for key, value in template.items():
            if key.endswith(".$.$"):
                return str(key[:-2])
            if not key.endswith(".$") and (inner := _dynamic_key(value)) is not None:
                return inner
    elif isinstance(template, list):
        for item in template:
            if (inner := _dynamic_key(item)) is not None:
                return inner
    return None


def _refusing_key(enter: Expr, key: str) -> Expr:
    """Return what applies the template, and then fails as AWS does for such a key (measured by users)."""
    problem = f"The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call"

    def refuse(scope: Scope) -> JSON:
        payload = json_text(enter(scope))
        raise ExpressionFailed(f"The Parameters '{payload}' could not be used to start the Task: [{problem}]")

    return refuse


def with_function_name(enter: Expr) -> Expr:
    """Return the same expression, checked: `lambda:invoke` cannot be scheduled without a function's name."""

    def checked(scope: Scope) -> JSON:
        payload = enter(scope)
        check_function_name(payload)
        return payload

    return checked


def check_function_name(payload: JSON) -> None:
    """Raise ExpressionFailed where what `lambda:invoke` gets does not name a function, or has a number for a payload
    (measured by others on AWS, 2026)."""
    if not isinstance(payload, dict) or not isinstance(payload.get("FunctionName"), str):
        problem = "The field 'FunctionName' is required but was missing"
    elif isinstance(payload.get("Payload"), (bool, int, float)):
        problem = "The value for the field 'Payload' must be a STRING"
    else:
        return
    refusal = f"The Parameters '{json_text(payload)}' could not be used to start the Task"
    raise ExpressionFailed(f"{refusal}: [{problem}]")


def compile_choice(state: model.Choice, compiled: State, blocks: Blocks, language: Language) -> Run:
    """A Choice goes the way of the first rule that holds, else of its default; it fails without one.

    `compile.py` gives the routes their targets.
    """
    enter, compiled.rules = language.enter(state), tuple(Route() for _ in state.choices)
    conditions = [language.condition(rule, place_of_rule(at)) for at, rule in enumerate(state.choices)]
    default = compiled.route if state.default is not None else None
    return _choose(enter, list(zip(conditions, compiled.rules, strict=True)), default)


def place_of_rule(at: int) -> str:
    """Return the place of a rule of a Choice, for its fields."""
    return f"Choices[{at}]/"


def _choose(enter: Expr, rules: Sequence[tuple[Predicate, Route]], default: Route | None) -> Run:
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


def compile_wait(state: model.Wait, compiled: State, blocks: Blocks, language: Language) -> Run:
    """A Wait sleeps, then passes its effective input on."""
    enter, route, seconds = language.enter(state), compiled.route, language.delay(state)
    if seconds is not None:
        return lambda scope: Sleep(Done(enter(scope), route), seconds=seconds(scope))
    until = language.moment(state)
    return lambda scope: Sleep(Done(enter(scope), route), until=until(scope))


def compile_succeed(state: model.Succeed, compiled: State, blocks: Blocks, language: Language) -> Run:
    """A Succeed is done, and its route leads nowhere: the block ends."""
    return _done(language.enter(state), compiled.route)


def compile_fail(state: model.Fail, compiled: State, blocks: Blocks, language: Language) -> Run:
    """A Fail fails with its error and cause, either of which may be missing."""
    error, cause = language.text(state, "error"), language.text(state, "cause")
    return lambda scope: Failed(error(scope), cause(scope))


def compile_parallel(state: model.Parallel, compiled: State, blocks: Blocks, language: Language) -> Run:
    """A Parallel forks: each branch gets the effective input."""
    enter, count = language.enter(state), len(blocks)
    return lambda scope: Fork(blocks, [enter(scope)] * count, limit=count)


def compile_map(state: model.Map, compiled: State, blocks: Blocks, language: Language) -> Run:
    """A Map forks: its processor gets each item; what shapes it is asked when history has begun the Map."""
    if state.model_fields_set & DISTRIBUTED_ONLY:
        return refuse_to_distribute
    enter, read_items, compiled.select = language.enter(state), language.items(state), language.selector(state)
    limit_of = language.integer(state, "max_concurrency", 0)
    count_of = language.integer(state, "tolerated_failure_count", 0)
    share_of = language.percentage(state, "tolerated_failure_percentage")

    def run(scope: Scope) -> Move:
        enter(scope)
        items = read_items(scope)
        limit = value_of(limit_of, scope) or INLINE_CONCURRENCY
        tolerated = tolerated_failures(value_of(count_of, scope), value_of(share_of, scope), len(items))
        return Fork(blocks, items, items, min(limit, INLINE_CONCURRENCY), tolerated)

    return run


DISTRIBUTED_ONLY: Final = frozenset({"item_reader", "item_batcher", "result_writer"})


def refuse_to_distribute(scope: Scope) -> Move:
    """Fail as an inline Map does that has what only a distributed one can have: the service takes such a definition,
    and fails when it runs (recorded, 2026)."""
    raise ExpressionFailed("The ItemReader, ItemBatcher and ResultWriter fields are not supported for INLINE maps")


def compile_distributed(state: model.Map, compiled: State, processor: Program, language: Language) -> Run:
    """A distributed Map has child executions process its items; `ItemsPath` means nothing to a reader's (recorded)."""
    compiled.processor, compiled.distribution = processor, distribution_of(state, language)
    compiled.select = language.selector(state)
    enter = language.enter(state)
    read_items = language.items(state, takes_object=True) if state.item_reader is None else None

    def run(scope: Scope) -> Move:
        enter(scope)
        return Distribute(read_items(scope) if read_items is not None else None)

    return run


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
