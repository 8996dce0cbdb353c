"""Putting a service together from what was given on the command line."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from asl_engine.kernel import Identity, StartTask
from asl_engine.server.service import Service
from asl_engine.tasks.context import request_id
from asl_engine.tasks.invoke import Failure
from asl_engine.tasks.perform import Elsewhere, Outside, Performer, Work
from asl_engine.tasks.registry import Functions

if TYPE_CHECKING:
    from asl_engine.tasks.integrations.aws_lambda import LambdaEndpoint


def service_for(functions: Functions, aws_endpoint_url: str | None, skips_time: bool) -> Service:
    """Return a service that calls the functions, and Lambda at the endpoint for the others."""
    return Service(Performer(functions, elsewhere(aws_endpoint_url)), skips_time)


def elsewhere(aws_endpoint_url: str | None) -> Elsewhere:
    """Return who does the tasks for which no function is registered. What nobody does fails the attempt, and says
    why."""

    def prepare(task: StartTask, identity: Identity) -> Work | Failure | Outside:
        resource = task.resource
        if resource.family == "Activity":
            return Outside()
        is_lambda = resource.family == "LambdaFunction" or (resource.service, resource.action) == ("lambda", "invoke")
        if not is_lambda:
            return Failure("States.Runtime", f"The integration {resource.text} is not supported by this endpoint yet.")
        if aws_endpoint_url is None:
            wanted = resource.text if resource.family == "LambdaFunction" else task.payload["FunctionName"]
            return Failure(
                "Lambda.ResourceNotFoundException",
                f"Function not found: {wanted}. Register it with --functions, or name an endpoint that has it with "
                f"--aws-endpoint-url (Request ID: {request_id(identity, task.op)})",
            )
        return _lambda_at(aws_endpoint_url, identity.region, identity.account).prepare(task, identity)

    return prepare


@cache
def _lambda_at(url: str, region: str, account: str) -> LambdaEndpoint:
    from asl_engine.tasks.integrations.aws_lambda import LambdaEndpoint

    return LambdaEndpoint(url, region, account)
