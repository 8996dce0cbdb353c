"""What the children of a Map Run gave: the result of the state, or files in a bucket.

The files are AWS's: `SUCCEEDED_0.json`, `FAILED_0.json` and `PENDING_0.json` under `<prefix>/<id of the run>/`, with a
`manifest.json` that names them; the state's result then says where that is. What a redrive gives is in a folder of its
own in there, `Redrive-1` for the first, whose manifest names the earlier files of what succeeded as well (recorded).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Final

from asl_engine.kernel import Identity
from asl_engine.mapruns.children import Child
from asl_engine.mapruns.problems import MapRunProblem, writer_failed
from asl_engine.mapruns.s3_objects import ObjectProblem, Objects
from asl_engine.program.distributed import Writing
from asl_engine.quotas import MAX_BYTES, MAX_RESULT_FILE
from asl_engine.values import JSON, format_timestamp, json_bytes, json_text, size_of

IN_MEMORY: Final = 4 * 1024**2
"""How many bytes of results are held in memory, a file; the rest is on disk until it is written."""

REASONS: Final = {
    "SUCCEEDED": "Execution is SUCCEEDED and cannot be redriven",
    "EXPRESS": "Execution is EXPRESS and cannot be redriven",
}


class TooLarge:
    """Stands for a result that is too large for a state."""


class Results:
    """Collects results as children end."""

    TOO_LARGE: Final = TooLarge()

    def __init__(
        self, writing: Writing | None, arn: str, objects: Objects, identity: Identity, keeps_history: bool = False
    ) -> None:
        self.writing = writing or Writing(None)
        self.is_asked_for = writing is not None
        self.arn = arn
        self.objects = objects
        self.identity = identity
        self.keeps_history = keeps_history
        self._redrive = ""
        self._values: dict[int, list[JSON]] = {}
        self._max_size = 2
        self._written: dict[str, list[JSON]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        self._files: dict[str, list[_File]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
        self.problem: MapRunProblem | None = None  # why what children gave cannot be held

    @property
    def are_files(self) -> bool:
        """Whether results are written to a bucket."""
        return self.writing.arguments is not None

    def add(self, child: Child) -> None:
        """Add what a child gave."""
        kernel = child.kernel
        has_succeeded = kernel.status == "SUCCEEDED"
        if self.are_files:
            file = "SUCCEEDED" if has_succeeded else "FAILED"
            for value in self._shown(child):
                self._append(file, value)
        elif (has_succeeded or self.is_asked_for) and self._max_size <= MAX_BYTES:
            self._max_size -= _max_size_of(self._values.pop(child.index, []))  # of the attempt before a redrive
            values = self._values[child.index] = self._shown(child)
            self._max_size += _max_size_of(values)
            if self._max_size > MAX_BYTES:
                self._values.clear()  # it cannot be the result any more

    def add_pending(self, inputs: Iterable[JSON]) -> None:
        """Add items of which no child was started."""
        for value in inputs:
            self._append(
                "PENDING", {"Input": json_text(value), "InputDetails": {"Included": True}, "Status": "PENDING"}
            )

    def value(self) -> JSON | TooLarge:
        """Return the state's result: what the children gave, in the order of the items. JSON Lines are a text."""
        if self._max_size > MAX_BYTES:
            return Results.TOO_LARGE
        values = [value for index in sorted(self._values) for value in self._values[index]]
        if self.writing.output_type == "JSONL":
            return "\n".join(map(json_text, values))
        return values

    def write(self) -> JSON | MapRunProblem:
        """Write the files, and return the state's result. Blocks."""
        if self.problem is not None:
            return self.problem
        arguments = self.writing.arguments or {}
        bucket, prefix = arguments.get("Bucket"), arguments.get("Prefix") or ""
        run = self.arn.rpartition(":")[2]
        if not isinstance(bucket, str) or not isinstance(prefix, str):
            return writer_failed("The ResultWriter needs a Bucket, and its Prefix is a text.")
        folder = (f"{prefix.rstrip('/')}/{run}" if prefix else run) + self._redrive
        manifest: dict[str, JSON] = {"DestinationBucket": bucket, "MapRunArn": self.arn, "ResultFiles": {}}
        try:
            for status, files in self._files.items():
                listed = self._written[status]
                manifest["ResultFiles"][status] = listed
                for number, file in enumerate(files):
                    key = f"{folder}/{status}_{number}.{self.writing.output_type.lower()}"
                    self.objects.put(self.identity, bucket, key, file.finished())
                    listed.append({"Key": key, "Size": file.size})
            key = f"{folder}/manifest.json"
            with SpooledTemporaryFile(IN_MEMORY) as text:
                text.write(json_bytes(manifest))
                text.seek(0)
                self.objects.put(self.identity, bucket, key, text)
        except ObjectProblem as problem:
            return writer_failed(str(problem))
        except OSError as problem:
            return _not_held(problem)
        finally:
            self._forget_files()
        return {"MapRunArn": self.arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}}

    def close(self) -> None:
        """Forget what is on disk."""
        self._forget_files()

    def written(self) -> dict[str, JSON]:
        """Return which files have been written, by status."""
        return {status: list(listed) for status, listed in self._written.items()}

    def note_written(self, written: dict[str, list[JSON]]) -> None:
        """Have written these files, in a life before this one."""
        self._written = {status: list(listed) for status, listed in written.items()}
        self._forget_files()

    def reopen(self, redrives: int) -> None:
        """Go on with a redrive: what succeeded stays, the other files are about what is tried again now."""
        self._redrive = f"/Redrive-{redrives}"
        self._written["FAILED"], self._written["PENDING"] = [], []

    def as_data(self) -> dict[str, JSON]:
        """Return what has been collected as a JSON value, for a snapshot; files that grow are in it whole."""
        contents = self._contents()
        return {
            "redrive": self._redrive,
            "values": [[index, values] for index, values in self._values.items()],
            "max_size": self._max_size,
            "written": self.written(),
            "files": contents,
            "problem": self.problem and self.problem.cause,
        }

    def go_on_from(self, data: dict[str, JSON]) -> None:
        """Have collected what `as_data` wrote down."""
        self._redrive, self._max_size = data["redrive"], data["max_size"]
        self._values = dict(data["values"])
        self._written = {status: list(listed) for status, listed in data["written"].items()}
        self.problem = writer_failed(data["problem"]) if data["problem"] is not None else None
        for status, contents in data["files"].items():
            self._files[status] = [_File(self.writing.output_type == "JSONL", content) for content in contents]

    def _forget_files(self) -> None:
        for file in (file for files in self._files.values() for file in files):
            with contextlib.suppress(OSError):  # it is full, and nobody wants it
                file.text.close()
        self._files = {status: [] for status in self._files}

    def _shown(self, child: Child) -> list[JSON]:
        """Return what is shown of a child: its output, the elements of its output, or all about it; of a failed one all
        in any case."""
        kernel, form = child.kernel, self.writing.transformation
        if form == "NONE" or kernel.status != "SUCCEEDED":
            return [described(child)]
        if form == "FLATTEN" and isinstance(kernel.output, list):
            return list(kernel.output)
        return [kernel.output]

    def _append(self, status: str, value: JSON) -> None:
        if self.problem is not None:
            return
        text = json_bytes(value)
        files = self._files[status]
        try:
            if not files or files[-1].size + len(text) > MAX_RESULT_FILE:
                files.append(_File(self.writing.output_type == "JSONL"))
            files[-1].append(text)
        except OSError as problem:
            self._lose(problem)

    def _contents(self) -> dict[str, list[str]]:
        try:
            return {status: [file.content() for file in files] for status, files in self._files.items()}
        except OSError as problem:
            self._lose(problem)
            return {status: [] for status in self._files}

    def _lose(self, problem: OSError) -> None:
        """The temporary folder is full, or is not there: what was collected is lost, and no more is."""
        self.problem = _not_held(problem)
        self._forget_files()


def _not_held(problem: OSError) -> MapRunProblem:
    return writer_failed(f"The results cannot be held on disk: {problem.strerror}")


def _max_size_of(values: list[JSON]) -> int:
    return sum(map(size_of, values)) + len(values)


class _File:
    """A result file that grows: a JSON array, or JSON Lines."""

    def __init__(self, is_lines: bool, content: str = "") -> None:
        self.is_lines = is_lines
        self.size = 0
        self.text: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed when it was written
        self._write(content.encode())

    def append(self, value: bytes) -> None:
        """Add a value's text."""
        if self.is_lines:
            self._write(value + b"\n")
        else:
            self._write((b"," if self.size else b"[") + value)

    def finished(self) -> IO[bytes]:
        """Return the whole, from its beginning."""
        if not self.is_lines:
            self._write(b"]")
        self.text.seek(0)
        return self.text

    def content(self) -> str:
        """Return what it has so far."""
        self.text.seek(0)
        return self.text.read().decode()

    def _write(self, text: bytes) -> None:
        self.text.write(text)
        self.size += len(text)


def described(child: Child) -> dict[str, JSON]:
    """Return what a result file says of a child execution."""
    return dict(_facts(child))


def _facts(child: Child) -> Iterator[tuple[str, JSON]]:
    kernel, stopped_at = child.kernel, child.stopped_at
    status, identity = kernel.status, kernel.identity
    if kernel.cause is not None:
        yield "Cause", kernel.cause
    if kernel.error is not None:
        yield "Error", kernel.error
    yield "ExecutionArn", identity.execution_arn
    yield "Input", kernel.record.text_of(kernel.input)
    yield "InputDetails", {"Included": True}
    yield "Name", identity.execution_name
    if status == "SUCCEEDED":
        yield "Output", kernel.record.text_of(kernel.output)
    yield "OutputDetails", {"Included": True}
    if identity.type == "STANDARD":
        yield "RedriveCount", kernel.redrive_count
        yield "RedriveStatus", "NOT_REDRIVABLE" if status == "SUCCEEDED" else "REDRIVABLE_BY_MAP_RUN"
        if status == "SUCCEEDED":
            yield "RedriveStatusReason", REASONS["SUCCEEDED"]
    yield "StartDate", format_timestamp(kernel.started_at)
    yield "StateMachineArn", identity.machine_arn
    yield "Status", status
    if stopped_at is not None:
        yield "StopDate", format_timestamp(stopped_at)
