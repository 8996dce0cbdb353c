"""Publishing a revision as a version, whichever operation asks for it."""

from __future__ import annotations

import time

from asl_engine.quotas import MAX_VERSIONS
from asl_engine.server.errors import ApiError, refused_when_full
from asl_engine.store import Machine, Store, Version


def publish(store: Store, machine: Machine, description: str | None) -> Version:
    """Return the version of a machine's revision: the one that it has, or a new one, if it may have one more."""
    published = store.list_versions(machine, None, MAX_VERSIONS).rows
    if len(published) >= MAX_VERSIONS and all(row.revision.id != machine.revision.id for row in published):
        raise ApiError("ServiceQuotaExceededException", f"A state machine has at most {MAX_VERSIONS} versions.")
    with refused_when_full("ServiceQuotaExceededException"):
        return store.publish(machine, description, time.time())
