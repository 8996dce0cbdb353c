"""Rules about the context object, and about task tokens, which come from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from asl_engine.catalogue.resource import Resource, parse_resource
from asl_engine.diagnostics import Finding, Severity
from asl_engine.model.states import Map, Task
from asl_engine.rules.expressions import dynamic_texts
from asl_engine.rules.outline import Outline, Site, StateSite, is_open
from asl_engine.rules.registry import rule

_CONTEXT_MEMBERS: Final = re.compile(
    r"\$\.(Execution\.(?:Id|Input|Name|RoleArn|StartTime|RedriveCount|RedriveTime)|StateMachine\.(?:Id|Name)"
    r"|State\.(?:EnteredTime|Name|RetryCount)|Task\.Token|Map\.Item\.(?:Index|Value|Key|Source))\b"
)
_ITEM: Final = re.compile(r"\$\$\.Map\.Item\b|\$states\.context\.Map\.Item\b")
_TOKEN: Final = re.compile(r"\$\$\.Task\.Token\b|\$states\.context\.Task\.Token\b")
_WHOLE: Final = re.compile(r"\$\$(?:\.Task)?(?![.\w\[])|\$states(?:\.context(?:\.Task)?)?(?![.\w\[])")
"""The whole context object, or the part of it in which the token is."""


@rule("ASL421", "context-with-one-dollar", aws=None, severity=Severity.WARNING)
def context_with_one_dollar(outline: Outline) -> Iterator[Finding]:
    """A path reads what is part of the context object from the data: one dollar sign is missing.

    Bad:
        {"Type": "Pass", "Parameters": {"id.$": "$.Execution.Id"}, "End": true}

    Good:
        {"Type": "Pass", "Parameters": {"id.$": "$$.Execution.Id"}, "End": true}
    """
    for site, pointer, text in outline.once(dynamic_texts):
        member = None if site.is_jsonata else _CONTEXT_MEMBERS.search(text)
        if member is not None and not text[: member.start()].endswith("$"):
            near = f" Did you mean '${member[0]}'?"
            yield Finding(pointer, f"{member[0]} is read from the data, and is a part of the context object", near)


@rule("ASL422", "item-outside-map", aws=None, severity=Severity.WARNING)
def item_outside_map(outline: Outline) -> Iterator[Finding]:
    """The item of a Map is read where no Map is around: the state fails.

    `$$.Map.Item` exists in the `ItemSelector` (or `Parameters`) of a Map and in the states of its processor.

    Bad:
        {"Type": "Pass", "Parameters": {"i.$": "$$.Map.Item.Index"}, "End": true}

    Good:
        {"Type": "Map", "ItemSelector": {"i.$": "$$.Map.Item.Index"}, "End": true,
          "ItemProcessor": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}}
    """
    for site, pointer, text in outline.once(dynamic_texts):
        if _ITEM.search(text) and site.state is not None and not _is_in_map(site.state):
            yield Finding(pointer, "the item of a Map exists in a Map only, and there is none around this state")


def _is_in_map(state: StateSite) -> bool:
    holder: StateSite | None = state
    while holder is not None:
        if isinstance(holder.part, Map):
            return True
        holder = holder.block.holder
    return False


def _resource(site: Site) -> Resource | None:
    return parse_resource(site.part.resource) if isinstance(site.part, Task) else None


def _waits_for_token(site: Site) -> bool:
    resource = _resource(site)
    return resource is not None and resource.waits_for_token


@rule("ASL423", "token-without-callback", aws=None, severity=Severity.WARNING)
def token_without_callback(outline: Outline) -> Iterator[Finding]:
    """A task token is read in a state that has none: only a `.waitForTaskToken` task does.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
          "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
          "TimeoutSeconds": 3600, "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}}
    """
    for site, pointer, text in outline.once(dynamic_texts):
        state = site.state
        if state is None or not _TOKEN.search(text) or _waits_for_token(state):
            continue
        resource = _resource(state)
        if resource is None or not (resource.is_open or resource.is_sync):  # whether a job has a token is not known
            near = " Add .waitForTaskToken to the Resource."
            yield Finding(pointer, "there is no task token in this state, and the path leads nowhere", near)


@rule("ASL424", "callback-without-token", aws=None, severity=Severity.WARNING)
def callback_without_token(outline: Outline) -> Iterator[Finding]:
    """A `.waitForTaskToken` task passes its token to nobody, so that nobody can answer: it can only time out.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
          "TimeoutSeconds": 3600, "Parameters": {"QueueUrl": "q", "MessageBody": "sign, please"}}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
          "TimeoutSeconds": 3600, "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}}
    """
    passed = {
        id(site.state)
        for site, _, text in outline.once(dynamic_texts)
        if _TOKEN.search(text) or _WHOLE.search(text) or is_open(text)
    }
    for state in outline.of(Task):
        if _waits_for_token(state) and id(state) not in passed:
            name = "arguments" if state.is_jsonata else "parameters"
            template = getattr(state.part, name)
            if not (isinstance(template, str) and is_open(template)):
                token = "$states.context.Task.Token" if state.is_jsonata else "$$.Task.Token"
                message = f"the task waits for an answer, and passes {token} to nobody"
                yield Finding(state.pointer, message, on_key=True)


@rule("ASL425", "callback-without-limit", aws=None, severity=Severity.WARNING, is_default=False)
def callback_without_limit(outline: Outline) -> Iterator[Finding]:
    """A `.waitForTaskToken` task has neither a timeout nor a heartbeat: an answer that is lost costs up to a year.

    Bad:
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
          "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}}

    Good:
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": true,
          "HeartbeatSeconds": 3600, "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}}}
    """
    limits = {"timeout_seconds", "timeout_seconds_path", "heartbeat_seconds", "heartbeat_seconds_path"}
    for state in outline.of(Task):
        if _waits_for_token(state) and state.fields.isdisjoint(limits):
            near = " Give it TimeoutSeconds or HeartbeatSeconds."
            yield Finding(
                state.pointer, "the task waits up to a year for an answer that may be lost", near, on_key=True
            )
