"""Rules about shape: the model finds these problems while it loads; here they get their codes and pages."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.diagnostics import Finding
from asl_engine.rules.outline import Outline
from asl_engine.rules.registry import rule


def _of_kind(outline: Outline, kind: str) -> Iterator[Finding]:
    return (problem.finding for problem in outline.problems if problem.kind == kind)


@rule("ASL101", "missing-field")
def missing_field(outline: Outline) -> Iterator[Finding]:
    """A part lacks a field that it must have.

    Bad:
        {"StartAt": "A"}

        {"Type": "Parallel", "End": true}

    Good:
        {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    """
    return _of_kind(outline, "missing")


@rule("ASL102", "unknown-field")
def unknown_field(outline: Outline) -> Iterator[Finding]:
    """A part has a field that it cannot have: a misspelt one, or one that belongs to another type of state.

    Names are compared by case. Parts of the document that hold your own data, such as `Parameters` and `Result`, may
    have any field.

    Bad:
        {"Type": "Pass", "End": true, "TimeoutSeconds": 5}

        {"Type": "Pass", "END": true, "End": true}

    Good:
        {"Type": "Pass", "End": true, "Parameters": {"anything": 1}}
    """
    return _of_kind(outline, "unknown")


@rule("ASL103", "wrong-type")
def wrong_type(outline: Outline) -> Iterator[Finding]:
    """A field holds another type of JSON value than it must.

    Bad:
        {"Type": "Wait", "Seconds": "5", "End": true}

        {"Type": "Parallel", "Branches": {}, "End": true}

    Good:
        {"Type": "Wait", "Seconds": 5, "End": true}
    """
    return _of_kind(outline, "type")


@rule("ASL104", "wrong-value")
def wrong_value(outline: Outline) -> Iterator[Finding]:
    """A field that takes one of a few words holds another one.

    Bad:
        {"Type": "Pas", "End": true}

        {"Type": "Pass", "QueryLanguage": "jsonata", "End": true}

    Good:
        {"Type": "Pass", "QueryLanguage": "JSONata", "End": true}
    """
    return _of_kind(outline, "value")
