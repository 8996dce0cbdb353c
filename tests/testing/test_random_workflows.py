"""Whatever the machine and the input, the test harness tells of an execution what was done, and can do it again."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from random_machines import BLOCKS, CHOICES, JSON, named, sometimes

from asl_engine import Deadlock, StateMachine
from asl_engine.testing import NO_ANSWER, Answer, TaskError, Workflow, explore, replay
from asl_engine.testing.debugger.debugger import Debugger
from asl_engine.testing.debugger.front import GoBack
from asl_engine.testing.exploration import tests_of
from asl_engine.testing.recording.from_history import test_from
from asl_engine.testing.recording.recording import read_recording

MACHINES = st.builds(
    lambda block, choices: StateMachine.from_dict(named(block, iter(range(1000)), choices)), BLOCKS, CHOICES
)
random = settings(max_examples=60, suppress_health_check=list(HealthCheck))


def slowly(event):
    """Answer in any of the ways that there are, after some time."""
    number = sum(map(ord, str(event)))
    if number % 11 == 0:
        return NO_ANSWER
    if number % 7 == 0:
        return Answer.failure("ValueError", "wrong", after=number % 9)
    if number % 5 == 0:
        raise TaskError("States.Timeout")
    return Answer({"a": event}, after=number % 9)


def run(machine, input):
    """Run a machine whose tasks, if it has any, answer slowly."""
    work = Workflow(machine)
    try:
        return work, work.run(input, mocks={"f": slowly} if '"Type": "Task"' in machine.definition else None)
    except Deadlock:  # a task without a time limit was not answered
        assume(False)
        raise


@random
@given(MACHINES, JSON)
def test_story_path_and_coverage_tell_the_same(machine, input):
    """Every state that was entered is a visit, has been left, and was counted."""
    work, execution = run(machine, input)

    covered = work.coverage
    counts = {part.state: covered.counts[part.pointer] for part in covered.parts if part.kind == "state"}
    assert execution.path == [visit.state for visit in execution.story]
    assert "RUNNING" not in {visit.status for visit in execution.story}
    assert Counter(execution.path) == {state: count for state, count in counts.items() if count}
    assert execution.account().startswith(execution.status)


@random
@given(MACHINES, JSON)
def test_whatever_was_recorded_is_replayed(machine, input):
    """With the same end after the same time; and the test that is written of it passes."""
    _, then = run(machine, input)
    history = json.loads(json.dumps({"events": list(then.history)}, default=datetime.isoformat))

    again = replay(machine, history)

    assert again.matches, str(again.divergence)
    ends = [(one.status, one.output, one.error, one.duration) for one in (then, again.execution)]
    assert ends[0] == ends[1]
    names = {}
    exec(test_from(read_recording(history), "machine.asl.json", "recorded", None), names)
    names["test_recorded"](lambda path, **options: Workflow(machine, **options))


class Wanderer:
    """Steps through an execution, and now and then goes back."""

    def __init__(self, ways_back):
        self.ways_back = list(ways_back)

    def stopped(self, stop):
        stop.stages()
        if self.ways_back and stop.number % 3 == 0:
            raise GoBack(stop.number - self.ways_back.pop())
        return lambda later: True

    def asked(self, state, payload):
        raise AssertionError(state)


@random
@given(MACHINES, JSON, st.lists(st.integers(0, 6), max_size=4))
def test_debugging_changes_nothing(machine, input, ways_back):
    """However often one goes back: the path and the end are those of a run, and no function is called once more."""
    calls = []

    def function(event, context):
        calls.append(event)
        return sometimes(event, context)

    plain = Workflow(machine, {"f": function}).run(input)
    made = len(calls)
    debugged = Debugger(machine, Wanderer(ways_back), {"f": function}).run(input)

    assert 2 * made == len(calls)
    assert plain.path == debugged.path
    assert (plain.status, plain.output, plain.error) == (debugged.status, debugged.output, debugged.error)


@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(MACHINES)
def test_ends_that_were_found_can_be_come_to(machine):
    """Each example is a test that passes."""
    names = {}

    exec(tests_of(explore(machine, max_runs=30), "machine.asl.json"), names)

    for test in [thing for name, thing in names.items() if name.startswith("test_")]:
        test(lambda path: Workflow(machine))
