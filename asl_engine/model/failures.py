"""Retriers and catchers: what a state does about an error."""

from __future__ import annotations

from typing import Literal

from asl_engine.model.base import Assigner, Integer, Number, Part, ReferencePath


class Retrier(Part):
    """One element of `Retry`.

    > Each Retrier MUST contain a field named "ErrorEquals" whose value MUST be a non-empty array of Strings.
    """

    error_equals: list[str]
    interval_seconds: Integer = 1
    max_attempts: Integer = 3
    backoff_rate: Number = 2.0
    max_delay_seconds: Integer | None = None
    jitter_strategy: Literal["FULL", "NONE"] = "NONE"


class Catcher(Assigner):
    """One element of `Catch`.

    > Each Catcher MUST contain a field named "ErrorEquals" and a field named "Next".
    """

    error_equals: list[str]
    next: str
    result_path: ReferencePath | None = "$"
