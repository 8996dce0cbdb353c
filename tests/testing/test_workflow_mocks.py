"""Mocks: what they answer, to which call, in place of what; and what is wrong with those that cannot be."""

from __future__ import annotations

import json

import pytest
from harness import TOKEN, asks, calls, catches, flow, invokes, machine_of, payment, retries, sends

from asl_engine import MockError, UsageError
from asl_engine.testing import NO_ANSWER, Answer, Mock, TaskError, Workflow

# --- what an answer can be -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "", "text", [], [1, {"a": None}], {}, {"a": {"b": 1}}])
def test_a_json_value_is_the_result(value):
    """Whatever JSON there is can be what a function returns."""
    work = flow(A=calls("f"))
    work.mock("f", value)

    assert value == work.run({"x": 1}).output


def test_a_task_error_fails_with_just_its_name_and_cause():
    """Nothing is wrapped around them."""
    execution = flow(A=calls("f")).mock("f", TaskError("Any.Name", "why")).run()

    assert ("FAILED", "Any.Name", "why") == (execution.status, execution.error, execution.cause)


def test_another_exception_fails_as_lambda_reports_it():
    """The name is its class, and the cause a payload with the message and the type."""
    execution = flow(A=calls("f")).mock("f", ValueError("too small")).run()

    assert "ValueError" == execution.error
    told = json.loads(execution.cause)
    assert ("too small", "ValueError") == (told["errorMessage"], told["errorType"])


def test_a_class_of_exceptions_is_one_that_was_made():
    """`ValueError` says what `ValueError()` does."""
    assert flow(A=calls("f")).mock("f", ValueError).run().failed("ValueError")


def test_an_exception_of_another_service_is_a_name_and_a_text():
    """Only Lambda makes a payload of it."""
    execution = flow(A=sends()).mock("A", ConnectionError("reset")).run()

    assert ("ConnectionError", "reset") == (execution.error, execution.cause)


def test_a_function_is_called_with_the_payload():
    """What it returns is the result."""
    work = flow(A=calls("f", Parameters={"n.$": "$.n"}))
    work.mock("f", lambda event: event["n"] + 1)

    assert 8 == work.run({"n": 7, "other": 1}).output


def test_a_function_can_have_lambdas_context():
    """Two parameters get the context, which knows the name and the time left."""
    work = flow(A=calls("f", TimeoutSeconds=5))
    work.mock("f", lambda event, context: [context.function_name, context.get_remaining_time_in_millis() > 0])

    assert ["f", True] == work.run().output


def test_what_a_function_raises_is_the_failure():
    """A function can decide to fail."""

    def refuse(event):
        raise TaskError("Refused", event["who"])

    execution = flow(A=calls("f")).mock("f", refuse).run({"who": "Ann"})

    assert execution.failed("Refused", "Ann")


def test_a_function_can_return_an_answer():
    """So the time that a call takes can depend on what it is given."""
    work = flow(A=calls("f")).mock("f", lambda event: Answer("done", after=event["seconds"]))

    assert 7 == work.run({"seconds": 7}).duration


def test_an_assertion_in_a_mock_is_the_tests_failure():
    """It does not become a failed task, which a catcher might hide."""

    def check(event):
        assert event["n"] == 2, "n is wrong"

    work = flow(A=calls("f", Catch=catches("B"), Next="B"), B={"Type": "Succeed"}).mock("f", check)

    with pytest.raises(AssertionError, match="n is wrong"):
        work.run({"n": 1})


def test_an_answer_comes_later():
    """The clock jumps to it."""
    execution = flow(A=calls("f")).mock("f", Answer(1, after=60)).run()

    assert (1, 60) == (execution.output, execution.duration)


def test_a_failure_comes_later():
    """`Answer.failure` takes its time as well."""
    execution = flow(A=calls("f")).mock("f", Answer.failure("Late", "so late", after=60)).run()

    assert (True, 60) == (execution.failed("Late", "so late"), execution.duration)


def test_no_answer_lasts_until_the_time_limit():
    """Then it is the state that times out."""
    execution = flow(A=calls("f", TimeoutSeconds=30)).mock("f", NO_ANSWER).run()

    assert (True, 30) == (execution.failed("States.Timeout"), execution.duration)


def test_a_mock_cannot_change_what_the_execution_has():
    """The payload is a copy."""
    work = flow(A=calls("f", ResultPath="$.r")).mock("f", lambda event: event.update(n=99))

    assert {"n": 1, "r": None} == work.run({"n": 1}).output


def test_an_answer_is_not_changed_by_what_the_test_does_later():
    """Each execution gets the value, and not the object, of the test."""
    answer = {"n": 1}
    work = flow(A=calls("f")).mock("f", lambda event: answer)
    first = work.run()
    answer["n"] = 2

    assert ({"n": 1}, {"n": 2}) == (first.output, work.run().output)


def test_what_is_no_json_is_no_answer():
    """The message names the mock and the type."""
    work = flow(A=calls("f")).mock("f", {1, 2})

    with pytest.raises(MockError, match="the mock of 'f' answers set"):
        work.run()


# --- which call gets which answer ------------------------------------------------------------------------------------


def test_several_answers_are_given_one_to_each_call():
    """The first call fails, the second gives the result."""
    work = payment().mock("ChargeCard", TaskError("Busy"), {"paid": True}).mock("ShipGoods", lambda event: event)

    execution = work.run()

    assert ({"paid": True}, {"Charge": 1}) == (execution.output, execution.retries)


def test_one_answer_is_given_to_every_call():
    """A failure that lasts uses up the retries."""
    execution = payment().mock("Charge", TaskError("Busy")).run()

    assert (3, 1 + 2) == (len(execution.calls("Charge")), execution.duration)
    assert execution.failed("Busy")


def test_calls_are_counted_anew_in_each_execution():
    """What one execution has used up, the next one has again."""
    work = flow(A=calls("f"), B=calls("f")).mock("f", 1, 2)

    assert [2, 2] == [work.run().output, work.run().output]


def test_more_calls_than_answers_is_an_error():
    """It says how many answers there are, and which call it is."""
    work = flow(A=calls("f"), B=calls("f"), C=calls("f")).mock("f", 1, 2)

    with pytest.raises(MockError, match="the mock of 'f' has 2 answers, and this is call 3"):
        work.run()


def test_single_calls_can_have_answers_of_their_own():
    """All others get the one answer."""
    work = flow(A=calls("f", ResultPath="$.a"), B=calls("f", ResultPath="$.b"), C=calls("f", ResultPath="$.c"))
    work.mock("f", "always", on_call={2: "once"})

    assert {"a": "always", "b": "once", "c": "always"} == work.run().output


def test_answers_to_single_calls_alone_leave_the_others_without():
    """The error names the calls that have one."""
    work = flow(A=calls("f")).mock("f", on_call={2: "second", 3: "third"})

    with pytest.raises(MockError, match=r"the mock of 'f' has answers to calls \[2, 3\] alone, and this is call 1"):
        work.run()


def test_every_call_takes_its_time():
    """Failures take as long as results, and the back-off comes on top."""
    work = payment().mock("ChargeCard", TaskError("Busy"), {}, takes=3).mock("ShipGoods", {})

    execution = work.run()

    assert 3 + 1 + 3 == execution.duration
    assert [0, 4] == [call.at for call in execution.calls("ChargeCard")]


def test_a_call_that_takes_too_long_times_out():
    """The answer comes a second after the limit."""
    assert flow(A=calls("f", TimeoutSeconds=4)).mock("f", {}, takes=5).run().failed("States.Timeout")


@pytest.mark.parametrize("number", [0, -1, "1", 1.0, True])
def test_calls_are_counted_from_one(number):
    """A number of a call that there cannot be is refused."""
    with pytest.raises(MockError, match="names no call: calls are counted from 1"):
        flow(A=calls("f")).mock("f", on_call={number: {}})


@pytest.mark.parametrize("seconds", [-1, -0.001, float("inf"), float("nan"), "3", None])
def test_a_call_takes_a_time_that_there_is(seconds):
    """Negative and endless times are refused, with what to do instead."""
    with pytest.raises(MockError, match=r"takes=.* is not a time in seconds; .* NO_ANSWER"):
        flow(A=calls("f")).mock("f", {}, takes=seconds)


def test_a_mock_needs_an_answer():
    """None may be an answer, but nothing is not."""
    with pytest.raises(MockError, match="a mock needs an answer"):
        flow(A=calls("f")).mock("f")


# --- what a mock stands in for ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["f", "arn:aws:lambda:us-east-1:123456789012:function:f"])
def test_the_mock_of_a_function_works_for_both_ways_to_call_it(name):
    """By its ARN, and through the integration, where the state gets the return under `Payload`."""
    work = flow(A=calls("f", ResultPath="$.a"), B=invokes("f", ResultPath="$.b")).mock(name, "hello")

    output = work.run().output

    assert ("hello", "hello", 200) == (output["a"], output["b"]["Payload"], output["b"]["StatusCode"])


def test_a_version_of_a_function_can_be_mocked_alone():
    """Its ARN, just as it stands in the definition, is a resource of its own."""
    work = flow(A=calls("f:1", ResultPath="$.a"), B=calls("f:2", ResultPath="$.b")).mock("f", "any")
    work.mock("arn:aws:lambda:us-east-1:123456789012:function:f:2", "second")

    assert {"a": "any", "b": "second"} == work.run().output


def test_a_state_that_invokes_is_mocked_with_its_whole_result():
    """What the state sees is what the mock says."""
    work = flow(A=invokes("f")).mock("A", {"Payload": 1, "StatusCode": 299})

    assert {"Payload": 1, "StatusCode": 299} == work.run().output


def test_a_state_that_invokes_has_a_payload():
    """The result alone is not what the integration gives; the error says to mock the function."""
    work = flow(A=invokes("f")).mock("A", {"greeting": "hello"})

    with pytest.raises(MockError, match='an object with a "Payload": mock the function, by its name'):
        work.run()


def test_a_state_that_has_the_name_of_its_function_gives_the_payload():
    """Mocking the function by its name is what the test did."""
    work = flow(f=invokes("f")).mock("f", {"greeting": "hello"})

    with pytest.raises(MockError, match="state and function have one name, so answer"):
        work.run()
    assert work.mock("f", {"Payload": 1}).run().succeeded


def test_the_mock_of_a_state_is_closer_than_that_of_its_function():
    """The other states still have the function's."""
    work = flow(A=calls("f", ResultPath="$.a"), B=calls("f", ResultPath="$.b")).mock("f", "function").mock("A", "state")

    assert {"a": "state", "b": "function"} == work.run().output


def test_a_resource_is_mocked_for_all_its_states():
    """One mock for whoever sends a message."""
    work = flow(A=sends(ResultPath="$.a"), B=sends(ResultPath="$.b"))
    work.mock("arn:aws:states:::sqs:sendMessage", {"MessageId": "1"}, {"MessageId": "2"})

    assert {"a": {"MessageId": "1"}, "b": {"MessageId": "2"}} == work.run().output


def test_a_function_whose_name_is_known_only_at_run_time_is_mocked_by_its_resource():
    """`FunctionName.$` names nothing that a mock could be checked with."""
    task = invokes("f", Parameters={"FunctionName.$": "$.which", "Payload": {"n": 1}})
    work = flow(A=task).mock("arn:aws:states:::lambda:invoke", {"Payload": "hello"})

    assert "hello" == work.run({"which": "f"}).output["Payload"]


def test_calls_of_a_function_that_jsonata_names_are_told():
    """What an expression gives is known when it is called, so every name may be asked for."""
    given = {"FunctionName": "{% $states.input.which %}", "Payload": {"n": 1}}
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "QueryLanguage": "JSONata"}
    execution = flow(A={**invoke, "Arguments": given}).mock("A", {"Payload": 2}).run({"which": "f"})

    assert [{"n": 1}] == [call.payload for call in execution.calls("f")]


def test_states_inside_of_parallels_and_maps_are_mocked_by_their_names():
    """The depth does not matter."""
    inner = {"StartAt": "I", "States": {"I": calls("f", End=True)}}
    outer = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": inner, "End": True}}}
    work = flow(P={"Type": "Parallel", "Branches": [outer]}).mock("I", lambda item: item * 2)

    assert [[2, 4, 6]] == work.run([1, 2, 3]).output


def test_a_mock_of_a_task_that_waits_for_its_token_is_the_answer_to_it():
    """The message gets the token, and the answer comes three days later."""
    execution = flow(A=asks()).mock("A", Answer({"ok": True}, after=3 * 86_400)).run()

    assert ({"ok": True}, 3 * 86_400) == (execution.output, execution.duration)
    assert execution.calls(TOKEN)[0].payload["MessageBody"]


def test_a_mock_of_a_job_is_its_end():
    """A `.sync` task polls until then."""
    task = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}}
    execution = flow(A=task).mock("A", Answer({"JobRunState": "SUCCEEDED"}, after=600)).run()

    assert {"JobRunState": "SUCCEEDED"} == execution.output
    assert 600 <= execution.duration < 700


def test_a_mock_can_be_made_beforehand():
    """With all that it has."""
    busy = Mock(TaskError("Busy"), {}, takes=3)
    execution = payment().mock("ChargeCard", busy).mock("ShipGoods", {}).run()

    assert 3 + 1 + 3 == execution.duration


@pytest.mark.parametrize("function", [lambda: 1, lambda one, two, three: 1])
def test_a_function_that_cannot_be_called_is_refused(function):
    """It would fail the task, as if the work had failed."""
    with pytest.raises(MockError, match="is called with the payload, or with the payload and the context"):
        flow(A=calls("f")).mock("f", function)


@pytest.mark.parametrize("function", [str, len, lambda *all_of_them: 7, lambda one, two=2: 7])
def test_a_function_that_tells_little_is_called_as_it_can(function):
    """Builtins and defaults as well."""
    assert flow(A=calls("f")).mock("f", function).run({"n": 1}).succeeded


def test_a_later_mock_takes_the_place_of_the_one_before():
    """A test changes what its fixture says."""
    assert 2 == flow(A=calls("f")).mock("f", 1).mock("f", 2).run().output


def test_mocks_can_be_for_one_execution():
    """The next one has the old ones again."""
    work = flow(A=calls("f")).mock("f", 1)

    assert [2, 3, 1] == [
        work.run(mocks={"f": 2}).output,
        work.run(mocks={"f": Mock(3, takes=1)}).output,
        work.run().output,
    ]


def test_a_state_of_the_same_name_as_a_function_is_meant():
    """What is closest to the test's words is what stands in the definition."""
    work = flow(f=calls("g", ResultPath="$.f"), B=calls("f", ResultPath="$.b")).mock("f", "both").mock("g", "function")

    assert {"f": "both", "b": "both"} == work.run().output


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Charg", r"cannot mock 'Charg': no Task .* has this name, .* Did you mean 'Charge'"),
        ("ChargeCrad", r"Did you mean 'ChargeCard'"),
        ("xyz", r"cannot mock 'xyz': .* Known: 'Charge', 'ChargeCard'"),
        ("Cancel", r"the state 'Cancel' is not a Task, so it cannot be mocked"),
    ],
)
def test_a_name_that_nothing_has_cannot_be_mocked(name, told):
    """The message says so at once, with what is close."""
    with pytest.raises(MockError, match=told):
        payment().mock(name, {})
    with pytest.raises(MockError, match=told):
        payment().run(mocks={name: {}})


def test_a_task_that_nothing_stands_in_for_is_an_error():
    """It says which mock is missing, and no retrier or catcher hides it."""
    work = flow(A=calls("f", Retry=retries("States.ALL"), Catch=catches("B"), Next="B"), B={"Type": "Succeed"})

    with pytest.raises(MockError, match=r"the state 'A' calls .*function:f', and nothing .*: add a mock of 'A'"):
        work.run()


def test_a_missing_mock_of_an_integration_names_the_function():
    """The resource alone would say little."""
    with pytest.raises(MockError, match="the state 'A' calls the function 'f', and nothing stands in for it"):
        flow(A=invokes("f")).run()


def test_real_functions_do_what_has_no_mock():
    """Both stand side by side."""
    machine = machine_of(A=calls("f", ResultPath="$.a"), B=calls("g", ResultPath="$.b"))
    work = Workflow(machine, {"f": lambda event, context: "real", "g": lambda event, context: "real"})

    assert {"a": "real", "b": "mocked"} == work.mock("g", "mocked").run().output


# --- mocks that nobody asked -----------------------------------------------------------------------------------------


def test_mocks_that_no_execution_asked_are_known():
    """A mock of a state that is never reached does not test what it seems to."""
    work = payment().mock("Charge", TaskError("CardDeclined")).mock("ShipGoods", {})
    work.run()

    assert ["ShipGoods"] == work.unused_mocks()


def test_a_mock_that_replaces_a_used_one_has_not_been_asked():
    """Also when it is named by an ARN."""
    arn = "arn:aws:lambda:us-east-1:123456789012:function:f"
    work = flow(A=calls("f")).mock(arn, 1)
    work.run()
    work.mock(arn, 2)

    assert ["f"] == work.unused_mocks()


def test_a_mock_of_one_execution_is_told_when_it_was_not_asked():
    """The card was declined, so nobody asked the mock of the second execution; the workflow's own was asked before."""
    work = payment().mock("Charge", TaskError("CardDeclined")).mock("ShipGoods", {})

    work.run(mocks={"Charge": {}})
    assert ["Charge"] == work.unused_mocks()  # the workflow's own

    work.run(mocks={"ShipGoods": {}})
    assert ["ShipGoods"] == work.unused_mocks()  # that of the second execution


# --- compared with the models of AWS's APIs --------------------------------------------------------------------------


def reader(mode):
    given = {"TableName": "t", "Key": {}}
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Parameters": given}
    return Workflow(machine_of(A=task), check_mocks=mode)


@pytest.mark.parametrize("mode", ["PRESENT", "STRICT"])
def test_an_answer_that_the_service_could_not_give_is_an_error(mode):
    """An item's attributes are objects."""
    with pytest.raises(MockError, match=r"the mock of 'A' answers what .*getItem could not: .*"):
        reader(mode).mock("A", {"Item": "text"}).run()


def test_answers_are_taken_as_they_are_unless_they_are_to_be_checked():
    """NONE looks at nothing."""
    assert {"Item": "text"} == reader("NONE").mock("A", {"Item": "text"}).run().output


@pytest.mark.parametrize("mode", ["NONE", "PRESENT", "STRICT"])
def test_an_answer_that_the_service_gives_is_good(mode):
    """The form is DynamoDB's."""
    assert reader(mode).mock("A", {"Item": {"id": {"S": "7"}}}).run().succeeded


@pytest.mark.parametrize("mode", ["strict", "", None, "ALL"])
def test_a_misspelt_mode_is_refused(mode):
    """It does not count as one that checks nothing."""
    with pytest.raises(UsageError, match="check_mocks is NONE, PRESENT or STRICT, not"):
        reader(mode)


def test_a_second_parameter_with_a_value_is_not_the_context():
    """`lambda payload, k=k: ...` is how Python closes over a loop's variable."""
    execution = flow(Work=calls("work")).mock("work", lambda payload, rate=3: rate).run()

    assert execution.output == 3


def test_a_function_that_must_be_awaited_is_refused():
    """Its coroutine would be the result."""

    async def later(payload):
        return payload

    with pytest.raises(MockError, match="gives a coroutine or a generator"):
        flow(Work=calls("work")).mock("work", later)


def test_an_assertion_in_a_mock_shows_the_lines_of_the_test_alone():
    """Nobody looks for the mistake in the engine."""

    def mock(payload):
        assert payload == "another"

    with pytest.raises(AssertionError) as failure:
        flow(A=calls("f")).mock("f", mock).run({})

    shown = failure.traceback.filter(failure)
    assert {__file__} == {str(entry.path) for entry in shown}
    assert ["mock"] == [entry.name for entry in shown][1:]
