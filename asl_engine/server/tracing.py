"""The trace that an execution belongs to, as X-Ray writes it: `Root=1-<8 hex>-<24 hex>;Parent=<16 hex>;Sampled=1`."""

from __future__ import annotations

import re
import secrets
import time
from typing import Final

_ROOT: Final = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}", re.IGNORECASE)
DECISIONS: Final = ("0", "1")
"""What `Sampled` can be."""


def trace_of_start(header: str | None, is_enabled: bool) -> str | None:
    """Return the trace header of an execution that is started with one, or with None (recorded, September 2026).

    Without one there is a trace only where the state machine has tracing enabled. One that cannot be used, also an
    empty text, is replaced, and only a decision that can be used is kept of it; one without a decision is sampled.
    """
    if header is None:
        return _new_trace("1") if is_enabled else None
    parts = dict(part.partition("=")[::2] for part in header.split(";"))
    decision = parts.get("Sampled", "")
    if not _ROOT.fullmatch(parts.get("Root", "")):
        return _new_trace(decision if decision in DECISIONS else "1")
    return header if decision in DECISIONS else f"{header};Sampled=1"


def _new_trace(decision: str) -> str:
    return f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)};Sampled={decision}"
