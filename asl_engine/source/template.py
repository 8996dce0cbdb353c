"""State machines in templates of AWS SAM and CloudFormation: where their definitions are, and what they say.

What a template fills in later (`Ref`, `Fn::GetAtt`, `Fn::Sub` and the like) is a placeholder, as `${Name}` is in a
definition that stands in a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from asl_engine.diagnostics import Span
from asl_engine.errors import SourceError
from asl_engine.source.document import Document, Duplicate, parse_document
from asl_engine.source.places import escape
from asl_engine.values import JSON

TYPES: Final = {"AWS::Serverless::StateMachine": "Type", "AWS::StepFunctions::StateMachine": "StateMachineType"}
"""The types of resources that are state machines, with the property that says STANDARD or EXPRESS."""


@dataclass(frozen=True)
class Part(Document):
    """A definition that is an object in a template: its places are the template's."""

    whole: Document | None = None
    pointer: str = ""

    @property
    def duplicates(self) -> list[Duplicate]:
        """Those of the template are told of with the template."""
        return []

    def locate(self, pointer: str, key: bool = False) -> Span:
        """Return where a part of the definition stands in the template."""
        assert self.whole is not None
        return self.whole.locate(self.pointer + pointer, key)


@dataclass(frozen=True)
class Quoted(Part):
    """A definition that is a text in a template: all of it stands where the text does."""

    def locate(self, pointer: str, key: bool = False) -> Span:
        """Return where the text stands."""
        assert self.whole is not None
        return self.whole.locate(self.pointer)


class Found(NamedTuple):
    """A state machine of a template: its pointer, its type, and its definition, or why that cannot be read."""

    pointer: str
    kind: str
    document: Document | None
    problem: SourceError | None = None


def is_template(value: JSON) -> bool:
    """Whether a document is a template with a state machine in it."""
    return isinstance(value, dict) and "States" not in value and any(True for _ in _resources(value))


def definitions_in(template: Document) -> Iterator[Found]:
    """Yield the state machines whose definitions stand in a template."""
    for name, kind, properties in _resources(template.value):
        for field in ("Definition", "DefinitionString"):
            pointer = f"/Resources/{escape(name)}/Properties/{field}"
            if field in properties:
                yield _found(template, pointer, kind, properties[field])


def uris_in(template: Document) -> list[str]:
    """Return the local files that a template names as definitions."""
    named = [properties.get("DefinitionUri") for _, _, properties in _resources(template.value)]
    return [uri for uri in named if isinstance(uri, str) and "${" not in uri and not uri.startswith(("s3:", "https:"))]


def _resources(value: JSON) -> Iterator[tuple[str, str, dict[str, JSON]]]:
    resources = value.get("Resources") if isinstance(value, dict) else None
    for name, resource in resources.items() if isinstance(resources, dict) else ():
        properties = resource.get("Properties") if isinstance(resource, dict) else None
        if isinstance(properties, dict) and resource.get("Type") in TYPES:
            yield name, str(properties.get(TYPES[resource["Type"]], "STANDARD")), properties


def _found(template: Document, pointer: str, kind: str, value: JSON) -> Found:
    text = value if isinstance(value, str) else _joined(value)
    if text is None:
        return Found(pointer, kind, Part(filled(value), template.text, template.name, "json", False, template, pointer))
    try:
        inner = parse_document(text, template.name, "json")
    except SourceError as problem:
        return Found(pointer, kind, None, problem)
    return Found(pointer, kind, Quoted(inner.value, text, template.name, "json", False, template, pointer))


def _joined(value: JSON) -> str | None:
    """Return the text that `Fn::Sub` or `Fn::Join` makes, with placeholders in it; None for anything else."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((function, given),) = value.items()
    if function == "Fn::Sub":
        text = given[0] if isinstance(given, list) and given else given
        return text if isinstance(text, str) else None
    if function == "Fn::Join" and isinstance(given, list) and len(given) == 2 and isinstance(given[1], list):
        return str(given[0]).join(part if isinstance(part, str) else "${Part}" for part in given[1])
    return None


def filled(value: JSON) -> JSON:
    """Return a definition with a placeholder for each function of the template's."""
    if isinstance(value, dict):
        if len(value) == 1 and (name := next(iter(value))) and (name == "Ref" or name.startswith("Fn::")):
            return _joined(value) if name == "Fn::Sub" else "${" + name.removeprefix("Fn::") + "}"
        return {key: filled(item) for key, item in value.items()}
    return [filled(item) for item in value] if isinstance(value, list) else value
