"""The operations as functions: a service, a request, an answer. The clock is skipped, so nothing takes time."""

from __future__ import annotations

import asyncio
import json

import pytest
from conftest import PATIENCE, chain, one_state, scripted

from asl_engine import Functions, server
from asl_engine.server.account import Account
from asl_engine.server.errors import ApiError
from asl_engine.server.operations import OPERATIONS
from asl_engine.server.requests import check_request, without_nulls
from asl_engine.server.start import service_for
from asl_engine.store import MemoryStore

ROLE = "arn:aws:iam::123456789012:role/r"
MINE = Account("123456789012", "us-east-1")
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:"
PASS = json.dumps(chain(A={"Type": "Pass"}))
WAIT = json.dumps(chain(A={"Type": "Wait", "Seconds": 3600}))


class Client:
    """Calls operations as a request does, and runs what they start."""

    def __init__(self, functions=None, skips_time=True, account=MINE, store=None):
        self.service = service_for(Functions.of(functions), None, skips_time, store=store)
        self.account = account

    def __call__(self, operation, /, **request):
        present = without_nulls(request)
        check_request(operation, present)
        return OPERATIONS[operation](self.service, self.account, present)

    def create(self, name="m", definition=PASS, **more):
        text = definition if isinstance(definition, str) else json.dumps(definition)
        return self("CreateStateMachine", name=name, definition=text, roleArn=ROLE, **more)

    def run(self, **request):
        """Start an execution, wait for its end, and describe it."""

        async def go():
            arn = self("StartExecution", **({"stateMachineArn": f"{MACHINE}m"} | request))["executionArn"]
            async with asyncio.timeout(PATIENCE):
                while self.service.store.execution(arn).stopped_at is None:
                    await asyncio.sleep(0.001)
            return self("DescribeExecution", executionArn=arn)

        return asyncio.run(go())

    def refusal(self, operation, /, **request):
        with pytest.raises(ApiError) as refused:
            asyncio.run(self._later(operation, request))
        return str(refused.value)

    async def _later(self, operation, request):
        return self(operation, **request)


@pytest.fixture
def client():
    return Client()


# --- state machines --------------------------------------------------------------------------------------------------


def test_a_state_machine_comes_and_goes(client):
    made = client.create()
    described = client("DescribeStateMachine", stateMachineArn=f"{MACHINE}m")

    assert {**made, "stateMachineArn": f"{MACHINE}m"} == made
    assert (PASS, ROLE, "STANDARD", "ACTIVE") == tuple(
        described[name] for name in ("definition", "roleArn", "type", "status")
    )
    assert {} == client("DeleteStateMachine", stateMachineArn=f"{MACHINE}m")
    assert {} == client("DeleteStateMachine", stateMachineArn=f"{MACHINE}m")
    assert "DELETING" == client("DescribeStateMachine", stateMachineArn=f"{MACHINE}m")["status"]
    assert [] == client("ListStateMachines")["stateMachines"]
    for operation in ("StartExecution", "UpdateStateMachine", "PublishStateMachineVersion"):
        request = {"stateMachineArn": f"{MACHINE}m"} | ({"definition": PASS} if operation[0] == "U" else {})
        refusal = f"StateMachineDeleting: State Machine is being deleted: '{MACHINE}m'"
        assert refusal == client.refusal(operation, **request)


def test_the_same_request_again_is_answered_as_the_first_time(client):
    made = client.create()

    assert made == client.create()
    assert made == client.create(loggingConfiguration=None, tracingConfiguration=None, publish=None)
    for change in ({"definition": WAIT}, {"definition": PASS + " "}, {"type": "EXPRESS"}):
        request = {"name": "m", "definition": PASS, "roleArn": ROLE} | change
        assert client.refusal("CreateStateMachine", **request).endswith(f"State Machine Already Exists: '{MACHINE}m'")
    assert made == client("CreateStateMachine", name="m", definition=PASS, roleArn=ROLE + "x", tags=[{"key": "a"}])


def test_a_published_state_machine_is_known_again_by_its_first_version(client):
    """However it came to it, and whatever was published since (recorded, September 2026)."""
    client.create()
    client("PublishStateMachineVersion", stateMachineArn=f"{MACHINE}m", description="first")
    client("UpdateStateMachine", stateMachineArn=f"{MACHINE}m", definition=WAIT)
    client("PublishStateMachineVersion", stateMachineArn=f"{MACHINE}m", description="second")
    request = {"name": "m", "definition": WAIT, "roleArn": ROLE}

    told = "This state machine was already created with a published version"
    assert client.refusal("CreateStateMachine", **request).endswith(f"{told}.")
    for description in ({}, {"versionDescription": "second"}):
        answer = client.refusal("CreateStateMachine", **request, publish=True, **description)
        assert answer.endswith(f"{told} using a different description.")
    again = client("CreateStateMachine", **request, publish=True, versionDescription="first")
    assert f"{MACHINE}m:1" == again["stateMachineVersionArn"]


def test_only_what_is_published_has_a_description(client):
    """Recorded, September 2026."""
    request = {"name": "m", "definition": PASS, "roleArn": ROLE, "versionDescription": "d"}

    assert "Version description can only be set when publish is true" in client.refusal("CreateStateMachine", **request)


def test_an_update_that_changes_nothing_leaves_its_date(client):
    """Recorded, September 2026."""
    client.create()
    first = client("UpdateStateMachine", stateMachineArn=f"{MACHINE}m", definition=WAIT)

    assert first == client("UpdateStateMachine", stateMachineArn=f"{MACHINE}m", definition=WAIT)


def test_a_version_that_is_not_there_is_named_as_one(client):
    """Also when there is no state machine (recorded, September 2026)."""
    told = f"State Machine Version Does Not Exist: '{MACHINE}m:3'"

    assert client.refusal("DescribeStateMachine", stateMachineArn=f"{MACHINE}m:3").endswith(told)
    client.create()
    assert client.refusal("StartExecution", stateMachineArn=f"{MACHINE}m:3").endswith(told)


def test_tags_of_versions_and_of_the_system(client):
    """A version has no tags and takes none; those of AWS are its own (recorded, September 2026)."""
    client.create(publish=True)
    tags = [{"key": "aws:mine", "value": "x"}]

    assert {"tags": []} == client("ListTagsForResource", resourceArn=f"{MACHINE}m:1")
    assert "ResourceNotFound" in client.refusal("TagResource", resourceArn=f"{MACHINE}m:1", tags=tags)
    assert "AccessDeniedException" in client.refusal("TagResource", resourceArn=f"{MACHINE}m", tags=tags)


@pytest.mark.parametrize(
    "name", ["a b", "a/b", "a:b", "a?", "a*", "<a>", "{a}", "[a]", 'a"', "a#", "a%", "a\\", "a^", "a|", "a~", "a`",
             "a$", "a&", "a,", "a;", "a\n", "a\x00", "a\x7f", "a\x85", "\ud800"],
)  # fmt: skip
def test_characters_that_no_name_has(client, name):
    """Of machines and of executions alike."""
    client.create()

    assert f"InvalidName: Invalid Name: '{name}'" == client.refusal(
        "CreateStateMachine", name=name, definition=PASS, roleArn=ROLE
    )
    assert "InvalidName" in client.refusal("StartExecution", stateMachineArn=f"{MACHINE}m", name=name)


def test_names_of_any_language(client):
    client.create("Grüße-日本.1_(x)")

    assert client.run(stateMachineArn=f"{MACHINE}Grüße-日本.1_(x)", name="ü")["executionArn"].endswith(":ü")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": None}, "ValidationException: 1 validation error detected: Value null at 'name' failed"),
        ({"name": ""}, "Member must have length greater than or equal to 1"),
        ({"name": "a" * 81}, "Member must have length less than or equal to 80"),
        ({"name": 3}, "SerializationException"),
        ({"definition": ""}, "Member must have length greater than or equal to 1"),
        ({"definition": "x" * 1_048_577}, "Member must have length less than or equal to 1048576"),
        ({"definition": "[" * 50_000}, "InvalidDefinition: Invalid State Machine Definition: 'INVALID_JSON_DESCRIPT"),
        ({"definition": "null"}, "Definition must be a valid JSON object"),
        ({"definition": '{"a":' * 500 + "1" + "}" * 500}, "InvalidDefinition"),
        ({"type": "FAST"}, "Member must satisfy enum value set: [EXPRESS, STANDARD]"),
        ({"type": True}, "SerializationException"),
        ({"publish": "yes"}, "SerializationException"),
        ({"tags": 3}, "SerializationException"),
        ({"tags": [{"key": 3}]}, "tags.1.member.key"),
        ({"loggingConfiguration": {"level": "ALL"}}, "InvalidLoggingConfiguration"),
        ({"loggingConfiguration": {"destinations": [{}]}}, "InvalidLoggingConfiguration"),
        ({"loggingConfiguration": [1]}, "SerializationException"),
    ],
)
def test_requests_that_do_not_fit(client, change, told):
    refusal = client.refusal("CreateStateMachine", **({"name": "m", "definition": PASS, "roleArn": ROLE} | change))

    assert told in refusal
    assert len(refusal) < 4_000


OPERATIONS_WITH_ARN = [
    ("DescribeStateMachine", "stateMachineArn", "InvalidArn"),
    ("DeleteStateMachine", "stateMachineArn", "InvalidArn"),
    ("StartExecution", "stateMachineArn", "InvalidArn"),
    ("DescribeExecution", "executionArn", "InvalidArn"),
    ("GetExecutionHistory", "executionArn", "InvalidArn"),
]


@pytest.mark.parametrize(("operation", "member", "unknown"), OPERATIONS_WITH_ARN)
def test_arns_that_name_nothing(client, operation, member, unknown):
    other = {"stateMachineArn": f"{EXECUTION}m:x", "executionArn": f"{MACHINE}m"}[member]

    assert unknown in client.refusal(operation, **{member: "nothing"})
    assert "InvalidArn" in client.refusal(operation, **{member: "arn:"})
    assert "InvalidArn" in client.refusal(operation, **{member: "arn:aws:s3:::bucket"})
    assert "Resource type not valid in this context" in client.refusal(operation, **{member: other})
    assert "Member must not be null" in client.refusal(operation, **{member: None})
    assert "SerializationException" in client.refusal(operation, **{member: 3})
    assert "less than or equal to 256" in client.refusal(operation, **{member: "a" * 257})


# --- lists and their tokens ------------------------------------------------------------------------------------------


def listed(client, **request):
    """Return the names of all state machines, page by page."""
    names, token = [], {}
    while True:
        page = client("ListStateMachines", **request, **token)
        names.append([machine["name"] for machine in page["stateMachines"]])
        if "nextToken" not in page:
            return names
        token = {"nextToken": page["nextToken"]}


def test_lists_come_in_pages(client):
    for name in "cadbe":
        client.create(name)
    stranger = Client(account=Account("999999999999", "us-east-1"))
    stranger.service = client.service

    assert [["a", "b"], ["c", "d"], ["e"]] == listed(client, maxResults=2)
    assert [["a", "b", "c", "d", "e"]] == listed(client) == listed(client, maxResults=0)
    assert [[]] == listed(stranger)
    assert "1000" in client.refusal("ListStateMachines", maxResults=1001)
    assert "SerializationException" in client.refusal("ListStateMachines", maxResults=1.5)


def test_pages_lose_nothing_when_what_they_showed_is_deleted(client):
    """A token names the last entry seen, and not how many there were before it."""
    for name in "abcde":
        client.create(name)
    page = client("ListStateMachines", maxResults=2)
    for machine in page["stateMachines"]:
        client("DeleteStateMachine", stateMachineArn=machine["stateMachineArn"])
    rest = client("ListStateMachines", nextToken=page["nextToken"])

    assert ["c", "d", "e"] == [machine["name"] for machine in rest["stateMachines"]]


def test_pages_show_nothing_twice_when_more_is_started(client):
    client.create()
    first, second = client.run(), client.run()
    page = client("ListExecutions", stateMachineArn=f"{MACHINE}m", maxResults=1)
    client.run()
    rest = client("ListExecutions", stateMachineArn=f"{MACHINE}m", nextToken=page["nextToken"])
    listed = [row["executionArn"] for row in page["executions"] + rest["executions"]]

    assert [second["executionArn"], first["executionArn"]] == listed


def test_a_history_in_pages_from_either_end(client):
    client.create(definition=WAIT)
    arn = client.run()["executionArn"]
    for is_reverse in (False, True):
        ids, token = [], {}
        while True:
            page = client("GetExecutionHistory", executionArn=arn, maxResults=3, reverseOrder=is_reverse, **token)
            ids.append([event["id"] for event in page["events"]])
            if "nextToken" not in page:
                break
            token = {"nextToken": page["nextToken"]}

        assert ids == ([[4, 3, 2], [1]] if is_reverse else [[1, 2, 3], [4]])


def test_a_token_is_good_where_it_was_made(client):
    for name in "abc":
        client.create(name)
    token = client("ListStateMachines", maxResults=1)["nextToken"]
    client.create("m")
    arn = client.run()["executionArn"]
    mine = client("GetExecutionHistory", executionArn=arn, maxResults=1)["nextToken"]
    other = client.run()["executionArn"]

    assert 2 == client("GetExecutionHistory", executionArn=arn, maxResults=1, nextToken=mine)["events"][0]["id"]
    for wrong in (token, "x", "!!", "LTU=", "é", token + "="):
        assert "InvalidToken" in client.refusal("GetExecutionHistory", executionArn=arn, nextToken=wrong)
    assert "InvalidToken" in client.refusal("GetExecutionHistory", executionArn=other, nextToken=mine)
    assert "InvalidToken" in client.refusal("GetExecutionHistory", executionArn=arn, nextToken=mine, reverseOrder=True)
    assert "InvalidToken" in client.refusal("ListStateMachines", nextToken=mine)


# --- executions ------------------------------------------------------------------------------------------------------


def test_an_execution_from_start_to_history(client):
    client.create(definition=WAIT)
    done = client.run(name="x", input='{"a": 1}')
    events = client("GetExecutionHistory", executionArn=done["executionArn"])["events"]
    back = client("GetExecutionHistory", executionArn=done["executionArn"], reverseOrder=True)["events"]
    bare = client("GetExecutionHistory", executionArn=done["executionArn"], includeExecutionData=False)["events"]

    assert (f"{EXECUTION}m:x", "SUCCEEDED", '{"a": 1}') == (done["executionArn"], done["status"], done["output"])
    assert done["stopDate"] - done["startDate"] >= 3600
    assert ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "ExecutionSucceeded"] == [
        event["type"] for event in events
    ]
    assert events[::-1] == back
    assert "input" in events[0]["executionStartedEventDetails"]
    assert "input" not in bare[0]["executionStartedEventDetails"]


def test_a_name_is_good_once():
    """While it runs, the same name and input are answered as the first time; a deleted machine's names are free."""
    client = Client(skips_time=False)
    client.create(definition=WAIT)

    async def go():
        request = {"stateMachineArn": f"{MACHINE}m", "name": "x"}
        first = client("StartExecution", **request)
        assert first == client("StartExecution", **request)
        assert first == client("StartExecution", **request, input="{}")
        with pytest.raises(ApiError, match="ExecutionAlreadyExists"):
            client("StartExecution", **request, input="1")
        await client.service.close()

    asyncio.run(go())


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", "Unrecognized token 'x'"),
        ("NaN", "Unrecognized token 'NaN'"),
        ("[", "Unexpected end-of-input"),
        ("[" * 100_000, "Unexpected end-of-input"),
        ("[" * 500 + "]" * 500, "Invalid execution input."),
        ("1e999", "Invalid execution input."),
        ('"' + "x" * 262_143 + '"', "ValidationException"),
    ],
    ids=range(7),
)
def test_inputs_that_are_none(client, text, told):
    client.create()

    assert told in client.refusal("StartExecution", stateMachineArn=f"{MACHINE}m", input=text)
    assert [] == client("ListExecutions", stateMachineArn=f"{MACHINE}m")["executions"]


TASK = one_state(Type="Task", Resource="arn:aws:lambda:us-east-1:123456789012:function:f")


class Odd(BaseException):
    """What is raised past `except Exception`."""


def odd(event, context):
    raise Odd("secret")


async def async_odd(event, context):
    raise Odd("secret")


@pytest.mark.parametrize("function", [odd, async_odd])
def test_what_is_no_exception_fails_the_task_as_well(function):
    client = Client({"f": function})
    client.create(definition=TASK)

    done = client.run()

    assert ("FAILED", "Odd") == (done["status"], done["error"])
    last = client("GetExecutionHistory", executionArn=done["executionArn"], reverseOrder=True)["events"][0]
    assert "ExecutionFailed" == last["type"]


def interrupted(event, context):
    raise KeyboardInterrupt


async def async_interrupted(event, context):
    raise KeyboardInterrupt


def exited(event, context):
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (interrupted, "KeyboardInterrupt"),
        (async_interrupted, "KeyboardInterrupt"),
        (exited, "Runtime.ExitError"),
    ],
)
def test_no_function_ends_the_endpoint(function, error):
    client = Client({"f": function})
    client.create(definition=TASK)

    assert error == client.run()["error"]


@pytest.mark.parametrize(
    "resource", ["arn:aws:lambda:us-east-1:123456789012:function:f", "arn:aws:states:::lambda:invoke"]
)
def test_a_function_that_nobody_has(client, resource):
    client.create(definition=one_state(Type="Task", Resource=resource, Parameters={"FunctionName": "f"}))

    done = client.run()

    assert ("FAILED", "Lambda.ResourceNotFoundException") == (done["status"], done["error"])
    assert "--functions" in done["cause"]


def test_an_aws_service_without_an_endpoint(client):
    message = {"QueueUrl": "q", "MessageBody": "b"}
    client.create(definition=one_state(Type="Task", Resource="arn:aws:states:::sqs:sendMessage", Parameters=message))

    assert "name one with --aws-endpoint-url" in client.run()["cause"]


def test_a_full_store_forgets_the_oldest_and_refuses_one_more_when_all_run():
    """What could have been redriven is let go as well."""
    client = Client({"f": scripted(ValueError(), ValueError(), ValueError(), ValueError())}, store=MemoryStore(3))
    client.create(definition=TASK)
    arns = [client.run()["executionArn"] for _ in range(4)]

    assert arns[1:] == list(client.service.live)
    assert "ExecutionDoesNotExist" in client.refusal("DescribeExecution", executionArn=arns[0])
    client("UpdateStateMachine", stateMachineArn=f"{MACHINE}m", definition=WAIT)

    async def start_four():
        for _ in range(4):
            client("StartExecution", stateMachineArn=f"{MACHINE}m")

    with pytest.raises(ApiError, match="ExecutionLimitExceeded: 3 executions are running"):
        asyncio.run(start_four())


def test_large_histories_are_forgotten_sooner():
    """The oldest, as long as all together take too much memory; the last one can always be asked for."""
    client = Client(store=MemoryStore(max_memory=900_000))
    client.create()
    large = json.dumps("x" * 100_000)
    arns = [client.run(input=large)["executionArn"] for _ in range(5)]
    small = client.run()["executionArn"]

    listed = client("ListExecutions", stateMachineArn=f"{MACHINE}m")["executions"]
    assert [small, *arns[:2:-1]] == [row["executionArn"] for row in listed]
    assert 600_000 < client.service.store.memory < 900_000


def test_closing_does_not_wait_for_the_stubborn(monkeypatch):
    """A function that does not want to be cancelled is left behind."""
    released = []

    async def stubborn(event, context):
        while not released:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                released.append(True)

    client = Client({"f": stubborn})
    client.create(definition=TASK)

    async def go():
        client("StartExecution", stateMachineArn=f"{MACHINE}m")
        await asyncio.sleep(0.01)
        await asyncio.wait_for(client.service.close(), PATIENCE)

    asyncio.run(go())

    assert [True] == released


def test_every_field_of_every_request_is_read():
    """A field accepted and ignored is the worst bug: each name stands somewhere in the server's code."""
    from pathlib import Path

    from asl_engine.server.requests import service_model

    folder = Path(server.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    model = service_model()
    fields = {
        (name, field) for name in model.operation_names for field in model.operation_model(name).input_shape.members
    }

    assert set() == {(name, field) for name, field in fields if f'"{field}"' not in sources}


def test_metadata_alone_tells_no_data():
    client = Client()
    client.create(definition=PASS)
    done = client.run(input='{"secret": 1}', traceHeader="Root=1-5759e988-bd862e3fe1be46a994272793")
    told = client("DescribeExecution", executionArn=done["executionArn"], includedData="METADATA_ONLY")

    assert done["traceHeader"].startswith("Root=")
    assert {"included": False} == told["outputDetails"]
    assert not {"input", "inputDetails", "output"} & set(told)
    for operation, arn in (("DescribeStateMachine", "stateMachineArn"), ("DescribeStateMachineForExecution", "")):
        asked = {arn: f"{MACHINE}m"} if arn else {"executionArn": done["executionArn"]}
        assert PASS == client(operation, **asked)["definition"]
        assert "{}" == client(operation, **asked, includedData="METADATA_ONLY")["definition"]


def test_validation_tells_warnings_when_asked():
    """AWS's own, in its words; those of this engine are for `asl validate`."""
    definition = json.dumps(one_state(Type="Task", Resource="f", Parameters={"a": {"b": "$.c"}, "d": "$100"}))
    assert [] == Client()("ValidateStateMachineDefinition", definition=definition)["diagnostics"]
    told = Client()("ValidateStateMachineDefinition", definition=definition, severity="WARNING")

    assert "OK" == told["result"]
    [warning] = told["diagnostics"]
    assert {"severity": "WARNING", "code": "NO_DOLLAR", "location": "/States/S/Parameters"}.items() <= warning.items()
    assert "use 'b.$' to evaluate it as a JSONPath at runtime." in warning["message"]


def test_a_start_that_is_not_there_leaves_no_state_reachable():
    """Recorded on AWS, September 2026: each state is named, after what leads nowhere."""
    definition = json.dumps({"StartAt": "Z", "States": {"A": {"Type": "Wait", "Seconds": -1, "End": True}}})
    diagnostics = Client()("ValidateStateMachineDefinition", definition=definition)["diagnostics"]

    assert ["Minimum value is 0", "Missing 'Next' target: Z", 'State "A" is not reachable.'] == [
        one["message"] for one in diagnostics
    ]


def test_a_data_key_is_used_for_five_minutes_unless_told_otherwise(client):
    """Of state machines and activities alike (recorded, September 2026)."""
    own = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": f"{KEYS}key/k"}
    client.create(encryptionConfiguration=own)
    arn = client("CreateActivity", name="a", encryptionConfiguration=own)["activityArn"]

    described = own | {"kmsDataKeyReusePeriodSeconds": 300}
    assert described == client("DescribeStateMachine", stateMachineArn=f"{MACHINE}m")["encryptionConfiguration"]
    assert described == client("DescribeActivity", activityArn=arn)["encryptionConfiguration"]


def test_how_a_machine_is_encrypted_is_always_described(client):
    """Also when nobody has asked for anything (recorded, September 2026)."""
    client.create()

    described = client("DescribeStateMachine", stateMachineArn=f"{MACHINE}m")
    assert {"type": "AWS_OWNED_KEY"} == described["encryptionConfiguration"]


KEYS = "arn:aws:kms:us-east-1:123456789012:"


def own_key(name, **more):
    return {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": name} | more}


def test_a_key_may_be_named_by_its_id(client):
    """It is the same request, and so is one with the default (recorded, September 2026)."""
    made = client.create(**own_key("k"))

    assert made == client.create(**own_key(f"{KEYS}key/k", kmsDataKeyReusePeriodSeconds=300))
    described = client("DescribeStateMachine", stateMachineArn=f"{MACHINE}m")["encryptionConfiguration"]
    assert f"{KEYS}key/k" == described["kmsKeyId"]
    other = {"name": "m", "definition": PASS, "roleArn": ROLE} | own_key("other")
    assert "StateMachineAlreadyExists" in client.refusal("CreateStateMachine", **other)


@pytest.mark.parametrize("operation", ["CreateStateMachine", "CreateActivity"])
def test_an_own_key_has_to_be_named(client, operation):
    """Recorded, September 2026."""
    request = {"name": "m"} | ({"definition": PASS, "roleArn": ROLE} if operation == "CreateStateMachine" else {})
    request |= {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY"}}

    refusal = "InvalidEncryptionConfiguration: Invalid Encryption Configuration: Must set a valid kmsKeyId."
    assert refusal == client.refusal(operation, **request)


def test_the_encryption_changes_only_with_the_definition(client):
    """Recorded, September 2026."""
    client.create()
    machine = {"stateMachineArn": f"{MACHINE}m"}

    refusal = client.refusal("UpdateStateMachine", **machine, **own_key("k"))
    needed = "The definition must be specified when updating the EncryptionConfiguration"
    assert f"MissingRequiredParameter: {needed}" == refusal
    client("UpdateStateMachine", **machine, **own_key("k"), definition=WAIT)
    client("UpdateStateMachine", **machine, definition=PASS)
    described = client("DescribeStateMachine", **machine)["encryptionConfiguration"]
    assert f"{KEYS}key/k" == described["kmsKeyId"]


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("TagResource", {"resourceArn": f"{MACHINE}m", "tags": [None]}),
        ("UntagResource", {"resourceArn": f"{MACHINE}m", "tagKeys": [None]}),
        ("CreateActivity", {"name": "a", "tags": [{"key": "k"}, None]}),
        ("CreateStateMachineAlias", {"name": "a", "routingConfiguration": [None]}),
    ],
)
def test_a_list_with_nothing_in_it_is_refused(client, operation, request_):
    assert "Value null at" in client.refusal(operation, **request_)


def test_a_state_machine_has_a_thousand_versions(client):
    """One more is refused, and a revision that has its version keeps it."""
    client.create()
    for number in range(1_000):
        client("UpdateStateMachine", stateMachineArn=f"{MACHINE}m", definition=chained(number))
        client("PublishStateMachineVersion", stateMachineArn=f"{MACHINE}m")
    last = client("PublishStateMachineVersion", stateMachineArn=f"{MACHINE}m")["stateMachineVersionArn"]
    client("UpdateStateMachine", stateMachineArn=f"{MACHINE}m", definition=chained(1_000))

    assert last == f"{MACHINE}m:1000"
    refused = client.refusal("PublishStateMachineVersion", stateMachineArn=f"{MACHINE}m")
    assert "ServiceQuotaExceededException" in refused


def chained(number):
    return json.dumps(chain(A={"Type": "Pass", "Result": number}))


# --- what is in reach -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [Account("210987654321", "us-east-1"), Account("123456789012", "eu-west-1")])
def test_another_account_or_region_sees_nothing(client, other):
    """Of state machines, executions and activities; deleting what is not there changes nothing."""
    client.create()
    client("CreateActivity", name="a")
    done = client.run()
    client.account = other
    activity = f"{MACHINE.replace('stateMachine', 'activity')}a"

    assert "StateMachineDoesNotExist" in client.refusal("DescribeStateMachine", stateMachineArn=f"{MACHINE}m")
    assert "StateMachineDoesNotExist" in client.refusal("StartExecution", stateMachineArn=f"{MACHINE}m")
    assert "ExecutionDoesNotExist" in client.refusal("DescribeExecution", executionArn=done["executionArn"])
    assert "ActivityDoesNotExist" in client.refusal("DescribeActivity", activityArn=activity)
    assert "ResourceNotFound" in client.refusal("ListTagsForResource", resourceArn=f"{MACHINE}m")
    assert {} == client("DeleteStateMachine", stateMachineArn=f"{MACHINE}m")
    client.account = MINE
    assert "ACTIVE" == client("DescribeStateMachine", stateMachineArn=f"{MACHINE}m")["status"]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso"),
     ("us-isob-east-1", "aws-iso-b"), ("eu-west-1", "aws")],
)  # fmt: skip
def test_an_arn_has_the_partition_of_its_region(region, partition):
    client = Client(account=Account("123456789012", region))
    arn = client.create()["stateMachineArn"]

    assert f"arn:{partition}:states:{region}:123456789012:stateMachine:m" == arn
    assert client.run(stateMachineArn=arn)["executionArn"].startswith(f"arn:{partition}:states:{region}:")


@pytest.mark.parametrize("role", ["r", "arn:aws:iam::123456789012:user/r", "arn:aws:iam::1:role/r"])
def test_a_role_has_the_arn_of_one(client, role):
    """Measured on AWS, 2026."""
    refusal = f"InvalidArn: Invalid Role Arn: '{role}'"
    assert refusal == client.refusal("CreateStateMachine", name="m", definition=PASS, roleArn=role)
    client.create()
    assert refusal == client.refusal("UpdateStateMachine", stateMachineArn=f"{MACHINE}m", roleArn=role)


def test_an_input_without_a_character_is_no_json(client):
    """Recorded, September 2026."""
    client.create()

    assert "InvalidExecutionInput" in client.refusal("StartExecution", stateMachineArn=f"{MACHINE}m", input="")


# --- deletion -------------------------------------------------------------------------------------------------------


def deleted_while_running(definition, functions=None, before="WaitStateEntered"):
    """Delete a state machine while an execution of it waits; return the client, and the execution described."""
    client = Client(functions, skips_time=False)

    async def story():
        client.create(definition=definition)
        arn = client("StartExecution", stateMachineArn=f"{MACHINE}m")["executionArn"]
        async with asyncio.timeout(PATIENCE):
            while before not in [event["type"] for event in client("GetExecutionHistory", executionArn=arn)["events"]]:
                await asyncio.sleep(0.001)
        client("DeleteStateMachine", stateMachineArn=f"{MACHINE}m")
        with pytest.raises(ApiError, match="StateMachineDeleting"):
            client.create(definition=PASS)
        running = client("DescribeExecution", executionArn=arn)["status"]
        await client.service.wait_for(arn, PATIENCE)
        client.create(definition=PASS)
        return running, client("DescribeExecution", executionArn=arn), client("GetExecutionHistory", executionArn=arn)

    return asyncio.run(story())


def test_an_execution_fails_when_its_machine_was_deleted():
    """At what it would do next, and it could be redriven (recorded, September 2026)."""
    running, described, history = deleted_while_running(chain(W={"Type": "Wait", "Seconds": 1}, P={"Type": "Pass"}))

    assert ("RUNNING", "FAILED", "States.Runtime") == (running, described["status"], described["error"])
    assert ("State machine m has been deleted", "REDRIVABLE") == (described["cause"], described["redriveStatus"])
    assert [(2, 0, "WaitStateEntered"), (3, 2, "ExecutionFailed")] == [
        (event["id"], event["previousEventId"], event["type"]) for event in history["events"][1:]
    ]


def test_a_branch_fails_when_its_machine_was_deleted():
    """From inside, after what happened last."""
    branches = [chain(V={"Type": "Wait", "Seconds": 1}), chain(W={"Type": "Wait", "Seconds": 60})]

    *_, history = deleted_while_running(one_state(Type="Parallel", Branches=branches))

    assert [(4, "WaitStateEntered"), (5, "WaitStateEntered"), (6, "ExecutionFailed")] == [
        (event["id"], event["type"]) for event in history["events"][3:]
    ]
    assert 4 == history["events"][-1]["previousEventId"]
