"""The summary of an execution: which iteration a line belongs to."""

from __future__ import annotations

import json
import os

from conftest import chain

from asl_engine import StateMachine
from asl_engine.history.summary import Summary


def summary_of(definition, input, **functions) -> list[str]:
    """Return the lines of a summary, without their times."""
    lines: list[str] = []
    StateMachine.from_dict(definition).run(input, functions, on_event=Summary(lines.append).tell)
    return [line.split(" s  ", 1)[1] for line in lines]


def mapped(processor, **fields):
    return chain(M={"Type": "Map", "ItemProcessor": processor, **fields})


def test_what_happens_in_an_iteration_bears_its_number():
    """Also where iterations alternate."""
    lines = summary_of(mapped(chain(T={"Type": "Task", "Resource": "f"})), [1, 2], f=lambda event, context: event)
    assert ["> T [0]", "> T [1]", "  T [0]: done", "  T [1]: done"] == [line for line in lines if "T [" in line]
    assert "  M: done" in lines


def test_a_map_within_a_map_has_two_numbers():
    """The outer one first; when the inner Map is over, only that is left."""
    inner = chain(Inner={"Type": "Map", "ItemProcessor": chain(W={"Type": "Wait", "Seconds": 1})})
    lines = summary_of(mapped(inner), [[1], [2, 3]])
    assert "> W [1][1]" in lines
    assert ["  Inner [0]: done", "  Inner [1]: done"] == [
        line for line in lines if line.startswith("  Inner") and "done" in line
    ]


def test_an_error_in_an_iteration_says_which():
    """The line of a failed task has no name, but it has the number."""

    def fail(event, context):
        raise ValueError("no good")

    lines = summary_of(mapped(chain(T={"Type": "Task", "Resource": "f"})), [7], f=fail)
    assert any(line.startswith("  ! [0] ValueError: no good") for line in lines)


def test_a_failure_is_placed_in_the_line_that_its_author_wrote():
    """And not in the standard library, where it was raised, nor in what is frozen into Python."""

    def fail(event, context):
        os.makedirs("/dev/null/x")

    def parse(event, context):
        json.loads("{")

    task = {"Type": "Task", "Resource": "f"}
    for function in (fail, parse):
        [line] = [line for line in summary_of(chain(T=task), {}, f=function) if line.startswith("  !")]
        assert line.endswith(f"(line {function.__code__.co_firstlineno + 1} of test_summary.py)")


def test_the_reason_why_an_expression_fails_is_told_to_its_end():
    """Also where it is caught, so that the end of the execution does not repeat it."""
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    task = {"Type": "Task", "Resource": "f", "QueryLanguage": "JSONata", "Catch": caught}
    task["Arguments"] = "{% $states.input.price + 'a text that is long enough to be cut off' %}"

    [line] = [line for line in summary_of(chain(A=task, B={"Type": "Succeed"}), {"price": 1}) if "!" in line]

    assert line.endswith('T2002: The right side of the "+" operator must evaluate to a number')
