"""Who may ask: no web page, by whatever name it reaches this machine, and nobody without a signature.

A page in a browser can send requests to any address. Those of another site bear its `Origin`; and a site whose name was
made to mean this machine (DNS rebinding) is told by the `Host`. SDKs send no `Origin`, and name the host that they were
given. Signatures are not checked, as any credentials are good; that there is one is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from asl_engine.server.errors import ApiError

KNOWN_HOSTS: Final = frozenset({"localhost", "host.docker.internal"})
"""Names that mean this machine."""

CONTENT_TYPES: Final = ("application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json")


def check_headers(headers: Mapping[str, str], allowed: Iterable[str] = ()) -> None:
    """Refuse a request whose headers say that it should not be answered, with AWS's error where it has one."""
    for name, value in (("Host", headers.get("host")), ("Origin", _host_of_origin(headers.get("origin")))):
        if value is not None and not is_known(value, allowed):
            refusal = f"The {name} {value!r} is not known here. Allow it with --allow-host, if it means this endpoint."
            raise ApiError("AccessDeniedException", refusal)
    content_type = headers.get("content-type", CONTENT_TYPES[0]).partition(";")[0].strip().lower()
    if content_type not in CONTENT_TYPES:
        raise ApiError("SerializationException", f"The Content-Type is {content_type!r} and not {CONTENT_TYPES[0]!r}.")
    if "authorization" not in headers:
        raise ApiError("MissingAuthenticationTokenException", "Request is missing Authentication Token")


def is_known(host: str, allowed: Iterable[str] = ()) -> bool:
    """Tell whether a host, perhaps with a port, means this machine or was allowed.

    An address does, as no name was resolved; so does a name without a dot, which nobody outside can own: that of a
    container, for example.
    """
    name = host.strip().lower()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    name = name.removeprefix("sync-").rstrip(".")
    if name in KNOWN_HOSTS or name in allowed or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name
    return True


def _host_of_origin(origin: str | None) -> str | None:
    """Return the host of an origin; `null`, which a page without one sends, is foreign."""
    if origin is None:
        return None
    return urlsplit(origin).netloc or "unknown.origin"
