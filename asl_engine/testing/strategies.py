"""Inputs for property tests: a hypothesis strategy, made of examples or of a JSON Schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from asl_engine.errors import UsageError
from asl_engine.values import JSON

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def inputs(*examples: JSON, schema: dict[str, Any] | None = None) -> SearchStrategy[Any]:
    """Return a strategy for values that look like the examples, or that a schema allows.

    What the examples have in common is taken for their shape: fields that all have are always there, others now and
    then; a value has the type that it has in some example, or is one that stands in an example. A field that is null in
    some example may be null. Raises UsageError where neither examples nor a schema are given, or a package is missing.
    """
    if (schema is None) == (not examples):
        raise UsageError("inputs() needs examples, or schema=, and not both")
    try:
        if schema is not None:
            from asl_engine.testing.schemas import from_schema

            return from_schema(schema)
        return _like(examples)
    except ImportError as problem:
        raise UsageError(f"inputs() needs {problem.name!r}: pip install 'asl-engine[testing]'") from None


def _like(examples: Sequence[JSON]) -> SearchStrategy[Any]:
    from hypothesis import strategies

    kinds: dict[type, list[Any]] = {}
    for example in examples:
        kinds.setdefault(type(example), []).append(example)
    return strategies.one_of([_of_kind(kind, values) for kind, values in kinds.items()])


def _of_kind(kind: type, values: list[Any]) -> SearchStrategy[Any]:
    from hypothesis import strategies

    if kind is dict:
        return _objects(values)
    if kind is list:
        items = [item for value in values for item in value]
        return strategies.lists(_like(items), max_size=10) if items else strategies.just([])
    if kind is bool:
        return strategies.booleans()
    if kind is int:
        return strategies.sampled_from(values) | strategies.integers(-(2**53), 2**53)
    if kind is float:
        return strategies.sampled_from(values) | strategies.floats(allow_nan=False, allow_infinity=False)
    if kind is str:
        return strategies.sampled_from(values) | strategies.text(max_size=50)
    return strategies.none()


def _objects(examples: list[dict[str, JSON]]) -> SearchStrategy[Any]:
    from hypothesis import strategies

    names = list(dict.fromkeys(name for example in examples for name in example))
    fields = {name: _like([example[name] for example in examples if name in example]) for name in names}
    always = {name: field for name, field in fields.items() if all(name in example for example in examples)}
    optional = {name: field for name, field in fields.items() if name not in always}
    return strategies.fixed_dictionaries(always, optional=optional)
