"""One call of an AWS API at an endpoint: SDK integrations, and the optimised ones that are no more than a call.

Nothing here ever reaches AWS itself: a client is made for the endpoint that its caller names, with credentials that are
good for nothing else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

from asl_engine.catalogue.parameters import never_open
from asl_engine.catalogue.parameters import request_of as request_of_integration
from asl_engine.catalogue.resource import Integration
from asl_engine.catalogue.sdk import AS_THE_API, action_name, error_prefix, exception_class, member_name
from asl_engine.catalogue.service import Service, sdk_metadata
from asl_engine.tasks.integrations.models import class_of_error
from asl_engine.tasks.integrations.shapes import Results, WrongParameters, as_text, request_of
from asl_engine.tasks.invoke import Failure, failure_of
from asl_engine.values import JSON, json_text

Call: TypeAlias = tuple[str, str]
"""A service of the SDK, and one of its operations."""

READ_SECONDS: Final = 70
"""How long an answer is waited for: the longest poll of any API takes a minute."""

MAX_CLIENTS: Final = 128
"""How many clients are kept: whoever asks chooses account and region, and so how many there are."""


_LISTED: Final[dict[str, Callable[[datetime], JSON]]] = {"s3": datetime.timestamp}
"""What times in lists of a service are, where they are no texts: seconds, of S3's objects (recorded, 2026-09)."""


class Api:
    """The API of one service at an endpoint, as one kind of integration sees it: `call` makes a request, and gives its
    answer or the failure in that integration's words."""

    def __init__(self, name: str, optimised: Service | None, url: str, region: str, account: str) -> None:
        self.optimised = optimised
        is_respelt = optimised is None and name not in AS_THE_API
        self.results = Results(member_name, _LISTED.get(name, as_text)) if is_respelt else Results()
        self.client = client(name, url, region, account)
        self.model = self.client.meta.service_model

    def call(self, operation: str, parameters: JSON) -> dict[str, JSON] | Failure:
        """Call an operation. The result of an optimised integration tells of HTTP, too (recorded)."""
        from botocore.exceptions import BotoCoreError, ClientError

        if operation not in self.model.operation_names:
            message = f"The service {self.model.service_id} has no action {action_name(operation)}."
            return Failure("States.Runtime", message)
        shapes = self.model.operation_model(operation)
        try:
            request = request_of(shapes.input_shape, parameters) if shapes.input_shape else {}
        except WrongParameters as problem:
            return unusable(parameters, problem)
        missing = self._missing(shapes.input_shape, request)
        if missing is not None:
            return missing
        try:
            answer = self.client._make_api_call(operation, request)
            result = self.results.of(shapes.output_shape, answer) if shapes.output_shape else {}
        except ClientError as problem:
            return self._refused(problem.response)
        except (BotoCoreError, ValueError, OSError) as problem:
            name = self.optimised.error if self.optimised else error_prefix(self.model.service_id)
            return Failure(f"{name}.SdkClientException", f"Unable to execute HTTP request: {problem}")
        assert isinstance(result, dict)
        if not self.optimised:
            return result
        return dict(sorted((result | http_metadata(answer["ResponseMetadata"])).items()))

    def _missing(self, shape: Any, request: dict[str, Any]) -> Failure | None:
        """Refuse a request without a member that the API wants, in the service's words (recorded: DynamoDB, SQS)."""
        missing = [name for name in shape.required_members if name not in request] if shape is not None else []
        if not missing:
            return None
        if self.model.service_name == "sqs":
            code, message = "MissingParameter", f"The request must contain the parameter {missing[0]}."
        else:
            constraint = "failed to satisfy constraint: Member must not be null"
            errors = [f"Value null at '{name[:1].lower() + name[1:]}' {constraint}" for name in missing]
            count = f"{len(errors)} validation error{'s' if len(errors) > 1 else ''} detected"
            code, message = "ValidationException", f"{count}: {'; '.join(errors)}"
        metadata = {"HTTPStatusCode": 400, "RequestId": str(uuid.uuid4()), "HTTPHeaders": {}}
        return self._refused({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata})

    def _refused(self, response: dict[str, Any]) -> Failure:
        """Return the failure for an error of the service (recorded for both kinds of integrations)."""
        error, metadata = response["Error"], response["ResponseMetadata"]
        code, message = error.get("Code", ""), error.get("Message", "")
        status, request = metadata.get("HTTPStatusCode", 400), metadata.get("RequestId", "")
        shape = class_of_error(self.model, error)
        if self.optimised is not None:
            return failure_of(self.optimised.refusal(shape, code, message, status, request))
        more = ""
        if self.model.service_name == "s3":  # the real one always names a second id; stand-ins for it often do not
            more = f", Extended Request ID: {metadata.get('HostId') or request}"
        return sdk_failure(error_prefix(self.model.service_id), shape, message, status, request, more)


def sdk_failure(service: str, shape: str | None, message: str, status: int, request_id: str, more: str = "") -> Failure:
    """Return how a task of an SDK integration fails when the service refuses a request (recorded, September 2026).

    `shape` is the error in the service's model, None for a code that the model does not have; `more` is what else the
    service says of its answer.
    """
    error = exception_class(shape) if shape is not None else f"{service}Exception"
    details = f"Service: {service}, Status Code: {status}, Request ID: {request_id}{more}"
    return Failure(f"{service}.{error}", f"{message} ({details}) (SDK Attempt Count: 1)")


def refused_request(resource: Integration, parameters: JSON) -> Failure | None:
    """Return the failure of a task whose parameters are not those of its operation; None when they are."""
    request = request_of_integration(resource)
    problems = request.problems(parameters, False, never_open) if request and isinstance(parameters, dict) else []
    text = ", ".join(problem.text + problem.near for problem in problems if problem.is_said)
    return unusable(parameters, text) if text else None


def unusable(parameters: JSON, problem: WrongParameters | str) -> Failure:
    """Return the failure of a task whose parameters cannot be sent (recorded)."""
    cause = f"The Parameters '{json_text(parameters)}' could not be used to start the Task: [{problem}]"
    return Failure("States.Runtime", cause)


def http_metadata(metadata: dict[str, Any]) -> dict[str, JSON]:
    """Return what botocore knows of an answer's HTTP as the result of an optimised integration says it."""
    headers = {str(name): str(value) for name, value in metadata.get("HTTPHeaders", {}).items()}
    return sdk_metadata(headers, metadata.get("HTTPStatusCode", 200), metadata.get("RequestId", ""))


@lru_cache(maxsize=MAX_CLIENTS)
def client(name: str, url: str, region: str, account: str, *, attempts: int = 1, **options: Any) -> Any:
    """Return boto3's client of a service at an endpoint, by botocore's name. `options` are more of botocore's Config.

    Raises botocore's UnknownServiceError.
    """
    import boto3
    from botocore.config import Config

    usual: dict[str, Any] = {
        "read_timeout": READ_SECONDS,
        "retries": {"total_max_attempts": attempts},
        "max_pool_connections": 64,
        "inject_host_prefix": False,
        "parameter_validation": False,
        "s3": {"addressing_style": "path"},
    }
    made = boto3.session.Session().client(  # a session of its own: making clients of one in threads is not safe
        name,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="local",
        config=Config(**(usual | options)),
    )
    for event, handler in _of_botocore_alone():
        made.meta.events.unregister(event, handler)
    return made


@cache
def _of_botocore_alone() -> list[tuple[str, Any]]:
    """Return what botocore does to requests and answers, and the SDK for Java does not: names of objects asked for in
    another encoding (recorded: no EncodingType in a list), texts made objects, user data encoded."""
    from botocore import handlers

    return [item[:2] for item in handlers.BUILTIN_HANDLERS if getattr(item[1], "__name__", "") in _BOTOCORES]


_BOTOCORES: Final = frozenset(
    {
        "set_list_objects_encoding_type_url",
        "json_decode_policies",
        "json_decode_template_body",
        "decode_console_output",
        "base64_encode_user_data",
    }
)
