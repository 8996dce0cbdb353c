"""Retriers and catchers: what a state does about an error."""

from __future__ import annotations

from typing import Annotated, Literal

from asl_engine.model.base import Assigner, Integer, Number, Part, ResultPath
from asl_engine.model.kinds import CONSTANT, Kind
from asl_engine.quotas import MAX_RETRY_DELAY, MAX_SECONDS


class Retrier(Part):
    """One element of `Retry`.

    > Each Retrier MUST contain a field named "ErrorEquals" whose value MUST be a non-empty array of Strings.
    """

    error_equals: list[str]
    interval_seconds: Annotated[Integer, Kind(CONSTANT, least=1, most=MAX_SECONDS)] = 1
    max_attempts: Annotated[Integer, Kind(CONSTANT, least=0, most=MAX_SECONDS)] = 3
    backoff_rate: Annotated[Number, Kind(CONSTANT, least=1)] = 2.0
    max_delay_seconds: Annotated[Integer | None, Kind(CONSTANT, least=1, most=MAX_RETRY_DELAY)] = None
    jitter_strategy: Literal["FULL", "NONE"] = "NONE"


class Catcher(Assigner):
    """One element of `Catch`.

    > Each Catcher MUST contain a field named "ErrorEquals" and a field named "Next".
    """

    error_equals: list[str]
    next: str
    result_path: ResultPath = "$"
