"""Rules about Retry and Catch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from asl_engine.diagnostics import Finding, Severity
from asl_engine.errors import did_you_mean
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.ranges import out_of_range
from asl_engine.rules.registry import rule

ERROR_NAMES: Final = (
    "States.ALL", "States.BranchFailed", "States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold",
    "States.HeartbeatTimeout", "States.Http.Socket", "States.IntrinsicFailure", "States.ItemReaderFailed",
    "States.NoChoiceMatched", "States.ParameterPathFailure", "States.Permissions", "States.QueryEvaluationError",
    "States.ResultPathMatchFailure", "States.ResultWriterFailed", "States.Runtime", "States.TaskFailed",
    "States.Timeout",
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


_RANGES: Final = (
    ("interval_seconds", 1, 99_999_999),
    ("max_attempts", 0, 99_999_999),
    ("backoff_rate", 1, None),
    ("max_delay_seconds", 1, 31_622_400),
)


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
    for name, least, most in _RANGES:
        yield from out_of_range(outline.having(name), name, least, most)


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
                message, near = f"{name!r} is not an error of Step Functions", did_you_mean(name, list(ERROR_NAMES))
                yield Finding(f"{site.pointer}/ErrorEquals/{index}", message, near)


def _is_known(name: str) -> bool:
    return name in ERROR_NAMES or name.startswith("States.Http.StatusCode.") or is_open(name)
