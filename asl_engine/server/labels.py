"""Distributed Maps by their labels: the service tells of `<state machine>/<label>` as of a state machine of its own,
whose definition is the Map's processor (recorded, September 2026)."""

from __future__ import annotations

from asl_engine.kernel.map_runs import label_of
from asl_engine.model.states import Map
from asl_engine.model.walk import states
from asl_engine.pointers import value_at
from asl_engine.server.revisions import compiled
from asl_engine.store import Revision
from asl_engine.values import json_text, parse_json


def processor_of(revision: Revision, arn: str) -> str | None:
    """Return the definition that belongs to `<state machine>/<label>`: the processor of that Map, without what says how
    it is run. None if there is no such Map."""
    outer, _, label = arn.rpartition("/")
    for at in states(compiled(revision.definition, revision.type).model):
        state = at.state
        if isinstance(state, Map) and state.is_distributed and label_of(outer, at.pointer, state.label) == label:
            field = "ItemProcessor" if state.item_processor is not None else "Iterator"
            processor = value_at(parse_json(revision.definition), f"{at.pointer}/{field}")
            return json_text({name: value for name, value in processor.items() if name != "ProcessorConfig"})
    return None
