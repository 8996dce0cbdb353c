"""Functions of texts; positions and lengths count characters, not their halves."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any, Final
from urllib.parse import quote, unquote_to_bytes

from asl_engine.lang.jsonata.errors import JSONataError
from asl_engine.lang.jsonata.runtime import Runtime
from asl_engine.lang.jsonata.values.judgements import truth
from asl_engine.lang.jsonata.values.text import text_of
from asl_engine.lang.jsonata.values.value import UNDEFINED, Value

_blanks = re.compile(r"[ \t\n\r]+")
_percent = re.compile(r"%(?![0-9A-Fa-f]{2})")
_escaped = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def string(runtime: Runtime, value: Value, is_pretty: Value = UNDEFINED) -> Value:
    """`$string`."""
    if value is UNDEFINED:
        return value
    return text_of(value, runtime, 2 if is_pretty is not UNDEFINED and truth(is_pretty) else 0)


def _whole(number: float) -> int:
    """Return where a slice begins or ends for the number, however large."""
    return int(max(-(2**62), min(2**62, number)))


def substring(runtime: Runtime, text: Value, start: Value, length: Value = UNDEFINED) -> Value:
    """`$substring`."""
    if text is UNDEFINED:
        return text
    size = len(text)
    runtime.charge_text(size)
    first = 0.0 if start is UNDEFINED else start
    if size + first < 0:
        first = 0
    if length is UNDEFINED:
        return text[_whole(first) :]
    if length <= 0:
        return ""
    end = first + length if first >= 0 else size + first + length
    return text[_whole(first) : _whole(end)]


def substring_before(runtime: Runtime, text: Value, mark: Value) -> Value:
    """`$substringBefore`."""
    if text is UNDEFINED:
        return text
    runtime.charge_text(len(text))
    return text.partition(_mark(mark))[0] if _mark(mark) else ""


def substring_after(runtime: Runtime, text: Value, mark: Value) -> Value:
    """`$substringAfter`."""
    if text is UNDEFINED or not _mark(mark):
        return text
    runtime.charge_text(len(text))
    before, separator, after = text.partition(_mark(mark))
    return after if separator else before


def _mark(mark: Value) -> str:
    return "undefined" if mark is UNDEFINED else str(mark)


def _charged(runtime: Runtime, text: str, times: int = 1) -> str:
    """Return the text, of which another is about to be made at so many times the work of a copy."""
    runtime.charge_text(len(text) * times)
    return text


def lowercase(runtime: Runtime, text: Value) -> Value:
    """`$lowercase`."""
    return text if text is UNDEFINED else _charged(runtime, text).lower()


def uppercase(runtime: Runtime, text: Value) -> Value:
    """`$uppercase`."""
    return text if text is UNDEFINED else _charged(runtime, text).upper()


def length(runtime: Runtime, text: Value) -> Value:
    """`$length`."""
    return text if text is UNDEFINED else len(text)


def trim(runtime: Runtime, text: Value) -> Value:
    """`$trim`."""
    return text if text is UNDEFINED else _blanks.sub(" ", _charged(runtime, text)).strip(" ")


def pad(runtime: Runtime, text: Value, width: Value, filling: Value = UNDEFINED) -> Value:
    """`$pad`."""
    if text is UNDEFINED:
        return text
    filling = filling or " "
    missing = 0 if width is UNDEFINED else int(min(abs(width), 2**53)) - len(text)
    if missing <= 0:
        return text
    runtime.charge_padding(missing)
    padding = (filling * (missing // len(filling) + 1))[:missing]
    return text + padding if width > 0 else padding + text


def join(runtime: Runtime, texts: Any, separator: Value = UNDEFINED) -> Value:
    """`$join`."""
    if texts is UNDEFINED:
        return texts
    between = "" if separator is UNDEFINED else separator
    runtime.charge(len(texts) + ((sum(map(len, texts)) + len(texts) * len(between)) >> 3))
    return between.join(texts)


def base64_encode(runtime: Runtime, text: Value) -> Value:
    """`$base64encode`; of characters beyond a byte the lower byte, as the reference does."""
    if text is UNDEFINED:
        return text
    units = _charged(runtime, text, 2).encode("utf-16-le", "surrogatepass")[::2]
    return base64.b64encode(units).decode("ascii")


_not_base64 = re.compile(r"[^A-Za-z0-9+/\-_]+")


def base64_decode(runtime: Runtime, text: Value) -> Value:
    """`$base64decode`; what is no digit is skipped, each byte is a character."""
    if text is UNDEFINED:
        return text
    digits = _not_base64.sub("", _charged(runtime, text, 2).partition("=")[0]).replace("-", "+").replace("_", "/")
    digits = digits[:-1] if len(digits) % 4 == 1 else digits
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4)).decode("latin-1")
    except binascii.Error:
        return ""


_COMPONENT: Final = "!~*'()"
_URL: Final = _COMPONENT + ";/?:@&=+$,#"


def _encoded(runtime: Runtime, text: Value, safe: str, name: str) -> Value:
    if text is UNDEFINED:
        return text
    try:
        return quote(_charged(runtime, text, 8), safe=safe)
    except UnicodeEncodeError:
        raise JSONataError("D3140", value=text, functionName=name) from None


def _decoded(runtime: Runtime, text: Value, kept: str, name: str) -> Value:
    if text is UNDEFINED:
        return text

    def replace(match: re.Match[str]) -> str:
        decoded = unquote_to_bytes(match[0]).decode("utf-8")
        return "".join(f"%{ord(c):02X}" if c in kept else c for c in decoded)

    try:
        if _percent.search(_charged(runtime, text, 8)):
            raise ValueError(text)
        return _escaped.sub(replace, text)
    except ValueError:
        raise JSONataError("D3140", value=text, functionName=name) from None


def encode_url_component(runtime: Runtime, text: Value) -> Value:
    """`$encodeUrlComponent`."""
    return _encoded(runtime, text, _COMPONENT, "encodeUrlComponent")


def encode_url(runtime: Runtime, text: Value) -> Value:
    """`$encodeUrl`."""
    return _encoded(runtime, text, _URL, "encodeUrl")


def decode_url_component(runtime: Runtime, text: Value) -> Value:
    """`$decodeUrlComponent`."""
    return _decoded(runtime, text, "", "decodeUrlComponent")


def decode_url(runtime: Runtime, text: Value) -> Value:
    """`$decodeUrl`; characters that structure a URL stay as they are."""
    return _decoded(runtime, text, ";/?:@&=+$,#", "decodeUrl")
