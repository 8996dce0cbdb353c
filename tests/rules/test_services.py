"""The table of services is read where botocore is not there; `docs/write_services.py --check` compares the two."""

from __future__ import annotations

import doctest
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from asl_engine import check
from asl_engine.catalogue import sdk
from asl_engine.catalogue.sdk import TABLE, actions_of, sdk_service, service_names

ROOT = Path(__file__).parents[2]


def script():
    """Return the script that writes the table, as a module."""
    spec = importlib.util.spec_from_file_location("write_services", ROOT / "docs/write_services.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_tells_actions_with_their_members():
    """What any botocore says of these, as AWS changes neither names nor what is required."""
    known = actions_of("sqs")

    assert known is not None
    assert {"QueueUrl", "MessageBody", "DelaySeconds"} <= set(known["sendMessage"].members)
    assert ("MessageBody", "QueueUrl") == known["sendMessage"].required


def test_what_the_models_have_otherwise_is_told():
    """Which is how a newer botocore is looked at: by a command, and not by the tests."""
    known = {"sqs": {"SendMessage": "MessageBody* QueueUrl*"}}
    newer = {"sqs": {"SendMessage": "MessageBody* QueueUrl*", "Purge": "QueueUrl*"}, "new": {"Make": "Name*"}}

    assert [] == script().differences(known, known)
    assert ["new:Make: absent -> Name*", "sqs:Purge: absent -> QueueUrl*"] == script().differences(known, newer)


def test_writing_what_was_read_changes_nothing():
    """The script keeps what the table has."""
    written = script().text_of(script().read_table())

    assert sdk._table() == written
    assert TABLE.stat().st_size < 1_000_000


def test_names_of_services():
    """Those of AWS's pages: no hyphens, no `service` at the end."""
    assert 0 == doctest.testmod(sdk).failed
    assert {"dynamodb", "sfn", "cloudwatchlogs", "databasemigration", "eventbridge"} <= set(service_names())
    assert all(sdk_service(name) == name for name in service_names())
    assert actions_of("nothing") is None


def found_in(state, *codes):
    text = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Task", "End": True, **state}}})
    return [f"{one.pointer.removeprefix('/States/S')} {one.told}" for one in check(text).warnings if one.code in codes]


@pytest.mark.parametrize(
    ("resource", "parameters", "told"),
    [
        ("aws-sdk:dynamodb:getItem", {"Tablename": "t", "Key": {}}, "/Parameters/Tablename GetItem has no parameter"),
        ("aws-sdk:rds:stopDBInstance", {"DBInstanceIdentifer": "d"}, "Did you mean 'DbInstanceIdentifier'"),
        ("aws-sdk:rds:stopDBInstance", {"DbInstanceIdentifier.$": "$.d"}, None),
        ("aws-sdk:rds:stopDBInstance", {"DBInstanceIdentifier.$": "$.d"}, None),
        ("aws-sdk:dms:startReplicationTask", {}, "/Resource AWS's SDK has no service 'dms'"),
        ("aws-sdk:databasemigrationservice:describeEvents", {}, None),
        ("states:startExecution.sync:2", {"StateMachineArn": "a", "Inputs": {}}, "Did you mean 'Input'"),
        ("batch:submitJob", {"JobName": "j", "JobQueue": "q"}, "/Parameters SubmitJob needs JobDefinition"),
        ("aws-sdk:cloudwatchevents:putRule", {"Name": "r"}, None),
        ("aws-sdk:events:putRule", {"Name": "r"}, "/Resource AWS's SDK has no service 'events'"),
        ("events:putEvents", {"Entrees": []}, "/Parameters PutEvents needs Entries"),
        ("http:invoke", {"Anything": 1}, None),
        ("eks:call", {"Anything": 1}, None),
        ("lambda:invoke", {"${Name}": "f"}, None),
        ("aws-sdk:${Service}:list", {"A": 1}, None),
        ("sqs:sendMessage", "${Parameters}", None),
    ],
)
def test_parameters_of_tasks(resource, parameters, told):
    """As AWS names them: in PascalCase, abbreviations as words or as in the API."""
    state = {"Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}
    found = found_in(state, "ASL711", "ASL712", "ASL713")

    assert not found if told is None else any(told in one for one in found), found


def test_a_task_without_parameters_sends_its_input():
    assert [] == found_in({"Resource": "arn:aws:states:::sqs:sendMessage"}, "ASL713")


def test_no_botocore_is_needed(tmp_path):
    """The check imports none, and the table is read for what it is asked only."""
    path = tmp_path / "a.asl.json"
    state = {"Type": "Task", "End": True, "Resource": "arn:aws:states:::aws-sdk:sfn:listThings", "Parameters": {}}
    path.write_text(json.dumps({"StartAt": "S", "States": {"S": state}}))
    code = (
        "import sys; sys.modules['botocore'] = sys.modules['boto3'] = None; import asl_engine;"
        "print([name for name in sys.modules if 'catalogue.sdk' in name]);"
        "from pathlib import Path;"
        "print([one.code for one in asl_engine.check(Path(sys.argv[1])).diagnostics])"
    )

    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "ASL711" in done.stdout
    assert re.match(r"\[\]\n", done.stdout)
