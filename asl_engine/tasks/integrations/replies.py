"""Whether a result is one that a service could give, by the service's own model, which botocore carries.

Names of services and fields are those of AWS's SDK for Java, as everywhere in state machines: `aws-sdk:sfn`,
`ExecutionArn`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from asl_engine.catalogue.resource import Resource
from asl_engine.values import JSON

NOT_AN_OBJECT: Final = "the result must be a JSON object"


def reply_problem(resource: Resource, result: JSON, mode: str) -> str | None:
    """Return why the API of a task's resource could not give a result; None when it could.

    STRICT asks for required fields too, PRESENT looks at the fields that are there, NONE at nothing. Fields that the
    API does not have are taken (recorded). Nothing is known of functions and activities, of what answers a task token,
    of jobs that are waited for, and of integrations that are not one call to an API.
    """
    if mode == "NONE" or resource.family != "Task" or resource.pattern:
        return None
    top = _output_shape(resource.service, resource.action)
    if top is None:
        return None
    if not isinstance(result, dict):
        return NOT_AN_OBJECT
    if top.shape is None:
        return None
    return next(_structure_problems(top.shape, result, mode == "STRICT", top.opened), None)


_INTEGRATIONS: Final = {
    "lambda": "lambda", "dynamodb": "dynamodb", "events": "events", "states": "stepfunctions", "sqs": "sqs",
    "sns": "sns", "batch": "batch", "ecs": "ecs", "glue": "glue", "athena": "athena", "codebuild": "codebuild",
    "sagemaker": "sagemaker", "bedrock": "bedrock-runtime", "elasticmapreduce": "emr", "mediaconvert": "mediaconvert",
    "databrew": "databrew", "eks": "eks", "emr-containers": "emr-containers", "emr-serverless": "emr-serverless",
}  # fmt: skip
"""The optimised integrations, by the names that botocore has for their services."""

_SDK_NAMES: Final = {
    "sfn": "stepfunctions", "cloudwatchlogs": "logs", "eventbridge": "events", "costexplorer": "ce",
    "cognitoidentityprovider": "cognito-idp", "elasticloadbalancing": "elb", "elasticloadbalancingv2": "elbv2",
    "databasemigration": "dms", "directory": "ds", "elasticsearch": "es", "iotdataplane": "iot-data",
    "transcribe": "transcribe", "simpledb": "sdb", "marketplaceentitlement": "marketplace-entitlement",
    "applicationautoscaling": "application-autoscaling", "resourcegroupstaggingapi": "resourcegroupstaggingapi",
    "servicecatalogappregistry": "servicecatalog-appregistry", "applicationdiscovery": "discovery",
    "configservice": "config", "lexmodelbuilding": "lex-models", "lexruntime": "lex-runtime",
    "sagemakerruntime": "sagemaker-runtime", "costandusagereport": "cur", "machinelearning": "machinelearning",
}  # fmt: skip
"""The services that the SDK for Java calls otherwise than botocore does, beyond hyphens."""

_OPEN: Final = frozenset({("lambda", "Invoke", "Payload"), ("bedrock", "InvokeModel", "Body")})
"""Fields that are blobs in the API, and in the result of the integration the JSON that is in them."""


@lru_cache(maxsize=64)
def _output_shape(service: str, action: str) -> _Shape | None:
    """Return the shape of an action's answer; None when there is no such API."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    loader, is_sdk = Loader(), service.startswith("aws-sdk:")
    operation = action[:1].upper() + action[1:]
    name = _service_name(service.removeprefix("aws-sdk:"), loader) if is_sdk else _INTEGRATIONS.get(service)
    if name is None:
        return None
    services = ServiceModel(loader.load_service_model(name, "service-2"))
    if operation not in services.operation_names:
        return None
    opened = frozenset(field for kind, of, field in _OPEN if (kind, of) == (service, operation))
    return _Shape(services.operation_model(operation).output_shape, opened)


def _service_name(name: str, loader: Any) -> str | None:
    """Return what botocore calls a service of the SDK for Java."""
    known: list[str] = loader.list_available_services("service-2")
    if name in _SDK_NAMES:
        return _SDK_NAMES[name]
    return next((one for one in known if one.replace("-", "") == name), None)


class _Shape:
    """The shape of an answer, and the fields of its top that may be anything."""

    def __init__(self, shape: Any, opened: frozenset[str]) -> None:
        self.shape = shape
        self.opened = opened


def _structure_problems(
    shape: Any, value: dict[str, JSON], is_strict: bool, opened: frozenset[str] = frozenset()
) -> Iterator[str]:
    if is_strict:
        for name in shape.required_members:
            if _java_name(name) not in value:
                yield f"Required field '{_java_name(name)}' is missing"
    for name, member in shape.members.items():
        field = _java_name(name)
        if value.get(field) is not None and field not in opened:
            yield from _value_problems(member, value[field], field, is_strict)


def _java_name(name: str) -> str:
    return name[:1].upper() + name[1:]


def _value_problems(shape: Any, value: JSON, field: str, is_strict: bool) -> Iterator[str]:
    """Yield what is wrong with the value of a field, which is named without what it stands in (recorded)."""
    wanted, kinds = _KINDS.get(shape.type_name, ("", ()))
    if kinds and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
        yield f"Field '{field}' must be {wanted}"
    elif shape.type_name == "structure" and isinstance(value, dict):
        if not shape.metadata.get("document"):
            yield from _structure_problems(shape, value, is_strict)
    elif isinstance(value, list):
        for item in value:
            yield from _value_problems(shape.member, item, field, is_strict)
        yield from _bound_problems(shape, len(value), field, "length")
    elif shape.type_name == "map" and isinstance(value, dict):
        for item in value.values():
            yield from _value_problems(shape.value, item, field, is_strict)
    elif shape.type_name == "string" and isinstance(value, str):
        if shape.enum and value not in shape.enum:
            yield f"Field '{field}' is not an expected value"
        yield from _bound_problems(shape, len(value), field, "length")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield from _bound_problems(shape, value, field, "value")


_KINDS: Final[dict[str, tuple[str, tuple[type, ...]]]] = {
    "structure": ("an object", (dict,)),
    "map": ("an object", (dict,)),
    "list": ("an array", (list,)),
    "string": ("a string", (str,)),
    "blob": ("a string", (str,)),
    "timestamp": ("a string", (str,)),
    "boolean": ("a boolean", (bool,)),
    "integer": ("a number", (int, float)),
    "long": ("a number", (int, float)),
    "float": ("a number", (int, float)),
    "double": ("a number", (int, float)),
}


def _bound_problems(shape: Any, measure: float, field: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and measure < least:
        yield f"Field '{field}' is {'smaller' if what == 'length' else 'less'} than the minimum {what}"
    if most is not None and measure > most:
        yield f"Field '{field}' exceeds the maximum {what}"
