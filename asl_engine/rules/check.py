"""The check of a whole document: what the text, the shape and every rule have to say, as one report.

What loads is what AWS would take: the engine refuses a document for the errors found here, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from asl_engine.diagnostics import NOWHERE, Diagnostic, Finding, Report, Span
from asl_engine.errors import SourceError
from asl_engine.model.load import load_model
from asl_engine.model.states import StateMachine
from asl_engine.rules.aws import location
from asl_engine.rules.outline import MachineType, Outline, outline_of
from asl_engine.rules.registry import RULES, Rule
from asl_engine.rules.selection import DEFAULT, Selection
from asl_engine.source import Document, parse_document, read_text

if TYPE_CHECKING:
    from asl_engine.source.template import Found

FAMILIES: Final = (
    "text",
    "shape",
    "graph",
    "fields",
    "expressions",
    "jsonata",
    "context",
    "failures",
    "choices",
    "timing",
    "maps",
    "tasks",
    "parameters",
    "limits",
    "variables",
    "flow",
    "budgets",
    "literals",
    "shapes",
    "placeholders",
)


@dataclass(slots=True)
class Checked(Report):
    """A report, and the state machine that it is about: None when the document has errors."""

    machine: StateMachine | None = None
    is_template: bool = False
    files: list[str] = field(default_factory=list)
    """The definitions that a template names, by their paths."""
    is_readable: bool = True
    """Whether there is a document at all: not in an empty text, nor in one that is too deep or too large to be read."""


def check_document(document: Document, type: MachineType = "STANDARD", selection: Selection = DEFAULT) -> Checked:
    """Return everything that is wrong with a document; never raises for what the document says.

    `selection` turns on what is off by default, matters of taste and warnings that are often unwanted, and others off.
    """
    outline = outline_of(document, load_model(document.value), type)
    report = Checked(document.name, _ordered(_diagnostics(outline, selection), document), document.text)
    report.machine = outline.machine if report.valid else None
    return report


def check_text(
    text: str,
    name: str = "<text>",
    type: MachineType = "STANDARD",
    selection: Selection = DEFAULT,
    format: str | None = None,
) -> Checked:
    """Return everything that is wrong with a text, which need not even be JSON."""
    try:
        document = parse_document(text, name, format)
    except SourceError as failure:
        diagnostics = list(_diagnostics(Outline(type, failure=failure, text=text), selection))
        return Checked(name, diagnostics, text, is_readable=failure.line > 0)
    return check_document(document, type, selection)


def check_file(
    path: str | Path, type: MachineType = "STANDARD", selection: Selection = DEFAULT, below: Path | None = None
) -> Checked:
    """Return everything that is wrong with a file; raise `SourceError` for one that cannot be read at all.

    A template of SAM or CloudFormation is checked for the state machines in it, each as the type that it says;
    it may name files `below` a folder, its own if there is none.
    """
    return check_source(read_text(path), str(path), type, selection, below)


def check_source(
    text: str,
    name: str = "<text>",
    type: MachineType = "STANDARD",
    selection: Selection = DEFAULT,
    below: Path | None = None,
) -> Checked:
    """Return everything that is wrong with the text of a file: of a definition, or of a template with some in it."""
    if '"Resources"' in text or "Resources:" in text:
        checked = _check_template(text, name, selection, below)
        if checked is not None:
            return checked
    return check_text(text, name, type, selection)


def _check_template(text: str, name: str, selection: Selection, below: Path | None) -> Checked | None:
    """Return what is wrong with the state machines of a template; None if it is none, or cannot be read."""
    from asl_engine.source.substitutions import fillings_in, refused_in
    from asl_engine.source.template import definitions_in, files_in, is_template

    try:
        template = parse_document(text, name)
    except SourceError:
        return None
    if not is_template(template.value):
        return None
    diagnostics = [item for definition in definitions_in(template) for item in _check_definition(definition, selection)]
    for filling in (*refused_in(template, below), *fillings_in(template, below)):
        diagnostics += _diagnostics(Outline("STANDARD", filling=filling), selection)
    files = [str(file) for file in files_in(template, below)]
    return Checked(name, _ordered(iter(diagnostics), template), text, is_template=True, files=files)


def _check_definition(definition: Found, selection: Selection) -> Iterator[Diagnostic]:
    """Yield what is wrong with a state machine of a template, with pointers from the top of the template."""
    type: MachineType = "EXPRESS" if definition.type == "EXPRESS" else "STANDARD"
    if definition.document is not None:
        diagnostics = check_document(definition.document, type, selection).diagnostics
    else:
        outline = Outline(type, failure=definition.problem, text=definition.text)
        diagnostics = [replace(item, span=definition.span or item.span) for item in _diagnostics(outline, selection)]
    for item in diagnostics:
        yield replace(item, pointer=definition.pointer + item.pointer)


@cache
def rules() -> dict[str, Rule]:
    """Return every rule by its code; the families are imported on the first call."""
    for family in FAMILIES:
        import_module(f"asl_engine.rules.{family}")
    return RULES


def _diagnostics(outline: Outline, selection: Selection) -> Iterator[Diagnostic]:
    for rule in rules().values():
        if selection.has(rule):
            for finding in _findings(rule, outline):
                yield _diagnostic(rule, finding, outline)


MOST_OF_A_RULE: Final = 1_000
"""Findings of one rule in one definition. Nobody reads more, and each costs time and memory."""


def _findings(rule: Rule, outline: Outline) -> list[Finding]:
    """Return the first findings of a rule; if there are more, the last one says so.

    Each rule for itself, not all together: whether a definition has errors must not depend on how many warnings it has.
    """
    findings = rule.check(outline)
    if outline.unclear and rule.code not in _OF_SHAPE:
        findings = (finding for finding in findings if not outline.is_unclear(finding.pointer))
    first = list(islice(findings, MOST_OF_A_RULE + 1))
    if len(first) > MOST_OF_A_RULE:
        del first[MOST_OF_A_RULE:]
        cut = f" There are more findings of this kind than the {MOST_OF_A_RULE:,} listed."
        first[-1] = replace(first[-1], near=first[-1].near + cut)
    return first


_OF_SHAPE: Final = frozenset({"ASL101", "ASL102", "ASL103", "ASL104"})
"""The rules that say why a place is unclear; others are not heard about such places."""


def _diagnostic(rule: Rule, finding: Finding, outline: Outline) -> Diagnostic:
    document = outline.document
    span = finding.span
    if span is None:
        span = document.locate(finding.pointer, key=finding.on_key) if document else Span(1, 1, 1, 1)
    return Diagnostic(
        rule.code, rule.name, rule.severity, finding.message, finding.pointer, span, finding.near,
        rule.aws if finding.aws_text is not None else None,
        finding.aws_text or finding.message, _aws_location(finding, outline),
    )  # fmt: skip


def _aws_location(finding: Finding, outline: Outline) -> str | None:
    if finding.aws_at is None:
        return location(outline.value, finding.pointer)
    if finding.aws_at == NOWHERE or finding.aws_at.startswith("["):
        return None if finding.aws_at == NOWHERE else finding.aws_at
    return location(outline.value, finding.aws_at)


def _ordered(diagnostics: Iterator[Diagnostic], document: Document) -> list[Diagnostic]:
    """Return the diagnostics in the order of the text; those of one place in the order of their codes."""
    return sorted(diagnostics, key=lambda item: (item.line, item.column, item.code))
