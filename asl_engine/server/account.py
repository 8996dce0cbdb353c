"""Who asks: the account and region of a request."""

from __future__ import annotations

from asl_engine.kernel.identity import partition_of


class Account:
    """The account and region that a request is signed for."""

    __slots__ = ("id", "region")

    def __init__(self, id: str, region: str) -> None:
        self.id = id
        self.region = region

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a resource of this account."""
        return f"arn:{partition_of(self.region)}:states:{self.region}:{self.id}:{kind}:{name}"
