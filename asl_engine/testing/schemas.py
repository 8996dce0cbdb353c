"""A hypothesis strategy for the values that a JSON Schema allows.

The keywords are those that schemas of workflow inputs use; one that is not known is refused, and never ignored. (A
package for this exists, and does not work with the hypothesis of today.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies
from hypothesis.strategies import SearchStrategy

from asl_engine.errors import UsageError
from asl_engine.values import JSON

Schema = dict[str, Any]

_ANNOTATIONS: Final = frozenset({
    "$schema", "$id", "$defs", "$comment", "definitions", "title", "description", "default", "examples", "deprecated",
})  # fmt: skip
_KEYWORDS: Final = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"minLength", "maxLength", "pattern"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "boolean": set(),
    "null": set(),
}
_FREE: Final = strategies.recursive(
    strategies.none() | strategies.booleans() | strategies.integers() | strategies.text(max_size=20),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(max_size=10), inner),
    max_leaves=5,
)


def from_schema(schema: Schema | bool) -> SearchStrategy[Any]:
    """Return a strategy for what a schema allows. Raises UsageError for a keyword that is not known."""
    return _Reader(schema if isinstance(schema, dict) else {}).read(schema, "")


class _Reader:
    """Reads one document; `$ref` leads to its parts."""

    def __init__(self, document: Schema) -> None:
        self.document = document
        self.known: dict[str, SearchStrategy[Any]] = {}

    def read(self, schema: Schema | bool, where: str) -> SearchStrategy[Any]:
        if schema is True or schema == {}:
            return _FREE
        if not isinstance(schema, dict):
            raise UsageError(f"the schema at {where or '/'} is {schema!r}, which allows nothing")
        if "$ref" in schema:
            return self._referred(schema["$ref"], where)
        if "const" in schema:
            return strategies.just(schema["const"])
        if "enum" in schema:
            return strategies.sampled_from(schema["enum"])
        for choice in ("anyOf", "oneOf"):
            if choice in schema:
                parts = enumerate(schema[choice])
                return strategies.one_of([self.read(part, f"{where}/{choice}/{at}") for at, part in parts])
        return self._typed(schema, where)

    def _referred(self, reference: str, where: str) -> SearchStrategy[Any]:
        if reference not in self.known:
            part: Any = self.document
            for name in reference.removeprefix("#").split("/")[1:]:
                part = part.get(name) if isinstance(part, dict) else None
            if part is None or not reference.startswith("#"):
                raise UsageError(f"the schema at {where or '/'} refers to {reference!r}, which is not in it")
            self.known[reference] = strategies.deferred(lambda: self.read(part, reference[1:]))
        return self.known[reference]

    def _typed(self, schema: Schema, where: str) -> SearchStrategy[Any]:
        named = schema.get("type", list(_KEYWORDS))
        types = [named] if isinstance(named, str) else named
        known = {keyword for name in types for keyword in _KEYWORDS.get(name, set())} | _ANNOTATIONS | {"type"}
        unknown = sorted(set(schema) - known)
        if unknown or not set(types) <= set(_KEYWORDS):
            raise UsageError(f"the schema at {where or '/'} has {(unknown or types)[0]!r}, which is not known here")
        make: dict[str, Callable[[Schema, str], SearchStrategy[Any]]] = {
            "object": self._object,
            "array": self._array,
            "string": _string,
            "integer": _integer,
            "number": _number,
            "boolean": lambda schema, where: strategies.booleans(),
            "null": lambda schema, where: strategies.none(),
        }
        return strategies.one_of([make[name](schema, where) for name in types])

    def _object(self, schema: Schema, where: str) -> SearchStrategy[Any]:
        properties = schema.get("properties", {})
        fields = {name: self.read(part, f"{where}/properties/{name}") for name, part in properties.items()}
        required = schema.get("required", [])
        always = {name: fields.get(name, _FREE) for name in required}
        return strategies.fixed_dictionaries(
            always, optional={name: field for name, field in fields.items() if name not in always}
        )

    def _array(self, schema: Schema, where: str) -> SearchStrategy[Any]:
        items = self.read(schema.get("items", True), f"{where}/items")
        least = schema.get("minItems", 0)
        return strategies.lists(items, min_size=least, max_size=schema.get("maxItems", least + 10))


def _string(schema: Schema, where: str) -> SearchStrategy[Any]:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if "pattern" in schema:
        pattern: str = schema["pattern"]
        texts = strategies.from_regex(pattern)
        if "$" in pattern:  # Python's lets a newline follow, the one of JSON Schema does not
            texts = texts.filter(lambda text: not text.endswith("\n"))
        return texts.filter(lambda text: len(text) >= least and (most is None or len(text) <= most))
    return strategies.text(min_size=least, max_size=least + 50 if most is None else most)


def _integer(schema: Schema, where: str) -> SearchStrategy[Any]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        least = schema["exclusiveMinimum"] + 1
    if "exclusiveMaximum" in schema:
        most = schema["exclusiveMaximum"] - 1
    return strategies.integers(least, most)


def _number(schema: Schema, where: str) -> SearchStrategy[JSON]:
    limits: dict[str, Any] = {
        "min_value": schema.get("exclusiveMinimum", schema.get("minimum")),
        "max_value": schema.get("exclusiveMaximum", schema.get("maximum")),
        "exclude_min": "exclusiveMinimum" in schema,
        "exclude_max": "exclusiveMaximum" in schema,
    }
    return strategies.floats(allow_nan=False, allow_infinity=False, **limits)
