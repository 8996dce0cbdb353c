"""JSON that came as text keeps it, blanks and spelling of numbers included, until a state changes it."""

from __future__ import annotations

import json

import pytest
from conftest import START, chain

from asl_engine import StateMachine
from asl_engine.history import read_events
from asl_engine.kernel import ExecutionStarted, Identity, Kernel, TaskSucceeded, TimerFired
from asl_engine.kernel.snapshot import restore, take

TEXT = '{"n": 1.50, "in": {"b": [ ]}}'
COMPACT = '{"n":1.5,"in":{"b":[]}}'
JSONATA = {"Type": "Pass", "QueryLanguage": "JSONata"}


def told(machine: StateMachine, *answers: str, forgets: bool = False) -> list[str]:
    """Return the texts that history tells of an execution whose input is `TEXT` and whose tasks answer with texts."""
    kernel = Kernel(machine.program)
    commands = kernel.handle(ExecutionStarted(START, json.loads(TEXT), Identity("e", "m"), text=TEXT))
    for answer in answers:
        if forgets:
            kernel = restore(machine.program, json.loads(json.dumps(take(kernel))))
        op = commands[0].op
        wakes = kernel.sleeping and op in kernel.sleeping
        event = TimerFired(START + 9, op) if wakes else TaskSucceeded(START, op, json.loads(answer), answer)
        commands = kernel.handle(event)
    assert kernel.records is not None
    texts = []
    for event in read_events(kernel.records):
        for details in event.values():
            if isinstance(details, dict):
                texts += [details[name] for name in ("input", "output", "parameters") if name in details]
                texts += details.get("assignedVariables", {}).values()
    assert json.loads(texts[-1]) == kernel.output
    assert texts[-1] == kernel.record.text_of(kernel.output)
    return texts


def machine(**states):
    return StateMachine.from_dict(chain(**states))


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass"},
        {"Type": "Pass", "Result": None},
        {"Type": "Pass", "Result": 1, "ResultPath": None},
        {"Type": "Pass", "Assign": {"x.$": "$.in"}},
        {"Type": "Succeed"},
        {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsNumeric": False, "Next": "Z"}], "Default": "Z"},
        {**JSONATA, "Assign": {"x": "{% 1 %}"}},
    ],
)
def test_what_changes_nothing_hands_on_the_text(state):
    """Recorded on AWS, September 2026: Pass, Choice, Assign."""
    states = {"S": state} if state["Type"] == "Succeed" else {"S": state, "Z": {"Type": "Succeed"}}
    assert {TEXT} == {text for text in told(machine(**states)) if "in" in text}


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({"Type": "Pass", "OutputPath": "$.in"}, '{"b":[]}'),
        ({"Type": "Pass", "InputPath": "$.n"}, "1.5"),
        ({"Type": "Pass", "InputPath": "$$.Execution.Input"}, COMPACT),
        ({"Type": "Pass", "Parameters": {"all.$": "$"}}, f'{{"all":{COMPACT}}}'),
        ({"Type": "Pass", "Result": 1, "ResultPath": "$.n"}, '{"n":1,"in":{"b":[]}}'),
        ({**JSONATA, "Output": "{% $states.input %}"}, COMPACT),
        ({**JSONATA, "Output": "{% $states.context.Execution.Input %}"}, COMPACT),
        ({**JSONATA, "Output": {"all": "{% $states.input %}"}}, f'{{"all":{COMPACT}}}'),
    ],
)
def test_what_is_made_anew_has_no_blanks(state, text):
    """Also where a query gives the whole of what it was given."""
    assert [TEXT, TEXT, text, text] == told(machine(S=state))


@pytest.mark.parametrize("read", [{"Type": "Pass", "InputPath": "$x"}, {**JSONATA, "Output": "{% $x %}"}])
@pytest.mark.parametrize("write", [{"x.$": "$"}, {"x": "{% $states.input %}"}])
def test_a_variable_has_a_text_of_its_own(read, write):
    """It is made by a template, whatever it holds."""
    first = {"Type": "Pass", "Assign": write} if "x.$" in write else {**JSONATA, "Assign": write}

    assert [TEXT, TEXT, TEXT, COMPACT, TEXT, COMPACT, COMPACT] == told(machine(S=first, Z=read))


NO_WAY = [{"Variable": "$", "IsNull": True, "Next": "Z"}]
TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}


@pytest.mark.parametrize("forgets", [False, True])
def test_a_result_keeps_its_text_across_states_and_snapshots(forgets):
    """Recorded on AWS, September 2026: a function behind a direct ARN."""
    answer = '{"a": 1e2, "ü": "\\u00fc"}'
    parallel = {"Type": "Parallel", "Branches": [chain(B={"Type": "Pass"})], "ResultPath": None}
    states = machine(S=TASK, W={"Type": "Wait", "Seconds": 9}, C={"Type": "Pass"}, P=parallel)

    texts = told(states, answer, answer, forgets=forgets)

    assert [TEXT] * 3 == texts[:3]
    assert {answer} == set(texts[3:])


@pytest.mark.parametrize(
    "select",
    [
        {"Type": "Pass", "InputPath": "$.r"},
        {"Type": "Pass", "OutputPath": "$.r"},
        {"Type": "Wait", "Seconds": 0, "OutputPath": "$.r"},
        {"Type": "Choice", "InputPath": "$.r", "Choices": NO_WAY, "Default": "Z"},
        {"Type": "Parallel", "InputPath": "$.r", "Branches": [chain(B={"Type": "Pass"})], "OutputPath": "$[0]"},
        {**JSONATA, "Output": "{% $states.input.r %}"},
        {"Type": "Map", "ItemsPath": "$.list", "ItemProcessor": chain(B={"Type": "Pass"}), "OutputPath": "$[0]"},
    ],
)
def test_what_was_put_into_another_value_has_lost_its_text(select):
    """It is written with that one, and again when it is selected from there."""
    task = {**TASK, "ResultPath": "$.r"}
    shape = {"Type": "Pass", "Parameters": {"r.$": "$.r", "list.$": "States.Array($.r)"}}

    texts = told(machine(S=task, T=shape, X=select, Z={"Type": "Succeed"}), '{"b": 1}')

    assert ['{"b": 1}', '{"b":1}'] == [texts[3], texts[-1]]
    assert '{"b": 1}' not in texts[4:]
