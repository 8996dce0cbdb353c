"""Synchronous Express executions."""

from __future__ import annotations

import math
from typing import Final

from asl_engine.server.arns import check_name
from asl_engine.server.errors import ApiError
from asl_engine.server.machines import Account
from asl_engine.server.mocking import split_test_case
from asl_engine.server.operations.executions import data_of, input_of, trace_of
from asl_engine.server.operations.machines import target_of, wants_data
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.runs import Run
from asl_engine.server.service import Service

BILLED_MS: Final = 100
"""Duration is billed in steps of so many milliseconds (pricing page)."""

BILLED_MB: Final = 64
"""Memory is billed in steps of so many megabytes, and no execution here needs more (recorded)."""


@operation
async def start_sync_execution(service: Service, account: Account, request: Request) -> Response:
    """Start an Express execution and answer when it has ended, also when it has failed."""
    arn, mocks = split_test_case(request["stateMachineArn"], service.mocks)
    target = target_of(service, arn)
    if target.revision.machine.type != "EXPRESS":
        told = "This operation is not supported by this type of state machine"
        raise ApiError("StateMachineTypeNotSupported", told)
    name, text = request.get("name"), request.get("input") or "{}"
    if name is not None:
        check_name(name)
    run = service.start(target, name, text, input_of(text), mocks)
    run.trace_header = request.get("traceHeader")
    await run.ended.wait()
    return _told(run) | data_of(run, wants_data(request)) | trace_of(run)


def _told(run: Run) -> Response:
    stopped_at = run.stopped_at or run.driver.clock()
    steps = max(1, math.ceil((stopped_at - run.started_at) * 1000 / BILLED_MS))
    return {
        "executionArn": run.arn,
        "stateMachineArn": run.machine.arn,
        "name": run.name,
        "startDate": run.started_at,
        "stopDate": stopped_at,
        "status": run.kernel.status,
        "outputDetails": {"included": True},
        "billingDetails": {"billedDurationInMilliseconds": steps * BILLED_MS, "billedMemoryUsedInMB": BILLED_MB},
    }
