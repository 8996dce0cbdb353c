"""Inputs for property tests: made of examples, or of a JSON Schema."""

from __future__ import annotations

import json
import re

import pytest
from harness import flow
from hypothesis import find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from asl_engine import UsageError
from asl_engine.testing import inputs

# --- examples --------------------------------------------------------------------------------------------------------

ITEMS = [{"name": "soap"}, {"name": "towel", "n": 2}]
ORDER = {"orderId": "7", "cents": 500, "isGift": False, "rate": 1.5, "items": ITEMS}


@settings(max_examples=50)
@given(inputs(ORDER))
def test_inputs_look_like_the_example(value):
    """Every field is there, with its type."""
    assert set(ORDER) == set(value)
    assert all(type(value[name]) is type(example) for name, example in ORDER.items())
    assert all({"name"} <= set(item) <= {"name", "n"} for item in value["items"])


@settings(max_examples=50)
@given(inputs({"a": 1, "b": 2}, {"a": None}))
def test_fields_that_some_examples_lack_are_there_now_and_then(value):
    """What is null in some example may be null."""
    assert {"a"} <= set(value) <= {"a", "b"}
    assert value["a"] is None or type(value["a"]) is int


def can_be(strategy, condition):
    """Whether a strategy gives a value for which the condition holds."""
    try:
        find(strategy, condition, settings=settings(max_examples=2_000, database=None))
    except NoSuchExample:
        return False
    return True


def test_what_examples_have_is_tried_and_so_is_what_they_do_not():
    """A value stands in an example, or has its type."""
    texts = inputs({"kind": "cola"}, {"kind": "lemonade"})

    assert can_be(texts, lambda value: value["kind"] == "lemonade")
    assert can_be(texts, lambda value: value["kind"] not in ("cola", "lemonade"))
    assert not can_be(texts, lambda value: not isinstance(value["kind"], str))


def test_fields_and_null_are_there_and_are_not():
    """Both happen."""
    some = inputs({"a": 1}, {"a": None}, {})

    assert can_be(some, lambda value: "a" not in value)
    assert can_be(some, lambda value: value.get("a", 0) is None)


@pytest.mark.parametrize("example", [[], [[]], {}, None, "text", 7, 1.5, True, [1, "a", None]])
def test_any_json_is_an_example(example):
    """Numbers, truth values and empty lists as well."""
    kind = type(example)

    assert can_be(inputs(example), lambda value: type(value) is kind)


@settings(max_examples=30)
@given(inputs(ORDER, [1, {"a": None}], None))
def test_inputs_are_json_that_an_execution_takes(value):
    """Whatever comes, the input is one."""
    assert value == flow(A={"Type": "Pass"}).run(value).output


# --- a schema --------------------------------------------------------------------------------------------------------

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "An order",
    "type": "object",
    "properties": {
        "orderId": {"type": "string", "pattern": "^o-[0-9]{1,5}$"},
        "cents": {"type": "integer", "minimum": 1, "exclusiveMaximum": 100},
        "rate": {"type": "number", "exclusiveMinimum": 0, "maximum": 2},
        "currency": {"enum": ["EUR", "USD"]},
        "version": {"const": 3},
        "note": {"type": ["string", "null"], "maxLength": 5},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}, "minItems": 1, "maxItems": 3},
        "pay": {"oneOf": [{"type": "boolean"}, {"type": "object", "properties": {}, "required": ["card"]}]},
    },
    "required": ["orderId", "cents", "items"],
    "additionalProperties": False,
    "$defs": {
        "item": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "parts": {"type": "array", "items": {"$ref": "#/$defs/item"}},
            },
            "required": ["name"],
        }
    },
}


def is_item(value):
    return len(value["name"]) >= 1 and all(map(is_item, value.get("parts", [])))


@settings(max_examples=60)
@given(inputs(schema=SCHEMA))
def test_inputs_are_what_a_schema_allows(value):
    """Required fields are there, and each keeps its limits."""
    assert {"orderId", "cents", "items"} <= set(value) <= set(SCHEMA["properties"])
    assert re.search("^o-[0-9]{1,5}$", value["orderId"])
    assert type(value["cents"]) is int
    assert 1 <= value["cents"] < 100
    assert 0 < value.get("rate", 1) <= 2
    assert value.get("currency", "EUR") in ("EUR", "USD")
    assert value.get("version", 3) == 3
    assert value.get("note") is None or len(value["note"]) <= 5
    assert 1 <= len(value["items"]) <= 3
    assert all(map(is_item, value["items"]))
    assert isinstance(value.get("pay", True), bool) or "card" in value["pay"]
    json.dumps(value, allow_nan=False)


@pytest.mark.parametrize("schema", [{}, {"title": "anything"}, True])
def test_a_schema_without_limits_allows_anything(schema):
    """Objects, lists, texts and numbers."""
    found = inputs(schema=schema)

    assert all(can_be(found, lambda value, kind=kind: isinstance(value, kind)) for kind in (dict, list, str, int))


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "object", "patternProperties": {}}, "the schema at / has 'patternProperties', which is not"),
        ({"type": "object", "properties": {"a": {"type": "date"}}}, r"the schema at /properties/a has 'date'"),
        ({"type": "array", "items": {"type": "string", "format": "uuid"}}, r"the schema at /items has 'format'"),
        ({"type": "array", "items": {"$ref": "#/$defs/x"}}, r"at /items refers to '#/\$defs/x', which is not in it"),
        ({"$ref": "https://example.org/x"}, "refers to 'https://example.org/x', which is not in it"),
        ({"anyOf": [{"type": "null"}, {"allOf": []}]}, r"the schema at /anyOf/1 has 'allOf'"),
        ({"type": "object", "properties": {"a": False}}, r"the schema at /properties/a is False, which allows nothing"),
        (False, r"the schema at / is False, which allows nothing"),
    ],
)
def test_a_keyword_that_is_not_known_is_refused(schema, told):
    """And never ignored; the message has its place."""
    with pytest.raises(UsageError, match=told):
        find(inputs(schema=schema), lambda value: True)


def test_the_end_of_a_pattern_is_the_end_of_the_text():
    """No newline follows, as one may in Python's own expressions."""
    texts = inputs(schema={"type": "string", "pattern": "^[a-z]$"})

    assert not can_be(texts, lambda text: text.endswith("\n"))


def test_limits_on_both_sides():
    """Inclusive and exclusive ones."""
    five = inputs(schema={"type": "integer", "exclusiveMinimum": 4, "maximum": 5})

    assert can_be(five, lambda value: value == 5)
    assert not can_be(five, lambda value: value != 5)


# --- what is asked for -----------------------------------------------------------------------------------------------


def test_there_are_examples_or_a_schema():
    """Not neither, and not both."""
    with pytest.raises(UsageError, match="needs examples, or schema=, and not both"):
        inputs()
    with pytest.raises(UsageError, match="needs examples, or schema=, and not both"):
        inputs({}, schema={})


@given(st.data())
def test_it_is_a_strategy_like_others(data):
    """It can be drawn from, mapped and filtered."""
    found = data.draw(inputs({"n": 1}).map(lambda value: value["n"]).filter(lambda n: n != 0))

    assert type(found) is int
