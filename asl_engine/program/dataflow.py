"""The data flow of a state, and the one place that knows the query language.

    raw input --InputPath--> selection --Parameters--> effective input            `compile_enter`
    raw result --ResultSelector--> result --ResultPath into raw input--> merged
               --OutputPath--> state output                                       `compile_leave`
    error output --ResultPath into raw input--> state output                      `compile_caught`

Each is compiled to the shortest function that does it; a stage that changes nothing costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from asl_engine.lang.expr import Expr, ExpressionFailed, Scope
from asl_engine.lang.intrinsics import is_intrinsic
from asl_engine.lang.paths import compile_path, compile_reference_path
from asl_engine.lang.templates import compile_template, dynamic_parts
from asl_engine.program.program import Growth, Leave
from asl_engine.values import ABSENT, JSON, json_text, put, size_of

EMPTY: dict[str, JSON] = {}


class HasPaths(Protocol):
    """A state with `InputPath` and `OutputPath`."""

    input_path: str | None
    output_path: str | None


def compile_input_path(text: str | None) -> Expr | None:
    """Return what selects from the raw input; None when the whole of it is meant. A null path means an empty object."""
    if text == "$":
        return None
    return (lambda scope: EMPTY) if text is None else compile_path(text).evaluate


def compile_enter(input_path: str | None, template: Any = ABSENT) -> Expr:
    """Return the first half: from the scope's raw input to the effective input. It leaves the selection in
    `scope.data`."""
    select = compile_input_path(input_path)
    if template is ABSENT:
        return _selected(select) if select else pass_on
    build = compile_template(template)
    if select is None:
        return build

    def enter(scope: Scope) -> JSON:
        scope.data = select(scope)
        return build(scope)

    return enter


def pass_on(scope: Scope) -> JSON:
    """The first half where no field says otherwise: the raw input is the effective input."""
    return scope.data


def _selected(select: Expr) -> Expr:
    def enter(scope: Scope) -> JSON:
        scope.data = value = select(scope)
        return value

    return enter


def compile_leave(selector: Any, result_path: str | None, output_path: str | None) -> Leave | None:
    """Return the second half: from the raw result to the state output; None when that is the same."""
    stages: list[Leave] = []
    if selector is not None:
        stages.append(_on_data(compile_template(selector)))
    if result_path != "$":
        stages.append(compile_result_path(result_path))
    if output_path != "$":
        stages.append(_on_data(compile_input_path(output_path) or pass_on))
    return _chained(stages)


def _chained(stages: Sequence[Leave]) -> Leave | None:
    if not stages:
        return None
    if len(stages) == 1:
        return stages[0]

    def leave(scope: Scope, result: JSON) -> JSON:
        for stage in stages:
            result = stage(scope, result)
        return result

    return leave


def _on_data(expr: Expr) -> Leave:
    def stage(scope: Scope, result: JSON) -> JSON:
        scope.data = result
        return expr(scope)

    return stage


def compile_result_path(text: str | None) -> Leave:
    """Return what puts a result into the raw input; a null path drops the result.

    > If the input has a field at the path, it is replaced; if not, it is created, parents included (ResultPath).
    """
    if text is None:
        return lambda scope, result: scope.input
    steps = compile_reference_path(text).steps or ()
    if not steps:
        return lambda scope, result: result
    if len(steps) == 1 and isinstance(steps[0], str):
        return _put_key(text, steps[0])

    def stage(scope: Scope, result: JSON) -> JSON:
        return _put_at(text, steps, scope.input, result)

    return stage


def _put_key(text: str, key: str) -> Leave:
    """The common case, one key, without a call."""

    def stage(scope: Scope, result: JSON) -> JSON:
        value = scope.input
        if type(value) is dict:
            return {**value, key: result}
        return _put_at(text, (key,), value, result)

    return stage


def _put_at(text: str, steps: Sequence[str | int], value: JSON, result: JSON) -> JSON:
    try:
        return put(value, steps, result)
    except LookupError as problem:
        cause = f"Unable to apply ReferencePath {text} to input {json_text(value)}: {problem}"
        raise ExpressionFailed(cause, error="States.ResultPathMatchFailure") from None


def compile_caught(result_path: str | None) -> Callable[[Scope, JSON], JSON]:
    """Return what a catcher makes of the error output: the state output, without ResultSelector and OutputPath."""
    return compile_result_path(result_path)


def growth_of(
    template: Any = ABSENT,
    selector: Any = None,
    result_path: str | None = "$",
    paths: Sequence[str | None] = ("$", "$"),
    literal: int = 0,
) -> Growth | None:
    """Return how large an output can get with these fields; None when it cannot be larger than the input or result.

    `literal` is the size of a `Result`.
    """
    factor: float
    constant: float
    factor, constant = _template_growth(template)
    constant += literal
    if selector is not None:
        inner_factor, inner_constant = _template_growth(selector)
        factor, constant = factor * inner_factor, constant * max(inner_factor, 1) + inner_constant
    if any(path is not None and not compile_path(path).is_definite for path in paths):
        return Growth(UNBOUNDED, 0)
    if result_path == "$" or result_path is None:
        grows = (factor, constant) != (1, 0) or any(path is not None and starts_elsewhere(path) for path in paths)
        return Growth(max(factor, 1), int(min(constant, 1e9))) if grows else None
    steps = compile_reference_path(result_path).steps or ()
    spliced = steps if paths[-1] == "$" else ()
    return Growth(factor + 1, int(min(constant, 1e9)) + 8 * len(result_path), spliced)


def starts_elsewhere(path: str) -> bool:
    """Tell whether a path selects from the context object or a variable, which the input's size says nothing about."""
    return compile_path(path).root != "input"


UNBOUNDED = float("inf")
_SMALL_RESULTS = (
    "States.MathAdd",
    "States.MathRandom",
    "States.ArrayLength",
    "States.ArrayContains",
    "States.UUID",
    "States.Hash",
)


def _template_growth(template: Any) -> tuple[float, int]:
    """Return (factor, constant): the template's value is at most factor * (what it sees) + constant bytes."""
    if template is ABSENT:
        return 1, 0
    factor: float = 0
    for _, text in dynamic_parts(template):
        factor += _part_factor(text)
    return factor, size_of(template) + 160 * template_parts(template)


def template_parts(template: Any) -> int:
    """Return how many dynamic parts a template has."""
    return sum(1 for _ in dynamic_parts(template))


def _part_factor(text: str) -> float:
    """How many times what it sees a path or intrinsic can return: once for a definite path, never for a number."""
    if is_intrinsic(text):
        return 0 if text.startswith(_SMALL_RESULTS) else UNBOUNDED
    return 1 if compile_path(text).is_definite else UNBOUNDED
