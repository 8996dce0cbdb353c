"""What kind each field is: that none was forgotten, and what is derived from it."""

from typing import Any, get_args

import pytest

from asl_engine.model.base import Dynamic
from asl_engine.model.choice import OPERATORS
from asl_engine.model.kinds import CONSTANT, DATA, NUMBER, PATH, PATHS, RESULT_PATH, TEMPLATE, TEXT_PATH
from asl_engine.model.shape import PARTS, fields_of_kind, fields_where, kinds_of, part_at
from asl_engine.model.states import ItemProcessor, Map, Task
from asl_engine.values import Absent

DYNAMIC = get_args(Dynamic)[1]
FIELDS = [(part, name, info) for part in PARTS for name, info in part.model_fields.items()]


def form_of(part, name):
    kind = kinds_of(part).get(name)
    return kind.form if kind else None


def mentions(annotation, wanted):
    return annotation is wanted or wanted in getattr(annotation, "__metadata__", ()) or any(
        mentions(inner, wanted) for inner in get_args(annotation)
    )


def test_each_path_says_which_kind_it_is():
    """A field that ends in Path is one: rules, pictures and the compiler would pass over another."""
    assert [] == [name for part, name, _ in FIELDS if name.endswith("_path") and form_of(part, name) not in PATHS]


def test_each_number_says_so():
    """Where a placeholder may stand for a number or truth value, the kind says whether an expression may, too."""
    numbers = [(part, name) for part, name, info in FIELDS if mentions(info.annotation, DYNAMIC)]

    assert numbers
    assert {NUMBER, CONSTANT, "condition"} == {form_of(part, name) for part, name in numbers}


def test_each_field_for_any_value_is_a_template_or_data():
    """What takes any JSON is evaluated, or expressly not."""
    free = [(part, name) for part, name, info in FIELDS if mentions(info.annotation, Any)]

    assert free
    assert {TEMPLATE, DATA} == {form_of(part, name) for part, name in free}


def test_a_path_stands_in_place_of_a_constant():
    """`TimeoutSecondsPath` says the same as `TimeoutSeconds`; Wait chooses among four, and some have no constant."""
    kinds = [(name, kind) for part in PARTS for name, kind in kinds_of(part).items()]
    alone = {name for name, kind in kinds if name.endswith("_path") and kind.twin is None} - OPERATORS

    assert {"input_path", "output_path", "result_path", "items_path", "seconds_path", "timestamp_path"} == alone
    assert all(name == f"{kind.twin}_path" for name, kind in kinds if kind.twin)


def test_null_says_something_in_paths_and_templates_only():
    """For other fields null is the same as nothing, and their default; so ASL304 needs no list."""
    null_means = {name for part, name, info in FIELDS if info.default in ("$",) or isinstance(info.default, Absent)}

    assert {form_of(part, name) for part, name, _ in FIELDS if name in null_means} == {
        PATH, RESULT_PATH, TEMPLATE, DATA,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("derived", "names"),
    [
        (fields_of_kind(PATH), {"input_path", "output_path", "items_path"}),
        (fields_of_kind(TEXT_PATH), {"error_path", "cause_path"}),
        (
            fields_of_kind(TEMPLATE, language="JSONPath"),
            {"parameters", "result_selector", "item_selector", "assign", "batch_input", "credentials"},
        ),
        (fields_where(lambda kind: kind.languages == ("JSONata",)), {"arguments", "output", "items", "condition"}),
    ],
    ids=["paths", "texts", "templates", "JSONata"],
)
def test_fields_of_a_kind(derived, names):
    """The fields are collected over all parts, each name once."""
    assert names == set(derived)
    assert len(names) == len(derived)


def test_numbers_lie_between_bounds_that_stand_at_their_fields():
    """A task's timeout is at least a second and at most AWS's largest number."""
    timeout, percentage = kinds_of(Task)["timeout_seconds"], kinds_of(Map)["tolerated_failure_percentage"]

    assert (1, 99_999_999) == (timeout.least, timeout.most)
    assert (0, 100) == (percentage.least, percentage.most)


def test_the_class_of_a_part_follows_from_the_field_that_holds_it():
    """`Iterator` is the old name of `ItemProcessor`, and holds the same."""
    assert part_at(("States", "A", "Iterator"), {"States": {"A": {"Iterator": {}}}}) is ItemProcessor
