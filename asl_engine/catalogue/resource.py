"""What a Task's `Resource` names: a Lambda function, an optimised or SDK integration, an activity."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

from asl_engine.values import JSON

Family: TypeAlias = Literal["LambdaFunction", "Task", "Activity"]
"""The history events that a resource makes: `LambdaFunctionScheduled`, `TaskScheduled`, `ActivityScheduled`."""

PATTERNS: Final = ("sync:2", "sync", "waitForTaskToken")

_INTEGRATION = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:(?P<service>aws-sdk:[^:]+|[^:]+):(?P<action>[^:].*)")
_ACTIVITY = re.compile(r"arn:[^:]*:states:[^:]*:[^:]*:activity:.+")


class Resource:
    """A parsed `Resource`.

    `text` is what the author wrote; for an integration `service` is what history calls resourceType (`lambda`,
    `aws-sdk:s3`), `action` what it calls resource without the pattern, and `pattern` one of "", "sync", "sync:2",
    "waitForTaskToken".
    """

    __slots__ = ("action", "family", "pattern", "service", "text")

    def __init__(self, text: str, family: Family, service: str, action: str, pattern: str) -> None:
        self.text = text
        self.family = family
        self.service = service
        self.action = action
        self.pattern = pattern

    @property
    def is_invoke(self) -> bool:
        """Whether it is the integration that invokes a function, in whatever pattern."""
        return (self.service, self.action) == ("lambda", "invoke")

    @property
    def waits_for_token(self) -> bool:
        """Whether the task is over when its token comes back."""
        return self.pattern == "waitForTaskToken"

    @property
    def is_sync(self) -> bool:
        """Whether the task is over when the job that it starts has ended."""
        return self.pattern.startswith("sync")

    @property
    def takes_answers(self) -> bool:
        """Whether somebody answers with a task token: it waits for one, or is an activity."""
        return self.waits_for_token or self.family == "Activity"

    @property
    def event_resource(self) -> str:
        """The name that history events give: the ARN of a function or activity, `invoke.waitForTaskToken` and so on."""
        if self.family != "Task":
            return self.text
        return f"{self.action}.{self.pattern}" if self.pattern else self.action

    @property
    def label(self) -> str:
        """The name in "The state/task '...' returned a result with a size exceeding ..." (recorded)."""
        return self.text if self.family != "Task" else self.service


def parse_resource(text: str) -> Resource:
    """Return what `text` names. Whatever is neither an integration nor an activity names a function."""
    if _ACTIVITY.fullmatch(text):
        return Resource(text, "Activity", "", "", "")
    match = _INTEGRATION.fullmatch(text)
    if match is None:
        return Resource(text, "LambdaFunction", "", "", "")
    action, pattern = match["action"], ""
    for known in PATTERNS:
        if action.endswith("." + known):
            action, pattern = action.removesuffix("." + known), known
            break
    return Resource(text, "Task", match["service"], action, pattern)


def invoked_function(resource: str, *arguments: JSON) -> str | None:
    """Return the function that a Task invokes through `lambda:invoke`, by name or ARN.

    `arguments` are its `Parameters` and `Arguments`. None where it invokes none so, and where only the input can tell
    which.
    """
    if not parse_resource(resource).is_invoke:
        return None
    for fields in arguments:
        name = fields.get("FunctionName") if isinstance(fields, dict) else None
        if isinstance(name, str):
            return None if name.startswith("{%") else name
    return None
