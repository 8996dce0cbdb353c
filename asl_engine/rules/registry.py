"""The register of rules: a decorator beside each function, and what the docstrings say.

A docstring is the rule's page. Its first line is the summary; `Bad:` and `Good:` are followed by indented definitions,
and `Bad (EXPRESS):` by one for that type of state machine. They run as tests: the bad ones must give the rule's code
and the good ones must not. An example that is only a state (it has a `Type`) stands for a machine of that one state.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from asl_engine.diagnostics import Finding, Severity
from asl_engine.rules.outline import Outline

Check: TypeAlias = Callable[[Outline], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: `is_default` ones are looked at always, the others when every rule is asked for."""

    code: str
    name: str
    severity: Severity
    aws: str | None
    is_default: bool
    check: Check

    @property
    def page(self) -> str:
        """What is known about the rule: its docstring."""
        return inspect.getdoc(self.check) or ""

    @property
    def summary(self) -> str:
        """The rule in one sentence."""
        return self.page.partition("\n")[0]

    def examples(self) -> list[Example]:
        """Return the definitions in the docstring."""
        return list(_examples(self.page))


@dataclass(frozen=True, slots=True)
class Example:
    """A definition in a rule's docstring that the rule must report (`is_bad`) or let pass."""

    is_bad: bool
    type: str
    text: str


RULES: Final[dict[str, Rule]] = {}
"""Every rule by its code, in the order of the families."""


def rule(
    code: str,
    name: str,
    *,
    aws: str | None = "SCHEMA_VALIDATION_FAILED",
    severity: Severity = Severity.ERROR,
    is_default: bool = True,
) -> Callable[[Check], Check]:
    """Register a function as a rule. `aws` is the code that AWS refuses with, None where AWS accepts."""

    def register(check: Check) -> Check:
        if code in RULES:
            raise ValueError(f"two rules have the code {code}")
        RULES[code] = Rule(code, name, severity, aws, is_default, check)
        return check

    return register


_SECTION: Final = re.compile(r"^(Bad|Good)(?: \((\w+)\))?:\n((?:[ \t]+.*\n?|\n)+)", re.MULTILINE)


def _examples(page: str) -> Iterator[Example]:
    for heading, type, block in _SECTION.findall(page + "\n"):
        for text in re.split(r"\n\s*\n", inspect.cleandoc(block)):
            if text.strip():
                yield Example(heading == "Bad", type or "STANDARD", text)


def example_text(text: str) -> str:
    """Return the definition that an example stands for: itself, or a machine of the one state that it shows."""
    if not re.match(r'\{\s*"Type"', text):
        return text
    return f'{{"StartAt": "S", "States": {{"S": {text}}}}}'
