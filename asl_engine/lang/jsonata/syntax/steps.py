"""How what is written becomes steps: two sides of a `.` are one path, and a filter belongs to the step before it."""

from __future__ import annotations

from typing import Final

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.syntax import ancestry
from asl_engine.lang.jsonata.syntax.tree import Array, Literal, Name, Node, Parent, Path

CONSTANTS: Final = {"true": True, "false": False, "null": None}


def keep(left: Node, kind: str) -> None:
    """`[]`: a result of one item stays an array."""
    left.keep_array = kind != "FIELDS"
    if isinstance(left, Path) and kind in ("FIELDS", "NAME", "QUOTED"):
        left.keeps_singleton = True
        left.steps[-1].keep_array = True
    elif isinstance(left, Path) and kind == "focus":
        left.steps[-1].keep_array = True


def filtered(left: Node, predicate: Node, position: int) -> None:
    """`[predicate]`, on the last step of a path or on a value."""
    step = left.steps[-1] if isinstance(left, Path) else left
    if step.group is not None:
        raise JSONataError("S0209", position)
    if predicate.seeking is not None:
        for slot in predicate.seeking:
            if slot.level == 1:
                ancestry.seek(step, slot)
            else:
                slot.level -= 1
        ancestry.carry(step, predicate)
    if isinstance(left, Path):
        step.stages = [*(step.stages or ()), predicate]
    else:
        step.predicates = [*(step.predicates or ()), predicate]


def joined(left: Node, right: Node) -> Path:
    """`left.right`: one path with the steps of both."""
    path = left if isinstance(left, Path) else Path([left], left.position)
    if isinstance(left, Parent):
        path.seeking = [left.slot]
    added = right.steps if isinstance(right, Path) else [right]
    if not isinstance(right, Path) and right.predicates is not None:
        right.stages, right.predicates = list(right.predicates), None
    first = len(path.steps) if path is left else 0
    path.steps.extend(added)
    path.steps[first:] = [as_step(step) for step in path.steps[first:]]
    if any(step.keep_array for step in path.steps[first:]):
        path.keeps_singleton = True
    for step in (path.steps[0], path.steps[-1]):
        if isinstance(step, Array):
            step.is_kept_whole = True
    ancestry.resolve(path)
    return path


def as_step(node: Node) -> Node:
    """Return the node as a step: a string is a name there, and other literals lead nowhere."""
    if not isinstance(node, Literal):
        return node
    if not isinstance(node.value, str):
        raise JSONataError("S0213", node.position, value=node.value)
    name = Name(node.value, node.position)
    vars(name).update({key: value for key, value in vars(node).items() if key != "value"})
    return name
