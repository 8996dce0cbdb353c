"""Rules about what is there when a state is entered: ways to an end, and variables that were assigned before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from asl_engine.diagnostics import Finding, Severity
from asl_engine.lang.names_read import variables_read
from asl_engine.model.states import Choice, Fail, Succeed, Wait
from asl_engine.model.states import Transition as TransitionState
from asl_engine.rules.outline import BlockSite, Outline, StateSite, Transition, is_distributed
from asl_engine.rules.readings import NOTHING, readings
from asl_engine.rules.registry import rule
from asl_engine.values import JSON

POSSIBLY_UNDEFINED: Final = "POSSIBLY_UNDEFINED_VARIABLE"


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
        if not any(isinstance(site.part, Wait) for site in block.states.values()):
            continue
        for loop in loops(block):
            sites = [block.states[name] for name in loop]
            if any(isinstance(site.part, Choice) for site in sites) and not counts(block, set(loop)):
                message = "this loop has no counter, and the state machine no TimeoutSeconds: it may last a year"
                waits = [site for site in sites if isinstance(site.part, Wait)]
                yield from (Finding(site.pointer, message, on_key=True) for site in waits)


def loops(block: BlockSite) -> Iterator[list[str]]:
    """Yield the states of each loop, or of loops that share states, in the order of the block."""
    import networkx

    order = {name: number for number, name in enumerate(block.states)}
    ways = [(way.source.name, way.target) for way in block.transitions if way.source is not None]
    graph = networkx.DiGraph((source, target) for source, target in ways if target in order)
    for component in networkx.strongly_connected_components(graph):
        loop = sorted(component, key=order.__getitem__)
        if len(loop) > 1 or graph.has_edge(loop[0], loop[0]):
            yield loop


def counts(block: BlockSite, loop: set[str]) -> bool:
    """Tell whether some state of a loop adds one to something, or takes one away."""
    evaluated = (text for name in loop for _, text, _ in block.states[name].texts)
    return any("States.MathAdd" in text or re.search(r"[+-]\s*1\b", text) for text in evaluated)


@rule("ASL804", "variable-not-assigned", aws=POSSIBLY_UNDEFINED, severity=Severity.WARNING)
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
    for read in _reads(outline):
        if not read.is_ever:
            where = " A distributed Map sees no variables; hand it over with ItemSelector."
            message = f"${read.name} is read, and no state before assigns it"
            yield Finding(read.pointer, message, where if _inside(read.site) else "", aws_text=read.aws_text)


@rule("ASL805", "variable-on-one-way", aws=POSSIBLY_UNDEFINED, severity=Severity.WARNING, is_default=False)
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
    for read in _reads(outline):
        if read.is_ever and not read.is_always:
            message = f"${read.name} is assigned on some of the ways to this state only"
            yield Finding(read.pointer, message, aws_text=read.aws_text)


class _Read(NamedTuple):
    """A variable that a state reads; whether it is there on some of the ways to the state, and on all of them."""

    site: StateSite
    name: str
    pointer: str
    is_ever: bool
    is_always: bool

    @property
    def aws_text(self) -> str:
        """What AWS says of it (recorded, September 2026)."""
        return f"Variable '{self.name}' is possibly not defined."


def _reads(outline: Outline) -> list[_Read]:
    return outline.once(_all_reads)


def _all_reads(outline: Outline) -> list[_Read]:
    """Return the variables that states read. Sets of variables are numbers, a bit for each, as each state has two."""
    assigned = {name for site in outline.having("assign") for name in _names(site.part.assign, site.is_jsonata)}
    if not assigned:
        return []
    bits = {name: 1 << index for index, name in enumerate(sorted(assigned))}
    at_entry: dict[int, tuple[dict[str, int], dict[str, int]]] = {}
    for block in outline.blocks:  # a block stands behind the one that holds it
        holder, outer_ever, outer_always = block.holder, 0, 0
        if holder is not None and not is_distributed(holder):
            ever, always = at_entry[id(holder.block)]
            outer_ever, outer_always = ever[holder.name], always[holder.name]
        at_entry[id(block)] = _flow(block, outer_ever, outer_always, bits)
    reads, expressions = [], outline.once(readings)
    for site in outline.states:
        ever, always = at_entry[id(site.block)]
        if site.block.is_certain:
            for pointer, text, _ in site.texts:
                is_jsonata = text.startswith("{%")
                names = expressions.get(text, NOTHING).variables if is_jsonata else variables_read(text)
                for name in sorted(names & assigned):
                    bit = bits[name]
                    reads.append(_Read(site, name, pointer, bool(ever[site.name] & bit), bool(always[site.name] & bit)))
    return reads


def _flow(
    block: BlockSite, outer_ever: int, outer_always: int, bits: dict[str, int]
) -> tuple[dict[str, int], dict[str, int]]:
    """Return which variables there may be, and which there are for sure, when each state is entered."""
    ever = dict.fromkeys(block.states, outer_ever)
    always = dict.fromkeys(block.states, outer_always | ((1 << len(bits)) - 1))
    if block.block.start_at in always:
        always[block.block.start_at] = outer_always
    ways: dict[str, list[tuple[str, int]]] = {}
    for transition in block.transitions:
        if transition.source is not None and transition.target in ever:
            made = sum(bits[name] for name in _assigned_on(transition))
            ways.setdefault(transition.source.name, []).append((transition.target, made))
    order, is_settled = _forwards(block, ways), False
    while not is_settled:  # a few rounds: what leads to a state stands before it, but for the ways back of loops
        is_settled = True
        for source in order:
            for target, made in ways.get(source, ()):
                more, sure = ever[target] | ever[source] | made, always[target] & (always[source] | made)
                if (more, sure) != (ever[target], always[target]):
                    ever[target], always[target] = more, sure
                    is_settled = False
    return ever, always


def _forwards(block: BlockSite, ways: dict[str, list[tuple[str, int]]]) -> list[str]:
    """Return the names of a block's states, each before those that it leads to, as far as there are no loops."""
    order: list[str] = []
    seen: set[str] = set()
    for start in (block.block.start_at, *block.states):
        pending = [(start, iter(ways.get(start, ())))] if start in block.states and start not in seen else []
        seen.add(start)
        while pending:
            name, following = pending[-1]
            target = next((target for target, _ in following if target not in seen), None)
            if target is None:
                order.append(name)
                pending.pop()
            else:
                seen.add(target)
                pending.append((target, iter(ways.get(target, ()))))
    return order[::-1]


def _assigned_on(transition: Transition) -> set[str]:
    """Return what is assigned on the way: by the state, or by the Choice rule or catcher that leads there."""
    assert transition.source is not None
    return _names(getattr(transition.part, "assign", None), transition.source.is_jsonata)


def _names(assign: dict[str, JSON] | None, is_jsonata: bool) -> set[str]:
    return {key if is_jsonata else key.removesuffix(".$") for key in assign or {}}


def _inside(site: StateSite) -> bool:
    holder = site.block.holder
    return holder is not None and (is_distributed(holder) or _inside(holder))
