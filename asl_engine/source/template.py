"""State machines in templates of AWS SAM and CloudFormation: where their definitions are, and what they say.

What a template fills in later is a placeholder, as `${Name}` is in a definition that stands in a file of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

from asl_engine.diagnostics import Span
from asl_engine.errors import SourceError
from asl_engine.pointers import escape
from asl_engine.source.document import Document, Duplicate, parse_document
from asl_engine.source.functions import Piece, filled, is_function, pieces_of
from asl_engine.source.origins import origins_of
from asl_engine.values import JSON

TYPES: Final = {"AWS::Serverless::StateMachine": "Type", "AWS::StepFunctions::StateMachine": "StateMachineType"}
"""The types of resources that are state machines, with the property that says STANDARD or EXPRESS."""


@dataclass(frozen=True)
class Part(Document):
    """A definition that is an object in a template: its places are the template's."""

    whole: Document | None = None
    pointer: str = ""

    @property
    def may_hold_null(self) -> bool:
        """Whether a null can be in the template; its text is not read again for each definition."""
        assert self.whole is not None
        return self.whole.may_hold_null

    @property
    def duplicates(self) -> list[Duplicate]:
        """The keys that stand twice in the definition."""
        assert self.whole is not None
        own = self.whole.duplicates_below(self.pointer) if self.has_duplicates else []
        return [Duplicate(duplicate.pointer.removeprefix(self.pointer), duplicate.span) for duplicate in own]

    def locate(self, pointer: str, key: bool = False) -> Span:
        """Return where a part of the definition stands in the template."""
        assert self.whole is not None
        return self.whole.locate(self.pointer + pointer, key)


@dataclass(frozen=True)
class Quoted(Document):
    """A definition that is a text in a template, put together from pieces: its places are the template's, too."""

    whole: Document | None = None
    pointer: str = ""
    pieces: tuple[Piece, ...] = ()

    @cached_property
    def _origins(self) -> list[int]:
        """The offset in the template of each character of the text."""
        return [offset for piece in self.pieces for offset in self._origins_of(piece)]

    def _origins_of(self, piece: Piece) -> list[int]:
        assert self.whole is not None
        start = self.whole.offset(piece.pointer)
        origins = None
        if piece.kind != "open":
            origins = origins_of(self.whole.text, start, piece.text, self.whole.format)
        return origins or [start] * len(piece.text)

    def span(self, start: int, end: int) -> Span:
        """Return lines and columns of the template for a stretch of the text."""
        assert self.whole is not None
        origins = self._origins
        first = origins[min(start, len(origins) - 1)] if origins else self.whole.offset(self.pointer)
        last = origins[min(end, len(origins)) - 1] if start < end and origins else first
        return self.whole.span(first, max(first, last) + 1)


class Found(NamedTuple):
    """A state machine of a template: its pointer, its type, and its definition, or a text and why that is none."""

    pointer: str
    type: str
    document: Document | None
    text: str = ""
    problem: SourceError | None = None
    span: Span | None = None


def is_template(value: JSON) -> bool:
    """Whether a document is a template with a state machine in it."""
    return isinstance(value, dict) and "States" not in value and any(True for _ in state_machines(value))


def definitions_in(template: Document) -> Iterator[Found]:
    """Yield the state machines whose definitions stand in a template."""
    for name, kind, properties in state_machines(template.value):
        for field in ("Definition", "DefinitionString"):
            pointer = f"/Resources/{escape(name)}/Properties/{field}"
            if field in properties:
                value = properties[field]
                if not is_function(value) or pieces_of(value, pointer):
                    yield _found(template, pointer, kind, value)


def files_in(template: Document, below: Path | None = None) -> list[Path]:
    """Return the local files that a template names as definitions, and that may be read."""
    files = (local_file(template, properties, below) for _, _, properties in state_machines(template.value))
    return [file for file in files if file is not None]


def local_file(template: Document, properties: dict[str, JSON], below: Path | None = None) -> Path | None:
    """Return the file that a state machine names as its definition; None for what is in a bucket, or not known.

    None also for what is not `below` a folder, that of the template unless another is allowed: who wrote the template
    need not be who checks it, and reports quote what they read.
    """
    uri = uri_of(properties)
    if uri is None:
        return None
    folder = Path(template.name).parent
    try:
        file = (folder / uri).resolve()
        allowed = (below or folder).resolve()
    except (OSError, ValueError, RuntimeError):  # a circle of links, or a name that is none
        return None
    is_circle = file.is_symlink()  # what is resolved is a link only in a circle, which Python 3.13 does not refuse
    if is_circle or not file.is_relative_to(allowed) or any(file.is_relative_to(place) for place in SPECIAL):
        return None
    own = folder.resolve()
    return folder / file.relative_to(own) if file.is_relative_to(own) else file  # one name only for each file


SPECIAL: Final = ("/proc", "/dev", "/sys")
"""Where files are that are none."""


def uri_of(properties: dict[str, JSON]) -> str | None:
    """Return the local place that a state machine names as its definition."""
    uri = properties.get("DefinitionUri")
    is_local = isinstance(uri, str) and "${" not in uri and not uri.startswith(("s3:", "https:"))
    return uri if is_local else None


def state_machines(value: JSON) -> Iterator[tuple[str, str, dict[str, JSON]]]:
    """Yield the name, the type and the properties of each state machine of a template."""
    resources = value.get("Resources") if isinstance(value, dict) else None
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        if isinstance(resource, dict) and isinstance(properties := resource.get("Properties"), dict):
            kind = TYPES.get(str(resource.get("Type")))
            if kind is not None:
                yield name, str(properties.get(kind, "STANDARD")), properties


def _found(template: Document, pointer: str, kind: str, value: JSON) -> Found:
    pieces = pieces_of(value, pointer)
    if pieces is None:
        own = (filled(value), template.text, template.name, "json", template.has_duplicates)
        return Found(pointer, kind, Part(*own, template, pointer))
    text = quoted(template, pointer, pieces)
    try:
        inner = parse_document(text.text, template.name, "json")
    except SourceError as problem:
        at = _offset(text.text, problem)
        return Found(pointer, kind, None, text.text, problem, text.span(at, at + 1))
    return Found(pointer, kind, replace(text, value=inner.value, has_duplicates=inner.has_duplicates))


def quoted(template: Document, pointer: str, pieces: list[Piece]) -> Quoted:
    """Return the text that pieces of a template make, as a document whose value has not been read."""
    text = "".join(piece.text for piece in pieces)
    return Quoted(None, text, template.name, "json", False, template, pointer, tuple(pieces))


def _offset(text: str, problem: SourceError) -> int:
    """Return where in a text a problem is, which has a line and a column."""
    starts = [0, *(match.end() for match in re.finditer("\r\n|\r|\n", text))]
    return starts[min(max(problem.line - 1, 0), len(starts) - 1)] + max(problem.column - 1, 0)
