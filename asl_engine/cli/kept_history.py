"""The history that `asl run` writes, also of a run that is ended before its end."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from asl_engine.cli.terminal import write_file

if TYPE_CHECKING:
    from asl_engine.engine import OnEvent

TERMINATED: Final = 143
"""The exit code after SIGTERM, as shells have it: 128 and the number of the signal."""


def write_history(file: str, events: Iterable[Mapping[str, Any]]) -> None:
    """Write events as GetExecutionHistory gives them."""
    text = json.dumps({"events": list(events)}, indent=2, ensure_ascii=False, default=_as_text)
    write_file(file, text + "\n")


def follow(tell_event: OnEvent | None, seen: list[dict[str, Any]] | None) -> OnEvent | None:
    """Return what is called with each event: tells it, and remembers it where `seen` is a list."""
    if tell_event is None or seen is None:
        return tell_event if seen is None else seen.append

    def tell_and_remember(event: dict[str, Any]) -> None:
        seen.append(event)
        tell_event(event)

    return tell_and_remember


@contextlib.contextmanager
def history_kept(file: str | None, seen: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Write the history so far when Ctrl-C or SIGTERM ends the run; SIGTERM goes the way of Ctrl-C."""
    ended_by: list[int] = []

    def end(number: int, frame: object) -> None:
        ended_by.append(number)
        signal.raise_signal(signal.SIGINT)

    before = None
    with contextlib.suppress(ValueError):  # signals belong to the main thread
        before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    except KeyboardInterrupt:
        if file is not None:
            write_history(file, seen)
        if ended_by:
            raise SystemExit(TERMINATED) from None
        raise
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _as_text(moment: Any) -> str:
    return str(moment.isoformat())
