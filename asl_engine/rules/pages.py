"""What is known about the rules, for people: what `asl explain` prints, and the pages of `docs/rules/`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from asl_engine.diagnostics import Severity
from asl_engine.rules.registry import Rule

HEAD = """# Rules

What `asl validate` looks for. Errors are what AWS refuses; warnings fail at run time, or probably are mistakes. Rules
that are off by default are turned on with `--select`, and warnings are turned off with `--ignore`, by code, by name, or
by the beginning of a code. `asl explain CODE` prints what is said of a rule here.
"""

FAMILIES: Final = {
    "0": ("text", "The text of a definition"),
    "1": ("fields", "Fields and their types"),
    "2": ("flow", "Ways through a machine"),
    "3": ("languages", "Fields that do not go together"),
    "4": ("expressions", "Paths, templates and expressions"),
    "5": ("failures", "Retry and Catch"),
    "6": ("states", "Choice, Wait, time limits, Parallel and Map"),
    "7": ("tasks", "Tasks, services and what templates fill in"),
    "8": ("names", "Names and variables"),
}
"""By the first digit of the codes: the file of the page, and its title."""


def page_of(rule: Rule) -> str:
    """Return the page of a rule, as plain text."""
    return f"{rule.code} {rule.name}\n{_standing(rule)}\n\n{rule.page}\n"


def _standing(rule: Rule) -> str:
    if rule.aws is None:
        answer = "AWS takes it"
    else:
        answer = f"AWS {'refuses it' if rule.severity is Severity.ERROR else 'warns of it'} with {rule.aws}"
    return f"{rule.severity}{'' if rule.is_default else ', off by default'}; {answer}"


def all_pages(rules: Iterable[Rule]) -> str:
    """Return what is known of all rules as one page of Markdown."""
    listed = _listed(rules)
    return "\n".join([HEAD, _table(listed, lambda rule: ""), *map(_section, listed)])


def pages_by_file(rules: Iterable[Rule]) -> dict[str, str]:
    """Return the pages of `docs/rules/` as Markdown by the names of their files: an index, and a page a family."""
    listed = _listed(rules)
    pages = {"README.md": f"{HEAD}\n{_table(listed, lambda rule: f'{FAMILIES[rule.code[3]][0]}.md')}"}
    for digit, (name, title) in FAMILIES.items():
        family = [rule for rule in listed if rule.code[3] == digit]
        pages[f"{name}.md"] = "\n".join([f"# {title}\n", *map(_section, family)])
    return pages


def _listed(rules: Iterable[Rule]) -> list[Rule]:
    return sorted(rules, key=lambda rule: rule.code)


def _table(rules: Iterable[Rule], page: Callable[[Rule], str]) -> str:
    """Return the rules as a table, each with a link to its heading on its page."""
    rows = [
        f"| [{rule.code}]({page(rule)}#{rule.code.lower()}-{rule.name}) | {rule.name} | {_how(rule)} |"
        for rule in rules
    ]
    return "\n".join(["| code | name | |", "|---|---|---|", *rows, ""])


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
