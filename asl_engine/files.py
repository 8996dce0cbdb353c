"""Files as users have them: written whole or not at all, and looked for in folders of any depth and shape."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

DEFINITIONS: Final = (".asl.json", ".asl.yaml", ".asl.yml")
"""How the names of definitions end that are found in a folder."""

PART: Final = ".asl-part-"
"""How the names begin of files that are not whole yet, the rest of which nobody knows beforehand; a process that is
killed leaves one."""


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file as `written_whole` does; a text in UTF-8, with escapes for what UTF-8 lacks. Raises OSError."""
    with written_whole(path) as file:
        file.write(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))


@contextlib.contextmanager
def written_whole(path: str | Path) -> Iterator[IO[bytes]]:
    """Give a file to write that takes its place when it is whole: until then, and on any exception, nothing changes.

    Links are kept, and so is the mode of a file that is there. What is no plain file (a pipe, `/dev/stdout`) is written
    as it is, and so is a file in a folder that takes no new ones. Raises OSError.
    """
    place = Path(os.path.realpath(path))
    mode = _mode_of(place)
    if mode is not None and not stat.S_ISREG(mode):
        with open(path, "wb") as device:
            yield device
        return
    if mode is not None:
        os.close(os.open(place, os.O_WRONLY))  # who may not write the file may not replace it either
        if not os.access(place.parent, os.W_OK | os.X_OK):
            with place.open("wb") as same:
                yield same
            return
    with replaced_whole(place, mode) as file:
        yield file


@contextlib.contextmanager
def replaced_whole(place: Path, mode: int | None = None) -> Iterator[IO[bytes]]:
    """Give a file to write that replaces whatever has its name when it is whole, be it a link or a pipe.

    `mode` is what it may be used for, as `stat` has it. Raises OSError.
    """
    beside = place.with_name(f"{PART}{secrets.token_hex(8)}")
    try:
        with beside.open("xb") as file:  # a new file: whatever has this name already is not followed
            yield file
        if mode is not None:
            beside.chmod(stat.S_IMODE(mode))
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def _mode_of(place: Path) -> int | None:
    try:
        return place.stat().st_mode
    except FileNotFoundError:
        return None


def files_below(folder: str | Path, endings: Sequence[str]) -> tuple[list[str], list[OSError]]:
    """Return the files in a folder and below whose names end so, sorted, and why some folders could not be read.

    Links to folders are not followed. The depth does not matter.
    """
    files: list[str] = []
    problems: list[OSError] = []
    folders = [str(folder)]
    while folders:
        try:
            with os.scandir(folders.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(os.path.normpath(entry.path))
                    elif entry.name.endswith(tuple(endings)):
                        files.append(os.path.normpath(entry.path))
        except OSError as problem:
            problems.append(problem)
    return sorted(files), problems


def files_like(pattern: str) -> list[str]:
    """Return the files that a pattern means, sorted: `*`, `?` and `[...]` in names, `**` for any folders.

    A folder that links lead to again is looked through once for each part of the pattern, so loops end.
    """
    steps = Path(pattern).parts
    root, steps = (steps[0], steps[1:]) if Path(pattern).is_absolute() else ("", steps)
    files: list[str] = []
    seen: set[tuple[int, int, int]] = set()
    places = [(root, 0)]
    for place, number in places:
        step, is_last = steps[number], number == len(steps) - 1
        if step == "**":
            places += [] if is_last else [(place, number + 1)]
        elif step == "..":
            places.append((os.path.join(place, step), number + 1))
            continue
        for name, is_folder in _entries(place, number, seen):
            path = os.path.join(place, name)
            is_match = not (name.startswith(".") and not step.startswith(".")) and (
                step == "**" or fnmatch.fnmatchcase(name, step)
            )
            if is_match and is_folder:
                places += [(path, number)] if step == "**" else [] if is_last else [(path, number + 1)]
            elif is_match and is_last:
                files.append(path)
    return sorted(set(files))


def _entries(place: str, number: int, seen: set[tuple[int, int, int]]) -> list[tuple[str, bool]]:
    """Return the names in a folder, and whether each is a folder; none where this step has been before."""
    try:
        facts = os.stat(place or ".")
        if (facts.st_dev, facts.st_ino, number) in seen:
            return []
        seen.add((facts.st_dev, facts.st_ino, number))
        with os.scandir(place or ".") as entries:
            return [(entry.name, entry.is_dir()) for entry in entries if entry.is_dir() or entry.is_file()]
    except OSError:
        return []
