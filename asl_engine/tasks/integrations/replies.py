"""Whether a result is one that a service could give, by the service's own model, which botocore carries.

Names of services and fields are those of AWS's SDK for Java, as everywhere in state machines: `aws-sdk:sfn`,
`ExecutionArn`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from asl_engine.catalogue.resource import Integration, Resource
from asl_engine.tasks.integrations.models import service_model
from asl_engine.values import JSON

NOT_AN_OBJECT: Final = "the result must be a JSON object"


def reply_problem(resource: Resource, result: JSON, mode: str) -> str | None:
    """Return why the API of a task's resource could not give a result; None when it could.

    STRICT asks for required fields too, PRESENT looks at the fields that are there, NONE at nothing. Fields that the
    API does not have are taken (recorded). Nothing is known of functions and activities, of what answers a task token,
    of integrations that are not one call to an API, and of jobs; but an execution that is waited for is what
    DescribeExecution tells of it, in both patterns (measured by others, 2026).
    """
    if mode == "NONE" or not isinstance(resource, Integration) or resource.api is None:
        return None
    is_execution = resource.is_sync and resource.sdk_service == "sfn"
    if resource.pattern and not is_execution:
        return None
    service, operation = ("sfn", "DescribeExecution") if is_execution else resource.api
    model = service_model(service)
    if model is None or operation not in model.operation_names:
        return None
    if not isinstance(result, dict):
        return NOT_AN_OBJECT
    shape = model.operation_model(operation).output_shape
    if shape is None:
        return None
    opened = resource.entry.opened if resource.entry is not None else frozenset()
    return next(_structure_problems(shape, result, mode == "STRICT", opened), None)


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
    elif shape.type_name == "blob" and isinstance(value, str):
        yield from _bound_problems(shape, len(value.encode("utf-8", "surrogatepass")), field, "length")
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
