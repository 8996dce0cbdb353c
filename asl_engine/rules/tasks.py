"""Rules about Task states: what `Resource` names, as whom it runs, and what an EXPRESS machine cannot wait for."""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.catalogue.resource import Activity, Problem, Unknown, parse_resource, unrecognised
from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.states import Task
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.registry import rule


def _written(outline: Outline) -> Iterator[tuple[Site, str]]:
    """Yield each Task with its resource, those left out that a template fills in as a whole."""
    for site in outline.of(Task):
        resource = site.part.resource
        if not resource.startswith("${"):
            yield site, resource


def _unknown(outline: Outline, problem: Problem) -> Iterator[Finding]:
    """Yield each resource that AWS does not know, for one of the reasons."""
    for site, text in _written(outline):
        resource = parse_resource(text)
        if isinstance(resource, Unknown) and resource.problem == problem:
            yield Finding(site.at("resource"), resource.why, resource.near, aws_text=unrecognised(text))


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
    yield from _unknown(outline, "arn")


@rule("ASL702", "not-an-arn", aws=None, severity=Severity.WARNING)
def not_an_arn(outline: Outline) -> Iterator[Finding]:
    """The `Resource` is not an ARN.

    Step Functions would refuse it. Here it can name a function that you register yourself, which is handy in tests.

    Bad:
        {"Type": "Task", "Resource": "ChargeCard", "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:ChargeCard", "End": true}
    """
    for site, resource in _written(outline):
        if not resource.startswith("arn:") and not is_open(resource):
            yield Finding(site.at("resource"), f"{resource!r} is not an ARN; AWS would refuse it")


@rule("ASL703", "unknown-integration")
def unknown_integration(outline: Outline) -> Iterator[Finding]:
    """The `Resource` names a service that has no optimised integrations, or an action that is none of them.

    Nearly every action of every service is there as `arn:aws:states:::aws-sdk:service:action`.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:query", "Parameters": {}, "End": true}

        {"Type": "Task", "Resource": "arn:aws:states:::event:putEvents", "Parameters": {}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:query", "End": true,
          "Parameters": {"TableName": "t"}}
    """
    yield from _unknown(outline, "integration")


@rule("ASL704", "unknown-pattern")
def unknown_pattern(outline: Outline) -> Iterator[Finding]:
    """The `Resource` asks an integration to wait in a way that it cannot.

    `.sync` waits for the end of a job, and only jobs have it; integrations through `aws-sdk` have no `.sync`.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::sns:publish.sync", "Parameters": {}, "End": true}

        {"Type": "Task", "Resource": "arn:aws:states:::sns:publish.waitForTaskTokens", "Parameters": {}, "End": true}

        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:glue:startJobRun.sync", "Parameters": {}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"},
         "End": true}
    """
    yield from _unknown(outline, "pattern")


@rule("ASL705", "sdk-spelling")
def sdk_spelling(outline: Outline) -> Iterator[Finding]:
    """An `aws-sdk` integration is not spelt as it must be: the service in small letters, the action in camelCase.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:GetItem", "Parameters": {}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem", "End": true,
          "Parameters": {"TableName": "t", "Key": {"id": {"S": "1"}}}}
    """
    yield from _unknown(outline, "spelling")


@rule("ASL706", "not-in-express")
def not_in_express(outline: Outline) -> Iterator[Finding]:
    """An EXPRESS state machine waits for a job, a task token or an activity, which only a STANDARD one can.

    Bad (EXPRESS):
        {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": {}, "End": true}

        {"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:sign", "End": true}

    Good (STANDARD):
        {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync", "End": true,
          "Parameters": {"JobName": "n", "JobDefinition": "d", "JobQueue": "q"}}
    """
    if outline.machine_type != "EXPRESS":
        return
    for site, resource in _written(outline):
        if text := _refusal(resource):
            message = text[0].lower() + text[1:].strip()
            yield Finding(site.at("resource"), f"an {message}", " Make it a STANDARD one.", aws_text=text)


def _refusal(text: str) -> str:
    resource = parse_resource(text)
    if isinstance(resource, Activity):
        return "Express state machine does not support Activity ARN"
    if resource.waits_for_token:
        return "Express state machine does not support '.waitForTaskToken' service integration "
    return "Express state machine does not support '.sync' service integration" if resource.is_sync else ""


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
