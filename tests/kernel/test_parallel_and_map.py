"""Forks: the branches of a Parallel, the iterations of a Map, and what becomes of the whole."""

from __future__ import annotations

import pytest
from conftest import chain, one_state, scripted

from asl_engine import Answer


def block(**states):
    """Return a branch or processor that walks through states in their order."""
    return chain(**states)


def waiting(name, seconds):
    return block(**{name: {"Type": "Wait", "Seconds": seconds}, name + "Done": {"Type": "Pass", "Result": name}})


FAIL = block(F={"Type": "Fail", "Error": "E", "Cause": "c"})
ECHO = block(I={"Type": "Pass"})
FAIL_ON_2 = block(
    C={"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "F"}], "Default": "O"},
    F={"Type": "Fail", "Error": "Two"},
    O={"Type": "Succeed"},
)


# --- Parallel --------------------------------------------------------------------------------------------------------


def test_results_stand_in_the_order_of_the_branches(run):
    """The slowest branch keeps its place, and the whole takes as long as it does."""
    execution = run(one_state(Type="Parallel", Branches=[waiting("A", 30), waiting("B", 10), waiting("C", 20)]))

    assert (["A", "B", "C"], 30.0) == (execution.output, execution.duration)


def test_a_failing_branch_ends_the_others(run):
    """The error is the branch's own, and what the others would have done is not done."""
    late = scripted("late")
    slow = block(W={"Type": "Wait", "Seconds": 9}, T={"Type": "Task", "Resource": "late"})
    soon = block(V={"Type": "Wait", "Seconds": 5}, F={"Type": "Fail", "Error": "E", "Cause": "c"})

    execution = run(one_state(Type="Parallel", Branches=[slow, soon]), late=late)

    assert ("FAILED", "E", "c", 5.0) == (execution.status, execution.error, execution.cause, execution.duration)
    assert [] == late.calls


def test_a_parallel_is_retried_as_a_whole(run):
    """Every branch begins again from the input of the state."""
    flaky = scripted(ValueError("1"), ValueError("2"), "ok")
    steady = scripted(1, 2, 3)
    branches = [block(T={"Type": "Task", "Resource": "flaky"}), block(U={"Type": "Task", "Resource": "steady"})]
    machine = one_state(
        Type="Parallel", Branches=branches, Retry=[{"ErrorEquals": ["ValueError"], "IntervalSeconds": 2}]
    )

    execution = run(machine, {"id": 7}, flaky=flaky, steady=steady)

    assert (["ok", steady.calls.__len__()], 2 + 4) == (execution.output, execution.duration)
    assert [{"id": 7}] * 3 == flaky.calls


def test_a_parallel_is_caught(run):
    """The catcher sees the branch's error, and the others are over."""
    catch = [{"ErrorEquals": ["E"], "Next": "Z", "ResultPath": "$.error"}]
    machine = chain(
        P={"Type": "Parallel", "Branches": [waiting("A", 60), FAIL], "Catch": catch}, Z={"Type": "Wait", "Seconds": 1}
    )

    execution = run(machine, {"id": 7})

    assert ("SUCCEEDED", {"id": 7, "error": {"Error": "E", "Cause": "c"}}) == (execution.status, execution.output)
    assert 1.0 == execution.duration


def test_a_failure_climbs_through_nested_forks(run):
    """The first state around it that handles the error gets it."""
    inner = block(Q={"Type": "Parallel", "Branches": [FAIL, waiting("A", 60)]})
    caught = block(
        R={"Type": "Parallel", "Branches": [inner], "Catch": [{"ErrorEquals": ["E"], "Next": "Saved"}]},
        Saved={"Type": "Pass", "Result": "saved"},
    )

    execution = run(one_state(Type="Parallel", Branches=[caught, waiting("B", 3)]))

    assert (["saved", "B"], 3.0) == (execution.output, execution.duration)


def test_succeed_ends_its_branch_alone(run):
    """A Succeed inside a branch is the end of the branch, not of the execution."""
    execution = run(
        chain(P={"Type": "Parallel", "Branches": [block(S={"Type": "Succeed"}), waiting("A", 2)]}, Z={"Type": "Pass"}),
        5,
    )

    assert ([5, "A"], "Z") == (execution.output, execution.path[-1])


# --- Map -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["ItemProcessor", "Iterator"])
@pytest.mark.parametrize("items", [[], [1], [3, 1, 2], [None, {"a": 1}, [2], "x"]])
def test_a_map_gives_an_array_as_long_as_its_items(run, field, items):
    """Each item is the input of one iteration, under the new name of the field and the old one."""
    execution = run(one_state(Type="Map", **{field: ECHO}), items)

    assert ("SUCCEEDED", items) == (execution.status, execution.output)


@pytest.mark.parametrize("field", ["ItemSelector", "Parameters"])
def test_an_item_can_be_shaped(run, field):
    """The selector sees the Map's effective input as `$`, and the item in the context object."""
    shape = {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "id.$": "$.id", "k": "fixed"}

    execution = run(
        one_state(Type="Map", ItemsPath="$.items", ItemProcessor=ECHO, **{field: shape}), {"id": 7, "items": ["a", "b"]}
    )

    assert [{"i": i, "v": v, "id": 7, "k": "fixed"} for i, v in enumerate("ab")] == execution.output


def test_input_path_comes_before_items_path(run):
    """The items are looked up in what InputPath selected."""
    machine = one_state(Type="Map", InputPath="$.order", ItemsPath="$.items", ItemProcessor=ECHO, ResultPath="$.done")

    assert [1, 2] == run(machine, {"order": {"items": [1, 2]}}).output["done"]


NO_INTEGER = 'The {} field refers to value "none" which is not a valid integer: $.v'
NO_FLOAT = 'The ToleratedFailurePercentagePath field refers to value "{}" which is not a valid float: $.v'
BAD_PERCENTAGE = "ToleratedFailurePercentage must be between 0 and 100."


@pytest.mark.parametrize(
    ("fields", "input", "cause"),
    [
        ({}, {"a": 1}, 'Map state input must be an array but was: {"a":1}'),
        ({}, 5, "Map state input must be an array but was: 5"),
        ({"InputPath": None}, [], "Map state input must be an array but was: {}"),
        ({"ItemsPath": "$.a"}, {"a": 1}, 'Reference path "$.a" must point to array.'),
        ({"ItemsPath": "$.no"}, {"a": 1}, "Invalid path '$.no' : No results for path: $['no']"),
        ({"ItemSelector": {"x.$": "$.no"}}, [1], "'x.$' could not be found in the input '[1]'"),
    ],
)
def test_what_a_map_cannot_take(run, fields, input, cause):
    """A Map without an array fails in the service's words."""
    execution = run(one_state(Type="Map", ItemProcessor=ECHO, **fields), input)

    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)
    assert execution.cause.endswith(cause)
    assert ("(entered at the event id #2). " in execution.cause) is not cause.startswith("Reference path")


def test_an_item_that_cannot_be_shaped_is_seen_by_nobody_else(run):
    """What catches the failure of a selector stands outside of the Map, and sees no item of it."""
    is_seen = "{% $exists($states.context.Map) %}"
    machine = chain(
        M={
            "Type": "Map",
            "ItemSelector": "{% $states.context.Map.Item.Value + 1 %}",
            "ItemProcessor": ECHO,
            "Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "After"}],
        },
        After={"Type": "Pass", "Output": is_seen},
    )

    execution = run({"QueryLanguage": "JSONata", **machine}, [1, "x"])

    assert ("SUCCEEDED", False) == (execution.status, execution.output)
    assert {"length": 2} in [event.get("mapStateStartedEventDetails") for event in execution.history]


@pytest.mark.parametrize(
    ("field", "value", "cause"),
    [
        ("MaxConcurrencyPath", "none", NO_INTEGER.format("MaxConcurrencyPath")),
        ("ToleratedFailureCountPath", "none", NO_INTEGER.format("ToleratedFailureCountPath")),
        ("ToleratedFailureCountPath", -1, "ToleratedFailureCount cannot be negative."),
        ("ToleratedFailurePercentagePath", {}, NO_FLOAT.format("{}")),
        ("ToleratedFailurePercentagePath", "none", NO_FLOAT.format("none")),
        ("ToleratedFailurePercentagePath", 100.1, BAD_PERCENTAGE),
        ("ToleratedFailurePercentagePath", -1, BAD_PERCENTAGE),
    ],
)
def test_numbers_of_a_map_are_checked_when_it_runs(run, field, value, cause):
    """A number that comes from a path and is none, or out of bounds, fails the Map."""
    execution = run(one_state(Type="Map", ItemsPath="$.a", ItemProcessor=ECHO, **{field: "$.v"}), {"v": value, "a": []})

    place = "An error occurred while executing the state 'S' (entered at the event id #2). "
    assert ("States.Runtime", place + cause) == (execution.error, execution.cause)


def test_a_negative_concurrency_ends_the_execution(run):
    """A MaxConcurrency below zero lets nothing run, and that is a failure and no endless wait."""
    execution = run(
        one_state(Type="Map", ItemsPath="$.a", ItemProcessor=ECHO, MaxConcurrencyPath="$.v"), {"v": -1, "a": [1]}
    )

    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)


@pytest.mark.parametrize(
    ("fields", "duration"),
    [
        ({}, 10),
        ({"MaxConcurrency": 0}, 10),
        ({"MaxConcurrency": 1}, 60),
        ({"MaxConcurrency": 2}, 30),
        ({"MaxConcurrency": 4}, 20),
        ({"MaxConcurrency": 99}, 10),
        ({"MaxConcurrencyPath": "$.limit"}, 20),
        ({"MaxConcurrencyPath": "$.text"}, 60),
    ],
)
def test_max_concurrency_bounds_how_many_run_at_once(run, fields, duration):
    """Six waits of ten seconds take as many rounds as the limit makes; a number in a text is a number."""
    machine = one_state(
        Type="Map", ItemsPath="$.items", ItemProcessor=block(W={"Type": "Wait", "Seconds": 10}), **fields
    )

    assert duration == run(machine, {"items": [0] * 6, "limit": 3, "text": "1"}).duration


def test_an_inline_map_runs_forty_at_once(run):
    """Eighty-one waits take three rounds, with or without a larger limit."""
    machine = one_state(Type="Map", MaxConcurrency=1000, ItemProcessor=block(W={"Type": "Wait", "Seconds": 10}))

    assert 30.0 == run(machine, [0] * 81).duration


def test_results_stand_in_the_order_of_the_items(run):
    """Iterations that end early keep their place."""
    processor = block(W={"Type": "Wait", "SecondsPath": "$"})

    assert [5, 1, 3] == run(one_state(Type="Map", ItemProcessor=processor), [5, 1, 3]).output


@pytest.mark.parametrize("limit", [0, 1])
def test_a_failing_iteration_fails_the_map(run, limit):
    """The error is the iteration's own."""
    execution = run(one_state(Type="Map", MaxConcurrency=limit, ItemProcessor=FAIL_ON_2), [1, 2, 3])

    assert ("FAILED", "Two", None) == (execution.status, execution.error, execution.cause)


def test_a_map_is_retried_and_caught_as_a_whole(run):
    """All iterations run again, and then the catcher gets the error."""
    work = scripted(1, ValueError("a"), 1, ValueError("b"))
    machine = chain(
        M={
            "Type": "Map",
            "MaxConcurrency": 1,
            "ItemProcessor": block(T={"Type": "Task", "Resource": "f"}),
            "Retry": [{"ErrorEquals": ["ValueError"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}],
        },
        Z={"Type": "Pass"},
    )

    execution = run(machine, ["a", "b"], f=work)

    assert ("ValueError", 1.0) == (execution.output["Error"], execution.duration)
    assert ["a", "b", "a", "b"] == work.calls


@pytest.mark.parametrize(
    ("tolerance", "status"),
    [
        ({}, "FAILED"),
        ({"ToleratedFailureCount": 0}, "FAILED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49}, "FAILED"),
        ({"ToleratedFailurePercentage": 50}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 100}, "SUCCEEDED"),
        ({"ToleratedFailureCountPath": "$.count"}, "SUCCEEDED"),
        ({"ToleratedFailurePercentagePath": "$.share"}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1, "ToleratedFailurePercentage": 100}, "FAILED"),
        ({"ToleratedFailureCount": 4, "ToleratedFailurePercentage": 25}, "FAILED"),
        ({"ToleratedFailureCount": 2, "ToleratedFailurePercentage": 50}, "SUCCEEDED"),
    ],
)
def test_failures_can_be_tolerated(run, tolerance, status):
    """Two of four items fail; with both thresholds, passing either one fails the Map."""
    machine = one_state(Type="Map", ItemsPath="$.items", ItemProcessor=FAIL_ON_2, **tolerance)

    execution = run(machine, {"items": [1, 2, 3, 2], "count": 2, "share": 50.0})

    assert status == execution.status
    if status == "SUCCEEDED":
        assert [1, 3] == execution.output
    elif tolerance and max(tolerance.values()) > 0:
        assert "States.ExceedToleratedFailureThreshold" == execution.error
        assert "The specified tolerated failure threshold was exceeded" == execution.cause


def test_maps_nest(run):
    """The item in the context object is the innermost one, and the outer one is back afterwards."""
    show = {"Type": "Pass", "Parameters": {"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"}}
    outer = block(
        Inner={"Type": "Map", "ItemProcessor": block(A=show), "ResultPath": "$.inner"} | {"ItemsPath": "$.list"},
        B={"Type": "Pass", "Parameters": {"inner.$": "$.inner", "outer.$": "$$.Map.Item.Index"}},
    )

    execution = run(one_state(Type="Map", ItemProcessor=outer), [{"list": ["a"]}, {"list": ["b", "c"]}])

    assert [
        {"inner": [{"v": "a", "i": 0}], "outer": 0},
        {"inner": [{"v": "b", "i": 0}, {"v": "c", "i": 1}], "outer": 1},
    ] == execution.output


def test_fifty_levels_of_nesting(run):
    """A Map in a Parallel in a Map, fifty deep, is only a tree of frames."""
    inner = block(P0={"Type": "Pass", "Result": "deep"})
    for level in range(1, 51):
        state = (
            {"Type": "Parallel", "Branches": [inner]}
            if level % 2
            else {"Type": "Map", "ItemProcessor": inner, "ItemsPath": "$$.Execution.Input"}
        )
        inner = block(**{f"P{level}": state})

    execution = run(inner, [0])

    value = execution.output
    for _ in range(50):
        [value] = value
    assert "deep" == value


def test_answers_reach_the_iteration_that_asked(run):
    """Tokens answered in another order than they were given still give results in the order of the items."""
    token = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"}
    ask = {**token, "Parameters": {"FunctionName": "ask", "Payload": {"v.$": "$", "token.$": "$$.Task.Token"}}}
    tokens = []

    def answer(event, context):
        tokens.append(event["token"])
        return Answer(event["v"] * 10, after=10 - event["v"])

    execution = run(one_state(Type="Map", ItemProcessor=block(T=ask)), [1, 2, 3], ask=answer)

    assert ([10, 20, 30], 9.0, 3) == (execution.output, execution.duration, len(set(tokens)))


def test_a_thousand_iterations(run):
    """Many iterations are a loop, and each gives its result."""
    processor = block(I={"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($, 1)"}})

    assert [{"n": n + 1} for n in range(1000)] == run(
        one_state(Type="Map", ItemProcessor=processor), list(range(1000))
    ).output


def told_of(execution):
    return [(event["id"], event["previousEventId"], event["type"]) for event in execution.history]


def test_what_is_aborted_follows_the_failure(run):
    """Not what its own walk did last (recorded, September 2026)."""
    branches = [chain(L={"Type": "Task", "Resource": "f"}), chain(R={"Type": "Wait", "Seconds": 9})]

    execution = run(one_state(Type="Parallel", Branches=branches), f=scripted(ValueError()))

    assert [
        (8, 6, "LambdaFunctionFailed"),
        (9, 8, "TaskStateAborted"),
        (10, 8, "WaitStateAborted"),
        (11, 8, "ParallelStateFailed"),
        (12, 11, "ExecutionFailed"),
    ] == told_of(execution)[7:]


@pytest.mark.parametrize(
    ("fields", "events"),
    [
        ({"ItemSelector": {"s.$": "$$.Map.Item.Source"}}, ["ExecutionFailed"]),
        (
            {"ItemSelector": {"s": "{% $states.context.Map.Item.Source %}"}, "QueryLanguage": "JSONata"},
            ["EvaluationFailed", "MapStateFailed", "ExecutionFailed"],
        ),
    ],
    ids=["JSONPath", "JSONata"],
)
def test_a_map_has_started_when_an_item_cannot_be_shaped(run, fields, events):
    """The execution fails right after that (recorded for JSONPath, September 2026)."""
    state = {"Type": "Map", "ItemProcessor": chain(P={"Type": "Pass"}), **fields}

    execution = run(one_state(**state), [1, 2])

    events = ["MapStateStarted", *events]
    assert [(number, number - 1, kind) for number, kind in enumerate(events, 3)] == told_of(execution)[2:]
    assert {"length": 2} == execution.history[2]["mapStateStartedEventDetails"]


FAILS = chain(F={"Type": "Fail", "Error": "E"})


def test_an_iteration_that_fails_cuts_the_others(run):
    """History tells of those that are cut first, and all of it follows the failure (recorded, September 2026)."""
    route = {"Type": "Choice", "Default": "T", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "F"}]}
    processor = {"StartAt": "R", "States": {"R": route, **FAILS["States"], "T": {"Type": "Wait", "Seconds": 9}}}
    processor["States"]["T"]["End"] = True

    execution = run(one_state(Type="Map", ItemProcessor=processor), [0, 1, 2])

    failed = next(event["id"] for event in execution.history if event["type"] == "FailStateEntered")
    assert [
        (failed, "MapIterationAborted"),
        (failed, "WaitStateAborted"),
        (failed, "MapIterationFailed"),
        (failed, "MapStateFailed"),
    ] == [link[1:] for link in told_of(execution) if link[0] > failed and link[2] not in BEGINNINGS][:-1]
    [cut] = [event for event in execution.history if event["type"] == "MapIterationAborted"]
    assert {"name": "S", "index": 0} == cut["mapIterationAbortedEventDetails"]


BEGINNINGS = ("MapIterationStarted", "ChoiceStateEntered")


def test_the_task_of_an_iteration_is_aborted_after_it_failed(run):
    """In a branch it is the other way round (recorded, September 2026)."""
    machine = one_state(Type="Map", ItemProcessor=chain(T={"Type": "Task", "Resource": "f"}))

    execution = run(machine, [1], f=scripted(ValueError()))

    assert [
        (8, 7, "LambdaFunctionFailed"),
        (9, 8, "MapIterationFailed"),
        (10, 8, "TaskStateAborted"),
        (11, 8, "MapStateFailed"),
        (12, 11, "ExecutionFailed"),
    ] == told_of(execution)[7:]


def test_what_is_cut_is_told_from_the_outside_in(run):
    """An iteration before the Map in it, and that before its iterations."""
    inner = chain(M={"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": chain(W={"Type": "Wait", "Seconds": 9})})
    branches = [inner, chain(V={"Type": "Wait", "Seconds": 1}, F={"Type": "Fail"})]

    execution = run(one_state(Type="Parallel", Branches=branches), {"items": [1]})

    reason = next(event["id"] for event in execution.history if event["type"] == "FailStateEntered")
    assert [
        (reason, "MapStateAborted"),
        (reason, "MapIterationAborted"),
        (reason, "WaitStateAborted"),
        (reason, "ParallelStateFailed"),
    ] == [link[1:] for link in told_of(execution)[reason:-1]]


BROKEN = {"Type": "Pass", "Parameters": {"m.$": "$.nope"}}


@pytest.mark.parametrize(
    ("machine", "length"),
    [
        (one_state(Type="Parallel", Branches=[chain(P=BROKEN), chain(W={"Type": "Wait", "Seconds": 9})]), 5),
        (one_state(Type="Map", ItemsPath="$.items", ItemProcessor=chain(P=BROKEN)), 6),
        (one_state(Type="Parallel", Branches=[chain(Q={"Type": "Parallel", "Branches": [chain(P=BROKEN)]})]), 7),
    ],
)
def test_a_runtime_error_ends_the_execution_from_inside(run, machine, length):
    """Nothing is said of what is around it (recorded, September 2026)."""
    execution = run(machine, {"items": [1]})

    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)
    assert [(length - 1, "PassStateEntered"), (length, "ExecutionFailed")] == [
        (number, kind) for number, _, kind in told_of(execution)[-2:]
    ]
    assert length - 1 == execution.history[-1]["previousEventId"]


def test_a_result_that_cannot_be_shaped_fails_after_the_join(run):
    """Its exit would have followed what happened inside (recorded, September 2026)."""
    state = {"Type": "Parallel", "Branches": [chain(P={"Type": "Pass"})], "ResultSelector": {"m.$": "$.nope"}}

    assert [(6, 5, "ParallelStateSucceeded"), (7, 6, "ExecutionFailed")] == told_of(run(one_state(**state)))[-2:]


@pytest.mark.parametrize(
    "state", [{"Type": "Parallel", "Branches": [FAILS]}, {"Type": "Map", "Items": [1], "ItemProcessor": FAILS}]
)
def test_a_catcher_that_fails_has_the_whole_fail_again(run, state):
    """What fails in it follows what was caught (recorded, September 2026)."""
    catch = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.input.missing %}", "Next": "D"}]
    machine = chain(P={**state, "Catch": catch}, D={"Type": "Pass"})

    execution = run({"QueryLanguage": "JSONata", **machine}, {})

    failed, *rest = told_of(execution)[-4:]
    assert f"{state['Type']}StateFailed" == failed[2]
    assert [
        (failed[0] + 1, failed[1], "EvaluationFailed"),
        (failed[0] + 2, failed[0] + 1, failed[2]),
        (failed[0] + 3, failed[0] + 2, "ExecutionFailed"),
    ] == rest
