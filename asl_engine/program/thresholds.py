"""How many items of a Map may fail: for inline Maps, Map Runs and tests of a state alike."""

from __future__ import annotations

from typing import Final

THRESHOLD_EXCEEDED: Final = "The specified tolerated failure threshold was exceeded"
"""The cause of a Map that had too many failures (recorded)."""


def tolerated_failures(count: int | None, share: float | None, items: int | None) -> float | None:
    """Return how many failures are tolerated; None where nothing is said of that, and the first failure is the Map's.

    `share` is in per cent of all items; it is no limit as long as their number is not known.
    """
    if count is None and share is None:
        return None
    of_share = float("inf") if share is None or items is None else share * items / 100
    return of_share if count is None else min(count, of_share)
