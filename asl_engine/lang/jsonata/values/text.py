"""Values as text: what `$string` and `&` make, which is JSON as JavaScript writes it, numbers to fifteen digits."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.values.sequences import Outer
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value, number_text

_encode = json.encoder.encode_basestring
_lone = re.compile("[\ud800-\udfff]")


def text_of(value: Value, runtime: Runtime, indent: int = 0) -> str:
    """Return a string as itself, a function as nothing, and anything else as JSON."""
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if isinstance(value, (int, float)) and value is not False:
        if not math.isfinite(value):
            raise JSONataError("D3001", value=value)
        return _scalar_number(value, runtime)
    if isinstance(value, (dict, list)):
        if type(value) is Outer:
            value = value[0]
        writer = _Writer(runtime, indent)
        writer.write(value, "\n")
        return "".join(writer.parts)
    return {None: "null", False: "false"}.get(value, "") if value is None or value is False else ""


def fifteen_digits(number: float) -> float:
    """Return the number rounded to the digits that a double always keeps."""
    if isinstance(number, int) and -(10**15) < number < 10**15:
        return number
    return float(f"{number:.15g}")


def quoted(text: str) -> str:
    """Return the text as a JSON string; half a surrogate pair is escaped."""
    encoded = _encode(text)
    if encoded.isascii() or not _lone.search(encoded):
        return encoded
    return _lone.sub(lambda match: f"\\u{ord(match[0]):04x}", encoded)


class _Writer:
    """Writes one value piece by piece, and counts what it writes."""

    def __init__(self, runtime: Runtime, indent: int) -> None:
        self.parts: list[str] = []
        self.runtime = runtime
        self.indent = " " * indent
        self.colon = ": " if indent else ":"

    def write(self, value: Any, line: str) -> None:
        if isinstance(value, str):
            self._add(quoted(value))
        elif isinstance(value, dict) and value:
            self._write_all("{", "}", [(quoted(key) + self.colon, item) for key, item in value.items()], line)
        elif isinstance(value, list) and value:
            self._write_all("[", "]", [("", item) for item in value], line)
        else:
            self._add(_scalar(value, self.runtime))

    def _add(self, part: str) -> None:
        self.parts.append(part)
        self.runtime.charge(1 + (len(part) >> 3))

    def _write_all(self, opening: str, closing: str, items: list[tuple[str, Any]], line: str) -> None:
        self.runtime.charge(sum(len(prefix) for prefix, _ in items) >> 3)
        inner = line + self.indent if self.indent else ""
        between = "," + inner
        before = opening + inner
        for prefix, item in items:
            if item is UNDEFINED and prefix:
                continue
            self.parts.append(before + prefix)
            self.write(item, inner)
            before = between
        self.parts.append(("" if before == between else opening) + (line if self.indent else "") + closing)


def _scalar_number(value: float, runtime: Runtime) -> str:
    """Return the number as JSON, which has nothing for one that rounding made infinite."""
    if runtime.prints_all_digits:
        return number_text(value if -(2**63) <= value < 2**63 else float(value))
    rounded = fifteen_digits(value)
    return number_text(rounded) if math.isfinite(rounded) else "null"


def _scalar(value: Any, runtime: Runtime) -> str:
    if value is None or value is UNDEFINED:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        if math.isnan(value):
            return "null"
        if math.isinf(value):
            raise JSONataError("D1001", value=value)
        return _scalar_number(value, runtime)
    return "[]" if isinstance(value, list) else "{}" if isinstance(value, dict) else '""'
