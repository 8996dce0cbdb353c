"""Checking without running: of a file, of a text, and what each rule is about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from asl_engine.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from asl_engine.diagnostics import Report
    from asl_engine.rules.outline import MachineType


def check(
    path: str | Path,
    type: MachineType = "STANDARD",
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    files_below: str | Path | None = None,
) -> Report:
    """Return everything that is wrong with the definition, or with those in the template, in a file.

    `select` turns on rules that are off by default, and `ignore` turns warnings off: by code, name, or the beginning of
    codes; `"ALL"` means every rule. `files_below` is the folder in which files may be that a template names; else that
    of the template. Raises SourceError for a file that cannot be read, and UsageError for a word that means no rule,
    and for a text in place of a path.
    """
    from asl_engine.rules.check import check_file, rules
    from asl_engine.rules.selection import Selection

    refuse_no_path(path, "check_text(text)")
    below = None if files_below is None else Path(files_below)
    return check_file(path, type, Selection(select, ignore).check(rules()), below)


def check_text(
    text: str, type: MachineType = "STANDARD", select: Sequence[str] = (), ignore: Sequence[str] = ()
) -> Report:
    """Return everything that is wrong with a definition, from its text; otherwise as `check`.

    Raises UsageError for a path in place of a text.
    """
    from asl_engine.rules.check import check_text as report_of
    from asl_engine.rules.check import rules
    from asl_engine.rules.selection import Selection

    if not isinstance(text, str) or ("\n" not in text and text.endswith((".json", ".yaml", ".yml"))):
        raise UsageError(f"{text!r} is not the text of a definition; for a file there is check(path)")
    return report_of(text, type=type, selection=Selection(select, ignore).check(rules()))


def explain(rule: str) -> str:
    """Return what is to be known of a rule, called by its code or name, as `asl explain` prints it.

    Raises UsageError for a rule that is not there.
    """
    from asl_engine.rules.check import rules
    from asl_engine.rules.pages import page_of

    known = rules()
    for each in known.values():
        if rule.upper() == each.code or rule == each.name:
            return page_of(each).rstrip()
    names = [*known, *(each.name for each in known.values())]
    raise UsageError(f"no rule is called {rule!r}.{did_you_mean(rule, names)}")


def refuse_no_path(path: object, function: str) -> None:
    """Refuse what is not a path: a text of JSON or YAML is never taken for the name of a file."""
    if not isinstance(path, (str, Path)):
        raise UsageError(f"a path is a str or Path, not {path.__class__.__name__}; for a value there is from_dict")
    if isinstance(path, str) and ("\n" in path or path.lstrip().startswith("{")):
        raise UsageError(f"this is the text of a definition, not the path of a file; for a text there is {function}")
