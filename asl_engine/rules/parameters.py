"""Rules about what a Task sends to a service: that the action is there, and its parameters are those of the action.

They are warnings although AWS refuses each: services get new actions and parameters every week, and what this engine's
table does not know yet must not keep a definition from being loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from asl_engine.catalogue.resource import Integration, parse_resource
from asl_engine.catalogue.sdk import Operation, action_name, member_name, operations_of, sdk_services
from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.states import Task
from asl_engine.pointers import escape
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.registry import rule
from asl_engine.values import JSON


@rule("ASL711", "unknown-action", aws=None, severity=Severity.WARNING)
def unknown_action(outline: Outline) -> Iterator[Finding]:
    """An `aws-sdk` integration names a service or an action that AWS's SDK does not have.

    AWS refuses it. It is only a warning, as AWS may have an action by now that was not there when this engine was made.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItems", "Parameters": {}, "End": true}

        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamo:query", "Parameters": {}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem", "End": true,
          "Parameters": {"TableName": "t", "Key": {"id": {"S": "1"}}}}
    """
    for site, resource in _integrations(outline):
        if not resource.is_sdk:
            continue
        service, action = resource.sdk_service, resource.action
        operations = operations_of(service)
        if operations is None:
            near = outline.suggestion(service, sdk_services())
            yield Finding(site.at("resource"), f"AWS's SDK has no service {service!r}", near)
        elif action not in operations:
            near = outline.suggestion(action, operations)
            yield Finding(site.at("resource"), f"{service} has no action {action!r}", near)


def _integrations(outline: Outline) -> Iterator[tuple[Site, Integration]]:
    for site in outline.of(Task):
        resource = parse_resource(site.part.resource)
        if isinstance(resource, Integration) and not is_open(f"{resource.service}:{resource.action}"):
            yield site, resource


class Request(NamedTuple):
    """What a Task sends: through which integration to which operation, and the pointer of each parameter by name."""

    resource: Integration
    operation: Operation
    pointer: str
    parameters: dict[str, str]

    def spelt(self, member: str) -> str:
        """Return a member as AWS's pages of this integration spell it."""
        return member_name(member) if self.resource.is_sdk else member

    def has(self, name: str) -> bool:
        """Tell whether a parameter is one of the integration, or a member of the request: as the API spells it, or as
        the SDK for Java does."""
        entry = self.resource.entry
        if entry is not None and name in entry.parameters:
            return True
        return any(name in (member, member_name(member)) for member in self.operation.members)


def _requests(outline: Outline) -> Iterator[Request]:
    """Yield what each Task sends whose parameters stand in the definition."""
    for site, resource in _integrations(outline):
        field = "arguments" if site.is_jsonata else "parameters"
        value: JSON = getattr(site.part, field)
        operation = _operation_of(resource) if isinstance(value, dict) and not any(map(is_open, value)) else None
        if operation is not None and isinstance(value, dict):
            pointer = site.at(field)
            parameters = {_plain(key, site): f"{pointer}/{escape(key)}" for key in value}
            yield Request(resource, operation, pointer, parameters)


def _operation_of(resource: Integration) -> Operation | None:
    """Return the operation that an integration calls; None if it is not known, or there is no single one."""
    if resource.api is None:
        return None
    service, name = resource.api
    return (operations_of(service) or {}).get(action_name(name))


def _plain(key: str, site: Site) -> str:
    return key if site.is_jsonata else key.removesuffix(".$")


@rule("ASL712", "unknown-parameter", aws=None, severity=Severity.WARNING)
def unknown_parameter(outline: Outline) -> Iterator[Finding]:
    """A Task gives an AWS service a parameter that the action does not have, or that is spelt in another way.

    Parameters are in PascalCase, also where the API of the service has camelCase. AWS refuses others; it is only a
    warning, as the action may have got a parameter since this engine was made.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": true,
          "Parameters": {"tableName": "t", "Key": {"id": {"S": "1"}}}}

        {"Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
          "Arguments": {"Bucket": "b", "Prefixes": "p/"}, "End": true}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "End": true,
          "Parameters": {"TableName": "t", "Key": {"id": {"S.$": "$.id"}}}}

        {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:rds:describeDBInstances", "End": true,
          "Parameters": {"DbInstanceIdentifier.$": "$.name"}}
    """
    for request in _requests(outline):
        for name, pointer in request.parameters.items():
            if not request.has(name):
                near = outline.suggestion(name, map(request.spelt, request.operation.members))
                message = f"{request.operation.name} has no parameter {name!r}"
                yield Finding(pointer, message, near, on_key=True)


@rule("ASL713", "missing-parameter", aws=None, severity=Severity.WARNING)
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
    for request in _requests(outline):
        folded = {name.lower() for name in request.parameters}  # another spelling is the other rule's to tell
        missing = [request.spelt(name) for name in request.operation.required if name.lower() not in folded]
        if missing:
            message = f"{request.operation.name} needs {', '.join(missing)}"
            yield Finding(request.pointer, message, on_key=True)
