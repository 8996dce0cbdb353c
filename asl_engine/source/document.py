"""Text to value: JSON and YAML documents, and where in the text each part of them stands.

The value is read as fast as the standard library can. Positions are computed only when somebody asks for one: the
text is kept, and the first `locate` reads it a second time to note where every part begins and ends.
"""

from __future__ import annotations

import re
import stat
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from asl_engine.diagnostics import Span
from asl_engine.errors import SourceError, did_you_mean
from asl_engine.quotas import MAX_DEFINITION
from asl_engine.source.places import Place, Places
from asl_engine.values import JSON, MAX_DEPTH, TOO_DEEP, NotJSON, private_copy


class Duplicate(NamedTuple):
    """A key that an object has twice: its pointer, and the place of the one that comes too late."""

    pointer: str
    span: Span


@dataclass(frozen=True)
class Document:
    """A text that was read, and its value. `format` is `json` or `yaml`."""

    value: JSON
    text: str
    name: str
    format: str
    has_duplicates: bool = False

    @cached_property
    def _places(self) -> Places:
        if self.format == "yaml":
            from asl_engine.source.yaml_text import places

            return places(self.text)
        from asl_engine.source.json_text import places

        return places(self.text)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in re.finditer("\r\n|\r|\n", self.text))]

    @cached_property
    def may_hold_null(self) -> bool:
        """Whether a null can be in the value; YAML writes it in many ways, among them nothing at all."""
        return self.format != "json" or "null" in self.text

    @property
    def duplicates(self) -> list[Duplicate]:
        """The keys that stand twice in one object; the later one counts."""
        if not self.has_duplicates:
            return []
        return [Duplicate(pointer, self.span(start, end)) for pointer, start, end in self._places.repeated]

    def duplicates_below(self, pointer: str) -> list[Duplicate]:
        """Return the keys that stand twice somewhere in the part that `pointer` names."""
        ordered = self._repeated_by_pointer
        first, last = bisect_left(ordered, (f"{pointer}/",)), bisect_left(ordered, (f"{pointer}0",))  # 0 follows /
        in_text = sorted(ordered[first:last], key=lambda repeated: repeated[1])
        return [Duplicate(pointer, self.span(start, end)) for pointer, start, end in in_text]

    @cached_property
    def _repeated_by_pointer(self) -> list[tuple[str, int, int]]:
        """So that those in one of many definitions are next to each other."""
        return sorted(self._places.repeated)

    def locate(self, pointer: str, key: bool = False) -> Span:
        """Return where the part that `pointer` names stands, or its key; if it is not there, where its holder does."""
        place = self._place(pointer)
        return self.span(place.key_start, place.key_end) if key else self.span(place.start, place.end)

    def offset(self, pointer: str) -> int:
        """Return where in the text the part that `pointer` names begins, likewise."""
        return self._place(pointer).start

    def _place(self, pointer: str) -> Place:
        places = self._places.by_pointer
        while pointer not in places and pointer:
            pointer = pointer.rpartition("/")[0]
        return places.get(pointer, Place(0, 0, 0, 0))

    def span(self, start: int, end: int) -> Span:
        """Return lines and columns of the text from offset `start` to `end`."""
        return Span(*self._line_and_column(start), *self._line_and_column(end))

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


def parse_document(text: str, name: str = "<text>", format: str | None = None) -> Document:
    """Read a text as a definition; raise `SourceError`, with the place, for what is neither JSON nor YAML.

    `format` is `json` or `yaml`; without it the name's ending decides, and for other names the text itself.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise SourceError("the text is empty", name)
    if len(text) > MAX_DEFINITION:
        raise SourceError(f"{len(text):,} characters; a definition has at most {MAX_DEFINITION:,}", name)
    chosen = format or format_of(name, text)
    if chosen == "yaml":
        from asl_engine.source.yaml_text import parse

        value, duplicated = parse(text, name)
    else:
        from asl_engine.source.json_text import parse

        value, duplicated = parse(text, name)
    if is_deeper(value, MAX_DEPTH):
        raise SourceError(TOO_DEEP, name)
    return Document(value, text, name, chosen, duplicated)


def document_of(value: object, name: str = "<value>") -> Document:
    """Return a document for a Python value, a dict usually; a text is made from it, so that findings have a place."""
    import json

    try:
        copied = private_copy(value)
    except NotJSON as problem:
        raise SourceError(str(problem), name) from None
    return Document(copied, json.dumps(copied, indent=2, ensure_ascii=False), name, "json")


def read_document(path: str | Path) -> Document:
    """Read a file as a definition; raise `SourceError` that says what is wrong, and what is close to a missing file."""
    return parse_document(read_text(path), str(path))


def read_text(path: str | Path) -> str:
    """Return the text of a file; raise `SourceError` for one that is missing, no file, too long or not UTF-8."""
    place = Path(path)
    try:
        _refuse_what_is_no_file(str(path), place)
        with place.open("rb") as file:
            content = file.read(4 * MAX_DEFINITION + 1)  # and not one more: some files never end
    except FileNotFoundError:
        raise SourceError(_missing(place), str(path)) from None
    except (OSError, ValueError) as error:
        raise SourceError(f"cannot be read: {getattr(error, 'strerror', None) or error}", str(path)) from None
    if len(content) > 4 * MAX_DEFINITION:
        raise SourceError(f"longer than the {MAX_DEFINITION:,} characters of the longest definition", str(path))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"not UTF-8: byte {error.object[error.start]:#04x} at offset {error.start}"
        raise SourceError(problem, str(path)) from None


def _refuse_what_is_no_file(name: str, place: Path) -> None:
    """Refuse folders, and what never ends or never begins; pipes from the shell have a name in `/dev` and are read."""
    if not name:
        raise SourceError("the name of the file is empty")
    mode = place.stat().st_mode
    if stat.S_ISDIR(mode):
        raise SourceError(f"this is a folder.{_definitions_in(place)}", name)
    if not stat.S_ISREG(mode) and not name.startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/")):
        raise SourceError("this is not a file: a pipe, a socket or a device", name)


def _missing(place: Path) -> str:
    folder = place.parent
    if place.is_symlink():
        return f"no such file: this is a link to {str(place.readlink())!r}, which is not there"
    if not folder.is_dir():
        return f"no such file, and no folder {str(folder)!r}"
    return "no such file." + did_you_mean(place.name, _names_in(folder))


def _definitions_in(folder: Path) -> str:
    names = [name for name in _names_in(folder) if name.endswith((".json", ".yaml", ".yml"))]
    return f" It holds {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}." if names else ""


def _names_in(folder: Path) -> list[str]:
    """Return what is in a folder, but for hidden files; nothing of one that may not be read."""
    try:
        return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []


def format_of(name: str, text: str) -> str:
    """Return `json` or `yaml`: by the ending of the name, else by how the text begins."""
    if name.endswith(".json"):
        return "json"
    if name.endswith((".yaml", ".yml")):
        return "yaml"
    return "yaml" if re.match(r"\s*(#|---|%YAML|[A-Za-z]\w*[ \t]*:)", text) else "json"


def is_deeper(value: JSON, limit: int) -> bool:
    """Tell whether arrays and objects are nested more than `limit` deep; walks level by level, so any depth is safe."""
    level: list[JSON] = [value] if isinstance(value, (dict, list)) else []
    depth = 0
    while level:
        depth += 1
        if depth > limit:
            return True
        level = [item for holder in level for item in _items(holder) if type(item) is dict or type(item) is list]
    return False


def _items(holder: JSON) -> Iterable[JSON]:
    return holder.values() if type(holder) is dict else holder
