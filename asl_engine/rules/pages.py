"""What is known about the rules, for people: the page of one, and the page of all."""

from __future__ import annotations

import re
from collections.abc import Iterable

from asl_engine.rules.registry import Rule

HEAD = """# Rules

What `asl validate` looks for. Errors are what AWS refuses; warnings fail at run time, or probably are mistakes. Rules
that are off by default are turned on with `--select`, and warnings are turned off with `--ignore`, by code, by name, or
by the beginning of a code. `asl explain CODE` prints one of these pages, and `asl explain --all` made this one.
"""


def page_of(rule: Rule) -> str:
    """Return the page of a rule, as plain text."""
    return f"{rule.code} {rule.name}\n{_standing(rule)}\n\n{rule.page}\n"


def _standing(rule: Rule) -> str:
    refused = f"AWS refuses it with {rule.aws}" if rule.aws else "AWS takes it"
    return f"{rule.severity}{'' if rule.is_default else ', off by default'}; {refused}"


def all_pages(rules: Iterable[Rule]) -> str:
    """Return the page of all rules, as Markdown."""
    listed = sorted(rules, key=lambda rule: rule.code)
    links = [f"[{rule.code}](#{rule.code.lower()}-{rule.name})" for rule in listed]
    rows = [f"| {link} | {rule.name} | {_how(rule)} |" for link, rule in zip(links, listed, strict=True)]
    table = "\n".join(["| code | name | |", "|---|---|---|", *rows, ""])
    return "\n".join([HEAD, table, *(_section(rule) for rule in listed)])


def _how(rule: Rule) -> str:
    return f"{rule.severity}{'' if rule.is_default else ', off'}"


def _section(rule: Rule) -> str:
    """Return a rule's page with its examples as blocks of JSON."""
    text, *parts = re.split(r"^(Bad|Good)(?: \((\w+)\))?:\n", rule.page, flags=re.MULTILINE)
    lines = [f"## {rule.code} {rule.name}\n", f"*{_standing(rule)}.*\n", text.strip() + "\n"]
    for heading, kind, block in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        lines.append(f"{heading}{f' ({kind})' if kind else ''}:\n")
        examples = filter(str.strip, re.split(r"\n\s*\n", block.rstrip()))
        lines += [f"```text\n{_unindented(example)}\n```\n" for example in examples]
    return "\n".join(lines)


def _unindented(text: str) -> str:
    return re.sub(r"^    ", "", text.strip("\n"), flags=re.MULTILINE)
