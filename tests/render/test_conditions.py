from __future__ import annotations

from typing import Any

import pytest

from asl_engine.model.choice import OPERATORS, ChoiceRule
from asl_engine.render.conditions import condition_text


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ({"Variable": "$.total", "NumericGreaterThan": 100}, "$.total > 100"),
        ({"Variable": "$.total", "NumericLessThanEquals": 0.5}, "$.total ≤ 0.5"),
        ({"Variable": "$.s", "StringEquals": 'a "b"'}, '$.s = "a \\"b\\""'),
        ({"Variable": "$.s", "StringGreaterThanEqualsPath": "$.t"}, "$.s ≥ $.t"),
        ({"Variable": "$.b", "BooleanEquals": False}, "$.b = false"),
        ({"Variable": "$.d", "TimestampLessThan": "2024-01-01T00:00:00Z"}, "$.d < 2024-01-01T00:00:00Z"),
        ({"Variable": "$.a", "IsPresent": False}, "$.a is not present"),
        ({"Variable": "$.a", "IsNumeric": True}, "$.a is a number"),
        ({"Condition": "{%  $states.input.n\n > 3 %}"}, "$states.input.n > 3"),
        ({"Condition": True}, "always"),
    ],
)
def test_one_rule(rule: dict[str, Any], text: str) -> None:
    assert condition_text(ChoiceRule.model_validate(rule)) == text


def test_rules_are_combined_and_bracketed() -> None:
    present = {"Variable": "$.a", "IsPresent": True}
    rule = {"And": [present, {"Not": {"Variable": "$.s", "StringMatches": "ab*"}}, {"Or": [present, present]}]}
    expected = '$.a is present and not ($.s matches "ab*") and ($.a is present or $.a is present)'
    assert condition_text(ChoiceRule.model_validate(rule)) == expected


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_every_operator_has_words(operator: str) -> None:
    value = "$.x" if operator.endswith("_path") or operator.startswith(("string", "timestamp")) else True
    value = 3 if operator.startswith("numeric") and not operator.endswith("_path") else value
    alias = ChoiceRule.model_fields[operator].alias or ""
    assert len(condition_text(ChoiceRule.model_validate({"Variable": "$.v", alias: value})).split()) >= 3
