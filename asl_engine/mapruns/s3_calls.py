"""Objects at an S3 endpoint, through boto3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from asl_engine.kernel import Identity
from asl_engine.mapruns.s3_objects import ObjectProblem, Summary, refusal
from asl_engine.tasks.integrations.aws_call import client


class S3Endpoint:
    """The buckets at an endpoint."""

    def __init__(self, url: str) -> None:
        self.url = url

    def open(self, identity: Identity, bucket: str, key: str, version: str | None = None) -> IO[bytes]:
        """Return the body of GetObject, which is read as it is needed."""
        extra = {} if version is None else {"VersionId": version}
        body: IO[bytes] = self._call(identity, "get_object", Bucket=bucket, Key=key, **extra)["Body"]
        return body

    def list(self, identity: Identity, bucket: str, prefix: str) -> Iterator[Summary]:
        """Yield what ListObjectsV2 gives, page after page."""
        more: dict[str, str] = {}
        while True:
            page = self._call(identity, "list_objects_v2", Bucket=bucket, Prefix=prefix, **more)
            for entry in page.get("Contents", []):
                moment = entry["LastModified"].timestamp()
                yield Summary(entry["Key"], entry["Size"], moment, entry["ETag"], entry.get("StorageClass", "STANDARD"))
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def put(self, identity: Identity, bucket: str, key: str, content: IO[bytes]) -> None:
        """Write an object with PutObject."""
        self._call(identity, "put_object", Bucket=bucket, Key=key, Body=content)

    def _call(self, identity: Identity, operation: str, **request: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(client("s3", self.url, identity.region, identity.account), operation)(**request)
        except ClientError as problem:
            error, metadata = problem.response["Error"], problem.response["ResponseMetadata"]
            text, status = error.get("Message", ""), metadata.get("HTTPStatusCode", 400)
            raise ObjectProblem(refusal(text, status, error.get("Code", ""), metadata.get("RequestId", ""))) from None
        except (BotoCoreError, ValueError, OSError) as problem:
            raise ObjectProblem(f"Unable to execute HTTP request: {problem}") from None
