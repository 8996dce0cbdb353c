"""The functions that Step Functions adds to JSONata, or has in the place of its own."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Callable
from typing import Any, Final

from asl_engine.lang.jsonata import UNDEFINED, JSONataError
from asl_engine.values import parse_json


def _complaint(sentence: str) -> JSONataError:
    """Return an error with a sentence of our own, under the code that `$error` has."""
    return JSONataError("D3137", 0, message=sentence)


def _partition(runtime: Any, array: Any, size: Any) -> Any:
    """`$partition([1, 2, 3], 2)` is `[[1, 2], [3]]`."""
    if array is UNDEFINED or size is UNDEFINED:
        return UNDEFINED
    items = list(array) if isinstance(array, list) else [array]
    if not 1 <= size < math.inf:
        raise _complaint("The second argument of the partition function must be a positive integer")
    runtime.charge(len(items))
    step = int(size)
    return [items[at : at + step] for at in range(0, len(items), step)]


def _range(runtime: Any, first: Any, last: Any, step: Any) -> Any:
    """`$range(0, 6, 2)` is `[0, 2, 4, 6]`: the end belongs to it when the steps meet it."""
    if UNDEFINED in (first, last, step) or step == 0:
        return UNDEFINED
    steps = (last - first) / step
    if not math.isfinite(steps):
        raise _complaint("The arguments of the range function must be finite numbers that make a finite array")
    count = max(0, int((last - first) // step) + 1)
    runtime.charge(count)
    if count == 1:
        return first  # a sequence of one is that one (recorded)
    return [first + index * step for index in range(count)]


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
    """Return the value of a JSON text; in AWS's dialect this stands for `$eval`."""
    if text is UNDEFINED:
        return UNDEFINED
    runtime.charge(len(text))  # a value takes up to eight times the room of its text
    try:
        return parse_json(text)
    except ValueError as problem:
        raise _complaint(f"The argument of the parse function is not JSON: {problem}") from None


ADDED: Final[dict[str, tuple[Callable[..., Any], str]]] = {
    "partition": (_partition, "<a-n:a>"),
    "range": (_range, "<nnn:a>"),
    "hash": (_hash, "<s-s:s>"),
    "random": (_random, "<n?:n>"),
    "uuid": (_uuid, "<:s>"),
    "parse": (_parse, "<s-:x>"),
}
