"""TestState: one state, its outcome, and what each stage of its data flow made. Nothing waits; the clock is skipped."""

from __future__ import annotations

import asyncio
import json

import pytest

from asl_engine import Functions
from asl_engine.server.account import Account
from asl_engine.server.errors import ApiError
from asl_engine.server.operations import OPERATIONS
from asl_engine.server.requests import check_request
from asl_engine.server.start import service_for

ROLE = "arn:aws:iam::123456789012:role/r"
ACCOUNT = Account("123456789012", "us-east-1")
INNER = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
INVOKE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload.$": "$.event"},
    "End": True,
}
MAP = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": INNER, "End": True}
OTHER = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
PARALLEL = {"Type": "Parallel", "Branches": [INNER, OTHER], "End": True}
PUT = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "End": True}
START = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "End": True}
FIRST_BREAK = {"error": "Broken", "cause": "it broke"}


def ask(definition, functions=None, **request):
    """Test a state; JSON members may be given as values."""
    for name in ("input", "variables", "context"):
        if name in request and not isinstance(request[name], str):
            request[name] = json.dumps(request[name])
    request["definition"] = definition if isinstance(definition, str) else json.dumps(definition)
    check_request("TestState", request)
    return asyncio.run(OPERATIONS["TestState"](service_for(Functions.of(functions), None, True), ACCOUNT, request))


def told(definition, level="TRACE", **request):
    """Return what each stage made, as values."""
    data = ask(definition, inspectionLevel=level, **request)["inspectionData"]
    return {name: json.loads(value) if isinstance(value, str) else value for name, value in data.items()}


def refusal(definition, **request):
    with pytest.raises(ApiError) as refused:
        ask(definition, **request)
    return str(refused.value)


def mocked(result):
    return {"result": json.dumps(result)}


# --- the stages ------------------------------------------------------------------------------------------------------


def test_a_task_tells_every_stage():
    task = INVOKE | {"InputPath": "$.in", "ResultSelector": {"n.$": "$.Payload"}, "ResultPath": "$.out"}
    data = {"in": {"event": [1]}}

    stages = told(task, input=data, mock=mocked({"Payload": "2", "StatusCode": 200}))

    assert stages == {
        "input": data,
        "afterInputPath": {"event": [1]},
        "afterParameters": {"FunctionName": "f", "Payload": [1]},
        "result": {"Payload": "2", "StatusCode": 200},
        "afterResultSelector": {"n": "2"},
        "afterResultPath": {"in": {"event": [1]}, "out": {"n": "2"}},
    }


def test_info_tells_the_outcome_only():
    assert ask({"Type": "Pass", "Next": "B"}, input={"a": [1, 2]}) == {
        "status": "SUCCEEDED",
        "output": '{"a": [1, 2]}',
        "nextState": "B",
    }


def test_a_pass_with_a_result_tells_nothing_of_its_first_half():
    assert list(told({"Type": "Pass", "Result": 1, "End": True})) == [
        "input",
        "result",
        "afterResultSelector",
        "afterResultPath",
    ]


def test_a_parallel_tells_its_second_half_only():
    assert list(told(PARALLEL, mock=mocked([1, 2]))) == ["input", "afterResultSelector", "afterResultPath"]


def test_a_map_tells_its_items_and_its_limits():
    shaped = MAP | {"ItemSelector": {"n.$": "$$.Map.Item.Value"}, "MaxConcurrency": 3}

    stages = told(shaped, input={"items": [1, 2]}, mock=mocked([3, 4]))

    assert ([1, 2], [{"n": 1}, {"n": 2}], 3) == tuple(
        stages[name] for name in ("afterItemsPath", "afterItemSelector", "maxConcurrency")
    )


def test_a_map_that_batches_tells_its_batches():
    distributed = INNER | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    batched = MAP | {"ItemBatcher": {"MaxItemsPerBatch": 2}, "ItemProcessor": distributed}

    stages = told(batched, input={"items": [1, 2, 3]}, mock=mocked([4, 5]))

    assert stages["afterItemBatcher"] == [{"Items": ["1", "2"]}, {"Items": ["3"]}]


def test_jsonata_tells_the_arguments_of_a_task():
    task = {"Type": "Task", "QueryLanguage": "JSONata", "Resource": PUT["Resource"], "End": True}
    task |= {"Arguments": {"TableName": "{% $states.input.t %}", "Item": {}}}
    task |= {"Output": "{% $states.result.Attributes %}"}

    answer = ask(task, input={"t": "x"}, mock=mocked({"Attributes": {}}), inspectionLevel="DEBUG")

    assert ("SUCCEEDED", "{}") == (answer["status"], answer["output"])
    assert {"input", "afterArguments", "result"} == set(answer["inspectionData"])


def test_variables_are_told_as_they_are_afterwards():
    state = {"Type": "Pass", "Assign": {"b.$": "$a"}, "End": True}

    assert {"a": 1, "b": 1} == told(state, variables={"a": 1})["variables"]
    assert "variables" not in told({"Type": "Pass", "End": True}, variables={})


def test_what_is_passed_on_keeps_its_text_and_what_is_made_has_no_blanks():
    """Items are told as a list of texts (recorded, September 2026)."""
    assert '[1,  "a"]' == ask({"Type": "Pass", "End": True}, input='[1,  "a"]')["output"]
    assert '{"a":[1]}' == ask({"Type": "Pass", "Parameters": {"a.$": "$"}, "End": True}, input=" [1] ")["output"]
    shaped = MAP | {"ItemSelector": {"n.$": "$$.Map.Item.Value"}}
    data = ask(shaped, input='{"items": [1,2]}', mock=mocked([3, 4]), inspectionLevel="DEBUG")["inspectionData"]
    assert ("[1, 2]", '[{"n":1}, {"n":2}]') == (data["afterItemsPath"], data["afterItemSelector"])


def test_a_cause_does_not_tell_the_place_of_the_state():
    """As there is no execution (recorded, September 2026)."""
    answer = ask({"Type": "Pass", "InputPath": "$.no", "End": True}, input={})

    told = "Invalid path '$.no' : No results for path: $['no']"
    assert ("States.Runtime", told) == (answer["error"], answer["cause"])


def test_a_stage_that_fails_leaves_those_before_it():
    """They are told (recorded, September 2026)."""
    assert {"input", "afterInputPath"} == set(told({"Type": "Pass", "Parameters": {"a.$": "$.no"}, "End": True}))


def test_a_caught_error_is_told_where_it_is_put():
    """What the catcher's ResultPath made is told (recorded, September 2026)."""
    state = PUT | {"Catch": [{"ErrorEquals": ["Broken"], "ResultPath": "$.e", "Next": "N"}]}

    stages = told(state, input={"a": 1}, mock={"errorOutput": FIRST_BREAK})

    assert {"a": 1, "e": {"Error": "Broken", "Cause": "it broke"}} == stages["afterResultPath"]


READING = MAP | {
    "ItemReader": {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/deep/items"},
        "Parameters": {"Bucket": "b", "Key": "k"},
    },
    "ItemProcessor": INNER | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
}
del READING["ItemsPath"]


def test_the_data_of_an_item_reader_are_the_whole_object():
    """Its ItemsPointer says where the items are (recorded, September 2026)."""
    read = {"mapItemReaderData": json.dumps({"deep": {"items": [4, 5]}})}

    assert [4, 5] == told(READING, mock=mocked([6, 7]), stateConfiguration=read)["afterItemsPointer"]
    assert "ItemReader data must be specified" in refusal(READING, mock=mocked([6]))
    assert "leads to nothing" in refusal(READING, mock=mocked([6]), stateConfiguration={"mapItemReaderData": "{}"})


# --- which state -----------------------------------------------------------------------------------------------------


def test_a_state_of_a_definition_at_any_depth():
    machine = {"StartAt": "M", "States": {"M": MAP}}

    assert "SUCCEEDED" == ask(machine, stateName="A")["status"]
    assert "ValidationException: State not found in definition" == refusal(machine, stateName="B")


def test_a_state_is_refused_where_it_would_stand():
    answer = refusal(PARALLEL | {"Branches": []}, mock=mocked([]))

    assert answer.endswith("'SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches'")
    assert "InvalidDefinition" in refusal("[")
    assert "InvalidDefinition" in refusal("1")
    assert "InvalidDefinition" in refusal({"Type": "Pass", "Next": 5})


def test_a_placeholder_of_a_template_is_no_number():
    state = INVOKE | {"Retry": [{"ErrorEquals": ["Broken"], "MaxAttempts": "${attempts}"}]}

    assert "/Retry/0/MaxAttempts: '${attempts}' stands where a value is needed" in refusal(state, mock=mocked({}))
    assert "InvalidDefinition" in refusal({"Type": "Pass", "Parameters": {"a.$": "${path}"}, "End": True})


def test_a_choice_leads_where_its_rule_says():
    state = {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "One"}], "Default": "Other"}

    assert ["One", "Other"] == [ask(state, input={"n": n})["nextState"] for n in (1, 2)]


def test_a_fail_fails():
    answer = ask({"Type": "Fail", "Error": "E", "Cause": "C"})

    assert {"status": "FAILED", "error": "E", "cause": "C"} == answer


# --- errors ----------------------------------------------------------------------------------------------------------


RETRIED = INVOKE | {
    "Retry": [{"ErrorEquals": ["Broken"], "IntervalSeconds": 3, "MaxAttempts": 2}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Mend"}],
}


def broken(retries):
    configuration = {"retrierRetryCount": retries}
    request = {"mock": {"errorOutput": FIRST_BREAK}, "stateConfiguration": configuration, "input": {"event": [1]}}
    return ask(RETRIED, inspectionLevel="DEBUG", **request)


@pytest.mark.parametrize(("seconds", "status"), [(300, "SUCCEEDED"), (301, "FAILED")])
def test_a_test_takes_five_minutes_at_most_although_time_is_skipped(seconds, status):
    answer = ask({"Type": "Wait", "Seconds": seconds, "End": True})

    assert answer["status"] == status
    assert answer.get("error") == (None if status == "SUCCEEDED" else "States.Timeout")


def test_a_retrier_says_when_it_would_try_again():
    answer = broken(1)

    assert ("RETRIABLE", {"retryIndex": 0, "retryBackoffIntervalSeconds": 6}) == (
        answer["status"],
        answer["inspectionData"]["errorDetails"],
    )
    assert "output" not in answer


def test_when_the_attempts_are_used_up_the_error_is_caught():
    answer = broken(2)

    assert ("CAUGHT_ERROR", "Mend", "Broken") == (answer["status"], answer["nextState"], answer["error"])
    assert {"Error": "Broken", "Cause": "it broke"} == json.loads(answer["output"])["error"]
    assert {"retryIndex": 0, "catchIndex": 0} == answer["inspectionData"]["errorDetails"]


def test_too_many_failed_iterations_fail_a_map_that_says_how_many_may():
    request = {
        "input": {"items": [1, 2]},
        "mock": mocked([1, 2]),
        "stateConfiguration": {"mapIterationFailureCount": 2},
    }

    assert "SUCCEEDED" == ask(MAP, **request)["status"]
    assert "States.ExceedToleratedFailureThreshold" == ask(MAP | {"ToleratedFailureCount": 1}, **request)["error"]


def test_a_path_into_the_context_object_is_named_as_one():
    answer = ask(MAP | {"ItemsPath": "$$.Execution.Input"}, mock=mocked([]))

    assert ("States.Runtime", 'Reference path "$.Execution.Input" must point to array.') == (
        answer["error"],
        answer["cause"],
    )


# --- tasks without a mock --------------------------------------------------------------------------------------------


def test_a_task_without_a_mock_calls_its_function():
    answer = ask(INVOKE, {"f": lambda event, context: event[0] + 1}, input={"event": [1]}, roleArn=ROLE)

    assert 2 == json.loads(answer["output"])["Payload"]


def test_a_function_that_raises_fails_the_state():
    def f(event, context):
        raise ValueError("no")

    assert "ValueError" == ask(INVOKE, {"f": f}, input={"event": [1]}, roleArn=ROLE)["error"]


def test_work_needs_a_role():
    assert "RoleArn must be specified when testing a Task state" in refusal(INVOKE)


@pytest.mark.parametrize("pattern", ["sync", "sync:2", "waitForTaskToken"])
def test_what_waits_is_tested_with_a_mock_only(pattern):
    """Recorded on AWS, September 2026."""
    parameters = {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"}
    resource = f"arn:aws:states:::states:startExecution.{pattern}"
    state = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}

    with pytest.raises(ApiError, match="integration patterns") as refused:
        ask(state, roleArn=ROLE)

    assert "InvalidDefinition" == refused.value.code


@pytest.mark.parametrize("state", [MAP, PARALLEL], ids=["Map", "Parallel"])
def test_a_map_and_a_parallel_need_a_mock(state):
    assert "TestState API does not support Map or Parallel states." in refusal(state)


# --- mocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "request_", "problem"),
    [
        (PUT, {"mock": mocked({}) | {"errorOutput": FIRST_BREAK}}, "only one of the following fields"),
        (PUT, {"mock": mocked({}), "revealSecrets": True}, "does not support RevealSecrets"),
        (PUT, {"mock": {"result": "{"}}, "Mocked result must be valid JSON"),
        ({"Type": "Succeed"}, {"mock": mocked({})}, "State type 'Succeed' is not supported when a mock is specified"),
        (MAP, {"mock": mocked({})}, "Mocked result must be an array."),
        (PARALLEL, {"mock": mocked([1])}, "must contain the same number of items as number of Parallel branches."),
        (PUT, {"mock": {}}, "One of the following fields is required for a test mock: [result, errorOutput]."),
        (PUT, {"mock": {"errorOutput": {}}}, "An error was not specified in the mocked error output."),
        (PUT, {"mock": mocked(None)}, "Mocked result must be a valid JSON object."),
        (INVOKE, {"mock": mocked({"Payload": {}})}, "Field 'Payload' must be a string"),
        (MAP, {"stateConfiguration": {"mapIterationFailureCount": 1}}, "does not support MapIterationFailureCount"),
        (
            PUT,
            {"mock": mocked({}), "stateConfiguration": {"mapIterationFailureCount": 1}},
            "MapIterationFailureCount is only supported when testing a Map state.",
        ),
        (
            MAP,
            {"input": {"items": []}, "mock": mocked([]), "stateConfiguration": {"mapIterationFailureCount": 1}},
            "must be less than or equal to the number of Map iterations",
        ),
        (
            MAP,
            {"input": {"items": [1]}, "mock": mocked([])},
            "Input array does not equal the mocked result array's size",
        ),
        (
            MAP,
            {"mock": {"errorOutput": FIRST_BREAK}, "stateConfiguration": {"errorCausedByState": "B"}},
            "The state 'B', which causes the error, is not found",
        ),
    ],
)
def test_mocks_that_do_not_fit(state, request_, problem):
    assert problem in refusal(state, **request_)


@pytest.mark.parametrize(
    ("state", "result", "problem"),
    [
        (PUT, {"ConsumedCapacity": {"TableName": 1}}, "Field 'TableName' must be a string"),
        (PUT, {"Attributes": {"a": {"L": {}}}}, "Field 'L' must be an array"),
        (START, {}, "Required field 'ExecutionArn' is missing"),
        (START, {"ExecutionArn": "", "StartDate": "now"}, "Field 'ExecutionArn' is smaller than the minimum length"),
        (START, {"ExecutionArn": "a", "StartDate": True}, "Field 'StartDate' must be a string"),
        (
            PUT | {"Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution"},
            {"ExecutionArn": "a", "StateMachineArn": "a", "Status": "SLEEPING", "StartDate": "now"},
            "Field 'Status' is not an expected value",
        ),
    ],
)
def test_results_that_the_service_could_not_give(state, result, problem):
    assert refusal(state, mock=mocked(result)).endswith(f"Mock result schema validation error: {problem}")


def test_how_strictly_a_result_is_checked():
    """PRESENT asks for no field, NONE for nothing at all; fields that the service does not have are taken always."""
    assert "SUCCEEDED" == ask(START, mock=mocked({"Other": 1}) | {"fieldValidationMode": "PRESENT"})["status"]
    assert "SUCCEEDED" == ask(START, mock=mocked({"StartDate": 1}) | {"fieldValidationMode": "NONE"})["status"]
    assert "must be a string" in refusal(START, mock=mocked({"StartDate": 1}) | {"fieldValidationMode": "PRESENT"})


# --- the context object ----------------------------------------------------------------------------------------------


def test_the_context_object_of_a_test():
    context = json.loads(ask({"Type": "Pass", "InputPath": "$$", "End": True}, input={"a": 1})["output"])

    assert ({"a": 1}, None, "StateName") == (
        context["Execution"]["Input"],
        context["Execution"]["RoleArn"],
        context["State"]["Name"],
    )
    assert {"Execution", "StateMachine", "State"} == set(context)


def test_a_context_object_that_is_given_is_all_there_is():
    state = {"Type": "Pass", "InputPath": "$$", "End": True}

    assert "{}" == ask(state, context={})["output"]


@pytest.mark.parametrize(
    ("context", "problem"),
    [
        ({"Other": {}}, "Field 'Other' is not allowed"),
        ({"State": {"Other": 1}}, "Field 'Other' is not allowed"),
        ({"Execution": {"Id": 1}}, "Execution.Id must be a string"),
        ({"Map": {}}, "'Map' field is not supported when mocking a Context object"),
        ({"Task": {"Token": "t"}}, "Context object contains 'Task' when state is not a Task state"),
    ],
)
def test_context_objects_that_no_state_has(context, problem):
    assert f"ValidationException: Invalid Context object provided: {problem}" in refusal(
        {"Type": "Pass", "End": True}, context=context
    )


def test_the_mock_of_an_execution_is_what_describes_it():
    """Measured by others on AWS, 2026: dates are texts, and so are input and output, in both patterns."""
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
    state = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True}
    state["Parameters"] = {"StateMachineArn": arn}
    told_of_it = {"ExecutionArn": arn, "StateMachineArn": arn, "Status": "SUCCEEDED"}
    told_of_it |= {"StartDate": "2026-09-24T01:02:03Z"}

    assert "SUCCEEDED" == ask(state, mock=mocked(told_of_it | {"Output": "{}"}))["status"]
    assert "Field 'Output' must be a string" in refusal(state, mock=mocked(told_of_it | {"Output": {}}))
    assert "Field 'StartDate' must be a string" in refusal(state, mock=mocked(told_of_it | {"StartDate": 1}))


def test_the_bytes_of_a_mock_are_counted():
    """Recorded on AWS."""
    state = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:kms:decrypt", "End": True}
    state["Parameters"] = {"CiphertextBlob": "x"}

    assert "Field 'Plaintext' exceeds the maximum length" in refusal(state, mock=mocked({"Plaintext": "x" * 4097}))


def test_a_task_that_waits_for_a_token_has_one():
    state = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True}
    state["Parameters"] = {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}

    assert told(state, mock=mocked({}))["afterParameters"]["MessageBody"]
    assert "t" == told(state, mock=mocked({}), context={"Task": {"Token": "t"}})["afterParameters"]["MessageBody"]


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_a_template_that_asks_for_its_input_many_times_over():
    """The value would be small, as its parts are shared, and its text a gigabyte."""
    template = {f"k{n}.$": "$" for n in range(10_000)}

    for state in ({"Type": "Pass", "Parameters": template}, {"Type": "Pass", "Assign": template}):
        answer = ask(state | {"End": True}, input=["x" * 100_000])

        assert ("FAILED", "States.DataLimitExceeded") == (answer["status"], answer["error"])


@pytest.mark.parametrize("member", ["input", "variables", "context"])
def test_texts_that_are_no_json(member):
    for text in ("{", "[" * 5_000 + "]" * 5_000):
        assert "Invalid" in refusal({"Type": "Pass", "End": True}, **{member: text}) or "must be valid JSON" in refusal(
            {"Type": "Pass", "End": True}, **{member: text}
        )
    assert "Mocked result must be valid JSON" in refusal(PUT, mock={"result": "[" * 5_000 + "]" * 5_000})
