"""Lists in pages, with tokens that are opaque to whoever gets them.

A token names the last entry of its page, and not how many there were before it: what is added or deleted while somebody
turns pages neither hides an entry nor shows it twice.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from asl_engine.server.errors import ApiError
from asl_engine.store.records import Key, Page, Row


def read_page(
    request: dict[str, Any], what: str, kind: type[Key], read: Callable[[Key | None, int], Page[Row, Key]]
) -> tuple[list[Row], dict[str, str]]:
    """Return one page and the token of the next. `read` gives what follows a key, of this `kind`, up to a number.

    A token is refused where it was not made: `what` is listed is part of it.
    """
    mark = sha256(what.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    after = _key(request["nextToken"], mark, kind) if "nextToken" in request else None
    page = read(after, request.get("maxResults") or 100)
    if page.last is None:
        return page.rows, {}
    return page.rows, {"nextToken": b64encode(json.dumps([mark, page.last]).encode()).decode()}


def _key(token: str, mark: str, kind: type[Key]) -> Key:
    try:
        match json.loads(b64decode(token, validate=True)):
            case [str(made_for), key] if made_for == mark and type(key) is kind:
                return key
    except (ValueError, RecursionError):
        pass
    raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
