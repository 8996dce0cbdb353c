"""Synchronous Express executions."""

from __future__ import annotations

import math
from typing import Final

from asl_engine.server.account import Account
from asl_engine.server.descriptions import data_of, trace_of, wants_data
from asl_engine.server.errors import ApiError
from asl_engine.server.mock_cases import split_test_case
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.service import Service
from asl_engine.server.starting import begin_execution
from asl_engine.server.targets import target_of
from asl_engine.store import Execution

BILLED_MS: Final = 100
"""Duration is billed in steps of so many milliseconds (pricing page)."""

BILLED_MB: Final = 64
"""Memory is billed in steps of so many megabytes, and no execution here needs more (recorded)."""


@operation
async def start_sync_execution(service: Service, account: Account, request: Request) -> Response:
    """Start an Express execution and answer when it has ended, also when it has failed."""
    arn, _, mocks = split_test_case(request["stateMachineArn"], service.mocks)
    target = target_of(service.store, arn)
    if target.revision.type != "EXPRESS":
        problem = "This operation is not supported by this type of state machine"
        raise ApiError("StateMachineTypeNotSupported", problem)
    row, _ = begin_execution(service, target, request, mocks, is_synchronous=True)
    await service.wait_for(row.arn)
    return _end_of(service, row) | data_of(row, wants_data(request)) | trace_of(row)


def _end_of(service: Service, row: Execution) -> Response:
    stopped_at = row.stopped_at or service.clock(row.arn)
    steps = max(1, math.ceil((stopped_at - row.started_at) * 1000 / BILLED_MS))
    return {
        "executionArn": row.arn,
        "stateMachineArn": row.machine_arn,
        "name": row.name,
        "startDate": row.started_at,
        "stopDate": stopped_at,
        "status": row.status,
        "outputDetails": {"included": True},
        "billingDetails": {"billedDurationInMilliseconds": steps * BILLED_MS, "billedMemoryUsedInMB": BILLED_MB},
    }
