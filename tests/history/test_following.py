"""A story that is followed while events come in: what a redrive changes, and what each event costs."""

from __future__ import annotations

import sys

from conftest import chain

from asl_engine import StateMachine
from asl_engine.history.story import Story, read_story
from asl_engine.render.graph import state_graph
from asl_engine.render.overlay import mark

TASK = {"Type": "Task", "Resource": "f"}
EACH = chain(T=TASK)


def fails(event, context):
    raise ValueError("not yet")


def works(event, context):
    return "done"


def redriven(definition, input, *attempts):
    """Return the machine and the events of an execution that failed, and was redriven with other functions."""
    machine = StateMachine.from_dict(definition)
    execution = machine.run(input, {"f": fails})
    for function in attempts:
        execution = execution.redrive({"f": function})
    return machine, list(execution.history)


def outcomes(events):
    return {visit.state: visit.status for visit in read_story(events)}


def pictured(machine, events):
    graph = mark(state_graph(machine.model), events)
    return {node["name"]: node["status"] for _, node in graph.nodes(data=True) if node.get("visits")}


def test_what_succeeds_after_a_redrive_has_succeeded():
    """The failure before is one of its attempts, and what the redrive undid."""
    machine, events = redriven(chain(T=TASK), {}, works)
    [visit] = read_story(events)

    assert {"T": "SUCCEEDED"} == outcomes(events)
    assert {"T": "succeeded"} == pictured(machine, events)
    assert (None, "done") == (visit.error, visit.output)
    assert ["FAILED", "SUCCEEDED"] == [attempt.status for attempt in visit.attempts]
    assert ["ValueError"] == [failure.error for failure in visit.redrives]
    assert 0 == visit.retries


def test_a_redrive_inside_of_a_parallel_goes_on_in_all_that_was_stopped():
    """The branch that failed, the one that was stopped with it, and the Parallel around both."""
    both = {"Type": "Parallel", "Branches": [chain(T=TASK), chain(W={"Type": "Wait", "Seconds": 9})]}
    machine, events = redriven(chain(P=both, Z={"Type": "Pass"}), {}, works)

    assert {"P": "SUCCEEDED", "T": "SUCCEEDED", "W": "SUCCEEDED", "Z": "SUCCEEDED"} == outcomes(events)
    assert {"P": "succeeded", "T": "succeeded", "W": "succeeded", "Z": "succeeded"} == pictured(machine, events)


def test_a_redrive_inside_of_a_map_goes_on_with_its_items():
    """Each item is counted once, by what became of it in the end."""
    machine, events = redriven(chain(M={"Type": "Map", "ItemProcessor": EACH}), [1, 2, 3], works)
    graph = mark(state_graph(machine.model), events)

    assert ["SUCCEEDED"] * 3 == [iteration.status for iteration in read_story(events)[0].iterations]
    assert {"succeeded"} == set(pictured(machine, events).values())
    assert "3 succeeded · redriven 1×" == graph.nodes["/States/M"]["note"]


def test_a_redrive_that_fails_again_has_failed():
    """A Fail state tells of it by nothing but the end of the execution."""
    failing = {"Type": "Parallel", "Branches": [chain(F={"Type": "Fail", "Error": "E"})]}
    machine, events = redriven(chain(P=failing), {}, works)

    assert {"P": "FAILED", "F": "FAILED"} == outcomes(events)
    assert {"P": "failed", "F": "failed"} == pictured(machine, events)
    assert {"T": "FAILED"} == outcomes(redriven(chain(T=TASK), {}, fails, fails)[1])


def test_what_a_redrive_opens_runs_until_it_has_ended():
    """Also the execution itself."""
    _, events = redriven(chain(T=TASK), {}, works)
    story, seen = Story(), []
    for event in events:
        story.take(event)
        seen.append((story.status, story.visits[0].status if story.visits else None))

    assert seen[-2:] == [("RUNNING", "SUCCEEDED"), ("SUCCEEDED", "SUCCEEDED")]
    assert ("RUNNING", "RUNNING") in seen[seen.index(("FAILED", "FAILED")) :]
    assert 1 == story.redrives


def test_a_state_that_was_caught_knows_where_its_catcher_led():
    """And the state there knows from where it was reached."""
    task = {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}], "Next": "C"}
    machine = StateMachine.from_dict(chain(A=task, C={"Type": "Succeed"}, B={"Type": "Succeed"}))
    caught, after = read_story(machine.run({}, {"f": fails}).history)

    assert ("CAUGHT", "B", caught) == (caught.status, caught.next, after.before)


def test_the_items_of_a_distributed_map_stand_in_map_runs():
    """The history of the parent names them, and how they ended."""
    each = EACH | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    machine = StateMachine.from_dict(chain(M={"Type": "Map", "ItemProcessor": each}))
    [good] = read_story(machine.run([1, 2], {"f": works}).history)
    [bad] = read_story(machine.run([1, 2], {"f": fails}).history)

    assert ["SUCCEEDED"] == [part.status for part in good.map_runs]
    assert ["FAILED"] == [part.status for part in bad.map_runs]
    assert (1, 0) == (len(bad.failures), bad.retries)


def calls_for(events):
    """Return how many functions of the package are called while a story takes these events."""
    count = 0

    def note(frame, what, argument):
        nonlocal count
        count += what == "call" and "/asl_engine/" in frame.f_code.co_filename

    story = Story()
    sys.setprofile(note)
    try:
        for event in events:
            story.take(event)
    finally:
        sys.setprofile(None)
    return count


def test_each_event_costs_the_same_however_many_came_before():
    """Ten times the events take ten times the work: in a long chain, and with many items side by side."""
    each = StateMachine.from_dict(chain(M={"Type": "Map", "ItemProcessor": chain(I={"Type": "Pass"})}))
    few, many = (list(each.run(list(range(count))).history) for count in (100, 1_000))

    assert calls_for(many) < 10.5 * calls_for(few)
