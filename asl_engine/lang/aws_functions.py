"""The functions that Step Functions adds to JSONata, or has in the place of its own."""

from __future__ import annotations

import hashlib
import json
import math
import uuid
from collections.abc import Callable
from typing import Any, Final

from asl_engine.lang.jsonata import UNDEFINED, JSONataError
from asl_engine.lang.jsonata.runtime import TOO_MUCH
from asl_engine.values import finite_number, refuse_constant


def _complaint(sentence: str) -> JSONataError:
    """Return an error with a sentence of our own, under the code that `$error` has."""
    return JSONataError("D3137", 0, message=sentence)


def _partition(runtime: Any, array: Any, size: Any) -> Any:
    """`$partition([1, 2, 3], 2)` is `[[1, 2], [3]]`: one part without a size, nothing for the size 0 (measured by
    users)."""
    if array is None:
        raise JSONataError("T0412", value=array, index=1, type="array")
    if array is UNDEFINED or array == []:
        return UNDEFINED
    items = list(array) if isinstance(array, list) else [array]
    if size is UNDEFINED:
        return [items]
    step = _whole(size)
    if step < 0:
        raise _complaint("Second argument must be zero or greater")
    if step == 0:
        return UNDEFINED
    runtime.charge(len(items))
    return [items[at : at + step] for at in range(0, len(items), step)]


def _range(runtime: Any, first: Any, last: Any, step: Any) -> Any:
    """`$range(0, 6, 2)` is `[0, 2, 4, 6]`: the end belongs to it when the steps meet it. Numbers are cut to whole ones,
    and a range without items is nothing (measured by users)."""
    if UNDEFINED in (first, last, step):
        return UNDEFINED
    first, last, step = _whole(first), _whole(last), _whole(step)
    if step == 0:
        return UNDEFINED
    count = (last - first) // step + 1
    if count <= 0:
        return UNDEFINED
    if count > MAX_RANGE:
        raise JSONataError("U1002", message=TOO_MUCH)
    runtime.charge(count)
    if count == 1:
        return first  # a sequence of one is that one (recorded)
    return list(range(first, first + count * step, step))


MAX_RANGE: Final = 360_145
"""Items of the longest `$range` that AWS has the memory for (measured by users)."""


def _whole(number: float) -> int:
    if not math.isfinite(number):
        raise _complaint("The arguments of the function must be finite numbers")
    return int(number)


_ALGORITHMS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def _hash(runtime: Any, data: Any, algorithm: Any) -> Any:
    """Return the hash of a text's UTF-8, in hexadecimal digits."""
    if data is UNDEFINED or algorithm is UNDEFINED:
        return UNDEFINED
    if algorithm not in _ALGORITHMS:
        raise _complaint(f"The algorithm of the hash function must be one of {', '.join(_ALGORITHMS)}")
    runtime.charge_text(len(data))
    return hashlib.new(_ALGORITHMS[algorithm], data.encode("utf-8", "surrogatepass")).hexdigest()


def _random(runtime: Any, seed: Any) -> float:
    """Return a number from 0 to 1; with a seed that of java.util.Random, as AWS does (measured by users)."""
    if seed is UNDEFINED:
        return float(runtime.random.random())
    if not math.isfinite(seed):
        raise _complaint("The seed of the random function must be a finite number")
    return _java_double(int(seed))


def _java_double(seed: int) -> float:
    """Return the first `nextDouble()` of java.util.Random: 26 and 27 bits of a 48-bit linear congruence."""
    state = (seed ^ 0x5DEECE66D) & ((1 << 48) - 1)
    bits = []
    for width in (26, 27):
        state = (state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
        bits.append(state >> (48 - width))
    return ((bits[0] << 27) + bits[1]) / float(1 << 53)


def _uuid(runtime: Any) -> str:
    """Return a UUID of version 4."""
    return str(uuid.UUID(int=runtime.random.getrandbits(128), version=4))


def _parse(runtime: Any, text: Any) -> Any:
    """Return the value of a JSON text; in AWS's dialect this stands for `$eval`. `1.0` is 1, and a key that comes twice
    is refused (measured by users)."""
    if text is UNDEFINED:
        return UNDEFINED
    runtime.charge(len(text))  # a value takes up to eight times the room of its text
    try:
        return _STRICT_DECODER.decode(text)
    except (ValueError, RecursionError) as problem:
        raise _complaint(f"The argument of the parse function is not JSON: {problem}") from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key comes twice")
    return value


def _integer(digits: str) -> int:
    if len(digits) > 4_000:
        raise ValueError("a number this large is not a JSON value")
    return int(digits)


def _number(digits: str) -> float:
    number = finite_number(digits)
    return int(number) if number.is_integer() and abs(number) < 2**63 else number


_STRICT_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_without_doubles, parse_float=_number, parse_int=_integer, parse_constant=refuse_constant
)

ADDED: Final[dict[str, tuple[Callable[..., Any], str]]] = {
    "partition": (_partition, "<xn?:a>"),
    "range": (_range, "<nnn?:a>"),
    "hash": (_hash, "<s-s:s>"),
    "random": (_random, "<n?:n>"),
    "uuid": (_uuid, "<:s>"),
    "parse": (_parse, "<s-:x>"),
}
