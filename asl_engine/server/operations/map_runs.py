"""Map Runs: listed, described, and their limits changed while they run."""

from __future__ import annotations

from asl_engine.mapruns.children import Counts
from asl_engine.mapruns.work import MapRunUpdated
from asl_engine.server.arns import check_arn
from asl_engine.server.errors import ApiError
from asl_engine.server.machines import Account
from asl_engine.server.operations.executions import run_of
from asl_engine.server.operations.paging import page
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.runs import KnownMapRun
from asl_engine.server.service import Service


@operation
def list_map_runs(service: Service, account: Account, request: Request) -> Response:
    """List the Map Runs of an execution, the newest first."""
    run = run_of(service, request["executionArn"])
    found = [known for known in service.map_runs.values() if known.run.parent is run.kernel]
    found.reverse()
    listed, token = page(found, request, run.arn)
    return {"mapRuns": [_listed(known) for known in listed]} | token


def _listed(known: KnownMapRun) -> Response:
    run = known.run
    told: Response = {
        "executionArn": run.parent.identity.execution_arn,
        "mapRunArn": run.arn,
        "stateMachineArn": known.machine_arn,
        "startDate": run.started_at,
    }
    return told if run.stopped_at is None else told | {"stopDate": run.stopped_at}


@operation
def describe_map_run(service: Service, account: Account, request: Request) -> Response:
    """Tell about a Map Run: its limits, and where its items and executions are at this moment."""
    run = map_run_of(service, request["mapRunArn"]).run
    told: Response = {
        "mapRunArn": run.arn,
        "executionArn": run.parent.identity.execution_arn,
        "status": run.status,
        "startDate": run.started_at,
        "maxConcurrency": 0 if run.limit is None else run.limit,
        "toleratedFailurePercentage": run.tolerated_share or 0.0,
        "toleratedFailureCount": run.tolerated_count or 0,
        "itemCounts": _counts(run.items, sum(child.items for child in run.to_redrive)),
        "executionCounts": _counts(run.executions, len(run.to_redrive)),
        "redriveCount": run.redrive_count,
    }
    if run.redriven_at is not None:
        told["redriveDate"] = run.redriven_at
    return told if run.stopped_at is None else told | {"stopDate": run.stopped_at}


def _counts(counts: Counts, to_redrive: int) -> dict[str, int]:
    return counts.as_dict() | {"failuresNotRedrivable": 0, "pendingRedrive": to_redrive}


@operation
def update_map_run(service: Service, account: Account, request: Request) -> Response:
    """Change the limits of a Map Run that is under way."""
    known = map_run_of(service, request["mapRunArn"])
    run, wanted = known.run, [request.get(name) for name in LIMITS]
    if all(value is None for value in wanted):
        told = "At least one of maxConcurrency, toleratedFailureCount and toleratedFailurePercentage must be specified."
        raise ApiError("ValidationException", told)
    limit, count, share = wanted
    if run.stopped_at is None:
        known.driver.post(MapRunUpdated(known.driver.clock(), run.op, limit, count, share))
    return {}


LIMITS = ("maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage")


def map_run_of(service: Service, arn: str) -> KnownMapRun:
    """Return the Map Run of an ARN; raise ApiError if there is none."""
    check_arn(arn, "mapRun")
    known = service.map_runs.get(arn)
    if known is None:
        raise ApiError("ResourceNotFound", f"Map Run Does Not Exist: '{arn}'")
    return known
