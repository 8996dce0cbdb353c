"""Rules about Task states: what `Resource` names, as whom it runs, and what an EXPRESS machine cannot wait for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from asl_engine.diagnostics import Finding, Severity
from asl_engine.errors import did_you_mean
from asl_engine.model.states import Task
from asl_engine.rules.integrations import OPTIMISED
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.registry import rule


@dataclass(frozen=True, slots=True)
class Integration:
    """A service integration's ARN, taken apart: `pattern` is `sync`, `sync:2`, `waitForTaskToken` or empty."""

    service: str
    action: str
    pattern: str
    is_sdk: bool


_INTEGRATION: Final = re.compile(
    r"arn:[^:]*:states:[^:]*:[^:]*:(aws-sdk:)?([A-Za-z0-9-]+):([A-Za-z0-9]+)(?:\.(sync(?::\d+)?|waitForTaskToken))?"
)


@lru_cache(maxsize=1024)
def integration_of(resource: str) -> Integration | None:
    """Return the parts of a service integration's ARN, or None for functions, activities and anything else."""
    placeholders = re.sub(r"\$\{[^}]*\}", "x", resource)
    found = _INTEGRATION.fullmatch(placeholders)
    if found is None or found[2] == "activity":
        return None
    return Integration(found[2], found[3], found[4] or "", bool(found[1]))


def _written(outline: Outline) -> Iterator[tuple[Site, str]]:
    """Yield each Task with its resource, those left out that a template fills in as a whole."""
    for site in outline.of(Task):
        resource = site.part.resource
        if not resource.startswith("${"):
            yield site, resource


def _unrecognised(resource: str) -> str:
    return (
        f"The resource provided {resource} is not recognized."
        " The value is not a valid resource ARN, or the resource is not available in this region."
    )


_ARN: Final = re.compile(r"arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:\S+")
_FUNCTION: Final = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:[A-Za-z0-9_-]+(:(\$LATEST|[A-Za-z0-9_-]+))?")


@rule("ASL701", "malformed-arn")
def malformed_arn(outline: Outline) -> Iterator[Finding]:
    """The `Resource` begins like an ARN and is none.

    An ARN is `arn:partition:service:region:account:name`; region and account may be empty, partition and service may
    not. A function's ARN ends with its name, and may be followed by an alias or a version.

    Bad:
        {"Type": "Task", "Resource": "arn:aws::lambda:eu-west-1:123456789012:function:f", "End": true}

        {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f:", "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f:live", "End": true}
    """
    for site, resource in _written(outline):
        if resource.startswith("arn:") and (problem := _arn_problem(resource)):
            yield Finding(site.at("resource"), f"{resource!r} {problem}", aws_text=_unrecognised(resource))


@lru_cache(maxsize=1024)
def _arn_problem(resource: str) -> str:
    plain = re.sub(r"\$\{[^}]*\}", "x", resource)
    if not _ARN.fullmatch(plain):
        return "is no ARN: arn:partition:service:region:account:name"
    if ":lambda:" in plain and ":function:" in plain and not is_open(resource) and not _FUNCTION.fullmatch(plain):
        return "is no ARN of a function: after its name there may be an alias or a version, of letters, digits, - and _"
    return ""


@rule("ASL702", "not-an-arn", aws=None, severity=Severity.WARNING)
def not_an_arn(outline: Outline) -> Iterator[Finding]:
    """The `Resource` is no ARN.

    Step Functions would refuse it. Here it can name a function that you register yourself, which is handy in tests.

    Bad:
        {"Type": "Task", "Resource": "ChargeCard", "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:ChargeCard", "End": true}
    """
    for site, resource in _written(outline):
        if not resource.startswith("arn:") and not is_open(resource):
            yield Finding(site.at("resource"), f"{resource!r} is no ARN; AWS would refuse it")


@rule("ASL703", "unknown-integration")
def unknown_integration(outline: Outline) -> Iterator[Finding]:
    """The `Resource` names an action that its service does not have as an optimised integration.

    Nearly every action of every service is there as `arn:aws:states:::aws-sdk:service:action`.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:query", "Parameters": {}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:query", "Parameters": {}, "End": true}
    """
    for site, resource in _written(outline):
        found = integration_of(resource)
        if found is not None and not found.is_sdk:
            actions = OPTIMISED.get(found.service)
            if actions is not None and found.action not in actions:
                message = f"{found.service} has no optimised integration {found.action!r}"
                yield Finding(site.at("resource"), message, _sdk_hint(found, actions), aws_text=_unrecognised(resource))


def _sdk_hint(found: Integration, actions: dict[str, frozenset[str]]) -> str:
    near = did_you_mean(found.action, list(actions))
    return near if "Did you mean" in near else f"{near} Or use aws-sdk:{found.service}:{found.action}."


@rule("ASL704", "unknown-pattern")
def unknown_pattern(outline: Outline) -> Iterator[Finding]:
    """The `Resource` asks an integration to wait in a way that it cannot.

    `.sync` waits for the end of a job, and only jobs have it; integrations through `aws-sdk` have no `.sync`.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::sns:publish.sync", "Parameters": {}, "End": true}

        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:startJobRun.sync", "Parameters": {}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {}, "End": true}
    """
    for site, resource in _written(outline):
        found = integration_of(resource)
        if found is not None and found.pattern and not _can(found):
            message = f"{found.service}:{found.action} has no .{found.pattern}"
            yield Finding(site.at("resource"), message, aws_text=_unrecognised(resource))


def _can(found: Integration) -> bool:
    waits = "token" if found.pattern == "waitForTaskToken" else "sync"
    if found.is_sdk:
        return waits == "token"
    actions = OPTIMISED.get(found.service, {})
    return found.action not in actions or waits in actions[found.action]


@rule("ASL705", "sdk-spelling")
def sdk_spelling(outline: Outline) -> Iterator[Finding]:
    """An `aws-sdk` integration is not spelt as it must be: the service in small letters, the action in camelCase.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:GetItem", "Parameters": {}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem", "Parameters": {}, "End": true}
    """
    for site, resource in _written(outline):
        found = integration_of(resource)
        if found is not None and found.is_sdk and not is_open(resource):
            right = f"{found.service.lower()}:{found.action[:1].lower()}{found.action[1:]}"
            if f"{found.service}:{found.action}" != right:
                message = f"{found.service}:{found.action} is not spelt as AWS spells it"
                near = f" Did you mean {right!r}?"
                yield Finding(site.at("resource"), message, near, aws_text=_unrecognised(resource))


@rule("ASL706", "not-in-express")
def not_in_express(outline: Outline) -> Iterator[Finding]:
    """An EXPRESS state machine waits for a job, a task token or an activity, which only a STANDARD one can.

    Bad (EXPRESS):
        {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": {}, "End": true}

        {"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:sign", "End": true}

    Good (STANDARD):
        {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": {}, "End": true}
    """
    if outline.kind != "EXPRESS":
        return
    for site, resource in _written(outline):
        if text := _refusal(resource):
            message = text[0].lower() + text[1:].strip()
            yield Finding(site.at("resource"), f"an {message}", " Make it a STANDARD one.", aws_text=text)


def _refusal(resource: str) -> str:
    found = integration_of(resource)
    if re.match(r"arn:[^:]*:states:[^:]*:[^:]*:activity:", resource):
        return "Express state machine does not support Activity ARN"
    if found is None or not found.pattern:
        return ""
    if found.pattern == "waitForTaskToken":
        return "Express state machine does not support '.waitForTaskToken' service integration "
    return "Express state machine does not support '.sync' service integration"


@rule("ASL707", "credentials-without-role")
def credentials_without_role(outline: Outline) -> Iterator[Finding]:
    """`Credentials` does not name the role to assume: it needs `RoleArn`, or in JSONPath `RoleArn.$`.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Credentials": {}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
         "Credentials": {"RoleArn": "arn:aws:iam::123456789012:role/other"}}
    """
    for site in outline.having("credentials"):
        if _is_for_aws(site.part.resource) and not _names_role(site):
            text = "The field 'RoleArn' is required but was missing"
            yield Finding(site.at("credentials"), "Credentials needs RoleArn", on_key=True, aws_text=text)


def _is_for_aws(resource: str) -> bool:
    """Tell whether a resource is AWS's: what other engines make of `Credentials` is theirs to say."""
    return resource.startswith("arn:") or is_open(resource)


def _names_role(site: Site) -> bool:
    credentials = site.part.credentials
    if isinstance(credentials, str):
        return site.is_jsonata or is_open(credentials)
    return isinstance(credentials, dict) and ("RoleArn" in credentials or "RoleArn.$" in credentials)
