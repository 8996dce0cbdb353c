"""The 18 intrinsic functions (`States.Format` and so on), one Python function each; a failure is `FunctionFailed`.

Source of the rules: the intrinsic functions page of the developer guide, appendix B of the states language, and
recordings made on AWS where they say more (rounding, empty strings, splitting).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from random import Random
from typing import Annotated, Final

from asl_engine.lang.jsonpath.signatures import FUNCTIONS as FUNCTIONS
from asl_engine.lang.jsonpath.signatures import (
    Array,
    FunctionFailed,
    Integer,
    Object,
    Template,
    Text10k,
    in_32_bits,
    intrinsic,
    not_zero,
    one_of,
    positive,
)
from asl_engine.remembered import remembered
from asl_engine.values import JSON, MAX_DEPTH, json_text, parse_json

# --- arrays ---------------------------------------------------------------------------------------------------------


@intrinsic("States.Array")
def array(*values: JSON) -> Array:
    """Return the arguments as an array.

    >>> array("a", 1, None)
    ['a', 1, None]
    """
    return list(values)


@intrinsic("States.ArrayPartition")
def array_partition(items: Array, size: Annotated[int, positive]) -> Array:
    """Cut an array into chunks of `size` items; the last one may be shorter.

    >>> array_partition([1, 2, 3, 4, 5], 2)
    [[1, 2], [3, 4], [5]]
    """
    return [items[start : start + size] for start in range(0, len(items), size)]


@intrinsic("States.ArrayContains")
def array_contains(items: Array, value: JSON) -> bool:
    """Tell whether a value is an item of an array. Values are compared as JSON: 1, 1.0 and true are three values.

    >>> array_contains([[1, 2], {"a": 1, "b": 2}], {"b": 2, "a": 1}), array_contains([1], True)
    (True, False)
    """
    wanted = _sorted_text(value)
    return any(_sorted_text(item) == wanted for item in items)


@intrinsic("States.ArrayRange")
def array_range(first: Integer, last: Integer, step: Annotated[int, in_32_bits, not_zero]) -> Array:
    """Return the numbers from `first` to `last`, both included, at most 1,000 of them.

    >>> array_range(1, 9, 2), array_range(3, 1, -1)
    ([1, 3, 5, 7, 9], [3, 2, 1])
    """
    numbers = range(first, last + (1 if step > 0 else -1), step)
    if len(numbers) > 1000:
        raise FunctionFailed(f"The array must have at most 1,000 items and would have {len(numbers):,}")
    return list(numbers)


@intrinsic("States.ArrayGetItem")
def array_get_item(items: Array, index: Integer) -> JSON:
    """Return the item at an index, which counts from 0.

    >>> array_get_item(["a", "b"], 1)
    'b'
    """
    if not 0 <= index < len(items):
        raise FunctionFailed(f"The index {index} is out of bounds for an array of {len(items)} items")
    return items[index]


@intrinsic("States.ArrayLength")
def array_length(items: Array) -> int:
    """Return the number of items.

    >>> array_length([1, 2, 3])
    3
    """
    return len(items)


@intrinsic("States.ArrayUnique")
def array_unique(items: Array) -> Array:
    """Return the array without repetitions, in the order of first appearance.

    >>> array_unique([1, True, 1, 1.0, {"a": 1}, {"a": 1}])
    [1, True, 1.0, {'a': 1}]
    """
    first: dict[str, JSON] = {}
    for item in items:
        first.setdefault(_sorted_text(item), item)
    return list(first.values())


_sorted_text: Final = json.JSONEncoder(sort_keys=True, check_circular=False).encode


# --- strings and JSON -----------------------------------------------------------------------------------------------


@remembered(1024)
def _pieces(template: str) -> tuple[str, ...]:
    r"""Return the text between the placeholders of a format template, with `\{`, `\}` and the like replaced."""
    pieces = [""]
    for part in re.findall(r"\{\}|\\.|[^{\\]+|.", template, re.DOTALL):
        if part == "{}":
            pieces.append("")
        else:
            pieces[-1] += ESCAPES.get(part, part)
    return tuple(pieces)


ESCAPES: Final = {"\\'": "'", "\\{": "{", "\\}": "}", "\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t"}
"""What a backslash and the character after it stand for in the strings of an intrinsic; all others are refused."""


def _wrong_placeholders(template: JSON, *values: JSON) -> str | None:
    holes = len(_pieces(template)) - 1 if isinstance(template, str) else len(values)
    return None if holes == len(values) else f"the template has {holes} placeholders for {len(values)} values"


@intrinsic("States.Format", mismatch=_wrong_placeholders)
def format_(template: Template, *values: JSON) -> str:
    r"""Replace each `{}` of the template by the next value; what is no string is written as JSON. Braces are escaped
    by `\`.

    >>> format_("{} has {} of \\{\\}", "Ann", 2)
    'Ann has 2 of {}'
    """
    pieces = _pieces(template)
    if len(pieces) != len(values) + 1:
        raise FunctionFailed(f"The template has {len(pieces) - 1} placeholders for {len(values)} values")
    texts = [pieces[0]]
    for value, piece in zip(values, pieces[1:], strict=True):
        texts.append(value if type(value) is str else str(value) if type(value) is int else json_text(value))
        texts.append(piece)
    return "".join(texts)


@intrinsic("States.StringToJson")
def string_to_json(text: str) -> JSON:
    """Return the value of a JSON text. A blank string gives null, as recorded on AWS.

    >>> string_to_json('{"a": [1, 2]}'), string_to_json(" ")
    ({'a': [1, 2]}, None)
    """
    if not text.strip():
        return None
    try:
        value = parse_json(text)
        if _may_be_infinite.search(text):
            _finite_text(value)
    except ValueError:
        raise FunctionFailed("The string is not valid JSON") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise FunctionFailed(f"The JSON is nested deeper than {MAX_DEPTH} levels")
    return value


# Python reads 1e999 as infinity, which it then cannot write as JSON.
_may_be_infinite: Final = re.compile(r"[0-9][eE]\+?[0-9]{3}|[0-9]{300}")
_finite_text: Final = json.JSONEncoder(allow_nan=False, check_circular=False).encode


def _depth(value: JSON) -> int:
    depth, level = 0, [value]
    while level := [child for parent in level for child in _children(parent)]:
        depth += 1
    return depth


def _children(parent: JSON) -> list[JSON]:
    return list(parent.values()) if isinstance(parent, dict) else parent if isinstance(parent, list) else []


@intrinsic("States.JsonToString")
def json_to_string(value: JSON) -> str:
    """Return the JSON text of a value.

    >>> json_to_string({"a": [1, None]})
    '{"a":[1,null]}'
    """
    return json_text(value)


@intrinsic("States.JsonMerge")
def json_merge(first: Object, second: Object, deep: Annotated[bool, one_of(False)]) -> Object:
    """Merge two objects; a key of both has the value of the second. Only the shallow merge exists: `deep` must be
    false.

    >>> json_merge({"a": 1, "b": {"x": 1}}, {"b": {"y": 2}}, False)
    {'a': 1, 'b': {'y': 2}}
    """
    return first | second


@intrinsic("States.StringSplit")
def string_split(text: str, delimiters: str) -> Array:
    """Cut a string wherever one of the characters of `delimiters` stands; empty parts are left out, as recorded on AWS.

    >>> string_split("This.is+a,,test", ".+,"), string_split(",,", ",")
    (['This', 'is', 'a', 'test'], [])
    """
    if not delimiters:
        return [text]
    return [part for part in re.split(f"[{re.escape(delimiters)}]", text) if part]


@intrinsic("States.Base64Encode")
def base64_encode(text: Text10k) -> str:
    """Encode a string of at most 10,000 characters (its UTF-8 bytes) in Base64.

    >>> base64_encode("Data to encode")
    'RGF0YSB0byBlbmNvZGU='
    """
    return base64.b64encode(_utf8(text)).decode("ascii")


@intrinsic("States.Base64Decode")
def base64_decode(text: Text10k) -> str:
    """Decode a Base64 string of at most 10,000 characters; the bytes are read as UTF-8.

    >>> base64_decode("RGF0YSB0byBlbmNvZGU=")
    'Data to encode'
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        raise FunctionFailed("The string is not valid Base64") from None


_ALGORITHMS: Final = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


@intrinsic("States.Hash")
def hash_(text: Text10k, algorithm: Annotated[str, one_of(*_ALGORITHMS)]) -> str:
    """Return the hash of a string of at most 10,000 characters, as lower-case hexadecimal digits.

    >>> hash_("input data", "SHA-1")
    'aaff4a450a104cd177d28d18d74485e8cae074b7'
    """
    return hashlib.new(_ALGORITHMS[algorithm], _utf8(text), usedforsecurity=False).hexdigest()


def _utf8(text: str) -> bytes:
    """Return the bytes of a string; a lone surrogate, which JSON can hold, becomes a question mark as in Java."""
    return text.encode("utf-8", "replace")


# --- numbers and chance ---------------------------------------------------------------------------------------------


@intrinsic("States.MathAdd")
def math_add(first: Integer, second: Integer) -> int:
    """Add two 32-bit integers; other numbers are rounded first (1.5 to 2, -1.5 to -1).

    >>> math_add(111, -1)
    110
    """
    return first + second


@intrinsic("States.MathRandom")
def math_random(chance: Random, start: Integer, end: Integer, seed: Integer | None = None) -> int:
    """Return a random integer from `start` on, below `end`. The same seed gives the same number.

    >>> 1 <= math_random(Random(0), 1, 6) < 6
    True
    """
    if start >= end:
        raise FunctionFailed("The start number must be less than the end number")
    return (chance if seed is None else Random(seed)).randrange(start, end)


@intrinsic("States.UUID")
def uuid(chance: Random) -> str:
    """Return a random UUID of version 4.

    >>> len(uuid(Random(0))), uuid(Random(0))[14]
    (36, '4')
    """
    bits = chance.getrandbits(128) & ~(0xF << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62
    digits = f"{bits:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


STRING_FUNCTIONS: Final = frozenset(
    f"States.{name}"
    for name in ("ArrayGetItem", "Base64Decode", "Base64Encode", "Format", "Hash", "JsonToString", "UUID")
)
"""Those that `ErrorPath` and `CausePath` of a Fail state may call, as they can return a string (developer guide)."""
