"""Functions as Lambdas: how they are found, what they are given, and what becomes of what they do."""

from __future__ import annotations

import enum
import json
import re
import uuid
from collections import OrderedDict, namedtuple

import pytest
from conftest import START, chain, one_state, scripted

from asl_engine import FunctionNotFound, Functions, NotSupported, StateMachine

ARN = "arn:aws:lambda:us-east-1:123456789012:function:charge"
INVOKE = "arn:aws:states:::lambda:invoke"


def play(definition, functions, input=None):
    return StateMachine.from_dict(definition).run(input, functions=functions, start_time=START)


def task(resource, **fields):
    return one_state(Type="Task", Resource=resource, **fields)


def invoke(name, **parameters):
    return task(INVOKE, Parameters={"FunctionName": name, **parameters})


# --- which function --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("registered", ["charge", ARN, "123456789012:function:charge", "function:charge"])
@pytest.mark.parametrize("wanted", ["charge", ARN, ARN + ":prod", ARN + ":3", ARN + ":$LATEST"])
def test_a_function_is_found_by_name_and_arn(registered, wanted):
    """Registered without a version, it serves every version and alias."""
    assert "paid" == play(task(wanted), {registered: scripted("paid")}).output
    assert "paid" == play(invoke(wanted), {registered: scripted("paid")}).output["Payload"]


def test_a_version_or_alias_serves_itself():
    """What is registered with a qualifier goes before what is registered without."""
    functions = {"charge:prod": scripted("prod"), "charge": scripted("any")}

    assert ["prod", "any"] == [play(task(ARN + qualifier), functions).output for qualifier in (":prod", ":test")]


def test_a_qualifier_of_the_parameters_counts():
    """`Qualifier` says the same as a suffix."""
    assert "prod" == play(invoke("charge", Qualifier="prod"), {"charge:prod": scripted("prod")}).output["Payload"]


def test_the_decorator_leaves_the_function_as_it_is():
    """A registered function can still be called."""
    functions = Functions()

    @functions.register("double")
    def double(event, context):
        return event * 2

    assert 4 == double(2, None) == play(task("double"), functions, 2).output
    assert ["double"] == list(functions)
    assert functions["double"].handler is double


def test_any_resource_can_be_stood_in_for():
    """A function under the exact text of an integration gets the whole payload and gives the whole result."""
    resource = "arn:aws:states:::sqs:sendMessage"
    send = scripted({"MessageId": "1"})

    execution = play(task(resource, Parameters={"QueueUrl": "q", "MessageBody": "b"}), {resource: send})

    assert {"MessageId": "1"} == execution.output
    assert [{"QueueUrl": "q", "MessageBody": "b"}] == send.calls


@pytest.mark.parametrize("machine", [task("chrage"), invoke("chrage"), task(ARN.replace("charge", "chrage"))])
def test_a_missing_function_is_the_callers_mistake(machine):
    """The message names the state, what was looked for, and what is close to it."""
    with pytest.raises(FunctionNotFound, match=r"'S'.*chrage.*Did you mean 'charge'"):
        play(machine, {"charge": scripted(), "ship": scripted()})
    with pytest.raises(FunctionNotFound, match="None is registered"):
        play(machine, None)


def test_other_services_are_not_supported():
    """What is neither a function nor stood in for is refused with a hint, when it is called."""
    with pytest.raises(NotSupported, match=r"sqs.*stand in"):
        play(task("arn:aws:states:::sqs:sendMessage", Parameters={"QueueUrl": "q", "MessageBody": "b"}), {})


def test_looking_up_a_missing_function_suggests():
    """The registry itself is a mapping that helps."""
    with pytest.raises(FunctionNotFound, match="Did you mean 'charge'"):
        Functions({"charge": scripted()})["charg"]


@pytest.mark.parametrize("timeout", [0, -1, 901])
def test_a_function_lasts_at_most_fifteen_minutes(timeout):
    """Lambda's own limit holds for registered timeouts."""
    with pytest.raises(ValueError):
        Functions().add("f", scripted(), timeout=timeout)


def test_only_what_can_be_called_can_be_registered():
    """A mistake in the registry shows at once."""
    with pytest.raises(ValueError, match="'f' is int"):
        Functions({"f": 5})


# --- what it is given ------------------------------------------------------------------------------------------------


def test_the_context_is_lambdas():
    """Its attributes have Lambda's names, and fit the function that was asked for."""
    seen = []
    functions = Functions()
    functions.add("charge", lambda event, context: seen.append(context), timeout=30, memory_mb=512)

    play(task(ARN + ":prod", Retry=[{"ErrorEquals": ["x"]}]), functions)

    [context] = seen
    assert ("charge", "512", "/aws/lambda/charge") == (
        context.function_name,
        context.memory_limit_in_mb,
        context.log_group_name,
    )
    assert context.invoked_function_arn.startswith(ARN)
    assert 4 == uuid.UUID(context.aws_request_id).version
    assert 29_000 < context.get_remaining_time_in_millis() <= 30_000
    assert (None, None) == (context.identity, context.client_context)
    assert context.log_stream_name
    assert context.function_version


def test_each_attempt_has_its_own_request_id():
    """A retry is another invocation, and the ids are the same in the same execution."""
    seen = []

    def fails(event, context):
        seen.append((context.aws_request_id, context.idempotency_key))
        raise ValueError

    machine = task("f", Retry=[{"ErrorEquals": ["ValueError"], "MaxAttempts": 2}])
    play(machine, {"f": fails})
    play(machine, {"f": fails})

    assert 3 == len(set(seen))
    assert seen[:3] == seen[3:]


def test_a_function_cannot_change_the_execution():
    """What it does to its event, and later to its result, stays its own."""
    kept = {}

    def rude(event, context):
        event["list"].append("changed")
        event.clear()
        kept["result"] = {"list": [1]}
        return kept["result"]

    def later(event, context):
        kept["result"]["list"].append("changed later")
        return event

    input = {"list": [1]}
    states = {
        "A": {"Type": "Task", "Resource": "rude", "ResultPath": "$.r"},
        "B": {"Type": "Task", "Resource": "later"},
    }
    execution = play(chain(**states), {"rude": rude, "later": later}, input)

    assert {"list": [1], "r": {"list": [1]}} == execution.output
    assert {"list": [1]} == input == execution.input


@pytest.mark.parametrize(
    ("parameters", "event"),
    [({}, {}), ({"Payload": {"a": 1}}, {"a": 1}), ({"Payload": [1, None]}, [1, None])],
)
def test_lambda_invoke_sends_its_payload(parameters, event):
    """Without a Payload the event is an empty object."""
    work = scripted("ok")

    play(invoke("f", **parameters), {"f": work})

    assert [event] == work.calls


@pytest.mark.parametrize("payload", [1, 2.5, True])
def test_lambda_invoke_takes_no_number_for_its_payload(payload):
    """Measured by others on AWS, 2026: the function is not called."""
    work = scripted()

    execution = play(invoke("f", **{"Payload.$": "$.n"}), {"f": work}, {"n": payload})

    assert ("States.Runtime", []) == (execution.error, work.calls)
    assert execution.cause.endswith("to start the Task: [The value for the field 'Payload' must be a STRING]")


def test_lambda_invoke_without_a_name_fails_the_state():
    """The parameters are shown, and no function is called."""
    execution = play(task(INVOKE, Parameters={"FunctionName.$": "$.name"}), {}, {"name": 5})

    assert "States.Runtime" == execution.error
    assert "could not be used to start the Task" in execution.cause


# --- what it gives ---------------------------------------------------------------------------------------------------


def test_lambda_invoke_wraps_the_result():
    """The envelope has what AWS's own has."""
    output = play(invoke("f"), {"f": scripted({"a": 1})}).output

    assert ({"a": 1}, "$LATEST", 200) == (output["Payload"], output["ExecutedVersion"], output["StatusCode"])
    assert 200 == output["SdkHttpMetadata"]["HttpStatusCode"]
    assert output["SdkResponseMetadata"]["RequestId"] == output["SdkHttpMetadata"]["HttpHeaders"]["x-amzn-RequestId"]


class Color(str, enum.Enum):  # noqa: UP042 - the older form that people have
    RED = "red"


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("returned", "output"),
    [
        (None, None),
        ((1, 2), [1, 2]),
        (Color.RED, "red"),
        (Point(1, 2), [1, 2]),
        (OrderedDict(a=True), {"a": True}),
        ({1: "one", None: "none", False: "no"}, {"1": "one", "null": "none", "false": "no"}),
        ("\ud800", "\ud800"),
    ],
)
def test_results_are_json_as_lambda_takes_them(returned, output):
    """Tuples, enums, ordered dicts and odd keys become what Lambda makes of them."""
    assert output == play(task("f"), {"f": scripted(returned)}).output


RING: list = []
RING.append(RING)


@pytest.mark.parametrize("returned", [{1, 2}, object(), float("nan"), float("inf"), b"bytes", RING, {(1, 2): 3}])
def test_what_is_no_json_fails_the_task(returned):
    """The function has returned something that Lambda could not send."""
    execution = play(task("f"), {"f": scripted(returned)})

    assert ("FAILED", "Runtime.MarshalError") == (execution.status, execution.error)
    assert "Unable to marshal response" in json.loads(execution.cause)["errorMessage"]


class CardDeclinedError(Exception):
    pass


def declines(event, context):
    raise CardDeclinedError("no \N{EURO SIGN}")


@pytest.mark.parametrize("machine", [task("f"), invoke("f")])
def test_an_exception_is_an_error_with_lambdas_payload(machine):
    """The error's name is the class, and the cause is Lambda's payload, with the function's own frames only."""
    execution = play(machine, {"f": declines})

    cause = json.loads(execution.cause)
    assert ("FAILED", "CardDeclinedError") == (execution.status, execution.error)
    assert ["errorMessage", "errorType", "requestId", "stackTrace"] == list(cause)
    assert ("no \N{EURO SIGN}", "CardDeclinedError") == (cause["errorMessage"], cause["errorType"])
    [frame] = cause["stackTrace"]
    assert re.search(r'File ".*test_lambda\.py", line \d+, in declines\n', frame)


@pytest.mark.parametrize("code", [0, 3, None, "bye"])
def test_a_function_that_exits_does_not_end_the_process(code):
    """SystemExit is a runtime that exited."""
    assert "Runtime.ExitError" == play(task("f"), {"f": scripted(SystemExit(code))}).error


def test_ctrl_c_ends_the_run():
    """KeyboardInterrupt is the user's, and not the function's."""
    with pytest.raises(KeyboardInterrupt):
        play(task("f"), {"f": scripted(KeyboardInterrupt())})


def test_a_function_slower_than_its_task_times_out():
    """TimeoutSeconds of a task is virtual for the execution, and real for a function that blocks."""
    functions = Functions()
    functions.add("f", scripted("quick"), timeout=900)

    assert "quick" == play(task("f", TimeoutSeconds=1), functions).output


def test_callables_of_every_kind():
    """Objects with __call__, bound methods and partials are functions."""
    from functools import partial

    class Charger:
        def __call__(self, event, context):
            return "called"

        def method(self, event, context):
            return "method"

    functions = {"a": Charger(), "b": Charger().method, "c": partial(lambda extra, event, context: extra, "partial")}

    assert ["called", "method", "partial"] == [play(task(name), functions).output for name in "abc"]


def test_names_that_nobody_has_are_not_remembered_for_ever():
    """They come with the data of executions."""
    functions = Functions({"f": scripted(1)})
    for number in range(10_000):
        functions.find(f"f:{number}")

    assert len(functions.resolved) <= 4_096
