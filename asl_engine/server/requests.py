"""Checks of a request against the service's own model, which botocore carries, in AWS's words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any, Final

from asl_engine.mapruns.readers.delimited import hash_order
from asl_engine.server.errors import ApiError, ModelViolation

MAX_SHOWN = 1_024
"""How many characters of a wrong value are repeated in the answer."""

MAX_PROBLEMS: Final = 100
"""How many things that are wrong with a request are told."""


@cache
def service_model() -> Any:
    """Return botocore's model of the service."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    return ServiceModel(Loader().load_service_model("stepfunctions", "service-2"))


def without_nulls(value: Any) -> Any:
    """Return a request without the members that are null, which mean the same as those that are not there."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def check_request(operation: str, request: dict[str, Any]) -> None:
    """Refuse a request that does not fit the model: a member missing, of another type, too long, too large, not in the
    list."""
    shape = service_model().operation_model(operation).input_shape
    if shape is None:
        return
    _check_types(shape, request, "")
    problems = list(islice(_problems(shape, request, ""), MAX_PROBLEMS))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise ModelViolation("ValidationException", count + "; ".join(problems))


def _check_types(shape: Any, value: Any, path: str) -> None:
    """Refuse what has a member of another type, before anything is said of the values."""
    if value is None:
        return
    wanted = _PYTHON.get(shape.type_name)
    if wanted is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted)):
        raise ApiError("SerializationException", f"The value at '{path}' is not of the type {shape.type_name}.")
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            _check_types(member, value.get(name), _joined(path, name))
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            _check_types(shape.member, item, f"{path}.{index + 1}.member")
    elif shape.type_name == "map":
        for name, item in value.items():
            _check_types(shape.value, item, f"{path}.{name}.member")


def _problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    if value is None:
        return
    if shape.type_name == "structure":
        for name in shape.required_members:
            if value.get(name) is None:
                yield f"Value null at '{_joined(path, name)}' failed to satisfy constraint: Member must not be null"
        for name, member in shape.members.items():
            yield from _problems(member, value.get(name), _joined(path, name))
    elif shape.type_name == "list":
        yield from _bounds(shape, value, len(value), path)
        for index, item in enumerate(value):
            if item is None:
                where = f"{path}.{index + 1}.member"
                yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"
            yield from _problems(shape.member, item, f"{path}.{index + 1}.member")
    elif shape.type_name == "string":
        yield from _bounds(shape, value, len(value), path)
        yield from _text_problems(shape, value, path)
    elif shape.type_name in ("integer", "long", "float", "double"):
        yield from _bounds(shape, value, value, path)
    elif shape.type_name == "map":
        for name, item in value.items():
            yield from _problems(shape.value, item, f"{path}.{name}.member")


_PYTHON: dict[str, tuple[type, ...]] = {
    "structure": (dict,),
    "list": (list,),
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "map": (dict,),
    "boolean": (bool,),
}


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(shape: Any, value: Any) -> str:
    text = value if isinstance(value, str) else _java_text(shape, value)
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "..."


def _java_text(shape: Any, value: Any) -> str:
    """Return a value as the service prints it, which is written in Java (recorded)."""
    if isinstance(value, list):
        return f"[{', '.join(_java_text(shape.member, item) for item in value)}]"
    if isinstance(value, dict) and shape.type_name == "structure":
        members = [f"{name}={_java_text(shape.members[name], value[name])}" for name in shape.members if name in value]
        return f"{shape.name}({', '.join(members)})"
    return value if isinstance(value, str) else json.dumps(value)


def _bounds(shape: Any, value: Any, measure: float, path: str) -> Iterator[str]:
    what = "value" if shape.type_name in ("integer", "long", "float", "double") else "length"
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is None or measure >= least) and (most is None or measure <= most):
        return
    failed = f"Value '{_shown(shape, value)}' at '{path}' failed to satisfy constraint: Member must have {what}"
    if least is not None and measure < least:
        yield f"{failed} greater than or equal to {least}"
    if most is not None and measure > most:
        yield f"{failed} less than or equal to {most}"


def _text_problems(shape: Any, value: str, path: str) -> Iterator[str]:
    pattern = shape.metadata.get("pattern")
    failed = f"Value '{_shown(shape, value)}' at '{path}' failed to satisfy constraint: Member must satisfy"
    if pattern is not None and re.fullmatch(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"), value) is None:
        yield f"{failed} regular expression pattern: {pattern}"
    if shape.enum and value not in shape.enum:
        names = (shape.enum[at] for at in hash_order(shape.enum))  # a hash set of Java's (recorded, September 2026)
        yield f"{failed} enum value set: [{', '.join(names)}]"
