"""The 18 intrinsic functions (`States.Format` and so on), one Python function each.

A function's signature is its arity and its types: `Function` reads both from the annotations, for the compiler as for
rules and the reference page. What an annotation cannot say (at most 10,000 characters, not zero) is a bound in
`Annotated`, so that it can be checked on a literal before anything runs. A function raises `FunctionFailed` with the
reason.

Source of the rules: the intrinsic functions page of the developer guide, appendix B of the states language, and
recordings made on AWS where they say more (rounding, empty strings, splitting).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import inspect
import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from random import Random
from types import NoneType
from typing import Annotated, Any, Final, NoReturn, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from asl_engine.values import JSON, MAX_DEPTH, json_text, kind_of, parse_json


class FunctionFailed(Exception):  # noqa: N818 - it is a failure of the state machine and not of this program
    """An intrinsic function cannot work with its arguments; the text is the reason."""


Bound: TypeAlias = Callable[[JSON], str | None]
"""Tells what is wrong with a value of the right type, or None."""


def at_most(characters: int) -> Bound:
    """Return the bound for the length of a string."""
    return lambda text: f"must have at most {characters:,} characters" if len(text) > characters else None


def one_of(*allowed: JSON) -> Bound:
    """Return the bound that allows exactly these values."""
    refusal = f"must be {'one of ' if len(allowed) > 1 else ''}{', '.join(json_text(value) for value in allowed)}"
    return lambda value: None if value in allowed else refusal


def _positive(number: int) -> str | None:
    return None if number > 0 else "must be a positive integer"


def _not_zero(number: int) -> str | None:
    return "must not be 0" if number == 0 else None


def _32_bits(number: int) -> str | None:
    return None if -(2**31) <= number < 2**31 else "must be between -2147483648 and 2147483647"


Array: TypeAlias = list[JSON]
Object: TypeAlias = dict[str, JSON]
Text10k: TypeAlias = Annotated[str, at_most(10_000)]
Integer: TypeAlias = Annotated[int, _32_bits]


class Template(str):
    """The type of a format template: its braces mean something, so escapes are left for the function to read."""


class Parameter:
    """One parameter of a function: its name, its kind in JSON's words (or "any") and what it accepts."""

    __slots__ = ("_type", "bounds", "is_template", "kind", "name")

    def __init__(self, name: str, hint: Any) -> None:
        """Read the kind and the bounds from the annotation."""
        (hint,) = [part for part in get_args(hint) if part is not NoneType] if NoneType in get_args(hint) else [hint]
        base, *bounds = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        base = get_origin(base) or base
        self.name = name
        self.bounds: tuple[Bound, ...] = tuple(bounds)
        self.is_template = base is Template
        self._type = str if self.is_template else base
        self.kind = _KINDS.get(self._type, "any")

    def accept(self, value: JSON) -> JSON:
        """Return the value as the function takes it; raise FunctionFailed if it is of the wrong kind or size."""
        if type(value) is not self._type and self.kind != "any":
            value = self._convert(value)
        for bound in self.bounds:
            if refusal := bound(value):
                raise FunctionFailed(f"The argument '{self.name}' {refusal}")
        return value

    def _convert(self, value: JSON) -> JSON:
        if self._type is int and type(value) is float and math.isfinite(value):
            return _rounded(value)
        return self.refuse(kind_of(value))

    def refuse(self, kind: str) -> NoReturn:
        """Raise FunctionFailed for a value of that kind."""
        wanted, given = _with_article(self.kind), _with_article(kind)
        raise FunctionFailed(f"The argument '{self.name}' must be {wanted} but was {given}")


def _with_article(kind: str) -> str:
    return kind if kind == "null" else f"an {kind}" if kind[0] in "ao" else f"a {kind}"


def _rounded(number: float) -> int:
    """Return the nearest integer, and of two the greater one, as recorded on AWS (1.5 is 2, -1.5 is -1)."""
    return math.floor(number + 0.5)


class Function:
    """An intrinsic function as the compiler and the rules see it.

    `returns` is the kind of its result, "any" if that depends; `most` is None when there may be any number of
    arguments. `mismatch` may find fault with the arguments together; it is given ABSENT for those that are not
    literals.
    """

    __slots__ = ("call", "is_random", "least", "mismatch", "most", "name", "parameters", "rest", "returns")

    def __init__(self, name: str, call: Callable[..., JSON], mismatch: Callable[..., str | None] | None) -> None:
        hints = get_type_hints(call, include_extras=True)
        declared = list(inspect.signature(call).parameters.values())
        self.name = name
        self.call = call
        self.mismatch = mismatch
        self.is_random = bool(declared) and hints[declared[0].name] is Random
        declared = declared[self.is_random :]
        fixed = [given for given in declared if given.kind is not given.VAR_POSITIONAL]
        self.parameters = tuple(Parameter(given.name, hints[given.name]) for given in fixed)
        self.rest = Parameter(declared[-1].name, hints[declared[-1].name]) if len(fixed) < len(declared) else None
        self.least = sum(given.default is given.empty for given in fixed)
        self.most = None if self.rest else len(fixed)
        self.returns = Parameter("return", hints["return"]).kind

    @property
    def description(self) -> str:
        """What the function does, in the words of its docstring."""
        return inspect.getdoc(self.call) or ""

    def parameter(self, at: int) -> Parameter:
        """Return the parameter that takes the argument with this number, from 0."""
        return self.parameters[at] if at < len(self.parameters) or self.rest is None else self.rest

    def wrong_count(self, count: int) -> str | None:
        """Return what is wrong with this number of arguments, or None."""
        if self.least <= count and (self.most is None or count <= self.most):
            return None
        exactly = "" if self.most is None else " or ".join(map(str, sorted({self.least, self.most})))
        wanted = exactly or f"at least {self.least}"
        return f"{self.name} takes {wanted} argument{'' if wanted.endswith('1') else 's'} and was given {count}"


_KINDS: Final[dict[Any, str]] = {str: "string", int: "number", bool: "boolean", list: "array", dict: "object"}


FUNCTIONS: Final[dict[str, Function]] = {}
"""Every intrinsic function by its full name."""

_F = TypeVar("_F", bound=Callable[..., JSON])


def intrinsic(name: str, mismatch: Callable[..., str | None] | None = None) -> Callable[[_F], _F]:
    """Register the decorated function under `name`."""

    def register(call: _F) -> _F:
        FUNCTIONS[name] = Function(name, call, mismatch)
        return call

    return register


# --- arrays ---------------------------------------------------------------------------------------------------------


@intrinsic("States.Array")
def array(*values: JSON) -> Array:
    """Return the arguments as an array.

    >>> array("a", 1, None)
    ['a', 1, None]
    """
    return list(values)


@intrinsic("States.ArrayPartition")
def array_partition(items: Array, size: Annotated[int, _positive]) -> Array:
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
def array_range(first: Integer, last: Integer, step: Annotated[int, _32_bits, _not_zero]) -> Array:
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


@lru_cache(maxsize=1024)
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
