"""JSONPath as a `Language`: fields that select and shape, and twins of fields that say where a value is.

    raw input --InputPath--> selection --Parameters--> effective input
    raw result --ResultSelector--> result --ResultPath into raw input--> merged
               --OutputPath--> state output
    error output --ResultPath into raw input--> state output

Each is compiled to the shortest function that does it; a stage that changes nothing costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from asl_engine.lang.expr import Expr, ExpressionFailed, Scope, compile_literal
from asl_engine.lang.jsonpath.paths import compile_path, compile_reference_path
from asl_engine.lang.jsonpath.templates import compile_template
from asl_engine.model import states as model
from asl_engine.model.base import Assigner, Part, written
from asl_engine.model.choice import ChoiceRule
from asl_engine.model.failures import Catcher
from asl_engine.model.maps import ItemReader, ResultWriter
from asl_engine.model.shape import fields_of
from asl_engine.program.choices import compile_rule
from asl_engine.program.dataflow import Leave, Predicate, Stage, pass_on
from asl_engine.program.referenced_values import (
    float_at,
    integer_at,
    seconds_at,
    text_at,
    wait_seconds,
    wait_until,
)
from asl_engine.program.size_estimates import Growth, growth_of
from asl_engine.values import ABSENT, JSON, json_text, parse_timestamp, put, size_of

items_stage = "afterItemsPath"

EMPTY: Final[dict[str, JSON]] = {}
"""What a null path selects."""

# --- the first half ---------------------------------------------------------------------------------------------------


def enter(state: model.State) -> Expr:
    """InputPath, then Parameters. It leaves the selection in `scope.data`."""
    select, shape = _selection(state), _shaping(state)
    if select is None:
        return shape or pass_on
    if shape is None:
        return _selected(select)

    def select_and_shape(scope: Scope) -> JSON:
        scope.data = select(scope)
        return shape(scope)

    return select_and_shape


def entering(state: model.State) -> Sequence[Stage]:
    """InputPath, and Parameters where the state can have them."""
    select, shape = _selection(state), _shaping(state)
    stages = [Stage("afterInputPath", _first(_selected(select)) if select is not None else None)]
    if isinstance(state, model.ShapingState) and not isinstance(state, model.Map):
        stages.append(Stage("afterParameters", _first(shape) if shape is not None else None))
    return stages


def _selection(state: model.State) -> Expr | None:
    return _path(getattr(state, "input_path", "$"))


def _shaping(state: model.State) -> Expr | None:
    shapes_input = isinstance(state, model.ShapingState) and not isinstance(state, model.Map)
    return value(state, "parameters") if shapes_input else None


def _path(text: str | None) -> Expr | None:
    """Return what selects from the scope's data; None when the whole of it is meant."""
    if text == "$":
        return None
    return (lambda scope: EMPTY) if text is None else compile_path(text).evaluate


def _selected(select: Expr) -> Expr:
    def run(scope: Scope) -> JSON:
        scope.data = selection = select(scope)
        return selection

    return run


def _first(expr: Expr) -> Leave:
    return lambda scope, value: expr(scope)


# --- the second half --------------------------------------------------------------------------------------------------


def leaving(state: model.State, rule: ChoiceRule | None = None, place: str = "") -> Sequence[Stage]:
    """ResultSelector and ResultPath where there is a result, and OutputPath. The ways out of a Choice do the same."""
    if isinstance(state, model.Fail):
        return []
    output = _KEPT if state.output_path == "$" else Stage("", _on_data(_path(state.output_path) or pass_on))
    if not isinstance(state, model.ShapingState):
        return [output]
    select = None if isinstance(state, model.Pass) else value(state, "result_selector")
    selector = Stage("afterResultSelector", _on_data(select)) if select is not None else _UNSELECTED
    if state.result_path == "$":
        return [selector, _REPLACED, output]
    return [selector, Stage("afterResultPath", compile_result_path(state.result_path)), output]


_UNSELECTED: Final = Stage("afterResultSelector", None)
_REPLACED: Final = Stage("afterResultPath", None)
_KEPT: Final = Stage("", None)


def catching(catcher: Catcher, place: str) -> Stage:
    """The catcher's ResultPath, into the raw input."""
    return Stage("afterResultPath", compile_result_path(catcher.result_path))


def assign(part: Part, place: str = "") -> Expr | None:
    """`Assign` is a template."""
    return compile_template(part.assign) if isinstance(part, Assigner) and part.assign else None


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


# --- fields -----------------------------------------------------------------------------------------------------------


def value(part: Part, name: str, place: str = "") -> Expr | None:
    """A payload template."""
    template = written(part, name)
    return compile_template(template) if template is not ABSENT else None


def arguments(part: ItemReader | ResultWriter, place: str) -> Expr:
    """`Parameters`."""
    return value(part, "parameters") or (lambda scope: EMPTY)


def text(state: model.Fail, name: str) -> Callable[[Scope], str | None]:
    """A text, or what is at a path or made by an intrinsic call."""
    path = getattr(state, f"{name}_path")
    return compile_literal(getattr(state, name)) if path is None else text_at(_twin(state, name), path)


def seconds(state: model.Task, name: str) -> Callable[[Scope], int] | None:
    """A number of seconds, or a path to one."""
    path, fixed = getattr(state, f"{name}_path"), getattr(state, name)
    if path is not None:
        return seconds_at(_twin(state, name), compile_path(path))
    return compile_literal(fixed) if fixed is not None else None


def integer(part: Part, name: str, least: int | None = None, place: str = "") -> Callable[[Scope], int] | None:
    """An integer, or a path to one."""
    path, fixed = getattr(part, f"{name}_path"), getattr(part, name)
    if path is None and fixed is None:
        return None
    read = compile_literal(fixed) if path is None else integer_at(_twin(part, name), compile_path(path))
    field = fields_of(type(part))[name]

    def checked(scope: Scope) -> int:
        number: int = read(scope)
        if least is not None and number < least:
            raise ExpressionFailed(f"{field} cannot be negative." if least == 0 else f"{field} must be positive.")
        return number

    return checked


def percentage(state: model.Map, name: str) -> Callable[[Scope], float] | None:
    """A number from 0 to 100, or a path to one."""
    path, fixed = getattr(state, f"{name}_path"), getattr(state, name)
    if path is None and fixed is None:
        return None
    read = compile_literal(fixed) if path is None else float_at(_twin(state, name), compile_path(path))
    field = fields_of(type(state))[name]

    def checked(scope: Scope) -> float:
        share: float = read(scope)
        if not 0 <= share <= 100:
            raise ExpressionFailed(f"{field} must be between 0 and 100.")
        return share

    return checked


def _twin(part: Part, name: str) -> str:
    return fields_of(type(part))[f"{name}_path"]


def delay(state: model.Wait) -> Callable[[Scope], float] | None:
    """`Seconds` or `SecondsPath`."""
    if state.seconds is not None:
        return compile_literal(float(state.seconds))
    return wait_seconds(compile_path(state.seconds_path)) if state.seconds_path is not None else None


def moment(state: model.Wait) -> Callable[[Scope], float]:
    """`Timestamp` or `TimestampPath`."""
    if state.timestamp is not None:
        return compile_literal(parse_timestamp(state.timestamp))
    return wait_until(compile_path(state.timestamp_path or "$"))


def condition(rule: ChoiceRule, place: str) -> Predicate:
    """A comparison, or several joined."""
    return compile_rule(rule)


def items(state: model.Map, takes_object: bool = False) -> Expr:
    """The effective input, or what is at `ItemsPath` in it."""
    kinds = (list, dict) if takes_object else (list,)
    if state.items_path is None or state.items_path == "$":
        return lambda scope: _items_of_input(scope, kinds)
    path = compile_path(state.items_path)
    shown = path.text.removeprefix("$") if path.text.startswith("$$") else path.text  # a path into the context object

    def read(scope: Scope) -> JSON:
        array = path.evaluate(scope)
        if not isinstance(array, kinds):
            raise ExpressionFailed(f'Reference path "{shown}" must point to array.', names_place=False)
        return array

    return read


def _items_of_input(scope: Scope, kinds: tuple[type, ...]) -> JSON:
    if not isinstance(scope.data, kinds):
        raise ExpressionFailed(f"Map state input must be an array but was: {json_text(scope.data)}")
    return scope.data


def selector(state: model.Map) -> Expr | None:
    """`ItemSelector`; in older definitions `Parameters`."""
    return value(state, "item_selector") or value(state, "parameters")


# --- sizes ------------------------------------------------------------------------------------------------------------


def growth(state: model.State) -> Growth | None:
    """What templates and paths add up to."""
    if isinstance(state, model.Fail):
        return None
    paths = (state.input_path, state.output_path)
    if isinstance(state, model.Pass):
        literal = size_of(state.result) if state.result is not ABSENT else 0
        return growth_of(state.parameters, None, state.result_path, paths, literal)
    if isinstance(state, model.WorkState):
        return growth_of(ABSENT, state.result_selector, state.result_path, paths)
    return growth_of(paths=paths)


def enter_growth(state: model.Task) -> Growth | None:
    """What InputPath and Parameters can make."""
    return growth_of(state.parameters, paths=(state.input_path,))
