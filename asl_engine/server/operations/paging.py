"""Lists in pages, with tokens that are opaque to whoever gets them."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

from asl_engine.server.errors import ApiError
from asl_engine.server.operations.registry import Request


def page(items: list[Any], request: Request, what: str) -> tuple[list[Any], dict[str, str]]:
    """Return one page and the token of the next. A token is opaque to whoever gets it, and refused where it was not
    made: `what` is listed is part of it."""
    size, begin = request.get("maxResults") or 100, 0
    mark = sha256(what.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    if "nextToken" in request:
        begin = _begin_of(request["nextToken"], mark)
    end = begin + size
    following = {"nextToken": b64encode(f"{end}:{mark}".encode()).decode()} if end < len(items) else {}
    return items[begin:end], following


def _begin_of(token: str, mark: str) -> int:
    try:
        found = re.fullmatch(rf"([0-9]{{1,9}}):{mark}", b64decode(token, validate=True).decode("ascii"))
    except ValueError:
        found = None
    if found is None:
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
    return int(found[1])
