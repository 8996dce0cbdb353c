"""Map Runs: listed, described, and their limits changed while they run."""

from __future__ import annotations

from asl_engine.mapruns.family_messages import MapRunUpdated
from asl_engine.server.account import Account
from asl_engine.server.arns import check_arn
from asl_engine.server.descriptions import execution_of
from asl_engine.server.errors import ApiError
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.paging import read_page
from asl_engine.server.service import Service
from asl_engine.store import MapRun


@operation
def list_map_runs(service: Service, account: Account, request: Request) -> Response:
    """List the Map Runs of an execution, the newest first."""
    arn = execution_of(service.store, request["executionArn"]).arn
    rows, token = read_page(request, arn, int, lambda after, limit: service.store.list_map_runs(arn, after, limit))
    return {"mapRuns": [_listed(_as_it_is(service, row)) for row in rows]} | token


def _listed(row: MapRun) -> Response:
    response: Response = {
        "executionArn": row.execution_arn,
        "mapRunArn": row.arn,
        "stateMachineArn": row.machine_arn,
        "startDate": row.started_at,
    }
    return response if row.stopped_at is None else response | {"stopDate": row.stopped_at}


@operation
def describe_map_run(service: Service, account: Account, request: Request) -> Response:
    """Tell about a Map Run: its limits, and where its items and executions are at this moment."""
    row = _as_it_is(service, _map_run_of(service, request["mapRunArn"]))
    response: Response = {
        "mapRunArn": row.arn,
        "executionArn": row.execution_arn,
        "status": row.status,
        "startDate": row.started_at,
        "maxConcurrency": row.max_concurrency,
        "toleratedFailurePercentage": row.tolerated_percentage,
        "toleratedFailureCount": row.tolerated_count,
        "itemCounts": row.items,
        "executionCounts": row.executions,
        "redriveCount": row.redrive_count,
    }
    optional = {"redriveDate": row.redriven_at, "stopDate": row.stopped_at}
    return response | {name: value for name, value in optional.items() if value is not None}


@operation
def update_map_run(service: Service, account: Account, request: Request) -> Response:
    """Change the limits of a Map Run that is under way."""
    row = _as_it_is(service, _map_run_of(service, request["mapRunArn"]))
    limit, count, share = (request.get(name) for name in LIMITS)
    if limit is None and count is None and share is None:
        problem = (
            "At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage must be specified."
        )
        raise ApiError("ValidationException", problem)
    live = service.awake(row.root_arn) if row.stopped_at is None else None
    if live is not None:
        live.driver.post(MapRunUpdated(live.driver.clock(), row.op, limit, count, share))
    return {}


LIMITS = ("maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage")


def _map_run_of(service: Service, arn: str) -> MapRun:
    """Return the Map Run of an ARN; raise ApiError if there is none."""
    check_arn(arn, "mapRun")
    row = service.store.map_run(arn)
    if row is None:
        raise ApiError("ResourceNotFound", f"Map Run Does Not Exist: '{arn}'")
    return row


def _as_it_is(service: Service, row: MapRun) -> MapRun:
    """Return the row of a Map Run as it is at this moment, where it is alive."""
    live = service.live.get(row.root_arn) if row.stopped_at is not None else service.awake(row.root_arn)
    if live is None or row.arn not in live.map_runs:
        return row
    live.note_map_run(service.store, row.arn)
    return service.store.map_run(row.arn) or row
