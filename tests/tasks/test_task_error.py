"""Failing a task with a name that no Python class can have."""

from __future__ import annotations

from conftest import chain, one_state

from asl_engine import StateMachine, TaskError


def throttled(event, context):
    raise TaskError("Lambda.TooManyRequestsException", "Rate exceeded")


def test_a_function_can_fail_with_the_names_of_aws():
    """Name and cause are as given, without an error payload around them."""
    execution = StateMachine.from_dict(one_state(Type="Task", Resource="f")).run({}, {"f": throttled})
    assert ("Lambda.TooManyRequestsException", "Rate exceeded") == (execution.error, execution.cause)


def test_such_a_failure_is_retried_by_its_name():
    """The retrier that every sample of AWS has."""
    names = ["Lambda.ServiceException", "Lambda.TooManyRequestsException"]
    retry = [{"ErrorEquals": names, "IntervalSeconds": 2, "MaxAttempts": 2}]
    machine = chain(S={"Type": "Task", "Resource": "f", "Retry": retry})
    assert 6.0 == StateMachine.from_dict(machine).run({}, {"f": throttled}).duration


def test_without_a_cause_there_is_none():
    """As SendTaskFailure without one."""

    def fail(event, context):
        raise TaskError("Rejected")

    execution = StateMachine.from_dict(one_state(Type="Task", Resource="f")).run({}, {"f": fail})
    assert ("Rejected", None) == (execution.error, execution.cause)
    assert "Rejected" == str(TaskError("Rejected"))


def test_missing_functions_are_known_before_anything_runs():
    """By state, for what the definition names itself."""
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke"}
    machine = StateMachine.from_dict(
        chain(
            A={"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:there"},
            B={**invoke, "Parameters": {"FunctionName": "missing"}},
            C={**invoke, "Parameters": {"FunctionName.$": "$.name"}},
            D={"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage"},
            E={**invoke, "QueryLanguage": "JSONata", "Arguments": {"FunctionName": "absent"}},
            F={**invoke, "QueryLanguage": "JSONata", "Arguments": {"FunctionName": "{% $states.input.name %}"}},
        )
    )
    expected = {"B": "missing", "D": "arn:aws:states:::sqs:sendMessage", "E": "absent"}
    assert expected == machine.missing({"there": throttled})
