"""Writing to the terminal, to pipes and to files: whatever the text holds, and whoever reads it.

A stream that cannot show a character shows its escape. Nobody listening on standard error stops nothing; when standard
output cannot be written, the command has failed. A pipe whose reader has left raises NobodyReads.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

import click

from asl_engine.diagnostics import Paint, Severity, plain
from asl_engine.errors import UsageError, did_you_mean
from asl_engine.values import JSON


class NobodyReads(Exception):
    """The reader of standard output has left, which is no mistake. click makes an end of its own of BrokenPipeError."""


def prepare_streams() -> None:
    """Have the standard streams escape what their encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def tell(line: str) -> None:
    """Write a line to standard error, if anybody can read it there.

    A stream that is full keeps what it could not write, and Python would fail with that at its end: nobody hears more.
    """
    try:
        click.echo(_encodable(line), err=True)
    except OSError:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives


def show(text: str) -> None:
    """Write a text to standard output."""
    _put(_encodable(text))


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
    text = json.dumps(value, indent=2, ensure_ascii=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2)
    _put(text)


def show_file(content: str | bytes) -> None:
    """Write a document to standard output: bytes as they are, text as UTF-8, which it is by its nature."""
    _put(content if isinstance(content, bytes) else _bytes(content + "\n"), ends_line=False)


def _encodable(text: str) -> str:
    """Escape what no encoding has: halves of characters, which JSON can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


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


def check_place(path: str | None) -> None:
    """Refuse a file that cannot be written, before any work is done for it."""
    if path is None:
        return
    place = Path(path)
    if path == "-":
        raise UsageError("'-' is not a file: standard output is for the output alone")
    if place.is_dir():
        raise UsageError(f"{path} cannot be written: it is a folder")
    if not place.parent.is_dir():
        near = [str(other) for other in place.parent.parent.glob("*") if other.is_dir()]
        raise UsageError(
            f"{path} cannot be written: there is no folder {place.parent}.{did_you_mean(str(place.parent), near)}"
        )


def write_file(path: str, content: str | bytes) -> None:
    """Write a file: bytes as they are, text in UTF-8 with escapes for what UTF-8 lacks; in JSON these are its own."""
    try:
        Path(path).write_bytes(content if isinstance(content, bytes) else _bytes(content))
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path} cannot be written: {getattr(problem, 'strerror', None) or problem}") from None


def read_file(path: str, most: int) -> bytes:
    """Return the bytes of a file, or of standard input for `-`; no more than one byte above `most`."""
    if path != "-":
        with open(path, "rb") as file:
            return file.read(most + 1)
    source: BinaryIO | Any = getattr(sys.stdin, "buffer", None)
    return source.read(most + 1) if source is not None else b""
