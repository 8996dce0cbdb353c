"""Which functions a definition names, and which of them are not there: known before anything runs."""

from __future__ import annotations

from asl_engine.catalogue.resource import invoked_function, parse_resource
from asl_engine.model import states as model
from asl_engine.model.walk import states
from asl_engine.tasks.registry import Functions


def missing_functions(machine: model.StateMachine, functions: Functions) -> dict[str, str]:
    """Return, by state, the name or ARN that a Task calls and that nobody registered."""
    missing = {}
    for _, name, state, _ in states(machine):
        if isinstance(state, model.Task) and functions.find(state.resource) is None:
            wanted = _called(state)
            if wanted is not None and functions.find(wanted) is None:
                missing[name] = wanted
    return missing


def _called(task: model.Task) -> str | None:
    """Return what a Task calls; None when only its input can tell."""
    if parse_resource(task.resource).is_invoke:
        return invoked_function(task.resource, task.parameters, task.arguments)
    return task.resource
