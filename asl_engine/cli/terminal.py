"""Writing to the terminal, to pipes and to files: whatever the text holds, and whoever reads it.

A stream that cannot show a character shows its escape. Nobody listening on standard error stops nothing; when standard
output cannot be written, the command has failed. A pipe whose reader has left raises NobodyReads.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

import click

from asl_engine.diagnostics import Paint, Severity, plain
from asl_engine.errors import UsageError, did_you_mean
from asl_engine.files import write_whole
from asl_engine.strange_text import encodable, on_one_line, printable, printable_json
from asl_engine.values import JSON


class NobodyReads(Exception):
    """The reader of standard output has left, which is no mistake. click makes an end of its own of BrokenPipeError."""


def prepare_streams() -> None:
    """Have the standard streams escape what their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def tell(text: str) -> None:
    """Write lines to standard error, if anybody can read them there; what others wrote commands nothing.

    A stream that is full keeps what it could not write, and Python would fail with that at its end: nobody hears more.
    """
    try:
        click.echo(printable(text), err=True)
    except OSError:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives


def tell_line(text: str) -> None:
    """Write one line to standard error, whatever the text holds."""
    tell(on_one_line(text))


def show(text: str) -> None:
    """Write a text to standard output; what others wrote commands nothing."""
    _put(printable(text))


def show_report(text: str) -> None:
    """Write a report to standard output with its own colours and commands: it has cleaned what others wrote."""
    _put(encodable(text))


@contextlib.contextmanager
def output_set_aside() -> Iterator[TextIO | None]:
    """Have all that is written to standard output go to standard error: by Python, and by processes that it starts.

    What was standard output is given to whoever has to write there; None if it was closed.
    """
    with contextlib.redirect_stdout(sys.stderr):
        try:
            output = os.dup(1)
        except OSError:  # it is closed
            yield None
            return
        try:
            _point(1, 2)
            with io.TextIOWrapper(io.FileIO(output, "w", closefd=False), "utf-8", "replace") as writer:
                yield writer
        finally:
            sys.stderr.flush() if sys.stderr is not None else None
            os.dup2(output, 1)
            os.close(output)


def _point(descriptor: int, target: int) -> None:
    """Have a file descriptor mean what another does, or nowhere when that is closed."""
    try:
        os.dup2(target, descriptor)
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, descriptor)
        if nowhere != descriptor:
            os.close(nowhere)


def painter(stream: TextIO | None) -> Paint:
    """Return what colours a report for a stream: only terminals have colours, unless FORCE_COLOR says otherwise.

    NO_COLOR turns them off, and goes first (no-color.org: set to anything but nothing).
    """
    if os.environ.get("NO_COLOR"):
        return plain
    is_forced = os.environ.get("FORCE_COLOR", "") not in ("", "0", "false")
    is_terminal = stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
    return _painted if is_forced or is_terminal else plain


_COLOURS: Final = {Severity.ERROR: 31, Severity.WARNING: 33, Severity.INFO: 36}
"""Red, yellow and cyan, as ANSI numbers them."""


def _painted(severity: Severity, text: str) -> str:
    return f"\x1b[1;{_COLOURS[severity]}m{text}\x1b[0m"


def show_json(value: JSON) -> None:
    """Write a value to standard output: as it is where the encoding can, else with the escapes of JSON."""
    text = printable_json(json.dumps(value, indent=2, ensure_ascii=False))
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    _put(text)


def show_file(content: str | bytes) -> None:
    """Write a document to standard output: bytes as they are, text as UTF-8, which it is by its nature."""
    _put(content if isinstance(content, bytes) else _bytes(content + "\n"), ends_line=False)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _put(text: str | bytes, ends_line: bool = True) -> None:
    try:
        click.echo(text, nl=ends_line, color=True)  # who made the text knows whether it has colours
    except BrokenPipeError:
        _let_go_of_output()
        raise NobodyReads from None
    except OSError as problem:
        _let_go_of_output()
        raise UsageError(f"standard output cannot be written: {problem.strerror}") from None


def _let_go_of_output() -> None:
    """Have what is left in the buffer of standard output go nowhere, so that the interpreter ends without a word."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check_place(path: str | None, *sources: str | None) -> None:
    """Refuse a file that cannot be written, before any work is done for it, and one of those that are read."""
    if path is None:
        return
    place = Path(path)
    if path == "-":
        raise UsageError("'-' is not a file: standard output is for the output alone")
    try:
        is_folder = place.is_dir()
    except OSError as problem:
        raise UsageError(f"{path} cannot be written: {problem.strerror}") from None
    if is_folder:
        raise UsageError(f"{path} cannot be written: it is a folder")
    if any(_are_same(place, source) for source in sources if source is not None):
        raise UsageError(f"{path} cannot be written: it is read here, and would be lost")
    if not place.parent.is_dir():
        near = [str(other) for other in place.parent.parent.glob("*") if other.is_dir()]
        raise UsageError(
            f"{path} cannot be written: there is no folder {place.parent}.{did_you_mean(str(place.parent), near)}"
        )


def _are_same(place: Path, other: str) -> bool:
    """Whether two names mean one file, there already or not. Devices are no files: they have nothing to lose."""
    try:
        return place.samefile(other) and place.is_file()
    except (OSError, ValueError):
        return os.path.realpath(place) == os.path.realpath(other)


def write_file(path: str, content: str | bytes) -> None:
    """Write a file, whole or not at all: bytes as they are, text in UTF-8 with escapes for what UTF-8 lacks."""
    try:
        write_whole(path, content)
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path} cannot be written: {getattr(problem, 'strerror', None) or problem}") from None


def read_file(path: str, most: int) -> bytes:
    """Return the bytes of a file, or of standard input for `-`; no more than one byte above `most`."""
    if path != "-":
        with open(path, "rb") as file:
            return file.read(most + 1)
    source: BinaryIO | Any = getattr(sys.stdin, "buffer", None)
    return source.read(most + 1) if source is not None else b""
