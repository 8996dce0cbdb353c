"""Rules about Retry and Catch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from asl_engine.catalogue.resource import parse_resource
from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.states import Fail, Task
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.ranges import out_of_range
from asl_engine.rules.registry import rule

ERROR_NAMES: Final = (
    "States.ALL", "States.BranchFailed", "States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout", "States.Http.Socket", "States.IntrinsicFailure", "States.ItemReaderFailed",
    "States.NoChoiceMatched", "States.ParameterPathFailure", "States.Permissions", "States.QueryEvaluationError",
    "States.ReferencePathConflict", "States.ResultPathMatchFailure", "States.ResultWriterFailed", "States.Runtime",
    "States.TaskFailed", "States.Timeout",
)  # fmt: skip
"""The error names that the service itself uses; `States.Http.StatusCode.<number>` comes on top."""


def _sites(outline: Outline) -> Iterator[tuple[Site, list[str]]]:
    """Yield every retrier and catcher with its error names."""
    for site in outline.having("error_equals"):
        yield site, site.part.error_equals


@rule("ASL501", "empty-error-equals")
def empty_error_equals(outline: Outline) -> Iterator[Finding]:
    """`ErrorEquals` names no error, so the retrier or catcher could never act.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"ErrorEquals": []}]}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "Retry": [{"ErrorEquals": ["States.ALL"]}]}
    """
    for site, names in _sites(outline):
        if not names:
            near = " To take every error, write States.ALL."
            yield Finding(site.at("error_equals"), "ErrorEquals names no error", near, aws_text="Value cannot be empty")


@rule("ASL502", "states-all-not-last")
def states_all_not_last(outline: Outline) -> Iterator[Finding]:
    """`States.ALL` stands beside other names, or in a retrier or catcher that is not the last one.

    It takes every error, so that what stands beside or after it could never act.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["States.Timeout"]}]}

        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "Retry": [{"ErrorEquals": ["States.ALL", "States.Timeout"]}]}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "Retry": [{"ErrorEquals": ["States.Timeout"]}, {"ErrorEquals": ["States.ALL"]}]}
    """
    last = _last_pointers(outline)
    for site, names in _sites(outline):
        if "States.ALL" in names and (len(names) > 1 or site.pointer not in last):
            pointer = f"{site.pointer}/ErrorEquals/{names.index('States.ALL')}"
            message = "States.ALL must stand alone in ErrorEquals, and in the last element of the list"
            yield Finding(pointer, message, aws_text="States.ALL must appear alone and at end of list")


def _last_pointers(outline: Outline) -> set[str]:
    """Return the pointers of the last retrier and the last catcher of each state."""
    last: dict[str, str] = {}
    for site in (*outline.retriers, *outline.catchers):
        last[site.pointer.rpartition("/")[0]] = site.pointer
    return set(last.values())


@rule("ASL503", "retry-out-of-range")
def retry_out_of_range(outline: Outline) -> Iterator[Finding]:
    """A number of a retrier is outside of what the service takes.

    `IntervalSeconds` is at least 1, `MaxAttempts` at least 0 (never retry), `BackoffRate` at least 1.0,
    `MaxDelaySeconds` from 1 to 31,622,400 (366 days); none passes 99,999,999.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "Retry": [{"ErrorEquals": ["States.ALL"], "BackoffRate": 0.5}]}

        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0}]}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 1.5, "MaxAttempts": 0}]}
    """
    yield from out_of_range(outline.retriers)


@rule("ASL504", "unknown-error-name", aws=None, severity=Severity.WARNING)
def unknown_error_name(outline: Outline) -> Iterator[Finding]:
    """`ErrorEquals` has a name that starts with `States.` and is none of the service's own, so it matches nothing.

    Names of your own must not start with `States.`.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "Retry": [{"ErrorEquals": ["States.Timeouts"]}]}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "Retry": [{"ErrorEquals": ["States.Timeout", "Stock.Empty"]}]}
    """
    for site, names in _sites(outline):
        for index, name in enumerate(names):
            if name.startswith("States.") and not _is_known(name):
                message, near = f"{name!r} is not an error of Step Functions", outline.suggestion(name, ERROR_NAMES)
                yield Finding(f"{site.pointer}/ErrorEquals/{index}", message, near)


def _is_known(name: str) -> bool:
    return name in ERROR_NAMES or name.startswith("States.Http.StatusCode.") or is_open(name)


_NOT_OF_TASKS: Final = frozenset({"States.Timeout", "States.HeartbeatTimeout", "States.Runtime"})
"""What States.TaskFailed does not take."""


@rule("ASL505", "never-reached", aws=None, severity=Severity.WARNING)
def never_reached(outline: Outline) -> Iterator[Finding]:
    """A retrier or catcher never acts: those before it take all of its errors.

    `States.TaskFailed` takes every error of a task but a timeout, so what follows it sees none of them.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [
          {"ErrorEquals": ["States.TaskFailed"]}, {"ErrorEquals": ["Lambda.ServiceException"], "MaxAttempts": 6}]}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [
          {"ErrorEquals": ["Lambda.ServiceException"], "MaxAttempts": 6}, {"ErrorEquals": ["States.TaskFailed"]}]}
    """
    for clauses in _clauses(outline):
        taken: set[str] = set()
        for site in clauses:
            names = site.part.error_equals
            if names and all(_is_taken(name, taken) for name in names):
                message = f"{', '.join(map(repr, names))} is taken by what stands before, and this is never reached"
                yield Finding(site.pointer, message, " Put it before them, or leave it out.")
            taken.update(names)


def _clauses(outline: Outline) -> Iterator[list[Site]]:
    """Yield the retriers of each state, and the catchers of each."""
    lists: dict[str, list[Site]] = {}
    for site in (*outline.retriers, *outline.catchers):
        lists.setdefault(site.pointer.rpartition("/")[0], []).append(site)
    yield from lists.values()


def _is_taken(name: str, taken: set[str]) -> bool:
    if name in taken:
        return True
    return "States.TaskFailed" in taken and name not in _NOT_OF_TASKS and name != "States.ALL" and not is_open(name)


@rule("ASL506", "runtime-not-handled", aws=None, severity=Severity.WARNING, is_default=False)
def runtime_not_handled(outline: Outline) -> Iterator[Finding]:
    """`ErrorEquals` names `States.Runtime`, which no retrier and no catcher takes: it ends the execution.

    `States.ALL` takes every other error, also `States.DataLimitExceeded` (recorded, against the documents).

    Bad:
        {"StartAt": "T", "States": {
          "T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Catch": [
            {"ErrorEquals": ["States.Runtime"], "Next": "F"}, {"ErrorEquals": ["States.ALL"], "Next": "F"}]},
          "F": {"Type": "Fail"}}}

    Good:
        {"StartAt": "T", "States": {
          "T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "F"}]},
          "F": {"Type": "Fail"}}}
    """
    for site, names in _sites(outline):
        if "States.Runtime" in names:
            pointer = f"{site.pointer}/ErrorEquals/{names.index('States.Runtime')}"
            yield Finding(pointer, "nothing takes States.Runtime: it ends the execution")


@rule("ASL509", "runtime-slips-through", aws=None, severity=Severity.WARNING, is_default=False)
def runtime_slips_through(outline: Outline) -> Iterator[Finding]:
    """`States.ALL` stands as the last resort of a state whose own paths may lead to nothing.

    A path that finds nothing is `States.Runtime`, which `States.ALL` does not take: it ends the execution.

    Bad:
        {"StartAt": "T", "States": {
          "T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "Parameters": {"FunctionName": "f", "Payload.$": "$.order.lines"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "F"}]},
          "F": {"Type": "Fail"}}}

    Good:
        {"StartAt": "T", "States": {
          "T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "Parameters": {"FunctionName": "f", "Payload.$": "$"},
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "F"}]},
          "F": {"Type": "Fail"}}}
    """
    for site in outline.catchers:
        if site.part.error_equals == ["States.ALL"] and site.state is not None:
            path = next((text for _, text, _ in site.state.texts if _may_lead_to_nothing(text)), None)
            if path is not None and not site.is_jsonata:
                message = f"where {path} leads to nothing, the error is States.Runtime, which States.ALL does not take"
                yield Finding(site.pointer, message)


def _may_lead_to_nothing(text: str) -> bool:
    return text.startswith("$") and text != "$" and not text.startswith("$$") and not is_open(text)


@rule("ASL507", "lambda-without-retry", aws=None, severity=Severity.INFO, is_default=False)
def lambda_without_retry(outline: Outline) -> Iterator[Finding]:
    """A task calls a Lambda function and retries nothing, not even what passes by itself.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f", "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f", "End": true, "Retry": [
          {"ErrorEquals": ["Lambda.ServiceException", "Lambda.TooManyRequestsException"], "MaxAttempts": 6}]}
    """
    for site in outline.of(Task):
        if parse_resource(site.part.resource).is_lambda and not site.part.retry:
            near = " Lambda.ServiceException and Lambda.TooManyRequestsException pass by themselves."
            yield Finding(site.pointer, f"state {site.name!r} calls a function and has no Retry", near, on_key=True)


@rule("ASL508", "one-failure-fails-all", aws=None, severity=Severity.INFO, is_default=False)
def one_failure_fails_all(outline: Outline) -> Iterator[Finding]:
    """A Fail state within a Map or a Parallel fails all of it, and nothing around it takes the error.

    Bad:
        {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "F", "States": {"F": {"Type": "Fail"}}}}

    Good:
        {"Type": "Map", "End": true, "ToleratedFailurePercentage": 10,
          "ItemProcessor": {"StartAt": "F", "States": {"F": {"Type": "Fail"}}}}
    """
    tolerance = ("tolerated_failure_count", "tolerated_failure_percentage")
    wanted = {*tolerance, *(f"{name}_path" for name in tolerance), "retry", "catch"}
    reported = set()
    for site in outline.of(Fail):
        holder = site.block.holder
        if holder is not None and holder.fields.isdisjoint(wanted) and holder.pointer not in reported:
            reported.add(holder.pointer)
            message = f"one {site.name!r} fails all of {holder.name!r}, which has no Catch, Retry or tolerated failure"
            yield Finding(holder.pointer, message, on_key=True)
