"""Which children of Map Runs are remembered when they have ended: all, those that failed, or none in memory but each as
a line of a file."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Literal, Self, TypeAlias

from asl_engine.errors import UsageError
from asl_engine.files import written_whole
from asl_engine.history import read_events
from asl_engine.mapruns.children import Child
from asl_engine.mapruns.family import Watcher
from asl_engine.mapruns.map_run import MapRun
from asl_engine.mapruns.result_files import described
from asl_engine.values import format_timestamp, json_bytes

Keep: TypeAlias = Literal["all", "failed"] | str | Path
"""What to keep: in memory `"all"` children, or the `"failed"` ones; or a folder, for a file with a line for each.

A text is a folder when a separator is in it (`"./children"`), so that a mistyped word never is one."""

OnProgress: TypeAlias = Callable[[MapRun], None]
"""Is called with a Map Run whenever one of its children has ended; `run.items` and `run.executions` are its counts."""

MAX_FAILED: Final = 1_000
"""How many failed children of a Map Run are kept, where only those are."""


class Keeper(Watcher):
    """Keeps children as `keep` says. `runs` are the Map Runs by ARN, in the order of their start, `children` what is
    kept of each, by number.

    Files take their places when the execution has ended, or is interrupted; what fails in writing changes none.
    """

    def __init__(self, keep: Keep, keeps_history: bool, on_progress: OnProgress | None = None) -> None:
        self.keep = keep
        self.keeps_history = keeps_history
        self.on_progress = on_progress
        self.max_unsuccessful = math.inf if keep == "all" else MAX_FAILED
        self.runs: dict[str, MapRun] = {}
        self.children: dict[str, dict[int, Child]] = {}
        self.folder = _folder(keep)
        self._files: dict[str, IO[bytes]] = {}
        self._open = ExitStack()
        if self.folder is not None and not self.folder.is_dir():
            raise UsageError(f"children={str(self.folder)!r}: not a folder")

    def run_started(self, run: MapRun) -> None:
        """Remember a Map Run; open its file."""
        self.runs[run.arn] = run
        self.children[run.arn] = {}
        self._open_file(run)

    def _open_file(self, run: MapRun) -> None:
        """Open the file of a Map Run; what a redrive gives is in one of its own."""
        if self.folder is not None:
            name = run.arn.rpartition("/")[2].replace(":", "-")
            path = self.folder / (f"{name}-redrive-{run.redrive_count}.jsonl" if run.redrive_count else f"{name}.jsonl")
            try:
                self._files[run.arn] = self._open.enter_context(written_whole(path))
            except OSError as problem:
                raise _unwritable(path, problem) from None

    def child_ended(self, run: MapRun, child: Child) -> None:
        """Keep a child, or write it down, or forget it."""
        kept = self.children[run.arn]
        if self.folder is not None:
            if run.arn not in self._files:
                self._open_file(run)
            try:
                self._files[run.arn].write(_line(child))
            except OSError as problem:
                raise _unwritable(self.folder, problem) from None
        else:
            kept.pop(child.index, None)  # as which it ended before a redrive
            if self.keep == "all" or (child.kernel.status != "SUCCEEDED" and len(kept) < MAX_FAILED):
                kept[child.index] = child
        if self.on_progress is not None:
            self.on_progress(run)

    def kept(self) -> Iterator[tuple[MapRun, Iterable[Child]]]:
        """Yield each Map Run, with the children of it that were kept."""
        for arn, run in self.runs.items():
            yield run, self.children[arn].values()

    def successor(self) -> Keeper:
        """Return one that keeps in the same way, and knows what this one has kept."""
        keeper = Keeper(self.keep, self.keeps_history, self.on_progress)
        keeper.runs = dict(self.runs)
        keeper.children = {arn: dict(children) for arn, children in self.children.items()}
        return keeper

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_interrupted = kind is not None and not issubclass(kind, Exception)  # the children so far are whole lines
        try:
            self._open.__exit__(*((None, None, None) if is_interrupted else (kind, problem, trace)))
        except OSError as full:  # a disk that is full shows here at the latest
            if kind is None:
                raise _unwritable(self.folder, full) from None


def _folder(keep: Keep) -> Path | None:
    if keep in ("all", "failed"):
        return None
    if isinstance(keep, str) and not ("/" in keep or os.sep in keep):
        raise UsageError(f"children={keep!r}: expected 'all', 'failed', or a folder such as Path({keep!r})")
    return Path(keep)


def _unwritable(path: Path | None, problem: OSError) -> UsageError:
    return UsageError(f"{path} cannot be written: {problem.strerror}")


def _line(child: Child) -> bytes:
    line = described(child)
    if child.kernel.records is not None:
        events = read_events(child.kernel.records)
        line["Events"] = [{**event, "timestamp": format_timestamp(event["timestamp"].timestamp())} for event in events]
    return json_bytes(line) + b"\n"
