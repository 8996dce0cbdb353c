"""The optimised integrations: which actions a Task can name without `aws-sdk`, and what it can wait for.

Source: the developer guide's page "Integrating services". Patterns: `sync` runs a job and waits for its end, `token`
waits for a task token to come back.
"""

from __future__ import annotations

from typing import Final

_ACTIONS: Final = """
apigateway        invoke:token
athena            startQueryExecution:sync stopQueryExecution getQueryExecution getQueryResults
batch             submitJob:sync
bedrock           invokeModel:token createModelCustomizationJob:sync invokeAgent
codebuild         startBuild:sync stopBuild batchDeleteBuilds batchGetReports startBuildBatch:sync stopBuildBatch
codebuild         retryBuildBatch:sync deleteBuildBatch
databrew          startJobRun:sync
dynamodb          getItem putItem updateItem deleteItem
ecs               runTask:sync,token
eks               call runJob:sync createCluster:sync deleteCluster:sync createNodegroup:sync deleteNodegroup:sync
eks               createFargateProfile:sync deleteFargateProfile:sync
elasticmapreduce  createCluster:sync terminateCluster:sync addStep:sync cancelStep setClusterTerminationProtection
elasticmapreduce  modifyInstanceFleetByName modifyInstanceGroupByName
emr-containers    createVirtualCluster deleteVirtualCluster:sync startJobRun:sync
emr-serverless    createApplication:sync startApplication:sync stopApplication:sync deleteApplication:sync
emr-serverless    startJobRun:sync cancelJobRun:sync
events            putEvents:token
glue              startJobRun:sync
http              invoke
lambda            invoke:token
mediaconvert      createJob:sync
sagemaker         createEndpoint createEndpointConfig createModel updateEndpoint createLabelingJob:sync
sagemaker         createHyperParameterTuningJob:sync createProcessingJob:sync createTrainingJob:sync
sagemaker         createTransformJob:sync
sns               publish:token
sqs               sendMessage:token
states            startExecution:sync,token
"""


def _read(table: str) -> dict[str, dict[str, frozenset[str]]]:
    services: dict[str, dict[str, frozenset[str]]] = {}
    for line in table.strip().splitlines():
        service, *entries = line.split()
        for entry in entries:
            action, _, patterns = entry.partition(":")
            services.setdefault(service, {})[action] = frozenset(filter(None, patterns.split(",")))
    return services


OPTIMISED: Final = _read(_ACTIONS)
"""Service -> action -> the patterns that it has beside request and response."""
