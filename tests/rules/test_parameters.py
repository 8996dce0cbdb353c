"""What Tasks send to services is compared with the table of the SDK, which needs no botocore."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from asl_engine import check_text

ROOT = Path(__file__).parents[2]


def found_in(state, *codes):
    text = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Task", "End": True, **state}}})
    report = [each for each in check_text(text).diagnostics if each.code in codes]
    return [f"{each.pointer.removeprefix('/States/S')} {each.text}" for each in report]


@pytest.mark.parametrize(
    ("resource", "parameters", "told"),
    [
        ("aws-sdk:dynamodb:getItem", {"Tablename": "t", "Key": {}}, "/Parameters/Tablename aws-sdk:dynamodb:getItem"),
        ("aws-sdk:rds:stopDBInstance", {"DBInstanceIdentifer": "d"}, "Did you mean 'DbInstanceIdentifier'"),
        ("aws-sdk:rds:stopDBInstance", {"DbInstanceIdentifier.$": "$.d"}, None),
        ("aws-sdk:rds:stopDBInstance", {"DBInstanceIdentifier.$": "$.d"}, "stopDBInstance needs DbInstanceIdentifier"),
        ("aws-sdk:dms:startReplicationTask", {}, "/Resource AWS's SDK has no service 'dms'"),
        ("aws-sdk:databasemigrationservice:describeEvents", {}, None),
        ("states:startExecution.sync:2", {"StateMachineArn": "a", "Inputs": {}}, "Did you mean 'Input'"),
        ("batch:submitJob", {"JobName": "j", "JobQueue": "q"}, "/Parameters batch:submitJob needs JobDefinition"),
        ("aws-sdk:cloudwatchevents:putRule", {"Name": "r"}, None),
        ("aws-sdk:events:putRule", {"Name": "r"}, "/Resource AWS's SDK has no service 'events'"),
        ("events:putEvents", {"Entrees": []}, "/Parameters events:putEvents needs Entries"),
        ("http:invoke", {"Anything": 1}, None),
        ("eks:call", {"Anything": 1}, None),
        ("lambda:invoke", {"${Name}": "f"}, None),
        ("aws-sdk:${Service}:list", {"A": 1}, None),
        ("sqs:sendMessage", "${Parameters}", None),
    ],
)
def test_parameters_of_tasks(resource, parameters, told):
    """As AWS names them: in PascalCase, and in SDK integrations abbreviations at the beginning as words."""
    state = {"Resource": f"arn:aws:states:::{resource}", "Parameters": parameters}
    found = found_in(state, "ASL711", "ASL712", "ASL713", "ASL715")

    assert not found if told is None else any(told in one for one in found), found


def test_a_task_without_parameters_sends_its_input():
    assert [] == found_in({"Resource": "arn:aws:states:::sqs:sendMessage"}, "ASL713")


def test_no_botocore_is_needed(tmp_path):
    """The check imports none, and the table is read only when a Task asks for it."""
    path = tmp_path / "a.asl.json"
    state = {"Type": "Task", "End": True, "Resource": "arn:aws:states:::aws-sdk:sfn:listThings", "Parameters": {}}
    path.write_text(json.dumps({"StartAt": "S", "States": {"S": state}}))
    code = (
        "import sys; sys.modules['botocore'] = sys.modules['boto3'] = None; import asl_engine;"
        "from asl_engine.catalogue import sdk; print(sdk._file.cache_info().currsize);"
        "print([one.code for one in asl_engine.check(sys.argv[1]).diagnostics])"
    )

    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, capture_output=True, text=True, check=True)

    assert "ASL711" in done.stdout
    assert done.stdout.startswith("0\n")
