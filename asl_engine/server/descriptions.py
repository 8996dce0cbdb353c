"""What several operations tell of a state machine or an execution."""

from __future__ import annotations

from typing import Any, Final

from asl_engine.server.arns import check_arn
from asl_engine.server.errors import execution_does_not_exist
from asl_engine.server.labels import processor_of
from asl_engine.server.revisions import compiled
from asl_engine.server.variable_references import variable_references
from asl_engine.store import Execution, Revision, Store

DATA: Final = frozenset(
    {"input", "output", "inputDetails", "outputDetails", "parameters", "assignedVariables", "assignedVariablesDetails"}
)
"""The members of an event's details that are hidden from who may not see data."""


def without_data(details: dict[str, Any]) -> dict[str, Any]:
    """Return the details of an event without its data."""
    return {name: value for name, value in details.items() if name not in DATA}


def wants_data(request: dict[str, Any]) -> bool:
    """Whether a request asks for more than metadata."""
    return bool(request.get("includedData") != "METADATA_ONLY")


def about(arn: str, revision: Revision, request: dict[str, Any]) -> dict[str, Any]:
    """Return what DescribeStateMachine and DescribeStateMachineForExecution both tell. Who wants no data gets a
    definition without anything in it (recorded, September 2026).

    `arn` is the state machine's, or ends with the label of one of its Maps, whose processor is the definition then.
    """
    model = compiled(revision.definition, revision.type).model
    machine_arn, _, label = arn.partition("/")
    definition = processor_of(revision, arn) if label else revision.definition
    optional = {
        "revisionId": revision.id,
        "variableReferences": variable_references(model) or None,
        "label": label.rpartition("/")[2] or None,
    }
    return {
        "stateMachineArn": arn,
        "name": machine_arn.split(":")[6],  # a version has its number behind it
        "definition": definition if wants_data(request) else "{}",
        "roleArn": revision.role_arn,
        "loggingConfiguration": revision.logging,
        "tracingConfiguration": revision.tracing,
        "encryptionConfiguration": revision.encryption,
    } | {name: value for name, value in optional.items() if value is not None}


def execution_of(store: Store, arn: str) -> Execution:
    """Return the execution of an ARN; raise ApiError if there is none."""
    check_arn(arn, "execution")
    row = store.execution(arn)
    if row is None:
        raise execution_does_not_exist(arn)
    return row


def data_of(row: Execution, is_wanted: bool) -> dict[str, Any]:
    """Tell what went in and out, or only that there is something to tell."""
    response: dict[str, Any] = {"inputDetails": {"included": is_wanted}}
    if row.status == "SUCCEEDED":
        response["outputDetails"] = {"included": is_wanted}
    if not is_wanted:
        return response
    response["input"] = row.input_text
    if row.status == "SUCCEEDED":
        response["output"] = row.output_text
    texts = {"error": row.error, "cause": row.cause}
    return response | {name: text for name, text in texts.items() if text is not None}


def trace_of(row: Execution) -> dict[str, Any]:
    """Tell the trace that an execution was started in."""
    return {"traceHeader": row.trace_header} if row.trace_header is not None else {}
