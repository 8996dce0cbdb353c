"""Rules about what an execution may use up: the events of its history.

Events are counted as AWS writes them when nothing fails: entering and leaving a state are two, a Task has three more
between, Parallel and Map two more beside those of their branches and iterations, and an iteration two of its own.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from asl_engine.catalogue.resource import parse_resource
from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.states import Fail, Map, Parallel, Pass, Task, Wait
from asl_engine.quotas import MAX_EVENTS
from asl_engine.rules.flow import counts, is_end, loops
from asl_engine.rules.outline import BlockSite, Outline, StateSite, is_distributed
from asl_engine.rules.registry import rule
from asl_engine.values import JSON

_IN_AND_OUT: Final = 2
_WORK: Final = 5
_FORK: Final = 4


@rule("ASL208", "history-too-long", aws=None, severity=Severity.WARNING, is_default=False)
def history_too_long(outline: Outline) -> Iterator[Finding]:
    """An inline Map runs so often that its events alone fill the history, which ends the execution.

    A history has 25,000 events, those of an inline Map's iterations among them. A distributed Map runs its items in
    executions of their own. Only what stands in the definition is counted: `Items` that are an array or a range, and
    the `Result` of the Pass state before.

    Bad:
        {"Type": "Map", "QueryLanguage": "JSONata", "Items": "{% [1..5000] %}", "End": true,
          "ItemProcessor": {"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}}

    Good:
        {"Type": "Map", "QueryLanguage": "JSONata", "Items": "{% [1..500] %}", "End": true,
          "ItemProcessor": {"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}}

        {"Type": "Map", "QueryLanguage": "JSONata", "Items": "{% [1..5000] %}", "End": true,
          "ItemProcessor": {"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}},
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}}
    """
    if outline.machine_type == "EXPRESS" or not outline.of(Map):
        return
    inside = _blocks_inside(outline)
    for site in outline.of(Map):
        if not is_distributed(site) and (items := _items(site)):
            events = _events(site, inside)
            if events >= MAX_EVENTS:
                message = f"{items:,} iterations write {events:,} events at least, and a history has {MAX_EVENTS:,}"
                yield Finding(site.pointer, message, " A distributed Map has a history for each item.", on_key=True)


Inside = Mapping[int, list[BlockSite]]
"""The blocks inside of each state, by the state's identity."""


def _blocks_inside(outline: Outline) -> Inside:
    inside: dict[int, list[BlockSite]] = {}
    for block in outline.blocks:
        inside.setdefault(id(block.holder), []).append(block)
    return inside


def _events(site: StateSite, inside: Inside) -> int:
    """Return how many events a state writes at least when nothing fails."""
    if isinstance(site.part, Task):
        return _WORK
    if not isinstance(site.part, (Parallel, Map)):
        return _IN_AND_OUT
    blocks = [] if is_distributed(site) else inside.get(id(site), [])
    if isinstance(site.part, Parallel):
        return _FORK + sum(_events_of_block(block, inside) for block in blocks)
    return _FORK + _items(site) * sum(_IN_AND_OUT + _events_of_block(block, inside) for block in blocks)


def _events_of_block(block: BlockSite, inside: Inside) -> int:
    """Return the events of the shortest way to an end that is none of failure; 0 if there is none."""
    after: dict[str, list[str]] = {}
    for transition in block.transitions:
        if transition.source is not None and not transition.is_caught:
            after.setdefault(transition.source.name, []).append(transition.target)
    pending, done = [(0, block.block.start_at)], set[str]()
    while pending:
        spent, name = heapq.heappop(pending)
        if name in done or name not in block.states:
            continue
        done.add(name)
        site = block.states[name]
        total = spent + _events(site, inside)
        if is_end(site) and not isinstance(site.part, Fail):
            return total
        for target in after.get(name, ()):
            heapq.heappush(pending, (total, target))
    return 0


_RANGE: Final = re.compile(r"\{%\s*\[\s*(\d{1,9})\s*\.\.\s*(\d{1,9})\s*\]\s*%\}")


def _items(site: StateSite) -> int:
    """Return how many items a Map has, where the definition says it; else 0."""
    items = site.part.items
    if isinstance(items, list):
        return len(items)
    if isinstance(items, str):
        match = _RANGE.fullmatch(items)
        return max(0, int(match[2]) - int(match[1]) + 1) if match else 0
    handed = _handed_over(site)
    return len(handed) if isinstance(handed, list) else 0


def _handed_over(site: StateSite) -> JSON:
    """Return what a Map finds at its `ItemsPath` if the one state before it is a Pass with a `Result`."""
    sources = [way.source for way in site.block.transitions if way.target == site.name]
    if len(sources) != 1 or sources[0] is None or "input_path" in site.fields:
        return None
    part: Any = sources[0].part
    if not isinstance(part, Pass) or "result" not in part.model_fields_set or "output_path" in part.model_fields_set:
        return None
    path, wanted = part.result_path, site.part.items_path or "$"
    if not isinstance(path, str) or not f"{wanted}.".startswith(f"{path}."):
        return None
    value: JSON = part.result
    for step in filter(None, wanted[len(path) :].split(".")):
        value = value.get(step) if isinstance(value, dict) else None
    return value


@rule("ASL209", "loop-without-rest", aws=None, severity=Severity.INFO, is_default=False)
def loop_without_rest(outline: Outline) -> Iterator[Finding]:
    """A loop has no Wait, waits for no job or answer, and counts nothing: it may fill the history in minutes.

    Bad:
        {"StartAt": "T", "States": {
          "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:ask", "Next": "C"},
          "C": {"Type": "Choice", "Choices": [{"Variable": "$.r", "IsPresent": true, "Next": "E"}], "Default": "T"},
          "E": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "T", "States": {
          "T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:ask", "Next": "C"},
          "C": {"Type": "Choice", "Choices": [{"Variable": "$.r", "IsPresent": true, "Next": "E"}], "Default": "W"},
          "W": {"Type": "Wait", "Seconds": 30, "Next": "T"}, "E": {"Type": "Succeed"}}}
    """
    inside = _blocks_inside(outline)
    for block in outline.blocks:
        for loop in loops(block):
            if not any(_rests(block.states[name], inside) for name in loop) and not counts(block, set(loop)):
                events = sum(_WORK if isinstance(block.states[name].part, Task) else _IN_AND_OUT for name in loop)
                message = f"this loop never rests: about {MAX_EVENTS // events:,} rounds of it fill the history"
                yield Finding(block.states[loop[0]].pointer, message, on_key=True)


def _rests(site: StateSite, inside: Inside) -> bool:
    """Tell whether a state takes its time: a Wait, what waits for a job or for somebody, and what has such a state."""
    if isinstance(site.part, Task):
        resource = parse_resource(site.part.resource)
        return resource.is_open or resource.is_sync or resource.takes_answers
    if isinstance(site.part, Wait) or is_distributed(site):
        return True
    if isinstance(site.part, (Parallel, Map)):
        return any(_rests(state, inside) for block in inside.get(id(site), ()) for state in block.states.values())
    return False
