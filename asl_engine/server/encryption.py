"""How state machines and activities are said to be encrypted."""

from __future__ import annotations

from typing import Any, Final

AWS_OWNED: Final = {"type": "AWS_OWNED_KEY"}
"""How everything is encrypted unless another key is named."""


def with_defaults(encryption: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return an encryption with how many seconds a data key is used, if it is not said (recorded, September 2026)."""
    if encryption is None or encryption.get("type") != "CUSTOMER_MANAGED_KMS_KEY":
        return encryption
    return {"kmsDataKeyReusePeriodSeconds": 300} | encryption
