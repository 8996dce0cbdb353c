"""Whatever the machine and the input, an execution ends, and tells the same story each time."""

from __future__ import annotations

from conftest import START
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_machines import BLOCKS, CHOICES, JSON, named, sometimes

from asl_engine import StateMachine


@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(BLOCKS, CHOICES, JSON, st.integers(0, 3))
def test_every_execution_ends_and_is_the_same_again(block, choices, input, seed):
    """Nothing that a document or an input says raises; history is consecutive, and the seed decides everything."""
    machine = StateMachine.from_dict(named(block, iter(range(1000)), choices))

    first, again, silent = (
        machine.run(input, {"f": sometimes}, seed=seed, start_time=START, history=history)
        for history in (True, True, False)
    )

    assert first.status in ("SUCCEEDED", "FAILED", "TIMED_OUT")
    events = list(first.history)
    assert [*range(1, len(events) + 1)] == [event["id"] for event in events]
    assert all(event["previousEventId"] < event["id"] for event in events)
    assert events == list(again.history)
    ends = [(run.status, run.output, run.error, run.cause, run.duration) for run in (first, again, silent)]
    assert ends[0] == ends[1] == ends[2]
