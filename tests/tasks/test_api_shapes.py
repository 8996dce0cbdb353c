"""Parameters and results of SDK integrations: the API's names, and those of AWS's SDK for Java."""

import pytest

from asl_engine.catalogue.sdk import sdk_name
from asl_engine.tasks.integrations.shapes import WrongParameters, request_of, result_of

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

    told = result_of(shape, {"DBInstances": [{"DBInstanceArn": "arn:x"}]}, sdk_name)

    assert told == {"DbInstances": [{"DbInstanceArn": "arn:x"}]}


def test_a_name_that_is_none_is_refused():
    """The field is named as it was written."""
    shape = operation("rds", "DescribeDBInstances").input_shape

    with pytest.raises(WrongParameters, match='"DbInstance" is not supported'):
        request_of(shape, {"DbInstance": "orders"})
