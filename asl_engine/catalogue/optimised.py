"""The optimised integrations: an entry for each service, in which all that is known of it stands.

A new integration is an entry here and a test. Where its IAM actions are told, they are a member of its `Action`.

Sources: the developer guide's page "Integrating services", and the page of each service; what is marked so is recorded.
A job that failed fails its task with `States.TaskFailed`, and the description of the job is the cause.
"""

from __future__ import annotations

from typing import Any, Final

from asl_engine.catalogue.service import SYNC, TOKEN, Action, Job, Refusal, Service
from asl_engine.values import JSON, json_text, parse_json

# --- what integrations look at and change ----------------------------------------------------------------------------


def check_queue(parameters: Any) -> None:
    """A queue's URL is where the message is sent, so one that names no queue of a host is a host that nobody knows
    (recorded)."""
    queue = parameters.get("QueueUrl") if isinstance(parameters, dict) else None
    host, _, path = str(queue).removeprefix("https://").removeprefix("http://").partition("/")
    if isinstance(queue, str) and not path:
        raise Refusal("SQS.SdkClientException", f"Unable to execute HTTP request: {host}: Name or service not known")


def entries_put(answer: dict[str, JSON]) -> JSON:
    """Entries that were not taken fail the task, and the result does not tell of HTTP (recorded)."""
    result = {name: value for name, value in answer.items() if not name.startswith("Sdk")}
    if result.get("FailedEntryCount"):
        raise Refusal("EventBridge.FailedEntry", json_text(result))
    return result


def check_model_input(parameters: Any) -> None:
    """A model's input and output may be objects of S3, which the endpoint does not read and write."""
    for name in ("Input", "Output"):
        if isinstance(parameters, dict) and name in parameters:
            raise Refusal("States.Runtime", f"bedrock:invokeModel with {name} is not supported by this endpoint.")


def model_answered(answer: dict[str, JSON]) -> JSON:
    """The body is the JSON that the model answered, where it is JSON."""
    body = answer.get("Body")
    if not isinstance(body, str):
        return answer
    try:
        return answer | {"Body": parse_json(body)}
    except ValueError:
        return answer


# --- jobs ------------------------------------------------------------------------------------------------------------


def _ecs_request(parameters: Any, answer: Any) -> dict[str, JSON]:
    request: dict[str, JSON] = {"Tasks": [task["TaskArn"] for task in answer["Tasks"]]}
    return request | ({"Cluster": parameters["Cluster"]} if "Cluster" in parameters else {})


def _ecs_state(task: Any) -> str:
    """A task that has stopped has failed when one of its containers did."""
    if task["LastStatus"] != "STOPPED":
        return "RUNNING"
    codes = [container.get("ExitCode") for container in task.get("Containers", [])]
    return "SUCCEEDED" if all(code == 0 for code in codes) else "FAILED"


_QUERY = Job(
    "getQueryExecution",
    request=lambda _, answer: {"QueryExecutionId": answer["QueryExecutionId"]},
    description=lambda answer: {"QueryExecution": answer["QueryExecution"]},
    state=lambda job: str(job["QueryExecution"]["Status"]["State"]),
    failed="FAILED CANCELLED",
)
_BATCH_JOB = Job(
    "describeJobs",
    request=lambda _, answer: {"Jobs": [answer["JobId"]]},
    description=lambda answer: answer["Jobs"][0],
    state=lambda job: str(job["Status"]),
    failed="FAILED",
)
_BUILD = Job(
    "batchGetBuilds",
    request=lambda _, answer: {"Ids": [answer["Build"]["Id"]]},
    description=lambda answer: {"Build": answer["Builds"][0]},
    state=lambda job: str(job["Build"]["BuildStatus"]),
    failed="FAILED FAULT TIMED_OUT STOPPED",
)
_CONTAINERS = Job(
    "describeTasks",
    request=_ecs_request,
    description=lambda answer: answer["Tasks"][0],
    state=_ecs_state,
    failed="FAILED",
)
_GLUE_RUN = Job(
    "getJobRun",
    request=lambda parameters, answer: {"JobName": parameters["JobName"], "RunId": answer["JobRunId"]},
    description=lambda answer: answer["JobRun"],
    state=lambda job: str(job["JobRunState"]),
    failed="FAILED TIMEOUT STOPPED ERROR EXPIRED",
)


# --- the services ----------------------------------------------------------------------------------------------------


def _plain(names: str) -> list[Action]:
    """Return actions that are calls of their own name, and no more."""
    return [Action(name) for name in names.split()]


def _own(names: str, *patterns: str) -> list[Action]:
    """Return actions that are no call of their own name, and for which nobody wrote down yet what they are."""
    return [Action(name, *patterns, api=None) for name in names.split()]


def _jobs(names: str) -> list[Action]:
    """Return actions that are calls of their own name, and start what can be waited for."""
    return [Action(name, SYNC) for name in names.split()]


_SERVICES: Final = (
    Service("apigateway", "API Gateway", *_own("invoke", TOKEN)),
    Service(
        "athena",
        "Athena",
        Action("startQueryExecution", SYNC, job=_QUERY),
        *_plain("stopQueryExecution getQueryExecution getQueryResults"),
        error="Athena",
        java="AmazonAthena",
    ),
    Service("batch", "Batch", Action("submitJob", SYNC, job=_BATCH_JOB), error="Batch", java="AWSBatch"),
    Service(
        "bedrock",
        "Bedrock",
        Action(
            "invokeModel",
            TOKEN,
            api=("bedrockruntime", "InvokeModel"),
            check=check_model_input,
            answer=model_answered,
            parameters="Input Output",
            opened="Body",
        ),
        Action("createModelCustomizationJob", SYNC),
        Action("invokeAgent", api=("bedrockagentruntime", "InvokeAgent")),
        error="Bedrock",
        java="AmazonBedrock",
    ),
    Service(
        "codebuild",
        "CodeBuild",
        Action("startBuild", SYNC, job=_BUILD),
        *_jobs("startBuildBatch retryBuildBatch"),
        *_plain("stopBuild batchDeleteBuilds batchGetReports stopBuildBatch deleteBuildBatch"),
        error="CodeBuild",
        java="AWSCodeBuild",
    ),
    Service("databrew", "Glue DataBrew", *_jobs("startJobRun")),
    Service(
        "dynamodb",
        "DynamoDB",
        *_plain("getItem putItem updateItem deleteItem"),
        error="DynamoDB",
        java="AmazonDynamoDBv2",
        unnamed="AmazonDynamoDBException",
    ),
    Service(
        "ecs",
        "ECS",
        Action("runTask", SYNC, TOKEN, job=_CONTAINERS, withheld={SYNC: "Count StartedBy"}),
        error="ECS",
        java="AmazonECS",
    ),
    Service(
        "eks",
        "EKS",
        *_own("call"),
        *_own("runJob", SYNC),
        *_jobs("createCluster deleteCluster createNodegroup deleteNodegroup createFargateProfile deleteFargateProfile"),
    ),
    Service(
        "elasticmapreduce",
        "EMR",
        *_own("createCluster terminateCluster addStep", SYNC),
        *_own("cancelStep setClusterTerminationProtection modifyInstanceFleetByName modifyInstanceGroupByName"),
        sdk="emr",
    ),
    Service(
        "emr-containers",
        "EMR on EKS",
        *_plain("createVirtualCluster"),
        *_jobs("deleteVirtualCluster startJobRun"),
        sdk="emrcontainers",
    ),
    Service(
        "emr-serverless",
        "EMR Serverless",
        *_jobs("createApplication startApplication stopApplication deleteApplication startJobRun cancelJobRun"),
        sdk="emrserverless",
    ),
    Service(
        "events",
        "EventBridge",
        Action("putEvents", TOKEN, answer=entries_put),
        sdk="eventbridge",
        error="EventBridge",
        java="AmazonEventBridge",
    ),
    Service("glue", "Glue", Action("startJobRun", SYNC, job=_GLUE_RUN), error="Glue", java="AWSGlue"),
    Service("http", "HTTP", *_own("invoke")),
    Service("lambda", "Lambda", Action("invoke", TOKEN, opened="Payload"), error="Lambda", java="AWSLambda"),
    Service("mediaconvert", "MediaConvert", *_jobs("createJob")),
    Service(
        "sagemaker",
        "SageMaker",
        *_plain("createEndpoint createEndpointConfig createModel updateEndpoint"),
        *_jobs("createLabelingJob createHyperParameterTuningJob createProcessingJob createTrainingJob"),
        *_jobs("createTransformJob"),
    ),
    Service("sns", "SNS", Action("publish", TOKEN), error="SNS", java="AmazonSNS"),
    Service("sqs", "SQS", Action("sendMessage", TOKEN, check=check_queue), error="SQS", java="AmazonSQS"),
    Service(
        "states",
        "Step Functions",
        Action("startExecution", SYNC, TOKEN),
        sdk="sfn",
        error="StepFunctions",
        java="AWSStepFunctions",
    ),
)

OPTIMISED: Final = {service.name: service for service in _SERVICES}
"""The services by their names in a Resource."""
