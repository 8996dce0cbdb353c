"""One call of an AWS API at an endpoint: SDK integrations, and the optimised ones that are no more than a call.

Nothing here ever reaches AWS itself: a client is made for the endpoint that was given, with credentials that are good
for nothing else.
"""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from asl_engine.catalogue.sdk import sdk_name
from asl_engine.tasks.integrations.names import (
    BOTOCORE_NAMES,
    OPTIMISED_NAMES,
    exception_name,
)
from asl_engine.tasks.integrations.shapes import WrongParameters, request_of, result_of
from asl_engine.tasks.invoke import Failure
from asl_engine.values import JSON, json_text

READ_SECONDS = 70
"""How long an answer is waited for: the longest poll of any API takes a minute."""

MAX_CLIENTS = 128
"""How many clients are kept: whoever asks chooses account and region, and so how many there are."""


AS_THE_API = frozenset({"dynamodb"})
"""The services whose results have the API's own names in an SDK integration, too: the types of DynamoDB's values."""


class Api:
    """The API of one service at an endpoint, as one kind of integration sees it: `call` makes a request, and gives its
    answer or the failure in that integration's words."""

    def __init__(self, service: str, url: str, region: str, account: str) -> None:
        self.optimised = OPTIMISED_NAMES.get(service)
        name = self.optimised.botocore if self.optimised else botocore_name(service.removeprefix("aws-sdk:"))
        self.spelling = [] if self.optimised or name in AS_THE_API else [sdk_name]
        self.client = client(name, url, region, account)
        self.model = self.client.meta.service_model

    def call(self, action: str, parameters: JSON) -> dict[str, JSON] | Failure:
        """Call an action, given in camelCase. The result of an optimised integration tells of HTTP, too (recorded)."""
        from botocore.exceptions import BotoCoreError, ClientError

        operation = action[:1].upper() + action[1:]
        if operation not in self.model.operation_names:
            return Failure("States.Runtime", f"The service {self.model.service_id} has no action {action}.")
        shapes = self.model.operation_model(operation)
        try:
            request = request_of(shapes.input_shape, parameters) if shapes.input_shape else {}
        except WrongParameters as problem:
            told = f"The Parameters '{json_text(parameters)}' could not be used to start the Task: [{problem}]"
            return Failure("States.Runtime", told)
        missing = self._missing(shapes.input_shape, request)
        if missing is not None:
            return missing
        try:
            answer = self.client._make_api_call(operation, request)
            result = result_of(shapes.output_shape, answer, *self.spelling) if shapes.output_shape else {}
        except ClientError as problem:
            return self._refused(problem.response)
        except (BotoCoreError, ValueError, OSError) as problem:
            name = self.optimised.error if self.optimised else sdk_name(self.model.service_id)
            return Failure(f"{name}.SdkClientException", f"Unable to execute HTTP request: {problem}")
        assert isinstance(result, dict)
        return result | (http_metadata(answer["ResponseMetadata"]) if self.optimised else {})

    def _missing(self, shape: Any, request: dict[str, Any]) -> Failure | None:
        """Refuse a request without a member that the API wants, in the service's words (recorded: DynamoDB, SQS)."""
        missing = [name for name in shape.required_members if name not in request] if shape is not None else []
        if not missing:
            return None
        if self.model.service_name == "sqs":
            code, message = "MissingParameter", f"The request must contain the parameter {missing[0]}."
        else:
            constraint = "failed to satisfy constraint: Member must not be null"
            told = [f"Value null at '{name[:1].lower() + name[1:]}' {constraint}" for name in missing]
            count = f"{len(told)} validation error{'s' if len(told) > 1 else ''} detected"
            code, message = "ValidationException", f"{count}: {'; '.join(told)}"
        metadata = {"HTTPStatusCode": 400, "RequestId": str(uuid.uuid4()), "HTTPHeaders": {}}
        return self._refused({"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata})

    def _refused(self, response: dict[str, Any]) -> Failure:
        """Return the failure for an error of the service (recorded for both kinds of integrations)."""
        code, message = response["Error"].get("Code", ""), response["Error"].get("Message", "")
        metadata = response["ResponseMetadata"]
        status, request = metadata.get("HTTPStatusCode", 400), metadata.get("RequestId", "")
        name = exception_name(self.model, code)
        if self.optimised is not None:
            details = f"Status Code: {status}; Error Code: {code}; Request ID: {request}; Proxy: null"
            return Failure(
                f"{self.optimised.error}.{name or self.optimised.unnamed}",
                f"{message} (Service: {self.optimised.service}; {details})",
            )
        service = sdk_name(self.model.service_id)
        details = f"Service: {service}, Status Code: {status}, Request ID: {request}"
        if self.model.service_name == "s3":
            details += f", Extended Request ID: {metadata.get('HostId', '')}"
        return Failure(f"{service}.{name or service + 'Exception'}", f"{message} ({details})")


def http_metadata(metadata: dict[str, Any]) -> dict[str, JSON]:
    """Return what the result of an optimised integration says of the answer's HTTP (recorded)."""
    headers = {str(name): str(value) for name, value in metadata.get("HTTPHeaders", {}).items()}
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": metadata.get("HTTPStatusCode", 200),
        },
        "SdkResponseMetadata": {"RequestId": metadata.get("RequestId", "")},
    }


@lru_cache(maxsize=MAX_CLIENTS)
def botocore_name(service: str) -> str:
    """Return botocore's name for the service of an SDK integration."""
    from botocore.loaders import Loader

    if service in BOTOCORE_NAMES:
        return BOTOCORE_NAMES[service]
    known: dict[str, str] = {name.replace("-", ""): name for name in Loader().list_available_services("service-2")}
    return known.get(service, service)


@lru_cache(maxsize=MAX_CLIENTS)
def client(name: str, url: str, region: str, account: str) -> Any:
    """Return boto3's client of a service at an endpoint. Raises botocore's UnknownServiceError."""
    import boto3
    from botocore.config import Config

    return boto3.session.Session().client(  # a session of its own: making clients of one in threads is not safe
        name,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="local",
        config=Config(
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": 1},
            max_pool_connections=64,
            inject_host_prefix=False,
            parameter_validation=False,
            s3={"addressing_style": "path"},
        ),
    )
