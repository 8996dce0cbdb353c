"""Tasks that AWS services do: which integration a resource names, and the work that it is."""

from __future__ import annotations

from functools import partial
from typing import Any

from asl_engine.kernel.commands import StartTask
from asl_engine.kernel.identity import Identity
from asl_engine.rules.integrations import OPTIMISED
from asl_engine.tasks.integrations.aws_call import Api
from asl_engine.tasks.integrations.names import OPTIMISED_NAMES
from asl_engine.tasks.integrations.sync_jobs import JOB_KINDS, POLL_SECONDS, JobKind
from asl_engine.tasks.invoke import Failure
from asl_engine.tasks.perform import Job, Running, Work
from asl_engine.values import JSON, json_text


class ServicesEndpoint:
    """Calls AWS services at an endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url

    def prepare(self, task: StartTask, identity: Identity) -> Work | Job | Failure:
        """Return the work of a task whose resource is an SDK integration, or an optimised one that is one call."""
        resource = task.resource
        service, action = resource.service, resource.action
        if not service.startswith("aws-sdk:") and not _is_known(service, action):
            return Failure("States.Runtime", f"The integration {resource.text} is not supported by this endpoint.")
        call = partial(self._call, service, identity)
        if resource.pattern in ("", "waitForTaskToken"):
            return lambda: call(action, task.payload)
        kind = JOB_KINDS.get((service, action))
        if kind is None:
            return Failure("States.Runtime", f"The integration {resource.text} is not supported by this endpoint.")

        def ended(answer: JSON) -> JSON | Failure | Running:
            return _look(kind, call, task.payload, answer)

        return Job(lambda: call(action, task.payload), ended, POLL_SECONDS)

    def _call(self, service: str, identity: Identity, action: str, parameters: JSON) -> JSON | Failure:
        from botocore.exceptions import UnknownServiceError

        refused = _REFUSED.get((service, action), _nothing)(parameters)
        if refused is not None:
            return refused
        try:
            api = Api(service, self.url, identity.region, identity.account)
        except UnknownServiceError:
            return Failure("States.Runtime", f"There is no service {service!r}.")
        answer = api.call(action, parameters)
        return answer if isinstance(answer, Failure) else _FINISHED.get((service, action), _as_it_is)(answer)


def _is_known(service: str, action: str) -> bool:
    return service in OPTIMISED_NAMES and action in OPTIMISED.get(service, {})


def _look(kind: JobKind, call: Any, parameters: JSON, answer: JSON) -> JSON | Failure | Running:
    """Return how a job ended; RUNNING until then."""
    description = call(kind.describe, kind.request(parameters, answer))
    return description if isinstance(description, Failure) else kind.outcome(description)


def _nothing(parameters: Any) -> None:
    return None


def _as_it_is(answer: dict[str, JSON]) -> JSON | Failure:
    return answer


def _no_such_host(parameters: Any) -> Failure | None:
    """A queue's URL is where the message is sent, so one that names no queue of a host is a host that nobody knows
    (recorded)."""
    queue = parameters.get("QueueUrl") if isinstance(parameters, dict) else None
    if not isinstance(queue, str):
        return None
    host, _, path = queue.removeprefix("https://").removeprefix("http://").partition("/")
    if path:
        return None
    return Failure("SQS.SdkClientException", f"Unable to execute HTTP request: {host}: Name or service not known")


def _entries_put(answer: dict[str, JSON]) -> JSON | Failure:
    """Entries that were not taken fail the task, and the result does not tell of HTTP (recorded)."""
    result = {name: value for name, value in answer.items() if not name.startswith("Sdk")}
    if result.get("FailedEntryCount"):
        return Failure("EventBridge.FailedEntry", json_text(result))
    return result


_REFUSED = {("sqs", "sendMessage"): _no_such_host}
_FINISHED = {("events", "putEvents"): _entries_put}
