"""The service's own words: its places, and the text with which it refuses a definition."""

from __future__ import annotations

from typing import Final

from asl_engine.diagnostics import Diagnostic, Report, Severity
from asl_engine.pointers import steps
from asl_engine.values import JSON


def location(value: JSON, pointer: str) -> str:
    """Return a place as AWS writes it: `/States/S/Retry[0]`, names as they are, `/` for the whole definition."""
    words = ""
    for step in steps(pointer):
        is_index = isinstance(value, list)
        words += f"[{step}]" if is_index else f"/{step}"
        value = _child(value, step)
    return words or "/"


def _child(value: JSON, step: str) -> JSON:
    if isinstance(value, list):
        return value[int(step)] if step.isdecimal() and int(step) < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


_ORDER: Final = (
    "INVALID_JSON_DESCRIPTION",
    "SCHEMA_VALIDATION_FAILED",
    "INVALID_STATE_NAME",
    "DUPLICATE_STATE_NAME",
    "MISSING_TRANSITION_TARGET",
    "MISSING_END_STATE",
)
"""The order in which AWS looks: shape first, then where transitions lead, then whether there is an end."""


def aws_diagnostics(report: Report, severity: Severity = Severity.ERROR) -> list[dict[str, str]]:
    """Return what ValidateStateMachineDefinition answers with this severity: code, message and, where AWS has one,
    location."""
    answer: list[dict[str, str]] = []
    known = [each for each in report.diagnostics if each.severity is severity and each.aws]
    for diagnostic in sorted(known, key=_rank):
        entry = {"severity": severity.upper(), "code": str(diagnostic.aws), "message": diagnostic.aws_text}
        if diagnostic.location is not None:
            entry["location"] = diagnostic.location
        answer.append(entry)
    return answer


def _rank(diagnostic: Diagnostic) -> tuple[int, bool]:
    """Return where a finding stands: of those with one code, states that nothing leads to come last (recorded)."""
    code = diagnostic.aws
    return _ORDER.index(code) if code in _ORDER else len(_ORDER), diagnostic.name == "unreachable-state"


def aws_message(report: Report) -> str:
    """Return the text with which CreateStateMachine and UpdateStateMachine refuse a definition."""
    reasons = ", ".join(
        f"{entry['code']}: {entry['message']} at {entry.get('location', 'null')}" for entry in aws_diagnostics(report)
    )
    return f"Invalid State Machine Definition: '{reasons}'"
