"""What a Task's `Resource` names: a Lambda function, an activity, an integration of a service, or nothing."""

from __future__ import annotations

import re
from typing import ClassVar, Final, Literal, TypeAlias

from asl_engine.catalogue.optimised import OPTIMISED
from asl_engine.catalogue.sdk import action_name, find_service, operation_name, service_name
from asl_engine.catalogue.service import TOKEN, Action, Service
from asl_engine.errors import did_you_mean
from asl_engine.remembered import remembered
from asl_engine.values import JSON

Family: TypeAlias = Literal["LambdaFunction", "Task", "Activity"]
"""The history events that a resource makes: `LambdaFunctionScheduled`, `TaskScheduled`, `ActivityScheduled`."""

SDK: Final = "aws-sdk:"
"""What the service of an SDK integration begins with."""


class Resource:
    """What any `Resource` tells of itself; `text` is what the author wrote.

    For an integration `service` is what history calls resourceType (`lambda`, `aws-sdk:s3`), `action` what it calls
    resource without the pattern, and `pattern` one of "", "sync", "sync:2", "waitForTaskToken"; otherwise all three are
    empty. `waits_for_token` says whether the task is over when its token comes back.
    """

    __slots__ = ("action", "pattern", "service", "text", "waits_for_token")

    family: ClassVar[Family] = "LambdaFunction"

    def __init__(self, text: str, service: str = "", action: str = "", pattern: str = "") -> None:
        self.text = text
        self.service = service
        self.action = action
        self.pattern = pattern
        self.waits_for_token = pattern == TOKEN

    @property
    def is_open(self) -> bool:
        """Whether a template fills a part of it in, so that nobody can know yet what it names."""
        return "${" in self.text

    @property
    def is_invoke(self) -> bool:
        """Whether it is the integration that invokes a function, in whatever pattern."""
        return (self.service, self.action) == ("lambda", "invoke")

    @property
    def gives_envelope(self) -> bool:
        """Whether the result is what `lambda:invoke` wraps around a function's, in its `Payload`."""
        return self.is_invoke and not self.pattern

    @property
    def is_lambda(self) -> bool:
        """Whether a function of Lambda is called, by its ARN or through the integration."""
        return self.is_invoke

    @property
    def is_sync(self) -> bool:
        """Whether the task is over when the job that it starts has ended."""
        return self.pattern.startswith("sync")

    @property
    def has_token(self) -> bool:
        """Whether the context object has a task token: also that of a job, which may end it before its time (recorded,
        September 2026)."""
        return self.waits_for_token or self.is_sync

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
    def event_name(self) -> str:
        """The name under which a history tells of it as a whole: an ARN, `lambda:invoke`, `aws-sdk:s3:getObject`."""
        return f"{self.service}:{self.event_resource}" if self.service else self.text

    @property
    def label(self) -> str:
        """The name in "The state/task '...' returned a result with a size exceeding ..." (recorded)."""
        return self.service or self.text


class LambdaFunction(Resource):
    """A function: its ARN, or the name under which it is registered here, which may be a placeholder."""

    __slots__ = ()

    @property
    def is_lambda(self) -> bool:
        """Whether it is there by an ARN of Lambda."""
        return _parts(self.text)[2:3] == ["lambda"]


class Activity(Resource):
    """An activity, which workers ask for."""

    __slots__ = ()
    family = "Activity"


class Integration(Resource):
    """An integration: an action of a service, by itself (`aws-sdk:s3:getObject`) or optimised (`sqs:sendMessage`)."""

    __slots__ = ()
    family = "Task"

    @property
    def is_sdk(self) -> bool:
        """Whether it is an action of the SDK, and not an optimised integration."""
        return self.service.startswith(SDK)

    @property
    def optimised(self) -> Service | None:
        """The entry of the service; None for an action of the SDK, and where a template fills the service in."""
        return OPTIMISED.get(self.service)

    @property
    def entry(self) -> Action | None:
        """The entry of the action; None for an action of the SDK, and where a template fills it in."""
        service = self.optimised
        return service.actions.get(self.action) if service is not None else None

    @property
    def sdk_service(self) -> str:
        """The name that the service has in the SDK: `sfn` for `states`, `dynamodb` for `aws-sdk:dynamodb`."""
        service = self.optimised
        return service.sdk if service is not None else self.service.removeprefix(SDK)

    @property
    def api(self) -> tuple[str, str] | None:
        """The call that it makes, as service of the SDK and operation; None where it is no single call."""
        if self.is_sdk:
            return self.sdk_service, operation_name(self.action)
        return self.entry.api or None if self.entry is not None else None


Problem: TypeAlias = Literal["arn", "integration", "pattern", "spelling"]
"""What is wrong with a Resource: it is no ARN, names no integration, waits as it cannot, or is misspelt."""


class Unknown(Resource):
    """Nothing that AWS knows: `why`, which `problem` that is, and as `near` a sentence on what may be meant."""

    __slots__ = ("near", "problem", "why")

    def __init__(self, text: str, problem: Problem, why: str, near: str = "") -> None:
        super().__init__(text)
        self.problem = problem
        self.why = why
        self.near = near


_PART: Final = re.compile(r"((?:\$\{[^}]*\}|[^:])*)(?::|$)")
"""A part of an ARN. A placeholder may have colons in it: `arn:${AWS::Partition}:states:::sns:publish`."""
_NAME_AND_VERSION: Final = re.compile(r"[A-Za-z0-9_-]+(:(\$LATEST|[A-Za-z0-9_-]+))?")
_NO_ARN: Final = "is not an ARN: arn:partition:service:region:account:name"
_NO_FUNCTION: Final = (
    "is not the ARN of a function: after its name there may be an alias or a version, of letters, digits, - and _"
)


@remembered(1024)
def parse_resource(text: str) -> LambdaFunction | Activity | Integration | Unknown:
    """Return what `text` names, in any partition.

    What is no ARN names a function, and so do ARNs of other services than Step Functions: one may be registered under
    them, and stand in for what is there.
    """
    if not text.startswith("arn:"):
        return LambdaFunction(text)
    parts = _parts(text)
    if len(parts) < 6 or not (parts[1] and parts[2] and "".join(parts[5:])) or re.search(r"\s", text):
        return Unknown(text, "arn", f"{text!r} {_NO_ARN}")
    if parts[2] == "states":
        if parts[5] == "activity" and "".join(parts[6:]):
            return Activity(text)
        return _integration(text, parts[5:])
    is_function = parts[2] == "lambda" and parts[5] == "function"
    if is_function and "${" not in text and not _NAME_AND_VERSION.fullmatch(":".join(parts[6:])):
        return Unknown(text, "arn", f"{text!r} {_NO_FUNCTION}")
    return LambdaFunction(text)


def _parts(text: str) -> list[str]:
    """Return the parts of an ARN, each with its placeholders."""
    parts = _PART.findall(text)
    return parts if text.endswith(":") else parts[:-1]


def _integration(text: str, parts: list[str]) -> Integration | Unknown:
    """Return the integration that the end of an ARN names. What a template fills in is not judged."""
    is_sdk = parts[0] == "aws-sdk" and len(parts) > 1
    service, names = (parts[1], parts[2:]) if is_sdk else (parts[0], parts[1:])
    action, _, pattern = ":".join(names).partition(".")
    if not service or not action:
        return Unknown(text, "integration", f"{text!r} names no action of a service")
    problem = (_sdk_problem if is_sdk else _optimised_problem)(text, service, action, pattern)
    return problem or Integration(text, SDK + service if is_sdk else service, action, pattern)


def _sdk_problem(text: str, service: str, action: str, pattern: str) -> Unknown | None:
    """Return how an integration with the SDK is misspelt, or waits as it cannot. Which services and actions there are
    is not asked, as AWS may have more by now."""
    name, right = f"{service}:{action}", f"{service.lower()}:{action_name(action)}"
    if name != right and "${" not in name:
        return Unknown(text, "spelling", f"{name} is not spelt as AWS spells it", f" Did you mean {right!r}?")
    if pattern not in ("", TOKEN) and "${" not in pattern:
        return Unknown(text, "pattern", f"{name} has no .{pattern}", did_you_mean(pattern, [TOKEN]))
    return None


def _optimised_problem(text: str, service: str, action: str, pattern: str) -> Unknown | None:
    """Return what an integration without `aws-sdk` names that is not there: the service, the action, or the pattern."""
    if "${" in service:
        return None
    known = OPTIMISED.get(service)
    if known is None:
        near = did_you_mean(service, list(OPTIMISED))
        return Unknown(
            text, "integration", f"Step Functions has no integration {service!r}", _or_sdk(near, service, action)
        )
    if "${" in action:
        return None
    entry = known.actions.get(action)
    if entry is None:
        near = did_you_mean(action, list(known.actions))
        return Unknown(
            text, "integration", f"{service} has no optimised integration {action!r}", _or_sdk(near, known.sdk, action)
        )
    if "${" in pattern or entry.has(pattern):
        return None
    return Unknown(
        text, "pattern", f"{service}:{action} has no .{pattern}", did_you_mean(pattern, sorted(entry.patterns))
    )


def _or_sdk(near: str, service: str, action: str) -> str:
    """Return a hint with the action of the SDK, where nothing is near and the SDK has the service."""
    if "Did you mean" in near or find_service(service) is None:
        return near
    return f"{near} Or use {SDK}{service_name(service)}:{action}."


def unrecognised(text: str) -> str:
    """Return what AWS says of a resource that names nothing (recorded)."""
    return (
        f"The resource provided {text} is not recognized."
        " The value is not a valid resource ARN, or the resource is not available in this region."
    )


def service_label(resource: Integration) -> str:
    """Return what people call the service of an integration: `EventBridge`, `Secrets Manager`."""
    if resource.optimised is not None:
        return resource.optimised.label
    service = find_service(resource.sdk_service)
    if service is None:
        return resource.sdk_service
    return _LABELS.get(service.name, service.service_id)


_APIS: Final = {
    action.api[0]: service.label for service in OPTIMISED.values() for action in service.actions.values() if action.api
}
_LABELS: Final = {"ssm": "Systems Manager"} | _APIS
"""What people call services of the SDK, where it is not their id."""


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
