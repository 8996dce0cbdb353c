"""What is remembered by its text is remembered once, and takes no more than it may."""

from __future__ import annotations

import gc
import json
import tracemalloc

import pytest
from conftest import chain

from asl_engine import Functions
from asl_engine.lang.jsonpath.intrinsics import compile_path_or_intrinsic
from asl_engine.lang.jsonpath.paths import compile_path
from asl_engine.lang.names_read import variables_read
from asl_engine.remembered import remembered
from asl_engine.server.revisions import compiled


def test_results_are_made_once_while_there_is_room():
    """Of short texts two here, of longer ones as many as there is room for, and none of the longest."""
    made = []

    @remembered(2)
    def length(text, plus=0):
        made.append(text[:1])
        return len(text) + plus

    def called(*texts):
        made.clear()
        assert [len(text) for text in texts] == [length(text) for text in texts]
        return "".join(made)

    assert "abca" == called("a", "b", "a", "b", "c", "a")
    assert "xyz" == called("x" * 400, "y" * 4_000, "z" * 40_000, "x" * 400, "y" * 4_000, "z" * 40_000)
    assert "hiklh" == called(*(letter * 40_000 for letter in "hiklhlh"))
    assert "xx" == called("x" * 400_000, "x" * 400_000)
    assert 401 == length("x" * 400, 1)


def test_what_fails_is_not_remembered():
    @remembered(2)
    def fails(text):
        raise ValueError(text)

    for text in ("a", "a", "b" * 400, "b" * 400):
        with pytest.raises(ValueError, match=text[0]):
            fails(text)


def kept_by(work):
    """Return how many bytes stay after work was done with two hundred texts of 9,000 characters."""
    gc.collect()
    tracemalloc.start()
    for number in range(200):
        work(f"{number}".rjust(9_000, "x"))
    gc.collect()
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return kept


NAMES = Functions({"f": len})


@pytest.mark.parametrize(
    "work",
    [
        lambda text: NAMES.find(text),
        lambda text: compile_path(f"$.{text}"),
        lambda text: compile_path_or_intrinsic(f"States.Array('{text}')"),
        lambda text: variables_read(f"${text}"),
    ],
    ids=["names of functions", "paths", "intrinsic calls", "names of variables"],
)
def test_hundreds_of_long_texts_do_not_stay(work):
    assert kept_by(work) < 1_200_000


def test_what_runs_is_compiled_once_whatever_came_between():
    """Larger machines than are remembered together: the one that somebody holds is not made anew."""

    def definition(number):
        return json.dumps(chain(A={"Type": "Pass", "Comment": str(number).rjust(900_000, "c")}))

    first = compiled(definition(0), "STANDARD")
    for number in range(1, 4):
        compiled(definition(number), "STANDARD")

    assert first is compiled(definition(0), "STANDARD")
