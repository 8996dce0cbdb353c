"""Rules about what a Task sends to a service: that the action is there, and its parameters are those of the action.

They rest on the table of `catalogue/sdk.py`, which is as old as the botocore that it was made of.
"""

from __future__ import annotations

from collections.abc import Iterator

from asl_engine.catalogue.parameters import Problem, Sort, request_of
from asl_engine.catalogue.resource import Integration, parse_resource, unrecognised
from asl_engine.catalogue.sdk import operations_of, sdk_services
from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.states import Task
from asl_engine.pointers import escape
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.registry import rule
from asl_engine.values import JSON


@rule("ASL711", "unknown-action", aws=None, severity=Severity.WARNING)
def unknown_action(outline: Outline) -> Iterator[Finding]:
    """An `aws-sdk` integration names an action that its service does not have.

    AWS refuses it. It is only a warning, as the service may have an action by now that was not there when this engine
    was made.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItems", "Parameters": {}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem", "End": true,
          "Parameters": {"TableName": "t", "Key": {"id": {"S": "1"}}}}
    """
    for site, resource in _integrations(outline):
        operations = operations_of(resource.sdk_service) if resource.is_sdk else None
        if operations is not None and resource.action not in operations:
            near = outline.suggestion(resource.action, operations)
            yield Finding(site.at("resource"), f"{resource.sdk_service} has no action {resource.action!r}", near)


@rule("ASL715", "unknown-service")
def unknown_service(outline: Outline) -> Iterator[Finding]:
    """An `aws-sdk` integration names a service that AWS's SDK does not have, or has by another name.

    Names are those of the SDK for Java 2, in small letters and without `service` at the end.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamo:query", "Parameters": {}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:query", "End": true,
          "Parameters": {"TableName": "t"}}
    """
    for site, resource in _integrations(outline):
        service = resource.sdk_service
        if resource.is_sdk and operations_of(service) is None:
            near, aws_text = outline.suggestion(service, sdk_services()), unrecognised(resource.text)
            yield Finding(site.at("resource"), f"AWS's SDK has no service {service!r}", near, aws_text=aws_text)


def _integrations(outline: Outline) -> Iterator[tuple[Site, Integration]]:
    for site in outline.of(Task):
        resource = parse_resource(site.part.resource)
        if isinstance(resource, Integration) and not is_open(f"{resource.service}:{resource.action}"):
            yield site, resource


def _problems(outline: Outline, sort: Sort) -> Iterator[tuple[str, Integration, Problem]]:
    """Yield what is wrong, in one way, with what Tasks send whose parameters stand in the definition."""
    for pointer, resource, problem in outline.once(_all_problems):
        if problem.sort == sort:
            yield pointer, resource, problem


def _all_problems(outline: Outline) -> list[tuple[str, Integration, Problem]]:
    problems = []
    for site, resource in _integrations(outline):
        field = "arguments" if site.is_jsonata else "parameters"
        value: JSON = getattr(site.part, field)
        request = request_of(resource) if isinstance(value, dict) and not any(map(is_open, value)) else None
        if request is not None and isinstance(value, dict):
            is_unknown = _is_expression if site.is_jsonata else _is_placeholder
            wrong = request.problems(value, not site.is_jsonata, is_unknown)
            problems += [(site.at(field), resource, problem) for problem in wrong]
    return problems


def _is_placeholder(value: JSON) -> bool:
    return isinstance(value, str) and is_open(value)


def _is_expression(value: JSON) -> bool:
    return isinstance(value, str) and (value.startswith("{%") or is_open(value))


def _finding(pointer: str, problem: Problem, message: str, near: str = "", on_key: bool = True) -> Finding:
    """Return a finding at the parameter itself; AWS tells all of them at the field that holds the parameters."""
    aws_text = problem.text + problem.near if problem.is_said else None
    at = "".join(f"/{escape(str(step))}" for step in problem.at)
    return Finding(pointer + at, message, near, on_key, aws_text, aws_at=pointer)


@rule("ASL712", "unknown-parameter")
def unknown_parameter(outline: Outline) -> Iterator[Finding]:
    """A Task gives an AWS service a parameter that the action does not have, or that is spelt in another way.

    Parameters are in PascalCase, also where the API of the service has camelCase; those of `aws-sdk` integrations begin
    with a word where the API has an abbreviation: `DbInstanceIdentifier`.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": true,
          "Parameters": {"tableName": "t", "Key": {"id": {"S": "1"}}}}

        {"Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
          "Arguments": {"Bucket": "b", "Prefixes": "p/"}, "End": true}

        {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "End": true,
          "Parameters": {"TaskDefinition": "t", "Count.$": "$.count"}}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": true,
          "Parameters": {"TableName": "t", "Key": {"id": {"S.$": "$.id"}}}}

        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:rds:describeDBInstances", "End": true,
          "Parameters": {"DbInstanceIdentifier.$": "$.name"}}
    """
    for pointer, resource, problem in _problems(outline, "unknown"):
        near = outline.suggestion(problem.field, problem.known)
        message = f"{resource.service}:{resource.action} has no parameter {problem.field!r}"
        if len(problem.at) > 1:
            message = f"there is no field {problem.field!r} here"
        yield _finding(pointer, problem, message, near)


@rule("ASL713", "missing-parameter")
def missing_parameter(outline: Outline) -> Iterator[Finding]:
    """A Task does not give an AWS service a parameter that the action needs.

    What stands in the definition is looked at. A Task without `Parameters` sends its input, of which nobody knows.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
          "Parameters": {"MessageBody.$": "$"}}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
          "Parameters": {"MessageBody.$": "$", "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/q"}}
    """
    for pointer, resource, problem in _problems(outline, "missing"):
        yield _finding(pointer, problem, f"{resource.service}:{resource.action} needs {problem.field}")


@rule("ASL714", "wrong-parameter-type")
def wrong_parameter_type(outline: Outline) -> Iterator[Finding]:
    """A Task gives an AWS service a value of another type than the parameter has.

    Numbers are no texts, and texts no numbers; what is an object may be a text, which has its JSON then.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "End": true,
          "Parameters": {"TableName": "t", "Item": {"id": {"S": "1"}, "count": {"N": 7}}}}

        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2", "End": true,
          "Parameters": {"Bucket": "b", "MaxKeys": "10"}}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "End": true,
          "Parameters": {"TableName": "t", "Item": {"id": {"S": "1"}, "count": {"N": "7"}}}}
    """
    for pointer, _, problem in _problems(outline, "type"):
        yield _finding(pointer, problem, problem.text[:1].lower() + problem.text[1:], on_key=False)
