"""The rules of a Choice state.

A rule compares (`Variable` and one operator), combines (`And`, `Or`, `Not`) or, in JSONata, evaluates a `Condition`.
Rules at the top of `Choices` also say where to go; nested ones must not.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field

from asl_engine.model.base import Assigner, Boolean, Number
from asl_engine.model.kinds import CONDITION, CONSTANT, DATA, JSONATA, JSONPATH, REFERENCE_PATH, Kind

NumberOperand: TypeAlias = Annotated[Number | None, Kind(CONSTANT)]
TruthOperand: TypeAlias = Annotated[Boolean | None, Kind(CONSTANT)]
OperandPath: TypeAlias = Annotated[str | None, Kind(REFERENCE_PATH)]


class ChoiceRule(Assigner):
    """One rule: exactly one of `Variable` with an operator, `And`, `Or`, `Not`, `Condition`.

    > A Choice Rule evaluates to a boolean value; it is a Boolean Expression or a Data-test Expression.
    """

    next: str | None = None

    and_: Annotated[list[ChoiceRule] | None, Kind(DATA, languages=JSONPATH)] = Field(None, alias="And")
    or_: Annotated[list[ChoiceRule] | None, Kind(DATA, languages=JSONPATH)] = Field(None, alias="Or")
    not_: Annotated[ChoiceRule | None, Kind(DATA, languages=JSONPATH)] = Field(None, alias="Not")
    condition: Annotated[Boolean | None, Kind(CONDITION, languages=JSONATA)] = None
    variable: Annotated[str | None, Kind(REFERENCE_PATH)] = None

    string_equals: str | None = None
    string_equals_path: OperandPath = None
    string_less_than: str | None = None
    string_less_than_path: OperandPath = None
    string_greater_than: str | None = None
    string_greater_than_path: OperandPath = None
    string_less_than_equals: str | None = None
    string_less_than_equals_path: OperandPath = None
    string_greater_than_equals: str | None = None
    string_greater_than_equals_path: OperandPath = None
    string_matches: str | None = None

    numeric_equals: NumberOperand = None
    numeric_equals_path: OperandPath = None
    numeric_less_than: NumberOperand = None
    numeric_less_than_path: OperandPath = None
    numeric_greater_than: NumberOperand = None
    numeric_greater_than_path: OperandPath = None
    numeric_less_than_equals: NumberOperand = None
    numeric_less_than_equals_path: OperandPath = None
    numeric_greater_than_equals: NumberOperand = None
    numeric_greater_than_equals_path: OperandPath = None

    boolean_equals: TruthOperand = None
    boolean_equals_path: OperandPath = None

    timestamp_equals: str | None = None
    timestamp_equals_path: OperandPath = None
    timestamp_less_than: str | None = None
    timestamp_less_than_path: OperandPath = None
    timestamp_greater_than: str | None = None
    timestamp_greater_than_path: OperandPath = None
    timestamp_less_than_equals: str | None = None
    timestamp_less_than_equals_path: OperandPath = None
    timestamp_greater_than_equals: str | None = None
    timestamp_greater_than_equals_path: OperandPath = None

    is_null: TruthOperand = None
    is_present: TruthOperand = None
    is_numeric: TruthOperand = None
    is_string: TruthOperand = None
    is_boolean: TruthOperand = None
    is_timestamp: TruthOperand = None


OPERATORS = frozenset(
    name
    for name in ChoiceRule.model_fields
    if name.startswith(("string_", "numeric_", "boolean_", "timestamp_", "is_"))
)
"""The 39 comparison operators, in snake_case."""
