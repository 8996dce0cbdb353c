"""Any action of any AWS service, with boto3 at an endpoint: `aws-sdk:*`, and the optimised request-response ones.

botocore's service models say which members there are and what they hold. Names are PascalCase on the side of the state
machine, whatever the service calls them. The errors of `aws-sdk` are those of AWS's Java SDK of version 2, the errors
of the optimised integrations those of version 1 (recorded).
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from asl_engine.kernel.commands import StartTask
from asl_engine.tasks.invoke import Failure
from asl_engine.tasks.perform import Work
from asl_engine.values import JSON, json_text, to_datetime


class Optimised(NamedTuple):
    """The names of an optimised integration's errors: before the dot, for what has no name, and in the cause."""

    prefix: str
    unnamed: str
    service: str


OPTIMISED: Final = {
    "dynamodb": Optimised("DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2"),
    "events": Optimised("EventBridge", "AmazonEventBridgeException", "AmazonEventBridge"),
    "sns": Optimised("SNS", "AmazonSNSException", "AmazonSNS"),
    "sqs": Optimised("SQS", "AmazonSQSException", "AmazonSQS"),
    "states": Optimised("StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions"),
}
"""The optimised integrations that are plain calls."""

_BOTO_NAMES: Final = {
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "eventbridge": "events",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
}


@cache
def boto_name(service: str) -> str | None:
    """Return what botocore calls a service that `aws-sdk` names by its id, in small letters and without blanks."""
    from botocore.loaders import Loader

    loader = Loader()
    known = loader.list_available_services("service-2")
    name = _BOTO_NAMES.get(service, service)
    if name in known:
        return str(name)
    for candidate in known:
        metadata = loader.load_service_model(candidate, "service-2")["metadata"]
        if re.sub(r"[^a-z0-9]", "", metadata.get("serviceId", "").lower()) == service:
            return str(candidate)
    return None


class ServiceEndpoint:
    """Calls services at an endpoint, with the credentials that are given."""

    def __init__(self, endpoint_url: str, region: str, account: str) -> None:
        self._options: dict[str, Any] = {
            "endpoint_url": endpoint_url,
            "region_name": region,
            "aws_access_key_id": account,
            "aws_secret_access_key": "local",
        }
        self._clients: dict[str, Any] = {}

    def prepare(self, task: StartTask) -> Work | Failure:
        """Return the work of a task; a failure for what no service has, or what has to be waited for."""
        resource = task.resource
        is_sdk = resource.service.startswith("aws-sdk:")
        service = resource.service.removeprefix("aws-sdk:")
        if resource.pattern in ("sync", "sync:2") or not (is_sdk or service in OPTIMISED):
            return Failure("States.Runtime", f"The integration {resource.text} is not supported by this endpoint yet.")
        name = boto_name(service)
        operation = resource.action[:1].upper() + resource.action[1:]
        if name is None or operation not in self._client(name).meta.service_model.operation_names:
            return Failure("States.Runtime", f"There is no action {resource.text}.")
        return lambda: self._call(name, operation, task.payload, None if is_sdk else OPTIMISED[service])

    def _client(self, name: str) -> Any:
        if name not in self._clients:
            import boto3
            from botocore.config import Config

            config = Config(
                parameter_validation=False,
                retries={"total_max_attempts": 1},
                max_pool_connections=64,
                inject_host_prefix=False,
                s3={"addressing_style": "path"},
            )
            self._clients[name] = boto3.client(name, config=config, **self._options)
        return self._clients[name]

    def _call(self, name: str, operation: str, parameters: JSON, optimised: Optimised | None) -> JSON | Failure:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._client(name)
        model = client.meta.service_model
        shapes = model.operation_model(operation)
        request = to_request(shapes.input_shape, parameters or {}) if shapes.input_shape is not None else {}
        try:
            answer = getattr(client, _method(client, operation))(**request)
        except ClientError as problem:
            return error_of(problem.response, model, optimised)
        except BotoCoreError as problem:
            prefix = optimised.prefix if optimised else java_name(model.service_id)
            return Failure(f"{prefix}.SdkClientException", f"Unable to execute HTTP request: {problem}")
        metadata = answer.pop("ResponseMetadata", {})
        result = from_response(shapes.output_shape, answer) if shapes.output_shape is not None else {}
        if optimised is None:
            return result
        if result.get("FailedEntryCount"):
            return Failure(f"{optimised.prefix}.FailedEntry", json_text(result))
        return result | described(metadata)


def _method(client: Any, operation: str) -> str:
    names: dict[str, str] = client.meta.method_to_api_mapping
    return next(method for method, api in names.items() if api == operation)


def to_request(shape: Any, value: JSON) -> Any:
    """Return a value of the state machine as the service wants it; members that are null are left out.

    Where a text or bytes are wanted, any other value stands for its JSON text (recorded).
    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        return {
            members[key.lower()]: to_request(shape.members[members[key.lower()]], item)
            for key, item in value.items()
            if item is not None and key.lower() in members
        }
    if kind == "map" and isinstance(value, dict):
        return {key: to_request(shape.value, item) for key, item in value.items()}
    if kind == "list" and isinstance(value, list):
        return [to_request(shape.member, item) for item in value]
    if kind == "string":
        return value if isinstance(value, str) else json_text(value)
    if kind == "blob":
        return (value if isinstance(value, str) else json_text(value)).encode("utf-8", "surrogatepass")
    return value


def from_response(shape: Any, value: Any) -> JSON:
    """Return what a service answered as the state machine sees it."""
    kind = shape.type_name if shape is not None else ""
    if kind == "structure" and isinstance(value, dict):
        return {
            name[:1].upper() + name[1:]: from_response(shape.members[name], item)
            for name, item in value.items()
            if name in shape.members
        }
    if kind == "map" and isinstance(value, dict):
        return {key: from_response(shape.value, item) for key, item in value.items()}
    if kind == "list" and isinstance(value, list):
        return [from_response(shape.member, item) for item in value]
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime):
        return to_datetime(value.timestamp()).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


def described(metadata: dict[str, Any]) -> dict[str, JSON]:
    """Return what an optimised integration adds to a result: how the call went."""
    headers = dict(metadata.get("HTTPHeaders", {}))
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": metadata.get("HTTPStatusCode", 200),
        },
        "SdkResponseMetadata": {"RequestId": metadata.get("RequestId", "")},
    }


def java_name(service_id: str) -> str:
    """Return how AWS's Java SDK writes a service's id: `DynamoDb`, `Sfn`, `SecretsManager`."""
    words = re.findall(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z0-9]+", service_id)
    return "".join(word[:1].upper() + word[1:].lower() for word in words)


def error_of(response: dict[str, Any], model: Any, optimised: Optimised | None) -> Failure:
    """Return the failure for an error of a service, in the words of the integration."""
    code, message = response["Error"].get("Code", ""), response["Error"].get("Message", "")
    metadata = response.get("ResponseMetadata", {})
    status, request = metadata.get("HTTPStatusCode", 400), metadata.get("RequestId", "")
    named = _exception(model, code)
    if optimised is not None:
        told = f"(Service: {optimised.service}; Status Code: {status}; Error Code: {code}; Request ID: {request}"
        return Failure(f"{optimised.prefix}.{named or optimised.unnamed}", f"{message} {told}; Proxy: null)")
    prefix = java_name(model.service_id)
    more = f", Extended Request ID: {metadata.get('HostId', '')}" if model.service_id == "S3" else ""
    told = f"(Service: {prefix}, Status Code: {status}, Request ID: {request}{more})"
    return Failure(f"{prefix}.{named or prefix + 'Exception'}", f"{message} {told}")


def _exception(model: Any, code: str) -> str | None:
    """Return the name of the exception that the service's model has for an error code."""
    for shape in model.error_shapes:
        if code in (shape.name, shape.metadata.get("error", {}).get("code")):
            name: str = shape.name
            return name if name.endswith("Exception") else name + "Exception"
    return None
