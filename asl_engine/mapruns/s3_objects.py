"""Where objects live that Map Runs read and write: folders that stand for buckets, an S3 endpoint, or nowhere."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, NamedTuple, Protocol

from asl_engine.errors import NotSupported, UsageError
from asl_engine.files import PART, replaced_whole
from asl_engine.kernel import Identity


class ObjectProblem(Exception):
    """An object cannot be read or written. The text is what S3 would say."""


class Summary(NamedTuple):
    """What a listing tells of an object; `modified_at` is in seconds since 1970."""

    key: str
    size: int
    modified_at: float
    etag: str
    storage_class: str = "STANDARD"


class Objects(Protocol):
    """Buckets with objects. Every call blocks, and raises ObjectProblem."""

    def open(self, identity: Identity, bucket: str, key: str, version: str | None = None) -> IO[bytes]:
        """Return an object's bytes, as a stream that the caller closes."""
        ...

    def list(self, identity: Identity, bucket: str, prefix: str) -> Iterator[Summary]:
        """Yield the objects whose keys begin with `prefix`, in the order of their keys."""
        ...

    def put(self, identity: Identity, bucket: str, key: str, content: IO[bytes]) -> None:
        """Write an object, whole or not at all."""
        ...


class Nowhere:
    """No bucket is known: asking for one is a mistake of whoever runs the machine, and raises NotSupported."""

    def open(self, identity: Identity, bucket: str, key: str, version: str | None = None) -> IO[bytes]:
        """Raise NotSupported."""
        raise self._unknown(bucket)

    def list(self, identity: Identity, bucket: str, prefix: str) -> Iterator[Summary]:
        """Raise NotSupported."""
        raise self._unknown(bucket)

    def put(self, identity: Identity, bucket: str, key: str, content: IO[bytes]) -> None:
        """Raise NotSupported."""
        raise self._unknown(bucket)

    @staticmethod
    def _unknown(bucket: str) -> NotSupported:
        text = f"a Map reads or writes objects of the bucket {bucket!r}, and nobody said where that is."
        return NotSupported(f"{text} Pass buckets={{{bucket!r}: folder}}, or --bucket {bucket}=FOLDER to the command.")


class Folders:
    """Folders that stand for buckets: a key is a path below its folder. What is not in `buckets` is asked of
    `otherwise`. No key leads out of its folder, by `..`, by links or otherwise."""

    def __init__(self, buckets: Mapping[str, str | Path], fallback: Objects | None = None) -> None:
        self.fallback = fallback or Nowhere()
        self.folders: dict[str, Path] = {}
        for name, folder in buckets.items():
            path = Path(folder)
            if not path.is_dir():
                raise UsageError(f"the bucket {name!r} stands for {folder}, which is not a folder")
            self.folders[name] = path.resolve()

    def open(self, identity: Identity, bucket: str, key: str, version: str | None = None) -> IO[bytes]:
        """Open a file. A folder has no versions."""
        if bucket not in self.folders:
            return self.fallback.open(identity, bucket, key, version)
        path = self._path(bucket, key)
        if version is not None:
            raise ObjectProblem("Invalid version id specified (a folder has no versions of its files)")
        try:
            if path.is_file():
                return path.open("rb")
            raise ObjectProblem(refusal("The specified key does not exist.", 404, "NoSuchKey"))
        except OSError as problem:
            raise ObjectProblem(refusal(f"Access Denied: {problem.strerror}", 403, "AccessDenied")) from None

    def list(self, identity: Identity, bucket: str, prefix: str) -> Iterator[Summary]:
        """List files by the order of their keys, but for links, pipes, and what an interrupted `put` has left."""
        if bucket not in self.folders:
            yield from self.fallback.list(identity, bucket, prefix)
            return
        root = self.folders[bucket]
        keys = sorted(
            Path(folder, name).relative_to(root).as_posix() for folder, _, names in os.walk(root) for name in names
        )
        for key in keys:
            facts = _facts_of(root / key) if key.startswith(prefix) else None
            if facts is not None:
                yield Summary(key, facts.st_size, facts.st_mtime, f'"{facts.st_mtime_ns:x}-{facts.st_size:x}"')

    def put(self, identity: Identity, bucket: str, key: str, content: IO[bytes]) -> None:
        """Write a file beside its place, and move it there."""
        if bucket not in self.folders:
            self.fallback.put(identity, bucket, key, content)
            return
        path = self._path(bucket, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replaced_whole(path) as file:
                shutil.copyfileobj(content, file)
        except OSError as problem:
            raise ObjectProblem(refusal(f"Access Denied: {problem.strerror}", 403, "AccessDenied")) from None

    def _path(self, bucket: str, key: str) -> Path:
        root = self.folders[bucket]
        try:
            path = (root / key).resolve()
        except (OSError, ValueError, RuntimeError):
            path = root
        is_own = path.name.startswith(PART)
        if not key or path == root or is_own or not path.is_relative_to(root):
            problem = f"The key {key!r} cannot be a file in the folder of a bucket."
            raise ObjectProblem(refusal(problem, 400, "InvalidArgument"))
        return path


def _facts_of(path: Path) -> os.stat_result | None:
    """Return what is known of a file; None for what is no object, or was taken away meanwhile."""
    try:
        facts = path.lstat()
    except OSError:
        return None
    return facts if stat.S_ISREG(facts.st_mode) and not path.name.startswith(PART) else None


def refusal(text: str, status: int, code: str, request_id: str = "") -> str:
    """Return a problem in the words of the S3 integration."""
    return (
        f"{text} (Service: Amazon S3; Status Code: {status}; Error Code: {code}; Request ID: {request_id}; Proxy: null)"
    )
