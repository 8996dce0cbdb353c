"""Rows in the order of a list, from behind the last one that was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import nlargest, nsmallest
from typing import TypeVar

from asl_engine.store.records import Activity, Alias, Machine, Page, Row

Named = TypeVar("Named", Machine, Alias, Activity)


def newest_first(rows: Iterable[Row], key: Callable[[Row], int], after: int | None, limit: int) -> Page[Row, int]:
    """Return those of the rows with the largest keys that are below the last one seen."""
    chosen = nlargest(limit + 1, (row for row in rows if after is None or key(row) < after), key)
    return Page(chosen[:limit], key(chosen[limit - 1]) if len(chosen) > limit else None)


def by_name(rows: Iterable[Named], after: str | None, limit: int) -> Page[Named, str]:
    """Return those of the rows with the first names that are behind the last one seen."""
    chosen = nsmallest(limit + 1, (row for row in rows if after is None or row.name > after), lambda row: row.name)
    return Page(chosen[:limit], chosen[limit - 1].name if len(chosen) > limit else None)
