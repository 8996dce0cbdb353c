"""The data flow of a state: what each field selects, shapes, keeps and drops."""

from __future__ import annotations

import pytest
from conftest import chain, one_state, scripted

ORDER = {"id": 7, "lines": [{"sku": "a"}, {"sku": "b"}], "note": None}


def echo(event, context):
    return event


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, ORDER),
        ({"InputPath": "$.id"}, 7),
        ({"InputPath": None}, {}),
        ({"OutputPath": "$.lines[1].sku"}, "b"),
        ({"OutputPath": None}, {}),
        ({"Parameters": {"n.$": "$.id", "fixed": [1, {"x": None}]}}, {"n": 7, "fixed": [1, {"x": None}]}),
        ({"InputPath": "$.lines[0]", "Parameters": {"s.$": "$.sku"}}, {"s": "a"}),
        ({"Parameters": {"whole.$": "$$.Execution.Input.id"}}, {"whole": 7}),
        ({"Result": "done"}, "done"),
        ({"Result": None}, ORDER),
        ({"Result": {"a.$": "$.id"}}, {"a.$": "$.id"}),
        ({"Result": 1, "ResultPath": "$.result"}, {**ORDER, "result": 1}),
        ({"Result": 1, "ResultPath": "$.id"}, {**ORDER, "id": 1}),
        ({"Result": 1, "ResultPath": "$.new.deep.key"}, {**ORDER, "new": {"deep": {"key": 1}}}),
        ({"Result": 1, "ResultPath": "$.lines[0].sku"}, {**ORDER, "lines": [{"sku": 1}, {"sku": "b"}]}),
        ({"Result": 1, "ResultPath": None}, ORDER),
        ({"Result": 1, "ResultPath": "$.r", "OutputPath": "$.r"}, 1),
        ({"Result": 1, "ResultPath": None, "OutputPath": "$.id"}, 7),
        ({"InputPath": "$.id", "ResultPath": "$.copy"}, {**ORDER, "copy": 7}),
        ({"InputPath": None, "ResultPath": "$.empty"}, {**ORDER, "empty": {}}),
        ({"InputPath": "$.note"}, None),
        ({"InputPath": "$.lines[*].sku"}, ["a", "b"]),
        ({"Parameters": {"all.$": "$.lines[*].sku"}}, {"all": ["a", "b"]}),
        ({"Parameters": {"none.$": "$.lines[?(@.sku == 'z')]"}}, {"none": []}),
    ],
)
def test_a_pass_shapes_its_input(run, fields, output):
    """Each field does its part of input, result and output."""
    execution = run(one_state(Type="Pass", **fields), ORDER)

    assert ("SUCCEEDED", output) == (execution.status, execution.output)


def test_a_result_path_leads_into_the_raw_input_and_not_into_the_selection(run):
    """ResultPath puts the result where the state's own input was, also when InputPath chose a part of it."""
    execution = run(
        one_state(Type="Task", Resource="echo", InputPath="$.lines[0]", ResultPath="$.got"), ORDER, echo=echo
    )

    assert {**ORDER, "got": {"sku": "a"}} == execution.output


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({}, {"v": [1, 2], "w": "x"}),
        ({"ResultSelector": {"first.$": "$.v[0]", "fixed": 0}}, {"first": 1, "fixed": 0}),
        ({"ResultSelector": {"seen.$": "$$.State.Name"}, "ResultPath": "$.r"}, {"id": 7, "r": {"seen": "S"}}),
        ({"ResultPath": "$.r", "OutputPath": "$.r.w"}, "x"),
        ({"ResultPath": None}, {"id": 7}),
        ({"ResultSelector": {"v.$": "$.v"}, "OutputPath": "$.v"}, [1, 2]),
    ],
)
def test_a_task_shapes_its_result(run, fields, output):
    """ResultSelector sees the result, ResultPath the raw input, OutputPath what came of both."""
    execution = run(
        one_state(Type="Task", Resource="work", **fields), {"id": 7}, work=scripted({"v": [1, 2], "w": "x"})
    )

    assert output == execution.output


def test_parameters_make_what_a_function_gets(run):
    """A function sees the payload and nothing else."""
    work = scripted("ok")

    run(
        one_state(Type="Task", Resource="work", InputPath="$.lines", Parameters={"one.$": "$[1]", "k": True}),
        ORDER,
        work=work,
    )

    assert [{"one": {"sku": "b"}, "k": True}] == work.calls


@pytest.mark.parametrize("type_", ["Wait", "Succeed", "Choice"])
@pytest.mark.parametrize(
    ("paths", "output"),
    [
        ({"InputPath": "$.lines"}, ORDER["lines"]),
        ({"OutputPath": "$.id"}, 7),
        ({"InputPath": None}, {}),
        ({"OutputPath": None}, {}),
        ({"InputPath": "$.lines", "OutputPath": "$[0].sku"}, "a"),
    ],
)
def test_states_without_results_have_input_and_output_paths(run, type_, paths, output):
    """Wait, Succeed and Choice hand on what InputPath selects and OutputPath leaves."""
    special = {
        "Wait": {"Seconds": 1},
        "Succeed": {},
        "Choice": {"Choices": [{"Variable": "$", "IsPresent": True, "Next": "E"}]},
    }
    state, end = {"Type": type_, **special[type_], **paths}, {"Type": "Succeed"}
    definition = chain(S=state) if type_ == "Succeed" else chain(S=state, E=end)

    assert output == run(definition, ORDER).output


def test_a_choice_tests_what_input_path_selects(run):
    """The variable of a rule is looked up in the effective input."""
    rules = [{"Variable": "$.sku", "StringEquals": "a", "Next": "Yes"}]
    choice = {"Type": "Choice", "InputPath": "$.lines[0]", "Choices": rules, "Default": "No"}
    definition = chain(S=choice, Yes={"Type": "Succeed"}, No={"Type": "Fail"})

    execution = run(definition, ORDER)

    assert ["S", "Yes"] == execution.path
    assert {"sku": "a"} == execution.output


def test_parallel_and_map_shape_their_results_too(run):
    """Parameters feed each branch, ResultSelector sees the array of results, ResultPath the raw input."""
    branch = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    definition = one_state(
        Type="Parallel",
        Parameters={"n.$": "$.id"},
        Branches=[branch, {"StartAt": "Q", "States": {"Q": {"Type": "Pass", "Result": 2, "End": True}}}],
        ResultSelector={"first.$": "$[0].n", "second.$": "$[1]"},
        ResultPath="$.both",
    )

    assert {**ORDER, "both": {"first": 7, "second": 2}} == run(definition, ORDER).output


@pytest.mark.parametrize(
    ("fields", "cause"),
    [
        ({"InputPath": "$.no"}, "Invalid path '$.no' : No results for path: $['no']"),
        ({"InputPath": "$.no.more"}, "Invalid path '$.no.more' : Missing property in path $['no']"),
        ({"OutputPath": "$.no"}, "Invalid path '$.no' : No results for path: $['no']"),
        (
            {"Parameters": {"a.$": "$.no"}},
            "The JSONPath '$.no' specified for the field 'a.$' could not be found in the input '{\"id\":7}'",
        ),
        ({"Parameters": {"a.$": "States.ArrayLength($.id)"}}, None),
    ],
)
def test_a_path_that_leads_nowhere_fails_the_state_in_the_services_words(run, fields, cause):
    """The error is States.Runtime, and the cause names the state and the event that entered it."""
    execution = run(chain(A={"Type": "Pass"}, S={"Type": "Pass", **fields}), {"id": 7})

    place = "An error occurred while executing the state 'S' (entered at the event id #4). "
    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)
    assert execution.cause.startswith(place)
    assert cause is None or place + cause == execution.cause


def test_a_result_path_that_does_not_fit_fails(run):
    """A key cannot be put into a number (error and cause recorded, September 2026)."""
    execution = run(one_state(Type="Pass", Result=1, ResultPath="$.id.x"), {"id": 7})

    assert ("FAILED", "States.ReferencePathConflict") == (execution.status, execution.error)
    assert execution.cause.endswith('Unable to apply ReferencePath $.id.x to input {"id":7}')


@pytest.mark.parametrize("value", [None, True, 0, -1.5, "", "text", [], {}, [None, [1]], {"ä": "\u2028"}])
def test_any_json_value_flows_through(run, value):
    """An input need not be an object."""
    definition = chain(A={"Type": "Pass"}, B={"Type": "Task", "Resource": "echo"}, C={"Type": "Wait", "Seconds": 1})

    assert value == run(definition, value, echo=echo).output


def test_numbers_keep_their_kind(run):
    """1 stays 1 and 1.0 stays 1.0 on the way through."""
    execution = run(one_state(Type="Pass", Parameters={"a.$": "$.a", "b.$": "$.b"}), {"a": 1, "b": 1.0})

    assert [int, float] == [type(value) for value in execution.output.values()]


def test_a_key_that_is_still_dynamic_refuses_the_task(run):
    """A machine with it is made, and its task is not started (measured by users)."""
    parameters = {"QueueUrl.$.$": "$.queue", "MessageBody": "b"}
    execution = run(
        one_state(Type="Task", Resource="arn:aws:states:::aws-sdk:sqs:sendMessage", Parameters=parameters),
        {"queue": "q"},
    )

    problem = "[The value for the field 'QueueUrl.$' must be a valid JSONPath or a valid intrinsic function call]"
    assert "States.Runtime" == execution.error
    assert execution.cause.endswith(
        f"""The Parameters '{{"MessageBody":"b","QueueUrl.$":"q"}}' could not be used to start the Task: {problem}"""
    )


def test_choice_and_next_state_refuse_null_data(run):
    """A path cannot be applied to it, and what has none lets it through (measured by users)."""
    choice = {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": True, "Next": "Z"}], "Default": "Z"}
    refused = run(chain(A={"Type": "Pass"}, C=choice, Z={"Type": "Pass"}), None)

    assert refused.cause.endswith("Unable to apply Path transformation to null or empty input.")
    assert run(chain(A={"Type": "Pass"}, Z={"Type": "Succeed"}), None).output is None
