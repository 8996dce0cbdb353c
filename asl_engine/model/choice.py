"""The rules of a Choice state.

A rule compares (`Variable` and one operator), combines (`And`, `Or`, `Not`) or, in JSONata, evaluates a `Condition`.
Rules at the top of `Choices` also say where to go; nested ones must not.
"""

from __future__ import annotations

from pydantic import Field

from asl_engine.model.base import Assigner, Boolean, Number, Path


class ChoiceRule(Assigner):
    """One rule: exactly one of `Variable` with an operator, `And`, `Or`, `Not`, `Condition`.

    > A Choice Rule evaluates to a boolean value; it is a Boolean Expression or a Data-test Expression.
    """

    next: str | None = None

    and_: list[ChoiceRule] | None = Field(None, alias="And")
    or_: list[ChoiceRule] | None = Field(None, alias="Or")
    not_: ChoiceRule | None = Field(None, alias="Not")
    condition: Boolean | None = None
    variable: Path | None = None

    string_equals: str | None = None
    string_equals_path: Path | None = None
    string_less_than: str | None = None
    string_less_than_path: Path | None = None
    string_greater_than: str | None = None
    string_greater_than_path: Path | None = None
    string_less_than_equals: str | None = None
    string_less_than_equals_path: Path | None = None
    string_greater_than_equals: str | None = None
    string_greater_than_equals_path: Path | None = None
    string_matches: str | None = None

    numeric_equals: Number | None = None
    numeric_equals_path: Path | None = None
    numeric_less_than: Number | None = None
    numeric_less_than_path: Path | None = None
    numeric_greater_than: Number | None = None
    numeric_greater_than_path: Path | None = None
    numeric_less_than_equals: Number | None = None
    numeric_less_than_equals_path: Path | None = None
    numeric_greater_than_equals: Number | None = None
    numeric_greater_than_equals_path: Path | None = None

    boolean_equals: Boolean | None = None
    boolean_equals_path: Path | None = None

    timestamp_equals: str | None = None
    timestamp_equals_path: Path | None = None
    timestamp_less_than: str | None = None
    timestamp_less_than_path: Path | None = None
    timestamp_greater_than: str | None = None
    timestamp_greater_than_path: Path | None = None
    timestamp_less_than_equals: str | None = None
    timestamp_less_than_equals_path: Path | None = None
    timestamp_greater_than_equals: str | None = None
    timestamp_greater_than_equals_path: Path | None = None

    is_null: Boolean | None = None
    is_present: Boolean | None = None
    is_numeric: Boolean | None = None
    is_string: Boolean | None = None
    is_boolean: Boolean | None = None
    is_timestamp: Boolean | None = None


OPERATORS = frozenset(
    name
    for name in ChoiceRule.model_fields
    if name.startswith(("string_", "numeric_", "boolean_", "timestamp_", "is_"))
)
"""The 39 comparison operators, in snake_case."""
