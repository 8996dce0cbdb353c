"""Executions with mocked integrations: `<machine ARN>#<test case>` names a test case of the MockConfigFile."""

from __future__ import annotations

import os
from pathlib import Path

from asl_engine.errors import UsageError
from asl_engine.server.errors import ApiError
from asl_engine.tasks.mock_config import MockConfig, MockedStates
from asl_engine.values import parse_json

MAX_FILE_BYTES = 16 * 1024 * 1024
"""The largest MockConfigFile that is read."""


class MockConfigFile:
    """A MockConfigFile, read again when it has changed."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._config: MockConfig | None = None

    def config(self) -> MockConfig:
        """Return what the file says now. Raises UsageError when that is no mock configuration."""
        try:
            status = os.stat(self.path)
            seen = (status.st_mtime_ns, status.st_size)
            if self._config is None or seen != self._seen:
                if status.st_size > MAX_FILE_BYTES:
                    raise UsageError(f"larger than {MAX_FILE_BYTES} bytes")
                self._config = MockConfig(parse_json(Path(self.path).read_text("utf-8")))
                self._seen = seen
        except OSError as problem:
            raise UsageError(f"{self.path} cannot be read: {problem.strerror}") from None
        except UsageError as problem:
            raise UsageError(f"{self.path}: {problem}") from None
        except ValueError as problem:
            raise UsageError(f"{self.path} is not JSON: {problem}") from None
        return self._config


def split_test_case(arn: str, file: MockConfigFile | None) -> tuple[str, str | None, MockedStates | None]:
    """Return the machine's ARN, and the test case that is named after it, with its answers; None when none is named, or
    there is no file."""
    machine_arn, mark, case = arn.partition("#")
    if not mark or file is None:
        return arn, None, None
    try:
        return machine_arn, case, mocks_of(machine_arn, case, file)
    except UsageError as problem:
        raise ApiError("ValidationException", str(problem)) from None


def mocks_of(machine_arn: str, case: str, file: MockConfigFile | None) -> MockedStates:
    """Return the answers of a test case. Raises UsageError when there is no such case."""
    if file is None:
        raise UsageError(f"it was started with the test case {case}, and there is no MockConfigFile")
    return file.config().states(machine_arn.rpartition(":")[2], case)
