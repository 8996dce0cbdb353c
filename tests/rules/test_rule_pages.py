"""The pages of `docs/rules/` say what the docstrings of the rules say."""

from __future__ import annotations

from pathlib import Path

from asl_engine.rules.check import rules
from asl_engine.rules.pages import pages_by_file

FOLDER = Path(__file__).parents[2] / "docs/rules"


def test_the_pages_are_those_that_the_rules_make():
    """`.venv/bin/python docs/write_rules.py` makes them anew."""
    written = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.md")}

    assert pages_by_file(rules().values()) == written


def test_every_rule_is_on_a_page():
    """The table links each rule, and each has a heading."""
    pages = "".join(pages_by_file(rules().values()).values())

    assert [] == [rule.code for rule in rules().values() if pages.count(f"## {rule.code} {rule.name}\n") != 1]
