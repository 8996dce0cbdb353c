"""Parameters and results of SDK integrations: the API's names, and those of AWS's SDK for Java."""

from datetime import UTC, datetime

import pytest

from asl_engine.catalogue.sdk import member_name
from asl_engine.tasks.integrations.shapes import Results, WrongParameters, request_of

loaders = pytest.importorskip("botocore.loaders")


def operation(service, name):
    """The model of an operation, as botocore has it."""
    from botocore.model import ServiceModel

    return ServiceModel(loaders.Loader().load_service_model(service, "service-2")).operation_model(name)


@pytest.mark.parametrize("spelling", ["DBInstanceIdentifier", "DbInstanceIdentifier"])
def test_abbreviations_may_be_words(spelling):
    """State machines name members as the SDK for Java does, and authors often as the API does: both mean the same."""
    shape = operation("rds", "DescribeDBInstances").input_shape

    assert request_of(shape, {spelling: "orders"}) == {"DBInstanceIdentifier": "orders"}


def test_a_result_has_the_names_of_the_sdk():
    """What RDS calls DBInstances is DbInstances in a state machine."""
    shape = operation("rds", "DescribeDBInstances").output_shape

    told = Results(member_name).of(shape, {"DBInstances": [{"DBInstanceArn": "arn:x"}]})

    assert told == {"DbInstances": [{"DbInstanceArn": "arn:x"}]}


def test_a_name_that_is_none_is_refused():
    """The field is named as it was written."""
    shape = operation("rds", "DescribeDBInstances").input_shape

    with pytest.raises(WrongParameters, match='"DbInstance" is not supported'):
        request_of(shape, {"DbInstance": "orders"})


def test_members_of_results_are_in_the_order_of_the_alphabet_and_blobs_are_text():
    """Recorded on AWS, September 2026."""
    shape = operation("sqs", "ReceiveMessage").output_shape
    attribute = {"StringValue": "a", "DataType": "Binary", "BinaryValue": b"AP9B"}

    result = Results(member_name).of(shape, {"Messages": [{"MD5OfBody": "5", "MessageAttributes": {"Z": attribute}}]})

    [message] = result["Messages"]
    assert ["Md5OfBody", "MessageAttributes"] == list(message)
    assert [("BinaryValue", "AP9B"), ("DataType", "Binary"), ("StringValue", "a")] == [
        *message["MessageAttributes"]["Z"].items()
    ]


def test_times_of_listed_objects_are_seconds():
    """Recorded on AWS, September 2026: of S3's lists, and of nothing else."""
    moment = datetime(2026, 9, 24, 1, 2, 3, tzinfo=UTC)
    listed = operation("s3", "ListObjectsV2").output_shape

    seconds = Results(member_name, datetime.timestamp).of(listed, {"Contents": [{"LastModified": moment}]})
    text = Results(member_name).of(operation("s3", "GetObject").output_shape, {"LastModified": moment})

    assert ({"Contents": [{"LastModified": 1790211723.0}]}, {"LastModified": "2026-09-24T01:02:03Z"}) == (seconds, text)


def test_a_body_of_null_is_the_text_null():
    """Recorded on AWS, September 2026: a null is left out elsewhere."""
    shape = operation("s3", "PutObject").input_shape

    assert {"Body": b"null", "Key": "k"} == request_of(shape, {"Body": None, "Key": "k", "Bucket": None})
