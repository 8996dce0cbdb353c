"""What templates and calls make is weighed while it is made: no memory is filled by what a limit refuses later."""

from __future__ import annotations

import time
import tracemalloc
from typing import Any

import pytest
from conftest import chain, play

TEXT = {"x": "word, " * 20_000, "n": ["words"] * 8_000}


def template(text: str, copies: int) -> dict[str, str]:
    return {f"f{n}.$": text for n in range(copies)}


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "Parameters": template("$.x", 3_000)},
        {"Type": "Pass", "Parameters": template("$", 3_000)},
        {"Type": "Pass", "Parameters": template("$.n[*]", 3_000)},
        {"Type": "Pass", "Parameters": template("States.StringSplit($.x, ' ')", 300)},
        {"Type": "Pass", "Parameters": template("States.Format('{}!', $.x)", 3_000)},
        {"Type": "Pass", "Parameters": {"a.$": f"States.Array({', '.join(['$.x'] * 5_000)})"}},
        {"Type": "Pass", "Parameters": {"a.$": f"States.Format('{'{}' * 5_000}', {', '.join(['$.x'] * 5_000)})"}},
        {"Type": "Pass", "Parameters": {"a.$": f"States.Array({', '.join(['States.JsonToString($)'] * 3_000)})"}},
        {"Type": "Pass", "Assign": template("$", 3_000)},
        {
            "Type": "Pass",
            "QueryLanguage": "JSONata",
            "Output": dict.fromkeys(map(str, range(3_000)), "{% $states.input %}"),
        },
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% [1..100000].($states.input.x) %}"},
        {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"v": "{% [1..1000].($states.input) %}"}},
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": ["{% [1..900000] %}"] * 100},
    ],
    ids=lambda state: str(state)[:70],
)
def test_what_is_refused_is_not_made_first(state: dict[str, Any]) -> None:
    """A value of gigabytes fails its state within a hundred megabytes and seconds."""
    tracemalloc.start()
    began = time.process_time()
    try:
        ended = play(chain(S=state), TEXT)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert ended.status == "FAILED"
    assert peak < 150_000_000
    assert time.process_time() - began < 10  # memory is traced, which makes everything several times slower
