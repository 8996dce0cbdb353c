"""Tasks that AWS services do: the work that an integration is, at an endpoint."""

from __future__ import annotations

from functools import partial
from typing import Final

from asl_engine.catalogue.resource import Integration
from asl_engine.catalogue.sdk import operation_name
from asl_engine.catalogue.service import Job as JobEntry
from asl_engine.catalogue.service import Refusal
from asl_engine.kernel.commands import StartTask
from asl_engine.kernel.failures import TASK_FAILED
from asl_engine.kernel.identity import Identity
from asl_engine.tasks.integrations.aws_call import Api, Call, refused_request
from asl_engine.tasks.integrations.models import installed_name
from asl_engine.tasks.invoke import Failure, failure_of
from asl_engine.tasks.perform import RUNNING, Job, Running, Work
from asl_engine.values import JSON, json_text

POLL_SECONDS: Final = 1.0
"""How long to wait between two looks at a job."""


class ServicesEndpoint:
    """Calls AWS services at an endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url

    def prepare(self, task: StartTask, identity: Identity) -> Work | Job | Failure:
        """Return the work of a task whose resource is an SDK integration, or an optimised one that is one call."""
        resource = task.resource
        if not isinstance(resource, Integration) or not _is_callable(resource):
            return Failure("States.Runtime", f"The integration {resource.text} is not supported by this endpoint.")
        work = partial(self._work, resource, identity, task.payload)
        if not resource.is_sync:
            return work
        job = resource.entry.job if resource.entry is not None else None
        if job is None:
            return Failure("States.Runtime", f"The integration {resource.text} is not supported by this endpoint.")

        def ended(answer: JSON) -> JSON | Failure | Running:
            return self._look(resource, identity, job, job.request(task.payload, answer))

        return Job(work, ended, POLL_SECONDS)

    def _work(self, resource: Integration, identity: Identity, parameters: JSON) -> JSON | Failure:
        """Make the call of an integration, with what the integration adds before and after."""
        entry = resource.entry
        assert resource.api is not None
        refused = refused_request(resource, parameters)
        if refused is not None:
            return refused
        try:
            if entry is not None and entry.check is not None:
                entry.check(parameters)
            answer = self._call(resource, identity, resource.api, parameters)
            if isinstance(answer, Failure) or entry is None or entry.answer is None:
                return answer
            return entry.answer(answer)
        except Refusal as refusal:
            return failure_of(refusal)

    def _look(
        self, resource: Integration, identity: Identity, job: JobEntry, request: dict[str, JSON]
    ) -> JSON | Failure | Running:
        """Return the task's result when its job is over; RUNNING until then."""
        answer = self._call(resource, identity, (resource.sdk_service, operation_name(job.describe)), request)
        if isinstance(answer, Failure):
            return answer
        description: JSON = job.description(answer)
        state = job.state(description)
        if state == job.succeeded:
            return description
        return Failure(TASK_FAILED, json_text(description)) if state in job.failed else RUNNING

    def _call(
        self, resource: Integration, identity: Identity, call: Call, parameters: JSON
    ) -> dict[str, JSON] | Failure:
        service, operation = call
        name = installed_name(service)
        if name is None:
            return Failure("States.Runtime", f"The installed boto3 has no service {resource.service!r}.")
        api = Api(name, resource.optimised, self.url, identity.region, identity.account)
        return api.call(operation, parameters)


def _is_callable(resource: Integration) -> bool:
    return resource.api is not None and (resource.optimised is None or bool(resource.optimised.error))
