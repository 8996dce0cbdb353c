"""Rules about paths to what is not there: what each state is given is followed as far as it can be known.

A shape is what is known of a value: nothing (None), that it is an array, or which members an object has at the most. It
is known where a template, a literal or an integration says so, and lost where a function decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

from asl_engine.catalogue.resource import parse_resource
from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.states import Choice, Map, Parallel, Pass, ShapingState, Task, Wait, WorkState
from asl_engine.model.walk import every_rule
from asl_engine.rules.outline import BlockSite, Outline, StateSite, Transition, is_open
from asl_engine.rules.registry import rule
from asl_engine.values import ABSENT, JSON


class Array:
    """An array, of whatever."""


class Unseen:
    """Stands for the input of a state that no way has been followed to yet."""


class Members:
    """An object that has no other members than these. `source` is the Task whose result it is, if it is one."""

    __slots__ = ("of", "source")

    def __init__(self, of: dict[str, Shape], source: StateSite | None = None) -> None:
        self.of = of
        self.source = source


Shape: TypeAlias = "Array | Members | Unseen | None"

ARRAY: Final = Array()
UNSEEN: Final = Unseen()
ENVELOPE: Final = ("ExecutedVersion", "Payload", "SdkHttpMetadata", "SdkResponseMetadata", "StatusCode")
"""What `lambda:invoke` gives; the function's own result is in Payload."""


@rule("ASL432", "path-to-nothing", aws=None, severity=Severity.WARNING)
def path_to_nothing(outline: Outline) -> Iterator[Finding]:
    """A state reads what is not in its input, whatever happened before: the states before say what they give.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"total": 1}, "Next": "B"},
          "B": {"Type": "Pass", "Parameters": {"x.$": "$.totals"}, "End": true}}}

        {"StartAt": "P", "States": {
          "P": {"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]},
          "B": {"Type": "Pass", "Parameters": {"x.$": "$.a"}, "End": true}}}

    Good:
        {"StartAt": "P", "States": {
          "P": {"Type": "Parallel", "Next": "B", "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]},
          "B": {"Type": "Pass", "Parameters": {"x.$": "$[0].a"}, "End": true}}}
    """
    for site, shape, path, pointer in outline.once(_absent):
        if not (isinstance(shape, Members) and shape.source is not None):
            yield Finding(pointer, f"{path} is not in the input of {site.name!r}, which {_words(shape)}")


@rule("ASL433", "result-replaces-input", aws=None, severity=Severity.WARNING)
def result_replaces_input(outline: Outline) -> Iterator[Finding]:
    """The result of a Task replaces its input, and a later state reads what was in the input.

    Bad:
        {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "U",
            "Parameters": {"FunctionName": "f"}},
          "U": {"Type": "Pass", "Parameters": {"c.$": "$.customer"}, "End": true}}}

    Good:
        {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "U",
            "Parameters": {"FunctionName": "f"}, "ResultPath": "$.result"},
          "U": {"Type": "Pass", "Parameters": {"c.$": "$.customer"}, "End": true}}}
    """
    for site, shape, path, _ in outline.once(_absent):
        if isinstance(shape, Members) and shape.source is not None:
            message = f"its result replaces the input, and {site.name!r} reads {path}, which the result does not have"
            yield Finding(shape.source.pointer, message, " Give it a ResultPath, such as $.result.", on_key=True)


@rule("ASL434", "result-not-there", aws=None, severity=Severity.WARNING, is_default=False)
def result_not_there(outline: Outline) -> Iterator[Finding]:
    """What looks like a part of a Task's result is read where the result is not: it was discarded, or put elsewhere.

    Bad:
        {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "U",
            "Parameters": {"FunctionName": "f"}, "ResultPath": null},
          "U": {"Type": "Pass", "Parameters": {"x.$": "$.Payload.value"}, "End": true}}}

        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
          "ResultPath": "$.r", "OutputPath": "$.Payload", "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"},
          "ResultPath": "$.r", "OutputPath": "$.r.Payload", "End": true}
    """
    for site in outline.of(Task):
        state = site.part
        if site.is_jsonata or not parse_resource(state.resource).gives_envelope or state.result_path == "$":
            continue
        if _first_name(state.output_path) in ENVELOPE:
            message = f"OutputPath reads what ResultPath {state.result_path} has put elsewhere, or discarded"
            yield Finding(site.at("output_path"), message)
        following = site.block.states.get(state.next or "")
        if state.result_path is None and following is not None and not following.is_jsonata:
            for path, pointer in _paths_read(following):
                if _first_name(path) in ENVELOPE:
                    yield Finding(pointer, f"the result of {site.name!r} was discarded by its ResultPath null")


def _words(shape: Shape) -> str:
    if isinstance(shape, Members):
        return f"has {', '.join(map(repr, shape.of))}" if shape.of else "is empty"
    return "is an array"


def _absent(outline: Outline) -> list[tuple[StateSite, Shape, str, str]]:
    """Return (state, shape of its input, path, pointer) for each path that certainly leads to nothing."""
    return list(_absences(outline))


def _absences(outline: Outline) -> Iterator[tuple[StateSite, Shape, str, str]]:
    at_entry: dict[int, dict[str, Shape]] = {}
    for block in outline.blocks:
        if not block.is_certain or block.block.start_at not in block.states:
            at_entry[id(block)] = dict.fromkeys(block.states)
            continue
        at_entry[id(block)] = _entries(block, _entry_of(block, at_entry))
    for site in outline.states:
        shape = at_entry[id(site.block)].get(site.name)
        if shape is not None:
            for path, pointer in _paths_read(site):
                if not _has(shape, path):
                    yield site, shape, path, pointer


def _entry_of(block: BlockSite, at_entry: dict[int, dict[str, Shape]]) -> Shape:
    """Return what a block begins with: what the Map makes of each item, or what the Parallel hands on."""
    holder = block.holder
    if holder is None:
        return None
    state = holder.part
    if isinstance(state, Map):
        template = state.item_selector if state.item_selector is not ABSENT else state.parameters
        return _of_template(template, holder.is_jsonata) if state.item_batcher is None else None
    if isinstance(state, Parallel):
        return _effective(holder, at_entry[id(holder.block)].get(holder.name))
    return None


def _entries(block: BlockSite, first: Shape) -> dict[str, Shape]:
    """Return the shape of each state's input: what all ways to it have in common."""
    if len(block.states) == 1:
        return {block.block.start_at: first}
    shapes: dict[str, Shape] = dict.fromkeys(block.states, UNSEEN)
    shapes[block.block.start_at] = first
    pending = [block.block.start_at]
    ways: dict[str, list[Transition]] = {}
    for transition in block.transitions:
        if transition.source is not None and transition.target in shapes:
            ways.setdefault(transition.source.name, []).append(transition)
    steps = 20 * len(block.states) + 100
    while pending and steps:
        steps -= 1
        name = pending.pop()
        site = block.states[name]
        for transition in ways.get(name, ()):
            new = None if transition.is_caught else _output(site, shapes[name])
            before = shapes[transition.target]
            joined = new if before is UNSEEN else _joined(before, new)
            if not _is_same(before, joined):
                shapes[transition.target] = joined
                pending.append(transition.target)
    unknown = bool(pending)
    return {name: None if unknown or shape is UNSEEN else shape for name, shape in shapes.items()}


def _joined(shape: Shape, other: Shape) -> Shape:
    if isinstance(shape, Members) and isinstance(other, Members):
        names = {**shape.of, **other.of}
        both = {name: _joined(shape.of.get(name), other.of.get(name)) for name in names}
        return Members(both, shape.source if shape.source is other.source else None)
    return shape if shape is ARRAY and other is ARRAY else None


def _is_same(shape: Shape, other: Shape) -> bool:
    if isinstance(shape, Members) and isinstance(other, Members):
        same = shape.of.keys() == other.of.keys() and shape.source is other.source
        return same and all(_is_same(shape.of[name], other.of[name]) for name in shape.of)
    return shape is other


def _effective(site: StateSite, entry: Shape) -> Shape:
    """Return the shape after InputPath and Parameters, or after Arguments."""
    state = site.part
    if site.is_jsonata:
        arguments = state.arguments if isinstance(state, (Task, Parallel)) else ABSENT
        return entry if arguments is ABSENT else _of_template(arguments, True)
    if isinstance(state, ShapingState) and state.parameters is not ABSENT:
        return _of_template(state.parameters, False)
    return entry if state.input_path == "$" else None


def _output(site: StateSite, entry: Shape) -> Shape:
    """Return the shape of what a state gives."""
    state = site.part
    if site.is_jsonata:
        if state.output is not ABSENT:
            return _of_template(state.output, True)
        return entry if isinstance(state, (Pass, Choice, Wait)) else ARRAY if isinstance(state, Parallel) else None
    if not isinstance(state, ShapingState):
        return entry if state.input_path == "$" and state.output_path == "$" else None
    result, path = _result(site, entry), state.result_path
    if path is None:
        merged = entry
    elif path == "$":
        merged = result
    else:
        name = re.fullmatch(r"\$\.([A-Za-z_]\w*)", path)
        is_known = name is not None and isinstance(entry, Members)
        merged = Members({**entry.of, name[1]: result}, entry.source) if is_known else None  # type: ignore[union-attr,index]
    return merged if state.output_path == "$" else None


def _result(site: StateSite, entry: Shape) -> Shape:
    state = site.part
    if isinstance(state, Pass) and state.result is not ABSENT:
        return _of_literal(state.result)
    if isinstance(state, WorkState):
        if state.result_selector is not None:
            return _of_template(state.result_selector, False)
        if isinstance(state, Task):
            return Members(dict.fromkeys(ENVELOPE), site) if parse_resource(state.resource).gives_envelope else None
        return ARRAY if not (isinstance(state, Map) and state.result_writer is not None) else None
    return _effective(site, entry)


def _of_template(template: Any, is_jsonata: bool) -> Shape:
    if isinstance(template, list):
        return ARRAY
    if not isinstance(template, dict) or any(is_open(key) for key in template):
        return None
    if is_jsonata:
        return Members({key: _of_template(value, True) for key, value in template.items()})
    return Members({
        key.removesuffix(".$"): None if key.endswith(".$") else _of_template(value, False)
        for key, value in template.items()
    })  # fmt: skip


def _of_literal(value: JSON) -> Shape:
    if isinstance(value, list):
        return ARRAY
    return Members({key: _of_literal(item) for key, item in value.items()}) if isinstance(value, dict) else None


_NAMES: Final = re.compile(r"\$((?:\.[A-Za-z_]\w*)+)$")
_QUERY: Final = re.compile(r"\{%\s*\$states\.input((?:\.[A-Za-z_]\w*)+)\s*%\}")


def _first_name(path: str | None) -> str:
    return path.split(".")[1].partition("[")[0] if path is not None and path.startswith("$.") else ""


def _paths_read(site: StateSite) -> Iterator[tuple[str, str]]:
    """Yield the plain paths into its input that a state cannot do without, with their pointers."""
    state = site.part
    if isinstance(state, Choice) and any("is_present" in rule.model_fields_set for rule in every_rule(state.choices)):
        return
    is_whole = getattr(state, "input_path", "$") == "$"  # a Fail state has none
    for pointer, text, kind in site.texts:
        field = pointer.removeprefix(site.pointer + "/").partition("/")[0]
        if site.is_jsonata:
            if field in ("Arguments", "Items", "Output", "Seconds") and (match := _QUERY.fullmatch(text)):
                yield "$" + match[1], pointer
        elif (field == "InputPath" or (is_whole and not kind.is_of_result)) and _NAMES.match(text):
            yield text, pointer


def _has(shape: Shape, path: str) -> bool:
    """Whether a path may lead to something."""
    for name in path.split(".")[1:]:
        if shape is None:
            return True
        if not isinstance(shape, Members) or name not in shape.of:
            return False
        shape = shape.of[name]
    return True
