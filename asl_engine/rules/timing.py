"""Rules about time: Wait states, timeouts and heartbeats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from asl_engine.catalogue.resource import parse_resource
from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.states import Task, Wait
from asl_engine.quotas import LIFETIME, MAX_SECONDS
from asl_engine.rules.outline import Outline, is_open
from asl_engine.rules.ranges import out_of_range
from asl_engine.rules.registry import rule
from asl_engine.values import parse_timestamp

_TIMESTAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def is_timestamp(text: str) -> bool:
    """Tell whether a text is an RFC 3339 timestamp as the service reads it: a capital T, a zone, a day that exists."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None or parse_timestamp(text) is None:
        return False
    try:
        datetime.fromisoformat(text[:19] + ("+00:00" if match[2] == "Z" else match[2]))
    except ValueError:
        return False
    return True


@rule("ASL611", "wait-form")
def wait_form(outline: Outline) -> Iterator[Finding]:
    """A Wait state does not say in exactly one way how long it waits.

    It has one of `Seconds`, `SecondsPath`, `Timestamp`, `TimestampPath`.

    Bad:
        {"Type": "Wait", "End": true}

        {"Type": "Wait", "Seconds": 5, "SecondsPath": "$.delay", "End": true}

    Good:
        {"Type": "Wait", "Seconds": 5, "End": true}
    """
    for site in outline.of(Wait):
        fields = [name for name in ("seconds", "seconds_path", "timestamp", "timestamp_path") if name in site.fields]
        if len(fields) != 1:
            these = " and ".join(site.written(name) for name in fields)
            ways = "Seconds, Timestamp" if site.is_jsonata else "Seconds, SecondsPath, Timestamp, TimestampPath"
            message = f"state {site.name!r} needs one of {ways}" + (f", and has {these}" if these else "")
            yield Finding(site.pointer, message, on_key=True)


@rule("ASL612", "bad-timestamp")
def bad_timestamp(outline: Outline) -> Iterator[Finding]:
    """The `Timestamp` of a Wait state is not one of RFC 3339, with a zone.

    Bad:
        {"Type": "Wait", "Timestamp": "2030-01-31T08:00:00", "End": true}

        {"Type": "Wait", "Timestamp": "{% $now() %}", "End": true}

    Good:
        {"Type": "Wait", "Timestamp": "2030-01-31T08:00:00Z", "End": true}

        {"Type": "Wait", "QueryLanguage": "JSONata", "Timestamp": "{% $now() %}", "End": true}
    """
    for site in outline.of(Wait):
        text = site.part.timestamp
        is_expression = site.is_jsonata and (text or "").startswith("{%")
        if text is not None and not is_expression and not is_timestamp(text) and not is_open(text):
            message, near = f"{text!r} is not a timestamp like 2030-01-31T08:00:00Z", _timestamp_hint(text)
            yield Finding(site.at("timestamp"), message, near, aws_text="String does not match RFC3339 timestamp")


def _timestamp_hint(text: str) -> str:
    if is_timestamp(text + "Z"):
        return " It has no zone: end it with Z, or with an offset such as +01:00."
    if " " in text and is_timestamp(text.replace(" ", "T")):
        return " Write a T between date and time."
    return ""


@rule("ASL613", "seconds-out-of-range")
def seconds_out_of_range(outline: Outline) -> Iterator[Finding]:
    """A number of seconds is negative or past 99,999,999; the timeout or heartbeat of a Task must be at least 1.

    Bad:
        {"Type": "Wait", "Seconds": -1, "End": true}

        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 0, "End": true}

        {"TimeoutSeconds": -5, "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}

    Good:
        {"Type": "Wait", "Seconds": 0, "End": true}
    """
    yield from out_of_range((*outline.tops, *outline.of(Wait, Task)))


@rule("ASL614", "heartbeat-not-below-timeout")
def heartbeat_not_below_timeout(outline: Outline) -> Iterator[Finding]:
    """`HeartbeatSeconds` is not smaller than `TimeoutSeconds`, so that it could never matter.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
         "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
         "TimeoutSeconds": 60, "HeartbeatSeconds": 60}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
         "Parameters": {"FunctionName": "f", "Payload": {"token.$": "$$.Task.Token"}},
         "TimeoutSeconds": 60, "HeartbeatSeconds": 20}
    """
    for site in outline.having("heartbeat_seconds"):
        timeout, heartbeat = site.part.timeout_seconds, site.part.heartbeat_seconds
        if isinstance(timeout, int) and isinstance(heartbeat, int) and heartbeat >= timeout:
            message = f"HeartbeatSeconds ({heartbeat}) must be smaller than TimeoutSeconds ({timeout})"
            yield Finding(site.at("heartbeat_seconds"), message)


_LIFETIME_WORDS: Final = {"STANDARD": "a year", "EXPRESS": "five minutes"}


@rule("ASL615", "wait-outlives-execution", aws=None, severity=Severity.WARNING)
def wait_outlives_execution(outline: Outline) -> Iterator[Finding]:
    """A state waits longer than its execution may last: the execution ends with `States.Timeout` there.

    A STANDARD execution lasts a year at most, an EXPRESS one five minutes, either no longer than the machine's
    `TimeoutSeconds`.

    Bad:
        {"Type": "Wait", "Seconds": 40000000, "End": true}

        {"StartAt": "W", "TimeoutSeconds": 60, "States": {"W": {"Type": "Wait", "Seconds": 300, "End": true}}}

    Bad (EXPRESS):
        {"Type": "Wait", "Seconds": 301, "End": true}

    Good:
        {"Type": "Wait", "Seconds": 86400, "End": true}
    """
    most, words = LIFETIME[outline.machine_type], _LIFETIME_WORDS[outline.machine_type]
    own = outline.machine.timeout_seconds if outline.machine is not None else None
    if isinstance(own, int) and own < most:
        most, words = own, f"{own} seconds (TimeoutSeconds)"
    for site in outline.of(Wait):
        seconds = site.part.seconds
        if isinstance(seconds, int) and seconds >= most and seconds <= MAX_SECONDS:
            yield Finding(site.at("seconds"), f"the wait is not over when the execution has lasted {words} and ends")


@rule("ASL616", "heartbeat-of-nobody", aws=None, severity=Severity.WARNING, is_default=False)
def heartbeat_of_nobody(outline: Outline) -> Iterator[Finding]:
    """A task that only calls and gets an answer has a heartbeat, which nobody can send.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "HeartbeatSeconds": 10, "TimeoutSeconds": 60,
          "Parameters": {"FunctionName": "f"}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:sign", "HeartbeatSeconds": 10,
          "TimeoutSeconds": 60, "End": true}
    """
    for site in outline.of(Task):
        text, resource = site.part.resource, parse_resource(site.part.resource)
        is_answered = resource.takes_answers or resource.is_sync
        for name in ("heartbeat_seconds", "heartbeat_seconds_path"):
            if name in site.fields and not is_answered and text.startswith("arn:") and not is_open(text):
                near = " TimeoutSeconds limits the call."
                yield Finding(site.at(name), "nobody can send a heartbeat for this task", near, on_key=True)
