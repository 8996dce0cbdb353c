"""The entries of optimised integrations hold together, and name calls that there are."""

from __future__ import annotations

import pytest

from asl_engine.catalogue.optimised import OPTIMISED
from asl_engine.catalogue.sdk import action_name, operations_of
from asl_engine.catalogue.service import SYNC, Refusal

ACTIONS = [(service, action) for service in OPTIMISED.values() for action in service.actions.values()]


def test_each_call_that_an_entry_names_is_one_of_the_sdk():
    missing = {
        (service.name, action.name)
        for service, action in ACTIONS
        if action.api is not None and action_name(action.api[1]) not in (operations_of(action.api[0]) or {})
    }

    assert set() == missing


def test_each_job_is_described_by_a_call_of_its_service():
    jobs = [(service, action.job) for service, action in ACTIONS if action.job is not None]

    assert 5 == len(jobs)
    assert all(job.describe in (operations_of(service.sdk) or {}) for service, job in jobs)
    assert all(SYNC in action.patterns for _, action in ACTIONS if action.job is not None)


def test_services_that_can_be_called_have_both_of_their_names():
    assert all(bool(service.error) == bool(service.java) for service in OPTIMISED.values())


def test_an_error_without_a_name_of_its_own_has_that_of_the_client():
    """Recorded: DynamoDB's has no version in it, other than the service in the cause."""
    refusal = OPTIMISED["dynamodb"].refusal(None, "ValidationException", "No.", 400, "1")

    assert "DynamoDB.AmazonDynamoDBException" == refusal.error
    assert "No. (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ValidationException;" in refusal.args[0]


def test_entries_that_were_not_taken_are_a_refusal():
    put = OPTIMISED["events"].actions["putEvents"].answer

    assert {"FailedEntryCount": 0} == put({"FailedEntryCount": 0, "SdkHttpMetadata": {}})
    with pytest.raises(Refusal) as refused:
        put({"FailedEntryCount": 1, "Entries": []})
    assert "EventBridge.FailedEntry" == refused.value.error
