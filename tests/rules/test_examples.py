"""Every rule's page is true: its bad examples are reported under its code, its good ones are not."""

from __future__ import annotations

import re

import pytest

from asl_engine.rules.check import check_source, rules
from asl_engine.rules.outline import MachineType
from asl_engine.rules.registry import Example, Rule, example_text
from asl_engine.rules.selection import EVERY

EXAMPLES = [
    pytest.param(rule, example, id=f"{code}-{number}-{'bad' if example.is_bad else 'good'}")
    for code, rule in rules().items()
    for number, example in enumerate(rule.examples())
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_the_example_is_what_it_says(rule: Rule, example: Example) -> None:
    kind: MachineType = "EXPRESS" if example.type == "EXPRESS" else "STANDARD"
    text = re.sub("<text of ([0-9,]+) characters>", lambda found: "x" * int(found[1].replace(",", "")), example.text)
    report = check_source(example_text(text), "example.json", kind, selection=EVERY)
    assert example.is_bad == (rule.code in {found.code for found in report.diagnostics}), report.text()


@pytest.mark.parametrize("rule", [pytest.param(rule, id=code) for code, rule in rules().items()])
def test_the_page_has_a_summary_and_examples(rule: Rule) -> None:
    assert re.fullmatch(r"ASL\d{3}", rule.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.summary
    if rule.code != "ASL003":  # an empty text makes no example
        assert {True, False} == {example.is_bad for example in rule.examples()}


def test_names_are_unique() -> None:
    names = [rule.name for rule in rules().values()]
    assert len(names) == len(set(names))


def test_good_examples_are_free_of_errors() -> None:
    for rule in rules().values():
        for example in rule.examples():
            if not example.is_bad:
                report = check_source(example_text(example.text), rule.code)
                assert report.valid, report.text()
