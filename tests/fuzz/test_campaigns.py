"""A short campaign of each fuzzer: the long ones are commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import shapes


@pytest.mark.parametrize("name", ["definitions", "expressions", "histories", "requests"])
def test_a_short_campaign_finds_nothing(name: str) -> None:
    """Half a second of cases: enough to tell that the command runs."""
    command = [sys.executable, str(Path(__file__).with_name(f"{name}.py")), "--seconds", "0.5", "--seed", "5"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (0, "") == (ended.returncode, ended.stderr), ended.stdout
    assert ended.stdout.rstrip().endswith("0 findings")


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_no_shape_of_a_definition_explodes(name: str) -> None:
    """32 KiB of any shape are checked in a fraction of a second; what grows faster than its length is not."""
    assert shapes.seconds(name, 2**15) < 1.5
