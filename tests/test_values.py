"""JSON values: printed, measured, copied and changed."""

from __future__ import annotations

import copy
import json
import math
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asl_engine.values import (
    ABSENT,
    MAX_DEPTH,
    NotJSON,
    format_timestamp,
    json_text,
    kind_of,
    memory_of,
    parse_json,
    parse_timestamp,
    private_copy,
    put,
    size_of,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=60)
@given(JSON)
def test_the_text_of_a_value_reads_back_as_the_value(value):
    """Printing is compact, loses nothing, and is measured in bytes of UTF-8."""
    text = json_text(value)

    assert value == parse_json(text) == json.loads(text)
    assert json.dumps(value, ensure_ascii=False, separators=(",", ":")) == text
    assert len(text.encode("utf-8", "surrogatepass")) == size_of(value)


@settings(max_examples=60)
@given(JSON)
def test_a_private_copy_is_equal_and_shares_nothing(value):
    """Whatever is done to the copy, the original stays."""
    before = json_text(value)
    copied = private_copy(value)

    assert value == copied
    if isinstance(copied, (list, dict)):
        copied.clear()
    assert before == json_text(value)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "[1,]", "", "'a'", "[" * 100_000])
def test_what_is_no_json_is_refused(text):
    """Python's own reader takes more than JSON is."""
    with pytest.raises(ValueError):
        parse_json(text)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": [1, {2}]}, r"the input\.a\[1\] is of type set"),
        ([math.nan], r"the input\[0\] is nan"),
        ({"a": {1: 2}}, r"the input\.a has a key of type int"),
        (b"x", "the input is of type bytes"),
    ],
)
def test_what_has_no_json_form_is_named_with_its_place(value, place):
    """The message says where and what."""
    with pytest.raises(NotJSON, match=place):
        private_copy(value, "the input")


def test_nesting_has_a_bound():
    """A value that contains itself is refused and no endless recursion."""
    ring: list = []
    ring.append(ring)
    deep = 0
    for _ in range(MAX_DEPTH):
        deep = [deep]

    assert deep == private_copy(deep)
    with pytest.raises(NotJSON, match="nested"):
        private_copy([deep])
    with pytest.raises(NotJSON, match="contains itself"):
        private_copy(ring)


@pytest.mark.parametrize(
    ("value", "steps", "expected"),
    [
        ({"a": 1}, [], "new"),
        ({"a": 1}, ["b"], {"a": 1, "b": "new"}),
        ({"a": 1}, ["a"], {"a": "new"}),
        ({}, ["a", "b"], {"a": {"b": "new"}}),
        ({"a": [1, 2]}, ["a", 1], {"a": [1, "new"]}),
        ({"a": [1, 2]}, ["a", -1], {"a": [1, "new"]}),
        ([{"x": 1}], [0, "x"], [{"x": "new"}]),
    ],
)
def test_put_makes_a_new_value(value, steps, expected):
    """The old value stays as it was."""
    before = copy.deepcopy(value)

    assert expected == put(value, steps, "new")
    assert before == value


@pytest.mark.parametrize(
    ("value", "steps"), [(1, ["a"]), ([], ["a"]), ({}, [0]), ([1], [1]), ({"a": None}, ["a", "b"])]
)
def test_put_refuses_what_does_not_fit(value, steps):
    """A key needs an object, and an index an array that is long enough."""
    with pytest.raises(LookupError):
        put(value, steps, "new")


def test_put_shares_what_it_does_not_change():
    """Only the spine to the changed place is new."""
    value = {"big": [1, 2, 3], "a": {"x": 1, "other": {}}}

    changed = put(value, ["a", "x"], 2)

    assert changed["big"] is value["big"]
    assert changed["a"]["other"] is value["a"]["other"]
    assert changed["a"] is not value["a"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0.0),
        ("1970-01-01T00:00:01.5Z", 1.5),
        ("1970-01-01T01:00:00+01:00", 0.0),
        ("1969-12-31T23:59:59Z", -1.0),
        ("2024-02-29T00:00:00Z", 1709164800.0),
        ("2023-02-29T00:00:00Z", None),
        ("2024-01-01 00:00:00Z", None),
        ("2024-01-01T00:00:00", None),
        ("2024-13-01T00:00:00Z", None),
        ("2024-01-01T25:00:00Z", None),
        ("2024-01-01", None),
        ("", None),
    ],
)
def test_timestamps(text, seconds):
    """A date and a time with an offset, or nothing."""
    assert seconds == parse_timestamp(text)


def test_moments_are_printed_to_the_millisecond():
    """As the context object has them."""
    assert "2023-11-14T22:13:20.123Z" == format_timestamp(1_700_000_000.1234)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(None, "null"), (True, "boolean"), (0, "number"), (1.5, "number"), ("", "string"), ([], "array"), ({}, "object")],
)
def test_kinds(value, kind):
    """What JSON calls the types."""
    assert kind == kind_of(value)


def test_absent_is_one_and_false():
    """It survives copying and pickling as itself, and differs from null."""
    assert not ABSENT
    assert ABSENT is not None
    assert ABSENT is copy.copy(ABSENT) is copy.deepcopy(ABSENT) is pickle.loads(pickle.dumps(ABSENT))
    assert "ABSENT" == repr(ABSENT)


def test_memory_is_counted_once_for_what_is_shared():
    """However deep, and whoever holds it."""
    big = {"text": "x" * 10_000}
    alone = memory_of([big])

    assert 10_000 < alone < 11_000
    assert memory_of([big, [big, big], {"again": big}]) < alone + 1_000
