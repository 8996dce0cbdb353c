"""Jobs that a `.sync` task starts and waits for: what describes each, and how it tells that it is over.

Source: the developer guide's page of each integration. A job that failed fails its task with `States.TaskFailed`, and
the description of the job is the cause.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asl_engine.kernel.failures import TASK_FAILED
from asl_engine.tasks.invoke import Failure
from asl_engine.tasks.perform import RUNNING, Running
from asl_engine.values import JSON, json_text

POLL_SECONDS = 1.0
"""How long to wait between two looks at a job."""


class JobKind:
    """A kind of job. `describe` is the action that tells of it, `request` makes that action's parameters from those of
    the task and the answer to them, `described` finds the job's description, and `state` the status in it."""

    __slots__ = ("describe", "described", "failed", "request", "state", "succeeded")

    def __init__(
        self,
        describe: str,
        request: Callable[[Any, Any], dict[str, JSON]],
        described: Callable[[Any], Any],
        state: Callable[[Any], str],
        succeeded: str,
        failed: frozenset[str],
    ) -> None:
        self.describe = describe
        self.request = request
        self.described = described
        self.state = state
        self.succeeded = succeeded
        self.failed = failed

    def outcome(self, answer: Any) -> JSON | Failure | Running:
        """Return what the task's result is when the job is over; RUNNING until then."""
        description = self.described(answer)
        state = self.state(description)
        if state == self.succeeded:
            result: JSON = description
            return result
        return Failure(TASK_FAILED, json_text(description)) if state in self.failed else RUNNING


def _ecs_request(parameters: Any, answer: Any) -> dict[str, JSON]:
    request: dict[str, JSON] = {"Tasks": [task["TaskArn"] for task in answer["Tasks"]]}
    return request | ({"Cluster": parameters["Cluster"]} if "Cluster" in parameters else {})


def _ecs_state(task: Any) -> str:
    """A task that has stopped has failed when one of its containers did."""
    if task["LastStatus"] != "STOPPED":
        return "RUNNING"
    codes = [container.get("ExitCode") for container in task.get("Containers", [])]
    return "SUCCEEDED" if all(code == 0 for code in codes) else "FAILED"


JOB_KINDS: Final = {
    ("athena", "startQueryExecution"): JobKind(
        "getQueryExecution",
        lambda _, answer: {"QueryExecutionId": answer["QueryExecutionId"]},
        lambda answer: {"QueryExecution": answer["QueryExecution"]},
        lambda job: str(job["QueryExecution"]["Status"]["State"]),
        "SUCCEEDED",
        frozenset({"FAILED", "CANCELLED"}),
    ),
    ("batch", "submitJob"): JobKind(
        "describeJobs",
        lambda _, answer: {"Jobs": [answer["JobId"]]},
        lambda answer: answer["Jobs"][0],
        lambda job: str(job["Status"]),
        "SUCCEEDED",
        frozenset({"FAILED"}),
    ),
    ("codebuild", "startBuild"): JobKind(
        "batchGetBuilds",
        lambda _, answer: {"Ids": [answer["Build"]["Id"]]},
        lambda answer: {"Build": answer["Builds"][0]},
        lambda job: str(job["Build"]["BuildStatus"]),
        "SUCCEEDED",
        frozenset({"FAILED", "FAULT", "TIMED_OUT", "STOPPED"}),
    ),
    ("ecs", "runTask"): JobKind(
        "describeTasks",
        _ecs_request,
        lambda answer: answer["Tasks"][0],
        _ecs_state,
        "SUCCEEDED",
        frozenset({"FAILED"}),
    ),
    ("glue", "startJobRun"): JobKind(
        "getJobRun",
        lambda parameters, answer: {"JobName": parameters["JobName"], "RunId": answer["JobRunId"]},
        lambda answer: answer["JobRun"],
        lambda job: str(job["JobRunState"]),
        "SUCCEEDED",
        frozenset({"FAILED", "TIMEOUT", "STOPPED", "ERROR", "EXPIRED"}),
    ),
}
"""The jobs that can be waited for, by service and action."""
