"""Putting a service together from what was given on the command line."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from asl_engine.kernel import Identity, StartTask
from asl_engine.server.service import Service
from asl_engine.tasks.context import request_id
from asl_engine.tasks.invoke import Failure
from asl_engine.tasks.perform import Elsewhere, Job, Outside, Performer, Soon, Work
from asl_engine.tasks.registry import Functions

if TYPE_CHECKING:
    from asl_engine.tasks.integrations.aws_lambda import LambdaEndpoint
    from asl_engine.tasks.integrations.aws_service import ServiceEndpoint


def service_for(functions: Functions, aws_endpoint_url: str | None, skips_time: bool) -> Service:
    """Return a service that calls the functions, itself, and services at the endpoint for the rest."""
    from asl_engine.server.nested import Nested, is_nested

    others = elsewhere(aws_endpoint_url)

    def prepare(task: StartTask, identity: Identity) -> Work | Soon | Job | Failure | Outside:
        return nested.prepare(task, identity) if is_nested(task) else others(task, identity)

    service = Service(Performer(functions, prepare), skips_time)
    nested = Nested(service)
    return service


def elsewhere(aws_endpoint_url: str | None) -> Elsewhere:
    """Return who does the tasks for which no function is registered. What nobody does fails the attempt, and says
    why."""

    def prepare(task: StartTask, identity: Identity) -> Work | Failure | Outside:
        resource = task.resource
        if resource.family == "Activity":
            return Outside()
        is_lambda = resource.family == "LambdaFunction" or (resource.service, resource.action) == ("lambda", "invoke")
        if aws_endpoint_url is not None:
            if is_lambda:
                return _lambda_at(aws_endpoint_url, identity.region, identity.account).prepare(task, identity)
            return _services_at(aws_endpoint_url, identity.region, identity.account).prepare(task)
        if not is_lambda:
            told = f"The integration {resource.text} needs an endpoint: name one with --aws-endpoint-url"
            return Failure("States.Runtime", f"{told}, or register a function under that name with --functions.")
        wanted = resource.text if resource.family == "LambdaFunction" else task.payload["FunctionName"]
        return Failure(
            "Lambda.ResourceNotFoundException",
            f"Function not found: {wanted}. Register it with --functions, or name an endpoint that has it with "
            f"--aws-endpoint-url (Request ID: {request_id(identity, task.op)})",
        )

    return prepare


@cache
def _lambda_at(url: str, region: str, account: str) -> LambdaEndpoint:
    from asl_engine.tasks.integrations.aws_lambda import LambdaEndpoint

    return LambdaEndpoint(url, region, account)


@cache
def _services_at(url: str, region: str, account: str) -> ServiceEndpoint:
    from asl_engine.tasks.integrations.aws_service import ServiceEndpoint

    return ServiceEndpoint(url, region, account)
