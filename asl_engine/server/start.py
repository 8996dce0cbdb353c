"""Putting a service together from what was given on the command line."""

from __future__ import annotations

from collections.abc import Mapping

from asl_engine.kernel import Identity, StartTask
from asl_engine.mapruns.s3_calls import S3Endpoint
from asl_engine.mapruns.s3_objects import Folders
from asl_engine.server.keys import Keys
from asl_engine.server.logs import Logs
from asl_engine.server.mock_cases import MockConfigFile
from asl_engine.server.nested import is_nested, prepare_nested
from asl_engine.server.service import Service
from asl_engine.store import Store
from asl_engine.tasks.context import request_id
from asl_engine.tasks.integrations.aws_lambda import LambdaEndpoint
from asl_engine.tasks.integrations.aws_services import ServicesEndpoint
from asl_engine.tasks.invoke import Failure
from asl_engine.tasks.perform import AnsweredElsewhere, Fallback, Job, Performer, Work
from asl_engine.tasks.registry import Functions


def service_for(
    functions: Functions,
    aws_endpoint_url: str | None,
    skips_time: bool,
    mock_config: str | None = None,
    buckets: Mapping[str, str] | None = None,
    store: Store | None = None,
) -> Service:
    """Return a service that calls the functions, and for the others Lambda and AWS services at the endpoint.

    `buckets` are folders that stand for buckets of S3; the others are at the endpoint. Without a `store` it remembers
    as long as it lives. Raises UsageError when the MockConfigFile is none, or a folder.
    """
    mocks = MockConfigFile(mock_config) if mock_config is not None else None
    if mocks is not None:
        mocks.config()
    performer = Performer(functions)
    service = Service(performer, skips_time, mocks, store)
    performer.fallback = fallback_for(service, aws_endpoint_url)
    service.objects = Folders(buckets or {}, S3Endpoint(aws_endpoint_url) if aws_endpoint_url is not None else None)
    service.keys = Keys(aws_endpoint_url)
    service.logs = Logs(aws_endpoint_url) if aws_endpoint_url is not None else None
    return service


def fallback_for(service: Service, aws_endpoint_url: str | None) -> Fallback:
    """Return who does the tasks for which no function is registered. What nobody does fails the attempt, and says
    why."""

    def prepare(task: StartTask, identity: Identity) -> Work | Job | Failure | AnsweredElsewhere:
        resource = task.resource
        if resource.family == "Activity":
            return AnsweredElsewhere()
        is_lambda = resource.family == "LambdaFunction" or resource.is_invoke
        if is_nested(task):
            return prepare_nested(service, task, identity)
        if not is_lambda and aws_endpoint_url is None:
            cause = f"The integration {resource.text} needs an endpoint: name one with --aws-endpoint-url."
            return Failure("States.Runtime", cause)
        if not is_lambda:
            assert aws_endpoint_url is not None
            return ServicesEndpoint(aws_endpoint_url).prepare(task, identity)
        if aws_endpoint_url is None:
            wanted = resource.text if resource.family == "LambdaFunction" else task.payload["FunctionName"]
            return Failure(
                "Lambda.ResourceNotFoundException",
                f"Function not found: {wanted}. Register it with --functions, or name an endpoint that has it with "
                f"--aws-endpoint-url (Request ID: {request_id(identity, task.op)})",
            )
        return LambdaEndpoint(aws_endpoint_url, identity.region, identity.account).prepare(task, identity)

    return prepare
