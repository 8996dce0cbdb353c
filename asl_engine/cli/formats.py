"""What `asl validate` prints for machines: annotations of GitHub's, and SARIF."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from asl_engine.diagnostics import Diagnostic, Report, Severity
from asl_engine.rules.registry import Rule
from asl_engine.strange_text import printable

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def github(report: Report) -> str:
    """Return a workflow command for each finding: GitHub shows them beside the lines."""
    return "\n".join(_annotation(report.name, diagnostic) for diagnostic in report.diagnostics)


def _annotation(name: str, diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    place = [("file", name), ("line", span.line), ("endLine", span.end_line), ("col", span.column)]
    place.append(("endColumn", span.end_column))
    texts = ",".join(f"{key}={_escaped(printable(str(value)), True)}" for key, value in place)
    title = _escaped(f"{diagnostic.code} {diagnostic.name}", True)
    return f"::{_LEVELS[diagnostic.severity]} {texts},title={title}::{_escaped(printable(diagnostic.text))}"


def _escaped(text: str, in_property: bool = False) -> str:
    """Escape what would end a workflow command, or begin another."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if in_property else text


def sarif(reports: Iterable[Report], rules: Iterable[Rule], version: str) -> dict[str, Any]:
    """Return the findings of all files as a SARIF 2.1.0 log, which code scanning reads."""
    results = [_result(report.name, diagnostic) for report in reports for diagnostic in report.diagnostics]
    texts = [
        {"id": rule.code, "name": rule.name, "shortDescription": {"text": rule.summary or rule.name}} for rule in rules
    ]
    driver = {"name": "asl", "version": version, "rules": texts}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _result(name: str, diagnostic: Diagnostic) -> dict[str, Any]:
    span = diagnostic.span
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    place = {"artifactLocation": {"uri": name.replace("\\", "/")}, "region": region}
    level = {"notice": "note"}.get(_LEVELS[diagnostic.severity], _LEVELS[diagnostic.severity])
    return {
        "ruleId": diagnostic.code,
        "level": level,
        "message": {"text": diagnostic.text},
        "locations": [{"physicalLocation": place}],
    }
