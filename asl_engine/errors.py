"""The exceptions that a caller of this package can meet, and whose fault each one is.

    AslError                        everything below; catch this one to catch them all
    ├── SourceError                 the file or text cannot be read: missing, not UTF-8, not JSON, not YAML
    ├── DefinitionError             the text is readable, but it is not a state machine that AWS would accept
    ├── UsageError                  an argument that the caller passed is wrong; it is a ValueError as well
    ├── InputError                  the input of an execution is not JSON, or too large
    ├── FunctionNotFound            a Task asks for a function that nobody registered
    ├── NotSupported                the definition is right, and this engine cannot do that part of it (yet)
    ├── NotRedrivable               an execution cannot go on from where it ended
    ├── Deadlock                    an execution waits for something that can no longer happen
    ├── EndlessExecution            an execution under test went on longer than its test allows
    ├── MockError                   a mock is missing, does not fit the state machine, or could not be real
    └── RenderError                 a picture cannot be made

What a *state machine* does wrong while it runs is none of these: it is the execution's own failure, with an error name
and a cause, as on AWS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from asl_engine.diagnostics import Report


class AslError(Exception):
    """Base of every exception that this package raises on purpose."""


class SourceError(AslError):
    """A file or text cannot be read: it is missing, not UTF-8, not JSON or not YAML.

    `problem` says what is wrong without the place; `name` is the file; `line` and `column` count from 1, and are 0
    where no place in the text is to blame.
    """

    def __init__(self, problem: str, name: str = "", line: int = 0, column: int = 0) -> None:
        place = f"{name}:{line}:{column}" if line else name
        super().__init__(f"{place}: {problem}" if place else problem)
        self.problem = problem
        self.name = name
        self.line = line
        self.column = column


class DefinitionError(AslError):
    """The text is not a state machine that AWS would accept; `report` lists every problem with its place."""

    def __init__(self, message: str, report: Report) -> None:
        super().__init__(message)
        self.report = report


class UsageError(AslError, ValueError):
    """An argument is wrong: of another type or form, out of its range, or in conflict with others."""


class InputError(AslError):
    """The input of an execution is not JSON, or is larger than the service takes."""


class FunctionNotFound(AslError):
    """A Task asks for a function that nobody registered."""


class NotSupported(AslError):
    """The definition is right, and this engine cannot do that part of it."""


class NotRedrivable(AslError):
    """An execution cannot go on from where it ended: it succeeded, is Express, or its history is full."""


class Deadlock(AslError):
    """An execution waits for something that can no longer happen."""


class EndlessExecution(AslError):
    """An execution under test went on longer than its test allows; `where` says where it goes round."""

    def __init__(self, limit: int, where: str) -> None:
        super().__init__(f"the execution did not end within {limit:,} events; {where}")
        self.where = where


class MockError(AslError):
    """A mock of a test is missing, does not fit the state machine, or answers what the service could not."""


class RenderError(AslError):
    """A picture cannot be made: the layout program is missing or failed."""


_LONGEST_NAME: Final = 200
"""Characters of names that are compared: it takes as many steps as one has characters times those of the other."""


def did_you_mean(wanted: str, known: list[str]) -> str:
    """Return a sentence naming what is close to `wanted`, or all that is known, or nothing.

    Meant to be appended to a message: it starts with a space, and is empty when nothing is known.
    """
    import difflib

    short = [name for name in known if len(name) <= _LONGEST_NAME] if len(wanted) <= _LONGEST_NAME else []
    close = difflib.get_close_matches(wanted, short, n=3, cutoff=0.6)
    if close:
        return f" Did you mean {' or '.join(repr(name) for name in close)}?"
    if not known:
        return ""
    shown = ", ".join(repr(name) for name in sorted(known)[:10])
    return f" Known: {shown}{', ...' if len(known) > 10 else ''}."
