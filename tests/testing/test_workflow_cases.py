"""Workflows as such: what they are made of, and the test cases of a MockConfigFile."""

from __future__ import annotations

import json

import pytest
from conftest import chain, one_state
from harness import asks, calls, flow, machine_of

from asl_engine import DefinitionError, Functions, MockError, SourceError, StateMachine, UsageError
from asl_engine.testing import Workflow, send_success

CONFIG = {
    "StateMachines": {
        "m": {"TestCases": {"Fine": {"A": "one"}, "Second": {"A": "later"}}},
        "other": {"TestCases": {"Another": {}}},
    },
    "MockedResponses": {
        "one": {"0": {"Return": 1}},
        "later": {"0": {"Throw": {"Error": "Busy", "Cause": "b"}}, "1-2": {"Return": 2}},
    },
}
MACHINE = one_state(Type="Task", Resource="arn:aws:lambda:us-east-1:123456789012:function:f")
RETRIED = chain(A=calls("f", Retry=[{"ErrorEquals": ["Busy"]}]))


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.asl.json").write_text(json.dumps(RETRIED))
    (tmp_path / "mocks.json").write_text(json.dumps(CONFIG))
    return tmp_path / "m.asl.json"


# --- what a workflow is made of --------------------------------------------------------------------------------------


def test_a_workflow_is_a_path_or_a_machine(file):
    """A text, a path, or what was loaded."""
    made = (Workflow("m.asl.json"), Workflow(file), Workflow(StateMachine.load(file)))

    assert ["m", "m", "m"] == [work.machine.name for work in made]


def test_real_functions_come_as_a_mapping_or_a_registry(file):
    """As in `StateMachine.run`."""
    functions = Functions()
    functions.register("f")(lambda event, context: "registered")

    assert "registered" == Workflow(file, functions).run().output
    assert "mapped" == Workflow(file, {"f": lambda event, context: "mapped"}).run().output


def test_a_workflow_can_be_express(file):
    """The type is asked for where a path is loaded."""
    assert "EXPRESS" == Workflow(file, type="EXPRESS").machine.type


def test_what_is_no_machine_is_refused_when_it_is_loaded(file):
    """A missing file, and a definition that AWS would not accept."""
    file.write_text('{"StartAt": "A", "States": {}}')

    with pytest.raises(SourceError, match="nowhere"):
        Workflow("nowhere.asl.json")
    with pytest.raises(DefinitionError, match=r"m\.asl\.json"):
        Workflow(file)


def test_an_execution_has_a_name():
    """It is `test`, unless the test says otherwise."""
    work = flow(A={"Type": "Pass", "Parameters": {"name.$": "$$.Execution.Name"}})

    assert ["test", "seven"] == [work.run().output["name"], work.run(name="seven").output["name"]]


def test_folders_stand_for_buckets(tmp_path):
    """A distributed Map reads its items there."""
    (tmp_path / "items.json").write_text("[1, 2, 3]")
    given = {"Bucket": "data", "Key": "items.json"}
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": given}
    inner = {**chain(I=calls("f")), "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    machine = machine_of(M={"Type": "Map", "ItemReader": reader, "ItemProcessor": inner})

    work = Workflow(machine, buckets={"data": tmp_path}).mock("f", lambda item: item * 2)

    assert [2, 4, 6] == work.run().output


# --- test cases ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("config", [CONFIG, "mocks.json"])
def test_the_cases_of_a_machine_are_those_of_its_name(file, config):
    """The configuration is a file, or its content."""
    work = Workflow(file, mock_config=config)

    assert ["Fine", "Second"] == work.cases()
    assert [1, 2] == [work.run(case="Fine").output, work.run(case="Second").output]
    assert {"A": 1} == work.run(case="Second").retries


def test_a_workflow_without_a_configuration_has_no_cases(file):
    """Nor has one of a machine that the configuration does not name."""
    (file.parent / "x.asl.json").write_text(json.dumps(MACHINE))

    assert [] == Workflow(file).cases()
    assert [] == Workflow("x.asl.json", mock_config=CONFIG).cases()


def test_mocks_are_closer_than_the_case(file):
    """A test changes what its configuration says."""
    assert "mock" == Workflow(file, mock_config=CONFIG).mock("A", "mock").run(case="Fine").output


def test_a_case_answers_its_states_by_itself(file):
    """Nobody waits for an answer from outside then."""
    states = chain(A=asks(), W={"Type": "Wait", "Seconds": 9})
    work = Workflow(StateMachine.from_dict(states, name="m"), mock_config=CONFIG)

    with pytest.raises(MockError, match="send_success at 5 s: the state 'A' waits for no answer then"):
        work.run(case="Fine", at={5: send_success("A")})


def test_a_case_is_closer_than_real_functions(file):
    """It says what happens in place of them."""
    work = Workflow(file, {"f": lambda event, context: "real"}, mock_config=CONFIG)

    assert [1, "real"] == [work.run(case="Fine").output, work.run().output]


def test_a_case_that_is_not_there(file):
    """The message has what is close."""
    with pytest.raises(UsageError, match=r"no test case 'Fyne' for 'm'\. Did you mean 'Fine'\?"):
        Workflow(file, mock_config=CONFIG).run(case="Fyne")
    with pytest.raises(UsageError, match="the test case 'Fine' is of no mock configuration: pass mock_config=FILE"):
        Workflow(file).run(case="Fine")


def test_a_file_that_is_no_configuration(file):
    """It is missing, or is no JSON."""
    (file.parent / "bad.json").write_text("{nope")

    with pytest.raises(UsageError, match=r"nowhere\.json: No such file"):
        Workflow(file, mock_config="nowhere.json")
    with pytest.raises(UsageError, match=r"bad\.json is not JSON"):
        Workflow(file, mock_config="bad.json")
