"""The public face: loading, running, and what an execution tells."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from conftest import START, chain, one_state, scripted

import asl_engine
from asl_engine import (
    AslError,
    DefinitionError,
    InputError,
    NotSupported,
    RenderError,
    SourceError,
    StateMachine,
    UsageError,
)

HELLO = {"Comment": "Says hello", **chain(Hello={"Type": "Pass", "Result": "hello"})}


def test_a_machine_can_be_loaded_from_a_file(tmp_path):
    """The machine gets the file's name, without its endings."""
    path = tmp_path / "greet.asl.json"
    path.write_text(json.dumps(HELLO), encoding="utf-8")

    machine = StateMachine.load(path)

    assert ("greet", "STANDARD", "hello") == (machine.name, machine.type, machine.run().output)
    assert HELLO == json.loads(machine.definition)


def test_a_machine_can_be_written_in_yaml(tmp_path):
    """YAML says the same."""
    path = tmp_path / "greet.asl.yaml"
    path.write_text("StartAt: Hello\nStates:\n  Hello: {Type: Pass, Result: hello, End: true}\n", encoding="utf-8")

    assert "hello" == StateMachine.load(path).run().output
    assert "hello" == StateMachine.from_text(path.read_text(encoding="utf-8"), format="yaml").run().output


def test_a_machine_can_be_a_dict_or_a_text():
    """Both give the same machine."""
    assert StateMachine.from_dict(HELLO).run().output == StateMachine.from_text(json.dumps(HELLO)).run().output


def test_a_missing_file_is_a_source_error(tmp_path):
    """The message names the file."""
    with pytest.raises(SourceError, match=r"gone\.asl\.json"):
        StateMachine.load(tmp_path / "gone.asl.json")


@pytest.mark.parametrize("text", ["", "nonsense", "{", '{"StartAt": }'])
def test_a_text_that_is_no_json_is_refused(text):
    """What cannot be read is the caller's mistake, whichever of its exceptions says so."""
    with pytest.raises(AslError):
        StateMachine.from_text(text, format="json")


def test_a_bad_definition_lists_every_problem():
    """The report has each finding with its place, and the message shows them."""
    wrong = {
        "StartAt": "Nowhere",
        "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Pass", "End": True, "Bogus": 1}},
    }

    with pytest.raises(DefinitionError) as caught:
        StateMachine.from_dict(wrong)

    assert {"/States/C/Bogus"} <= {found.pointer for found in caught.value.report.diagnostics}
    assert "Bogus" in str(caught.value)


def test_a_definition_must_be_json():
    """A dict with a Python object in it is refused with its place."""
    with pytest.raises(UsageError, match=r"the definition\.States"):
        StateMachine.from_dict({"StartAt": "A", "States": {"A": object()}})


@pytest.mark.parametrize("input", [{1, 2}, {"a": object()}, {1: 2}, float("nan"), "x" * 262_143])
def test_an_input_must_be_json_and_small_enough(input):
    """What no client could send is refused before anything runs."""
    with pytest.raises(InputError):
        StateMachine.from_dict(HELLO).run(input)


def test_an_execution_tells_what_happened(run):
    """Status, output, path, duration, names and times."""
    execution = run(chain(A={"Type": "Wait", "Seconds": 5}, B={"Type": "Pass", "Result": [1]}), {"in": 1})

    assert ("SUCCEEDED", True, [1], None, None) == (
        execution.status,
        execution.succeeded,
        execution.output,
        execution.error,
        execution.cause,
    )
    assert ({"in": 1}, ["A", "B"], START, 5.0) == (
        execution.input,
        execution.path,
        execution.started_at,
        execution.duration,
    )
    assert execution.arn.endswith(":execution:StateMachine:" + execution.name)
    assert "SUCCEEDED" in repr(execution)


def test_a_failed_execution_shows_its_error(run):
    """The representation is what one wants to see in a failing test."""
    execution = run(one_state(Type="Fail", Error="Oops", Cause="it broke"))

    assert not execution.succeeded
    assert re.search("FAILED.*Oops.*it broke", repr(execution))


def test_an_express_execution_has_an_express_arn():
    """Its ARN has a kind of its own."""
    execution = StateMachine.from_dict(HELLO, type="EXPRESS", name="Greet").run(name="one")

    assert execution.arn.startswith("arn:aws:states:us-east-1:123456789012:express:Greet:one")


def test_the_context_object(run):
    """It shows the execution, the machine and the state."""
    machine = StateMachine.from_dict(chain(A={"Type": "Pass"}, B={"Type": "Pass", "InputPath": "$$"}), name="Greet")

    context = machine.run({"a": 1}, name="one", start_time=START).output

    arn = "arn:aws:states:us-east-1:123456789012:"
    assert {
        "Execution": {
            "Id": arn + "execution:Greet:one",
            "Input": {"a": 1},
            "StartTime": "2023-11-14T22:13:20.000Z",
            "Name": "one",
            "RoleArn": "arn:aws:iam::123456789012:role/StepFunctions",
            "RedriveCount": 0,
        },
        "StateMachine": {"Id": arn + "stateMachine:Greet", "Name": "Greet"},
        "State": {"Name": "B", "EnteredTime": "2023-11-14T22:13:20.000Z"},
    } == context


def test_the_context_object_of_a_token(run):
    """A task that waits for its token can see it, and only such a task."""
    work = scripted(asl_engine.Answer("ok"))
    token = {"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"}

    run(one_state(Type="Task", **token, Parameters={"FunctionName": "f", "Payload": {"c.$": "$$"}}), f=work)
    plain = run(one_state(Type="Pass", Parameters={"t.$": "$$.Task.Token"}))

    [event] = work.calls
    assert 1 <= len(event["c"]["Task"]["Token"]) <= 2048
    assert 0 == event["c"]["State"]["RetryCount"]
    assert "States.Runtime" == plain.error


def test_running_leaves_the_machine_as_it_was(run):
    """A machine can run many times, also while one of its executions is being read."""
    machine = StateMachine.from_dict(
        chain(A={"Type": "Pass", "Assign": {"x.$": "$"}}, B={"Type": "Pass", "InputPath": "$x"})
    )

    executions = [machine.run(n) for n in range(1, 4)]

    assert [1, 2, 3] == [execution.output for execution in executions]


def test_history_can_be_left_out():
    """Without a history the execution is the same, and only the record is missing."""
    machine = StateMachine.from_dict(chain(A={"Type": "Wait", "Seconds": 1}, B={"Type": "Pass", "Result": 1}))

    execution = machine.run(history=False, start_time=START)

    assert ("SUCCEEDED", 1, 1.0, []) == (
        execution.status,
        execution.output,
        execution.duration,
        list(execution.history),
    )


def test_what_cannot_run_is_refused_and_not_ignored():
    """The machine can be loaded and drawn; running it says what the engine cannot do, and where."""
    machine = StateMachine.from_dict(one_state(Type="Wait", Seconds="${Delay}"))

    assert "<svg" in machine.render()
    with pytest.raises(NotSupported, match="/States/S/Seconds"):
        machine.run([])


@pytest.mark.parametrize("start", [1_773_478_800, "2026-03-14T09:00:00Z", datetime(2026, 3, 14, 9, tzinfo=UTC)])
def test_a_start_time_may_be_written_in_any_way(start):
    """Seconds, a text, a datetime: the same moment."""
    assert 1_773_478_800.0 == StateMachine.from_dict(HELLO).run(start_time=start).started_at


def test_a_start_time_that_is_none_is_refused():
    """With what would be one."""
    with pytest.raises(UsageError, match="2026-03-14T09:00:00Z"):
        StateMachine.from_dict(HELLO).run(start_time="tomorrow")


@pytest.mark.parametrize("name", ["picture.jpeg", "nowhere/picture.svg"])
def test_a_picture_that_cannot_be_written_says_why(name, tmp_path):
    """Another format, a folder that is not there."""
    with pytest.raises(RenderError, match="picture"):
        StateMachine.from_dict(HELLO).render(tmp_path / name)


def test_a_machine_draws_itself(run):
    """Its SVG names its states, with and without an execution on top."""
    machine = StateMachine.from_dict(HELLO)

    assert "Hello" in machine.render()
    assert "Hello" in machine.render(execution=machine.run())
    assert any("Hello" in str(node) for node in machine.graph())
