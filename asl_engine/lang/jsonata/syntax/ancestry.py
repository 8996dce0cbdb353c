"""Whose parent a `%` means.

A `%` stands for the object that the step before it was found in, and it may be written further in: in a filter, in a
block, in an object of a later step. Each has a `Slot`, which climbs from where it is written over the steps before
until its level is zero; the step that it ends at fills it. A slot that leaves its path goes on from the path around.
"""

from __future__ import annotations

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.syntax.tree import Block, Name, Node, Parent, Path, Slot, Wildcard


def carry(outer: Node, inner: Node) -> None:
    """Hand on what `inner` still seeks to the node around it."""
    if inner.seeking is None and not isinstance(inner, Parent):
        return
    slots = inner.seeking if inner.seeking is not None else []
    if isinstance(inner, Parent):
        slots.append(inner.slot)
    outer.seeking = slots if outer.seeking is None else outer.seeking + slots


def resolve(path: Path) -> None:
    """Find the steps for what the last step seeks; what is further out stays with the path."""
    last = path.steps[-1]
    if last.seeking is None and not isinstance(last, Parent):
        return
    slots = last.seeking if last.seeking is not None else []
    if isinstance(last, Parent):
        slots.append(last.slot)
    for slot in slots:
        _climb(path, slot)


def _climb(path: Path, slot: Slot) -> None:
    at = len(path.steps) - 2
    while slot.level > 0:
        if at < 0:
            path.seeking = [*(path.seeking or ()), slot]
            return
        step = path.steps[at]
        at -= 1
        while at >= 0 and step.focus and path.steps[at].focus:
            step = path.steps[at]
            at -= 1
        seek(step, slot)


def seek(step: Node, slot: Slot) -> None:
    """Let the step fill the slot, or count it as one of the levels in between."""
    if isinstance(step, (Name, Wildcard)):
        slot.level -= 1
        if slot.level == 0:
            _fill(step, slot)
    elif isinstance(step, Parent):
        slot.level += 1
    elif isinstance(step, Block):
        if step.expressions:
            step.is_tuple = True
            seek(step.expressions[-1], slot)
    elif isinstance(step, Path):
        _seek_in_path(step, slot)
    else:
        raise JSONataError("S0217", step.position, type(step).__name__.lower())


def _fill(step: Node, slot: Slot) -> None:
    if step.ancestor is not None:
        slot.label = step.ancestor.label
    step.ancestor = slot
    step.is_tuple = True


def _seek_in_path(path: Path, slot: Slot) -> None:
    path.is_tuple = True
    at = len(path.steps) - 1
    seek(path.steps[at], slot)
    while slot.level > 0 and at > 0:
        at -= 1
        seek(path.steps[at], slot)
