"""Who may ask: no web page, by whatever name it reaches this machine, and nobody without a signature.

A page in a browser can send requests to any address. Those of another site bear its `Origin`; and a site whose name was
made to mean this machine (DNS rebinding) is told by the `Host`. SDKs send no `Origin`, and name the host that they were
given. Signatures are not checked, as any credentials are good; that there is one is.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Final

from asl_engine.server.errors import ApiError

KNOWN_HOSTS: Final = frozenset({"localhost", "host.docker.internal"})
"""Names that mean this machine."""

_AUTHORITY: Final = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::\d{1,5})?")
_WEB: Final = re.compile(r"https?://(?P<authority>[^/?#@\\]+)")

CONTENT_TYPES: Final = ("application/x-amz-json-1.0", "application/x-amz-json-1.1", "application/json")


def check_headers(headers: Mapping[str, str], allowed: Iterable[str] = ()) -> None:
    """Refuse a request whose headers say that it should not be answered, with AWS's error where it has one."""
    checks = (("Host", is_known), ("Origin", is_known_origin))
    for name, is_welcome in checks:
        value = headers.get(name.lower())
        if value is not None and not is_welcome(value, allowed):
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
    name = _name_of(host.removeprefix("sync-"))
    return name is not None and (_is_named(name, allowed) or "." not in name or _address(name) is not None)


def is_known_origin(origin: str, allowed: Iterable[str] = ()) -> bool:
    """Tell whether a page is one of this machine's own, by a name that nobody else can have, or one that was allowed.

    Other addresses and names without a dot are other machines, as far as a page is concerned; `null`, which a page
    without an origin sends, and extensions are foreign.
    """
    page = _WEB.fullmatch(origin.strip().lower())
    name = _name_of(page["authority"]) if page is not None else None
    if name is None or name == "host.docker.internal":
        return False
    address = _address(name)
    return _is_named(name, allowed) or (address is not None and address.is_loopback)


def _is_named(name: str, allowed: Iterable[str]) -> bool:
    return name in KNOWN_HOSTS or name in allowed or name.endswith(".localhost")


def _name_of(authority: str) -> str | None:
    """Return the name or address of `name:port`, without its last dot; None for what is neither."""
    match = _AUTHORITY.fullmatch(authority.strip().lower())
    if match is None:
        return None
    if match["address"] is not None:
        return match["address"] if _address(match["address"]) is not None else None
    return match["name"].removesuffix(".") or None


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None
