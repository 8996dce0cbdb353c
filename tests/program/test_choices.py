"""Every operator of a Choice: what holds, what does not, and what fails."""

from __future__ import annotations

import pytest
from conftest import chain

EARLY, LATE = "2024-01-01T00:00:00Z", "2024-01-01T00:00:01Z"


def decide(run, rule, data):
    """Return whether a rule holds for an input."""
    definition = chain(
        C={"Type": "Choice", "Choices": [{**rule, "Next": "Yes"}], "Default": "No"},
        Yes={"Type": "Succeed"},
        No={"Type": "Succeed"},
    )
    execution = run(definition, data)
    assert "SUCCEEDED" == execution.status, execution.cause
    return "Yes" == execution.path[-1]


FAMILIES = {"String": ("apple", "banana"), "Numeric": (1, 2.5), "Timestamp": (EARLY, LATE)}
ORDERS = {  # name: (less, equal, greater)
    "Equals": (False, True, False),
    "LessThan": (True, False, False),
    "GreaterThan": (False, False, True),
    "LessThanEquals": (True, True, False),
    "GreaterThanEquals": (False, True, True),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("form", ["", "Path"])
def test_orders(run, family, order, form):
    """Thirty operators: five orders of texts, numbers and moments, against a constant or against a path."""
    low, high = FAMILIES[family]

    for (value, operand), expected in zip([(low, high), (low, low), (high, low)], ORDERS[order], strict=True):
        rule = {"Variable": "$.v", family + order + form: "$.w" if form else operand}
        assert expected is decide(run, rule, {"v": value, "w": operand})


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("value", [None, True, [], {}, 3, "text", "1"])
def test_unlike_types_are_unequal_and_no_error(run, family, order, value):
    """A comparison between unlike types is false."""
    if type(value) is type(FAMILIES[family][0]) and family != "Timestamp":
        return
    operand = FAMILIES[family][0]

    assert decide(run, {"Variable": "$.v", family + order: operand}, {"v": value}) is False
    assert decide(run, {"Variable": "$.v", family + order + "Path": "$.w"}, {"v": value, "w": operand}) is False
    assert decide(run, {"Variable": "$.w", family + order + "Path": "$.v"}, {"v": value, "w": operand}) is False


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("operand", [True, False])
def test_booleans(run, value, operand):
    """Booleans are equal or not; 1 and 'true' are no booleans."""
    assert (value is operand) is decide(run, {"Variable": "$.v", "BooleanEquals": operand}, {"v": value})
    assert (value is operand) is decide(
        run, {"Variable": "$.v", "BooleanEqualsPath": "$.w"}, {"v": value, "w": operand}
    )
    assert decide(run, {"Variable": "$.v", "BooleanEquals": operand}, {"v": int(operand)}) is False
    assert decide(run, {"Variable": "$.v", "NumericEquals": int(operand)}, {"v": operand}) is False
    assert (
        decide(run, {"Variable": "$.v", "BooleanEqualsPath": "$.w"}, {"v": operand, "w": str(operand).lower()}) is False
    )


@pytest.mark.parametrize(
    ("operator", "holds_for"),
    [
        ("IsNull", [None]),
        ("IsNumeric", [0, -1.5, 1e300]),
        ("IsString", ["", "text", EARLY, "2024-02-29T12:00:00.123+02:00", "2024-13-01T00:00:00Z"]),
        ("IsBoolean", [True, False]),
        ("IsTimestamp", [EARLY, "2024-02-29T12:00:00.123+02:00"]),
    ],
)
def test_types(run, operator, holds_for):
    """Each type test holds for its type alone, and its negation for everything else."""
    values = [
        None,
        0,
        -1.5,
        1e300,
        "",
        "text",
        True,
        False,
        EARLY,
        "2024-02-29T12:00:00.123+02:00",
        "2024-13-01T00:00:00Z",
        [],
        {},
    ]

    for value in values:
        expected = any(value is known or (type(value) is type(known) and value == known) for known in holds_for)
        assert expected is decide(run, {"Variable": "$.v", operator: True}, {"v": value}), value
        assert (not expected) is decide(run, {"Variable": "$.v", operator: False}, {"v": value}), value


@pytest.mark.parametrize(("data", "is_there"), [({"v": None}, True), ({"v": 0}, True), ({}, False), ([], False)])
def test_presence(run, data, is_there):
    """Null is present, and what is not there is no error."""
    assert is_there is decide(run, {"Variable": "$.v", "IsPresent": True}, data)
    assert (not is_there) is decide(run, {"Variable": "$.v", "IsPresent": False}, data)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*.log", "a.log", True),
        ("*.log", "a.log.gz", False),
        ("log-*", "log-", True),
        ("log-*-b", "log-x-y-b", True),
        ("log-*-b", "log-b", False),
        ("*", "", True),
        ("", "", True),
        ("", "a", False),
        ("a*a", "a", False),
        ("a.c", "abc", False),
        ("a\\*c", "a*c", True),
        ("a\\*c", "abc", False),
        ("a\\\\*", "a\\bc", True),
        ("*b*d*", "abcde", True),
        ("*d*b*", "abcde", False),
        ("line*end", "line\nend", True),
    ],
)
def test_patterns(run, pattern, text, expected):
    """A star is any text; an escaped star is a star; nothing else is special."""
    assert expected is decide(run, {"Variable": "$.v", "StringMatches": pattern}, {"v": text})


def test_a_pattern_matches_only_texts(run):
    """A number matches no pattern, not even a star."""
    assert decide(run, {"Variable": "$.v", "StringMatches": "*"}, {"v": 1}) is False


def test_timestamps_are_moments_and_not_texts(run):
    """The same moment in two zones is equal, and a fraction of a second counts."""
    berlin = {"v": "2024-01-01T01:00:00+01:00"}

    assert decide(run, {"Variable": "$.v", "TimestampEquals": EARLY}, berlin) is True
    assert decide(run, {"Variable": "$.v", "StringEquals": EARLY}, berlin) is False
    assert decide(run, {"Variable": "$.v", "TimestampGreaterThan": EARLY}, {"v": "2024-01-01T00:00:00.001Z"}) is True


def test_one_and_one_point_zero_are_equal_numbers(run):
    """Numbers are compared by value."""
    assert decide(run, {"Variable": "$.v", "NumericEquals": 1.0}, {"v": 1}) is True


TRUE, FALSE = {"Variable": "$.t", "BooleanEquals": True}, {"Variable": "$.t", "BooleanEquals": False}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"And": [TRUE, TRUE]}, True),
        ({"And": [TRUE, FALSE]}, False),
        ({"Or": [FALSE, TRUE]}, True),
        ({"Or": [FALSE, FALSE]}, False),
        ({"Not": TRUE}, False),
        ({"Not": {"And": [TRUE, {"Or": [FALSE, {"Not": FALSE}]}]}}, False),
    ],
)
def test_combinations(run, rule, expected):
    """And, Or and Not combine rules to any depth."""
    assert expected is decide(run, rule, {"t": True})


def test_and_stops_at_the_first_false(run):
    """A guard such as IsPresent protects what stands behind it."""
    guarded = {"And": [{"Variable": "$.v", "IsPresent": True}, {"Variable": "$.v", "NumericEquals": 1}]}
    either = {"Or": [{"Variable": "$.v", "IsPresent": False}, {"Variable": "$.v", "NumericEquals": 1}]}

    assert decide(run, guarded, {}) is False
    assert decide(run, either, {}) is True


def test_the_first_rule_that_holds_wins(run):
    """Rules are tried in their order."""
    rules = [
        {"Variable": "$", "NumericGreaterThan": limit, "Next": name}
        for limit, name in [(9, "Big"), (5, "Some"), (0, "Few")]
    ]
    ends = {name: {"Type": "Succeed"} for name in ("Big", "Some", "Few", "None")}
    definition = chain(C={"Type": "Choice", "Choices": rules, "Default": "None"}, **ends)

    assert ["Big", "Some", "Few", "None"] == [run(definition, number).path[-1] for number in (10, 6, 1, 0)]


@pytest.mark.parametrize(
    "operator", [{"NumericEquals": 1}, {"IsNull": True}, {"IsString": False}, {"StringMatches": "*"}]
)
def test_a_variable_that_leads_nowhere_fails_the_state(run, operator):
    """Only IsPresent may ask for what is not there."""
    definition = chain(
        C={"Type": "Choice", "Choices": [{"Variable": "$.no", **operator, "Next": "E"}], "Default": "E"},
        E={"Type": "Succeed"},
    )

    execution = run(definition, {})

    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)
    assert "the state 'C' (entered at the event id #2). Invalid path '$.no'" in execution.cause


def test_an_operand_path_that_leads_nowhere_fails_the_state(run):
    """The right side must be there as well."""
    rules = [{"Variable": "$.v", "NumericEqualsPath": "$.no", "Next": "E"}]

    execution = run(chain(C={"Type": "Choice", "Choices": rules}, E={"Type": "Succeed"}), {"v": 1})

    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)
    assert "'$.no'" in execution.cause


def test_no_match_and_no_default_fails_the_state(run):
    """A Choice that leads nowhere is an error of the machine."""
    definition = chain(
        C={"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "E"}]}, E={"Type": "Succeed"}
    )

    execution = run(definition, 2)

    assert ("FAILED", "States.Runtime") == (execution.status, execution.error)
    assert "the state 'C' (entered at the event id #2)" in execution.cause


def test_rules_see_variables_and_the_context_object(run):
    """`$name` and `$$` stand where `$` may stand."""
    rules = [
        {
            "And": [
                {"Variable": "$limit", "NumericLessThanPath": "$.v"},
                {"Variable": "$$.State.Name", "StringEquals": "C"},
            ],
            "Next": "Yes",
        }
    ]
    definition = chain(
        A={"Type": "Pass", "Assign": {"limit": 3}},
        C={"Type": "Choice", "Choices": rules, "Default": "No"},
        Yes={"Type": "Succeed"},
        No={"Type": "Fail"},
    )

    assert "Yes" == run(definition, {"v": 4}).path[-1]
    assert "No" == run(definition, {"v": 3}).path[-1]
