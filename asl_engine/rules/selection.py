"""Which rules are looked at: those that are on, what is turned on beside them, and what is turned off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from asl_engine.diagnostics import Severity
from asl_engine.errors import UsageError, did_you_mean
from asl_engine.rules.registry import Rule

ALL: Final = "ALL"


class Selection:
    """Rules by code, by name, or by the beginning of their codes (`ASL5`); `ALL` means every one.

    What AWS refuses cannot be turned off: a definition would load here and nowhere else.
    """

    def __init__(self, select: Iterable[str] = (), ignore: Iterable[str] = ()) -> None:
        self.select = tuple(select)
        self.ignore = tuple(ignore)

    def has(self, rule: Rule) -> bool:
        """Tell whether a rule is looked at."""
        if rule.severity is not Severity.ERROR and any(_means(word, rule) for word in self.ignore):
            return False
        return rule.is_default or any(_means(word, rule) for word in self.select)

    def check(self, rules: Mapping[str, Rule]) -> Selection:
        """Return the same selection; raise UsageError for a word that means no rule, or turns off an error."""
        for word in (*self.select, *self.ignore):
            if not any(_means(word, rule) for rule in rules.values()):
                names = [*rules, *(rule.name for rule in rules.values())]
                raise UsageError(f"no rule is called {word!r}.{did_you_mean(word, names)} `asl explain` lists them.")
        for word in self.ignore:
            meant = [rule for rule in rules.values() if _means(word, rule)]
            if all(rule.severity is Severity.ERROR for rule in meant):
                raise UsageError(f"{word} cannot be ignored: AWS refuses what it finds.")
        return self


def _means(word: str, rule: Rule) -> bool:
    return word == ALL or word == rule.name or (word != "" and rule.code.startswith(word))


DEFAULT: Final = Selection()
EVERY: Final = Selection([ALL])
