"""The service's limits: bytes, events, depth, and loops that never end."""

from __future__ import annotations

import pytest
from conftest import START, chain, one_state, scripted

from asl_engine import InputError, StateMachine

LIMIT = 262_144
TOO_LARGE = "The state/task '{}' returned a result with a size exceeding the maximum number of bytes service limit."


def text_of(size):
    """Return a text whose JSON has exactly `size` bytes."""
    return "x" * (size - 2)


def test_an_input_can_have_262144_bytes(run):
    """One byte more is refused before anything runs; bytes are counted, and not characters."""
    machine = one_state(Type="Pass")

    assert "SUCCEEDED" == run(machine, text_of(LIMIT)).status
    with pytest.raises(InputError):
        run(machine, text_of(LIMIT + 1))
    with pytest.raises(InputError):
        run(machine, "ä" * (LIMIT // 2))


@pytest.mark.parametrize(
    ("resource", "label"),
    [
        ({"Resource": "f"}, "f"),
        ({"Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}, "lambda"),
    ],
)
def test_a_result_over_the_limit_fails_the_task(run, resource, label):
    """The cause names the function, or the service, and says nothing of where."""
    execution = run(one_state(Type="Task", **resource), f=scripted(text_of(LIMIT + 1)))

    assert ("FAILED", "States.DataLimitExceeded") == (execution.status, execution.error)
    assert TOO_LARGE.format(label) == execution.cause


def test_a_result_at_the_limit_is_taken(run):
    """262,144 bytes of result are not too many, also in letters of two bytes."""
    assert "SUCCEEDED" == run(one_state(Type="Task", Resource="f"), f=scripted(text_of(LIMIT))).status
    assert "SUCCEEDED" == run(one_state(Type="Task", Resource="f"), f=scripted("ä" * (LIMIT // 2 - 1))).status
    assert "FAILED" == run(one_state(Type="Task", Resource="f"), f=scripted("ä" * (LIMIT // 2))).status


BIG = "x" * 100_000
ITERATION = {"StartAt": "I", "States": {"I": {"Type": "Pass", "InputPath": "$big", "End": True}}}
ASSIGN = {"Type": "Pass", "Assign": {"big.$": "$.big"}, "OutputPath": "$.big"}
SMALL = {"Type": "Pass", "Parameters": {"items": [1, 2, 3]}}


THRICE = {c + ".$": "$.big" for c in "abc"}
TWICE = {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}}
BRANCHES = [chain(**{f"P{n}": {"Type": "Pass", "InputPath": "$$.Execution.Input"}}) for n in range(3)]
LIST = {"Type": "Pass", "Assign": {"list.$": "States.Array($.big, $.big)"}, "OutputPath": "$.big"}
ITEMS = {"Type": "Task", "Resource": "items"}
INDEXES = {"Type": "Map", "ItemSelector": {"i.$": "$$.Map.Item.Index"}, "ResultPath": None}
ITEM = "$$.Map.Item.Value"
FOURFOLD = {"Type": "Pass", "Parameters": {"a.$": ITEM, "b.$": ITEM, "c.$": ITEM, "d.$": ITEM}}

GROWING = {
    "literal parameters": {"S": {"Type": "Pass", "Parameters": dict.fromkeys("abc", BIG)}},
    "a literal result": {"S": {"Type": "Pass", "Result": BIG * 3}},
    "a literal result twice": {"A": {"Type": "Pass", "Result": BIG * 2}, "S": TWICE},
    "the input thrice": {"S": {"Type": "Pass", "Parameters": THRICE}},
    "an intrinsic": {"S": {"Type": "Pass", "Parameters": {"a.$": "States.Array($.big, $.big, $.big)"}}},
    "a text": {"S": {"Type": "Pass", "Parameters": {"a.$": "States.Format('{}{}{}', $.big, $.big, $.big)"}}},
    "the input in itself": {"A": {"Type": "Pass", "ResultPath": "$.b"}, "S": {"Type": "Pass", "ResultPath": "$.c"}},
    "a variable in each iteration": {
        "A": ASSIGN,
        "B": SMALL,
        "S": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": ITERATION},
    },
    "the execution's input in each branch": {"B": SMALL, "S": {"Type": "Parallel", "Branches": BRANCHES}},
    "items from a variable": {
        "A": LIST,
        "B": SMALL,
        "S": {
            "Type": "Map",
            "ItemsPath": "$list",
            "ItemProcessor": chain(J={"Type": "Pass", "Parameters": TWICE["Parameters"]}),
        },
    },
}


@pytest.mark.parametrize("states", GROWING.values(), ids=GROWING)
def test_a_state_output_over_the_limit_fails_the_state(run, states):
    """Whichever way an output grows, the state that makes it too large is the one that fails."""
    execution = run(chain(**states), {"big": BIG})

    assert ("FAILED", "States.DataLimitExceeded", TOO_LARGE.format("S")) == (
        execution.status,
        execution.error,
        execution.cause,
    )


def test_an_iteration_that_repeats_its_item_too_often_fails(run):
    """The item in the context object counts as well, also when the iteration's own input is small."""
    states = {"T": ITEMS, "M": {**INDEXES, "ItemProcessor": chain(S=FOURFOLD)}}

    execution = run(chain(**states), items=scripted(["x" * 80_000] * 3))

    assert ("States.DataLimitExceeded", TOO_LARGE.format("S")) == (execution.error, execution.cause)


def test_outputs_up_to_the_limit_are_taken(run):
    """The limit is exact for outputs as well."""
    double = {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}}
    fits = (LIMIT - len('{"a":,"b":}')) // 2

    assert "SUCCEEDED" == run(one_state(**double), text_of(fits)).status
    assert "FAILED" == run(one_state(**double), text_of(fits + 1)).status


def test_a_payload_over_the_limit_fails_the_task(run):
    """What Parameters make is checked before the function is called."""
    work = scripted("never")

    execution = run(one_state(Type="Task", Resource="f", Parameters={"a.$": "$", "b.$": "$"}), text_of(200_000), f=work)

    assert ("FAILED", "States.DataLimitExceeded", []) == (execution.status, execution.error, work.calls)


def test_a_large_value_flows_through_many_states(run):
    """A value near the limit stays acceptable however often it is handed on."""
    execution = run(chain(**{f"P{n}": {"Type": "Pass"} for n in range(50)}), text_of(LIMIT))

    assert "SUCCEEDED" == execution.status


LOOP = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "E"}], "Default": "A"},
        "E": {"Type": "Succeed"},
    },
}


def test_event_25000_is_the_end_of_an_endless_loop(run):
    """The execution fails with its 25,000th event, and history has exactly that many."""
    execution = run(LOOP, {})

    last = execution.history[-1]
    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)
    assert "The execution reached the maximum number of history events (25000)." == execution.cause
    assert (25_000, 25_000, "ExecutionFailed") == (len(execution.history), last["id"], last["type"])


@pytest.mark.parametrize("count", [12_499, 12_500])
def test_an_execution_may_end_with_event_25000(count):
    """12,499 Pass states make 25,000 events with the start and the end; one state more is too many."""
    machine = StateMachine.from_dict(chain(**{f"P{n}": {"Type": "Pass"} for n in range(count)}))

    execution = machine.run(start_time=START)

    assert ("SUCCEEDED" if count <= 12_499 else "FAILED") == execution.status
    assert min(2 + 2 * count, 25_000) == len(execution.history)
    assert [*range(1, len(execution.history) + 1)] == [event["id"] for event in execution.history]


def counted_down(tasks):
    """Return a machine whose events are 1 + 7 * tasks before its end, and the function that counts."""
    task = {"Type": "Task", "Resource": "f", "Next": "C"}
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "NumericGreaterThan": 0, "Next": "T"}], "Default": "E"}
    left = iter(range(tasks - 1, -1, -1))
    return {"StartAt": "T", "States": {"T": task, "C": choice, "E": {"Type": "Succeed"}}}, lambda event, context: next(
        left
    )


@pytest.mark.parametrize(("tasks", "status"), [(3_570, "SUCCEEDED"), (3_571, "FAILED"), (3_572, "FAILED")])
def test_events_of_tasks_count_as_well(run, tasks, status):
    """A loop of a task and a choice makes seven events a round."""
    machine, function = counted_down(tasks)

    execution = run(machine, f=function)

    assert (status, min(1 + 7 * tasks + 3, 25_000)) == (execution.status, len(execution.history))


def test_history_is_counted_also_when_nobody_keeps_it():
    """Without a history the limit is the same."""
    machine = StateMachine.from_dict(LOOP)

    with_history, without = machine.run(start_time=START), machine.run(start_time=START, history=False)

    assert (with_history.status, with_history.error, with_history.cause) == (
        without.status,
        without.error,
        without.cause,
    )
    assert [] == list(without.history)


def test_an_endless_loop_in_a_branch_ends_the_execution(run):
    """The limit is the execution's, and no Catch hears of it."""
    inner = {**LOOP, "States": {f"{name}": state for name, state in LOOP["States"].items()}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]
    machine = chain(P={"Type": "Parallel", "Branches": [inner], "Catch": catch}, Z={"Type": "Pass"})

    execution = run(machine, {})

    assert ("FAILED", "States.Runtime", 25_000) == (execution.status, execution.error, len(execution.history))


def test_an_endless_loop_of_an_express_execution_times_out():
    """Express executions have no limit of events but five minutes, which a loop uses up."""
    machine = StateMachine.from_dict(LOOP, type="EXPRESS")

    execution = machine.run(start_time=START, history=False)

    assert ("TIMED_OUT", None, None) == (execution.status, execution.error, execution.cause)


def test_ten_thousand_states(run):
    """A long chain is a long loop, and not a deep stack."""
    execution = run(chain(**{f"P{n}": {"Type": "Pass"} for n in range(10_000)}), {"a": 1})

    assert ("SUCCEEDED", {"a": 1}, 10_000) == (execution.status, execution.output, len(execution.path))


@pytest.mark.parametrize("padding", range(7))
def test_the_last_event_is_number_25000_wherever_the_loop_stands(run, padding):
    """History is full in the middle of a task, of a choice, between them: its end is always event 25,000."""
    machine, function = counted_down(4_000)
    shapes = [{"Type": "Pass"}, {"Type": "Wait", "Seconds": 0}]
    path = [*(f"P{n}" for n in range(padding)), "T"]
    for n, name in enumerate(path[:-1]):
        machine["States"][name] = {**shapes[n % 2], "Next": path[n + 1]}
    machine["StartAt"] = path[0]

    execution = run(machine, f=function)

    assert ("FAILED", 25_000, "ExecutionFailed") == (
        execution.status,
        len(execution.history),
        execution.history[-1]["type"],
    )


def test_one_assign_holds_at_most_256_kib(run):
    """The texts of the values count, and not their names (recorded, September 2026)."""

    def assigned(**lengths):
        return run(one_state(Type="Pass", Assign={name: "x" * length for name, length in lengths.items()}))

    assert "SUCCEEDED" == assigned(x=262_142).status == assigned(x=131_070, y=131_070).status
    one, two = assigned(x=262_143), assigned(x=131_071, y=131_071)
    assert "Variable size limit exceeded. Variable 'x' in state 'S' was assigned 262145 bytes." == one.cause
    assert two.cause == (
        "State total variable size limit exceeded. Variable 'y' in state 'S' was assigned 131073 bytes, which caused "
        "the size of variables assigned in the state to exceed its limit by 2 bytes."
    )
    assert ["States.DataLimitExceeded"] * 2 == [one.error, two.error]


def test_an_execution_holds_at_most_10_mib_of_variables(run):
    """The assignment that passes it fails, and the history tells where (recorded, September 2026)."""
    padded = "{% $pad('', 250000, 'x') %}"
    states = {f"A{n}": {"Type": "Pass", "Assign": {f"v{n}": padded}} for n in range(1, 44)}

    execution = run({"QueryLanguage": "JSONata"} | chain(**states))

    told = "State 'A42' assigned variables that exceed the total execution limit by 14324 bytes."
    assert ("States.DataLimitExceeded", f"Execution total variable size limit exceeded. {told}") == (
        execution.error,
        execution.cause,
    )
    failed, end = execution.history[-2:]
    assert (85, 84, 86, 85) == (failed["id"], failed["previousEventId"], end["id"], end["previousEventId"])
    assert {"error": execution.error, "cause": execution.cause, "location": "Assign", "state": "A42"} == failed[
        "evaluationFailedEventDetails"
    ]


def test_a_variable_cannot_double_for_ever(run):
    """A loop that assigns what is twice as large ends at the quota, and not with the memory."""
    twice = {"Type": "Pass", "Assign": {"x.$": "States.Array($x, $x)"}, "Next": "More?"}
    more = {"Type": "Choice", "Choices": [{"Variable": "$x", "IsPresent": True, "Next": "Twice"}], "Default": "End"}
    first = {"Type": "Pass", "Assign": {"x": "y" * 1000}, "Next": "Twice"}
    states = {"First": first, "Twice": twice, "More?": more, "End": {"Type": "Succeed"}}
    assert "States.DataLimitExceeded" == run({"StartAt": "First", "States": states}).error
