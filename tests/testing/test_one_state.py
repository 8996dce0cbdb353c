"""One state of a machine, tested by itself."""

from __future__ import annotations

import pytest
from conftest import chain
from harness import asks, calls, catches, flow, invokes, retries

from asl_engine import MockError, StateMachine, UsageError
from asl_engine.testing import TaskError, Workflow

WORK = calls(
    "f",
    InputPath="$.order",
    Parameters={"id.$": "$.id", "who.$": "$name"},
    ResultSelector={"sum.$": "$.cents"},
    ResultPath="$.charged",
    OutputPath="$.charged",
    Retry=retries("Busy", "States.Timeout", MaxAttempts=3),
    Catch=catches("Give up", "CardDeclined"),
    Next="Give up",
)


@pytest.fixture
def charge():
    return flow(Charge=WORK, **{"Give up": {"Type": "Fail", "Error": "E"}}).state("Charge")


GIVEN = {"order": {"id": 7}}


def test_every_stage_of_the_data_flow_is_told(charge):
    """The names are AWS's."""
    told = charge.run(GIVEN, result={"cents": 5, "rest": 0}, variables={"name": "Ann"})

    assert {
        "input": GIVEN,
        "afterInputPath": {"id": 7},
        "afterParameters": {"id": 7, "who": "Ann"},
        "result": {"cents": 5, "rest": 0},
        "afterResultSelector": {"sum": 5},
        "afterResultPath": {"order": {"id": 7}, "charged": {"sum": 5}},
    } == told.stages
    assert ("SUCCEEDED", {"sum": 5}, "Give up") == (told.status, told.output, told.next)
    assert {"id": 7, "who": "Ann"} == told.payload


@pytest.mark.parametrize(("attempt", "seconds"), [(0, 1), (1, 2), (2, 4)])
def test_a_failure_that_is_tried_again(charge, attempt, seconds):
    """The retrier says in how many seconds, after so many retries."""
    told = charge.run(GIVEN, result=TaskError("Busy"), variables={"name": "Ann"}, attempt=attempt)

    assert ("RETRIABLE", seconds, 0) == (told.status, told.retry_in, told.retrier)


def test_a_failure_after_the_last_retry(charge):
    """It fails, as no catcher takes it."""
    told = charge.run(GIVEN, result=TaskError("Busy", "still"), variables={"name": "Ann"}, attempt=3)

    assert ("FAILED", "Busy", "still") == (told.status, told.error, told.cause)


def test_a_failure_that_is_caught(charge):
    """The output is what the catcher makes, and the next state is its."""
    told = charge.run(GIVEN, result=TaskError("CardDeclined", "no money"), variables={"name": "Ann"})

    assert ("CAUGHT_ERROR", 0, "Give up") == (told.status, told.catcher, told.next)
    assert {"Error": "CardDeclined", "Cause": "no money"} == told.output


@pytest.mark.parametrize("problem", [ValueError("too small"), ValueError])
def test_another_exception_fails_under_the_name_of_its_class(charge, problem):
    """Nothing catches it."""
    told = charge.run(GIVEN, result=problem, variables={"name": "Ann"})

    assert ("FAILED", "ValueError") == (told.status, told.error)


def test_an_input_that_does_not_fit_fails_before_the_work(charge):
    """There is no payload then."""
    told = charge.run({"other": 1}, result={"cents": 5}, variables={"name": "Ann"})

    assert ("FAILED", "States.Runtime", None) == (told.status, told.error, told.payload)


def test_an_input_is_an_empty_object_unless_given():
    """As with an execution."""
    assert {} == flow(A={"Type": "Pass"}).state("A").run().output


def test_the_context_object_can_be_given():
    """It replaces the one that would be made."""
    state = flow(A={"Type": "Pass", "Parameters": {"name.$": "$$.Execution.Name"}}).state("A")

    assert {"name": "given"} == state.run(context={"Execution": {"Name": "given"}}).output
    assert {"name": "test"} == state.run().output


def test_variables_are_told_after_the_state():
    """Those that were there, and those that it assigned."""
    state = flow(A={"Type": "Pass", "Assign": {"n.$": "States.MathAdd($n, 1)"}}).state("A")

    assert {"n": 2, "m": 5} == dict(state.run(variables={"n": 1, "m": 5}).variables)


def test_a_choice_says_where_it_goes():
    """The rule, or the Default."""
    rule = {"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Big"}
    states = {"C": {"Type": "Choice", "Choices": [rule], "Default": "Small"}}
    ends = {"Small": {"Type": "Succeed"}, "Big": {"Type": "Succeed"}}
    state = Workflow(StateMachine.from_dict({"StartAt": "C", "States": {**states, **ends}})).state("C")

    assert ["Big", "Small"] == [state.run({"n": 6}).next, state.run({"n": 5}).next]


def test_a_wait_says_how_long():
    """Also where it waits until a moment."""
    seconds = flow(W={"Type": "Wait", "SecondsPath": "$.s"}).state("W")
    moment = flow(W={"Type": "Wait", "TimestampPath": "$.t"}).state("W")

    assert 90 == seconds.run({"s": 90}).wait
    assert 3_600 == moment.run({"t": "2026-01-01T01:00:00Z"}).wait
    assert 0 == moment.run({"t": "2020-01-01T00:00:00Z"}).wait


def test_a_fail_tells_its_error():
    """There is no work in it."""
    told = flow(F={"Type": "Fail", "ErrorPath": "$.e", "Cause": "c"}).state("F").run({"e": "E"})

    assert ("FAILED", "E", "c", None) == (told.status, told.error, told.cause, told.next)


def test_a_map_is_given_what_its_iterations_gave():
    """Their results are an array."""
    inner = chain(I={"Type": "Pass"})
    each = {"Type": "Map", "ItemsPath": "$.list", "ItemSelector": {"v.$": "$$.Map.Item.Value"}, "ItemProcessor": inner}
    told = flow(M={**each, "ResultPath": "$.r"}).state("M").run({"list": [1, 2]}, result=["a", "b"])

    assert [1, 2] == told.stages["afterItemsPath"]
    assert [{"v": 1}, {"v": 2}] == told.stages["afterItemSelector"]
    assert {"list": [1, 2], "r": ["a", "b"]} == told.output


def test_a_parallel_is_given_what_its_branches_gave():
    """It is one array as well."""
    both = {"Type": "Parallel", "Branches": [chain(I={"Type": "Pass"})], "ResultSelector": {"first.$": "$[0]"}}

    assert {"first": "a"} == flow(P=both).state("P").run(result=["a"]).output


def test_a_state_inside_of_a_map_can_be_tested():
    """Its depth does not matter, nor that its item is not there."""
    each = {"Type": "Map", "ItemProcessor": chain(I={"Type": "Pass", "Parameters": {"n.$": "$.n"}})}

    assert {"n": 7} == flow(M=each).state("I").run({"n": 7}).output


def test_a_jsonata_state_can_be_tested():
    """Its stage is called afterArguments."""
    state = {
        "Type": "Task", "QueryLanguage": "JSONata", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "Arguments": {"n": "{% $states.input.n + 1 %}"}, "Output": "{% $states.result.m %}",
    }  # fmt: skip
    told = flow(A=state).state("A").run({"n": 1}, result={"m": 9})

    assert ({"n": 2}, 9) == (told.stages["afterArguments"], told.output)


def test_a_state_of_a_definition_in_yaml_can_be_tested(tmp_path):
    """The file is read as it is."""
    file = tmp_path / "m.asl.yaml"
    file.write_text("StartAt: A\nStates:\n  A:\n    Type: Pass\n    Result: {a: 1}\n    End: true\n")

    assert {"a": 1} == Workflow(file).state("A").run().output


def test_a_result_shows_itself(charge):
    """What a failed assertion prints is of use."""
    told = charge.run(GIVEN, result=TaskError("CardDeclined", "no money"), variables={"name": "Ann"})

    assert "CAUGHT_ERROR" in repr(told)
    assert "CardDeclined: no money" in repr(told)
    assert "'Give up'" in repr(told)
    assert "SUCCEEDED, output 1" in repr(flow(A={"Type": "Pass", "Result": 1}).state("A").run())


# --- what cannot be --------------------------------------------------------------------------------------------------


def test_there_is_no_such_state():
    """The message has what is close."""
    with pytest.raises(UsageError, match=r"there is no state 'Chrge' in .*Did you mean 'Charge'"):
        flow(Charge=WORK, **{"Give up": {"Type": "Succeed"}}).state("Chrge")


@pytest.mark.parametrize("state", [calls("f"), invokes("f"), asks()])
def test_work_that_nobody_does_needs_a_result(state):
    """The error says how to give one."""
    with pytest.raises(MockError, match=r"the state 'A' is a Task, and nobody does its work: pass result=\.\.\."):
        flow(A=state).state("A").run()


@pytest.mark.parametrize("attempt", [4, -1, 1.0, True, "1"])
def test_an_attempt_that_the_retriers_could_not_have_come_to(charge, attempt):
    """The error says how many they allow."""
    with pytest.raises(UsageError, match=r"of state 'Charge': its retriers allow 3 retries"):
        charge.run(GIVEN, result={}, attempt=attempt)


def test_without_retriers_there_is_no_second_attempt():
    """Zero is the only count."""
    with pytest.raises(UsageError, match=r"attempt=1 of state 'A': it has no retriers, so only 0 is possible"):
        flow(A=calls("f")).state("A").run(result={}, attempt=1)


def test_a_result_that_is_no_json_is_refused(charge):
    """It is the test's mistake."""
    with pytest.raises(UsageError, match="the result"):
        charge.run(GIVEN, result={1, 2}, variables={"name": "Ann"})


def test_an_input_that_is_no_json_is_refused_before_a_state(charge):
    """As with an execution."""
    with pytest.raises(UsageError, match="the input"):
        charge.run({1, 2}, result={})
