"""Checking a definition without creating anything."""

from __future__ import annotations

from asl_engine.diagnostics import Severity
from asl_engine.quotas import MAX_DIAGNOSTICS
from asl_engine.server.account import Account
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.service import Service


@operation
def validate_state_machine_definition(service: Service, account: Account, request: Request) -> Response:
    """Tell whether CreateStateMachine would take a definition, and why not; warnings are those that AWS has."""
    from asl_engine.rules.aws import aws_diagnostics
    from asl_engine.rules.check import check_text
    from asl_engine.rules.selection import DEFAULT, EVERY

    is_all = request.get("severity") == "WARNING"
    selection = EVERY if is_all else DEFAULT
    report = check_text(request["definition"], type=request.get("type", "STANDARD"), selection=selection, format="json")
    diagnostics = aws_diagnostics(report)
    failed = bool(diagnostics)
    if is_all:
        diagnostics += aws_diagnostics(report, Severity.WARNING)
    most = request.get("maxResults") or MAX_DIAGNOSTICS
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": diagnostics[:most],
        "truncated": len(diagnostics) > most,
    }
