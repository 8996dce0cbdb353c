"""Adding tags to what can have them."""

from __future__ import annotations

from typing import Any

from asl_engine.quotas import MAX_TAGS
from asl_engine.server.errors import ApiError
from asl_engine.store import Store


def add_tags(store: Store, arn: str, tags: list[dict[str, Any]]) -> None:
    """Add tags to a resource, in place of those with the same keys; refuse AWS's own, and too many."""
    if any(tag.get("key", "").startswith("aws:") for tag in tags):
        raise ApiError("AccessDeniedException", "Caller is an end user and not allowed to mutate system tags")
    after = store.tags(arn) | {tag.get("key", ""): tag.get("value", "") for tag in tags}
    if len(after) > MAX_TAGS:
        raise ApiError("TooManyTags", f"Too many tags: '{arn}'")
    store.save_tags(arn, after)
