"""Why a Map Run cannot go on, in the service's words."""

from __future__ import annotations


class MapRunProblem(Exception):
    """A Map Run cannot go on; `error` and `cause` are the service's words for it."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error = error
        self.cause = cause


def reader_failed(cause: str) -> MapRunProblem:
    """Return the problem of items that cannot be read."""
    return MapRunProblem("States.ItemReaderFailed", cause)


def writer_failed(cause: str) -> MapRunProblem:
    """Return the problem of results that cannot be written."""
    return MapRunProblem("States.ResultWriterFailed", cause)
