"""Keys of KMS, as requests name them: by id, ARN, alias or the ARN of an alias, and told by ARN whichever it was.

They are looked up at the endpoint, if it has a KMS. Without one, what a request names is taken for a key of the account
that asks, and an alias stays an alias.
"""

from __future__ import annotations

from typing import Any, Final

from asl_engine.kernel.identity import partition_of
from asl_engine.server.account import Account
from asl_engine.server.errors import ApiError
from asl_engine.tasks.integrations.aws_call import client


class Keys:
    """The keys at an endpoint; with None for its address, those that requests name are taken as they are."""

    def __init__(self, url: str | None) -> None:
        self.url = url

    def arn(self, name: str, account: Account) -> str:
        """Return the ARN of a key; refuse one that is not there, not enabled, or not symmetric (recorded). Without a
        KMS none is refused."""
        about = self._describe(name, account)
        if about is None:
            return _arn_of(name, account)
        if about.get("KeyState", "Enabled") != "Enabled":
            raise unusable("kmsKeyId is not enabled")
        if about.get("KeySpec", "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
            raise unusable("kmsKeyId must use SYMMETRIC_DEFAULT key spec")
        return str(about["Arn"])

    def _describe(self, name: str, account: Account) -> dict[str, Any] | None:
        from botocore.exceptions import BotoCoreError, ClientError

        if self.url is None:
            return None
        try:
            answer = client("kms", self.url, account.region, account.id).describe_key(KeyId=name)
        except ClientError as problem:
            if problem.response["Error"].get("Code") == "NotFoundException":
                raise unusable(NO_KEY) from None
            return None  # it has no KMS
        except (BotoCoreError, ValueError, OSError):
            return None
        about: dict[str, Any] = answer["KeyMetadata"]
        return about


NO_KEY: Final = "Must set a valid kmsKeyId."
"""What is said of a key that is missing (recorded), and, as we believe, of one that is not there."""


def unusable(problem: str) -> ApiError:
    """Return the error for an encryption that cannot be."""
    return ApiError("InvalidEncryptionConfiguration", f"Invalid Encryption Configuration: {problem}")


def _arn_of(name: str, account: Account) -> str:
    if name.startswith("arn:"):
        return name
    kind = "" if name.startswith("alias/") else "key/"
    return f"arn:{partition_of(account.region)}:kms:{account.region}:{account.id}:{kind}{name}"
