"""The data flow of a state in JSONPath.

    raw input --InputPath--> selection --Parameters--> effective input            `compile_enter`
    raw result --ResultSelector--> result --ResultPath into raw input--> merged
               --OutputPath--> state output                                       `compile_leave`
    error output --ResultPath into raw input--> state output                      `compile_result_path`

Each is compiled to the shortest function that does it; a stage that changes nothing costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asl_engine.lang.expr import Expr, ExpressionFailed, Scope
from asl_engine.lang.jsonpath.paths import compile_path, compile_reference_path
from asl_engine.lang.jsonpath.templates import compile_template
from asl_engine.program.program import Leave
from asl_engine.values import ABSENT, JSON, json_text, put

EMPTY: dict[str, JSON] = {}


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
    except LookupError:
        cause = f"Unable to apply ReferencePath {text} to input {json_text(value)}"
        raise ExpressionFailed(cause, error="States.ReferencePathConflict") from None
