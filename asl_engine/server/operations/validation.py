"""Checking a definition without creating anything."""

from __future__ import annotations

from asl_engine.diagnostics import Diagnostic, Severity
from asl_engine.quotas import MAX_DIAGNOSTICS
from asl_engine.server.account import Account
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.service import Service


@operation
def validate_state_machine_definition(service: Service, account: Account, request: Request) -> Response:
    """Tell whether CreateStateMachine would take a definition, and why not."""
    from asl_engine.rules.aws import aws_diagnostics
    from asl_engine.rules.check import check_text

    report = check_text(request["definition"], type=request.get("type", "STANDARD"), format="json")
    diagnostics = aws_diagnostics(report)
    failed = bool(diagnostics)
    if request.get("severity") == "WARNING":
        diagnostics += [
            _in_aws_form(diagnostic) for diagnostic in report.diagnostics if diagnostic.severity is Severity.WARNING
        ]
    most = request.get("maxResults") or MAX_DIAGNOSTICS
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": diagnostics[:most],
        "truncated": len(diagnostics) > most,
    }


def _in_aws_form(warning: Diagnostic) -> Response:
    """Return a warning of this engine in AWS's form; `asl explain` knows the code."""
    response = {"severity": "WARNING", "code": warning.code, "message": warning.message}
    return response | ({"location": warning.pointer} if warning.pointer else {})
