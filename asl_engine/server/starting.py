"""How an execution begins, asked for by StartExecution or StartSyncExecution."""

from __future__ import annotations

import time
import uuid
from typing import Any

from asl_engine.kernel import Identity
from asl_engine.quotas import MAX_BYTES
from asl_engine.server.arns import check_name
from asl_engine.server.errors import ApiError, refused_when_full
from asl_engine.server.service import Service
from asl_engine.server.targets import Target
from asl_engine.server.tracing import trace_of_start
from asl_engine.store import Execution
from asl_engine.tasks.mock_config import MockedStates
from asl_engine.values import JSON, memory_of, parse_json, private_copy


def begin_execution(
    service: Service,
    target: Target,
    request: dict[str, Any],
    mocks: MockedStates | None,
    is_synchronous: bool = False,
    test_case: str | None = None,
) -> tuple[Execution, bool]:
    """Start an execution of a target; return it, and whether it is a new one: else it has the name already."""
    name, text = request.get("name"), request.get("input", "{}")
    if name is not None:
        check_name(name)
    value = input_of(text)
    machine, revision = target.machine, target.revision
    identity = Identity(
        name or str(uuid.uuid4()),
        machine.name,
        revision.role_arn,
        machine.account,
        machine.region,
        revision.type,
        is_synchronous,
    )
    row = Execution(
        identity.execution_arn,
        machine.id,
        machine.arn,
        identity.execution_name,
        revision,
        text,
        time.time(),
        target.version.arn if target.version is not None else None,
        target.alias.arn if target.alias is not None else None,
        trace_of_start(request.get("traceHeader"), revision.tracing.get("enabled", False)),
        memory=memory_of([value]),
        test_case=test_case,
    )
    with refused_when_full("ExecutionLimitExceeded"):
        known = service.store.add_execution(row)
    if known is not None:
        return known, False
    service.start(row, identity, value, mocks)
    return row, True


def input_of(text: str) -> JSON:
    """Return the value of an execution's input; refuse what is no JSON, or too large, in AWS's words."""
    from asl_engine.source.jackson import jackson_error

    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        constraint = f"Member must have length less than or equal to {MAX_BYTES}"
        raise ApiError(
            "ValidationException",
            f"1 validation error detected: Value at 'input' failed to satisfy constraint: {constraint}",
        )
    try:
        return private_copy(parse_json(text))  # which also refuses what is too deep, or infinite
    except ValueError:
        refusal = jackson_error(text)
        message = "".join(refusal) if refusal else "Invalid execution input."
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{message}'") from None
