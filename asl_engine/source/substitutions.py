"""What a template fills into its definitions: `DefinitionSubstitutions`, against the placeholders that are there.

CloudFormation puts a value in place of `${Name}`, wherever it stands in the text of the definition. `Fn::Sub` comes
before: what it goes over leaves `${Name}` behind only where `${!Name}` is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from asl_engine.diagnostics import Span
from asl_engine.errors import SourceError
from asl_engine.pointers import escape
from asl_engine.source.document import Document, read_text
from asl_engine.source.functions import is_function, pieces_of
from asl_engine.source.template import Quoted, local_file, quoted, state_machines, uri_of
from asl_engine.values import JSON

PLACEHOLDER: Final = re.compile(r"\$\{([\w.:-]+)\}")
_ESCAPED: Final = re.compile(r"\$\{!([\w.:-]+)\}")


class Name(NamedTuple):
    """A name that a definition has as a placeholder, or that a template gives a value: with the place of it."""

    name: str
    pointer: str
    span: Span


class Filling(NamedTuple):
    """What does not go together in one state machine: placeholders without a value, and values without one."""

    missing: list[Name]
    unused: list[Name]
    refused: list[Name]
    """Files that are not read, as they are not in the template's folder."""


def refused_in(template: Document, below: Path | None = None) -> Iterator[Filling]:
    """Yield the files that a template names and that are not read, being outside of the folder that is allowed."""
    for name, _, properties in state_machines(template.value):
        uri = uri_of(properties)
        if uri is not None and local_file(template, properties, below) is None:
            pointer = f"/Resources/{escape(name)}/Properties/DefinitionUri"
            yield Filling([], [], [Name(uri, pointer, template.locate(pointer))])


def fillings_in(template: Document, below: Path | None = None) -> Iterator[Filling]:
    """Yield what is to be said of each state machine of a template; nothing where something is not known.

    Macros may change a template in any way, and a definition in a bucket cannot be read.
    """
    if _has_macros(template):
        return
    for name, _, properties in state_machines(template.value):
        pointer = f"/Resources/{escape(name)}/Properties"
        defined = properties.get("DefinitionSubstitutions", {})
        used = _used(template, pointer, properties, below)
        if used is not None and isinstance(defined, dict) and not is_function(defined):
            at = f"{pointer}/DefinitionSubstitutions"
            substitutions = [_named(template, key, f"{at}/{escape(key)}") for key in defined]
            named = {use.name: use for use in reversed(used)}  # the first place of each
            missing = [use for name, use in named.items() if name not in defined and re.fullmatch(r"\w+", name)]
            yield Filling(missing, [use for use in substitutions if use.name not in named], [])


def _has_macros(template: Document) -> bool:
    if re.search(r"(Fn::|!)Transform\b", template.text):
        return True
    value = template.value
    transforms = value.get("Transform", []) if isinstance(value, dict) else []
    names = transforms if isinstance(transforms, list) else [transforms]
    return not all(isinstance(name, str) and name.startswith("AWS::") for name in names)


def _named(template: Document, name: str, pointer: str) -> Name:
    return Name(name, pointer, template.locate(pointer, key=True))


def _used(template: Document, pointer: str, properties: dict[str, JSON], below: Path | None) -> list[Name] | None:
    """Return the placeholders of a definition; None for a definition that cannot be known."""
    for field in ("Definition", "DefinitionString"):
        if field in properties:
            at, value = f"{pointer}/{field}", properties[field]
            pieces = pieces_of(value, at)
            if pieces is not None:
                return list(_in_text(quoted(template, at, pieces)))
            return None if is_function(value) else list(_in_value(template, value, at))
    file = local_file(template, properties, below)
    return _in_file(template, f"{pointer}/DefinitionUri", file) if file is not None else None


def _in_text(text: Quoted) -> Iterator[Name]:
    start = 0
    for piece in text.pieces:
        pattern = {"text": PLACEHOLDER, "sub": _ESCAPED}.get(piece.kind)
        for match in pattern.finditer(piece.text) if pattern else ():
            yield Name(match[1], text.pointer, text.span(start + match.start(), start + match.end()))
        start += len(piece.text)


def _in_value(template: Document, value: JSON, pointer: str) -> Iterator[Name]:
    if is_function(value):
        yield from _in_call(template, value, pointer)
    elif isinstance(value, str):
        yield from (Name(name, pointer, template.locate(pointer)) for name in PLACEHOLDER.findall(value))
    elif isinstance(value, dict):
        for key, item in value.items():
            at = f"{pointer}/{escape(key)}"
            yield from (_named(template, name, at) for name in PLACEHOLDER.findall(key))
            yield from _in_value(template, item, at)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _in_value(template, item, f"{pointer}/{index}")


def _in_call(template: Document, call: dict[str, JSON], pointer: str) -> Iterator[Name]:
    """Yield what stands in the texts of a function: `Fn::If` gives one of them, `Fn::Join` all."""
    ((function, argument),) = call.items()
    if function == "Fn::Sub":
        for piece in pieces_of(call, pointer) or ():
            yield from (Name(name, pointer, template.locate(pointer)) for name in _ESCAPED.findall(piece.text))
    else:
        yield from _in_value(template, argument, f"{pointer}/{escape(function)}")


def _in_file(template: Document, pointer: str, file: Path) -> list[Name] | None:
    try:
        names = PLACEHOLDER.findall(read_text(file))
    except SourceError:
        return None  # which is told of with the file
    return [Name(name, pointer, template.locate(pointer)) for name in names]
