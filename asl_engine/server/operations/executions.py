"""Executions: started, described, and what happened in them."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any, Final

from asl_engine.kernel import ExecutionStopped
from asl_engine.quotas import LIFETIME, REDRIVABLE_SECONDS
from asl_engine.server.account import Account
from asl_engine.server.descriptions import about, data_of, execution_of, trace_of, wants_data, without_data
from asl_engine.server.errors import ApiError, execution_does_not_exist
from asl_engine.server.mock_cases import split_test_case
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.paging import read_page
from asl_engine.server.service import Service
from asl_engine.server.starting import begin_execution
from asl_engine.server.targets import Target, target_of
from asl_engine.store import Execution, Page


@operation
def start_execution(service: Service, account: Account, request: Request) -> Response:
    """Start an execution; the same name with the same input, while it runs, is answered as the first time."""
    arn, case, mocks = split_test_case(request["stateMachineArn"], service.mocks)
    row, is_new = begin_execution(service, target_of(service.store, arn), request, mocks, test_case=case)
    if not is_new and (row.stopped_at is not None or row.input_text != request.get("input", "{}")):
        raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{row.arn}'")
    return {"executionArn": row.arn, "startDate": row.started_at}


@operation
def describe_execution(service: Service, account: Account, request: Request) -> Response:
    """Tell about an execution; of Express executions only about the children of Map Runs (recorded)."""
    arn, store = request["executionArn"], service.store
    known = store.execution(arn)
    row = known if known is not None and known.map_run_arn is not None else execution_of(store, arn)
    end = {} if row.stopped_at is None else {"stopDate": row.stopped_at}
    data = data_of(row, wants_data(request))
    if not wants_data(request):
        del data["inputDetails"]  # recorded, September 2026
    return _summary(row) | end | _redrive_status(service, row) | trace_of(row) | data


def _summary(row: Execution) -> Response:
    """Tell what descriptions and lists both have."""
    response: Response = {
        "executionArn": row.arn,
        "stateMachineArn": row.machine_arn,
        "name": row.name,
        "status": row.status,
        "startDate": row.started_at,
        "redriveCount": row.redrive_count,
    }
    optional = {
        "redriveDate": row.redriven_at,
        "mapRunArn": row.map_run_arn,
        "stateMachineVersionArn": row.version_arn,
        "stateMachineAliasArn": row.alias_arn,
    }
    return response | {name: value for name, value in optional.items() if value is not None}


@operation
def describe_state_machine_for_execution(service: Service, account: Account, request: Request) -> Response:
    """Tell about the state machine as it was when an execution was started; of a child's, the processor of its Map."""
    row = execution_of(service.store, request["executionArn"])
    response: Response = {"updateDate": row.revision.updated_at}
    if row.map_run_arn is not None:
        response["mapRunArn"] = row.map_run_arn
    return response | about(row.machine_arn, row.revision, request)


@operation
def list_executions(service: Service, account: Account, request: Request) -> Response:
    """List the executions of a state machine, a version or an alias, the newest first; or of a Map Run.

    Only the children of a Map Run can be chosen by whether they were redriven (recorded).
    """
    if "mapRunArn" in request:
        return _children_of(service, request["mapRunArn"], request)
    if "stateMachineArn" not in request:
        raise ApiError("ValidationException", "Either stateMachineArn or mapRunArn must be specified.")
    if "redriveFilter" in request:
        problem = "RedriveFilter cannot be applied to ListExecutions call with StateMachine ARN"
        raise ApiError("ValidationException", problem)
    arn, status = request["stateMachineArn"], request.get("statusFilter")
    deleted = service.deletions.machine(arn)
    target = target_of(service.store, arn) if deleted is None else Target(deleted)
    if target.revision.type == "EXPRESS":
        problem = "This operation is not supported by this type of state machine"
        raise ApiError("StateMachineTypeNotSupported", problem)
    alias_arn = target.alias.arn if target.alias is not None else None
    version_arn = target.version.arn if target.version is not None and target.alias is None else None

    def read(after: int | None, limit: int) -> Page[Execution, int]:
        return service.store.list_executions(target.machine, version_arn, alias_arn, status, after, limit)

    rows, token = read_page(request, f"{arn} {status}", int, read)
    return {"executions": [_listed(row) for row in rows]} | token


def _children_of(service: Service, arn: str, request: Request) -> Response:
    """List the child executions of a Map Run, the newest first."""
    if service.store.map_run(arn) is None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{arn}'")
    status, redriven = request.get("statusFilter"), request.get("redriveFilter")
    is_redriven = None if redriven is None else redriven == "REDRIVEN"

    def read(after: int | None, limit: int) -> Page[Execution, int]:
        return service.store.list_children(arn, status, is_redriven, after, limit)

    rows, token = read_page(request, f"{arn} {status} {redriven}", int, read)
    return {"executions": [_listed(row) | {"itemCount": row.items} for row in rows]} | token


def _listed(row: Execution) -> Response:
    return _summary(row) | ({} if row.stopped_at is None else {"stopDate": row.stopped_at})


@operation
async def stop_execution(service: Service, account: Account, request: Request) -> Response:
    """Stop an execution and all that is under way in it; one that has ended stays as it is."""
    row = execution_of(service.store, request["executionArn"])
    live = service.awake(row.arn) if row.stopped_at is None else None
    if live is not None:
        at, op = live.driver.clock(), live.kernel.deadline_op
        live.driver.post(ExecutionStopped(at, request.get("error"), request.get("cause"), op))
        with contextlib.suppress(TimeoutError):
            await service.wait_for(row.arn, STOP_SECONDS)
        row = execution_of(service.store, row.arn)
    return {"stopDate": row.stopped_at or service.clock(row.arn)}


STOP_SECONDS: Final = 5.0
"""How long is waited for the end of an execution that was stopped; it is over at once unless the machine is busy."""


def _redrive_status(service: Service, row: Execution) -> Response:
    """Tell whether an execution can be redriven, and why not (the reasons of the service's model)."""
    reason = _why_not_redrivable(service, row)
    if reason is not None:
        return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    return {"redriveStatus": "REDRIVABLE" if row.map_run_arn is None else "REDRIVABLE_BY_MAP_RUN"}


def _why_not_redrivable(service: Service, row: Execution) -> str | None:
    """Return why an execution cannot be redriven; None if it can."""
    if row.stopped_at is None:
        return "Execution is RUNNING and cannot be redriven"
    if row.redrive_refusal is not None:
        return row.redrive_refusal
    now = service.clock(row.arn)
    if now > row.started_at + LIFETIME["STANDARD"]:
        return "Execution has exceeded the max execution time"
    if now > row.stopped_at + REDRIVABLE_SECONDS:
        return "Execution redrivable period exceeded"
    return None


@operation
def redrive_execution(service: Service, account: Account, request: Request) -> Response:
    """Have an execution that did not succeed go on from where it failed.

    A client token that has redriven it is answered as the first time, whatever became of the execution since; one that
    was refused is not used up (recorded).
    """
    store, token = service.store, request.get("clientToken")
    row = execution_of(store, request["executionArn"])
    if token is not None and (at := store.redrive(row.arn, token)) is not None:
        return {"redriveDate": at}
    reason = _why_not_redrivable(service, row)
    if row.map_run_arn is not None:
        reason = "Child executions are redriven with the execution that has their Map Run"
    if reason is not None:
        raise ApiError("ExecutionNotRedrivable", f"Execution {row.arn} invalid for redrive as: {reason}")
    live = service.awake(row.arn)
    if live is None:
        raise execution_does_not_exist(row.arn)
    at = service.redrive(live)
    store.add_redrive(row.arn, token or str(at), at)
    return {"redriveDate": at}


@operation
def get_execution_history(service: Service, account: Account, request: Request) -> Response:
    """Return the events of an execution, the newest first when asked. The key of an event is its id, which counts.

    A page may have fewer events than were asked for (API reference), and does where they have long texts.
    """
    row = execution_of(service.store, request["executionArn"])
    events, is_reverse = service.reader(row).new_events(), request.get("reverseOrder", False)

    def read(after: int | None, limit: int) -> Page[dict[str, Any], int]:
        if is_reverse:
            end = len(events) if after is None else after - 1
            page = _of_bounded_length(events[max(0, end - limit) : end][::-1])
            begin = end - len(page)
            return Page(page, begin + 1 if begin > 0 else None)
        begin = after or 0
        page = _of_bounded_length(events[begin : begin + limit])
        end = begin + len(page)
        return Page(page, end if end < len(events) else None)

    page, token = read_page(request, f"{row.arn} {is_reverse}", int, read)
    has_data = request.get("includeExecutionData", True)
    return {"events": [_on_the_wire(event, has_data) for event in page]} | token


MAX_PAGE: Final = 16 * 1024 * 1024
"""Characters of the texts in a page of events; one event is always there."""


def _of_bounded_length(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return as many of the events as a page may have."""
    length = 0
    for at, event in enumerate(events):
        details = (member for member in event.values() if isinstance(member, dict))
        length += sum(len(text) for members in details for text in members.values() if isinstance(text, str))
        if length > MAX_PAGE and at:
            return events[:at]
    return events


def _on_the_wire(event: dict[str, Any], has_data: bool) -> dict[str, Any]:
    timestamp = event["timestamp"]
    assert isinstance(timestamp, datetime)
    sent = {**event, "timestamp": timestamp.timestamp()}
    if has_data:
        return sent
    return {name: without_data(member) if isinstance(member, dict) else member for name, member in sent.items()}
