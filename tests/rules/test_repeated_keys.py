"""A key that is there twice is one mistake, however much stands under it."""

import json

import pytest

from asl_engine import check_text

STATE = json.dumps({"Type": "Pass", "Comment": "x", "End": True})


@pytest.mark.parametrize(
    ("definition", "pointer"),
    [
        (f'{{"StartAt": "A", "States": {{"A": {STATE}, "A": {STATE}}}}}', "/States/A"),
        ("StartAt: A\nStates:\n  A: {Type: Pass, End: true}\n  A: {Type: Pass, End: true}\n", "/States/A"),
        (
            '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B", "Next": "C"},'
            ' "B": {"Type": "Succeed"}, "C": {"Type": "Succeed"}}}',
            "/States/A/Next",
        ),
    ],
    ids=["state", "state in YAML", "transition"],
)
def test_a_key_that_is_there_twice_is_told_once(definition, pointer):
    """Neither the keys within what it replaces, nor the states that nothing leads to any more, are mistakes as well."""
    assert [("ASL002", pointer)] == [(finding.code, finding.pointer) for finding in check_text(definition).diagnostics]
