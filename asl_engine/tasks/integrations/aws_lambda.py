"""Lambda functions behind an AWS endpoint: direct ARNs and `arn:aws:states:::lambda:invoke`."""

from __future__ import annotations

from typing import Any

from asl_engine.catalogue.optimised import OPTIMISED
from asl_engine.kernel.commands import StartTask
from asl_engine.kernel.identity import Identity
from asl_engine.quotas import MAX_FUNCTION_SECONDS
from asl_engine.tasks.integrations.aws_call import client, http_metadata
from asl_engine.tasks.invoke import AsWritten, Failure, event_of, failure_of
from asl_engine.tasks.perform import Work
from asl_engine.values import JSON, json_text, parse_json

_ARGUMENTS = ("InvocationType", "Qualifier", "ClientContext", "LogType")


class LambdaEndpoint:
    """Calls Lambda at an endpoint, with credentials that are good for nothing else."""

    def __init__(self, endpoint_url: str, region: str, account: str) -> None:
        self._client: Any = client(
            "lambda", endpoint_url, region, account, read_timeout=MAX_FUNCTION_SECONDS + 10, parameter_validation=True
        )

    def prepare(self, task: StartTask, identity: Identity) -> Work:
        """Return the work of a task whose resource is a function or `lambda:invoke`."""
        if task.resource.family == "LambdaFunction":
            return lambda: self._direct(task.resource.text, task.payload)
        return lambda: self._integration(task.payload)

    def _direct(self, arn: str, payload: JSON) -> JSON | Failure:
        """A direct ARN gives what the function returned, as the function wrote it (recorded, September 2026)."""
        answer = self._invoke({"FunctionName": arn, "Payload": json_text(payload)})
        if isinstance(answer, Failure):
            return answer
        result = self._payload(answer)
        return result if isinstance(result, Failure) else AsWritten(result, answer["Payload"] or json_text(result))

    def _integration(self, parameters: dict[str, JSON]) -> JSON | Failure:
        """The integration gives the whole answer, in which the payload is the function's result."""
        request = {name: parameters[name] for name in _ARGUMENTS if name in parameters}
        request["FunctionName"] = parameters["FunctionName"]
        request["Payload"] = json_text(event_of(parameters))
        answer = self._invoke(request)
        if isinstance(answer, Failure):
            return answer
        payload = self._payload(answer)
        if isinstance(payload, Failure):
            return Failure(payload.error, compact(payload.cause))
        return described(answer, payload)

    def _invoke(self, request: dict[str, Any]) -> dict[str, Any] | Failure:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = self._client.invoke(**request)
            answer["Payload"] = answer["Payload"].read().decode("utf-8", "replace")
        except ClientError as problem:
            return client_failure(problem)
        except BotoCoreError as problem:
            return Failure("Lambda.SdkClientException", f"Unable to execute HTTP request: {problem}")
        return answer

    @staticmethod
    def _payload(answer: dict[str, Any]) -> JSON | Failure:
        text = answer["Payload"]
        if "FunctionError" in answer:
            return function_failure(text)
        if not text:
            return {}
        try:
            return parse_json(text)
        except ValueError:
            return text  # what is not JSON is taken as text (recorded: a plain string of letters)


def compact(cause: str | None) -> str | None:
    """Return the cause of a function's error as `lambda:invoke` writes it: its JSON without blanks, where a direct ARN
    has the text of the function (recorded, September 2026)."""
    try:
        return json_text(parse_json(cause or ""))
    except ValueError:
        return cause


def function_failure(text: str) -> Failure:
    """Return the failure that a function's error payload means: its type is the error, its text the cause."""
    try:
        error = parse_json(text).get("errorType")
    except (ValueError, AttributeError):
        error = None
    return Failure(error if error and isinstance(error, str) else "Lambda.Unknown", text)


def client_failure(problem: Any) -> Failure:
    """Return the failure for an error of the service, in the words of the integration (recorded)."""
    response = problem.response
    code, metadata = response["Error"]["Code"], response["ResponseMetadata"]
    message, request = response["Error"].get("Message", ""), metadata.get("RequestId", "")
    return failure_of(OPTIMISED["lambda"].refusal(code, code, message, metadata["HTTPStatusCode"], request))


def described(answer: dict[str, Any], payload: JSON) -> dict[str, JSON]:
    """Return the answer of an invocation as a task's result: with the names and the metadata of AWS's own SDK
    (recorded)."""
    version = {name: answer[name] for name in ("ExecutedVersion",) if name in answer}
    metadata = http_metadata(answer["ResponseMetadata"])
    return {**version, "Payload": payload, **metadata, "StatusCode": answer["StatusCode"]}
