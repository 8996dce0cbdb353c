"""Who an execution is: the names and ARNs that its context object shows."""

from __future__ import annotations

from typing import Any, Final

DEFAULT_ACCOUNT: Final = "123456789012"
DEFAULT_REGION: Final = "us-east-1"


PARTITIONS: Final = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}
"""The partitions beside `aws`, by how the names of their regions begin (botocore's list of endpoints)."""


def partition_of(region: str) -> str:
    """Return the partition of a region, with which its ARNs begin."""
    return next((partition for prefix, partition in PARTITIONS.items() if region.startswith(prefix)), "aws")


class Identity:
    """The ARNs and names of an execution and its state machine; an execution that is waited for is synchronous."""

    __slots__ = ("account", "execution_name", "is_synchronous", "machine_name", "region", "role_arn", "type")

    def __init__(
        self,
        execution_name: str,
        machine_name: str = "StateMachine",
        role_arn: str = f"arn:aws:iam::{DEFAULT_ACCOUNT}:role/StepFunctions",
        account: str = DEFAULT_ACCOUNT,
        region: str = DEFAULT_REGION,
        type: str = "STANDARD",
        is_synchronous: bool = False,
    ) -> None:
        self.execution_name = execution_name
        self.machine_name = machine_name
        self.role_arn = role_arn
        self.account = account
        self.region = region
        self.type = type
        self.is_synchronous = is_synchronous

    @property
    def machine_arn(self) -> str:
        """The ARN of the state machine."""
        return f"{self.prefix}stateMachine:{self.machine_name}"

    @property
    def execution_arn(self) -> str:
        """The ARN of the execution; that of an Express execution has a segment more."""
        word = "express" if self.type == "EXPRESS" else "execution"
        tail = f":{self.execution_name}" if self.type == "EXPRESS" else ""
        return f"{self.prefix}{word}:{self.machine_name}:{self.execution_name}{tail}"

    @property
    def prefix(self) -> str:
        """What the ARNs of this account and region begin with."""
        return f"arn:{partition_of(self.region)}:states:{self.region}:{self.account}:"

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain data, for a snapshot."""
        return {name: getattr(self, name) for name in self.__slots__}
