"""An execution written down after every event and gone on with from there."""

from __future__ import annotations

import importlib.util
import json
from collections import deque
from pathlib import Path

import pytest
from conftest import START, chain, one_state, scripted
from forgetting import Amnesiac

from asl_engine import Answer, Functions, StateMachine
from asl_engine.drivers.hooks import Hooks
from asl_engine.drivers.virtual import VirtualDriver
from asl_engine.history import read_events
from asl_engine.kernel import (
    ExecutionRedriven,
    ExecutionStarted,
    ExecutionStopped,
    Identity,
    Kernel,
    StartTask,
    StartTimer,
    TaskFailed,
    TaskHeartbeat,
    TaskSubmitted,
    TaskSucceeded,
    TimerFired,
)
from asl_engine.kernel.events import ActivityStarted
from asl_engine.kernel.snapshot import restore, take
from asl_engine.tasks.perform import Performer

HOME = Path(__file__).parent.parent.parent / "statemachines"
WORKFLOWS = sorted(path.parent.name for path in HOME.glob("*/*.asl.*"))


class Hasty(Amnesiac):
    """One that lets the execution give way at every transition as well."""

    given_way = 0

    def forget(self, event):
        super().forget(event)
        self.kernel.is_spent = lambda: True
        self.given_way += self.kernel.has_given_way


class Answering(VirtualDriver):
    """A driver of a restored execution, beside which those who have task tokens are still at work."""

    def resume(self):
        for op, (frame, command) in self.kernel.waiting.items():
            if frame.is_submitted and isinstance(command, StartTask):
                self.agenda.note_answer(self.kernel.now, op, Answer(command.payload["Payload"]["n"]))
        super().resume()


def started(input, name="run-0"):
    return ExecutionStarted(START, input, Identity(name, "StateMachine"), 0)


def ends_of(machine, input, functions_anew, redrives=0):
    """Run without and with forgetting, and redrive what failed; return how each ended."""
    ends = []
    for driver_class in (VirtualDriver, Amnesiac):
        driver = driver_class(Kernel(machine.program), Performer(Functions.of(functions_anew())))
        driver.run(started(input))
        for _ in range(redrives):
            assert driver.kernel.status in ("FAILED", "TIMED_OUT")
            driver.run(ExecutionRedriven(driver.kernel.now + 100))
        if driver_class is Amnesiac:
            assert driver.forgotten > 0
        kernel = driver.kernel
        ends.append(
            (kernel.status, kernel.output, kernel.error, kernel.cause, kernel.now, list(read_events(kernel.records)))
        )
    return ends


def functions_of(name):
    spec = importlib.util.spec_from_file_location(f"snapshot_functions_of_{name}", HOME / name / "functions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.functions


@pytest.mark.parametrize("name", WORKFLOWS)
def test_an_example_workflow_survives_forgetting_after_every_event(name):
    """Each complete workflow ends as it does uninterrupted, to the last event of its history."""
    [definition] = HOME.joinpath(name).glob(f"{name}.asl.*")
    machine = StateMachine.load(definition)
    input = json.loads((HOME / name / "input.json").read_text(encoding="utf-8"))

    uninterrupted, interrupted = ends_of(machine, input, lambda: functions_of(name))

    assert uninterrupted == interrupted


TOKEN = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"}
ASK = {**TOKEN, "Parameters": {"FunctionName": "ask", "Payload": {"n.$": "$", "token.$": "$$.Task.Token"}}}
RETRY = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 5, "MaxAttempts": 4, "JitterStrategy": "FULL"}]
CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Caught", "Assign": {"failed.$": "$.Error"}, "ResultPath": "$.e"}]


def waiting(name, seconds):
    return chain(**{name: {"Type": "Wait", "Seconds": seconds}, name + "Z": {"Type": "Pass"}})


OWN = {
    "chance before and after waiting": chain(
        T={
            **ASK,
            "Parameters": {"FunctionName": "ask", "Payload": {"id.$": "States.UUID()", "n": 1}},
            "ResultSelector": {"id.$": "States.UUID()", "r.$": "States.MathRandom(1, 1000000)"},
            "Retry": RETRY,
        },
        U={"Type": "Pass", "Parameters": {"id.$": "States.UUID()", "t.$": "$"}},
    ),
    "retries with jitter": chain(
        T={"Type": "Task", "Resource": "flaky", "Retry": RETRY, "Parameters": {"n.$": "$$.State.RetryCount"}}
    ),
    "a failing branch and its siblings": chain(
        P={
            "Type": "Parallel",
            "Branches": [
                waiting("A", 60),
                waiting("B", 70),
                chain(W={"Type": "Wait", "Seconds": 5}, F={"Type": "Fail"}),
                waiting("C", 80),
            ],
            "Catch": CATCH,
        },
        Caught={"Type": "Pass", "Parameters": {"failed.$": "$failed"}},
    ),
    "nested maps that wait": chain(
        M={
            "Type": "Map",
            "ItemsPath": "$.rows",
            "MaxConcurrency": 2,
            "ItemSelector": {"row.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"},
            "ItemProcessor": chain(
                N={"Type": "Map", "ItemsPath": "$.row", "ItemProcessor": chain(T=ASK), "ResultPath": "$.out"},
                V={"Type": "Pass", "Assign": {"v.$": "$.i"}},
                X={"Type": "Wait", "Seconds": 3},
                Y={"Type": "Pass", "Parameters": {"out.$": "$.out", "v.$": "$v", "item.$": "$$.Map.Item.Index"}},
            ),
        }
    ),
    "tolerated failures": chain(
        M={
            "Type": "Map",
            "ItemsPath": "$.rows[*][*]",
            "MaxConcurrency": 2,
            "ToleratedFailureCount": 2,
            "ItemProcessor": chain(
                W={"Type": "Wait", "SecondsPath": "$"},
                C={"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "O"},
                F={"Type": "Fail", "Error": "Two"},
                O={"Type": "Succeed"},
            ),
        }
    ),
    "time limits and heartbeats": chain(
        T={
            **ASK,
            "TimeoutSeconds": 30,
            "HeartbeatSeconds": 7,
            "Retry": [{"ErrorEquals": ["States.Timeout"]}],
            "Catch": CATCH,
        },
        Z={"Type": "Pass", "Next": "Caught"},
        Caught={"Type": "Succeed"},
    ),
    "items that are shaped": chain(
        M={
            "Type": "Map",
            "ItemsPath": "$.rows[0]",
            "ItemSelector": {"n.$": "$$.Map.Item.Value", "id.$": "States.UUID()", "all.$": "$.rows"},
            "ItemProcessor": chain(
                I={
                    "Type": "Map",
                    "ItemsPath": "$.all",
                    "ItemSelector": {"i.$": "$$.Map.Item.Index", "n.$": "$.n"},
                    "ItemProcessor": chain(P={"Type": "Pass"}),
                }
            ),
        }
    ),
    "an item that cannot be shaped": chain(
        M={
            "Type": "Map",
            "ItemsPath": "$.rows",
            "ItemSelector": {"n.$": "States.ArrayGetItem($$.Map.Item.Value, 1)"},
            "ItemProcessor": chain(P={"Type": "Pass"}),
        }
    ),
    "a map that is retried": chain(
        M={
            "Type": "Map",
            "ItemsPath": "$.rows[0]",
            "ItemProcessor": chain(W={"Type": "Wait", "Seconds": 2}, T={"Type": "Task", "Resource": "flaky"}),
            "Retry": RETRY,
        }
    ),
    "the end of the machine's time": {**one_state(Type="Wait", Seconds=100), "TimeoutSeconds": 10},
}


def own_functions():
    asked = []

    def ask(event, context):
        asked.append(event)
        n = event["n"] if isinstance(event["n"], int) else 9
        return Answer({"n": n, "times": len(asked)}, after=10 * n, heartbeat_every=5)

    return {"ask": ask, "flaky": scripted(ValueError("1"), ValueError("2"), *range(9))}


@pytest.mark.parametrize("definition", OWN.values(), ids=OWN)
def test_a_machine_survives_forgetting_after_every_event(definition):
    """Walks, joins, retries, timers, variables and chance are all in the snapshot."""
    machine = StateMachine.from_dict(definition)

    uninterrupted, interrupted = ends_of(machine, {"rows": [[1, 2], [3], [2, 1]]}, own_functions)

    assert uninterrupted == interrupted


@pytest.mark.parametrize("definition", OWN.values(), ids=OWN)
def test_a_machine_survives_giving_way_at_every_transition(definition):
    """What is ready goes on later, also in another process, and comes to the same end with as many events."""
    machine, ends = StateMachine.from_dict(definition), []
    for driver_class in (VirtualDriver, Hasty):
        driver = driver_class(Kernel(machine.program), Performer(Functions.of(own_functions())))
        driver.run(started({"rows": [[1, 2], [3], [2, 1]]}))
        kernel = driver.kernel
        ends.append((kernel.status, kernel.output, kernel.error, kernel.cause, kernel.now, kernel.event_count))

    assert ends[0] == ends[1]


def test_an_execution_gives_way_between_two_items():
    """However many items a Map shapes, others need not wait for all of them."""
    selector, processor = {"v.$": "$$.Map.Item.Value"}, chain(P={"Type": "Succeed"})
    machine = StateMachine.from_dict(one_state(Type="Map", ItemSelector=selector, ItemProcessor=processor))
    driver = Hasty(Kernel(machine.program), Performer(Functions.of({})))
    driver.kernel.is_spent = lambda: True
    driver.run(started([*range(100)]))

    assert [{"v": n} for n in range(100)] == driver.kernel.output
    assert 200 <= driver.given_way


FLAKY = {"Type": "Task", "Resource": "flaky"}
REDRIVEN = {
    "a task": chain(A={"Type": "Pass", "Assign": {"v": 1}}, T=FLAKY, Z={"Type": "Pass", "Parameters": {"v.$": "$v"}}),
    "a task with retries": chain(T={**FLAKY, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]}),
    "branches": one_state(
        Type="Parallel", Branches=[waiting("A", 60), chain(B=FLAKY), chain(C=FLAKY), chain(D={"Type": "Pass"})]
    ),
    "iterations": chain(
        M={
            "Type": "Map",
            "ItemsPath": "$.rows",
            "MaxConcurrency": 2,
            "ItemProcessor": chain(
                N={"Type": "Map", "ItemProcessor": chain(W={"Type": "Wait", "Seconds": 2}, T=FLAKY)}
            ),
        }
    ),
    "tolerated failures": chain(
        M={
            "Type": "Map",
            "ItemsPath": "$.rows[*][*]",
            "MaxConcurrency": 1,
            "ToleratedFailureCount": 1,
            "ItemProcessor": chain(T=FLAKY),
        }
    ),
    "the end of the machine's time": {**one_state(Type="Wait", Seconds=15), "TimeoutSeconds": 10},
}
ONCE = {"a task with retries", "tolerated failures"}


@pytest.mark.parametrize("name", REDRIVEN)
def test_a_machine_can_be_redriven_after_forgetting(name):
    """What failed is remembered with its walks, so that each goes on from its own unsuccessful state."""
    machine = StateMachine.from_dict(REDRIVEN[name])
    functions = lambda: {"flaky": scripted(ValueError("1"), ValueError("2"), *range(9))}  # noqa: E731
    redrives = 1 if name in ONCE else 2

    uninterrupted, interrupted = ends_of(machine, {"rows": [[1, 2], [3]]}, functions, redrives)

    assert ("SUCCEEDED" if "time" not in name else "TIMED_OUT") == uninterrupted[0]
    assert uninterrupted == interrupted


def test_a_failed_execution_that_was_restored_can_be_redriven():
    """The branch that succeeded is not done again."""
    branches = [chain(A={"Type": "Pass", "Result": "a"}), chain(B={"Type": "Task", "Resource": "f"})]
    machine = StateMachine.from_dict(one_state(Type="Parallel", Branches=branches))
    kernel = Kernel(machine.program)
    [task, _] = kernel.handle(started({}))
    kernel.handle(TaskFailed(START + 1, task.op, "E", "c"))

    again = restore(machine.program, json.loads(json.dumps(take(kernel))))
    tasks = [command for command in again.handle(ExecutionRedriven(START + 9)) if isinstance(command, StartTask)]
    again.handle(TaskSucceeded(START + 10, tasks[0].op, "b"))

    assert (1, "SUCCEEDED", ["a", "b"]) == (len(tasks), again.status, again.output)


def test_the_ops_of_a_child_begin_with_its_place_after_a_restore():
    """Else they would be those of another child."""
    machine = StateMachine.from_dict(chain(A={"Type": "Task", "Resource": "f"}, B={"Type": "Task", "Resource": "f"}))
    kernel = Kernel(machine.program, parent_op="/Each#1.0[7]")
    [task, end] = kernel.handle(started({}))

    again = restore(machine.program, json.loads(json.dumps(take(kernel))))
    [next_task] = again.handle(TaskSucceeded(START + 1, task.op, 1))

    assert ("/Each#1.0[7]/B#2.0", "/Each#1.0[7]deadline") == (next_task.op, again.deadline_op)
    assert end.op == again.deadline_op


def test_nothing_of_a_snapshot_is_shared_with_the_kernel_that_it_was_taken_from():
    """A snapshot as text stays what it was while the execution goes on."""
    machine = StateMachine.from_dict(chain(A={"Type": "Wait", "Seconds": 1}, B={"Type": "Pass", "Assign": {"x": 1}}))
    kernel = Kernel(machine.program)
    [timer, _] = kernel.handle(started({"a": [1]}))
    text = json.dumps(take(kernel))

    kernel.handle(TimerFired(timer.at, timer.op))

    again = restore(machine.program, json.loads(text))
    assert ("SUCCEEDED", "RUNNING") == (kernel.status, again.status)
    assert json.loads(text) == json.loads(json.dumps(take(again)))
    again.handle(TimerFired(timer.at, timer.op))
    assert list(read_events(kernel.records)) == list(read_events(again.records))


def test_an_attempt_at_an_activity_is_remembered_at_each_step():
    """Taken up with its limits, alive, answered: each by a kernel that knows the rest from a snapshot."""
    arn = "arn:aws:states:us-east-1:123456789012:activity:paint"
    machine = StateMachine.from_dict(one_state(Type="Task", Resource=arn, TimeoutSeconds=60, HeartbeatSeconds=9))
    kept = Kernel(machine.program)
    kept.activities = {arn}
    [task, _] = kept.handle(started({}))
    again = restore(machine.program, json.loads(json.dumps(take(kept))), {arn})
    limits = []

    for event in (
        ActivityStarted(START + 100, task.op, "ann"),
        TaskHeartbeat(START + 105, task.op),
        TaskSucceeded(START + 110, task.op, "painted"),
    ):
        kept.handle(event)
        commands = again.handle(event)
        limits.append([command.at - START for command in commands if isinstance(command, StartTimer)])
        again = restore(machine.program, json.loads(json.dumps(take(again))), {arn})

    assert [[160.0, 109.0], [114.0], []] == limits
    assert ("SUCCEEDED", "painted") == (again.status, again.output)
    assert list(read_events(kept.records)) == list(read_events(again.records))


def test_a_snapshot_of_an_ended_execution_tells_its_end():
    """Output, error and history are still there."""
    machine = StateMachine.from_dict(one_state(Type="Pass", Result=[1]))
    kernel = Kernel(machine.program)
    kernel.handle(started({}))

    again = restore(machine.program, json.loads(json.dumps(take(kernel))))

    assert ("SUCCEEDED", [1], []) == (again.status, again.output, again.outstanding())
    assert list(read_events(kernel.records)) == list(read_events(again.records))


@pytest.mark.parametrize("format_", [0, 999, None, "1"])
def test_a_snapshot_of_an_unknown_format_is_refused(format_):
    """Better no execution than a wrong one."""
    machine = StateMachine.from_dict(one_state(Type="Wait", Seconds=1))
    kernel = Kernel(machine.program)
    kernel.handle(started({}))

    with pytest.raises(ValueError, match="format"):
        restore(machine.program, {**take(kernel), "format": format_})


# --- crashes ---------------------------------------------------------------------------------------------------------


def test_after_a_crash_what_was_under_way_is_done_again():
    """Tasks are at least once: the attempt that was lost has the same op, and so the same idempotency key."""
    branches = [chain(**{f"T{n}": {"Type": "Task", "Resource": f"f{n}"}}) for n in range(3)]
    machine = StateMachine.from_dict(chain(P={"Type": "Parallel", "Branches": branches}, Z={"Type": "Pass"}))
    kernel = Kernel(machine.program)
    begun = [command for command in kernel.handle(started({})) if isinstance(command, StartTask)]
    kernel.handle(TaskSucceeded(START + 1, begun[1].op, "one"))
    snapshot = json.dumps(take(kernel))
    kernel.handle(TaskSucceeded(START + 2, begun[0].op, "lost with the crash"))

    keys = []

    def work(event, context):
        keys.append(context.idempotency_key)
        return "again"

    again = restore(machine.program, json.loads(snapshot))
    driver = VirtualDriver(again, Performer(Functions({f"f{n}": work for n in range(3)})))
    driver.resume()

    assert ["again", "one", "again"] == again.output
    assert [begun[0].op, begun[2].op] == keys
    assert [*range(1, again.event_count + 1)] == [event["id"] for event in read_events(again.records)]


def test_after_a_crash_timers_go_off_at_their_old_moments():
    """A restart does not begin a wait anew."""
    machine = StateMachine.from_dict(chain(A={"Type": "Wait", "Seconds": 3600}, B={"Type": "Pass"}))
    kernel = Kernel(machine.program)
    kernel.handle(started({}))

    again = restore(machine.program, json.loads(json.dumps(take(kernel))))
    VirtualDriver(again, Performer(Functions())).resume()

    assert ("SUCCEEDED", START + 3600) == (again.status, again.now)


def test_a_crash_at_every_event_gives_the_same_output():
    """Restored from any of its snapshots, with nothing but its outstanding commands, the execution ends the same."""
    machine = StateMachine.from_dict(OWN["nested maps that wait"])
    input = {"rows": [[1, 2], [3], [4]]}
    snapshots = []
    kernel = Kernel(machine.program)
    hooks = Hooks(on_commit=lambda event: snapshots.append(json.dumps(take(kernel))))
    VirtualDriver(kernel, Performer(Functions({"ask": lambda event, context: Answer(event["n"])})), hooks).run(
        started(input)
    )

    ends = []
    for snapshot in snapshots[:-1]:
        again = restore(machine.program, json.loads(snapshot))
        Answering(again, Performer(Functions({"ask": lambda event, context: Answer(event["n"])}))).resume()
        ends.append((again.status, again.output))

    assert 8 <= len(ends)
    assert [("SUCCEEDED", kernel.output)] * len(ends) == ends


def test_what_somebody_has_in_hand_is_not_asked_a_second_time():
    """A task with a token that was handed over is answered by it; before that, handing over is done again."""
    machine = StateMachine.from_dict(one_state(**ASK, TimeoutSeconds=60))
    kernel = Kernel(machine.program)
    task, limit, end = kernel.handle(started({"n": 1}))
    before = restore(machine.program, json.loads(json.dumps(take(kernel))))
    kernel.handle(TaskSubmitted(START + 1, task.op, None))
    after = restore(machine.program, json.loads(json.dumps(take(kernel))))

    assert [task.op, limit.op, end.op] == [command.op for command in before.outstanding()]
    assert [limit.op, end.op] == [command.op for command in after.outstanding()]
    after.handle(TaskSucceeded(START + 2, task.op, "yes"))
    assert ("SUCCEEDED", "yes") == (after.status, after.output)


# --- stale and unknown events ----------------------------------------------------------------------------------------


def test_events_for_unknown_ops_do_nothing():
    """Whoever answers what was never asked changes nothing."""
    machine = StateMachine.from_dict(one_state(Type="Task", Resource="f", TimeoutSeconds=5))
    kernel = Kernel(machine.program)
    kernel.handle(started({}))
    before = take(kernel)

    commands = [
        kernel.handle(event)
        for event in (
            TaskSucceeded(START, "nobody", 1),
            TaskFailed(START, "nobody", "E", "c"),
            TaskSubmitted(START, "nobody", None),
            TaskHeartbeat(START, "nobody"),
            TimerFired(START, "nobody"),
        )
    ]

    assert [[]] * 5 == commands
    assert before == take(kernel)


def test_an_answer_counts_once():
    """The second answer to an attempt, and a timer that fires too late, are stale."""
    machine = StateMachine.from_dict(
        chain(A={"Type": "Task", "Resource": "f", "TimeoutSeconds": 5}, B={"Type": "Wait", "Seconds": 9})
    )
    kernel = Kernel(machine.program)
    commands = deque(kernel.handle(started({})))
    task, timer = commands[0], commands[1]

    kernel.handle(TaskSucceeded(START + 1, task.op, "first"))

    assert [] == kernel.handle(TaskSucceeded(START + 2, task.op, "second"))
    assert [] == kernel.handle(TaskFailed(START + 2, task.op, "E", None))
    assert [] == kernel.handle(TimerFired(START + 5, timer.op))
    assert "first" == kernel.root.input


def test_an_answer_to_a_timer_is_none():
    """A task's answer that names a waiting Wait does not wake it."""
    machine = StateMachine.from_dict(one_state(Type="Wait", Seconds=9))
    kernel = Kernel(machine.program)
    [timer, _] = kernel.handle(started({}))

    assert [] == kernel.handle(TaskSucceeded(START + 1, timer.op, "early"))
    assert "RUNNING" == kernel.status


def test_a_stopped_execution_is_aborted_and_stays_so():
    """StopExecution ends it with the error and cause given, and cancels what is under way."""
    machine = StateMachine.from_dict(one_state(Type="Task", Resource="f", TimeoutSeconds=5))
    kernel = Kernel(machine.program)
    [task, timer, *_] = kernel.handle(started({}))

    commands = kernel.handle(ExecutionStopped(START + 1, "Stop", "enough"))

    assert ("ABORTED", "Stop", "enough") == (kernel.status, kernel.error, kernel.cause)
    assert {task.op, timer.op} <= {command.op for command in commands}
    assert [] == kernel.handle(TaskSucceeded(START + 2, task.op, 1))
    last = list(read_events(kernel.records))[-1]
    assert ("ExecutionAborted", 0) == (last["type"], last["previousEventId"])
    assert {"error": "Stop", "cause": "enough"} == last["executionAbortedEventDetails"]


def test_ops_come_from_the_position_and_not_from_the_order():
    """Answered in another order, the same places have the same ops."""
    branches = [
        chain(**{f"T{n}": {"Type": "Task", "Resource": "f"}, f"U{n}": {"Type": "Task", "Resource": "f"}})
        for n in range(3)
    ]
    machine = StateMachine.from_dict(one_state(Type="Parallel", Branches=branches))

    seen = []
    for order in ([0, 1, 2], [2, 0, 1]):
        kernel = Kernel(machine.program)
        tasks = [command for command in kernel.handle(started({})) if isinstance(command, StartTask)]
        following = [command for n in order for command in kernel.handle(TaskSucceeded(START, tasks[n].op, n))]
        seen.append({command.op for command in following if isinstance(command, StartTask)})

    assert 3 == len(seen[0])
    assert seen[0] == seen[1]
