"""The `context` argument that a Lambda function gets."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable

from asl_engine.kernel.identity import Identity, partition_of
from asl_engine.quotas import MAX_FUNCTION_SECONDS
from asl_engine.tasks.registry import Function


class LambdaContext:
    """What AWS Lambda tells a Python function about its invocation; the attributes have Lambda's names.

    `idempotency_key` is ours: the same for the same attempt, also when it is made again after a crash.
    """

    __slots__ = ("_began", "_clock", "_function", "_identity", "function_version", "idempotency_key")

    def __init__(
        self,
        function: Function,
        op: str,
        identity: Identity,
        clock: Callable[[], float],
        now: float,
        version: str = "$LATEST",
    ) -> None:
        self._function = function
        self._identity = identity
        self._clock = clock
        self._began = now
        self.idempotency_key = op
        self.function_version = version

    @property
    def aws_request_id(self) -> str:
        """The id of the invocation, a UUID made of the execution and the attempt."""
        return request_id(self._identity, self.idempotency_key)

    @property
    def function_name(self) -> str:
        """The name that the function was registered under."""
        return self._function.name

    @property
    def invoked_function_arn(self) -> str:
        """The function's ARN, with the version or alias when one was asked for."""
        return function_arn(
            self._function.name, self._identity, None if self.function_version == "$LATEST" else self.function_version
        )

    @property
    def memory_limit_in_mb(self) -> str:
        """The memory that the function was registered with; Lambda gives it as text."""
        return str(self._function.memory_mb)

    @property
    def log_group_name(self) -> str:
        """The name that the function's log group would have."""
        return f"/aws/lambda/{self._function.name}"

    @property
    def log_stream_name(self) -> str:
        """The name that the log stream of the invocation would have."""
        return f"[{self.function_version}]{self.aws_request_id.replace('-', '')}"

    @property
    def identity(self) -> None:
        """The Cognito identity: none."""

    @property
    def client_context(self) -> None:
        """The client's context: none."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how much of the function's time is left, by the clock of whoever runs it."""
        deadline = self._began + (self._function.timeout or MAX_FUNCTION_SECONDS)
        return max(0, round((deadline - self._clock()) * 1000))


def request_id(identity: Identity, op: str) -> str:
    """Return the id of an invocation: the same for the same attempt of the same execution."""
    digest = hashlib.sha256(f"{identity.execution_arn}:{op}".encode("utf-8", "surrogatepass")).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def function_arn(name: str, identity: Identity, qualifier: str | None = None) -> str:
    """Return the ARN of a function of this account and region."""
    place = f"arn:{partition_of(identity.region)}:lambda:{identity.region}:{identity.account}"
    arn = name if name.startswith("arn:") else f"{place}:function:{name}"
    return arn if qualifier is None else f"{arn}:{qualifier}"
