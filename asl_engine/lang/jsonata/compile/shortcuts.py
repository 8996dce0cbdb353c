"""Paths of names alone, tried as plain subscripts of the objects on the way.

That is all there is to `$states.input.order.id`. Where it fails, because a list, a sequence or nothing is on the way,
the code falls back on the path step by step.
"""

from __future__ import annotations

from typing import Final

from asl_engine.lang.jsonata.compile.compiler import Compiler
from asl_engine.lang.jsonata.compile.scopes import RUNTIME, Scope
from asl_engine.lang.jsonata.syntax.tree import Name, Node, Path, Variable
from asl_engine.lang.jsonata.values.functions import Code, Env
from asl_engine.lang.jsonata.values.sequences import MADE
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value


def subscripts(compiler: Compiler, node: Path, scope: Scope, stepwise: Code) -> Code | None:
    """Return faster code for a path of names, perhaps from a variable; it falls back where it meets no object."""
    first, *rest = node.steps
    names = [step.name for step in rest if isinstance(step, Name) and not _has_more(step)]
    if len(names) != len(rest) or _has_more(first):
        return None
    if isinstance(first, Name):
        return (
            _field(first.name, stepwise) if not names else _from_value(lambda i, e: i, [first.name, *names], stepwise)
        )
    if isinstance(first, Variable) and first.name and names:
        return _from_variable(compiler, first.name, scope, names, stepwise)
    return None


def beginning(compiler: Compiler, node: Path, scope: Scope) -> tuple[Code, int] | None:
    """Return code for the names with which a path begins, perhaps from a variable, and how many steps they are.

    The last of them may have filters behind it, which are left to the caller. The code raises KeyError or TypeError
    where it meets no object.
    """
    first = node.steps[0]
    is_variable = isinstance(first, Variable) and bool(first.name) and not _has_more(first)
    names: list[str] = []
    for step in node.steps[1:] if is_variable else node.steps:
        if not isinstance(step, Name) or step.predicates or step.group or step.keep_array:
            break
        if not all(isinstance(stage, Node) for stage in step.stages or ()):
            break
        names.append(step.name)
        if step.stages:
            break
    if not names:
        return None
    if isinstance(first, Variable):
        return _subscripts(compiler.variable(first.name, scope), names), 1 + len(names)
    if len(names) == 1:
        (name,) = names
        return lambda i, e: i[name], 1
    return _subscripts(lambda i, e: i, names), len(names)


def _subscripts(start: Code, names: list[str]) -> Code:
    def code(i: Value, e: Env) -> Value:
        value = start(i, e)
        for name in names:
            value = value[name]
        return value

    return code


def _has_more(step: Node) -> bool:
    return bool(step.stages or step.predicates or step.group or step.keep_array)


def _field(name: str, stepwise: Code) -> Code:
    def code(i: Value, e: Env) -> Value:
        if type(i) is dict:
            value = i.get(name, UNDEFINED)
            return value if type(value) not in MADE else stepwise(i, e)
        return stepwise(i, e)

    return code


def _from_variable(compiler: Compiler, name: str, scope: Scope, names: list[str], stepwise: Code) -> Code:
    """Return code for a path from a variable; the runtime of a frame is where global ones are found by their names."""
    candidates = scope.candidates(name)
    if not candidates and len(names) < 5:
        return _FROM_FRAME[len(names)](RUNTIME, [name, *names], stepwise)
    if candidates and candidates[0][0] == 0 and candidates[0][2] and len(names) < 6:
        return _FROM_FRAME[len(names) - 1](candidates[0][1], names, stepwise)
    return _from_value(compiler.variable(name, scope), names, stepwise)


def _one(place: int, names: list[str], stepwise: Code) -> Code:
    (a,) = names

    def code(i: Value, e: Env) -> Value:
        try:
            value = e[place][a]
        except (KeyError, TypeError):
            return stepwise(i, e)
        return value if type(value) not in MADE else stepwise(i, e)

    return code


def _two(place: int, names: list[str], stepwise: Code) -> Code:
    a, b = names

    def code(i: Value, e: Env) -> Value:
        try:
            value = e[place][a][b]
        except (KeyError, TypeError):
            return stepwise(i, e)
        return value if type(value) not in MADE else stepwise(i, e)

    return code


def _three(place: int, names: list[str], stepwise: Code) -> Code:
    a, b, c = names

    def code(i: Value, e: Env) -> Value:
        try:
            value = e[place][a][b][c]
        except (KeyError, TypeError):
            return stepwise(i, e)
        return value if type(value) not in MADE else stepwise(i, e)

    return code


def _four(place: int, names: list[str], stepwise: Code) -> Code:
    a, b, c, d = names

    def code(i: Value, e: Env) -> Value:
        try:
            value = e[place][a][b][c][d]
        except (KeyError, TypeError):
            return stepwise(i, e)
        return value if type(value) not in MADE else stepwise(i, e)

    return code


def _five(place: int, names: list[str], stepwise: Code) -> Code:
    a, b, c, d, f = names

    def code(i: Value, e: Env) -> Value:
        try:
            value = e[place][a][b][c][d][f]
        except (KeyError, TypeError):
            return stepwise(i, e)
        return value if type(value) not in MADE else stepwise(i, e)

    return code


_FROM_FRAME: Final = (_one, _two, _three, _four, _five)
"""By the number of names less one."""


def _from_value(start: Code, names: list[str], stepwise: Code) -> Code:
    def code(i: Value, e: Env) -> Value:
        try:
            value = start(i, e)
            for name in names:
                value = value[name]
        except (KeyError, TypeError):
            return stepwise(i, e)
        return value if type(value) not in MADE else stepwise(i, e)

    return code
