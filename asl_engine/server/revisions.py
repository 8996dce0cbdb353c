"""Revisions of state machines: made of requests, compared, and compiled."""

from __future__ import annotations

import time
import uuid
from typing import Any, Final
from weakref import WeakValueDictionary

from asl_engine.engine import StateMachine
from asl_engine.errors import DefinitionError, NotSupported
from asl_engine.remembered import remembered
from asl_engine.server.encryption import with_defaults
from asl_engine.server.errors import ApiError
from asl_engine.store import Revision

NO_LOGGING: Final[dict[str, Any]] = {"level": "OFF", "includeExecutionData": False}


@remembered(1_024, longest=2_000_000)
def compiled(definition: str, type: Any) -> StateMachine:
    """Return a definition as a state machine with its program; refuse, in AWS's words, what is none. A store has only
    texts, so the last ones that were used are kept, and all that run: their executions share one."""
    machine = _RUNNING.get((definition, type))
    if machine is None:
        machine = _RUNNING[definition, type] = _compiled(definition, type)
    return machine


_RUNNING: Final[WeakValueDictionary[tuple[str, str], StateMachine]] = WeakValueDictionary()


def _compiled(definition: str, type: Any) -> StateMachine:
    from asl_engine.rules.aws import aws_message

    try:
        machine = StateMachine.from_text(definition, type=type, format="json")
        _ = machine.program
    except DefinitionError as problem:
        raise ApiError("InvalidDefinition", aws_message(problem.report)) from None
    except NotSupported as problem:
        raise ApiError("InvalidDefinition", f"Invalid State Machine Definition: '{problem}'") from None
    return machine


def first_revision(request: dict[str, Any]) -> Revision:
    """Return what CreateStateMachine asks for."""
    return Revision(
        None,
        request.get("type", "STANDARD"),
        request["definition"],
        request["roleArn"],
        NO_LOGGING | request.get("loggingConfiguration", {}),
        request.get("tracingConfiguration") or {"enabled": False},
        with_defaults(request.get("encryptionConfiguration")),
        time.time(),
    )


def next_revision(request: dict[str, Any], before: Revision) -> Revision:
    """Return what UpdateStateMachine asks for; what it does not name stays as it was."""
    logging = request.get("loggingConfiguration")
    return Revision(
        str(uuid.uuid4()),
        before.type,
        request.get("definition", before.definition),
        request.get("roleArn") or before.role_arn,
        NO_LOGGING | logging if logging is not None else before.logging,
        request.get("tracingConfiguration") or before.tracing,
        with_defaults(request.get("encryptionConfiguration", before.encryption)),
        time.time(),
    )


def creates_same(mine: Revision, other: Revision) -> bool:
    """Whether nothing differs by which a creation is known again: not the role (recorded, September 2026)."""
    first, second = ((row.definition, row.type, row.logging, row.tracing, row.encryption) for row in (mine, other))
    return first == second


def is_same(mine: Revision, other: Revision) -> bool:
    """Whether nothing differs: then an update makes no new revision."""
    return mine.role_arn == other.role_arn and creates_same(mine, other)
