"""Rules about the text itself, before it is a state machine."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.diagnostics import NOWHERE, Finding, Span
from asl_engine.pointers import last_step
from asl_engine.rules.outline import Outline
from asl_engine.rules.registry import rule
from asl_engine.source.jackson import jackson_error


@rule("ASL001", "not-readable", aws="INVALID_JSON_DESCRIPTION")
def not_readable(outline: Outline) -> Iterator[Finding]:
    """The text is neither JSON nor YAML.

    Step Functions takes JSON only; tools that deploy YAML turn it into JSON. Placeholders of templates, `${Name}`, may
    stand where a value does.

    Bad:
        {"StartAt": "A", "States": {"A": {"Type": "Succeed",}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    """
    failure = outline.failure
    if failure is not None and outline.text.strip():
        line, column = max(failure.line, 1), max(failure.column, 1)
        text, place = jackson_error(outline.text) or (failure.problem, "")
        aws_text = f"{text}\n at {place}" if place else text
        span = Span(line, column, line, column + 1)
        yield Finding("", failure.problem, aws_text=aws_text, aws_at=place or NOWHERE, span=span)


@rule("ASL003", "empty-text")
def empty_text(outline: Outline) -> Iterator[Finding]:
    """The text is empty."""
    if outline.failure is not None and not outline.text.strip():
        text = "Definition must be a valid JSON object"
        yield Finding("", outline.failure.problem, aws_text=text, aws_at=NOWHERE, span=Span(1, 1, 1, 1))


@rule("ASL002", "duplicate-key")
def duplicate_key(outline: Outline) -> Iterator[Finding]:
    """An object has one key twice.

    Most readers of JSON keep the last one in silence, so half of what the author wrote is lost.

    Bad:
        {"StartAt": "A", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    """
    duplicates = outline.document.duplicates if outline.document else []
    pointers = {duplicate.pointer for duplicate in duplicates}
    for duplicate in duplicates:
        if pointers.isdisjoint(_above(duplicate.pointer)):  # what stands in an object that is there twice is, too
            message = f"the key {last_step(duplicate.pointer)!r} is already there; this one replaces it"
            yield Finding(duplicate.pointer, message, span=duplicate.span)


def _above(pointer: str) -> Iterator[str]:
    while pointer := pointer.rpartition("/")[0]:
        yield pointer
