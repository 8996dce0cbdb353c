"""What is wrong with a document, and how that is said: to people, to programs, in the service's own words.

A rule yields `Finding`s, which name a place by its JSON pointer. A checked document turns each into a `Diagnostic`,
which also has the rule's code and severity and a line and a column. A `Report` is all of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias

from asl_engine.strange_text import on_one_line, printable


class Severity(StrEnum):
    """How bad it is: errors refuse the document, warnings and remarks do not."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text. Lines and columns count from 1; `end_column` is the column after the last character."""

    line: int
    column: int
    end_line: int
    end_column: int


NOWHERE: Final = "nowhere"
"""The `aws_at` of a finding that AWS reports without a place (`at null`); no JSON pointer looks like this."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a rule has seen.

    `pointer` is the JSON pointer of the place; `on_key` asks for the key rather than the value to be shown.
    `near` is a sentence with a suggestion, or empty. `aws_text` is what AWS says of it, where that is known, and None
    where it says nothing, as it has ended at another. `aws_at` is the pointer where AWS says it: the same one unless
    given, `NOWHERE` where AWS names no place, and
    `[Source: ...]` in AWS's words for a place in a text that is no JSON.
    `span` overrides the place in the text for what has no pointer of its own: a second key, a syntax error.
    """

    pointer: str
    message: str
    near: str = ""
    on_key: bool = False
    aws_text: str | None = ""
    aws_at: str | None = None
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A finding with its rule and its place.

    `aws` is AWS's code where AWS refuses this, else None; `aws_text` its words (our own message where they are not
    known); `location` the place as AWS writes it (`/States/S/Retry[0]`), or None where AWS names none.
    """

    code: str
    name: str
    severity: Severity
    message: str
    pointer: str
    span: Span
    near: str = ""
    aws: str | None = None
    aws_text: str = ""
    location: str | None = None

    @property
    def line(self) -> int:
        """The line where it begins, from 1."""
        return self.span.line

    @property
    def column(self) -> int:
        """The column where it begins, from 1."""
        return self.span.column

    @property
    def text(self) -> str:
        """The message, and the suggestion if there is one."""
        return f"{self.message}.{self.near}" if self.near else self.message

    def as_dict(self) -> dict[str, Any]:
        """Return the form in which `asl validate --format json` prints it."""
        return {
            "code": self.code,
            "severity": str(self.severity),
            "message": self.text,
            "pointer": self.pointer,
            "line": self.line,
            "column": self.column,
            "aws": self.aws,
        }


Paint: TypeAlias = Callable[[Severity, str], str]
"""Returns a text in the colour of a severity."""


def plain(severity: Severity, text: str) -> str:
    """Return a text without a colour, which is right for everything but terminals."""
    return text


@dataclass(slots=True)
class Report:
    """Everything that was found in one document, in the order of the text."""

    name: str
    diagnostics: list[Diagnostic] = field(default_factory=list)
    source: str = ""

    @property
    def valid(self) -> bool:
        """Whether AWS would take the document: no errors, whatever else was found."""
        return not self.errors

    @property
    def errors(self) -> list[Diagnostic]:
        """What refuses the document."""
        return [each for each in self.diagnostics if each.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Diagnostic]:
        """What is likely a mistake, and would be accepted."""
        return [each for each in self.diagnostics if each.severity is Severity.WARNING]

    def as_dict(self) -> dict[str, Any]:
        """Return the form in which `asl validate --format json` prints a file."""
        return {
            "file": self.name,
            "valid": self.valid,
            "diagnostics": [each.as_dict() for each in self.diagnostics],
        }

    def json(self) -> str:
        """Return `as_dict` as text."""
        return json.dumps(self.as_dict(), indent=2)

    def text(self, paint: Paint = plain) -> str:
        """Return the report for people: each finding with the line it stands in, and a count at the end.

        `paint` gives what is eye-catching its colour: the severity and the carets.
        """
        lines = re.split("\r\n|\r|\n", self.source)  # and at nothing else: so lines are counted
        blocks = ["\n".join(_lines_of(self.name, each, lines, paint)) for each in self.diagnostics]
        return "\n\n".join([*blocks, self.summary()])

    def summary(self) -> str:
        """Return one line that counts what was found."""
        counts = [(len(self.errors), "error"), (len(self.warnings), "warning")]
        parts = [f"{count} {word}{'s' if count > 1 else ''}" for count, word in counts if count]
        return f"{printable(on_one_line(self.name))}: {', '.join(parts) or 'no problems'}"


_WIDEST: Final = 160
"""Characters of a source line that are shown; a definition on one line can be a million long."""


def _lines_of(name: str, diagnostic: Diagnostic, lines: Sequence[str], paint: Paint) -> Iterator[str]:
    severity = paint(diagnostic.severity, diagnostic.severity)
    place = f"{printable(on_one_line(name))}:{diagnostic.line}:{diagnostic.column}"
    yield f"{place}: {severity} {diagnostic.code} {diagnostic.name}: {printable(diagnostic.text)}"
    if diagnostic.pointer:
        yield f"  at {on_one_line(diagnostic.pointer)}"
    if 0 < diagnostic.line <= len(lines):
        yield from _pictured(lines[diagnostic.line - 1], diagnostic, paint)


def _pictured(line: str, diagnostic: Diagnostic, paint: Paint) -> Iterator[str]:
    """Yield the source line and carets under the part that is meant, cut to a readable width."""
    span, number = diagnostic.span, str(diagnostic.line)
    begin = span.column - 1
    cut = max(0, begin - _WIDEST // 2)
    shown = on_one_line(line[cut : cut + _WIDEST].expandtabs(1))
    last = span.end_column - 1 if span.end_line == span.line else len(line)
    carets = max(1, min(last, cut + _WIDEST) - begin)
    yield f"  {number} | {shown}"
    yield f"  {' ' * len(number)} | {' ' * (begin - cut)}{paint(diagnostic.severity, '^' * carets)}"
