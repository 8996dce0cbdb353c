"""The classes in which `optimised.py` describes services: one for a service, one for an action, one for a job.

What an integration changes of the request or the answer is a function over JSON that stands beside the entry. Such a
function raises `Refusal` where AWS fails the task.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asl_engine.values import JSON

SYNC: Final = "sync"
"""The pattern of a task that is over when its job has ended; `sync:2` is another way to write the result."""

TOKEN: Final = "waitForTaskToken"
"""The pattern of a task that is over when its token comes back."""


SAME_NAME: Final = ("", "")
"""The call that has the name of its action, of the service itself."""


class Refusal(Exception):
    """An integration fails the task: with an error name, and a cause."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error = error
        self.cause = cause


def sdk_metadata(headers: dict[str, str], status: int, request_id: str) -> dict[str, JSON]:
    """Return what the result of an optimised integration says of the answer's HTTP (recorded)."""
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": dict(headers),
            "HttpStatusCode": status,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }


class Job:
    """What a `.sync` task waits for.

    `describe` is the action that is asked how the job does, `request` makes that action's parameters from those of the
    task and the answer to them. Of what it answers, `description` is the result of the task, and `state` the status in
    it: `succeeded`, one of `failed`, or anything else while the job runs.
    """

    __slots__ = ("describe", "description", "failed", "request", "state", "succeeded")

    def __init__(
        self,
        describe: str,
        request: Callable[[Any, Any], dict[str, JSON]],
        description: Callable[[Any], Any],
        state: Callable[[Any], str],
        failed: str,
        succeeded: str = "SUCCEEDED",
    ) -> None:
        self.describe = describe
        self.request = request
        self.description = description
        self.state = state
        self.failed = frozenset(failed.split())
        self.succeeded = succeeded


class Action:
    """What a Task can name of a service, as `service:name`, and how it is done.

    `patterns` are the ways to wait that it has, beside going on with the answer. `api` is the call that it makes, as
    service of the SDK and operation, by default that of its own name; None where it is no single call. `check` looks
    at the parameters before, `answer` makes the result from the answer. `parameters` are those that the integration
    has, and the API has not; `withheld`, by pattern, those that only the API has. `opened` are members of the answer
    that are blobs in the API, and in the result the JSON that is in them. `job` is what `.sync` waits for, where the
    engine knows it.
    """

    __slots__ = ("answer", "api", "check", "job", "name", "opened", "parameters", "patterns", "withheld")

    def __init__(
        self,
        name: str,
        *patterns: str,
        api: tuple[str, str] | None = SAME_NAME,
        check: Callable[[Any], None] | None = None,
        answer: Callable[[Any], JSON] | None = None,
        job: Job | None = None,
        parameters: str = "",
        withheld: dict[str, str] | None = None,
        opened: str = "",
    ) -> None:
        self.name = name
        self.patterns = frozenset(patterns)
        self.api = api
        self.check = check
        self.answer = answer
        self.job = job
        self.parameters = frozenset(parameters.split())
        self.withheld = {pattern: frozenset(names.split()) for pattern, names in (withheld or {}).items()}
        self.opened = frozenset(opened.split())

    def has(self, pattern: str) -> bool:
        """Whether a Task can ask the action to wait in this way."""
        return not pattern or (SYNC if pattern == "sync:2" else pattern) in self.patterns


class Service:
    """A service with optimised integrations.

    `name` is what a Resource calls it, `label` what people do, `sdk` its name in the SDK. `error` stands before the dot
    of its errors, and `java` in the brackets of causes: the name in AWS's SDK for Java 1, which follows no rule
    (recorded: Lambda, DynamoDB, SQS, SNS). `unnamed` is the error that has no name of its own, `<java>Exception` where
    nothing else is said. Services without `error` and `java` are known, and cannot be called yet.
    """

    __slots__ = ("actions", "error", "java", "label", "name", "sdk", "unnamed")

    def __init__(
        self,
        name: str,
        label: str,
        *actions: Action,
        sdk: str = "",
        error: str = "",
        java: str = "",
        unnamed: str = "",
    ) -> None:
        self.name = name
        self.label = label
        self.sdk = sdk or name
        self.error = error
        self.java = java
        self.unnamed = unnamed or f"{java}Exception"
        for action in actions:
            if action.api is SAME_NAME:
                action.api = (self.sdk, action.name[:1].upper() + action.name[1:])
        self.actions = {action.name: action for action in actions}

    def refusal(self, shape: str | None, code: str, message: str, status: int, request_id: str) -> Refusal:
        """Return how a task fails when the service refuses a request (recorded).

        `shape` is the error in the service's model, None for a code that the model does not have. The SDK for Java 1
        has a class for each, which ends with `Exception`, and writes abbreviations as the model does.
        """
        exception = f"{shape.removesuffix('Fault').removesuffix('Exception')}Exception" if shape else None
        details = f"Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: null"
        cause = f"{message} (Service: {self.java}; {details})"
        return Refusal(f"{self.error}.{exception or self.unnamed}", cause)
