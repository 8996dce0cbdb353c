"""How state machines and activities are said to be encrypted. Nothing is encrypted here: it is told."""

from __future__ import annotations

from typing import Any, Final

AWS_OWNED: Final = {"type": "AWS_OWNED_KEY"}
"""How everything is encrypted unless another key is named: always told (recorded, September 2026)."""

OWN_KEY: Final = "CUSTOMER_MANAGED_KMS_KEY"
"""The type of an encryption that names a key."""

REUSE_SECONDS: Final = 300
"""How long a data key is used, if it is not said (recorded, September 2026)."""


def with_defaults(encryption: dict[str, Any] | None) -> dict[str, Any]:
    """Return an encryption with all that is told of it."""
    if encryption is None:
        return AWS_OWNED
    return {"kmsDataKeyReusePeriodSeconds": REUSE_SECONDS} | encryption if names_key(encryption) else encryption


def names_key(encryption: dict[str, Any]) -> bool:
    """Whether an encryption is to have a key of the customer's own."""
    return encryption.get("type") == OWN_KEY
