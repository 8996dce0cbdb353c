"""Executions: started, described, and what happened in them."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import datetime
from typing import Any, Final

from asl_engine.kernel import ExecutionStopped
from asl_engine.kernel.redrive import why_not
from asl_engine.quotas import LIFETIME, MAX_BYTES, MAX_REDRIVE_TOKENS, REDRIVABLE_SECONDS
from asl_engine.server.arns import check_arn, check_name
from asl_engine.server.errors import ApiError, execution_does_not_exist
from asl_engine.server.machines import Account, Target
from asl_engine.server.mocking import split_test_case
from asl_engine.server.operations.machines import about, target_of, wants_data
from asl_engine.server.operations.paging import page
from asl_engine.server.operations.registry import Request, Response, operation
from asl_engine.server.runs import ChildRun, Run
from asl_engine.server.service import Service
from asl_engine.values import JSON, json_text, parse_json, private_copy


@operation
def start_execution(service: Service, account: Account, request: Request) -> Response:
    """Start an execution; the same name with the same input, while it runs, is answered as the first time."""
    arn, mocks = split_test_case(request["stateMachineArn"], service.mocks)
    target = target_of(service, arn)
    name, text = request.get("name"), request.get("input") or "{}"
    if name is not None:
        check_name(name)
    value = input_of(text)
    known = service.known_run(target.machine, name)
    if known is not None:
        if known.stopped_at is None and known.input_text == text:
            return {"executionArn": known.arn, "startDate": known.started_at}
        raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{known.arn}'")
    run = service.start(target, name, text, value, mocks)
    run.trace_header = request.get("traceHeader")
    return {"executionArn": run.arn, "startDate": run.started_at}


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
        found = jackson_error(text)
        told = "".join(found) if found else "Invalid execution input."
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{told}'") from None


@operation
def describe_execution(service: Service, account: Account, request: Request) -> Response:
    """Tell about an execution; of Express executions only about the children of Map Runs (recorded)."""
    known = service.runs.get(request["executionArn"])
    run = known if isinstance(known, ChildRun) else run_of(service, request["executionArn"])
    response: Response = {
        "executionArn": run.arn,
        "stateMachineArn": _machine_arn(run),
        "name": run.name,
        "status": run.status,
        "startDate": run.started_at,
    }
    response |= redrives(run) | _map_run_of(run) | _version_of(run) | _end(run) | trace_of(run)
    return response | data_of(run, wants_data(request))


def trace_of(run: Run) -> Response:
    """Tell the trace that an execution was started in."""
    return {"traceHeader": run.trace_header} if run.trace_header is not None else {}


def data_of(run: Run, is_wanted: bool) -> Response:
    """Tell what went in and out, or only that there is something to tell."""
    kernel = run.kernel
    ended = run.status != "RUNNING"
    told: Response = {"inputDetails": {"included": is_wanted}}
    if kernel.status == "SUCCEEDED" and ended:
        told["outputDetails"] = {"included": is_wanted}
    if not is_wanted:
        return told
    told["input"] = run.input_text
    if kernel.status == "SUCCEEDED" and ended:
        told["output"] = json_text(kernel.output)
    elif ended:
        texts = {"error": kernel.error, "cause": kernel.cause}
        told |= {name: text for name, text in texts.items() if text is not None}
    return told


def redrives(run: Run) -> Response:
    """Tell how often an execution was redriven, and when last."""
    kernel = run.kernel
    told: Response = {"redriveCount": kernel.redrive_count}
    if kernel.redrive_count and kernel.redriven_at is not None:
        told["redriveDate"] = kernel.redriven_at
    return told


def _machine_arn(run: Run) -> str:
    """A child execution has the state machine of its Map Run: `<machine>/<label>`."""
    return run.kernel.identity.machine_arn if isinstance(run, ChildRun) else run.machine.arn


def _map_run_of(run: Run) -> Response:
    return {"mapRunArn": run.child.run_arn} if isinstance(run, ChildRun) else {}


def _version_of(run: Run) -> Response:
    """Tell which version, and which alias, an execution was started of."""
    version, alias = run.target.version, run.target.alias
    told = {"stateMachineVersionArn": version, "stateMachineAliasArn": alias}
    return {name: one.arn for name, one in told.items() if one is not None}


@operation
def describe_state_machine_for_execution(service: Service, account: Account, request: Request) -> Response:
    """Tell about the state machine as it was when an execution was started."""
    target = run_of(service, request["executionArn"]).target
    told = {"stateMachineArn": target.machine.arn, "updateDate": target.revision.updated_at}
    return told | about(target, request)


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
        told = "RedriveFilter cannot be applied to ListExecutions call with StateMachine ARN"
        raise ApiError("ValidationException", told)
    arn = request["stateMachineArn"]
    target = target_of(service, arn)
    if target.revision.machine.type == "EXPRESS":
        told = "This operation is not supported by this type of state machine"
        raise ApiError("StateMachineTypeNotSupported", told)
    runs = [run for run in service.runs.values() if _is_asked_for(run, target, request)]
    runs.sort(key=lambda run: -run.started_at)
    listed, token = page(runs, request, f"{arn} {request.get('statusFilter')}")
    return {"executions": [_listed(run) for run in listed]} | token


def _children_of(service: Service, arn: str, request: Request) -> Response:
    """List the child executions of a Map Run, the newest first."""
    if arn not in service.map_runs:
        raise ApiError("ResourceNotFound", f"Resource not found: '{arn}'")
    status, redriven = request.get("statusFilter"), request.get("redriveFilter")
    runs = [
        run
        for run in reversed(service.runs.values())
        if isinstance(run, ChildRun)
        and run.child.run_arn == arn
        and status in (None, run.status)
        and redriven in (None, "REDRIVEN" if run.kernel.redrive_count else "NOT_REDRIVEN")
    ]
    listed, token = page(runs, request, f"{arn} {status} {redriven}")
    return {"executions": [_listed(run) | {"itemCount": run.child.items} for run in listed]} | token


def _is_asked_for(run: Run, target: Target, request: Request) -> bool:
    if isinstance(run, ChildRun):
        return False
    if run.machine is not target.machine:
        return False
    if target.alias is not None and run.target.alias is not target.alias:
        return False
    if target.alias is None and target.version is not None and run.target.version is not target.version:
        return False
    return "statusFilter" not in request or bool(request["statusFilter"] == run.status)


def _listed(run: Run) -> Response:
    told: Response = {
        "executionArn": run.arn,
        "stateMachineArn": _machine_arn(run),
        "name": run.name,
        "status": run.status,
        "startDate": run.started_at,
    }
    told |= redrives(run) | _map_run_of(run)
    ended = {} if run.status == "RUNNING" else {"stopDate": run.stopped_at or run.driver.clock()}
    return told | _version_of(run) | ended


@operation
async def stop_execution(service: Service, account: Account, request: Request) -> Response:
    """Stop an execution and all that is under way in it; one that has ended stays as it is."""
    run = run_of(service, request["executionArn"])
    if run.status == "RUNNING":
        op = run.kernel.deadline_op
        run.driver.post(ExecutionStopped(run.driver.clock(), request.get("error"), request.get("cause"), op))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(run.ended.wait(), STOP_SECONDS)
    return {"stopDate": run.stopped_at or run.driver.clock()}


STOP_SECONDS: Final = 5.0
"""How long is waited for the end of an execution that was stopped; it is over at once unless the machine is busy."""


def _end(run: Run) -> Response:
    """When an execution ended, and whether it can be redriven."""
    ended = {} if run.status == "RUNNING" else {"stopDate": run.stopped_at}
    return ended | redrive_status(run)


def redrive_status(run: Run) -> Response:
    """Tell whether an execution can be redriven, and why not (the reasons of the service's model)."""
    reason = why_not_redrivable(run)
    if reason is not None:
        return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
    return {"redriveStatus": "REDRIVABLE_BY_MAP_RUN" if isinstance(run, ChildRun) else "REDRIVABLE"}


def why_not_redrivable(run: Run) -> str | None:
    """Return why an execution cannot be redriven; None if it can."""
    kernel, now = run.kernel, run.driver.clock()
    if run.status == "RUNNING":
        return "Execution is RUNNING and cannot be redriven"
    if (reason := why_not(kernel)) is not None:
        return reason
    if now > kernel.started_at + LIFETIME["STANDARD"]:
        return "Execution has exceeded the max execution time"
    if run.stopped_at is not None and now > run.stopped_at + REDRIVABLE_SECONDS:
        return "Execution redrivable period exceeded"
    return None


@operation
def redrive_execution(service: Service, account: Account, request: Request) -> Response:
    """Have an execution that did not succeed go on from where it failed.

    A client token that has redriven it is answered as the first time, whatever became of the execution since; one that
    was refused is not used up (recorded).
    """
    run, token = run_of(service, request["executionArn"]), request.get("clientToken")
    if token is not None and token in run.redrives:
        return {"redriveDate": run.redrives[token]}
    reason = why_not_redrivable(run)
    if isinstance(run, ChildRun):
        reason = "Child executions are redriven with the execution that has their Map Run"
    if reason is not None:
        raise ApiError("ExecutionNotRedrivable", f"Execution {run.arn} invalid for redrive as: {reason}")
    at = service.redrive(run)
    run.redrives[token or str(at)] = at
    while len(run.redrives) > MAX_REDRIVE_TOKENS:
        run.redrives.popitem(last=False)
    return {"redriveDate": at}


def run_of(service: Service, arn: str) -> Run:
    """Return the execution of an ARN; raise ApiError if there is none."""
    check_arn(arn, "execution")
    run = service.runs.get(arn)
    if run is None:
        raise execution_does_not_exist(arn)
    return run


@operation
def get_execution_history(service: Service, account: Account, request: Request) -> Response:
    """Return the events of an execution, the newest first when asked."""
    events = run_of(service, request["executionArn"]).events()
    if request.get("reverseOrder"):
        events.reverse()
    listed, token = page(events, request, f"{request['executionArn']} {request.get('reverseOrder', False)}")
    wants_data = request.get("includeExecutionData", True)
    return {"events": [_on_the_wire(event, wants_data) for event in listed]} | token


def _on_the_wire(event: dict[str, Any], wants_data: bool) -> dict[str, Any]:
    timestamp = event["timestamp"]
    assert isinstance(timestamp, datetime)
    sent = {**event, "timestamp": timestamp.timestamp()}
    if not wants_data:
        sent = {name: _without_data(member) if isinstance(member, dict) else member for name, member in sent.items()}
    return sent


def _without_data(details: dict[str, Any]) -> dict[str, Any]:
    hidden = {
        "input",
        "output",
        "inputDetails",
        "outputDetails",
        "parameters",
        "assignedVariables",
        "assignedVariablesDetails",
    }
    return {name: value for name, value in details.items() if name not in hidden}
