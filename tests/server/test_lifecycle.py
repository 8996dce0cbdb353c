"""State machines over their life: revisions, versions, aliases, tags, and executions of each."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing

import pytest
from conftest import chain, one_state
from test_operations import MACHINE, PASS, ROLE, Client

from asl_engine.server.errors import ApiError
from asl_engine.server.operations import OPERATIONS
from asl_engine.store import MemoryStore
from asl_engine.store.sqlite import SqliteStore

SECOND = json.dumps(chain(B={"Type": "Pass", "Result": 2}))
M = f"{MACHINE}m"


@pytest.fixture(params=["memory", "file"])
def client(request, tmp_path):
    if request.param == "memory":
        yield Client(store=MemoryStore())
    else:
        with closing(SqliteStore(tmp_path / "executions.db", durability="normal")) as store:
            yield Client(store=store)


def refused(client, operation, **request):
    with pytest.raises(ApiError) as problem:
        client(operation, **request)
    return f"{problem.value.code}: {problem.value.message}"


def test_an_update_makes_a_revision_unless_it_changes_nothing(client):
    client.create()
    same = client("UpdateStateMachine", stateMachineArn=M, definition=PASS)
    new = client("UpdateStateMachine", stateMachineArn=M, definition=SECOND)
    described = client("DescribeStateMachine", stateMachineArn=M)

    assert "revisionId" not in same
    assert (new["revisionId"], SECOND, ROLE) == tuple(described[n] for n in ("revisionId", "definition", "roleArn"))
    assert "MissingRequiredParameter" in refused(client, "UpdateStateMachine", stateMachineArn=M)
    assert "InvalidDefinition" in refused(client, "UpdateStateMachine", stateMachineArn=M, definition="{}")


def test_versions_stay_what_they_were(client):
    """Publishing the same revision again gives the same version; numbers are never used twice."""
    first = client.create(publish=True)["stateMachineVersionArn"]
    again = client("PublishStateMachineVersion", stateMachineArn=M)["stateMachineVersionArn"]
    second = client("UpdateStateMachine", stateMachineArn=M, definition=SECOND, publish=True)["stateMachineVersionArn"]

    assert (f"{M}:1", f"{M}:1", f"{M}:2") == (first, again, second)
    assert PASS == client("DescribeStateMachine", stateMachineArn=first)["definition"]
    listed = client("ListStateMachineVersions", stateMachineArn=M)["stateMachineVersions"]
    assert [second, first] == [one["stateMachineVersionArn"] for one in listed]
    client("DeleteStateMachineVersion", stateMachineVersionArn=second)
    client("DeleteStateMachineVersion", stateMachineVersionArn=second)
    assert "StateMachineDoesNotExist" in refused(client, "DescribeStateMachine", stateMachineArn=second)
    assert f"{M}:3" == client("PublishStateMachineVersion", stateMachineArn=M)["stateMachineVersionArn"]
    told = refused(client, "PublishStateMachineVersion", stateMachineArn=M, revisionId="other")
    assert told.startswith("ConflictException: Failed to publish the State Machine version for revision other.")


def test_executions_of_versions_and_aliases_tell_what_they_are_of(client):
    """An alias sends by weight; a version that it uses cannot be deleted."""
    first = client.create(publish=True)["stateMachineVersionArn"]
    client("UpdateStateMachine", stateMachineArn=M, definition=SECOND, publish=True)
    routes = [{"stateMachineVersionArn": f"{M}:2", "weight": 100}]
    alias = client("CreateStateMachineAlias", name="live", routingConfiguration=routes)["stateMachineAliasArn"]

    of_version = client.run(stateMachineArn=first, input='"in"')
    of_alias = client.run(stateMachineArn=alias, input='"in"')

    assert ('"in"', first) == (of_version["output"], of_version["stateMachineVersionArn"])
    assert ("2", f"{M}:2", alias, M) == tuple(
        of_alias[name] for name in ("output", "stateMachineVersionArn", "stateMachineAliasArn", "stateMachineArn")
    )
    listed = client("ListExecutions", stateMachineArn=alias)["executions"]
    assert [of_alias["executionArn"]] == [one["executionArn"] for one in listed]
    told = client("DescribeStateMachineForExecution", executionArn=of_version["executionArn"])
    assert (M, PASS) == (told["stateMachineArn"], told["definition"])
    assert "referencing this version: [live]" in refused(
        client, "DeleteStateMachineVersion", stateMachineVersionArn=f"{M}:2"
    )


def test_aliases_are_checked_and_changed(client):
    first = client.create(publish=True)["stateMachineVersionArn"]
    whole = [{"stateMachineVersionArn": first, "weight": 100}]
    made = client("CreateStateMachineAlias", name="live", description="d", routingConfiguration=whole)

    assert made == client("CreateStateMachineAlias", name="live", description="d", routingConfiguration=whole)
    arn = made["stateMachineAliasArn"]
    assert "updateDate" not in client("DescribeStateMachineAlias", stateMachineAliasArn=arn)
    told = "Either description or routing configuration must be specified"
    assert told in refused(client, "UpdateStateMachineAlias", stateMachineAliasArn=arn)
    updated = client("UpdateStateMachineAlias", stateMachineAliasArn=arn, description="e")
    described = client("DescribeStateMachineAlias", stateMachineAliasArn=arn)
    assert updated == {"updateDate": described["updateDate"]}
    assert ("live", "e", whole) == tuple(described[n] for n in ("name", "description", "routingConfiguration"))
    listed = client("ListStateMachineAliases", stateMachineArn=M)["stateMachineAliases"]
    assert [arn] == [one["stateMachineAliasArn"] for one in listed]
    for routes, told in (
        (whole * 2, "must contain distinct state machine version ARNs"),
        ([{"stateMachineVersionArn": M, "weight": 100}], "must contain state machine version ARNs"),
        ([{"stateMachineVersionArn": first, "weight": 99}], "weights must equal 100. Received: [99]"),
        ([{"stateMachineVersionArn": f"{M}:9", "weight": 100}], "a resource that does not exist"),
        ([whole[0] | {"weight": 50}, {"stateMachineVersionArn": f"{M}2:1", "weight": 50}], "the same state machine. R"),
    ):
        assert told in refused(client, "CreateStateMachineAlias", name="x", routingConfiguration=routes)
    client("DeleteStateMachineAlias", stateMachineAliasArn=arn)
    client("DeleteStateMachineAlias", stateMachineAliasArn=arn)
    assert f"Resource not found: '{arn}'" in refused(client, "DescribeStateMachineAlias", stateMachineAliasArn=arn)


def test_tags_are_added_replaced_and_taken_away(client):
    client.create(tags=[{"key": "a", "value": "1"}])
    client("TagResource", resourceArn=M, tags=[{"key": "a", "value": "2"}, {"key": "b", "value": ""}])
    client("UntagResource", resourceArn=M, tagKeys=["b", "c"])

    assert [{"key": "a", "value": "2"}] == client("ListTagsForResource", resourceArn=M)["tags"]
    assert "ResourceNotFound" in refused(client, "ListTagsForResource", resourceArn=f"{M}x")
    many = [{"key": f"k{n}", "value": ""} for n in range(50)]
    assert "TooManyTags" in refused(client, "TagResource", resourceArn=M, tags=many)


def test_a_definition_is_validated_without_being_created(client):
    good = client("ValidateStateMachineDefinition", definition=PASS)
    bad = client("ValidateStateMachineDefinition", definition='{"StartAt": "A"}')

    assert {"result": "OK", "diagnostics": [], "truncated": False} == good
    assert ("FAIL", "These fields are required: [States]") == (bad["result"], bad["diagnostics"][0]["message"])
    assert [] == client("ListStateMachines")["stateMachines"]


def test_variables_that_states_read_are_told(client):
    """Assigned ones only, in alphabetical order, and not what stands in quotes."""
    client.create(
        definition=chain(
            A={"Type": "Pass", "Assign": {"b": 1, "a": "x"}},
            B={"Type": "Pass", "Parameters": {"t.$": "States.Format('$c {} {}', $b, $a)", "u.$": "$.a"}},
        )
    )

    assert {"B": ["a", "b"]} == client("DescribeStateMachine", stateMachineArn=M)["variableReferences"]


def test_an_express_execution_is_answered_when_it_has_ended(client):
    client.create(type="EXPRESS", definition=one_state(Type="Fail", Error="E", Cause="c"))
    start = {"stateMachineArn": M, "input": "{}"}
    done = asyncio.run(OPERATIONS["StartSyncExecution"](client.service, client.account, start))

    assert ("FAILED", "E", "c") == (done["status"], done["error"], done["cause"])
    assert {"billedDurationInMilliseconds": 100, "billedMemoryUsedInMB": 64} == done["billingDetails"]
    assert "StateMachineTypeNotSupported" in refused(client, "ListExecutions", stateMachineArn=M)


@pytest.mark.parametrize(("pattern", "output"), [("sync", '"2"'), ("sync:2", "2")])
def test_an_execution_starts_another_and_waits_for_it(client, pattern, output):
    client.create("inner", SECOND)
    start = one_state(
        Type="Task",
        Resource=f"arn:aws:states:::states:startExecution.{pattern}",
        Parameters={"StateMachineArn": f"{MACHINE}inner", "Input": {"from.$": "$$.Execution.Id"}},
        OutputPath="$.Output",
    )
    client.create(definition=start)

    done = client.run()

    assert ("SUCCEEDED", output) == (done["status"], done["output"])
    history = client("GetExecutionHistory", executionArn=done["executionArn"])["events"]
    assert ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"] == [one["type"] for one in history[2:6]]


def test_an_execution_that_it_started_fails_and_one_is_not_there(client):
    client.create("inner", one_state(Type="Fail", Error="E"))
    task = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync"}
    client.create(definition=one_state(**task, Parameters={"StateMachineArn": f"{MACHINE}inner"}))
    failed = client.run()
    client(
        "UpdateStateMachine",
        stateMachineArn=M,
        definition=json.dumps(one_state(**task, Parameters={"StateMachineArn": f"{MACHINE}none"})),
    )
    missing = client.run()

    assert ("States.TaskFailed", "E") == (failed["error"], json.loads(failed["cause"])["Error"])
    assert "StepFunctions.StateMachineDoesNotExistException" == missing["error"]


def test_step_functions_is_a_service_of_its_own_tasks(client):
    listing = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:listStateMachines", "Parameters": {}}
    client.create(definition=one_state(**listing, OutputPath="$.StateMachines[0].Name"))
    assert '"m"' == client.run()["output"]

    token = {"TaskToken": "x", "Output": {"any": "value"}}
    sending = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "Parameters": token}
    client("UpdateStateMachine", stateMachineArn=M, definition=json.dumps(one_state(**sending)))
    assert "Sfn.InvalidTokenException" == client.run()["error"]
