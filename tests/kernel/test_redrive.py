"""Redrive: what succeeded stays, what did not goes on from where it was."""

from __future__ import annotations

import pytest
from conftest import START, chain, one_state, scripted

from asl_engine import Functions, StateMachine
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.execution import Execution
from asl_engine.kernel import ExecutionRedriven, ExecutionStarted, ExecutionStopped, Identity, Kernel
from asl_engine.kernel.redrive import why_not
from asl_engine.kernel.snapshot import restore, take
from asl_engine.mapruns.family import Watcher


class Redrivable(Watcher):
    """Keeps what is needed to go on with Map Runs."""

    max_unsuccessful = float("inf")
    keeps_history = True


class Story:
    """An execution in virtual time that can be redriven."""

    def __init__(self, definition, input=None, **functions):
        from asl_engine.tasks.perform import Performer

        self.machine = StateMachine.from_dict(definition)
        self.kernel = Kernel(self.machine.program)
        self.driver = VirtualDriver(self.kernel, Performer(Functions.of(functions)), watcher=Redrivable())
        self.driver.run(ExecutionStarted(START, {} if input is None else input, Identity("e")))

    def redrive(self, after=10.0):
        self.driver.run(ExecutionRedriven(self.kernel.now + after))
        return self

    @property
    def types(self):
        return [event["type"] for event in self.history]

    @property
    def history(self):
        return Execution(self.kernel).history

    def since_redrive(self):
        """The events after the redrive, and the type and id of what each follows."""
        history = self.history
        begin = self.types.index("ExecutionRedriven") + 1
        links = [(event["type"], event["previousEventId"]) for event in history[begin:]]
        return [(type_, history[before - 1]["type"], before) for type_, before in links]


TASK = {"Type": "Task", "Resource": "f"}


def test_a_task_that_failed_is_scheduled_again():
    """The states before it are not run again, and history goes on: the state is not entered twice."""
    first, second = scripted(1), scripted(ValueError("no"), "done")
    story = Story(chain(A={**TASK, "Resource": "first"}, B={**TASK, "Resource": "second"}), first=first, second=second)
    before = story.types
    story.redrive()

    assert story.kernel.status == "SUCCEEDED"
    assert story.kernel.output == "done"
    assert (len(first.calls), len(second.calls)) == (1, 2)
    assert before[-2:] == ["LambdaFunctionFailed", "ExecutionFailed"]
    assert story.types[len(before) :] == [
        "ExecutionRedriven",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    redriven = next(event for event in Execution(story.kernel).history if event["type"] == "ExecutionRedriven")
    assert redriven["executionRedrivenEventDetails"] == {"redriveCount": 1}


def test_retries_are_counted_anew():
    """Two attempts, then two more."""
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    f = scripted(*[ValueError(n) for n in range(3)], "done")
    story = Story(one_state(**TASK, Retry=retry), f=f)

    assert (story.kernel.status, len(f.calls)) == ("FAILED", 2)
    assert story.redrive().kernel.status == "SUCCEEDED"
    assert len(f.calls) == 4


def test_it_can_fail_again_and_be_redriven_again():
    """The count goes up, and the context object tells."""
    shown = {"Type": "Task", "Resource": "f", "Parameters": {"redrives.$": "$$.Execution.RedriveCount"}}
    f = scripted(ValueError(), ValueError(), None)
    story = Story(one_state(**shown), f=f).redrive().redrive()

    assert story.kernel.status == "SUCCEEDED"
    assert [call["redrives"] for call in f.calls] == [0, 1, 2]


def test_only_the_branches_that_failed_go_on():
    """The result has what the others gave before."""
    a, b = scripted("a"), scripted(ValueError(), "b")
    slow = chain(W={"Type": "Wait", "Seconds": 60}, C={**TASK, "Resource": "c"})
    branches = [chain(A={**TASK, "Resource": "a"}), chain(B={**TASK, "Resource": "b"}), slow]
    story = Story(one_state(Type="Parallel", Branches=branches), a=a, b=b, c=lambda *_: "c")
    assert "WaitStateAborted" in story.types
    story.redrive()

    assert story.kernel.output == ["a", "b", "c"]
    assert (len(a.calls), len(b.calls)) == (1, 2)


def test_only_the_iterations_that_failed_go_on():
    """And those that had not begun begin."""
    calls = []

    def f(item, context):
        calls.append(item)
        if item == 2 and calls.count(2) == 1:
            raise ValueError
        return item * 10

    processor = chain(T=TASK)
    story = Story(one_state(Type="Map", MaxConcurrency=1, ItemProcessor=processor), [1, 2, 3], f=f).redrive()

    assert story.kernel.output == [10, 20, 30]
    assert calls == [1, 2, 2, 3]


def test_an_iteration_that_failed_does_not_begin_again():
    """It goes on from the event that entered its state (recorded); one that had not begun begins."""
    f = scripted(1, ValueError(), 2, 3)
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": chain(T=TASK)}
    story = Story(one_state(**state), [1, 2, 3], f=f)
    [_, entered, *_] = [event["id"] for event in story.history if event["type"] == "TaskStateEntered"]
    events = story.redrive().since_redrive()

    assert events[0] == ("LambdaFunctionScheduled", "TaskStateEntered", entered)
    assert [event[:2] for event in events[4:7]] == [
        ("MapIterationSucceeded", "TaskStateExited"),
        ("MapIterationStarted", "TaskStateExited"),
        ("TaskStateEntered", "MapIterationStarted"),
    ]
    assert story.types.count("MapIterationStarted") == 3
    assert story.types.count("MapStateStarted") == 1


def test_branches_go_on_from_the_events_that_entered_their_states():
    """The one that failed, and the one that was aborted for it (recorded)."""
    branches = [chain(A=TASK), chain(B={"Type": "Wait", "Seconds": 30})]
    story = Story(one_state(Type="Parallel", Branches=branches), f=scripted(ValueError(), "a"))
    events = story.redrive().since_redrive()

    assert story.types.count("ParallelStateStarted") == 1
    assert events[0][:2] == ("LambdaFunctionScheduled", "TaskStateEntered")
    assert ("WaitStateExited", "WaitStateEntered") in [event[:2] for event in events]


def test_time_of_entry_stays_and_retries_are_counted_from_zero():
    """The context object that a task sees after a redrive (recorded)."""
    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    shown = {"Parameters": {"state.$": "$$.State", "execution.$": "$$.Execution"}, "Retry": retry}
    f = scripted(ValueError(), ValueError(), ValueError(), "done")
    Story(one_state(**TASK, **shown), f=f).redrive()
    states, executions = [call["state"] for call in f.calls], [call["execution"] for call in f.calls]

    assert [state["RetryCount"] for state in states] == [0, 1, 0, 1]
    assert len({state["EnteredTime"] for state in states}) == 1
    assert len({execution["StartTime"] for execution in executions}) == 1
    assert [execution["RedriveCount"] for execution in executions] == [0, 0, 1, 1]
    assert ["RedriveTime" in execution for execution in executions] == [False, False, True, True]


def test_nested_walks_go_on_where_they_were():
    """A Map in a branch: the outer walks keep what they have."""
    f = scripted(ValueError(), "x", "y")
    inner = chain(M={"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "ItemProcessor": chain(T=TASK)})
    branches = [inner, chain(P={"Type": "Pass", "Result": "p"})]
    story = Story(one_state(Type="Parallel", Branches=branches), {"items": [1, 2]}, f=f)

    assert story.redrive().kernel.output == [["x", "y"], "p"]


def test_a_fail_state_fails_again():
    """It is the state that failed."""
    story = Story(one_state(Type="Fail", Error="E", Cause="c")).redrive()

    assert (story.kernel.status, story.kernel.error) == ("FAILED", "E")
    assert story.types[-2:] == ["ExecutionRedriven", "ExecutionFailed"]
    assert story.since_redrive()[0][:2] == ("ExecutionFailed", "ExecutionRedriven")


def test_the_time_limit_of_the_machine_begins_anew():
    """It timed out after a minute; redriven it has a minute more."""
    definition = {**one_state(Type="Wait", Seconds=50), "TimeoutSeconds": 40}
    story = Story(definition)
    assert (story.kernel.status, story.kernel.now - START) == ("TIMED_OUT", 40)
    story.redrive(after=5.0)

    assert (story.kernel.status, story.kernel.now - START) == ("TIMED_OUT", 85)


def test_a_stopped_execution_goes_on():
    """What was under way is done again; the answer of the attempt before is not heard."""
    machine = StateMachine.from_dict(one_state(**TASK))
    kernel = Kernel(machine.program)
    [task, _] = kernel.handle(ExecutionStarted(START, {}, Identity("e")))
    kernel.handle(ExecutionStopped(START + 1))
    again = kernel.handle(ExecutionRedriven(START + 2))
    ops = [command.op for command in again if type(command).__name__ == "StartTask"]

    assert kernel.status == "RUNNING"
    assert task.op not in kernel.waiting
    assert len(ops) == 1


def test_what_succeeded_is_not_redriven():
    """The event is not heard."""
    story = Story(one_state(Type="Pass"))
    count = story.kernel.event_count
    story.redrive()

    assert (story.kernel.status, story.kernel.event_count) == ("SUCCEEDED", count)


def test_a_redriven_execution_can_be_restored():
    """The count is part of what is remembered."""
    machine = StateMachine.from_dict(one_state(**TASK))
    kernel = Kernel(machine.program)
    kernel.handle(ExecutionStarted(START, {}, Identity("e")))
    kernel.handle(ExecutionStopped(START + 1))
    kernel.handle(ExecutionRedriven(START + 2))
    restored = restore(machine.program, take(kernel))

    assert (restored.redrive_count, list(restored.waiting)) == (1, list(kernel.waiting))


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_of_a_map_run_only_what_failed_is_done_again(kind):
    """The same Map Run goes on, with its children; the result has what the others gave."""
    calls = []

    def f(item, context):
        calls.append(item)
        if item in (2, 3) and calls.count(item) == 1:
            raise ValueError(item)
        return item * 10

    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind}}
    state = {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": {**mode, **chain(T=TASK)}}
    story = Story(one_state(**state), [1, 2, 3, 4, 5], f=f)
    assert story.kernel.error == "States.ExceedToleratedFailureThreshold"
    [run] = story.driver.family.unsuccessful_runs.values()
    story.redrive()
    assert story.kernel.status == "FAILED"  # the third item fails for the first time
    story.redrive()

    assert story.kernel.output == [10, 20, 30, 40, 50]
    assert calls.count(1) == 1
    assert run.redrive_count == 2
    counts = run.items.as_dict()
    assert (counts["succeeded"], counts["failed"], counts["aborted"], counts["total"]) == (5, 0, 0, 5)
    assert story.types.count("MapRunStarted") == 1
    assert story.types.count("MapRunRedriven") == 2


def test_a_map_run_that_was_aborted_goes_on():
    """Its parent was stopped."""
    waits = chain(W={"Type": "Wait", "Seconds": 60})
    mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    definition = {**one_state(Type="Map", ItemProcessor={**mode, **waits}), "TimeoutSeconds": 90}
    definition["States"]["S"]["MaxConcurrency"] = 1
    story = Story(definition, [1, 2])
    assert story.kernel.status == "TIMED_OUT"

    assert story.redrive().kernel.output == [1, 2]
    assert story.since_redrive()[0][:2] == ("MapRunRedriven", "MapStateStarted")


def test_an_execution_whose_history_is_full_says_so():
    """It cannot be redriven (recorded, September 2026)."""
    again = {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": True, "Next": "C"}], "Default": "A"}
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": again, "C": {"Type": "Succeed"}}
    story = Story({"StartAt": "A", "States": states})

    assert "Execution has exceeded the maximum history event limit" == why_not(story.kernel)


def test_a_branch_that_ended_the_execution_goes_on():
    """Also where that was from inside, by States.Runtime; and so do those that were cut."""
    broken = {"Type": "Pass", "Parameters": {"n.$": "$.nope"}}
    branches = [chain(V={"Type": "Wait", "Seconds": 1}, P=broken), chain(W={"Type": "Wait", "Seconds": 5})]
    story = Story(one_state(Type="Parallel", Branches=branches), {})
    [failed] = [event["id"] for event in story.history if event["type"] == "ExecutionFailed"]

    story.redrive()

    [redriven] = [event for event in story.history if event["type"] == "ExecutionRedriven"]
    assert redriven["previousEventId"] == failed
    assert story.since_redrive() == [("ExecutionFailed", "PassStateEntered", failed - 1)]
