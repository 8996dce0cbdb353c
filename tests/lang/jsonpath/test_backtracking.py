"""Regular expressions that would hold up the whole process, and those that only look like it."""

from __future__ import annotations

import re

import pytest
from conftest import chain, play

from asl_engine.lang.jsonpath.backtracking import can_explode


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a*)*",
        "(a+?)+b",
        "(a|aa)+",
        "(ab|a|b)*",
        "((ab)+)+",
        "(?i)(a+A)+",
        r"(\w+\s?)+",
        r"(\d+,?)*",
        r"(\d{1,3})+",
        "([a-z]+[-_.]?)+",
        "(.*,)*x",
        "(x+x+)+y",
        "(a?){30}a{30}",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        r"(.+)\1*(.+)+",
        "((a|b)+c?)+",
    ],
)
def test_loops_that_can_explode(pattern):
    assert can_explode(re.compile(pattern))


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a+",
        "(ab)+",
        "(foo|bar|far)*",
        "(a|a)*",
        ".*foo.*bar.*",
        r"(\w+,)*\w+",
        r"(,\d+)*",
        r"([a-z]+\.)+com",
        "[^/]+(/[^/]+)*",
        r"(?:[A-Z][a-z]+\s*)+",
        r"(\d{1,3}\.){3}\d{1,3}",
        r"[\w.+-]+@([\w-]+\.)+[a-z]{2,}",
        '("[^"]*"|[^"])*',
        "(x{2,4}y)*",
        "(a+){2}",
        "(?i)order-[0-9]+",
    ],
)
def test_loops_that_cannot(pattern):
    assert not can_explode(re.compile(pattern))


def test_a_filter_refuses_to_try():
    """The execution fails with a clear cause; short texts are matched all the same."""
    definition = chain(S={"Type": "Pass", "InputPath": "$.a[?(@.x =~ /(a+)+/)]"})

    hostile = play(definition, {"a": [{"x": "a" * 40 + "!"}]})

    assert ("FAILED", "States.Runtime") == (hostile.status, hostile.error)
    assert "'(a+)+' can take for ever" in hostile.cause
    assert [{"x": "aaa"}] == play(definition, {"a": [{"x": "aaa"}, {"x": "b"}]}).output
