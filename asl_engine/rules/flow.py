"""Rules about what is there when a state is entered: ways to an end, and variables that were assigned before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from asl_engine.diagnostics import Finding, Severity
from asl_engine.lang.names_read import variables_read
from asl_engine.model.states import Choice, Fail, Succeed, Wait
from asl_engine.model.states import Transition as TransitionState
from asl_engine.rules.outline import BlockSite, Outline, StateSite, Transition, is_distributed
from asl_engine.rules.registry import rule
from asl_engine.values import JSON


@rule("ASL206", "no-way-to-an-end", aws=None, severity=Severity.WARNING)
def no_way_to_an_end(outline: Outline) -> Iterator[Finding]:
    """From a state on, no way leads to an end, although the block has one: the execution goes round until it is full.

    Bad:
        {"StartAt": "A", "States": {
          "A": {"Type": "Choice", "Choices": [{"Variable": "$.b", "IsPresent": true, "Next": "B"}], "Default": "E"},
          "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "Next": "B"}, "E": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "A", "States": {
          "A": {"Type": "Choice", "Choices": [{"Variable": "$.b", "IsPresent": true, "Next": "B"}], "Default": "E"},
          "B": {"Type": "Pass", "Next": "A"}, "E": {"Type": "Succeed"}}}
    """
    for block in outline.blocks:
        leads_on = all(transition.target in block.states for transition in block.transitions)
        is_read = block.is_certain and not any(outline.is_unclear(site.pointer) for site in block.states.values())
        if not (leads_on and is_read):
            continue
        ends = {name for name, site in block.states.items() if is_end(site)}
        stuck = set(block.states) - _leading_to(block, ends)
        if ends and stuck:
            site = next(site for name, site in block.states.items() if name in stuck)
            message = f"no way leads from {site.name!r} to an end: the execution goes round until its history is full"
            yield Finding(site.pointer, message, on_key=True)


def is_end(site: StateSite) -> bool:
    """Tell whether a block may end with a state."""
    state = site.part
    return bool(state.end) if isinstance(state, TransitionState) else isinstance(state, (Succeed, Fail))


def _leading_to(block: BlockSite, targets: set[str]) -> set[str]:
    """Return the states from which some way leads to one of the targets, those included."""
    before: dict[str, list[str]] = {}
    for transition in block.transitions:
        if transition.source is not None:
            before.setdefault(transition.target, []).append(transition.source.name)
    leading, pending = set(targets), list(targets)
    while pending:
        for name in before.get(pending.pop(), ()):
            if name not in leading:
                leading.add(name)
                pending.append(name)
    return leading


@rule("ASL207", "polling-without-limit", aws=None, severity=Severity.WARNING, is_default=False)
def polling_without_limit(outline: Outline) -> Iterator[Finding]:
    """A loop waits and asks until something is so, counts nothing, and the state machine has no `TimeoutSeconds`.

    It may go on for a year, or until its history is full.

    Bad:
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 30, "Next": "T"},
          "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:ask", "Next": "C"},
          "C": {"Type": "Choice", "Choices": [{"Variable": "$.r", "IsPresent": true, "Next": "E"}], "Default": "W"},
          "E": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "W", "TimeoutSeconds": 3600, "States": {"W": {"Type": "Wait", "Seconds": 30, "Next": "T"},
          "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:ask", "Next": "C"},
          "C": {"Type": "Choice", "Choices": [{"Variable": "$.r", "IsPresent": true, "Next": "E"}], "Default": "W"},
          "E": {"Type": "Succeed"}}}
    """
    if outline.machine is None or outline.machine.timeout_seconds is not None:
        return
    for block in outline.blocks:
        for site in block.states.values():
            if isinstance(site.part, Wait):
                loop = _leading_to(block, {site.name}) & _following(block, site.name)
                if any(isinstance(block.states[name].part, Choice) for name in loop) and not counts(block, loop):
                    message = "this loop has no counter, and the state machine no TimeoutSeconds: it may last a year"
                    yield Finding(site.pointer, message, on_key=True)


def _following(block: BlockSite, name: str) -> set[str]:
    """Return the states that some way from this one leads to; itself only if it is in a loop."""
    after: dict[str, list[str]] = {}
    for transition in block.transitions:
        if transition.source is not None and transition.target in block.states:
            after.setdefault(transition.source.name, []).append(transition.target)
    reached, pending = set[str](), [name]
    while pending:
        for target in after.get(pending.pop(), ()):
            if target not in reached:
                reached.add(target)
                pending.append(target)
    return reached


def counts(block: BlockSite, loop: set[str]) -> bool:
    """Tell whether some state of a loop adds one to something, or takes one away."""
    evaluated = (text for name in loop for _, text, _ in block.states[name].texts)
    return any("States.MathAdd" in text or re.search(r"[+-]\s*1\b", text) for text in evaluated)


@rule("ASL804", "variable-not-assigned", aws=None, severity=Severity.WARNING)
def variable_not_assigned(outline: Outline) -> Iterator[Finding]:
    """A state reads a variable that is not there when it runs: no state before assigns it, or it belongs to what is
    outside of a distributed Map, whose children see no variables.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"x.$": "$total"}, "Next": "B"},
          "B": {"Type": "Pass", "Assign": {"total": 1}, "End": true}}}

    Good:
        {"StartAt": "B", "States": {"B": {"Type": "Pass", "Assign": {"total": 1}, "Next": "A"},
          "A": {"Type": "Pass", "Parameters": {"x.$": "$total"}, "End": true}}}
    """
    for site, name, pointer, ever, _ in _reads(outline):
        if name not in ever:
            where = " A distributed Map sees no variables; hand it over with ItemSelector." if _inside(site) else ""
            yield Finding(pointer, f"${name} is read, and no state before assigns it", where)


@rule("ASL805", "variable-on-one-way", aws=None, severity=Severity.WARNING, is_default=False)
def variable_on_one_way(outline: Outline) -> Iterator[Finding]:
    """A state reads a variable that only some of the ways to it assign.

    Bad:
        {"StartAt": "C", "States": {
          "C": {"Type": "Choice", "Choices": [{"Variable": "$.u", "IsPresent": true, "Next": "U"}], "Default": "S"},
          "S": {"Type": "Pass", "Assign": {"total": 1}, "Next": "U"},
          "U": {"Type": "Pass", "Parameters": {"x.$": "$total"}, "End": true}}}

    Good:
        {"StartAt": "C", "States": {
          "C": {"Type": "Choice", "Choices": [{"Variable": "$.u", "IsPresent": true, "Next": "U",
            "Assign": {"total": 0}}], "Default": "S"},
          "S": {"Type": "Pass", "Assign": {"total": 1}, "Next": "U"},
          "U": {"Type": "Pass", "Parameters": {"x.$": "$total"}, "End": true}}}
    """
    for _, name, pointer, ever, always in _reads(outline):
        if name in ever and name not in always:
            yield Finding(pointer, f"${name} is assigned on some of the ways to this state only")


def _reads(outline: Outline) -> Iterator[tuple[StateSite, str, str, set[str], set[str]]]:
    """Yield for each variable that a state reads: the state, name, pointer, and which were assigned ever and always."""
    assigned = {name for site in outline.having("assign") for name in _names(site.part.assign, site.is_jsonata)}
    if not assigned:
        return
    at_entry: dict[int, tuple[dict[str, set[str]], dict[str, set[str]]]] = {}
    for block in outline.blocks:  # a block stands behind the one that holds it
        holder, outer_ever, outer_always = block.holder, set[str](), set[str]()
        if holder is not None and not is_distributed(holder):
            ever, always = at_entry[id(holder.block)]
            outer_ever, outer_always = ever[holder.name], always[holder.name]
        at_entry[id(block)] = _flow(block, outer_ever, outer_always, assigned)
    for site in outline.states:
        ever, always = at_entry[id(site.block)]
        if site.block.is_certain:
            for pointer, text, _ in site.texts:
                for name in sorted(variables_read(text) & assigned):
                    yield site, name, pointer, ever[site.name], always[site.name]


def _flow(
    block: BlockSite, outer_ever: set[str], outer_always: set[str], assigned: set[str]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return which variables there may be, and which there are for sure, when each state is entered."""
    ever = {name: set(outer_ever) for name in block.states}
    everything = outer_always | assigned
    always = {name: set(everything) for name in block.states}
    if block.block.start_at in always:
        always[block.block.start_at] = set(outer_always)
    changed = True
    while changed:
        changed = False
        for transition in block.transitions:
            source, target = transition.source, transition.target
            if source is None or target not in ever:
                continue
            made = _assigned_on(transition)
            more, sure = ever[source.name] | made, always[source.name] | made
            if not more <= ever[target] or not always[target] <= sure:
                ever[target] |= more
                always[target] &= sure
                changed = True
    return ever, always


def _assigned_on(transition: Transition) -> set[str]:
    """Return what is assigned on the way: by the state, or by the Choice rule or catcher that leads there."""
    assert transition.source is not None
    return _names(getattr(transition.part, "assign", None), transition.source.is_jsonata)


def _names(assign: dict[str, JSON] | None, is_jsonata: bool) -> set[str]:
    return {key if is_jsonata else key.removesuffix(".$") for key in assign or {}}


def _inside(site: StateSite) -> bool:
    holder = site.block.holder
    return holder is not None and (is_distributed(holder) or _inside(holder))
