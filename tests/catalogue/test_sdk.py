"""The table of services is read where botocore is not there; `docs/write_services.py --check` compares the two."""

from __future__ import annotations

import doctest
import importlib.util
import re
from pathlib import Path

import pytest

from asl_engine.catalogue import sdk
from asl_engine.catalogue.sdk import TABLE, botocore_name, operations_of, sdk_services, service_name, structure_of
from asl_engine.tasks.integrations.models import installed_name

loaders = pytest.importorskip("botocore.loaders")

ROOT = Path(__file__).parents[2]


def script():
    """Return the script that writes the table, as a module."""
    spec = importlib.util.spec_from_file_location("write_services", ROOT / "docs/write_services.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_tells_actions_with_their_members():
    """What any botocore says of these, as AWS changes neither names nor what is required."""
    operations = operations_of("sqs")

    assert operations is not None
    assert {"QueueUrl", "MessageBody", "DelaySeconds"} <= set(operations["sendMessage"].members)
    assert ("QueueUrl", "MessageBody") == operations["sendMessage"].required
    assert "i" == operations["sendMessage"].members["DelaySeconds"]


def test_the_table_tells_structures_and_what_is_in_lists_and_maps():
    """A map of attributes, each with a text and bytes; one that holds itself ends nothing."""
    operations = operations_of("sqs")
    attributes = operations["sendMessage"].members["MessageAttributes"]

    assert "{.MessageAttributeValue" == attributes
    assert ("s", "x") == tuple(
        structure_of("sqs", attributes[2:]).members[name] for name in ("StringValue", "BinaryValue")
    )
    assert "{.AttributeValue" == structure_of("dynamodb", "AttributeValue").members["M"]
    assert "y" == operations_of("s3")["putObject"].members["Body"]


def test_what_the_models_have_otherwise_is_told():
    """Which is how a newer botocore is looked at: by a command, and not by the tests."""
    known = {"sqs": {"SendMessage": "MessageBody* QueueUrl*"}}
    newer = {"sqs": {"SendMessage": "MessageBody* QueueUrl*", "Purge": "QueueUrl*"}, "new": {"Make": "Name*"}}

    assert [] == script().differences(known, known)
    assert ["new:Make: absent -> Name*", "sqs:Purge: absent -> QueueUrl*"] == script().differences(known, newer)


def test_writing_what_was_read_changes_nothing(tmp_path):
    """The script keeps what the table has, byte for byte."""
    before = TABLE.read_bytes()
    write = script()
    write.TABLE = tmp_path / "sdk.zip"
    write.write_table(script().read_table())

    assert before == write.TABLE.read_bytes()
    assert len(before) < 1_000_000


def test_names_of_services():
    """Those of AWS's pages: no hyphens, no `service` at the end."""
    assert 0 == doctest.testmod(sdk).failed
    assert {"dynamodb", "sfn", "cloudwatchlogs", "databasemigration", "eventbridge"} <= set(sdk_services())
    assert all(service_name(name) == name for name in sdk_services())
    assert operations_of("nothing") is None


@pytest.mark.parametrize(
    ("service", "botocore"),
    [
        ("applicationdiscovery", "discovery"),
        ("costandusagereport", "cur"),
        ("directory", "ds"),
        ("directoryservicedata", "ds-data"),
        ("elasticsearch", "es"),
        ("iotjobsdataplane", "iot-jobs-data"),
        ("lexmodelbuilding", "lex-models"),
        ("lexmodelsv2", "lexv2-models"),
        ("lexruntimev2", "lexv2-runtime"),
        ("marketplacemetering", "meteringmarketplace"),
        ("migrationhub", "mgh"),
        ("serverlessapplicationrepository", "serverlessrepo"),
    ],
)
def test_services_have_the_names_that_botocore_calls_them_by(service, botocore):
    """Also with `service` behind, as AWS takes both."""
    assert botocore == botocore_name(service) == botocore_name(f"{service}service")


def numbers(version):
    return [int(number) for number in re.findall(r"\d+", version)]


def test_every_service_that_validates_can_be_called():
    """Those apart that AWS has retired: definitions may name them, and no newer botocore has them. An older botocore
    than that of the tests lacks the newest services."""
    import botocore

    [written_with] = re.findall(r"^botocore==(.+)$", (ROOT / "tests" / "constraints.txt").read_text("utf-8"), re.M)
    if numbers(botocore.__version__) < numbers(written_with):
        pytest.skip(f"botocore {botocore.__version__} is older than the {written_with} of the tests")
    retired = {service.name for service in sdk_services().values() if not service.botocore}

    assert {name for name in sdk_services() if installed_name(name) is None} <= retired
    assert "qldb" in retired


def test_a_service_that_is_newer_than_the_table_is_called_by_its_own_name():
    """Its id in a Resource is botocore's name without hyphens, for nearly all services."""
    assert "cognito-idp" == installed_name("cognitoidp")
    assert installed_name("nosuchthing") is None
