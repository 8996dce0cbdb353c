"""The second half of the JSONPath states: what is done with a result, and with an error."""

from __future__ import annotations

from typing import Any

from asl_engine.lang.expr import Expr
from asl_engine.model import states as model
from asl_engine.model.failures import Catcher as ModelCatcher
from asl_engine.program.dataflow import compile_leave, compile_result_path
from asl_engine.program.growth import growth_of
from asl_engine.program.program import Leave, State
from asl_engine.program.states import assignment
from asl_engine.values import ABSENT, size_of


def finish(state: model.State, compiled: State) -> None:
    """Compile ResultSelector, ResultPath, OutputPath and Assign, and what they make of the size."""
    if isinstance(state, model.Fail):
        return
    compiled.route.assign = assignment(getattr(state, "assign", None))
    selector = getattr(state, "result_selector", None)
    result_path = getattr(state, "result_path", "$")
    leave = compile_leave(selector, result_path, state.output_path)
    for route in (compiled.route, *compiled.rules):
        route.leave = leave
    paths = (state.input_path, state.output_path)
    template: Any = state.parameters if isinstance(state, model.Pass) else ABSENT
    literal = size_of(state.result) if isinstance(state, model.Pass) and state.result is not ABSENT else 0
    compiled.growth = growth_of(template, selector, result_path, paths, literal)
    if isinstance(state, model.Task):
        compiled.enter_growth = growth_of(state.parameters, paths=(state.input_path,))


def catch(catcher: ModelCatcher, at: int) -> tuple[Leave, Expr | None]:
    """Return what a catcher makes of the error output (its ResultPath into the raw input), and its variables."""
    return compile_result_path(catcher.result_path), assignment(catcher.assign)
