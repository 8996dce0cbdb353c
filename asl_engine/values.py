"""JSON values: how they are printed, measured, copied and changed.

A JSON value is None, bool, int, float, str, list or dict with str keys. Inside the engine values are *shared and never
mutated*: `put` rebuilds only the spine to the changed place, and `private_copy` makes the one real copy, at the border
to code that is not ours.
"""

from __future__ import annotations

import json
import marshal
import math
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from sys import getsizeof
from typing import Any, Final, TypeAlias

from asl_engine.quotas import MAX_BYTES

JSON: TypeAlias = Any
"""A JSON value. Python cannot say this type usefully, so the name is there for the reader."""


class Absent:
    """The type of `ABSENT`: a field that is not there, which differs from one that is null."""

    def __reduce__(self) -> str:
        """Have copies and pickles be `ABSENT` itself, by its name."""
        return "ABSENT"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent()

MAX_DEPTH: Final = 400
"""Deepest nesting that is read from outside: deep enough for every real document, shallow enough for the C stack."""

TOO_DEEP: Final = f"nested deeper than {MAX_DEPTH} levels"
"""What is said of a text that is: how deep Python itself reads differs from release to release."""

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def _compile_json_text() -> Callable[[JSON], str]:
    """Build the C encoder once: `JSONEncoder.encode` builds it anew for each value, at more than small values cost."""
    make: Callable[..., Any] | None = getattr(json.encoder, "c_make_encoder", None)
    if make is None:  # a Python without the accelerator
        return _encoder.encode
    quote = json.encoder.encode_basestring
    chunks = make(None, _encoder.default, quote, None, ":", ",", False, False, True)
    join = "".join

    def json_text(value: JSON) -> str:
        if type(value) is str:
            return quote(value)
        try:
            return join(chunks(value, 0))
        except RecursionError:
            return _deep_text(value)

    return json_text


json_text: Final = _compile_json_text()
"""The text of a value as the service prints it: compact, and not escaped beyond what JSON asks for."""


def refuse_constant(name: str) -> JSON:
    """Raise ValueError for NaN and Infinity."""
    raise ValueError(f"{name} is not JSON")


def finite_number(digits: str) -> float:
    """Return the number; raise ValueError for one too large to be a JSON value."""
    number = float(digits)
    if math.isinf(number):
        raise ValueError("a number this large is not a JSON value")
    return number


JSON_DECODER: Final = json.JSONDecoder(parse_constant=refuse_constant, parse_float=finite_number)
"""Reads JSON and nothing more: NaN and Infinity are refused, and so is `1e400`, which would be one."""


def json_bytes(value: JSON) -> bytes:
    """Return the text of a value as UTF-8. Halves of characters, which UTF-8 does not have, become escapes of JSON."""
    return json_text(value).encode("utf-8", "backslashreplace")


def parse_json(text: str) -> JSON:
    """Return the value of a JSON text; raise ValueError for anything else, NaN and over-deep nesting included."""
    try:
        return JSON_DECODER.decode(text)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    except ValueError as problem:
        raise in_plain_words(problem) from None


def in_plain_words(problem: ValueError) -> ValueError:
    """Return why a text is not JSON: Python says how a program could have it convert more digits."""
    return ValueError("a number is too long to be read") if "int_max_str_digits" in str(problem) else problem


def _deep_text(value: JSON) -> str:
    """Print a value that is nested deeper than the encoder goes: slowly, and without recursion."""
    written, pending = list[str](), [value]
    while pending:
        item = pending.pop()
        if type(item) is _Printed:
            written.append(item.text)
        elif type(item) is dict and item:
            parts = [part for key, inner in item.items() for part in (_Printed(f",{_encoder.encode(key)}:"), inner)]
            parts[0] = _Printed("{" + parts[0].text[1:])
            pending += reversed([*parts, _Printed("}")])
        elif type(item) is list and item:
            parts = [part for inner in item for part in (_Printed(","), inner)]
            pending += reversed([_Printed("["), *parts[1:], _Printed("]")])
        else:
            written.append(_encoder.encode(item))
    return "".join(written)


class _Printed:
    """A piece of text among values that are still to be printed."""

    def __init__(self, text: str) -> None:
        self.text = text


def size_of(value: JSON) -> int:
    """Return the size of the value's text in bytes of UTF-8."""
    text = json_text(value)
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def bound_of(value: JSON, rough: int = MAX_BYTES) -> int:
    """Return an upper bound of the value's size; one above `rough` is the size itself.

    Marshalling is several times as fast as printing, and no JSON text is more than six times as long as the marshalled
    value without back references (version 2): six for a control character, which is escaped, and for an empty constant.
    """
    try:
        bound = 6 * len(marshal.dumps(value, 2))
    except ValueError:  # nested deeper than marshal goes
        return size_of(value)
    return bound if bound <= rough else size_of(value)


_SCALARS: Final = frozenset({str, int, float, bool, type(None)})


def weight_of(value: JSON, most: int) -> int:
    """Return how many parts and characters a value has, each as often as it is met: at most the size of its text.

    What weighs more than `most` is looked at no further, so this is quick where the text would fill the memory.
    """
    if type(value) is dict and len(value) < 32 and _SCALARS.issuperset(map(type, value.values())):
        return len(value)  # nearly all are small and flat; few texts are no danger
    weight, pending = 0, [value]
    while pending and weight <= most:
        item = pending.pop()
        weight += 1
        if isinstance(item, str):
            weight += len(item)
        elif isinstance(item, dict):
            weight += sum(map(len, item))
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        if len(pending) > most:
            return most + 1
    return weight


def memory_of(values: Iterable[JSON]) -> int:
    """Return how many bytes of memory values take: each object once, however many of them share it."""
    total, seen, pending = 0, set[int](), list(values)
    while pending:
        value = pending.pop()
        if id(value) not in seen:
            seen.add(id(value))
            total += getsizeof(value)
            if isinstance(value, (list, tuple)):
                pending += value
            elif isinstance(value, dict):
                pending += value
                pending += value.values()
    return total


WIDEST: Final = 10**4000
"""Integers from here on are refused: Python prints none of more than 4,300 digits, and no JSON reader expects any."""


class NotJSON(ValueError):
    """A Python value that has no JSON form; the message names the place and the type."""


def private_copy(value: Any, where: str = "$") -> JSON:
    """Return a deep copy that shares nothing mutable with the original; refuse what is not JSON.

    Tuples become lists, subclasses of str, int and float their plain value (so enums of those pass). Raises
    `NotJSON` for other types, for keys that are not strings, for NaN and infinities, and for nesting beyond `MAX_DEPTH`
    (a value that contains itself is the usual reason).
    """
    try:
        if type(value) is not dict:
            return _copy(value, 0)
        copied = {}
        for key, item in value.items():
            kind = type(item)
            if type(key) is str and (kind is str or (kind is int and _NARROWEST < item < WIDEST) or kind in _SAFE):
                copied[key] = item
            else:
                return _copy(value, 0)
        return copied  # a flat object, as most are, without a second call
    except NotJSON as problem:
        raise NotJSON(f"{_place_of_problem(value, where)} {problem}") from None


_SAFE: Final = frozenset({str, bool, type(None)})
"""The types whose values are JSON whatever they are, and cannot change."""

_NARROWEST: Final = -WIDEST


def _copy(value: Any, depth: int) -> JSON:
    kind = type(value)
    if kind is dict:
        if depth >= MAX_DEPTH:
            raise NotJSON(_TOO_DEEP)
        copied = {}
        for key, item in value.items():
            if type(key) is not str:
                key = _plain_key(key)
            kind = type(item)
            if kind is str or (kind is int and _NARROWEST < item < WIDEST) or kind in _SAFE:
                copied[key] = item
            else:
                copied[key] = _copy(item, depth + 1)
        return copied
    if kind is list or kind is tuple:
        if depth >= MAX_DEPTH:
            raise NotJSON(_TOO_DEEP)
        depth += 1
        return [
            item
            if (kind := type(item)) is str or (kind is int and _NARROWEST < item < WIDEST) or kind in _SAFE
            else _copy(item, depth)
            for item in value
        ]
    if kind in _SAFE:
        return value
    if kind is int:
        if not _NARROWEST < value < WIDEST:
            raise NotJSON("is an integer of more than 4,000 digits")
        return value
    if kind is float:
        if not math.isfinite(value):
            raise NotJSON(f"is {value!r}, which JSON cannot express")
        return value
    return _copy_unusual(value, depth)


_TOO_DEEP: Final = f"is {TOO_DEEP}, or contains itself"


def _plain_key(key: Any) -> str:
    if isinstance(key, str):
        return str.__str__(key)
    raise NotJSON(f"has a key of type {type(key).__name__} ({key!r}); JSON keys are strings")


def _copy_unusual(value: Any, depth: int) -> JSON:
    """Copy what is JSON only by inheritance: enums of str and int, OrderedDict, named tuples."""
    if isinstance(value, str):
        return str.__str__(value)
    for plain in (int, float, dict, list, tuple):
        if isinstance(value, plain):
            make: Callable[[Any], Any] = plain
            return _copy(make(value), depth)
    raise NotJSON(f"is of type {type(value).__name__}, which has no JSON form")


def _place_of_problem(value: Any, where: str) -> str:
    """Return where in a value that cannot be copied the reason is; a copy that succeeds need not know places."""
    if isinstance(value, dict):
        children = [(f"{where}.{key}", item) for key, item in value.items()]
    elif isinstance(value, (list, tuple)):
        children = [(f"{where}[{index}]", item) for index, item in enumerate(value)]
    else:
        return where
    for place, child in children:
        try:
            _copy(child, 0)
        except NotJSON as problem:
            return where if str(problem) == _TOO_DEEP else _place_of_problem(child, place)
    return where


def anew(value: JSON) -> JSON:
    """Return the same array or object as another Python object, for what AWS writes anew; its parts stay shared."""
    return value.copy() if type(value) is dict or type(value) is list else value


def put(value: JSON, steps: Sequence[str | int], new: JSON) -> JSON:
    """Return `value` with `new` at the place that `steps` lead to; only the spine to that place is copied.

    A step is a key or an index. Objects that are missing on the way are made ("if the input has no such field, it is
    created", ResultPath). Raises LookupError when a step meets something that it does not fit: a key anything but an
    object, an index anything but an array that long.
    """
    if not steps:
        return new
    step, rest = steps[0], steps[1:]
    if isinstance(step, str):
        if not isinstance(value, dict):
            raise LookupError(f"key {step!r} needs an object, and the value is {kind_of(value)}")
        inner = put(value.get(step, {}), rest, new) if rest else new
        return {**value, step: inner}
    if not isinstance(value, list):
        raise LookupError(f"index {step} needs an array, and the value is {kind_of(value)}")
    if not -len(value) <= step < len(value):
        raise LookupError(f"index {step} is outside an array of {len(value)}")
    items = list(value)
    items[step] = put(items[step], rest, new)
    return items


def kind_of(value: JSON) -> str:
    """Return what JSON calls the value's type: null, boolean, number, string, array or object."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE | re.ASCII,
)


def parse_timestamp(text: str) -> float | None:
    """Return the moment that an ISO-8601 date-time with an offset names, in seconds since 1970; else None.

    The service takes `2016-12-05T21:29:29Z`, fractions of a second and offsets such as `+01:00`, and refuses texts
    without `T` or without an offset (recorded: `wait_timestamp_path`).
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    zone = match[8]
    shift = 0 if zone in "Zz" else int(zone[0] + "60") * int(zone[1:3]) + int(zone[0] + "1") * int(zone[4:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - timedelta(minutes=shift)
    except (ValueError, OverflowError):
        return None
    return moment.timestamp() + (float("0." + match[7]) if match[7] else 0.0)


def format_timestamp(seconds: float) -> str:
    """Return a moment as the context object prints it: `2024-03-22T21:37:11.123Z`."""
    return to_datetime(seconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_datetime(seconds: float) -> datetime:
    """Return a moment as an aware datetime in UTC, to the millisecond, which is what the service keeps."""
    return _EPOCH + timedelta(milliseconds=round(seconds * 1000))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def elapsed(seconds: float) -> str:
    """Return a duration as people read it: `0.000 s`, `2 min 05 s`, `3 d 04:00:00`."""
    if seconds < 60:
        return f"{seconds:.3f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    clock = f"{hours:02}:{minutes:02}:{rest:02}"
    return f"{days} d {clock}" if days else clock
