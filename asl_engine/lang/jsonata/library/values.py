"""Functions of arrays and objects, and those that concern any value."""

from __future__ import annotations

from typing import Any

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.values.judgements import equal, is_number
from asl_engine.lang.jsonata.values.sequences import Outer, Sequence, appended, looked_up
from asl_engine.lang.jsonata.values.value import UNDEFINED, Function, Value, is_function


def keys(runtime: Runtime, value: Value) -> Value:
    """`$keys`."""
    names: dict[str, None] = {}
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            runtime.charge(len(item))
            waiting.extend(reversed(item))
        elif isinstance(item, dict):
            runtime.charge(len(item))
            names.update(dict.fromkeys(item))
    return Sequence(names)


def lookup(runtime: Runtime, value: Value, key: Value) -> Value:
    """`$lookup`."""
    if key is UNDEFINED:
        return UNDEFINED
    _charge_lists(runtime, value)
    return looked_up(value, key)


def _charge_lists(runtime: Runtime, value: Value) -> None:
    """Count the items of arrays in arrays, each as often as it is met."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            runtime.charge(len(item))
            waiting.extend(item)


def append(runtime: Runtime, first: Value, second: Value) -> Value:
    """`$append`."""
    for value in (first, second):
        if isinstance(value, list):
            runtime.charge(len(value))
    return appended(first, second)


def exists(runtime: Runtime, value: Value) -> Value:
    """`$exists`."""
    return value is not UNDEFINED


def spread(runtime: Runtime, value: Value) -> Value:
    """`$spread`."""
    if isinstance(value, list):
        out: Value = Sequence()
        runtime.charge(len(value))
        for item in value:
            parts = spread(runtime, item)
            if isinstance(parts, list) and type(out) is list:
                out.extend(parts)
            else:
                out = appended(out, parts)
        return out
    if isinstance(value, dict):
        runtime.charge(len(value))
        return Sequence([{key: item} for key, item in value.items()])
    return value


def merge(runtime: Runtime, values: Any) -> Value:
    """`$merge`."""
    if values is UNDEFINED:
        return values
    out: dict[str, Any] = {}
    for value in values:
        runtime.charge(1 + len(value))
        out.update(value)
    return out


def reverse(runtime: Runtime, values: Any) -> Value:
    """`$reverse`."""
    if values is UNDEFINED or len(values) <= 1:
        return values
    runtime.charge(len(values))
    return list(reversed(values))


def shuffle(runtime: Runtime, values: Any) -> Value:
    """`$shuffle`."""
    if values is UNDEFINED or len(values) <= 1:
        return values
    runtime.charge(len(values))
    out: list[Any] = []
    for value in values:
        place = int(runtime.random.random() * (len(out) + 1))
        out.append(value)
        out[place], out[-1] = out[-1], out[place]
    return out


def zip_(runtime: Runtime, *arrays: Any) -> Value:
    """`$zip`."""
    if any(not isinstance(array, list) for array in arrays):
        return []
    runtime.charge((8 + len(arrays)) * min(map(len, arrays), default=0))
    return [list(items) for items in zip(*arrays, strict=False)]


def distinct(runtime: Runtime, values: Value) -> Value:
    """`$distinct`."""
    if not isinstance(values, list) or len(values) <= 1:
        return values
    out: list[Any] = Sequence() if isinstance(values, Sequence) else []
    simple: set[Any] = set()
    for value in values:
        runtime.charge(1)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            if value not in simple:
                simple.add(value)
                out.append(value)
        else:
            runtime.charge(len(out) - len(simple))
            if not any(equal(value, other, charge=runtime.charge) for other in out):
                out.append(value)
    return out


def error(runtime: Runtime, message: Value = UNDEFINED) -> Value:
    """`$error`."""
    raise JSONataError("D3137", message=message or "$error() function evaluated")


def assert_(runtime: Runtime, condition: Value, message: Value = UNDEFINED) -> Value:
    """`$assert`."""
    if not condition:
        raise JSONataError("D3141", message=message or "$assert() statement failed")
    return UNDEFINED


_names = {str: "string", bool: "boolean", dict: "object", type(None): "null"}


def type_(runtime: Runtime, value: Value) -> Value:
    """`$type`."""
    if value is UNDEFINED:
        return value
    if name := _names.get(type(value)):
        return name
    if isinstance(value, (int, float)):
        return "number" if is_number(value) else "object"
    return "array" if isinstance(value, list) else "function" if is_function(value) else "object"


def clone(runtime: Runtime, value: Value) -> Value:
    """`$clone`; functions become empty texts, as in JSON text."""
    if value is UNDEFINED:
        return value
    if type(value) is Outer:
        value = value[0]
    return _copied(value, runtime)


def _copied(value: Any, runtime: Runtime) -> Any:
    runtime.charge(1)
    if isinstance(value, dict):
        return {key: _copied(item, runtime) for key, item in value.items() if item is not UNDEFINED}
    if isinstance(value, list):
        return [_copied(item, runtime) for item in value]
    return "" if isinstance(value, Function) else value


def now(runtime: Runtime, picture: Value = UNDEFINED, timezone: Value = UNDEFINED) -> Value:
    """`$now`."""
    return from_millis(runtime, runtime.now, picture, timezone)


def millis(runtime: Runtime) -> Value:
    """`$millis`."""
    return runtime.now


def from_millis(runtime: Runtime, value: Value, picture: Value = UNDEFINED, timezone: Value = UNDEFINED) -> Value:
    """`$fromMillis`."""
    from asl_engine.lang.jsonata.pictures import datetimes

    if value is UNDEFINED:
        return value
    runtime.charge_picture(value, picture)
    return datetimes.from_millis(
        value, None if picture is UNDEFINED else picture, None if timezone is UNDEFINED else timezone
    )


def to_millis(runtime: Runtime, text: Value, picture: Value = UNDEFINED) -> Value:
    """`$toMillis`."""
    from asl_engine.lang.jsonata.pictures import datetimes

    runtime.charge_picture(text, picture)
    return (
        text if text is UNDEFINED else datetimes.to_millis(text, None if picture is UNDEFINED else picture, runtime.now)
    )
