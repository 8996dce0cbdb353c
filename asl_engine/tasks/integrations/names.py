"""The names of services: in a Resource, in botocore, and in the errors that AWS reports.

SDK integrations have the names of AWS's SDK for Java 2: the service id of the model in lower case in the ARN
(`aws-sdk:cloudwatchlogs`), and in camel case in errors (`CloudWatchLogs.ResourceNotFoundException`). Optimised
integrations report the names of the SDK for Java 1, which follow no rule (recorded: Lambda, DynamoDB, SQS, SNS).
"""

from __future__ import annotations

from typing import Any, Final

BOTOCORE_NAMES: Final = {
    "applicationdiscoveryservice": "discovery",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "configservice": "config",
    "costandusagereportservice": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "databasemigrationservice": "dms",
    "directoryservice": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearchservice": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuildingservice": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntimeservice": "lex-runtime",
    "lexruntimev2": "lexv2-runtime",
    "marketplaceentitlementservice": "marketplace-entitlement",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "pinpointsmsvoice": "sms-voice",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}
"""The services whose name in an ARN is not botocore's: all others differ in hyphens at most."""


class OptimisedName:
    """How an optimised integration is called: by botocore, before the dot of an error, in the brackets of a cause, and
    as the error that has no name of its own."""

    __slots__ = ("botocore", "error", "service", "unnamed")

    def __init__(self, botocore: str, error: str, service: str, unnamed: str) -> None:
        self.botocore = botocore
        self.error = error
        self.service = service
        self.unnamed = unnamed


OPTIMISED_NAMES: Final = {
    "athena": OptimisedName("athena", "Athena", "AmazonAthena", "AmazonAthenaException"),
    "batch": OptimisedName("batch", "Batch", "AWSBatch", "AWSBatchException"),
    "codebuild": OptimisedName("codebuild", "CodeBuild", "AWSCodeBuild", "AWSCodeBuildException"),
    "dynamodb": OptimisedName("dynamodb", "DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException"),
    "ecs": OptimisedName("ecs", "ECS", "AmazonECS", "AmazonECSException"),
    "events": OptimisedName("events", "EventBridge", "AmazonEventBridge", "AmazonEventBridgeException"),
    "glue": OptimisedName("glue", "Glue", "AWSGlue", "AWSGlueException"),
    "sns": OptimisedName("sns", "SNS", "AmazonSNS", "AmazonSNSException"),
    "sqs": OptimisedName("sqs", "SQS", "AmazonSQS", "AmazonSQSException"),
}
"""The optimised integrations that go to an AWS endpoint through one call of the service's API."""


def exception_name(model: Any, code: str) -> str | None:
    """Return the name of the exception class for an error code of a service; None for a code that its model does not
    have."""
    shape = model.shape_for_error_code(code)
    if shape is None:
        return None
    name: str = shape.name
    return name if name.endswith("Exception") else name + "Exception"
