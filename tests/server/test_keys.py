"""Keys that requests name, looked up at an AWS of the test's own."""

from __future__ import annotations

import asyncio
import json

import pytest
from aws_stub import MACHINE, MINE, ROLE, aws
from conftest import chain

from asl_engine import Functions
from asl_engine.server.errors import ApiError
from asl_engine.server.operations import OPERATIONS
from asl_engine.server.start import service_for

ARN = "arn:aws:kms:us-east-1:123456789012:key/k"
KEY = {"KeyId": "k", "Arn": ARN, "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT"}


def created(url, operation="CreateStateMachine"):
    """Create something whose key is named by an alias; return what is told of its encryption."""
    encryption = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/mine"}
    request = {"name": "m", "encryptionConfiguration": encryption}
    if operation == "CreateStateMachine":
        request |= {"definition": json.dumps(chain(P={"Type": "Pass"})), "roleArn": ROLE}

    async def go():
        service = service_for(Functions(), url, True)
        made = await OPERATIONS[operation](service, MINE, request)
        if operation == "CreateActivity":
            return OPERATIONS["DescribeActivity"](service, MINE, {"activityArn": made["activityArn"]})
        return OPERATIONS["DescribeStateMachine"](service, MINE, {"stateMachineArn": f"{MACHINE}m"})

    return asyncio.run(go())["encryptionConfiguration"]


@pytest.mark.parametrize("operation", ["CreateStateMachine", "CreateActivity"])
def test_an_alias_is_described_as_its_key(operation):
    """Recorded, September 2026."""
    with aws((200, {"KeyMetadata": KEY})) as (url, requests):
        encryption = created(url, operation)

    assert ARN == encryption["kmsKeyId"]
    assert [("TrentService.DescribeKey", {"KeyId": "alias/mine"})] == requests


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        ({"KeyState": "Disabled"}, "kmsKeyId is not enabled"),
        ({"KeySpec": "RSA_2048"}, "kmsKeyId must use SYMMETRIC_DEFAULT key spec"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(about, problem):
    """Recorded, September 2026."""
    with aws((200, {"KeyMetadata": KEY | about})) as (url, _), pytest.raises(ApiError) as refused:
        created(url)

    refusal = f"InvalidEncryptionConfiguration: Invalid Encryption Configuration: {problem}"
    assert refusal == str(refused.value)


def test_a_key_that_is_not_there_is_refused():
    answer = {"__type": "NotFoundException", "message": "Alias is not found."}
    with aws((400, answer)) as (url, _), pytest.raises(ApiError, match="Must set a valid kmsKeyId"):
        created(url)


def test_an_endpoint_without_keys_takes_every_name():
    """Not every stand-in for AWS has a KMS."""
    with aws((400, {"__type": "UnknownOperationException"})) as (url, _):
        assert "arn:aws:kms:us-east-1:123456789012:alias/mine" == created(url)["kmsKeyId"]
