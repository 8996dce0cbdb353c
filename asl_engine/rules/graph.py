"""Rules about where transitions lead: states are nodes, `StartAt`, `Next`, `Default` and `Catch` are edges."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.diagnostics import NOWHERE, Finding
from asl_engine.model.states import Fail, Map, Parallel, Pass, StateBase, Succeed, Task, Transition, Wait
from asl_engine.rules.outline import BlockSite, Outline, StateSite, is_open
from asl_engine.rules.registry import rule


@rule("ASL201", "dangling-transition", aws="MISSING_TRANSITION_TARGET")
def dangling_transition(outline: Outline) -> Iterator[Finding]:
    """A transition names a state that is not there.

    `StartAt`, `Next`, `Default` and `Catch[].Next` may only name a state of the same `States` block: branches and item
    processors are islands. Names are compared by case.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}

        {"StartAt": "a", "States": {"A": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}
    """
    for block in outline.blocks:
        dangling = [way for way in block.transitions if way.target not in block.states and not is_open(way.target)]
        for transition in dangling if dangling and not _is_open_block(block, outline) else ():
            target = transition.target
            near = _in_other_block(target, outline) or _similar(target, block, outline)
            message = f"no state is named {target!r} {_whereabouts(block)}"
            yield Finding(transition.pointer, message, near, aws_text=f"Missing 'Next' target: {target}")


def _is_open_block(block: BlockSite, outline: Outline) -> bool:
    """Tell whether some of a block's states have names that are not known yet, or the block could not be read."""
    return f"{block.pointer}/States" in outline.unclear or any(is_open(name) for name in block.states)


def _whereabouts(block: BlockSite) -> str:
    return f"in this block of {block.holder.name!r}" if block.holder else "in the state machine's States"


def _similar(target: str, block: BlockSite, outline: Outline) -> str:
    name = outline.once(_folded_names)[block.pointer].get(target.casefold())
    if name is not None:
        return f" Did you mean {name!r}? Names are compared by case."
    return outline.suggestion(target, block.states)


def _folded_names(outline: Outline) -> dict[str, dict[str, str]]:
    """Return the names of states by what they are without their case, for the pointer of each block."""
    return {block.pointer: {name.casefold(): name for name in block.states} for block in outline.blocks}


def _blocks_by_name(outline: Outline) -> dict[str, BlockSite]:
    return {name: block for block in reversed(outline.blocks) for name in block.states}


def _in_other_block(target: str, outline: Outline) -> str:
    other = outline.once(_blocks_by_name).get(target)  # this block has none of that name
    if other is None:
        return ""
    place = f"a block of {other.holder.name!r}" if other.holder else "the state machine"
    return f" There is one in {place}, but a transition cannot leave its own block."


@rule("ASL202", "unreachable-state", aws="MISSING_TRANSITION_TARGET")
def unreachable_state(outline: Outline) -> Iterator[Finding]:
    """No transition from `StartAt` leads to a state, not even through others.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}}

        {"StartAt": "A", "States": {"A": {"Type": "Succeed"},
          "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "Next": "B"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}
    """
    for block in outline.blocks:
        if block.is_certain and _has_end(block) and not _is_open_block(block, outline):
            reached = _reached(block)
            for name, site in block.states.items():
                if name not in reached:
                    message = f"nothing leads from {block.block.start_at!r} to state {name!r}"
                    yield Finding(site.pointer, message, on_key=True, aws_text=f'State "{name}" is not reachable.')


def _reached(block: BlockSite) -> set[str]:
    ways: dict[str, list[str]] = {}
    for transition in block.transitions:
        if transition.source is not None:
            ways.setdefault(transition.source.name, []).append(transition.target)
    pending, reached = [block.block.start_at], {block.block.start_at}
    while pending:
        for target in ways.get(pending.pop(), ()):
            if target in block.states and target not in reached:
                reached.add(target)
                pending.append(target)
    return reached


@rule("ASL203", "no-terminal-state", aws="MISSING_END_STATE")
def no_terminal_state(outline: Outline) -> Iterator[Finding]:
    """A block has no state that ends it: no `End`, no Succeed, no Fail.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": true}}}
    """
    for block in outline.blocks:
        if block.states and block.is_certain and not _has_end(block):
            message = f"no state {_whereabouts(block)} ends it: one needs End, or be a Succeed or Fail state"
            text = "Workflow has no terminal state"
            yield Finding(f"{block.pointer}/States", message, on_key=True, aws_text=text, aws_at=NOWHERE)


def _has_end(block: BlockSite) -> bool:
    return any(_is_end(site.part) for site in block.states.values())


def _is_end(state: StateBase) -> bool:
    return bool(state.end) if isinstance(state, Transition) else isinstance(state, (Succeed, Fail))


@rule("ASL204", "next-or-end")
def next_or_end(outline: Outline) -> Iterator[Finding]:
    """A state that goes on must say where to, or that it is the last: exactly one of `Next` and `End: true`.

    Bad:
        {"Type": "Pass"}

        {"Type": "Pass", "Next": "S", "End": true}

    Good:
        {"Type": "Pass", "End": true}
    """
    for site in outline.of(Pass, Task, Wait, Parallel, Map):
        state = site.part
        if state.next is None and not state.end and not outline.is_unclear(site.at("end")):
            message = f"state {site.name!r} has neither Next nor End: where does it go?"
            yield Finding(site.pointer, message, on_key=True, aws_text="These fields are required: [Next]")
        elif state.next is not None and state.end and not outline.is_unclear(site.at("next")):
            message = f"state {site.name!r} has both Next and End; it must have one of them"
            yield Finding(site.at("end"), message, on_key=True, aws_at=site.pointer)


@rule("ASL205", "duplicate-state-name", aws="DUPLICATE_STATE_NAME")
def duplicate_state_name(outline: Outline) -> Iterator[Finding]:
    """Two states have one name. Names are unique over the whole state machine, branches and processors included.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [
          {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [
          {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]}}}
    """
    seen: dict[str, StateSite] = {}
    for site in outline.states:
        first = seen.setdefault(site.name, site)
        if first is not site:
            message = f"a state named {site.name!r} is already there, at {first.pointer}"
            yield Finding(site.pointer, message, on_key=True, aws_text=f"Duplicate State name: {site.name}")
