"""Rules about what a Task sends to a service: that the action is there, and its parameters are those of the action.

They are warnings although AWS refuses each: services get new actions and parameters every week, and what this engine's
table does not know yet must not keep a definition from being loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from asl_engine.catalogue.sdk import Action, actions_of, in_resource, sdk_name, service_names
from asl_engine.diagnostics import Finding, Severity
from asl_engine.errors import did_you_mean
from asl_engine.model.states import Task
from asl_engine.pointers import escape
from asl_engine.rules.outline import Outline, Site, is_open
from asl_engine.rules.registry import rule
from asl_engine.rules.tasks import Integration, integration_of
from asl_engine.values import JSON

_SERVICES: Final = {"events": "eventbridge", "states": "sfn"}
"""The optimised integrations whose service has another name in the SDK."""

_TWINS: Final = {"cloudwatchevents": "eventbridge"}
"""Services that the SDK for Java has twice, and botocore, which the table is made of, once."""


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
    for site, found in _integrations(outline):
        if not found.is_sdk:
            continue
        actions = actions_of(_service_of(found))
        if actions is None:
            near = did_you_mean(found.service, service_names())
            yield Finding(site.at("resource"), f"AWS's SDK has no service {found.service!r}", near)
        elif _action_of(found) is None:
            near = did_you_mean(found.action, list(actions))
            yield Finding(site.at("resource"), f"{found.service} has no action {found.action!r}", near)


def _integrations(outline: Outline) -> Iterator[tuple[Site, Integration]]:
    for site in outline.of(Task):
        resource = site.part.resource
        if resource.startswith("arn:") and not is_open(resource.partition(":states:")[2]):
            found = integration_of(resource)
            if found is not None:
                yield site, found


def _service_of(found: Integration) -> str:
    return (_TWINS if found.is_sdk else _SERVICES).get(found.service, found.service)


def _action_of(found: Integration) -> Action | None:
    """Return the action that an integration calls; None if it is not known.

    Some optimised integrations are no call of the API at all, `http:invoke` and `eks:call` among them.
    """
    actions = actions_of(_service_of(found)) or {}
    return actions.get(in_resource(found.action))


class Request(NamedTuple):
    """What a Task sends: to which action, from which place, and its parameters by name with the pointer of each."""

    action: Action
    is_sdk: bool
    pointer: str
    given: dict[str, str]

    def spelt(self, member: str) -> str:
        """Return a member as AWS's pages of this integration spell it."""
        return sdk_name(member) if self.is_sdk else member


def _requests(outline: Outline) -> Iterator[Request]:
    """Yield what each Task sends whose parameters stand in the definition."""
    for site, found in _integrations(outline):
        field = "arguments" if site.is_jsonata else "parameters"
        value: JSON = getattr(site.part, field)
        action = _action_of(found) if isinstance(value, dict) and not any(map(is_open, value)) else None
        if action is not None and isinstance(value, dict):
            pointer = site.at(field)
            given = {_plain(key, site): f"{pointer}/{escape(key)}" for key in value}
            yield Request(action, found.is_sdk, pointer, given)


def _plain(key: str, site: Site) -> str:
    return key if site.is_jsonata else key.removesuffix(".$")


def _is_member(name: str, member: str) -> bool:
    """Tell whether a parameter is a member of the request: as the API spells it, or as the SDK for Java does."""
    return name in (member, sdk_name(member))


@rule("ASL712", "unknown-parameter", aws=None, severity=Severity.WARNING)
def unknown_parameter(outline: Outline) -> Iterator[Finding]:
    """A Task gives an AWS service a parameter that the action does not have, or that is spelt otherwise.

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
        members = request.action.members
        for name, pointer in request.given.items():
            if not any(_is_member(name, member) for member in members):
                near = did_you_mean(name, [request.spelt(member) for member in members])
                message = f"{request.action.name} has no parameter {name!r}"
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
        folded = {name.lower() for name in request.given}  # another spelling is the other rule's to tell
        missing = [request.spelt(name) for name in request.action.required if name.lower() not in folded]
        if missing:
            message = f"{request.action.name} needs {', '.join(missing)}"
            yield Finding(request.pointer, message, on_key=True)
