"""What a state does, in two or three words: `Lambda · ChargeCard`, `Wait · 30 s`, `DynamoDB · putItem`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from asl_engine.model.failures import Retrier
from asl_engine.model.maps import ProcessorConfig
from asl_engine.model.states import Fail, Map, State, Task, Wait

_SERVICES: Final = {
    "apigateway": "API Gateway",
    "athena": "Athena",
    "batch": "Batch",
    "bedrock": "Bedrock",
    "bedrockruntime": "Bedrock",
    "codebuild": "CodeBuild",
    "dynamodb": "DynamoDB",
    "ec2": "EC2",
    "ecs": "ECS",
    "eks": "EKS",
    "elasticmapreduce": "EMR",
    "emr-containers": "EMR on EKS",
    "emr-serverless": "EMR Serverless",
    "emrserverless": "EMR Serverless",
    "events": "EventBridge",
    "eventbridge": "EventBridge",
    "glue": "Glue",
    "http": "HTTP",
    "lambda": "Lambda",
    "mediaconvert": "MediaConvert",
    "rds": "RDS",
    "rdsdata": "RDS Data",
    "s3": "S3",
    "sagemaker": "SageMaker",
    "scheduler": "Scheduler",
    "secretsmanager": "Secrets Manager",
    "sfn": "Step Functions",
    "sns": "SNS",
    "sqs": "SQS",
    "ssm": "Systems Manager",
    "states": "Step Functions",
}

_PATTERNS: Final = {"sync": "and wait", "sync:2": "and wait", "waitForTaskToken": "and wait for token"}


def kind_of_state(state: State) -> str:
    """Return the type of a state and the one detail that tells it from others of the type."""
    detail = _detail(state)
    if isinstance(state, Task):
        return detail or "Task"
    return f"{state.type} · {detail}" if detail else state.type


def _detail(state: State) -> str | None:
    if isinstance(state, Task):
        return _task(state)
    if isinstance(state, Wait):
        return _delay(state)
    if isinstance(state, Map):
        return _map(state)
    if isinstance(state, Fail):
        return state.error or state.error_path
    return None


def _task(task: Task) -> str:
    """Name the function, activity or service call behind a Resource."""
    parts = task.resource.split(":")
    if len(parts) < 6 or parts[0] != "arn":
        return f"Task · {task.resource}" if task.resource else "Task"
    if parts[2] == "lambda":
        return f"Lambda · {_function(task.resource)}"
    if parts[2] == "states" and parts[5] == "activity":
        return f"Activity · {parts[-1]}"
    if parts[2] == "states" and not parts[3] and not parts[4]:
        return _integration(task, parts[5:])
    return f"Task · {parts[-1]}"


def _integration(task: Task, parts: list[str]) -> str:
    if parts[0] == "aws-sdk" and len(parts) > 1:
        parts = parts[1:]
    service, action = parts[0], ":".join(parts[1:])
    verb, _, pattern = action.partition(".")
    called = _called_function(task) if service == "lambda" else None
    words = [f"{_SERVICES.get(service, service)} · {called or verb}" if action else service]
    return " ".join(words + ([_PATTERNS.get(pattern, pattern)] if pattern else []))


def _called_function(task: Task) -> str | None:
    for arguments in (task.parameters, task.arguments):
        name: Any = arguments.get("FunctionName") if isinstance(arguments, dict) else None
        if isinstance(name, str) and not name.startswith("{%"):
            return _function(name)
    return None


def _function(name: str) -> str:
    """Return the bare name of a function: no ARN around it, no version behind it."""
    _, found, tail = name.partition(":function:")
    return (tail if found else name).split(":")[0] if not name.startswith("${") else name


def _delay(wait: Wait) -> str | None:
    if wait.seconds is not None:
        return _seconds(wait.seconds) if isinstance(wait.seconds, int) else wait.seconds
    if wait.seconds_path is not None:
        return f"{wait.seconds_path} s"
    until = wait.timestamp or wait.timestamp_path
    return f"until {until}" if until else None


def _seconds(count: int) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if count >= size and count % size == 0:
            return f"{count // size} {unit}"
    return f"{count} s"


def _map(state: Map) -> str:
    processor = state.item_processor or state.iterator
    config: ProcessorConfig | None = processor.processor_config if processor else None
    mode = "distributed" if config is not None and config.mode == "DISTRIBUTED" else "for each item"
    at_once = state.max_concurrency_path or state.max_concurrency
    return f"{mode}, {at_once} at once" if at_once else mode


def retry_text(retriers: Sequence[Retrier]) -> str:
    """Return what is retried and how often, or nothing: `retry up to 3×`."""
    attempts = [retrier.max_attempts for retrier in retriers]
    numbers = [count for count in attempts if isinstance(count, int)]
    if not attempts or (len(numbers) == len(attempts) and not any(numbers)):
        return ""
    return f"retry up to {max(numbers)}×" if numbers else "retry"
